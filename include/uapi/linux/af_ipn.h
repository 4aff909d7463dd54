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
					 * each as a struct ipn_record; 2: each as a
					 * struct ipn_sequenced_record; 0, unless
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
/*
 * Of a reliable bus, which a socket of type SOCK_RDM makes and joins: see below.
 * On any other network there is no message of before, and no sequence.
 */
#define IPN_SO_HISTORY		11	/* before connect: begin so many messages
					 * before the newest, or with all that are
					 * left (IPN_HISTORY_ALL); 0, unless told.
					 * Without IPN_FLAG_HISTORY connect says
					 * EACCES; after: EISCONN
					 */
#define IPN_SO_SINCE		12	/* the same: begin with those of the last so
					 * many ms. Of the two the one that was set
					 * last counts, and the other is 0
					 */
#define IPN_SO_SEQUENCE		13	/* 1: a message comes with a control message
					 * of this level and type, a struct
					 * ipn_sequence; 0, unless told: without
					 */
#define IPN_SO_ORIGIN		14	/* a control message only, to send: where the
					 * message comes from, a struct ipn_origin
					 */
#define IPN_SO_GAPS		15	/* a control message only, which comes with
					 * the first message behind a gap: an array
					 * of struct ipn_gap
					 */
#define IPN_SO_SKIP		16	/* set only: so many messages of the port, 1 to
					 * 2147483647, were lost before they came
					 * here. Who reads its next one is told of
					 * that gap. EOPNOTSUPP on other networks
					 */
#define IPN_SO_MTU		(IPN_SO_PREBIND | 0)	/* longest message */
#define IPN_SO_NUMNODES		(IPN_SO_PREBIND | 1)	/* number of ports */
#define IPN_SO_MSGPOOLSIZE	(IPN_SO_PREBIND | 2)	/* messages of IPN_SO_MTU held */
#define IPN_SO_FLAGS		(IPN_SO_PREBIND | 3)	/* IPN_FLAG_* */
#define IPN_SO_MODE		(IPN_SO_PREBIND | 4)	/* the file's mode bits */
#define IPN_SO_BYTES		(IPN_SO_PREBIND | 5)	/* the same in bytes, see below */
#define IPN_SO_WINDOW		(IPN_SO_PREBIND | 6)	/* SOCK_RDM: ms that a message stays
							 * for who has not read it
							 */
#define IPN_SO_RATE		(IPN_SO_PREBIND | 7)	/* SOCK_RDM: bytes a second of each
							 * port; 0: as fast as it can
							 */

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
#define IPN_MTU_MAX		16777216	/* of a hub */
#define IPN_MTU_MAX_POLICY	65535	/* of any other network */
#define IPN_NUMNODES_MIN	1
#define IPN_NUMNODES_DEFAULT	64
#define IPN_NUMNODES_MAX	4096	/* module parameter max_ports changes it */
#define IPN_MSGPOOLSIZE_MIN	1
#define IPN_MSGPOOLSIZE_MAX	65536
#define IPN_MODE_DEFAULT	0700
#define IPN_BYTES_MIN		16
#define IPN_BYTES_DEFAULT	131072	/* where neither is set; at least four MTUs */
#define IPN_BYTES_MAX		1073741824
#define IPN_WINDOW_DEFAULT	1000	/* ms; from 0 on */
#define IPN_WINDOW_MAX		86400000
#define IPN_RATE_MAX		2147483647	/* from 0 on, which is the default */
#define IPN_HISTORY_ALL		2147483647	/* IPN_SO_HISTORY: all that are left */

/* IPN_SO_FLAGS */
#define IPN_FLAG_LOSSLESS	1	/* a sender waits for the slowest reader */
#define IPN_FLAG_EXCL		2	/* one manager: bind never joins */
#define IPN_FLAG_FLEXMTU	4	/* devices may change the MTU */
#define IPN_FLAG_ONE_WRITER	8	/* of a hub: no call sends, and no device; one
					 * port maps the ring to write (IPN_MAP_WRITER)
					 */
#define IPN_FLAG_RELIABLE	16	/* a reliable bus. Only sockets of type SOCK_RDM
					 * have it, which always do
					 */
#define IPN_FLAG_HISTORY	32	/* of a reliable bus: a port may begin with what was
					 * sent before it came
					 */
