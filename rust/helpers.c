// SPDX-License-Identifier: GPL-2.0
/*
 * What Rust code cannot reach: inline functions, macros, and members of structures
 * that bindgen keeps opaque. A function here is one call of such, and decides nothing.
 * One that is more has a reason: what is between the calls is a member, a macro that
 * declares a variable, a lock that is a macro, or memory that only C types describe.
 */
#include <linux/cred.h>
#include <linux/filter.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/timekeeping.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "helpers.h"

/* sockets */

struct sock *ipn_helper_sk_alloc(struct net *net, struct proto *prot, int kern)
{
	return sk_alloc(net, AF_IPN, GFP_KERNEL, prot, kern);
}

/* Members of struct sock. */
void ipn_helper_sk_init(struct socket *sock, struct sock *sk, int protocol,
			void (*destruct)(struct sock *sk))
{
	sock_init_data(sock, sk);
	sk->sk_protocol = protocol;
	sk->sk_allocation = GFP_KERNEL_ACCOUNT;
	sk->sk_destruct = destruct;
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);
}

/* A network namespace by a number that no other gets; the initial one is 0. */
u64 ipn_namespace_of(const struct net *net)
{
	return net_eq(net, &init_net) ? 0 : net->net_cookie;
}

u64 ipn_helper_sk_namespace(struct sock *sk)
{
	return ipn_namespace_of(sock_net(sk));
}

/* What its queue still holds goes with it. */
void ipn_helper_sk_purge(struct sock *sk)
{
	__skb_queue_purge(&sk->sk_write_queue);
}

void ipn_helper_sk_free(struct sock *sk)
{
	sk_free(sk);
}

/*
 * What still holds a closed socket, the device of its port for one, must not
 * keep its network namespace alive: the device is to go with that.
 */
static void ipn_sk_leave_net(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (!sk->sk_net_refcnt)
		return;
	sock_inuse_add(net, -1);
	net_passive_inc(net);
	__netns_tracker_free(net, &sk->ns_tracker, true);
	sk->sk_net_refcnt = 0;
	__netns_tracker_alloc(net, &sk->ns_tracker, false, GFP_KERNEL);
	put_net(net);
}

/* Members, in the order in which unix_release_sock() and others have it. */
void ipn_helper_sk_release(struct socket *sock)
{
	struct sock *sk = sock->sk;

	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
	sock_orphan(sk);
	sock->sk = NULL;
	ipn_sk_leave_net(sk);
	sock_put(sk);
}

void ipn_helper_sock_hold(struct sock *sk)
{
	sock_hold(sk);
}

void ipn_helper_sock_put(struct sock *sk)
{
	sock_put(sk);
}

/* A section of RCU, and a pointer that is read by a macro in it. */
bool ipn_helper_sk_has_sleeper(struct sock *sk)
{
	struct socket_wq *wq;
	bool sleeper;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	/* fasync is a sleeper too: SIGIO must reach it */
	sleeper = skwq_has_sleeper(wq) || (wq && wq->fasync_list);
	rcu_read_unlock();
	return sleeper;
}

bool ipn_helper_sk_wants_signal(struct sock *sk)
{
	return sock_flag(sk, SOCK_FASYNC);
}

void ipn_helper_sk_data_ready(struct sock *sk)
{
	sk->sk_data_ready(sk);
}

void ipn_helper_sk_note_full(struct sock *sk)
{
	/* SIGIO for room comes only to those who found none */
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
}

void ipn_helper_sk_write_space(struct sock *sk)
{
	sk->sk_write_space(sk);
}

void ipn_helper_sk_wake_all(struct sock *sk)
{
	sk->sk_state_change(sk);
}

void ipn_helper_sk_signal_end(struct sock *sk)
{
	sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
}

void ipn_helper_sk_set_shutdown(struct sock *sk, int bits)
{
	WRITE_ONCE(sk->sk_shutdown, bits);
}

