/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Delivery policies of AF_IPN in modules of their own.
 *
 * A policy decides which ports get a message. af_ipn.ko has the hub; a module
 * that registers a struct ipn_policy_ops adds another, which networks get by
 * the protocol of socket(2). Policies in Rust use rust/policy_sdk/ipn_policy.rs, which is
 * the safe face of this header.
 *
 * The network calls join, leave, route, remembered, refused, adopt and the options one at
 * a time, under a spinlock with bottom halves off: they must not sleep. create and
 * destroy may. All memory of a state is taken by create, with __GFP_ACCOUNT, and
 * what it comes to is told by bytes: it counts toward the bounds of the network
 * and of the user who made it. A policy's module cannot be unloaded while a network uses it.
 */
#ifndef _LINUX_IPN_POLICY_H
#define _LINUX_IPN_POLICY_H

#include <linux/types.h>

struct module;
struct ipn_targets;

/* Changes with every change of this header. */
#define IPN_POLICY_ABI		3

/* The longest prefix of ipn_deliver(). */
#define IPN_PREFIX_MAX		32

/* The most bytes of ipn_remember(). */
#define IPN_HEAD_MAX		24

/**
 * struct ipn_message - a message on its way
 * @bytes: the message
 * @len: its length, at most the network's MTU
 * @from: the port that sent it
 * @now_ms: the time, in monotonic milliseconds (jiffies)
 * @again: the same message was routed before, but found no room
 */
struct ipn_message {
	const u8 *bytes;
	u32 len;
	u32 from;
	u64 now_ms;
	bool again;
};

/**
 * struct ipn_policy_ops - a delivery policy
 * @abi: IPN_POLICY_ABI
 * @protocol: its number, 2 to IPN_PROTO_MAX
 * @name: its name where networks are listed, without blanks
 * @owner: THIS_MODULE
 * @create: the state of a new network with so many ports, or an ERR_PTR
 * @destroy: frees a state
 * @bytes: the memory that a state takes: ipn_allocated() of each piece; like join
 *	it must not sleep
 * @adopt: the number of ports changes: @fresh was created for the new number;
 *	move what matters into it and swap the contents, so that what is left
 *	over is destroyed with @fresh
 * @join: a port was taken
 * @leave: a port was given back
 * @route: calls ipn_deliver() for each port that gets the message
 * @remembered: so many messages of a port went the ways that ipn_remember() was called
 *	for, without that route was asked
 * @refused: the message that was just routed found no room: no port got it, and
 *	it may come again
 * @set_option: setsockopt(2) at level @protocol, by a manager
 * @get_option: getsockopt(2) at level @protocol: @value holds the caller's @len
 *	bytes and takes the answer; returns its length
 */
struct ipn_policy_ops {
	u32 abi;
	u32 protocol;
	const char *name;
	struct module *owner;
	void *(*create)(u32 ports);
	void (*destroy)(void *state);
	u64 (*bytes)(const void *state);
	void (*adopt)(void *state, void *fresh);
	void (*join)(void *state, u32 port);
	void (*leave)(void *state, u32 port);
	void (*route)(void *state, const struct ipn_message *message,
		      struct ipn_targets *to);
	void (*remembered)(void *state, u32 from, u64 messages);
	void (*refused)(void *state);
	int (*set_option)(void *state, u32 option, const void *value, u32 len);
	int (*get_option)(void *state, u32 option, void *value, u32 len);
};

/**
 * ipn_policy_register() - adds a policy
 * @ops: stays valid until ipn_policy_unregister()
 *
 * Return: 0, or -EEXIST where the number is taken, or -EINVAL.
 */
int ipn_policy_register(const struct ipn_policy_ops *ops);

/**
 * ipn_policy_unregister() - takes a policy back; from the module's exit only
 * @ops: what was registered
 */
void ipn_policy_unregister(const struct ipn_policy_ops *ops);

/**
 * ipn_deliver() - a port gets the message that is being routed
 * @to: what route was given
 * @port: the port; one that no socket holds gets nothing
 * @prefix: bytes that stand before the rest, or NULL
 * @prefix_len: how many, at most IPN_PREFIX_MAX
 * @skip: bytes of the message that are left out at its front
 */
void ipn_deliver(struct ipn_targets *to, u32 port, const void *prefix,
		 u32 prefix_len, u32 skip);

/**
 * ipn_drop() - why no port gets the message that is being routed
 * @to: what route was given
 * @reason: one of IPN_DROP_... (linux/af_ipn.h), or of the policy's own from 64 on;
 *	if the message is sent, the trace point ipn:ipn_drop tells it and it is counted
 */
void ipn_drop(struct ipn_targets *to, u32 reason);

/**
 * ipn_remember() - what the next messages like this one need not be asked for
 * @to: what route was given
 * @len: how many bytes at the front of the message say where it goes, at most
 *	IPN_HEAD_MAX and its length
 *
 * Messages of the same port that begin with the same bytes go where this one
 * goes, edited as it is, and route may not be asked for them, as long as
 * ipn_now_ms() stays. Not where a port joins or leaves, an option is set or read,
 * or ipn_forget() is called before. The network remembers what goes to one port,
 * and how often that was so it tells with @remembered before it calls join,
 * leave, adopt or the options.
 */
void ipn_remember(struct ipn_targets *to, u32 len);

/**
 * ipn_forget() - what was remembered does not hold any more, for any port
 * @to: what route was given
 */
void ipn_forget(struct ipn_targets *to);

/**
 * ipn_allocated() - what an allocation takes, which is more than was asked for
 * @memory: from kmalloc(), vmalloc() or kvmalloc()
 * @size: the bytes that were asked for; 0 where @memory is none
 *
 * Return: bytes.
 */
u64 ipn_allocated(const void *memory, size_t size);

/**
 * ipn_now_ms() - the clock of struct ipn_message
 *
 * Return: monotonic milliseconds (jiffies).
 */
u64 ipn_now_ms(void);

#endif /* _LINUX_IPN_POLICY_H */
