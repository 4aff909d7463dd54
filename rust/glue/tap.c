// SPDX-License-Identifier: GPL-2.0
/*
 * Taps: interfaces that a network makes, and whose other end is a port. One whose
 * port observes is for programs that capture packets.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <net/netdev_lock.h>
#include <net/rtnetlink.h>

#include "netdev.h"

static netdev_tx_t ipn_tap_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ipn_device *tap = netdev_priv(dev);
	unsigned int lost = 0;
	int err = tap->observes ? -EPIPE : ipn_packet_enter(tap, skb, &lost);

	if (err == -EAGAIN) {
		/* a lossless network without room: it has noted to wake us */
		netif_stop_queue(dev);
		err = ipn_packet_enter(tap, skb, &lost);
		if (err == -EAGAIN)
			return NETDEV_TX_BUSY;
		netif_wake_queue(dev);
	}
	if (err) {
		ipn_device_dropped(tap, ipn_packet_reason(err));
		dev_dstats_tx_dropped(dev);
		kfree_skb(skb);
	} else {
		dev_dstats_tx_add(dev, skb->len);
		skb_tx_timestamp(skb);
		consume_skb(skb);
	}
	while (lost--)
		dev_dstats_tx_dropped(dev);
	return NETDEV_TX_OK;
}

static int ipn_tap_init(struct net_device *dev)
{
	struct ipn_device *tap = netdev_priv(dev);
	int err = ipn_stack_enter(tap);

	if (err)
		return err;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_DSTATS;
	netdev_lockdep_set_classes(dev);
	/* always on: what comes while the interface is down is dropped, not kept */
	netif_napi_add(dev, &tap->napi, ipn_device_poll);
	napi_enable(&tap->napi);
	return 0;
}

static void ipn_tap_uninit(struct net_device *dev)
{
	struct ipn_device *tap = netdev_priv(dev);

	napi_disable(&tap->napi);
	ipn_stack_leave(tap);
}

static void ipn_tap_free(struct net_device *dev)
{
	struct ipn_device *tap = netdev_priv(dev);

	if (tap->sk)
		sock_put(tap->sk);
}

/* It has no filter: it takes all that the network gives it. */
static void ipn_tap_set_rx_mode(struct net_device *dev)
{
}

static int ipn_tap_change_carrier(struct net_device *dev, bool there)
{
	struct ipn_device *tap = netdev_priv(dev);

	if (!there) {
		netif_carrier_off(dev);
		return 0;
	}
	netif_carrier_on(dev);
	/* pairs with ipn_helper_device_carrier_off() */
	smp_mb();
	if (!READ_ONCE(tap->ended))
		return 0;
	netif_carrier_off(dev);
	return -ENETDOWN;
}

static const struct net_device_ops ipn_tap_ops = {
	.ndo_init		= ipn_tap_init,
	.ndo_uninit		= ipn_tap_uninit,
	.ndo_start_xmit		= ipn_tap_xmit,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_set_rx_mode	= ipn_tap_set_rx_mode,
	.ndo_change_carrier	= ipn_tap_change_carrier,
	.ndo_get_phys_port_name	= ipn_tap_port_name,
	.ndo_get_port_parent_id	= ipn_tap_switch_id,
};

/* of one whose messages are no frames: it has no address */
static const struct net_device_ops ipn_raw_ops = {
	.ndo_init		= ipn_tap_init,
	.ndo_uninit		= ipn_tap_uninit,
	.ndo_start_xmit		= ipn_tap_xmit,
	.ndo_change_carrier	= ipn_tap_change_carrier,
	.ndo_get_phys_port_name	= ipn_tap_port_name,
	.ndo_get_port_parent_id	= ipn_tap_switch_id,
};

bool ipn_is_tap(const struct net_device *dev)
{
	return dev->netdev_ops == &ipn_tap_ops || dev->netdev_ops == &ipn_raw_ops;
}

/*
 * What others send to each other is for those who capture it, one by one, and
 * for no protocol of the host's. The caller is the device's NAPI.
 */
void ipn_tap_show(struct ipn_device *tap, struct sk_buff *skb)
{
	if (tap->is_raw) {
		skb->dev = tap->dev;
		skb_reset_mac_header(skb);
		skb->protocol = htons(ETH_P_802_EX1);
	} else {
		skb->protocol = eth_type_trans(skb, tap->dev);
	}
	skb->pkt_type = PACKET_OTHERHOST;
	netif_receive_skb(skb);
}

static void ipn_tap_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "ipn");
	strscpy(info->version, IPN_VERSION);
	ipn_tap_bus_info(netdev_priv(dev), info->bus_info, sizeof(info->bus_info));
}

/* Nothing is as fast as it says: bonds want a number, as of tun and veth. */
static int ipn_tap_get_link(struct net_device *dev, struct ethtool_link_ksettings *link)
{
	const struct ipn_device *tap = netdev_priv(dev);

	link->base.speed = tap->speed;
	link->base.duplex = tap->duplex;
	link->base.port = PORT_OTHER;
	return 0;
}