void ipn_helper_sk_add_drops(struct sock *sk, unsigned int count)
{
	sk_drops_add(sk, count);
}

unsigned int ipn_helper_sk_drops(struct sock *sk)
{
	return sk_drops_read(sk);
}

void ipn_helper_sk_set_state(struct socket *sock, bool connected)
{
	sock->state = connected ? SS_CONNECTED : SS_UNCONNECTED;
}

long ipn_helper_sk_rcvtimeo(struct sock *sk, bool noblock)
{
	return sock_rcvtimeo(sk, noblock);
}

long ipn_helper_sk_sndtimeo(struct sock *sk, bool noblock)
{
	return sock_sndtimeo(sk, noblock);
}

void ipn_helper_sock_poll_wait(struct file *file, struct socket *sock,
			       poll_table *wait)
{
	sock_poll_wait(file, sock, wait);
}

bool ipn_helper_poll_sleeps(const poll_table *wait)
{
	return wait && wait->_qproc;
}

int ipn_helper_intr_errno(long timeo)
{
	return sock_intr_errno(timeo);
}

void ipn_helper_sigpipe(void)
{
	send_sig(SIGPIPE, current, 0);
}

unsigned int ipn_helper_sk_uid(struct sock *sk)
{
	return from_kuid_munged(&init_user_ns, sk_uid(sk));
}

int ipn_helper_sk_get_error(struct sock *sk)
{
	return sock_error(sk);
}

/* work at the end of a system call */

struct task_struct *ipn_helper_current(void)
{
	return current;
}

bool ipn_helper_plan_after_call(struct callback_head *work,
				void (*func)(struct callback_head *work))
{
#if defined(CONFIG_PREEMPTION) && !defined(CONFIG_TASKS_RCU)
	/* nothing would tell when func() has really returned */
	return false;
#else
	/* a kernel thread never comes back to user space */
	if (!in_task() || current->flags & PF_KTHREAD)
		return false;
	init_task_work(work, func);
	return !task_work_add(current, work, TWA_RESUME);
#endif
}

/*
 * Such work ends with giving back a socket, and so perhaps the last hold on
 * the module, in whose code it then has a few instructions to go. They do not
 * sleep: once every task has slept of its own will, or been in user space,
 * they are behind it.
 */
void ipn_helper_await_ends_of_calls(void)
{
	synchronize_rcu_tasks();
}

/*
 * A socket of the caller's network namespace that no descriptor belongs to: it
 * is closed after its last reference has gone and the caller's system call
 * has returned.
 */
struct file *ipn_helper_open_socket(int protocol)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(current->nsproxy->net_ns, AF_IPN, SOCK_RAW, protocol,
			       &sock);
	if (err)
		return ERR_PTR(err);
	/* as that of a descriptor, it keeps the namespace */
	sk_net_refcnt_upgrade(sock->sk);
	return sock_alloc_file(sock, 0, NULL);
}

struct sock *ipn_helper_file_sk(struct file *file)
{
	return sock_from_file(file)->sk;
}

/* long work, and workers */

void ipn_helper_cond_resched(void)
{
	cond_resched();
}

/* signal_pending() would tell of io_uring's own work too */
bool ipn_helper_sigpending(void)
{
	return task_sigpending(current);
}

bool ipn_helper_is_killed(void)
{
	return fatal_signal_pending(current);
}

struct workqueue_struct *ipn_helper_workers_alloc(void)
{
	return alloc_workqueue("af_ipn", WQ_UNBOUND, 0);
}

void ipn_helper_workers_destroy(struct workqueue_struct *queue)
{
	destroy_workqueue(queue);
}

/* options */

int ipn_helper_sockopt_read(void *to, sockptr_t from, unsigned int len)
{
	return copy_from_sockptr(to, from, len) ? -EFAULT : 0;
}

