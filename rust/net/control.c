// SPDX-License-Identifier: GPL-2.0
/*
 * Control messages; what helpers.c says of its functions is so here too.
 */
#include <linux/af_ipn.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <net/sock.h>

#include "helpers.h"

/* Members, and an sk_buff that lives no longer than this. */
void ipn_helper_recv_cmsg(struct msghdr *msg, struct sock *sk, s64 stamp_ns,
			  unsigned int drops)
{
	struct sk_buff *skb;

	/* as sock_recv_drops(): not before there was a loss */
	if (sock_flag(sk, SOCK_RXQ_OVFL) && drops)
		put_cmsg(msg, SOL_SOCKET, SO_RXQ_OVFL, sizeof(drops), &drops);
	if (!ipn_helper_sk_wants_stamp(sk))
		return;
	/* the kernel's many kinds of time stamp are made from an sk_buff */
	skb = alloc_skb(0, GFP_KERNEL);
	if (!skb)
		return;
	skb->tstamp = ns_to_ktime(stamp_ns);
	sock_recv_timestamp(msg, sk, skb);
	kfree_skb(skb);
}

/* One control message of the family's, of this type and length, and no other. */
int ipn_helper_get_note(struct msghdr *msg, int type, void *to, size_t len)
{
	struct cmsghdr *cmsg;
	bool found = false;

	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg) || found || cmsg->cmsg_level != IPN_ANY ||
		    cmsg->cmsg_type != type || cmsg->cmsg_len != CMSG_LEN(len))
			return -EINVAL;
		memcpy(to, CMSG_DATA(cmsg), len);
		found = true;
	}
	return found ? 0 : -EINVAL;
}

void ipn_helper_put_note(struct msghdr *msg, int type, const void *from, size_t len)
{
	put_cmsg(msg, IPN_ANY, type, len, (void *)from);
}
