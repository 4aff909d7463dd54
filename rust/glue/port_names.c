// SPDX-License-Identifier: GPL-2.0
/*
 * How a device tells which port of which network it is: in sysfs both kinds
 * have a directory ipn_port, as a port of a bridge has brport, and in "ip link"
 * an alias; a tap tells it to ethtool and "ip -d link" too.
 */
#include <linux/device.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/unaligned.h>

#include "netdev.h"

#define IPN_ALIAS_LEN	64

static ssize_t ipn_network_show(struct device *dev, struct device_attribute *attr,
				char *to)
{
	const struct ipn_device *device;
	ssize_t len = -ENODEV;

	/* who removes the file has the RTNL, and waits for us */
	if (!rtnl_trylock())
		return restart_syscall();
	device = ipn_device_of(to_net_dev(dev));
	if (device)
		len = sysfs_emit(to, "%u:%u:%llu\n", device->file.major,
				 device->file.minor, device->file.inode);
	rtnl_unlock();
	return len;
}

static ssize_t ipn_port_show(struct device *dev, struct device_attribute *attr,
			     char *to)
{
	const struct ipn_device *device;
	ssize_t len = -ENODEV;
	int port;

	if (!rtnl_trylock())
		return restart_syscall();
	device = ipn_device_of(to_net_dev(dev));
	port = device ? READ_ONCE(device->port) : -1;
	if (port >= 0)
		len = sysfs_emit(to, "%d\n", port);
	rtnl_unlock();
	return len;
}

static struct device_attribute ipn_network_file =
	__ATTR(network, 0444, ipn_network_show, NULL);
static struct device_attribute ipn_port_file =
	__ATTR(port, 0444, ipn_port_show, NULL);

static struct attribute *ipn_port_files[] = {
	&ipn_network_file.attr,
	&ipn_port_file.attr,
	NULL,
};

const struct attribute_group ipn_port_group = {
	.name = "ipn_port",
	.attrs = ipn_port_files,
};

/* The device has been given a port, with this number. */
void ipn_helper_device_set_port(struct ipn_device *device, u32 port)
{
	WRITE_ONCE(device->port, port);
}

/* The network's directory in /sys/kernel/ipn, and the port. */
static int ipn_alias(const struct ipn_device *device, char *to, size_t room)
{
	return scnprintf(to, room, "ipn %u:%u:%llu/%d", device->file.major,
			 device->file.minor, device->file.inode,
			 READ_ONCE(device->port));
}

/*
 * A network is no device that "ip link" could show as the master: a port of one
 * says in its alias whose it is, unless it has another.
 */
void ipn_helper_device_show(struct net *net, const char *name, const struct sock *sk)
{
	struct ipn_device *device;
	struct net_device *dev;
	char alias[IPN_ALIAS_LEN];
	int len;

	rtnl_lock();
	dev = __dev_get_by_name(net, name);
	device = dev ? ipn_device_of(dev) : NULL;
	if (device && device->sk == sk && !rcu_access_pointer(dev->ifalias)) {
		len = ipn_alias(device, alias, sizeof(alias));
		/* without memory it says nothing */
		dev_set_alias(dev, alias, len);
	}
	rtnl_unlock();
}

/* It says so no more. The caller holds the RTNL. */
void ipn_grab_unshow(struct ipn_device *device)
{
	const struct dev_ifalias *shown;
	char alias[IPN_ALIAS_LEN];
	bool ours;

	ipn_alias(device, alias, sizeof(alias));
	rcu_read_lock();
	shown = rcu_dereference(device->dev->ifalias);
	ours = shown && !strcmp(shown->ifalias, alias);
	rcu_read_unlock();
	if (ours)
		dev_set_alias(device->dev, NULL, 0);
}

/* The network's directory in /sys/kernel/ipn, and the port, if there is room. */
void ipn_tap_bus_info(const struct ipn_device *tap, char *to, size_t room)
{
	int len = snprintf(to, room, "%u:%u:%llu/%d", tap->file.major,
			   tap->file.minor, tap->file.inode, READ_ONCE(tap->port));

	if (len >= room)
		strscpy(to, "tap", room);
}

int ipn_tap_port_name(struct net_device *dev, char *name, size_t room)
{
	const struct ipn_device *tap = netdev_priv(dev);
	int port = READ_ONCE(tap->port);

	if (port < 0)
		return -EOPNOTSUPP;
	return snprintf(name, room, "p%d", port) < room ? 0 : -EINVAL;
}

/* The number of the switch that the port is of: its network's file. */
int ipn_tap_switch_id(struct net_device *dev, struct netdev_phys_item_id *id)
{
	const struct ipn_device *tap = netdev_priv(dev);

	put_unaligned_be32(tap->file.major, id->id);
	put_unaligned_be32(tap->file.minor, id->id + 4);
	put_unaligned_be64(tap->file.inode, id->id + 8);
	id->id_len = 16;
	return 0;
}
