// SPDX-License-Identifier: GPL-2.0
/*
 * Ports that are network devices: the tables and entry points that the kernel
 * has in C, for rust/netdev.rs. A tap is an interface that we make; a grabbed
 * device is somebody else's whose traffic we take. Either holds the socket of
 * its port until it is let go.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/gso.h>
#include <net/netdev_lock.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>
#include <net/sock.h>

#include "helpers.h"

struct ipn_tap {
	struct sock *sk;
};

/* taps */

static netdev_tx_t ipn_tap_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ipn_tap *tap = netdev_priv(dev);
	unsigned int len = skb->len;
	int err = ipn_rust_inject(tap->sk, skb, len);

	if (err == -EAGAIN) {
		/* a lossless network without room: it has noted to wake us */
		netif_stop_queue(dev);
		err = ipn_rust_inject(tap->sk, skb, len);
		if (err == -EAGAIN)
			return NETDEV_TX_BUSY;
		netif_wake_queue(dev);
	}
	if (err) {
		dev_dstats_tx_dropped(dev);
		kfree_skb(skb);
	} else {
		dev_dstats_tx_add(dev, len);
		consume_skb(skb);
	}
	return NETDEV_TX_OK;
}

static int ipn_tap_init(struct net_device *dev)
{
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_DSTATS;
	netdev_lockdep_set_classes(dev);
	return 0;
}

static void ipn_tap_free(struct net_device *dev)
{
	struct ipn_tap *tap = netdev_priv(dev);

	if (tap->sk)
		sock_put(tap->sk);
}

static const struct net_device_ops ipn_tap_ops = {
	.ndo_init		= ipn_tap_init,
	.ndo_start_xmit		= ipn_tap_xmit,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_mac_address	= eth_mac_addr,
};

static void ipn_tap_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "ipn");
	strscpy(info->version, IPN_VERSION);
	strscpy(info->bus_info, "tap");
}

static const struct ethtool_ops ipn_tap_ethtool_ops = {
	.get_drvinfo	= ipn_tap_drvinfo,
	.get_link	= ethtool_op_get_link,
	.get_ts_info	= ethtool_op_get_ts_info,
};

static int ipn_tap_validate(struct nlattr *tb[], struct nlattr *data[],
			    struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "a network makes its taps: IPN_CONN_NETDEV, af_ipn(7)");
	return -EOPNOTSUPP;
}

static void ipn_tap_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &ipn_tap_ops;
	dev->ethtool_ops = &ipn_tap_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->priv_destructor = ipn_tap_free;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	eth_hw_addr_random(dev);
}

/* so that "ip link" names the kind and can delete one */
static struct rtnl_link_ops ipn_tap_link_ops __read_mostly = {
	.kind		= "ipn",
	.priv_size	= sizeof(struct ipn_tap),
	.setup		= ipn_tap_setup,
	.validate	= ipn_tap_validate,
};

int ipn_helper_tap_create(struct net *net, const char *name, struct sock *sk,
			  unsigned int frame_max, struct net_device **made)
{
	struct net_device *dev;
	struct ipn_tap *tap;
	int err;

	dev = alloc_netdev(sizeof(struct ipn_tap), *name ? name : "ipn%d",
			   *name ? NET_NAME_USER : NET_NAME_ENUM, ipn_tap_setup);
	if (!dev)
		return -ENOMEM;
	dev_net_set(dev, net);
	dev->rtnl_link_ops = &ipn_tap_link_ops;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = frame_max - ETH_HLEN;
	dev->mtu = min_t(unsigned int, ETH_DATA_LEN, dev->max_mtu);

	rtnl_lock();
	err = register_netdevice(dev);
	if (!err) {
		tap = netdev_priv(dev);
		sock_hold(sk);
		tap->sk = sk;
		dev_hold(dev);
		netif_carrier_on(dev);
		*made = dev;
	}
	rtnl_unlock();
	if (err)
		free_netdev(dev);
	return err;
}

/* grabbed devices */

static void ipn_grab_inject(struct sock *sk, struct net_device *dev,
			    struct sk_buff *skb)
{
	/* the stack may leave checksums to the hardware; a port has none */
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb)) {
		dev_core_stats_rx_dropped_inc(dev);
		kfree_skb(skb);
		return;
	}
	if (ipn_rust_inject(sk, skb, skb->len)) {
		dev_core_stats_rx_dropped_inc(dev);
		kfree_skb(skb);
	} else {
		consume_skb(skb);
	}
}

