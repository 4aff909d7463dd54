// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that wait for what one of them can have, and are woken one by one; what
 * helpers.c says of its functions is so here too.
 */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>
#include <net/sock.h>

#include "helpers.h"

/*
 * Sleeps until ready(arg), a signal or the end of timeo. Returns what is left
 * of timeo, or -EINTR. ready() runs on the wait queue but as TASK_RUNNING: it
 * may sleep itself, and a wake-up that finds it there goes on to the next. The
 * macro declares the entry of the queue, on the stack.
 */
static long ipn_wait(struct wait_queue_head *queue, wait_queue_func_t wake,
		     long timeo, bool (*ready)(void *arg), void *arg)
{
	DEFINE_WAIT_FUNC(wait, wake);
	unsigned long end = jiffies + timeo;
	bool ends = timeo != MAX_SCHEDULE_TIMEOUT;

	add_wait_queue_exclusive(queue, &wait);
	for (;;) {
		/* pairs with who makes it ready, then looks for us */
		smp_mb();
		if (ready(arg) || !timeo)
			break;
		if (signal_pending(current)) {
			timeo = -EINTR;
			break;
		}
		timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, timeo);
		/* one that is woken all the time does not sleep, and no time is taken off */
		if (ends)
			timeo = max((long)(end - jiffies), 0L);
	}
	remove_wait_queue(queue, &wait);
	return timeo;
}

/* As receiver_wake_function() (net/core/datagram.c): room is no message. */
static int ipn_wake_receiver(struct wait_queue_entry *wait, unsigned int mode,
			     int sync, void *key)
{
	if (key && !(key_to_poll(key) & (EPOLLIN | EPOLLERR)))
		return 0;
	return woken_wake_function(wait, mode, sync, key);
}

long ipn_helper_sk_wait(struct sock *sk, long timeo,
			bool (*ready)(void *arg), void *arg)
{
	return ipn_wait(sk_sleep(sk), ipn_wake_receiver, timeo, ready, arg);
}

/* A macro, on a queue of which only the address matters to Rust. */
void ipn_helper_sk_wake_next(struct sock *sk)
{
	wake_up_interruptible_sync_poll(sk_sleep(sk), EPOLLIN | EPOLLRDNORM);
}

long ipn_helper_queue_wait(struct wait_queue_head *queue, long timeo,
			   bool (*ready)(void *arg), void *arg)
{
	return ipn_wait(queue, woken_wake_function, timeo, ready, arg);
}

/* The same whatever signals come, woken by ipn_helper_queue_wake_all(): whether it is ready. */
bool ipn_helper_queue_wait_briefly(struct wait_queue_head *queue, long timeo,
				   bool (*ready)(void *arg), void *arg)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	unsigned long end = jiffies + timeo;
	bool is_ready;

	add_wait_queue(queue, &wait);
	for (;;) {
		/* as above */
		smp_mb();
		is_ready = ready(arg);
		if (is_ready || time_after_eq(jiffies, end))
			break;
		wait_woken(&wait, TASK_UNINTERRUPTIBLE, max((long)(end - jiffies), 0L));
	}
	remove_wait_queue(queue, &wait);
	return is_ready;
}

void ipn_helper_queue_wake_one(struct wait_queue_head *queue)
{
	wake_up_interruptible(queue);
}

void ipn_helper_queue_wake_all(struct wait_queue_head *queue)
{
	wake_up_all(queue);
}
