/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Inter Process Networking (AF_IPN): who is on a network, and what happens to it.
 *
 * A generic netlink family that answers and tells; it changes nothing. In the
 * initial network namespace it tells of all networks, as /proc/net/ipn; in
 * another of those that its sockets use. See af_ipn(7) for who is told what.
 */
#ifndef _UAPI_LINUX_IPN_NETLINK_H
#define _UAPI_LINUX_IPN_NETLINK_H

#define IPN_GENL_NAME		"ipn"	/* the family */
#define IPN_GENL_VERSION	1	/* of the family */
#define IPN_GENL_EVENTS		"events"	/* the multicast group */

enum {
	IPN_CMD_UNSPEC,		/* none */
	IPN_CMD_NETWORK_GET,	/* dump: the networks of the namespace */
	IPN_CMD_PORT_GET,	/* dump: the ports, of one network where IPN_A_INODE (with
				 * MAJOR and MINOR) names it
				 */
	/* events, to the group */
	IPN_CMD_NETWORK_MADE,
	IPN_CMD_NETWORK_ENDED,
	IPN_CMD_PORT_TAKEN,
	IPN_CMD_PORT_LEFT,
	IPN_CMD_LOST,		/* a port has lost messages, for IPN_A_REASON; once a
				 * second at most for a network
				 */
	IPN_CMD_DEVICE_GONE,	/* a port's device has gone by itself */
	__IPN_CMD_MAX,		/* how many there are */
};

#define IPN_CMD_MAX (__IPN_CMD_MAX - 1)	/* the last command */

enum {
	IPN_A_UNSPEC,		/* none */
	IPN_A_PAD,		/* before a u64, to align it; says nothing */
	/* of networks, and of what belongs to one */
	IPN_A_MAJOR,		/* u32, with the next two: struct ipn_file of the network */
	IPN_A_MINOR,		/* u32 */
	IPN_A_INODE,		/* u64 */
	IPN_A_PATH,		/* string: where it was made, as /proc/net/ipn says it */
	IPN_A_POLICY,		/* u32: IPN_HUB, IPN_VDESWITCH, ... */
	IPN_A_FLAGS,		/* u32: IPN_FLAG_* */
	IPN_A_MTU,		/* u32 */
	IPN_A_NUMNODES,		/* u32: ports that it can have */
	IPN_A_POOL,		/* u32: messages held */
	IPN_A_OWNER,		/* u32: uid, in the reader's user namespace */
	IPN_A_PORTS,		/* u32: ports that are taken */
	/* of ports */
	IPN_A_PORT,		/* u32: its number */
	IPN_A_KIND,		/* u32: IPN_PORT_* */
	IPN_A_PID,		/* u32: of who took it, in the reader's pid namespace; 0: not
				 * in that
				 */
	IPN_A_UID,		/* u32: as the kernel saw it when the port was taken */
	IPN_A_GID,		/* u32 */
	IPN_A_COMM,		/* string: command of who took it */
	IPN_A_DIRECTION,	/* u32: IPN_PORT_RECEIVES | IPN_PORT_SENDS */
	IPN_A_DESCRIPTION,	/* string: IPN_SO_DESCR */
	IPN_A_IFINDEX,		/* u32: of the port's device */
	IPN_A_IFNAME,		/* string */
	IPN_A_SENT,		/* u64: messages; a network's: of all its ports */
	IPN_A_SENT_BYTES,	/* u64 */
	IPN_A_RECEIVED,		/* u64 */
	IPN_A_RECEIVED_BYTES,	/* u64 */
	IPN_A_LOST,		/* u64: overrun, none of its own */
	IPN_A_REFUSED,		/* u64: by its filter */
	IPN_A_LAG,		/* u64: messages between it and the newest */
	IPN_A_WAITING,		/* u64: ms since it began to wait in recv, send or poll;
				 * absent while it does not
				 */
	/* more of networks, and of ports */
	IPN_A_READERS,		/* u32: ports that can receive */
	IPN_A_WRITERS,		/* u32: ports that can send */
	IPN_A_SINCE,		/* u64: when the port was taken, in ns of
				 * CLOCK_BOOTTIME: with the port's number it
				 * tells one holder from the next
				 */
	IPN_A_DROPS,		/* nest: messages lost by reason, each a u64 whose
				 * number is its IPN_DROP_*; none that is 0. A
				 * network's: what its readers have lost and its
				 * ports' devices and policy have dropped, without
				 * what filters refused
				 */
	IPN_A_REASON,		/* u32: IPN_DROP_*, of an event */
	/* of a reliable bus, and its ports; others have none of these */
	IPN_A_WINDOW,		/* u32: IPN_SO_WINDOW, in ms */
	IPN_A_RATE,		/* u32: IPN_SO_RATE, bytes a second of each port */
	IPN_A_AGE,		/* u64: ms since the oldest message was sent that is
				 * left
				 */
	IPN_A_EVICTED,		/* u64: ports that were evicted */
	IPN_A_WAITED,		/* u64: messages of the port that had to wait */
	IPN_A_PACE,		/* u64: bytes that the port sent in the last whole
				 * second
				 */
	__IPN_A_MAX,		/* how many there are */
};

#define IPN_A_MAX (__IPN_A_MAX - 1)	/* the last attribute */

/* IPN_A_KIND */
#define IPN_PORT_SOCKET		0	/* a socket that calls */
#define IPN_PORT_MAPPED		1	/* a socket that has mapped its ring */
#define IPN_PORT_TAP		2	/* an interface that the network made */
#define IPN_PORT_GRAB		3	/* an interface that it took */
#define IPN_PORT_OBSERVER	4	/* sees what passes, and is no reader */

/* IPN_A_DIRECTION */
#define IPN_PORT_RECEIVES	1	/* messages come to it */
#define IPN_PORT_SENDS		2	/* it may send */

#endif /* _UAPI_LINUX_IPN_NETLINK_H */
