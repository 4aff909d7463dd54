/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shims for kernel interfaces that Rust cannot call: inline functions, macros,
 * and fields of structures that bindgen keeps opaque. Each is one call deep;
 * what they promise stands at the Rust wrapper that uses them.
 */
#ifndef _AF_IPN_HELPERS_H
#define _AF_IPN_HELPERS_H

#include <linux/af_ipn.h>
#include <linux/if.h>
#include <linux/net.h>
#include <linux/path.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <net/sock.h>

struct ipn_file_numbers;

/* trace points: rust/glue/trace.rs */
#define IPN_TRACE_SEND		1	/* bits of ipn_traced */
#define IPN_TRACE_RECV		2
#define IPN_TRACE_DROP		4
#define IPN_TRACE_WAIT		8
#define IPN_TRACE_JOIN		16
#define IPN_TRACE_LEAVE		32
#define IPN_TRACE_RECEIVES	1	/* what a port that joins can do */
#define IPN_TRACE_SENDS		2
#define IPN_TRACE_OBSERVES	4
extern u32 ipn_traced;
void ipn_helper_trace_send(const struct ipn_file_numbers *network, u32 port, u32 len);
void ipn_helper_trace_recv(const struct ipn_file_numbers *network, u32 port, u32 from,
			   u32 len);
void ipn_helper_trace_drop(const struct ipn_file_numbers *network, u32 port, u64 count,
			   u32 reason);
void ipn_helper_trace_wait(const struct ipn_file_numbers *network, u32 port, bool room);
void ipn_helper_trace_join(const struct ipn_file_numbers *network, u32 port, u32 can);
void ipn_helper_trace_leave(const struct ipn_file_numbers *network, u32 port);

/* sockets: rust/net/socket.rs */
struct sock *ipn_helper_sk_alloc(struct net *net, struct proto *prot, int kern);
void ipn_helper_sk_init(struct socket *sock, struct sock *sk, int protocol,
			void (*destruct)(struct sock *sk));
void ipn_helper_sk_purge(struct sock *sk);
void ipn_helper_sk_free(struct sock *sk);
void ipn_helper_sk_release(struct socket *sock);
void ipn_helper_sock_hold(struct sock *sk);
void ipn_helper_sock_put(struct sock *sk);
u64 ipn_namespace_of(const struct net *net);
u64 ipn_helper_sk_namespace(struct sock *sk);
bool ipn_helper_sk_has_sleeper(struct sock *sk);
bool ipn_helper_sk_wants_signal(struct sock *sk);
void ipn_helper_sk_data_ready(struct sock *sk);
void ipn_helper_sk_note_full(struct sock *sk);
void ipn_helper_sk_write_space(struct sock *sk);
void ipn_helper_sk_wake_all(struct sock *sk);
void ipn_helper_sk_signal_end(struct sock *sk);
void ipn_helper_sk_set_shutdown(struct sock *sk, int bits);
void ipn_helper_sk_add_drops(struct sock *sk, unsigned int count);
unsigned int ipn_helper_sk_drops(struct sock *sk);
void ipn_helper_sk_set_state(struct socket *sock, bool connected);
long ipn_helper_sk_rcvtimeo(struct sock *sk, bool noblock);
long ipn_helper_sk_sndtimeo(struct sock *sk, bool noblock);
void ipn_helper_sock_poll_wait(struct file *file, struct socket *sock,
			       poll_table *wait);
bool ipn_helper_poll_sleeps(const poll_table *wait);
int ipn_helper_intr_errno(long timeo);
void ipn_helper_sigpipe(void);
unsigned int ipn_helper_sk_uid(struct sock *sk);
int ipn_helper_sk_get_error(struct sock *sk);

/* threads that wait: rust/sync/wait_queue.c, for rust/net/socket.rs and rust/sync/wait_queue.rs */
long ipn_helper_sk_wait(struct sock *sk, long timeo,
			bool (*ready)(void *arg), void *arg);