static rx_handler_result_t ipn_grab_receive(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb, *segs, *next;
	struct net_device *dev = skb->dev;
	struct sock *sk = rcu_dereference(dev->rx_handler_data);

	if (unlikely(skb->pkt_type == PACKET_LOOPBACK))
		return RX_HANDLER_PASS;
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb)) {
		dev_core_stats_rx_dropped_inc(dev);
		return RX_HANDLER_CONSUMED;
	}
	skb_push(skb, ETH_HLEN);
	if (skb_vlan_tag_present(skb)) {
		skb = __vlan_hwaccel_push_inside(skb);
		if (!skb) {
			dev_core_stats_rx_dropped_inc(dev);
			return RX_HANDLER_CONSUMED;
		}
	}
	skb_reset_mac_header(skb);
	if (!skb_is_gso(skb)) {
		ipn_grab_inject(sk, dev, skb);
		return RX_HANDLER_CONSUMED;
	}
	/* what the stack put together for speed is taken apart again */
	segs = __skb_gso_segment(skb, 0, false);
	if (IS_ERR_OR_NULL(segs)) {
		dev_core_stats_rx_dropped_inc(dev);
		kfree_skb(skb);
		return RX_HANDLER_CONSUMED;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, segs, next) {
		skb_mark_not_on_list(segs);
		ipn_grab_inject(sk, dev, segs);
	}
	return RX_HANDLER_CONSUMED;
}

static bool ipn_is_grabbed(const struct net_device *dev)
{
	return rtnl_dereference(dev->rx_handler) == ipn_grab_receive;
}

int ipn_helper_grab(struct net *net, const char *name, struct sock *sk,
		    struct net_device **grabbed)
{
	struct net_device *dev;
	int err = -ENODEV;

	rtnl_lock();
	dev = __dev_get_by_name(net, name);
	if (!dev)
		goto out;
	err = -EINVAL;
	if (dev->flags & IFF_LOOPBACK || dev->type != ARPHRD_ETHER ||
	    dev->netdev_ops == &ipn_tap_ops)
		goto out;
	err = -EBUSY;
	if (netdev_is_rx_handler_busy(dev) || netif_is_bridge_master(dev))
		goto out;
	err = netdev_rx_handler_register(dev, ipn_grab_receive, sk);
	if (err)
		goto out;
	err = dev_set_promiscuity(dev, 1);
	if (err) {
		netdev_rx_handler_unregister(dev);
		goto out;
	}
	dev_disable_lro(dev);
	sock_hold(sk);
	dev_hold(dev);
	*grabbed = dev;
out:
	rtnl_unlock();
	return err;
}

/* both */

static struct sock *ipn_device_sk(const struct net_device *dev)
{
	if (dev->netdev_ops == &ipn_tap_ops)
		return ((struct ipn_tap *)netdev_priv(dev))->sk;
	if (ipn_is_grabbed(dev))
		return rtnl_dereference(dev->rx_handler_data);
	return NULL;
}

static void ipn_let_go(struct net_device *dev, struct sock *sk)
{
	netdev_rx_handler_unregister(dev);
	dev_set_promiscuity(dev, -1);
	sock_put(sk);
}

/* Ends a port's device: a tap is gone afterwards, a grabbed one is free. */
void ipn_helper_device_release(struct net_device *dev, struct sock *sk)
{
	rtnl_lock();
	if (dev->netdev_ops == &ipn_tap_ops) {
		if (dev->reg_state == NETREG_REGISTERED)
			unregister_netdevice(dev);
	} else if (ipn_device_sk(dev) == sk) {
		ipn_let_go(dev, sk);
	}
	dev_put(dev);
	rtnl_unlock();
}

void ipn_helper_device_hold(struct net_device *dev)
{
	dev_hold(dev);
}

void ipn_helper_device_put(struct net_device *dev)
{
	dev_put(dev);
}

/* The socket of the port that is device name, with a reference. */
struct sock *ipn_helper_device_find(struct net *net, const char *name)
{
	struct net_device *dev;
	struct sock *sk = NULL;

