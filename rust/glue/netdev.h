/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the C files of network devices share: rust/glue/netdev.c (both kinds),
 * rust/glue/tap.c (those that a network makes), rust/glue/grab.c (those that it takes),
 * rust/glue/packet.c (what comes from them), rust/glue/stacking.c (what may stand on
 * what), rust/glue/port_names.c (which port of which network a device is).
 */
#ifndef _AF_IPN_NETDEV_H
#define _AF_IPN_NETDEV_H

#include <linux/netdevice.h>
#include <net/sock.h>

#include "helpers.h"

/*
 * A port that is a network device. A tap has it in its private memory; for a
 * grabbed device it lies in that of a dummy, which only carries the NAPI.
 *
 * The NAPI is the one reader of the port's messages.
 */
struct ipn_device {
	struct net_device *dev;		/* the tap, or what was grabbed */
	struct sock *sk;		/* the port's socket, held */
	struct ipn_file_numbers file;	/* of the network's file */
	int port;			/* its number; -1 before it is given */
	struct napi_struct napi;
	/* under the RTNL: the network's devices, see rust/glue/stacking.c */
	struct ipn_network *network;
	struct list_head in_network;
	/* of a grabbed device, under the RTNL */
	bool taken;
	void (*write_space)(struct sock *sk);
	/* of a tap */
	bool observes;			/* it shows what passes, and sends nothing */
	bool is_raw;			/* messages that need be no frames */
	bool ended;			/* the network has: no carrier any more */
	u32 speed;			/* under the RTNL: what was last set */
	u8 duplex;
};

/* A packet of a device, or for it, was dropped for a reason (IPN_DROP_*). */
static inline void ipn_device_dropped(struct ipn_device *device, u32 reason)
{
	ipn_rust_device_dropped(device->sk, reason);
}

int ipn_device_poll(struct napi_struct *napi, int budget);
struct ipn_device *ipn_device_of(const struct net_device *dev);

/* rust/glue/packet.c */
int ipn_packet_header(struct sk_buff *skb);
int ipn_packet_unpull(struct sk_buff *skb, unsigned int header);
int ipn_packet_enter(struct ipn_device *device, struct sk_buff *skb,
		     unsigned int *lost);
u32 ipn_packet_reason(int err);

/* rust/glue/tap.c */
extern struct rtnl_link_ops ipn_tap_link_ops;
bool ipn_is_tap(const struct net_device *dev);
void ipn_tap_show(struct ipn_device *tap, struct sk_buff *skb);

/* rust/glue/grab.c */
struct ipn_device *ipn_grab_of(const struct net_device *dev);
void ipn_grab_end(struct ipn_device *device);
bool ipn_grab_has_room(const struct ipn_device *device);
bool ipn_grab_send(struct ipn_device *device, struct sk_buff *skb);

/* rust/glue/stacking.c */
int ipn_stack_enter(struct ipn_device *device);
void ipn_stack_leave(struct ipn_device *device);
int ipn_stack_check_grab(struct net_device *dev,
			 const struct ipn_file_numbers *file);
int ipn_stack_check_link(const struct netdev_notifier_changeupper_info *link);

/* rust/glue/port_names.c */
extern const struct attribute_group ipn_port_group;
void ipn_tap_bus_info(const struct ipn_device *tap, char *to, size_t room);
int ipn_tap_port_name(struct net_device *dev, char *name, size_t room);
void ipn_grab_unshow(struct ipn_device *device);
int ipn_tap_switch_id(struct net_device *dev, struct netdev_phys_item_id *id);

#endif /* _AF_IPN_NETDEV_H */
