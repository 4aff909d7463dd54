// SPDX-License-Identifier: GPL-2.0
/*
 * Where a device may stand. Among the devices that stand on each other (VLANs,
 * bonds, bridges, ...) a network stands on those that it has grabbed, and its
 * taps stand on the network. As in the kernel's own __netdev_upper_dev_link()
 * nothing may come to stand on itself: a frame would go round for ever.
 *
 * All of it is under the RTNL.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/dsa.h>

#include "netdev.h"

/* A network that has devices. */
struct ipn_network {
	struct ipn_file_numbers file;
	struct list_head devices;	/* of struct ipn_device */
	struct list_head all;		/* in ipn_networks */
	struct list_head found;		/* in a search */
	bool is_found;
};

static LIST_HEAD(ipn_networks);

/* No two networks in use have a file with the same numbers. */
static struct ipn_network *ipn_network_of(const struct ipn_file_numbers *file)
{
	struct ipn_network *network;

	list_for_each_entry(network, &ipn_networks, all)
		if (network->file.inode == file->inode &&
		    network->file.major == file->major &&
		    network->file.minor == file->minor)
			return network;
	return NULL;
}

/* Notes that a device is a port of a network. No memory: -ENOMEM. */
int ipn_stack_enter(struct ipn_device *device)
{
	struct ipn_network *network = ipn_network_of(&device->file);

	ASSERT_RTNL();
	if (!network) {
		network = kzalloc_obj(*network);
		if (!network)
			return -ENOMEM;
		network->file = device->file;
		INIT_LIST_HEAD(&network->devices);
		list_add(&network->all, &ipn_networks);
	}
	list_add(&device->in_network, &network->devices);
	device->network = network;
	return 0;
}

/* Undoes it, if it was done. */
void ipn_stack_leave(struct ipn_device *device)
{
	struct ipn_network *network = device->network;

	ASSERT_RTNL();
	if (!network)
		return;
	device->network = NULL;
	list_del(&device->in_network);
	if (list_empty(&network->devices)) {
		list_del(&network->all);
		kfree(network);
	}
}

/* A search downwards. Each network is found once, so it ends. */
struct ipn_search {
	struct list_head found;
	const struct net_device *wanted;
};

static int ipn_search_device(struct net_device *dev,
			     struct netdev_nested_priv *priv)
{
	struct ipn_search *search = priv->data;
	struct ipn_network *network;

	if (dev == search->wanted)
		return 1;
	if (!ipn_is_tap(dev))
		return 0;
	network = ((struct ipn_device *)netdev_priv(dev))->network;
	if (network && !network->is_found) {
		network->is_found = true;
		list_add_tail(&network->found, &search->found);
	}
	return 0;
}

/* A device, and all on which it stands but by way of networks. */
static bool ipn_search_devices(struct net_device *dev, struct ipn_search *search)
{
	struct netdev_nested_priv priv = { .data = search };

	return ipn_search_device(dev, &priv) ||
	       netdev_walk_all_lower_dev(dev, ipn_search_device, &priv);
}

/*
 * Whether a device is, or stands on, the one that is wanted, or stands on the
 * network that is. Either may be NULL.
 */
static bool ipn_stands_on(struct net_device *dev, const struct net_device *wanted,
			  const struct ipn_network *target)
{
	struct ipn_search search = {
		.found = LIST_HEAD_INIT(search.found),
		.wanted = wanted,
	};
	struct ipn_network *network;
	struct ipn_device *device;

	list_for_each_entry(network, &ipn_networks, all)
		network->is_found = false;
	if (ipn_search_devices(dev, &search))
		return true;
	list_for_each_entry(network, &search.found, found) {
		if (network == target)
			return true;
		list_for_each_entry(device, &network->devices, in_network)
			if (!ipn_is_tap(device->dev) &&
			    ipn_search_devices(device->dev, &search))
				return true;
	}
	return false;
}

/* Whether a network has grabbed a device that stands on this one, or below it. */
static bool ipn_has_in_stack(const struct ipn_network *network,
			     struct net_device *dev)
{
	struct ipn_device *device;
	bool has = false;

	rcu_read_lock();
	list_for_each_entry(device, &network->devices, in_network) {
		if (ipn_is_tap(device->dev))
			continue;
		has = netdev_has_upper_dev_all_rcu(dev, device->dev) ||
		      netdev_has_upper_dev_all_rcu(device->dev, dev);
		if (has)
			break;
	}
	rcu_read_unlock();
	return has;
}

/*
 * Whether a network may grab a device: 0 or the error. The first questions are
 * those of br_add_if(), in its order.
 */
int ipn_stack_check_grab(struct net_device *dev,
			 const struct ipn_file_numbers *file)
{
	const struct ipn_network *network = ipn_network_of(file);

	ASSERT_RTNL();
	if (netif_is_bridge_master(dev))
		return -ELOOP;
	if (netdev_master_upper_dev_get(dev) || netdev_is_rx_handler_busy(dev))
		return -EBUSY;
	/* Wi-Fi stations, whose frames have the one address */
	if (dev->priv_flags & IFF_DONT_BRIDGE)
		return -EOPNOTSUPP;
	/* frames there have a switch's tags; see net/dsa/user.c */
	if (netdev_uses_dsa(dev))
		return -EOPNOTSUPP;
	if (network && (ipn_stands_on(dev, NULL, network) ||
			ipn_has_in_stack(network, dev)))
		return -ELOOP;
	return 0;
}

/* Whether one device may stand on another from now on: 0 or the error. */
int ipn_stack_check_link(const struct netdev_notifier_changeupper_info *link)
{
	struct net_device *dev = link->info.dev;

	if (!link->linking)
		return 0;
	/* a network is the master of what it has grabbed */
	if (link->master && ipn_grab_of(dev)) {
		NL_SET_ERR_MSG(link->info.extack, "a network has grabbed the device");
		return -EBUSY;
	}
	if (!list_empty(&ipn_networks) &&
	    ipn_stands_on(dev, link->upper_dev, NULL)) {
		NL_SET_ERR_MSG(link->info.extack,
			       "the device stands on the other by way of a network");
		return -ELOOP;
	}
	return 0;
}