int ipn_helper_sockopt_peek(sockopt_t *opt, void *to, int len)
{
	return copy_from_iter(to, len, &opt->iter_in) == len ? 0 : -EFAULT;
}

/* Members of sockopt_t. */
int ipn_helper_sockopt_write(sockopt_t *opt, const void *from, int len)
{
	if (copy_to_iter(from, len, &opt->iter_out) != len)
		return -EFAULT;
	opt->optlen = len;
	return 0;
}

/* messages */

#define IPN_STAMPED ((1UL << SOCK_RCVTSTAMP) | (1UL << SOCK_TIMESTAMPING_ANY) | \
		     (1UL << SOCK_TIMESTAMP))

bool ipn_helper_sk_wants_cmsg(struct sock *sk)
{
	return READ_ONCE(sk->sk_flags) & (IPN_STAMPED | (1UL << SOCK_RXQ_OVFL));
}

bool ipn_helper_sk_wants_stamp(struct sock *sk)
{
	return READ_ONCE(sk->sk_flags) & IPN_STAMPED;
}

u64 ipn_helper_now_ns(void)
{
	return ktime_get_coarse_ns();
}

u64 ipn_helper_tick_ns(void)
{
	return TICK_NSEC;
}

s64 ipn_helper_real_time(void)
{
	return ktime_to_ns(ktime_get_real());
}

/* what io_uring sends with when it does not mind to be refused */
#define IPN_URING (MSG_DONTWAIT | MSG_NOSIGNAL)

/*
 * Whether more messages may follow in the caller's system call. sendmmsg()
 * says so, in all but the last message; anybody may. io_uring does not say
 * that it is io_uring, so whoever has a ring and sends as it does counts.
 */
bool ipn_helper_more_follows(unsigned int flags)
{
	if (flags & MSG_BATCH)
		return true;
#ifdef CONFIG_IO_URING
	return current->io_uring && (flags & IPN_URING) == IPN_URING;
#else
	return false;
#endif
}

/* A page that is not there is not fetched. */
bool ipn_helper_iter_is_there(const struct iov_iter *from, size_t len)
{
	size_t missing;

	pagefault_disable();
	missing = fault_in_iov_iter_readable(from, len);
	pagefault_enable();
	return !missing;
}

/* A section without page faults, which must not be left open. */
size_t ipn_helper_copy_from_iter_nofault(void *to, size_t len,
					 struct iov_iter *from)
{
	size_t copied;

	pagefault_disable();
	copied = _copy_from_iter(to, len, from);
	pagefault_enable();
	return copied;
}

/* filters */

bool ipn_helper_sk_has_filter(struct sock *sk)
{
	return rcu_access_pointer(sk->sk_filter);
}

/*
 * How much of a message the port's filter lets pass: < 0 for none of it. The sk_buff
 * lives no longer than this and is lent the bytes, which may change meanwhile: the
 * kernel checks each access of a filter against skb->len. Filters may ask for the shared
 * information too, so @shared, behind the bytes, is a zeroed one.
 */
long ipn_helper_sk_run_filter(struct sock *sk, void *data, unsigned int len,
			      void *shared)
{
	struct sk_buff skb __uninitialized;
	long kept;

	/* As __alloc_skb() has it; truesize and extensions, of which there are none, aside. */
	memset(&skb, 0, offsetof(struct sk_buff, tail));
	skb.head = data;
	skb.data = data;
	skb.len = len;
	skb_set_tail_pointer(&skb, len);
	skb_set_end_offset(&skb, shared - data);
	refcount_set(&skb.users, 1);
	skb.mac_header = (typeof(skb.mac_header))~0U;
	skb.transport_header = (typeof(skb.transport_header))~0U;
	/*
	 * As those of a clone the bytes are not the buffer's own: who reallocates it
	 * (fail_skb_realloc) lets them be, and what it has then is for us to free.
	 */
	skb.cloned = 1;
	kept = sk_filter_trim_cap(sk, &skb, 0) ? -EPERM : (long)skb.len;
	if (unlikely(skb.head != data))
		kfree(skb.head);
	return kept;
}

