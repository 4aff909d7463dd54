// SPDX-License-Identifier: GPL-2.0
/*
 * Ports that are network devices: what taps and grabbed devices have in common,
 * for rust/glue/netdev.rs. Either holds the socket of its port until it is let go.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>

#include "netdev.h"

/* messages for a device */

int ipn_device_poll(struct napi_struct *napi, int budget)
{
	struct ipn_device *device = container_of(napi, struct ipn_device, napi);
	int done = budget ? ipn_rust_device_poll(device->sk, device, budget) : 0;

	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

/* Has the port's messages read soon; on return they may have been. */
void ipn_helper_device_schedule(struct ipn_device *device)
{
	local_bh_disable();
	napi_schedule(&device->napi);
	local_bh_enable();
}

/* Waits for polls that have begun; they are within an RCU critical section. */
void ipn_helper_device_await_polls(void)
{
	synchronize_net();
}

struct sk_buff *ipn_helper_skb_new(struct ipn_device *device, unsigned int len)
{
	return netdev_alloc_skb_ip_align(device->dev, len);
}

bool ipn_helper_skb_add(struct sk_buff *skb, const void *bytes, unsigned int len)
{
	if (len > skb_tailroom(skb))
		return false;
	skb_put_data(skb, bytes, len);
	return true;
}

unsigned int ipn_helper_skb_len(const struct sk_buff *skb)
{
	return skb->len;
}

void ipn_helper_skb_consume(struct sk_buff *skb)
{
	consume_skb(skb);
}

void ipn_helper_skb_free(struct sk_buff *skb)
{
	kfree_skb(skb);
}

bool ipn_helper_skb_copy(struct sk_buff *skb, unsigned int from, void *to, unsigned int len)
{
	return !skb_copy_bits(skb, from, to, len);
}

/* Whether the device takes one more packet now. If not it is scheduled later. */
bool ipn_helper_device_has_room(struct ipn_device *device)
{
	return ipn_is_tap(device->dev) || ipn_grab_has_room(device);
}

/* A tap without carrier is a card without cable; what an ended network left it has. */
static bool ipn_is_unplugged(const struct ipn_device *device)
{
	return ipn_is_tap(device->dev) && !netif_carrier_ok(device->dev) &&
	       !READ_ONCE(device->ended);
}

/*
 * Whether the device took the message; the skb is gone either way. Only the
 * NAPI calls it.
 */
bool ipn_helper_device_send(struct ipn_device *device, struct sk_buff *skb)
{
	struct net_device *dev = device->dev;
	unsigned int len = skb->len;
	bool is_short = len < ETH_HLEN && !device->is_raw;

	if (!netif_running(dev) || is_short || ipn_is_unplugged(device)) {
		ipn_device_dropped(device, is_short ? IPN_DROP_NO_FRAME : IPN_DROP_DEVICE_DOWN);
		ipn_helper_device_drop(device, 1);
		kfree_skb(skb);
		return false;
	}
	if (!ipn_is_tap(dev))
		return ipn_grab_send(device, skb);
	dev_dstats_rx_add(dev, len);
	if (device->observes) {
		ipn_tap_show(device, skb);
		return true;
	}
	skb->protocol = eth_type_trans(skb, dev);
	napi_gro_receive(&device->napi, skb);
	return true;
}

static void ipn_tap_count_drops(struct net_device *dev, unsigned long count)
{
	struct pcpu_dstats *stats = this_cpu_ptr(dev->dstats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->rx_drops, count);
	u64_stats_update_end(&stats->syncp);
}

static void ipn_grab_count_drops(struct net_device *dev, unsigned long count)
{
	struct net_device_core_stats __percpu *stats;

	/* the first makes the counters, if there are none yet */
	dev_core_stats_tx_dropped_inc(dev);
	stats = READ_ONCE(dev->core_stats);
	if (stats)
		this_cpu_add(stats->tx_dropped, count - 1);
}

/*
 * Counts messages that did not reach the device, one at least. Only the NAPI
 * calls it.
 */
void ipn_helper_device_drop(struct ipn_device *device, unsigned long count)
{
	if (ipn_is_tap(device->dev))
		ipn_tap_count_drops(device->dev, count);
	else
		ipn_grab_count_drops(device->dev, count);
}

/* Counts a packet that the device sent and that did not enter the network. */
void ipn_helper_device_count_unsent(struct ipn_device *device)
{
	if (!ipn_is_tap(device->dev)) {
		dev_core_stats_rx_dropped_inc(device->dev);
		return;
	}
	local_bh_disable();
	dev_dstats_tx_dropped(device->dev);
	local_bh_enable();
}

void ipn_helper_device_wake(struct ipn_device *device)
{
	if (ipn_is_tap(device->dev))
		netif_wake_queue(device->dev);
}

void ipn_helper_device_carrier_off(struct ipn_device *device)
{
	if (!ipn_is_tap(device->dev))
		return;
	WRITE_ONCE(device->ended, true);
	/* pairs with ipn_tap_change_carrier() */
	smp_mb();
	netif_carrier_off(device->dev);
}

/* devices by name */

void ipn_helper_device_name(struct ipn_device *device, char *name)
{
	strscpy(name, device->dev->name, IFNAMSIZ);
}

/* Members. Its number, 0 where it is in another than this namespace, and its name. */
u32 ipn_helper_device_shown(struct ipn_device *device, u64 namespace, char *name)
{
	struct net_device *dev = device->dev;
	bool here;

	rcu_read_lock();
	here = ipn_namespace_of(dev_net_rcu(dev)) == namespace;
	rcu_read_unlock();
	if (!here)
		return 0;
	strscpy(name, dev->name, IFNAMSIZ);
	return READ_ONCE(dev->ifindex);
}

/* The port that a device is, or NULL; the caller holds the RTNL. */
struct ipn_device *ipn_device_of(const struct net_device *dev)
{
	return ipn_is_tap(dev) ? netdev_priv(dev) : ipn_grab_of(dev);
}

/* The socket of the port that is device name, with a reference. */
struct sock *ipn_helper_device_find(struct net *net, const char *name)
{
	struct ipn_device *device = NULL;
	struct net_device *dev;
	struct sock *sk = NULL;

	rtnl_lock();
	dev = __dev_get_by_name(net, name);
	if (dev)
		device = ipn_device_of(dev);
	if (device) {
		sk = device->sk;
		sock_hold(sk);
	}
	rtnl_unlock();
	return sk;
}

/* addresses */

struct net_device *ipn_helper_device_hold_tap(struct ipn_device *device)
{
	if (!ipn_is_tap(device->dev))
		return NULL;
	dev_hold(device->dev);
	return device->dev;
}

void ipn_helper_tap_put(struct net_device *dev)
{
	dev_put(dev);
}

int ipn_helper_tap_set_address(struct net_device *dev, const void *ifreq_address)
{
	struct sockaddr_storage address = {};
	int err = -ENODEV;

	memcpy(&address, ifreq_address, sizeof(struct sockaddr));
	rtnl_lock();
	if (dev->reg_state == NETREG_REGISTERED)
		err = dev_set_mac_address(dev, &address, NULL);
	rtnl_unlock();
	return err;
}

/* the end */

/* Ends a port's device: a tap is gone afterwards, a grabbed one is free. */
void ipn_helper_device_release(struct ipn_device *device)
{
	struct net_device *dev = device->dev;

	rtnl_lock();
	if (!ipn_is_tap(dev)) {
		struct sock *sk = device->sk;

		if (device->taken) {
			ipn_grab_end(device);
			sock_put(sk);
		}
	} else if (dev->reg_state == NETREG_REGISTERED) {
		unregister_netdevice(dev);
	}
	ipn_helper_device_put(device);
	rtnl_unlock();
}

/* Gives the hold on a device back. */
void ipn_helper_device_put(struct ipn_device *device)
{
	struct net_device *dev = device->dev;

	if (!ipn_is_tap(dev))
		free_netdev(netdev_from_priv(device));
	dev_put(dev);
}

/* What is left to do for a port whose device has gone, without the RTNL. */
struct ipn_farewell {
	struct work_struct work;
	struct sock *sk;
};

static struct workqueue_struct *ipn_farewells;

static void ipn_say_farewell(struct work_struct *work)
{
	struct ipn_farewell *farewell =
		container_of(work, struct ipn_farewell, work);

	ipn_rust_device_farewell(farewell->sk);
	sock_put(farewell->sk);
	kfree(farewell);
}

static int ipn_device_event(struct notifier_block *block, unsigned long event,
			    void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct ipn_device *device;
	struct ipn_farewell *farewell;

	/* what gives Ethernet frames goes on to */
	if (event == NETDEV_PRE_TYPE_CHANGE)
		return ipn_grab_of(dev) ? NOTIFY_BAD : NOTIFY_DONE;
	if (event == NETDEV_PRECHANGEUPPER)
		return notifier_from_errno(ipn_stack_check_link(ptr));
	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	/* a tap that moves to another namespace stays what it is */
	if (ipn_is_tap(dev) && dev->reg_state != NETREG_UNREGISTERING)
		return NOTIFY_DONE;
	device = ipn_device_of(dev);
	if (!device || !device->sk)
		return NOTIFY_DONE;

	/* the name of the network may go with the port, and that may sleep long */
	farewell = kmalloc_obj(*farewell, GFP_KERNEL | __GFP_NOFAIL);
	INIT_WORK(&farewell->work, ipn_say_farewell);
	farewell->sk = device->sk;
	if (ipn_is_tap(dev))
		sock_hold(farewell->sk);
	else
		ipn_grab_end(device);
	ipn_rust_device_gone(farewell->sk);
	queue_work(ipn_farewells, &farewell->work);
	return NOTIFY_DONE;
}

static struct notifier_block ipn_device_notifier = {
	.notifier_call = ipn_device_event,
};

int ipn_helper_devices_register(void)
{
	struct workqueue_struct *farewells = alloc_workqueue("ipn", WQ_UNBOUND, 0);
	int err = -ENOMEM;

	if (!farewells)
		return err;
	/* a second registration fails here, and leaves the first alone */
	err = rtnl_link_register(&ipn_tap_link_ops);
	if (err)
		goto no_link;
	ipn_farewells = farewells;
	err = register_netdevice_notifier(&ipn_device_notifier);
	if (err)
		goto no_notifier;
	return 0;

no_notifier:
	rtnl_link_unregister(&ipn_tap_link_ops);
no_link:
	destroy_workqueue(farewells);
	return err;
}

void ipn_helper_devices_unregister(void)
{
	unregister_netdevice_notifier(&ipn_device_notifier);
	rtnl_link_unregister(&ipn_tap_link_ops);
	destroy_workqueue(ipn_farewells);
}

/* namespaces */

struct net *ipn_helper_sock_net(struct sock *sk)
{
	return sock_net(sk);
}

bool ipn_helper_net_admin(struct sock *sk)
{
	/* of the caller, and of the one that opened the socket */
	return sk_net_capable(sk, CAP_NET_ADMIN);
}
