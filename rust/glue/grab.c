// SPDX-License-Identifier: GPL-2.0
/*
 * Grabbed devices: those of others, whose traffic a network takes. What they
 * receive goes to the network and not to the host's stack.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include "netdev.h"

/* A packet enters the network, and is gone; its header lies before its data. */
static void ipn_grab_enter(struct ipn_device *device, struct sk_buff *skb,
			   unsigned int header)
{
	unsigned int lost = 0;
	int err;

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb)) {
		ipn_device_dropped(device, IPN_DROP_NO_MEMORY);
		dev_core_stats_rx_dropped_inc(device->dev);
		return;
	}
	err = ipn_packet_unpull(skb, header);
	if (!err)
		err = ipn_packet_enter(device, skb, &lost);
	if (err) {
		ipn_device_dropped(device, ipn_packet_reason(err));
		dev_core_stats_rx_dropped_inc(device->dev);
		kfree_skb(skb);
	} else {
		consume_skb(skb);
	}
	while (lost--)
		dev_core_stats_rx_dropped_inc(device->dev);
}

static rx_handler_result_t ipn_grab_receive(struct sk_buff **pskb)
{
	struct sk_buff *copy, *skb = *pskb;
	struct net_device *dev = skb->dev;
	struct ipn_device *device = rcu_dereference(dev->rx_handler_data);
	int header = ipn_packet_header(skb);
	const u8 *to;

	if (unlikely(!header))
		return RX_HANDLER_PASS;
	if (unlikely(header < 0)) {
		ipn_device_dropped(device, IPN_DROP_NO_FRAME);
		dev_core_stats_rx_dropped_inc(dev);
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_HDR);
		return RX_HANDLER_CONSUMED;
	}
	to = eth_hdr(skb)->h_dest;
	if (likely(!is_link_local_ether_addr(to))) {
		ipn_grab_enter(device, skb, header);
		return RX_HANDLER_CONSUMED;
	}
	/*
	 * As br_handle_frame() has it, pause frames (01) end here, and others of
	 * these groups are for the host's daemons (LLDP, 802.1X). Whether they go
	 * on as well, the network's policy says, as a bridge's group_fwd_mask.
	 */
	if (to[5] == 0x01) {
		ipn_device_dropped(device, IPN_DROP_RESERVED);
		dev_core_stats_rx_dropped_inc(dev);
		kfree_skb(skb);
		return RX_HANDLER_CONSUMED;
	}
	copy = skb_clone(skb, GFP_ATOMIC);
	if (copy) {
		ipn_grab_enter(device, copy, header);
	} else {
		ipn_device_dropped(device, IPN_DROP_NO_MEMORY);
		dev_core_stats_rx_dropped_inc(dev);
	}
	return RX_HANDLER_PASS;
}

/* The port that a device was grabbed for; the caller holds the RTNL. */
struct ipn_device *ipn_grab_of(const struct net_device *dev)
{
	if (rtnl_dereference(dev->rx_handler) != ipn_grab_receive)
		return NULL;
	return rtnl_dereference(dev->rx_handler_data);
}

/* What waits in the device's queue is a packet less: there may be room again. */
static void ipn_grab_write_space(struct sock *sk)
{
	if (sk_wmem_alloc_get(sk) <= READ_ONCE(sk->sk_sndbuf) / 2)
		ipn_rust_device_writable(sk);
}

/*
 * The packets that wait to be sent are the socket's, as those of a packet
 * socket are: so the messages wait in the network, and not in a queue that
 * would drop them.
 */
bool ipn_grab_has_room(const struct ipn_device *device)
{
	return sk_wmem_alloc_get(device->sk) < READ_ONCE(device->sk->sk_sndbuf);
}

bool ipn_grab_send(struct ipn_device *device, struct sk_buff *skb)
{
	struct net_device *dev = device->dev;

	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	if (!netif_carrier_ok(dev) || !is_skb_forwardable(dev, skb)) {
		ipn_device_dropped(device, netif_carrier_ok(dev) ? IPN_DROP_TOO_LONG :
								   IPN_DROP_DEVICE_DOWN);
		dev_core_stats_tx_dropped_inc(dev);
		kfree_skb(skb);
		return false;
	}
	skb_set_owner_w(skb, device->sk);
	return dev_queue_xmit(skb) == NET_XMIT_SUCCESS;
}

static int ipn_grab_take(struct net_device *dev, struct ipn_device *device)
{
	int err;

	if (dev->flags & IFF_LOOPBACK || dev->type != ARPHRD_ETHER ||
	    dev->addr_len != ETH_ALEN || !is_valid_ether_addr(dev->dev_addr) ||
	    ipn_is_tap(dev))
		return -EINVAL;
	err = ipn_stack_check_grab(dev, &device->file);
	if (err)
		return err;
	err = ipn_stack_enter(device);
	if (err)
		return err;
	err = sysfs_create_group(&dev->dev.kobj, &ipn_port_group);
	if (err)
		goto not_shown;
	err = netdev_rx_handler_register(dev, ipn_grab_receive, device);
	if (err)
		goto not_registered;
	err = dev_set_promiscuity(dev, 1);
	if (err)
		goto not_promiscuous;
	dev_disable_lro(dev);
	return 0;

not_promiscuous:
	netdev_rx_handler_unregister(dev);
not_registered:
	sysfs_remove_group(&dev->dev.kobj, &ipn_port_group);
not_shown:
	ipn_stack_leave(device);
	return err;
}

int ipn_helper_grab(struct net *net, const char *name, struct sock *sk,
		    const struct ipn_file_numbers *file,
		    struct ipn_device **grabbed)
{
	struct net_device *dummy, *dev;
	struct ipn_device *device;
	int err = -ENODEV;

	dummy = alloc_netdev_dummy(sizeof(*device));
	if (!dummy)
		return -ENOMEM;
	device = netdev_priv(dummy);
	device->sk = sk;
	device->file = *file;
	device->port = -1;
	netif_napi_add(dummy, &device->napi, ipn_device_poll);

	rtnl_lock();
	dev = __dev_get_by_name(net, name);
	if (dev) {
		device->dev = dev;
		err = ipn_grab_take(dev, device);
	}
	if (!err) {
		sock_hold(sk);
		dev_hold(dev);
		device->taken = true;
		device->write_space = sk->sk_write_space;
		WRITE_ONCE(sk->sk_write_space, ipn_grab_write_space);
		napi_enable(&device->napi);
		*grabbed = device;
	}
	rtnl_unlock();
	if (err)
		free_netdev(dummy);
	return err;
}

/* The device is free afterwards; the hold on the socket is the caller's. */
void ipn_grab_end(struct ipn_device *device)
{
	device->taken = false;
	netdev_rx_handler_unregister(device->dev);
	dev_set_promiscuity(device->dev, -1);
	sysfs_remove_group(&device->dev->dev.kobj, &ipn_port_group);
	ipn_grab_unshow(device);
	ipn_stack_leave(device);
	napi_disable(&device->napi);
	WRITE_ONCE(device->sk->sk_write_space, device->write_space);
}
