// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of the kernel's that enter a network: src/device/frame.rs decides from what
 * is noted of them, and what it decides is done here.
 */
#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <net/gso.h>

#include "netdev.h"

static struct ipn_packet ipn_packet_of(struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	struct ipn_packet packet = {
		.len = skb->len,
		.header = -1,
		.sum_start = skb_checksum_start_offset(skb),
		.sum_offset = skb->csum_offset,
	};

	if (skb_mac_header_was_set(skb))
		packet.header = -skb_mac_offset(skb);
	if (skb->pkt_type == PACKET_LOOPBACK)
		packet.notes |= IPN_PACKET_LOOPBACK;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		packet.notes |= IPN_PACKET_SUM;
	if (skb_csum_is_sctp(skb))
		packet.notes |= IPN_PACKET_SCTP;
	if (shinfo->gso_size)
		packet.notes |= shinfo->gso_type ? IPN_PACKET_GSO : IPN_PACKET_LRO;
	return packet;
}

/* Puts the tag beside a packet into its header of so many bytes. */
static int ipn_packet_tag(struct sk_buff *skb, unsigned int header)
{
	int err = __vlan_insert_inner_tag(skb, skb->vlan_proto,
					  skb_vlan_tag_get(skb), header);

	if (!err) {
		skb->protocol = skb->vlan_proto;
		__vlan_hwaccel_clear_tag(skb);
	}
	return err;
}

/*
 * How many bytes of a packet that arrives are the header before its data.
 * 0: it is the host's; below 0: it is no frame. Nearly all are plain, and are not
 * asked about.
 */
int ipn_packet_header(struct sk_buff *skb)
{
	struct ipn_packet packet;

	if (likely(skb_mac_header_was_set(skb) && skb_mac_offset(skb) == -ETH_HLEN &&
		   skb->pkt_type != PACKET_LOOPBACK))
		return ETH_HLEN;
	packet = ipn_packet_of(skb);
	return ipn_rust_packet_header(&packet);
}

/* Has a packet begin with that header, its tag in it; the caller has it alone. */
int ipn_packet_unpull(struct sk_buff *skb, unsigned int header)
{
	int err = 0;

	skb_push(skb, header);
	/* it was taken from the header's end */
	if (skb_vlan_tag_present(skb))
		err = ipn_packet_tag(skb, header);
	skb_reset_mac_header(skb);
	return err;
}

/* 0: the packet is a frame now; 1: it is many; below 0: it is none. */
static int ipn_packet_finish(struct sk_buff *skb, bool is_segment)
{
	struct ipn_packet packet = ipn_packet_of(skb);
	s64 together = ipn_rust_packet_finish(&packet, is_segment);

	if (together == IPN_PACKET_IS_MANY)
		return 1;
	if (together == IPN_PACKET_IS_NONE)
		return -EINVAL;
	if (!together)
		return 0;
	if (!pskb_may_pull(skb, together))
		return -ENOMEM;
	return skb_csum_hwoffload_help(skb, 0);
}

/* Why a packet did not enter the network, by what ipn_packet_enter() said. */
u32 ipn_packet_reason(int err)
{
	switch (err) {
	case -EMSGSIZE:
		return IPN_DROP_TOO_LONG;
	case -EAGAIN:
		return IPN_DROP_NO_ROOM;
	case -EPIPE:
	case -ENOTCONN:
		return IPN_DROP_SHUT;
	case -EINVAL:
		return IPN_DROP_NO_FRAME;
	default:
		return IPN_DROP_NO_MEMORY;
	}
}

/*
 * A packet that begins with its header enters the network, as the frame or the
 * frames that it is; it stays the caller's. How many of several did not enter is
 * added to *lost.
 */
int ipn_packet_enter(struct ipn_device *device, struct sk_buff *skb,
		     unsigned int *lost)
{
	struct sock *sk = device->sk;
	struct sk_buff *segs, *next;
	int err = 0;

	/* nearly all are plain: nothing is noted of them */
	if (likely(skb->ip_summed != CHECKSUM_PARTIAL && !skb_shinfo(skb)->gso_size &&
		   !skb_vlan_tag_present(skb) && skb->len >= ETH_HLEN))
		return ipn_rust_inject(sk, skb, skb->len);
	/* of a program that sends it past the stack (XDP) */
	if (unlikely(skb_vlan_tag_present(skb)))
		err = ipn_packet_tag(skb, ETH_HLEN);
	if (!err)
		err = ipn_packet_finish(skb, false);
	if (err < 0)
		return err;
	if (!err)
		return ipn_rust_inject(sk, skb, skb->len);

	/* what the stack put together for speed is taken apart again */
	segs = __skb_gso_segment(skb, 0, false);
	if (IS_ERR_OR_NULL(segs))
		return -EINVAL;
	skb_list_walk_safe(segs, segs, next) {
		skb_mark_not_on_list(segs);
		err = ipn_packet_finish(segs, true) ? -EINVAL :
						      ipn_rust_inject(sk, segs, segs->len);
		if (err) {
			++*lost;
			ipn_device_dropped(device, ipn_packet_reason(err));
			kfree_skb(segs);
		} else {
			consume_skb(segs);
		}
	}
	return 0;
}
