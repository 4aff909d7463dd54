/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Inter Process Networking (AF_IPN): the interface to user space.
 *
 * A network is a bus named by a socket file. Every process that may open the
 * name can join it; a joined process holds a port. What one port sends, the
 * network's delivery policy (the protocol) hands to the others.
 *
 *	struct sockaddr_un bus = {
 *		.sun_family = AF_IPN, .sun_path = "/tmp/bus"
 *	};
 *	int s = socket(AF_IPN, SOCK_RAW, IPN_BROADCAST);
 *
 *	bind(s, (struct sockaddr *)&bus, sizeof(bus));	create, or manage
 *	connect(s, NULL, 0);				take a port
 *
 * The numbers are those of the original AF_IPN (Virtual Square, 2007). See
 * af_ipn(7) for the behaviour and the errors.
 */
#ifndef _UAPI_LINUX_AF_IPN_H
#define _UAPI_LINUX_AF_IPN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * The address family. Linux never used the number of AF_NETBEUI, so the
 * module takes it; a program that needs another defines it before this header, for
 * the module (make AF_IPN=...) as for the programs.
 */
#ifndef AF_IPN
#define AF_IPN		13
#endif
/* The protocol family, the same number. */
#ifndef PF_IPN
#define PF_IPN		AF_IPN
#endif

/* Protocols: the delivery policy of a network. */
#define IPN_ANY			0	/* join: whatever it has; create: a hub */
#define IPN_BROADCAST		1	/* each message to every other port */
#define IPN_HUB			1	/* the same */
#define IPN_VDESWITCH		2	/* Ethernet switch that learns addresses */
#define IPN_VDESWITCH_L3	3	/* reserved: layer-3 switch */
#define IPN_PROTO_MAX		63	/* 4..63 are free for other policies */

/*
 * Options, level 0 (IPN_ANY). Those with IPN_SO_PREBIND shape a network that
 * does not exist yet: EISCONN on a bound or connected socket. All are int but
 * IPN_SO_DESCR, IPN_SO_FILE and IPN_SO_STATISTICS.
 */
#define IPN_SO_PREBIND		0x80	/* bit of those before bind */

#define IPN_SO_PORT		0	/* before connect: wanted; after: held */
#define IPN_SO_DESCR		1	/* text, IPN_DESCRLEN with its NUL */
#define IPN_SO_CHANGE_NUMNODES	2	/* managers: another number of ports;
					 * more than the owner made: EPERM
					 */
#define IPN_SO_HANDLE_OOB	3	/* receive out-of-band messages */
#define IPN_SO_WANT_OOB_NUMNODES 4	/* ... when readers or writers change */
#define IPN_SO_CREATOR		5	/* read only: 1 if bind made the network */
#define IPN_SO_FILE		6	/* read only: struct ipn_file; on no network
					 * ENOTCONN
					 */
#define IPN_SO_RECORDS		7	/* 1: send and recv move several messages,
					 * each as a struct ipn_record; 0, unless
					 * told: one as it is
					 */
#define IPN_SO_STATISTICS	8	/* read only: struct ipn_statistics of the
					 * port; on none ENOTCONN
					 */
#define IPN_SO_SENDER		9	/* 1: a message comes with a control message
					 * of this level and type, a struct
					 * ipn_sender; 0, unless told: without
					 */
#define IPN_SO_OBSERVE		10	/* before connect, 0 or 1: the port gets
					 * what every other sends to whomever; no
					 * sender waits for it, it counts as no
					 * reader and can not send (EPIPE). connect
					 * wants r and x (EACCES); after: EISCONN
					 */
#define IPN_SO_MTU		(IPN_SO_PREBIND | 0)	/* longest message */
#define IPN_SO_NUMNODES		(IPN_SO_PREBIND | 1)	/* number of ports */
#define IPN_SO_MSGPOOLSIZE	(IPN_SO_PREBIND | 2)	/* messages of IPN_SO_MTU held */
#define IPN_SO_FLAGS		(IPN_SO_PREBIND | 3)	/* IPN_FLAG_* */
#define IPN_SO_MODE		(IPN_SO_PREBIND | 4)	/* the file's mode bits */
#define IPN_SO_BYTES		(IPN_SO_PREBIND | 5)	/* the same in bytes, see below */