	rtnl_lock();
	dev = __dev_get_by_name(net, name);
	if (dev)
		sk = ipn_device_sk(dev);
	if (sk)
		sock_hold(sk);
	rtnl_unlock();
	return sk;
}

static int ipn_device_event(struct notifier_block *block, unsigned long event,
			    void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct sock *sk;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	/* a tap that moves to another namespace stays what it is */
	if (dev->netdev_ops == &ipn_tap_ops &&
	    dev->reg_state != NETREG_UNREGISTERING)
		return NOTIFY_DONE;
	sk = ipn_device_sk(dev);
	if (sk) {
		sock_hold(sk);
		if (dev->netdev_ops != &ipn_tap_ops)
			ipn_let_go(dev, sk);
		ipn_rust_device_gone(sk);
		sock_put(sk);
	}
	return NOTIFY_DONE;
}

static struct notifier_block ipn_device_notifier = {
	.notifier_call = ipn_device_event,
};

int ipn_helper_devices_register(void)
{
	int err = rtnl_link_register(&ipn_tap_link_ops);

	if (!err) {
		err = register_netdevice_notifier(&ipn_device_notifier);
		if (err)
			rtnl_link_unregister(&ipn_tap_link_ops);
	}
	return err;
}

void ipn_helper_devices_unregister(void)
{
	unregister_netdevice_notifier(&ipn_device_notifier);
	rtnl_link_unregister(&ipn_tap_link_ops);
}

/* messages for a device */

struct sk_buff *ipn_helper_skb_from(struct net_device *dev, const void *bytes,
				    unsigned int len)
{
	struct sk_buff *skb = netdev_alloc_skb_ip_align(dev, len);

	if (skb)
		skb_put_data(skb, bytes, len);
	return skb;
}

void ipn_helper_skb_free(struct sk_buff *skb)
{
	kfree_skb(skb);
}

bool ipn_helper_skb_copy(struct sk_buff *skb, void *to, unsigned int len)
{
	return !skb_copy_bits(skb, 0, to, len);
}

/* Whether the device took the message; the skb is gone either way. */
bool ipn_helper_device_send(struct net_device *dev, struct sk_buff *skb)
{
	unsigned int len = skb->len;

	if (!netif_running(dev) || len < ETH_HLEN)
		goto drop;
	if (dev->netdev_ops == &ipn_tap_ops) {
		skb->protocol = eth_type_trans(skb, dev);
		dev_dstats_rx_add(dev, len);
		return netif_rx(skb) == NET_RX_SUCCESS;
	}
	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	if (!is_skb_forwardable(dev, skb))
		goto drop;
	return dev_queue_xmit(skb) == NET_XMIT_SUCCESS;
drop:
	ipn_helper_device_drop(dev);
	kfree_skb(skb);
	return false;
}

/* Counts a message that did not reach the device. */
void ipn_helper_device_drop(struct net_device *dev)
{
	if (dev->netdev_ops == &ipn_tap_ops)
		dev_dstats_rx_dropped(dev);
	else
		dev_core_stats_tx_dropped_inc(dev);
}

void ipn_helper_device_wake(struct net_device *dev)
{
	if (dev->netdev_ops == &ipn_tap_ops)
		netif_wake_queue(dev);
}

void ipn_helper_device_carrier_off(struct net_device *dev)
{
	if (dev->netdev_ops == &ipn_tap_ops)
		netif_carrier_off(dev);
}

void ipn_helper_device_name(struct net_device *dev, char *name)
{
	strscpy(name, dev->name, IFNAMSIZ);
}

int ipn_helper_device_set_address(struct net_device *dev, const void *ifreq_address)
{
	struct sockaddr_storage address = {};
	int err;

	memcpy(&address, ifreq_address, sizeof(struct sockaddr));
	rtnl_lock();
	if (dev->netdev_ops == &ipn_tap_ops)
		err = dev_set_mac_address(dev, &address, NULL);
	else
		err = -EADDRNOTAVAIL;
	rtnl_unlock();
	return err;
}

struct net *ipn_helper_sock_net(struct sock *sk)
{
	return sock_net(sk);
}

bool ipn_helper_net_admin(struct sock *sk)
{
	/* of the caller, and of whoever opened the socket */
	return sk_net_capable(sk, CAP_NET_ADMIN);
}