static int ipn_tap_set_link(struct net_device *dev,
			    const struct ethtool_link_ksettings *link)
{
	struct ipn_device *tap = netdev_priv(dev);

	return ethtool_virtdev_set_link_ksettings(dev, link, &tap->speed, &tap->duplex);
}

static void ipn_tap_get_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	channels->max_combined = 1;
	channels->combined_count = 1;
}

static const struct ethtool_ops ipn_tap_ethtool_ops = {
	.get_drvinfo		= ipn_tap_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_ts_info		= ethtool_op_get_ts_info,
	.get_channels		= ipn_tap_get_channels,
	.get_link_ksettings	= ipn_tap_get_link,
	.set_link_ksettings	= ipn_tap_set_link,
};

static int ipn_tap_validate(struct nlattr *tb[], struct nlattr *data[],
			    struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "a network makes its taps: IPN_CONN_NETDEV, af_ipn(7)");
	return -EOPNOTSUPP;
}

static void ipn_any_setup(struct net_device *dev)
{
	dev->ethtool_ops = &ipn_tap_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->priv_destructor = ipn_tap_free;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	/* netpoll sends with interrupts off, and what sends here takes bh locks */
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_DISABLE_NETPOLL;
	/* ipn_packet_enter() copies what lies in pieces */
	dev->hw_features = NETIF_F_SG | NETIF_F_FRAGLIST;
	dev->features |= dev->hw_features;
	dev->vlan_features |= dev->hw_features;
}

static void ipn_tap_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &ipn_tap_ops;
	ipn_any_setup(dev);
	eth_hw_addr_random(dev);
}

/* libpcap knows no link layer of this type, and captures in cooked mode (LINUX_SLL) */
static void ipn_raw_setup(struct net_device *dev)
{
	dev->netdev_ops = &ipn_raw_ops;
	dev->type = ARPHRD_VOID;
	ipn_any_setup(dev);
}

/* It takes no part in what is spoken there. */
static void ipn_observe_setup(struct ipn_device *tap, unsigned int frame_max, bool is_raw)
{
	struct net_device *dev = tap->dev;

	tap->observes = true;
	tap->is_raw = is_raw;
	dev->flags = IFF_NOARP;
	dev->priv_flags |= IFF_DONT_BRIDGE | IFF_NO_ADDRCONF;
	dev->min_mtu = 0;
	dev->max_mtu = frame_max;
	dev->mtu = frame_max - min_t(unsigned int, frame_max, dev->hard_header_len);
}

/* so that "ip link" names the kind and can delete one */
struct rtnl_link_ops ipn_tap_link_ops __read_mostly = {
	.kind		= "ipn",
	.priv_size	= sizeof(struct ipn_device),
	.setup		= ipn_tap_setup,
	.validate	= ipn_tap_validate,
};

int ipn_helper_tap_create(struct net *net, const char *name, struct sock *sk,
			  const struct ipn_file_numbers *file,
			  unsigned int frame_max, u32 kind, struct ipn_device **made)
{
	bool is_raw = kind == IPN_TAP_OBSERVES_RAW;
	struct net_device *dev;
	struct ipn_device *tap;
	int err;

	dev = alloc_netdev(sizeof(struct ipn_device), *name ? name : "ipn%d",
			   *name ? NET_NAME_USER : NET_NAME_ENUM,
			   is_raw ? ipn_raw_setup : ipn_tap_setup);
	if (!dev)
		return -ENOMEM;
	tap = netdev_priv(dev);
	tap->dev = dev;
	tap->file = *file;
	tap->port = -1;
	tap->speed = SPEED_10000;
	tap->duplex = DUPLEX_FULL;
	dev_net_set(dev, net);
	dev->rtnl_link_ops = &ipn_tap_link_ops;
	dev->sysfs_groups[0] = &ipn_port_group;
	if (kind == IPN_TAP_MEMBER) {
		dev->min_mtu = ETH_MIN_MTU;
		dev->max_mtu = frame_max - ETH_HLEN;
		dev->mtu = min_t(unsigned int, ETH_DATA_LEN, dev->max_mtu);
	} else {
		ipn_observe_setup(tap, frame_max, is_raw);
	}

	/* its state is known from the first carrier on: operstates.rst */
	netif_carrier_off(dev);

	rtnl_lock();
	err = register_netdevice(dev);
	if (!err) {
		sock_hold(sk);
		tap->sk = sk;
		dev_hold(dev);
		netif_carrier_on(dev);
		*made = tap;
	}
	rtnl_unlock();
	if (err) {
		/*
		 * Queues that were made before the failure are in memory of the
		 * device, and hold it until they are released, perhaps later.
		 */
		while (netdev_refcnt_read(dev) != 1)
			msleep(20);
		free_netdev(dev);
	}
	return err;
}
