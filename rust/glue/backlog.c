// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of a device that wait to enter its network, for rust/glue/arrival.rs: in the
 * write queue of its port's socket, for src/socket/backlog.rs.
 */
#include <linux/skbuff.h>
#include <net/sock.h>

#include "../helpers.h"

struct ipn_waiting {
	bool tried;
};

static struct ipn_waiting *ipn_waiting_of(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct ipn_waiting) > sizeof(skb->cb));
	return (struct ipn_waiting *)skb->cb;
}

/*
 * Holds a packet if there is a place. It may stay for long, as one in the ring of tun
 * does, so nobody else's memory and objects are held by it: see tun_net_xmit().
 */
int ipn_helper_backlog_push(struct sock *sk, struct sk_buff *skb, bool tried)
{
	struct sk_buff_head *queue = &sk->sk_write_queue;
	bool has_place;

	if (skb_orphan_frags_rx(skb, GFP_ATOMIC))
		return -ENOBUFS;
	/* whoever stops a queue for want of a place asks again, with the same lock */
	spin_lock_bh(&queue->lock);
	has_place = sk->sk_wmem_queued < READ_ONCE(sk->sk_sndbuf);
	if (has_place) {
		/* it is as good as sent */
		skb_tx_timestamp(skb);
		skb_orphan(skb);
		skb_scrub_packet(skb, true);
		ipn_waiting_of(skb)->tried = tried;
		sk_wmem_queued_add(sk, skb->truesize);
		__skb_queue_tail(queue, skb_get(skb));
	}
	spin_unlock_bh(&queue->lock);
	return has_place ? 0 : -EAGAIN;
}

struct sk_buff *ipn_helper_backlog_take(struct sock *sk)
{
	struct sk_buff_head *queue = &sk->sk_write_queue;
	struct sk_buff *skb;

	spin_lock_bh(&queue->lock);
	skb = __skb_dequeue(queue);
	if (skb)
		sk_wmem_queued_add(sk, -skb->truesize);
	spin_unlock_bh(&queue->lock);
	return skb;
}

void ipn_helper_backlog_put_back(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff_head *queue = &sk->sk_write_queue;

	ipn_waiting_of(skb)->tried = true;
	spin_lock_bh(&queue->lock);
	sk_wmem_queued_add(sk, skb->truesize);
	__skb_queue_head(queue, skb);
	spin_unlock_bh(&queue->lock);
}

bool ipn_helper_backlog_was_tried(const struct sk_buff *skb)
{
	return ipn_waiting_of(skb)->tried;
}
