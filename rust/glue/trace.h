/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The trace points ipn:*, for perf, trace-cmd and bpftrace. af_ipn(7) tells
 * what they say; rust/glue/trace.rs and the devices' files call them.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipn

#if !defined(_AF_IPN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _AF_IPN_TRACE_H

#include <linux/tracepoint.h>
#include <linux/af_ipn.h>

#include "helpers.h"

/* What each is registered and unregistered with: rust/glue/trace.c. */
#ifndef _AF_IPN_TRACE_SWITCHES
#define _AF_IPN_TRACE_SWITCHES
int ipn_trace_send_on(void);
void ipn_trace_send_off(void);
int ipn_trace_recv_on(void);
void ipn_trace_recv_off(void);
int ipn_trace_drop_on(void);
void ipn_trace_drop_off(void);
int ipn_trace_wait_on(void);
void ipn_trace_wait_off(void);
int ipn_trace_join_on(void);
void ipn_trace_join_off(void);
int ipn_trace_leave_on(void);
void ipn_trace_leave_off(void);
#endif

/* The network is known by its file, as stat(2) and IPN_SO_FILE tell it. */
#define IPN_TRACE_NETWORK						\
	__field(u32, major)						\
	__field(u32, minor)						\
	__field(u64, inode)						\
	__field(u32, port)

#define IPN_TRACE_ASSIGN_NETWORK					\
	__entry->major = network->major;				\
	__entry->minor = network->minor;				\
	__entry->inode = network->inode;				\
	__entry->port = port

#define IPN_TRACE_NETWORK_FMT	"dev=%u:%u ino=%llu port=%u"
#define IPN_TRACE_NETWORK_ARGS						\
	__entry->major, __entry->minor, __entry->inode, __entry->port

TRACE_EVENT_FN(ipn_send,
	TP_PROTO(const struct ipn_file_numbers *network, u32 port, u32 len),
	TP_ARGS(network, port, len),
	TP_STRUCT__entry(
		IPN_TRACE_NETWORK
		__field(u32, len)
	),
	TP_fast_assign(
		IPN_TRACE_ASSIGN_NETWORK;
		__entry->len = len;
	),
	TP_printk(IPN_TRACE_NETWORK_FMT " len=%u", IPN_TRACE_NETWORK_ARGS,
		  __entry->len),
	ipn_trace_send_on, ipn_trace_send_off
);

TRACE_EVENT_FN(ipn_recv,
	TP_PROTO(const struct ipn_file_numbers *network, u32 port, u32 from, u32 len),
	TP_ARGS(network, port, from, len),
	TP_STRUCT__entry(
		IPN_TRACE_NETWORK
		__field(u32, from)
		__field(u32, len)
	),
	TP_fast_assign(
		IPN_TRACE_ASSIGN_NETWORK;
		__entry->from = from;
		__entry->len = len;
	),
	TP_printk(IPN_TRACE_NETWORK_FMT " from=%u len=%u", IPN_TRACE_NETWORK_ARGS,
		  __entry->from, __entry->len),
	ipn_trace_recv_on, ipn_trace_recv_off
);

#define ipn_show_reason(reason)						\
	__print_symbolic(reason,					\
		{ IPN_DROP_OVERRUN,		"overrun" },		\
		{ IPN_DROP_FILTERED,		"filtered" },		\
		{ IPN_DROP_TOO_LONG,		"too_long" },		\
		{ IPN_DROP_NO_ROOM,		"no_room" },		\
		{ IPN_DROP_NO_MEMORY,		"no_memory" },		\
		{ IPN_DROP_SHUT,		"shut" },		\
		{ IPN_DROP_DEVICE_DOWN,		"device_down" },	\
		{ IPN_DROP_NO_FRAME,		"no_frame" },		\
		{ IPN_DROP_TOO_SHORT,		"too_short" },		\
		{ IPN_DROP_NO_PORT,		"no_port" },		\
		{ IPN_DROP_INVALID_SOURCE,	"invalid_source" },	\
		{ IPN_DROP_RESERVED,		"reserved" },		\
		{ IPN_DROP_MALFORMED_TAG,	"malformed_tag" },	\
		{ IPN_DROP_VLAN_INGRESS,	"vlan_ingress" },	\
		{ IPN_DROP_VLAN_EGRESS,		"vlan_egress" },	\
		{ IPN_DROP_SAME_PORT,		"same_port" },		\
		{ IPN_DROP_ISOLATED,		"isolated" },		\
		{ IPN_DROP_NO_RECEIVER,		"no_receiver" },	\
		{ IPN_DROP_LOCKED,		"locked" })

TRACE_EVENT_FN(ipn_drop,
	TP_PROTO(const struct ipn_file_numbers *network, u32 port, u64 count, u32 reason),
	TP_ARGS(network, port, count, reason),
	TP_STRUCT__entry(
		IPN_TRACE_NETWORK
		__field(u32, reason)
		__field(u64, count)
	),
	TP_fast_assign(
		IPN_TRACE_ASSIGN_NETWORK;
		__entry->reason = reason;
		__entry->count = count;
	),
	TP_printk(IPN_TRACE_NETWORK_FMT " count=%llu reason=%s",
		  IPN_TRACE_NETWORK_ARGS, __entry->count,
		  ipn_show_reason(__entry->reason)),
	ipn_trace_drop_on, ipn_trace_drop_off
);

TRACE_EVENT_FN(ipn_wait,
	TP_PROTO(const struct ipn_file_numbers *network, u32 port, bool room),
	TP_ARGS(network, port, room),
	TP_STRUCT__entry(
		IPN_TRACE_NETWORK
		__field(bool, room)
	),
	TP_fast_assign(
		IPN_TRACE_ASSIGN_NETWORK;
		__entry->room = room;
	),
	TP_printk(IPN_TRACE_NETWORK_FMT " for=%s", IPN_TRACE_NETWORK_ARGS,
		  __entry->room ? "room" : "message"),
	ipn_trace_wait_on, ipn_trace_wait_off
);

TRACE_EVENT_FN(ipn_join,
	TP_PROTO(const struct ipn_file_numbers *network, u32 port, u32 can),
	TP_ARGS(network, port, can),
	TP_STRUCT__entry(
		IPN_TRACE_NETWORK
		__field(u32, can)
	),
	TP_fast_assign(
		IPN_TRACE_ASSIGN_NETWORK;
		__entry->can = can;
	),
	TP_printk(IPN_TRACE_NETWORK_FMT " can=%s", IPN_TRACE_NETWORK_ARGS,
		  __print_flags(__entry->can, "|",
				{ IPN_TRACE_RECEIVES,	"receive" },
				{ IPN_TRACE_SENDS,	"send" },
				{ IPN_TRACE_OBSERVES,	"observe" })),
	ipn_trace_join_on, ipn_trace_join_off
);

TRACE_EVENT_FN(ipn_leave,
	TP_PROTO(const struct ipn_file_numbers *network, u32 port),
	TP_ARGS(network, port),
	TP_STRUCT__entry(
		IPN_TRACE_NETWORK
	),
	TP_fast_assign(
		IPN_TRACE_ASSIGN_NETWORK;
	),
	TP_printk(IPN_TRACE_NETWORK_FMT, IPN_TRACE_NETWORK_ARGS),
	ipn_trace_leave_on, ipn_trace_leave_off
);

#endif /* _AF_IPN_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH glue
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