void ipn_helper_sk_wake_next(struct sock *sk);
long ipn_helper_queue_wait(struct wait_queue_head *queue, long timeo,
			   bool (*ready)(void *arg), void *arg);
bool ipn_helper_queue_wait_briefly(struct wait_queue_head *queue, long timeo,
				   bool (*ready)(void *arg), void *arg);
void ipn_helper_queue_wake_one(struct wait_queue_head *queue);
void ipn_helper_queue_wake_all(struct wait_queue_head *queue);

/* long work: rust/task/pause.rs, rust/task/workers.rs */
struct workqueue_struct;
void ipn_helper_cond_resched(void);
bool ipn_helper_sigpending(void);
bool ipn_helper_is_killed(void);
struct workqueue_struct *ipn_helper_workers_alloc(void);
void ipn_helper_workers_destroy(struct workqueue_struct *queue);

/* work at the end of a system call: rust/task/after_call.rs */
struct task_struct *ipn_helper_current(void);
bool ipn_helper_plan_after_call(struct callback_head *work,
				void (*func)(struct callback_head *work));
void ipn_helper_await_ends_of_calls(void);

/* sockets without a descriptor: rust/glue/kernel_socket.rs */
struct file *ipn_helper_open_socket(int protocol);
struct sock *ipn_helper_file_sk(struct file *file);

/* options: rust/net/sockopt.rs */
int ipn_helper_sockopt_read(void *to, sockptr_t from, unsigned int len);
int ipn_helper_sockopt_peek(sockopt_t *opt, void *to, int len);
int ipn_helper_sockopt_write(sockopt_t *opt, const void *from, int len);

/* control messages: rust/net/control.rs */
void ipn_helper_recv_cmsg(struct msghdr *msg, struct sock *sk, s64 stamp_ns,
			  unsigned int drops);
int ipn_helper_get_note(struct msghdr *msg, int type, void *to, size_t len);
void ipn_helper_put_note(struct msghdr *msg, int type, const void *from, size_t len);

/* messages: rust/net/message.rs */
bool ipn_helper_sk_wants_cmsg(struct sock *sk);
bool ipn_helper_sk_wants_stamp(struct sock *sk);
s64 ipn_helper_real_time(void);
u64 ipn_helper_now_ns(void);
u64 ipn_helper_tick_ns(void);
bool ipn_helper_more_follows(unsigned int flags);
bool ipn_helper_iter_is_there(const struct iov_iter *from, size_t len);
size_t ipn_helper_copy_from_iter_nofault(void *to, size_t len,
					 struct iov_iter *from);

/* filters: rust/net/filter.rs */
bool ipn_helper_sk_has_filter(struct sock *sk);
long ipn_helper_sk_run_filter(struct sock *sk, void *data, unsigned int len,
			      void *shared);

/* names: rust/fs/path.rs */
struct dentry *ipn_helper_create_socket_inode(const char *name, umode_t mode,
					      struct path *parent);
void ipn_helper_created_path(const struct path *parent, struct dentry *dentry,
			     struct path *path);
void ipn_helper_finish_create(const struct path *parent, struct dentry *dentry);
void ipn_helper_abort_create(const struct path *parent, struct dentry *dentry);
int ipn_helper_lookup(const char *name, struct path *path);
void ipn_helper_path_settle(const struct path *path);
bool ipn_helper_path_is_socket(const struct path *path);
int ipn_helper_path_permission(const struct path *path, int mask);
struct inode *ipn_helper_path_inode(const struct path *path);
void ipn_helper_touch_atime(const struct path *path);

struct ipn_file_numbers {
	u32 major;
	u32 minor;
	u64 inode;
};

int ipn_helper_file_numbers(const struct path *path,
			    struct ipn_file_numbers *numbers);
int ipn_helper_path_text(const struct path *path, char *to, int room);
int ipn_helper_path_from_here(const struct path *path, struct path *found);