/*
 * IPN_SO_BYTES: bytes of messages held, each rounded up to 16. Of this and
 * IPN_SO_MSGPOOLSIZE the one that was set last counts, and this is 0 where it is
 * the other. Less than one message of IPN_SO_MTU: bind says EINVAL.
 */

#define IPN_PORTNO_ANY		(-1)	/* IPN_SO_PORT: any free one; none held */
#define IPN_DESCRLEN		128	/* longest IPN_SO_DESCR, with its NUL */

/* Bounds of the options, all included, and what a network has unless told. */
#define IPN_MTU_MIN		1	/* bytes of IPN_SO_MTU */
#define IPN_MTU_DEFAULT		1514	/* an Ethernet frame */
#define IPN_MTU_VDESWITCH	1518	/* of a switch unless told: with a VLAN's tag */
#define IPN_MTU_MAX		65535
#define IPN_NUMNODES_MIN	1
#define IPN_NUMNODES_DEFAULT	64
#define IPN_NUMNODES_MAX	4096	/* module parameter max_ports changes it */
#define IPN_MSGPOOLSIZE_MIN	1
#define IPN_MSGPOOLSIZE_MAX	65536
#define IPN_MODE_DEFAULT	0700
#define IPN_BYTES_MIN		16
#define IPN_BYTES_DEFAULT	131072	/* where neither is set; at least four MTUs */
#define IPN_BYTES_MAX		1073741824

/* IPN_SO_FLAGS */
#define IPN_FLAG_LOSSLESS	1	/* a sender waits for the slowest reader */
#define IPN_FLAG_EXCL		2	/* one manager: bind never joins */
#define IPN_FLAG_FLEXMTU	4	/* devices may change the MTU */
#define IPN_FLAG_TERMINATED	0x1000	/* read only: the network has ended */

/*
 * Why a message was lost: of hub and switch, devices and programs. A trace point
 * (ipn:ipn_drop) tells it; counters have the same names in lower case.
 * IPN_A_DROPS of <linux/ipn_netlink.h> counts each.
 */
#define IPN_DROP_OVERRUN	1	/* a reader was too slow for them */
#define IPN_DROP_FILTERED	2	/* the socket filter of the port that would have it */
#define IPN_DROP_TOO_LONG	3	/* longer than the MTU of the network or device */
#define IPN_DROP_NO_ROOM	4	/* no room, and a device can not wait */
#define IPN_DROP_NO_MEMORY	5	/* no memory for it */
#define IPN_DROP_SHUT		6	/* the network has ended, or the send side is shut */
#define IPN_DROP_DEVICE_DOWN	7	/* the device is down, without carrier, or gone */
#define IPN_DROP_NO_FRAME	8	/* a device's packet that is no Ethernet frame */
/* Of a switch: its statistics, in their order. */
#define IPN_DROP_TOO_SHORT	16	/* shorter than an Ethernet header */
#define IPN_DROP_NO_PORT	17	/* from a port that is not held */
#define IPN_DROP_INVALID_SOURCE	18	/* its source is a group, or zero */
#define IPN_DROP_RESERVED	19	/* for the bridge itself (01:80:C2:00:00:0x) */
#define IPN_DROP_MALFORMED_TAG	20	/* it ends within its VLAN tag */
#define IPN_DROP_VLAN_INGRESS	21	/* its port is not in its VLAN */
#define IPN_DROP_VLAN_EGRESS	22	/* the port it is for is not in its VLAN */
#define IPN_DROP_SAME_PORT	23	/* its station is where it comes from */
#define IPN_DROP_ISOLATED	24	/* both ports are isolated */
#define IPN_DROP_NO_RECEIVER	25	/* for all, and no other port may have it */
#define IPN_DROP_LOCKED		26	/* its port is locked, and its source not set */
/* From here on: of policies of other modules, which are counted as one. */
#define IPN_DROP_POLICY		64

/* What IPN_SO_FILE tells: the numbers of the network's file, as stat(2) does. */
struct ipn_file {
	__u32 major;		/* of the device that it is on */
	__u32 minor;		/* of the same */
	__u64 inode;		/* number of its inode there */
};

#define IPN_NOT_WAITING		0xffffffffffffffff	/* of what no call waits on */

/*
 * What IPN_SO_STATISTICS tells: what a port has counted since it was taken, and
 * where it stands. Later versions may tell more behind it; a shorter place gets
 * the beginning. A mapped reader's messages are received without the kernel,
 * which does not count them.
 */
