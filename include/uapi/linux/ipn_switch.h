/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Options of the AF_IPN Ethernet switch (protocol IPN_VDESWITCH).
 *
 * They are used by getsockopt(2) and setsockopt(2) at level IPN_VDESWITCH on a
 * socket that is bound or connected to a switch network. Only a manager may
 * set; a member of the network may get.
 *
 * Values have the byte order of the machine. A value that is set has exactly
 * the size of its structure; bits that have no name, and fields that are said
 * to be only read, are 0. A place to get a value has at least that size. What
 * is refused changes nothing. Errors:
 *
 *	EINVAL		a wrong size, a number out of bounds, a bit without a name
 *	EADDRNOTAVAIL	no such port, or no socket holds it where that is needed
 *	ENOENT		no such address, or the port is not in that VLAN
 *	ENOSPC		the table is full of static addresses
 *	ENOPROTOOPT	no such option, or it cannot be set, or not be got
 *	EACCES		only a manager may set
 */
#ifndef _UAPI_LINUX_IPN_SWITCH_H
#define _UAPI_LINUX_IPN_SWITCH_H

#include <linux/types.h>

/* The whole switch */
#define IPN_SWITCH_AGEING	1	/* __u64: milliseconds; 0 learns nothing */
#define IPN_SWITCH_LIMITS	2	/* struct ipn_switch_limits */
#define IPN_SWITCH_FILTERING	3	/* __u32: 0 transparent, 1 VLANs count */
#define IPN_SWITCH_MIRROR	4	/* __u32: a held port, or IPN_SWITCH_NO_PORT */
#define IPN_SWITCH_GROUP_FWD	5	/* __u32: reserved groups that are forwarded */
#define IPN_SWITCH_STATS	6	/* struct ipn_switch_stats; get */

/* A port */
#define IPN_SWITCH_PORT		7	/* struct ipn_switch_port */

/* Addresses */
#define IPN_SWITCH_FDB		8	/* struct ipn_switch_fdb_chunk; get */
#define IPN_SWITCH_FDB_ADD	9	/* struct ipn_switch_fdb; set */
#define IPN_SWITCH_FDB_DEL	10	/* struct ipn_switch_fdb; set */
#define IPN_SWITCH_FDB_FLUSH	11	/* struct ipn_switch_flush; set */

/* VLANs of a port */
#define IPN_SWITCH_VLANS	12	/* struct ipn_switch_vlan_chunk; get */
#define IPN_SWITCH_VLAN_ADD	13	/* struct ipn_switch_vlan; set */
#define IPN_SWITCH_VLAN_DEL	14	/* struct ipn_switch_vlan; set */

#define IPN_SWITCH_NO_PORT	0xffffffff	/* where a port may be meant */

/* How many addresses may be learned. */
struct ipn_switch_limits {
	__u32 network;	/* of the whole network, at most ipn_switch_stats.capacity */
	__u32 port;	/* of one port */
};

/* Flags of a port: off at first unless it is said. */
#define IPN_SWITCH_PORT_LEARNING	1	/* sources are learned; on at first */
#define IPN_SWITCH_PORT_ISOLATED	2	/* apart from other such ports */
#define IPN_SWITCH_PORT_HELD		4	/* a socket has it; only read */
#define IPN_SWITCH_PORT_LOCKED		8	/* only static addresses send */
#define IPN_SWITCH_PORT_FLOOD		16	/* gets unknown unicast; on at first */
#define IPN_SWITCH_PORT_MCAST_FLOOD	32	/* gets multicast; on at first */
#define IPN_SWITCH_PORT_BCAST_FLOOD	64	/* gets broadcast; on at first */

/* A port's settings. They stay when its holder leaves. */
struct ipn_switch_port {
	__u32 port;		/* which; also where it is got */
	__u32 flags;		/* IPN_SWITCH_PORT_... */
	__u32 mask;		/* set: the flags that are meant; got: 0 */
	__u32 addresses;	/* how many are learned; only read */
};

#define IPN_SWITCH_FDB_STATIC	1	/* set by a manager; only read */