/* locks: rust/sync/lock.rs */
int ipn_helper_mutex_lock_killable(struct mutex *mutex);
void ipn_helper_spin_lock_init(spinlock_t *lock, const char *name,
			       struct lock_class_key *key);
void ipn_helper_spin_lock_bh(spinlock_t *lock);
bool ipn_helper_spin_trylock_bh(spinlock_t *lock);
void ipn_helper_spin_unlock_bh(spinlock_t *lock);
void ipn_helper_assert_spin_locked(spinlock_t *lock);

/* bottom halves: rust/sync/bottom_halves.rs */
void ipn_helper_local_bh_disable(void);
void ipn_helper_local_bh_enable(void);
#if IS_BUILTIN(CONFIG_KUNIT)
bool ipn_helper_bottom_halves_off(void);
void *ipn_helper_root_begin(void);
void ipn_helper_root_end(void *before);
#endif

/* memory: rust/mm/shared_memory.rs */
void *ipn_helper_vmalloc(size_t size);
void ipn_helper_copy(void *to, const void *from, size_t len);
void ipn_helper_clear(void *to, size_t len);

/* memory: rust/mm/allocated.rs */
u64 ipn_helper_allocated(const void *memory, size_t size);
u64 ipn_helper_kmalloc_size(size_t size);

/* rights: rust/glue/cred.rs */
bool ipn_helper_capable_resource(void);
unsigned int ipn_helper_current_uid(void);
size_t ipn_helper_namespace_owners(u32 *owners, size_t room);

/* who a task is: rust/task/identity.rs, rust/task/identity.c */
struct ipn_identity {
	struct pid *pid;
	u64 since;
	u32 uid;		/* in the initial user namespace, as gid */
	u32 gid;
	char comm[TASK_COMM_LEN];
};

struct ipn_shown_identity {
	u32 pid;
	u32 uid;
	u32 gid;
};

void ipn_helper_identity_of_current(struct ipn_identity *identity);
void ipn_helper_identity_put(struct ipn_identity *identity);
void ipn_helper_put_sender(struct msghdr *msg, u32 port,
			   const struct ipn_identity *identity);
void ipn_identity_show(const struct ipn_identity *identity, struct user_namespace *users,
		       struct pid_namespace *pids, struct ipn_shown_identity *shown);

/* who is on a network: rust/glue/netlink.rs, rust/glue/netlink.c */
/* Reasons that are counted, by number; policies of other modules at 0. */
#define IPN_DROP_REASONS	(IPN_DROP_LOCKED + 1)

struct ipn_network_report {
	const struct ipn_file_numbers *file;
	const struct path *path;	/* NULL: not told */
	u32 policy;
	u32 flags;
	u32 mtu;
	u32 ports;
	u32 pool;
	u32 owner;		/* in the initial user namespace */
	u32 used;
	u32 readers;
	u32 writers;
	u64 sent;
	u64 sent_bytes;
	u64 lost;
	u64 drops[IPN_DROP_REASONS];
	bool reliable;		/* the rest is told */
	u32 window;		/* ms */
	u32 rate;		/* bytes a second */
	u64 age;		/* ms */
	u64 evicted;
};

struct ipn_port_report {
	const struct ipn_file_numbers *file;
	const struct path *path;	/* NULL: not told */
	const struct ipn_identity *taken_by;
	const char *description;
	u32 port;
	u32 kind;
	u32 direction;
	u32 ifindex;		/* 0: no device, or not in the reader's namespace */
	char ifname[IFNAMSIZ];
	u64 sent;
	u64 sent_bytes;
	u64 received;
	u64 received_bytes;
	u64 lost;
	u64 refused;
	u64 lag;
	u64 waiting;		/* ms; IPN_NOT_WAITING: not at all */
	u64 drops[IPN_DROP_REASONS];
	u32 reason;		/* of a loss; 0: none */
	bool reliable;		/* the rest is told */
	u64 waited;
	u64 pace;		/* bytes a second */
};