struct ipn_statistics {
	__u64 sent;		/* messages */
	__u64 sent_bytes;	/* bytes of those */
	__u64 received;		/* messages, by calls or by the port's device */
	__u64 received_bytes;	/* bytes of those */
	__u64 lost;		/* messages: overrun, its own not counted */
	__u64 refused;		/* messages, by its filter */
	__u64 lag;		/* messages between it and the newest */
	__u64 waiting;		/* ms since it began to wait in recv, send or
				 * poll; IPN_NOT_WAITING while it does not
				 */
};

/*
 * Who sent a message, where IPN_SO_SENDER is 1: the process that took the port,
 * as the kernel saw it then, whoever has the port by now.
 */
struct ipn_sender {
	__u32 port;		/* its number */
	__u32 pid;		/* in the reader's pid namespace; 0: not there */
	__u32 uid;		/* real user, in the reader's user namespace */
	__u32 gid;		/* real group, the same */
	__u64 since;		/* when the port was taken, in ns of
				 * CLOCK_BOOTTIME: tells one holder of it from
				 * the next
				 */
};

/* Ports that are network devices: ifr_flags of the requests below. */
#define IPN_NODEFLAG_TAP	0x10	/* an interface that the network creates */
#define IPN_NODEFLAG_GRAB	0x20	/* an existing interface that it takes */
#define IPN_NODEFLAG_RAW	0x40	/* with TAP, of an observer: no frames */

/*
 * What stands before each message where IPN_SO_RECORDS is 1. The first record is
 * at the beginning of the buffer, each other at the next multiple of 8 bytes
 * behind the end of the message before it; what is between are zeroes. send()
 * looks at nothing here but len.
 */
struct ipn_record {
	__u32 len;		/* bytes of the message, which follow */
	__u32 from;		/* the port that sent it */
	__u64 number;		/* of the message on its ring, from 0: what is
				 * between two was lost, or not for the port
				 */
	__u64 stamp;		/* when it was sent, in ns since 1970; 0 where
				 * no port asked
				 */
};

/*
 * Out-of-band message, delivered before ordinary ones and with MSG_OOB in
 * msg_flags to those who asked for it: the number of ports that can receive
 * and that can send.
 */
#define IPN_OOB_NUMNODE_TAG	0

/* What such a message holds. */
struct numnode_oob {
	int level;		/* IPN_ANY */
	int tag;		/* IPN_OOB_NUMNODE_TAG */
	int numreaders;		/* ports that can receive */
	int numwriters;		/* ports that can send */
};

/*
 * Receiving without system calls, on a hub: a port that may receive maps the
 * ring of its network, to read it,
 *
 *	mmap(NULL, length, PROT_READ, MAP_SHARED, fd, IPN_MAP_RING)
 *
 * (of any length up to that of the ring: one page tells it), and a page for
 * its own position:
 *
 *	mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IPN_MAP_CURSOR)
 *
 * (32-bit programs: with _FILE_OFFSET_BITS=64.)
 *
 * From then on the port stands where the page says, for recv() and poll() as
 * well. Messages are numbered; with n = position,
 *
 *	1. load published (acquire). n == published: nothing there; poll().
 *	   n < oldest or n > published: ask the kernel (below), and begin again.
 *	   Load state (acquire) of descriptor n % messages, of those at index_at; if it
 *	   is neither IPN_RING_READY(n) nor IPN_RING_VOID(n), message n is not there
 *	   yet, or not any more.
 *	2. read the descriptor, and len bytes at bytes_at + at; fence (acquire), load
 *	   oldest; if n < oldest, what was read is of another message: ask the
 *	   kernel, and begin again.
 *	3. a message whose "from" is the port's own number (IPN_SO_PORT), or whose
 *	   state is IPN_RING_VOID(n), is none for it: compare and exchange
 *	   position, n by n + 1; if that was done, add 1 to own. Otherwise store
 *	   n + 1 in position (release).
 *	4. if flags have IPN_FLAG_LOSSLESS: fence (sequentially consistent), load
 *	   awaiting_room. Not 0: ask the kernel. One may do without where a message
 *	   of mtu bytes, rounded up to 16, has room even if message n stays: fewer than
 *	   messages are from n to published, and between head and at (of n), round
 *	   the end of the bytes, where none is over it, is so much.
 *
 * To ask the kernel is ioctl(fd, FIONREAD, &length). It wakes those who wait
 * for room; it moves a port that was overrun to the oldest message left, and
 * adds to lost how many it has missed, its own not counted; and a position
 * that can not be it puts back where the port was last known to be.
 */