#define IPN_FLAG_EVICT		64	/* of a reliable bus: a reader later than the window
					 * finds the end of the network
					 */
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
	/* of a reliable bus; on others 0 */
	__u64 waited;		/* messages that it sent and that had to wait, for
				 * readers or for its rate
				 */
	__u64 window;		/* ms since the oldest message was sent that is left;
				 * 0: none is
				 */
	__u64 rate;		/* bytes that it sent in the last whole second */
	__u64 evicted;		/* ports that were evicted from the network */
};

/*
 * A reliable bus (SOCK_RDM), always a hub. Between a network where a slow reader is
 * overrun at once and one where senders wait for it (IPN_FLAG_LOSSLESS) lies the
 * window: a message stays for IPN_SO_WINDOW milliseconds at least for who has not
 * read it. A sender waits, or gets EAGAIN, only where it would write over a younger
 * message that somebody has not read, or would exceed IPN_SO_RATE. A reader later
 * than the window is overrun: its next recv() says ECONNRESET, once, and the message
 * behind the gap comes with IPN_SO_GAPS; or, with IPN_FLAG_EVICT, recv() says 0 from
 * then on, as at the end of a network.
 *
 * Each port's messages are counted from 1, by whoever holds it: their sequence.
 * A socket of another type may join; it hears of losses as on any other network.
 * One of type SOCK_RDM joins no other network (EPROTOTYPE).
 */

/*
 * Where a message comes from that a cable has brought from another bus, as the
 * cable says; the kernel looks at none of it.
 */
struct ipn_origin {
	__u64 bus;		/* the bus where it was sent; 0: this one */
	__u64 sequence;		/* its sequence there */
	__u32 port;		/* its sender's port there */
	__u32 hops;		/* cables on its way */
};

/* What a reliable bus keeps of each message besides; where it is mapped too. */
struct ipn_sequence {
	__u64 sequence;		/* which message of its port it is, from 1 on; of a
				 * part, or on other networks: 0
				 */
	__u64 sent;		/* when, in ns of CLOCK_MONOTONIC_COARSE */
	__u64 skipped;		/* messages of the port right before it that were lost
				 * before they came here (IPN_SO_SKIP)
				 */
	struct ipn_origin origin;	/* all 0: it was sent here */
};

/* Messages that a reader has missed: as many of a port. */
struct ipn_gap {
	__u64 lost;		/* how many */
	__u32 port;		/* of which port; IPN_GAP_OTHERS: of others, where there
				 * are more than IPN_GAPS_MAX
				 */
	__u32 zero;		/* 0 */
};

#define IPN_GAPS_MAX		32		/* ports that are told by name */
#define IPN_GAP_OTHERS		0xffffffff	/* port: of several */

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
 * What stands before each message where IPN_SO_RECORDS is 1 (struct ipn_record) or 2
 * (struct ipn_sequenced_record). The first record is
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