/* A call for the next part of a dump. */
struct ipn_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	const struct ipn_file_numbers *file;	/* of the one network; NULL: all */
	unsigned long network;	/* where to go on: after this one, or in it */
	u32 port;		/* and there at this one */
	u64 namespace;		/* the reader's, as ipn_namespace_of() tells it */
	bool sees_all;		/* all networks and ports */
	bool sees_namespace;	/* all ports of that namespace */
	bool of_ports;
};

int ipn_helper_netlink_register(void);
void ipn_helper_netlink_unregister(void);
struct net *ipn_helper_netlink_listeners(u64 namespace);
void ipn_helper_netlink_listeners_put(struct net *net);
bool ipn_helper_dump_network(struct ipn_dump *dump, const struct ipn_network_report *report);
bool ipn_helper_dump_port(struct ipn_dump *dump, const struct ipn_port_report *report);
void ipn_helper_tell_network(struct net *net, u8 event,
			     const struct ipn_network_report *report);
void ipn_helper_tell_port(struct net *net, u8 event, const struct ipn_port_report *report,
			  bool may_sleep);
void ipn_rust_netlink_dump(struct ipn_dump *dump);

/* parameters: rust/glue/parameters.rs; rust/glue/parameters.c */
u32 ipn_helper_max_ports(void);
u64 ipn_helper_max_network_bytes(void);
u32 ipn_helper_max_user_networks(void);
u64 ipn_helper_max_user_bytes(void);

/* policies: rust/glue/policy_module.rs */
struct ipn_policy_ops;
struct ipn_targets;
bool ipn_helper_try_module_get(struct module *module);
void ipn_helper_module_put(struct module *module);
u64 ipn_helper_now_ms(void);
int ipn_rust_policy_register(const struct ipn_policy_ops *ops);
void ipn_rust_policy_unregister(const struct ipn_policy_ops *ops);
void ipn_rust_drop(struct ipn_targets *to, u32 reason);
void ipn_rust_remember(struct ipn_targets *to, u32 len);
void ipn_rust_forget(struct ipn_targets *to);
void ipn_rust_deliver(struct ipn_targets *to, u32 port, const void *prefix,
		      u32 prefix_len, u32 skip);

/* devices: rust/glue/netdev.rs; rust/glue/netdev.c, rust/glue/tap.c, rust/glue/grab.c */
struct ipn_device;
struct net_device;
struct sk_buff;
#define IPN_TAP_MEMBER		0	/* what a tap is for */
#define IPN_TAP_OBSERVES	1
#define IPN_TAP_OBSERVES_RAW	2	/* the same, and messages need be no frames */
int ipn_helper_tap_create(struct net *net, const char *name, struct sock *sk,
			  const struct ipn_file_numbers *file,
			  unsigned int frame_max, u32 kind, struct ipn_device **made);
int ipn_helper_grab(struct net *net, const char *name, struct sock *sk,
		    const struct ipn_file_numbers *file,
		    struct ipn_device **grabbed);
void ipn_helper_device_release(struct ipn_device *device);
void ipn_helper_device_put(struct ipn_device *device);
struct sock *ipn_helper_device_find(struct net *net, const char *name);
int ipn_helper_devices_register(void);
void ipn_helper_devices_unregister(void);
void ipn_helper_device_schedule(struct ipn_device *device);
void ipn_helper_device_await_polls(void);
unsigned int ipn_helper_skb_len(const struct sk_buff *skb);
void ipn_helper_skb_consume(struct sk_buff *skb);
struct sk_buff *ipn_helper_skb_new(struct ipn_device *device, unsigned int len);
bool ipn_helper_skb_add(struct sk_buff *skb, const void *bytes, unsigned int len);
void ipn_helper_skb_free(struct sk_buff *skb);
bool ipn_helper_skb_copy(struct sk_buff *skb, unsigned int from, void *to, unsigned int len);
bool ipn_helper_device_has_room(struct ipn_device *device);
bool ipn_helper_device_send(struct ipn_device *device, struct sk_buff *skb);
void ipn_helper_device_drop(struct ipn_device *device, unsigned long count);
void ipn_helper_device_count_unsent(struct ipn_device *device);
void ipn_helper_device_wake(struct ipn_device *device);
void ipn_helper_device_carrier_off(struct ipn_device *device);
void ipn_helper_device_set_port(struct ipn_device *device, u32 port);
void ipn_helper_device_show(struct net *net, const char *name, const struct sock *sk);
u32 ipn_helper_device_shown(struct ipn_device *device, u64 namespace, char *name);
void ipn_helper_device_name(struct ipn_device *device, char *name);
struct net_device *ipn_helper_device_hold_tap(struct ipn_device *device);
void ipn_helper_tap_put(struct net_device *dev);
int ipn_helper_tap_set_address(struct net_device *dev, const void *ifreq_address);
struct net *ipn_helper_sock_net(struct sock *sk);
bool ipn_helper_net_admin(struct sock *sk);