/*
 * An address. Added, it is static: it does not age or move, and takes the place
 * of what was known. Deleted, port is where it is or IPN_SWITCH_NO_PORT.
 */
struct ipn_switch_fdb {
	__u8 address[6];	/* of the station */
	__u16 vlan;	/* 0 where the switch does not filter */
	__u32 port;	/* where the station is */
	__u32 flags;	/* IPN_SWITCH_FDB_...; only read */
	__u64 age;	/* milliseconds since a frame came from it; only read */
};

/*
 * Addresses in no order, as many as the place has room for. A cursor of 0
 * begins; the one that comes back goes on, and 0 says that this was all.
 */
struct ipn_switch_fdb_chunk {
	__u32 cursor;	/* where to go on */
	__u32 count;	/* got: how many follow */
	struct ipn_switch_fdb entries[];	/* got: they */
};

#define IPN_SWITCH_FLUSH_PORT		1	/* of this port */
#define IPN_SWITCH_FLUSH_ADDRESS	2	/* of this station */
#define IPN_SWITCH_FLUSH_VLAN		4	/* of this VLAN */
#define IPN_SWITCH_FLUSH_STATIC		8	/* static addresses as well */

/* Removes the addresses that fit each field named in match; others are 0. */
struct ipn_switch_flush {
	__u32 match;	/* IPN_SWITCH_FLUSH_... */
	__u32 port;	/* a port */
	__u8 address[6];	/* a station */
	__u16 vlan;	/* a VLAN */
};

#define IPN_SWITCH_VLAN_PVID		1	/* of frames that come untagged */
#define IPN_SWITCH_VLAN_UNTAGGED	2	/* frames leave untagged */

/* A port's part in a VLAN. */
struct ipn_switch_vlan {
	__u32 port;	/* which */
	__u16 vlan;	/* 1 to 4094 */
	__u16 flags;	/* IPN_SWITCH_VLAN_...; to delete: 0 */
};

/* The VLANs of a port in ascending order, with a cursor as that of addresses. */
struct ipn_switch_vlan_chunk {
	__u32 port;	/* which */
	__u32 cursor;	/* where to go on */
	__u32 count;	/* got: how many follow */
	__u32 reserved;	/* got: 0 */
	struct ipn_switch_vlan entries[];	/* got: they */
};

/*
 * Counters. Each frame is counted once: it is unicast, flooded, or dropped for
 * one reason. The addresses learned now are
 * learned - aged - evicted - flushed. A smaller place gets the first ones.
 */
struct ipn_switch_stats {
	__u64 unicast;			/* to the port of their station */
	__u64 flooded;			/* to all ports that may have them */
	__u64 drop_too_short;		/* no whole Ethernet header */
	__u64 drop_no_port;		/* from a port that no socket holds */
	__u64 drop_invalid_source;	/* from a group, or from zero */
	__u64 drop_reserved;		/* for the bridge itself */
	__u64 drop_malformed_tag;	/* ends within its tag */
	__u64 drop_vlan_ingress;	/* VLAN not at the port it comes from */
	__u64 drop_vlan_egress;		/* VLAN not at the port it is for */
	__u64 drop_same_port;		/* its station is where it comes from */
	__u64 drop_isolated;		/* between isolated ports */
	__u64 drop_no_receiver;		/* for all, and no other port may have it */
	__u64 learned;			/* addresses learned */
	__u64 moved;			/* stations that moved */
	__u64 aged;			/* addresses removed for their age */
	__u64 limited;			/* not learned: nothing could give way */
	__u64 port_limited;		/* not learned: the port's limit */
	__u64 evicted;			/* gave way to others, or to a limit */
	__u64 flushed;			/* flushed, or gone with their port */
	__u64 addresses;		/* learned now */
	__u64 static_addresses;		/* static now */
	__u64 capacity;			/* room for addresses of both kinds */
	__u64 drop_locked;		/* source not set at a locked port */
};

#endif /* _UAPI_LINUX_IPN_SWITCH_H */