/* The same with whose message it is. */
struct ipn_sequenced_record {
	__u32 len;		/* as in struct ipn_record */
	__u32 from;		/* the same */
	__u64 number;		/* the same */
	__u64 stamp;		/* the same */
	__u64 sequence;		/* which message of its port, as in struct
				 * ipn_sequence
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
 *	   kernel, and begin again. A message that is READY, and whose back is not
 *	   0, is in parts instead, of len bytes in all: p = n - back is the first.
 *	   As many bytes as are left, and part p has (its len), are at its at, and
 *	   the next p is its stamp. Then it is p = n - back that must not be
 *	   less than oldest, or that message is lost. A part that has no byte, or
 *	   bytes beyond those of the ring, is overwritten by now.
 *	3. a message whose "from" is the port's own number (IPN_SO_PORT) and whose n is no
 *	   less than since of the port's page, or whose
 *	   state is IPN_RING_VOID(n), as a part's is, is none for it: compare and exchange
 *	   position, n by n + 1; if that was done, add 1 to own. Otherwise store
 *	   n + 1 in position (release).
 *	4. if flags have IPN_FLAG_LOSSLESS or IPN_FLAG_RELIABLE: fence (sequentially
 *	   consistent), load awaiting_room. Not 0: ask the kernel. Unless mtu is more than
 *	   IPN_RING_PART, one may do without where a message
 *	   of mtu bytes, rounded up to 16, has room even if message n stays: fewer than
 *	   messages are from n to published, and between head and at (of n), round
 *	   the end of the bytes, where none is over it, is so much.
 *
 * To ask the kernel is ioctl(fd, FIONREAD, &length). It wakes those who wait
 * for room; it moves a port that was overrun to the oldest message left, or past
 * one whose parts were overwritten, and
 * adds to lost how many it has missed, its own not counted; and a position
 * that can not be it puts back where the port was last known to be.
 *
 * Sending without system calls, on a hub with IPN_FLAG_ONE_WRITER: a port that may
 * send and receive maps the ring to read, as above, and what is behind its first
 * page to write:
 *
 *	mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IPN_MAP_WRITER)
 *
 * (of any length up to that.) It is the writer from then on, and receives nothing
 * (as after SHUT_RD); another's mmap says EBUSY until its socket is closed. What the
 * kernel says in struct ipn_ring of oldest, published and head, the writer says in
 * struct ipn_written, and readers go by that. With n = published,
 *
 *	1. find a place for the message, and for its descriptor: as long as there
 *	   are none, the oldest has to go. With IPN_FLAG_LOSSLESS only
 *	   messages before slowest may; none: ask the kernel (ioctl FIONREAD), and if
 *	   slowest is no more, poll() for POLLOUT. All bytes of a message lie in
 *	   one piece, at a multiple of 16, and no others in the 16 where they end;
 *	   they are behind those of the message before it, or at 0.
 *	2. store oldest, if that has changed (release), and fence.
 *	3. write the bytes, the descriptor (back is 0, from is the port's own number),
 *	   and its state IPN_RING_READY(n) (release).
 *	4. store head; store n + 1 in published (release).
 *	5. fence (sequentially consistent), load awaiting_message. Not 0: ask the kernel,
 *	   which wakes those who sleep, or says EPIPE: the network has ended.
 *
 * The kernel believes none of it: what can not be ends the network, and recv() says
 * EBADMSG. Readers must not either: a message that is longer than mtu, or ends beyond
 * bytes, is none.
 */
#define IPN_MAP_RING		0		/* offset of the ring */
#define IPN_MAP_CURSOR		0x10000000000	/* offset of a port's page */
#define IPN_MAP_WRITER		0x20000000000	/* offset of what the one writer writes */

#define IPN_RING_MAGIC		0x49504e72	/* what a ring begins with */
#define IPN_RING_VERSION	2		/* of the structures below */
#define IPN_RING_PART		16384	/* longest message that is in one piece */
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
	__u32 flags;		/* of IPN_SO_FLAGS: _LOSSLESS, _ONE_WRITER, _RELIABLE */
	__u32 written_at;	/* bytes from here to struct ipn_written; 0: there
				 * is none
				 */
	__u32 sequences_at;	/* bytes from here to a struct ipn_sequence for each
				 * descriptor, to be read and believed as that is;
				 * 0: there are none
				 */
	__u32 zero1[6];		/* 0 */
	__u64 oldest;		/* the oldest message that can be read */
	__u64 published;	/* messages ever begun */
	__u32 head;		/* where the bytes of the newest end, of 16 each */
	__u32 zero2[11];	/* 0 */
	__u32 awaiting_room;	/* not 0: a sender waits for room */
	__u32 awaiting_message;	/* not 0: somebody may sleep until a message comes */
	__u64 slowest;		/* with IPN_FLAG_ONE_WRITER and IPN_FLAG_LOSSLESS: the
				 * messages before it are read by all
				 */
	__u32 stamped;		/* not 0: a port has asked for time stamps */
	__u32 zero3[11];	/* 0 */
};

/* What the one writer says of the ring, in the page behind struct ipn_ring's. */
struct ipn_written {
	__u64 oldest;		/* as in struct ipn_ring */
	__u64 published;	/* the same; what is there is whole */
	__u32 head;		/* the same */
	__u32 zero[11];		/* 0 */
};

/* What the index says of a message, whose bytes lie in one piece. */
struct ipn_descriptor {
	__u64 state;		/* IPN_RING_READY(number): it can be read;
				 * IPN_RING_VOID(number): there is none
				 */
	__u64 stamp;		/* when, in ns since 1970; 0: no port asked. Of a
				 * part: the number of the next
				 */
	__u32 len;		/* bytes of the message, or part */
	__u32 from;		/* the port that sent it */
	__u32 at;		/* where they are: bytes from bytes_at on */
	__u32 back;		/* 0; not 0, of one that can be read: it is in
				 * parts, the first so many messages before it
				 */
};

/* The beginning of a port's page. */
struct ipn_cursor {
	__u64 position;		/* the message to read next */
	__u64 own;		/* messages that were none for it, as it passed them */
	__u64 lost;		/* messages that the port has lost */
	__u64 since;		/* the first message after the port came: those before
				 * it that have its number are another's
				 */
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