/* what waits to enter a network: rust/glue/arrival.rs, rust/glue/backlog.c */
int ipn_helper_backlog_push(struct sock *sk, struct sk_buff *skb, bool tried);
struct sk_buff *ipn_helper_backlog_take(struct sock *sk);
void ipn_helper_backlog_put_back(struct sock *sk, struct sk_buff *skb);
bool ipn_helper_backlog_was_tried(const struct sk_buff *skb);

/* what is noted of a packet: see src/device/frame.rs */
struct ipn_packet {
	u32 len;
	s32 header;		/* below 0: unknown */
	s32 sum_start;
	u16 sum_offset;
	u16 notes;
};

#define IPN_PACKET_LOOPBACK	1
#define IPN_PACKET_SUM		2
#define IPN_PACKET_SCTP		4
#define IPN_PACKET_GSO		8
#define IPN_PACKET_LRO		16

/* what ipn_rust_packet_finish() answers besides a number of bytes */
#define IPN_PACKET_IS_NONE	-1
#define IPN_PACKET_IS_MANY	-2

int ipn_rust_packet_header(const struct ipn_packet *packet);
s64 ipn_rust_packet_finish(const struct ipn_packet *packet, bool is_segment);
int ipn_rust_inject(struct sock *sk, struct sk_buff *skb, unsigned int len);
void ipn_rust_device_dropped(struct sock *sk, u32 reason);
int ipn_rust_device_poll(struct sock *sk, struct ipn_device *device, int budget);
void ipn_rust_device_writable(struct sock *sk);
void ipn_rust_device_gone(struct sock *sk);
void ipn_rust_device_farewell(struct sock *sk);

/* /proc/net/ipn: rust/fs/proc.rs */
bool ipn_helper_proc_create(const char *name,
			    int (*show)(struct seq_file *m, void *v));
void ipn_helper_proc_remove(const char *name);
void ipn_helper_seq_path(struct seq_file *m, const struct path *path);
unsigned long ipn_helper_inode_number(const struct path *path);

/* /sys/kernel/ipn: rust/glue/sysfs.rs, rust/glue/sysfs.c */
#define IPN_VALUES_MAX 11

struct ipn_directory;

/* the files of a directory: one value each, a list, and one to write to */
struct ipn_file_names {
	const char *values[IPN_VALUES_MAX];
	const char *list;
	const char *commands;
};

int ipn_helper_sysfs_register(const struct ipn_file_names *names);
void ipn_helper_sysfs_unregister(void);
struct ipn_directory *ipn_helper_sysfs_add(const struct ipn_file_numbers *file,
					   void *network);
void ipn_helper_sysfs_remove(struct ipn_directory *directory);
bool ipn_helper_opener_net_admin(struct file *file);
ssize_t ipn_rust_sysfs_value(void *network, size_t number, char *to, size_t room);
ssize_t ipn_rust_sysfs_list(void *network, char *to, loff_t from, size_t room);
ssize_t ipn_rust_sysfs_command(void *network, struct file *file, const char *text,
			       size_t len);

#endif /* _AF_IPN_HELPERS_H */