/* locks */

int ipn_helper_mutex_lock_killable(struct mutex *mutex)
{
	return mutex_lock_killable(mutex);
}

void ipn_helper_spin_lock_init(spinlock_t *lock, const char *name,
			       struct lock_class_key *key)
{
#ifdef CONFIG_DEBUG_SPINLOCK
# ifdef CONFIG_PREEMPT_RT
	__spin_lock_init(lock, name, key, false);
# else
	__raw_spin_lock_init(spinlock_check(lock), name, key, LD_WAIT_CONFIG);
# endif
#else
	spin_lock_init(lock);
#endif
}

void ipn_helper_spin_lock_bh(spinlock_t *lock)
{
	spin_lock_bh(lock);
}

void ipn_helper_local_bh_disable(void)
{
	local_bh_disable();
}

void ipn_helper_local_bh_enable(void)
{
	local_bh_enable();
}

bool ipn_helper_spin_trylock_bh(spinlock_t *lock)
{
	return spin_trylock_bh(lock);
}

void ipn_helper_spin_unlock_bh(spinlock_t *lock)
{
	spin_unlock_bh(lock);
}

void ipn_helper_assert_spin_locked(spinlock_t *lock)
{
	lockdep_assert_held(lock);
}

/* memory */

void *ipn_helper_vmalloc(size_t size)
{
	/* an error for who asks for too much, rather than the OOM killer */
	return __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN |
			       __GFP_RETRY_MAYFAIL);
}

/* What was allocated with this size, if anything, takes so much. */
u64 ipn_helper_allocated(const void *memory, size_t size)
{
	if (!size)
		return 0;
	return is_vmalloc_addr(memory) ? PAGE_ALIGN(size) : kmalloc_size_roundup(size);
}

u64 ipn_helper_kmalloc_size(size_t size)
{
	return kmalloc_size_roundup(size);
}

/* bytes that others may be reading or writing, which Rust code must not touch */
/*
 * As memcpy(). Of a short message the way there takes more than the bytes do: from 8
 * to 32 they are words from its beginning and from its end, which may overlap.
 */
void ipn_helper_copy(void *to, const void *from, size_t len)
{
	u64 first, second, third, last;

	if (len < sizeof(u64) || len > 4 * sizeof(u64)) {
		memcpy(to, from, len);
		return;
	}
	first = get_unaligned((const u64 *)from);
	last = get_unaligned((const u64 *)(from + len - sizeof(u64)));
	if (len > 2 * sizeof(u64)) {
		second = get_unaligned((const u64 *)(from + sizeof(u64)));
		third = get_unaligned((const u64 *)(from + len - 2 * sizeof(u64)));
		put_unaligned(second, (u64 *)(to + sizeof(u64)));
		put_unaligned(third, (u64 *)(to + len - 2 * sizeof(u64)));
	}
	put_unaligned(first, (u64 *)to);
	put_unaligned(last, (u64 *)(to + len - sizeof(u64)));
}

void ipn_helper_clear(void *to, size_t len)
{
	memset(to, 0, len);
}

/* policies */

bool ipn_helper_try_module_get(struct module *module)
{
	return try_module_get(module);
}

void ipn_helper_module_put(struct module *module)
{
	module_put(module);
}

u64 ipn_helper_now_ms(void)
{
	return jiffies64_to_msecs(get_jiffies_64());
}

/* /proc/net/ipn */

bool ipn_helper_proc_create(const char *name,
			    int (*show)(struct seq_file *m, void *v))
{
	return proc_create_single(name, 0444, init_net.proc_net, show);
}

void ipn_helper_proc_remove(const char *name)
{
	remove_proc_entry(name, init_net.proc_net);
}