#define IPN_MAP_RING		0		/* offset of the ring */
#define IPN_MAP_CURSOR		0x10000000000	/* offset of a port's page */

#define IPN_RING_MAGIC		0x49504e72	/* what a ring begins with */
#define IPN_RING_VERSION	2		/* of the structures below */
#define IPN_RING_READY(n)	((__u64)(n) << 3 | 1)	/* the state of message n */
#define IPN_RING_VOID(n)	((__u64)(n) << 3 | 2)	/* the same, if none came about */

/* The beginning of the ring, in the machine's byte order. */
struct ipn_ring {
	__u32 magic;		/* IPN_RING_MAGIC */
	__u32 version;		/* IPN_RING_VERSION; another: do not read on */
	__u32 messages;		/* descriptors in the index */
	__u32 index_at;		/* bytes from here to the index */
	__u32 bytes;		/* bytes that messages may take */
	__u32 bytes_at;		/* bytes from here to those */
	__u32 mtu;		/* IPN_SO_MTU */
	__u32 flags;		/* of IPN_SO_FLAGS, IPN_FLAG_LOSSLESS */
	__u32 zero1[8];		/* 0 */
	__u64 oldest;		/* the oldest message that can be read */
	__u64 published;	/* messages ever begun */
	__u32 head;		/* where the bytes of the newest end, of 16 each */
	__u32 zero2[11];	/* 0 */
	__u32 awaiting_room;	/* not 0: a sender waits for room */
	__u32 zero3[15];	/* 0 */
};

/* What the index says of a message, whose bytes lie in one piece. */
struct ipn_descriptor {
	__u64 state;		/* IPN_RING_READY(number): it can be read;
				 * IPN_RING_VOID(number): there is none
				 */
	__u64 stamp;		/* when, in ns since 1970; 0: no port asked */
	__u32 len;		/* bytes of the message */
	__u32 from;		/* the port that sent it */
	__u32 at;		/* where they are: bytes from bytes_at on */
	__u32 flags;		/* 0; others: it is not plain, ask a newer reader */
};

/* The beginning of a port's page. */
struct ipn_cursor {
	__u64 position;		/* the message to read next */
	__u64 own;		/* messages that were none for it, as it passed them */
	__u64 lost;		/* messages that the port has lost */
};

/* Character devices: reserved, EOPNOTSUPP. */
struct chrdevreq {
	unsigned int major;	/* number of the driver */
	unsigned int minor;	/* number of the first device */
	int count;		/* devices */
	char name[64];		/* of the driver */
};

/*
 * Requests. Numbers over 255 spill into the type byte; that is the ABI.
 * Those with a struct ifreq need <net/if.h> or <linux/if.h> where they are used.
 *
 * IPN_CHECK returns its own number on a socket of this family. IPN_TERMINATE
 * ends a network: ports read what is queued and then end of file.
 */
#define IPN_TERMINATE		_IO('I', 198)	/* managers: end the network */
#define IPN_CHECK		_IO('I', 199)	/* answers with its own number */
/* Keep the named network device when no socket serves it. */
#define IPN_SETPERSIST_NETDEV	_IOR('I', 200, struct ifreq)
/* Do not; one that no socket serves ends. */
#define IPN_CLRPERSIST_NETDEV	_IOR('I', 201, struct ifreq)
/* Take a port that is a network device. */
#define IPN_CONN_NETDEV		_IOR('I', 202, struct ifreq)
/* Serve a network device that was kept. */
#define IPN_JOIN_NETDEV		_IOR('I', 203, struct ifreq)
/* Keep this socket's network device, or (argument 0) do not. */
#define IPN_SETPERSIST		_IOR('I', 204, struct ifreq)
/* Of character devices: reserved, EOPNOTSUPP. */
#define IPN_REGISTER_CHRDEV	_IOWR('I', 301, struct chrdevreq)
#define IPN_UNREGISTER_CHRDEV	_IO('I', 302)
#define IPN_JOIN_CHRDEV		_IOR('I', 303, struct chrdevreq)
#define IPN_CHRDEV_PERSIST	_IOR('I', 304, int)

#endif /* _UAPI_LINUX_AF_IPN_H */
