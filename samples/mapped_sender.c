// SPDX-License-Identifier: GPL-2.0
/*
 * A sender without system calls: each line of its standard input is a message to
 * all receivers, which it writes into the network's memory. It creates the network,
 * and is its one writer. Only to wake a receiver that sleeps does it call the kernel.
 *
 *	ipn-mapped_sender /tmp/bus
 */
/* A 32-bit program needs 64 bits for the offset of what it writes. */
#define _FILE_OFFSET_BITS 64
#include "setup.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/af_ipn.h>

/* The kernel's words as C11 has them. */
#define WORD32(x) ((atomic_uint *)&(x))
#define WORD64(x) ((atomic_ullong *)&(x))
#define load(word, order) atomic_load_explicit(word, memory_order_##order)
#define store(word, value, order) atomic_store_explicit(word, value, memory_order_##order)

struct writer {
	int bus;
	__u32 port;
	const struct ipn_ring *ring;	/* its first page */
	struct ipn_written *written;	/* the beginning of what we write */
	/* what we know ourselves */
	__u64 oldest;
	__u64 published;
	__u32 head;
};

static struct ipn_descriptor *descriptor(const struct writer *writer, __u64 number)
{
	char *index = (char *)writer->written + writer->ring->index_at - writer->ring->written_at;

	return (struct ipn_descriptor *)index + number % writer->ring->messages;
}

/* Where `size` bytes go behind the newest, before the oldest; -1: they have no room. */
static long place(const struct writer *writer, __u32 size)
{
	__u64 held = writer->published - writer->oldest;
	__u32 tail, end = writer->ring->bytes;

	if (!held)
		return 0;
	if (held >= writer->ring->messages)
		return -1;
	tail = load(WORD32(descriptor(writer, writer->oldest)->at), relaxed);
	if (tail >= writer->head)
		end = tail;
	if (size <= end - writer->head)
		return writer->head;
	/* from the beginning, if the newest did not go round yet */
	return tail < writer->head && size <= tail ? 0 : -1;
}

/* Copies a message to where readers may look meanwhile, word by word. */
static void copy(void *message, const char *from, __u32 len)
{
	atomic_ullong *to = message;
	__u64 word;

	for (; len; to++) {
		__u32 some = len < sizeof(word) ? len : sizeof(word);

		word = 0;
		memcpy(&word, from, some);
		store(to, word, relaxed);
		from += some;
		len -= some;
	}
}

/* Sends a message that is no longer than the network's longest. */
static int put(struct writer *writer, const char *message, __u32 len)
{
	const struct ipn_ring *ring = writer->ring;
	__u32 size = len ? (len + 15) / 16 * 16 : 16;
	struct ipn_descriptor *entry;
	int length;
	long at;

	at = place(writer, size);
	if (at < 0) {
		do {
			writer->oldest++;
			at = place(writer, size);
		} while (at < 0);
		/* nobody reads what we write over without asking for this afterwards */
		store(WORD64(writer->written->oldest), writer->oldest, release);
		atomic_thread_fence(memory_order_release);
	}
	copy((char *)writer->written + ring->bytes_at - ring->written_at + at, message, len);

	entry = descriptor(writer, writer->published);
	store(WORD64(entry->stamp), 0, relaxed);
	store(WORD32(entry->len), len, relaxed);
	store(WORD32(entry->from), writer->port, relaxed);
	store(WORD32(entry->at), at, relaxed);
	store(WORD32(entry->back), 0, relaxed);
	store(WORD64(entry->state), IPN_RING_READY(writer->published), release);

	writer->head = at + size;
	writer->published++;
	store(WORD32(writer->written->head), writer->head, relaxed);
	store(WORD64(writer->written->published), writer->published, release);

	/* who sleeps has said so before it looked */
	atomic_thread_fence(memory_order_seq_cst);
	if (load(WORD32(((struct ipn_ring *)ring)->awaiting_message), relaxed))
		return ioctl(writer->bus, FIONREAD, &length);
	return 0;
}

/* Becomes the network's writer. */
static int map(struct writer *writer)
{
	socklen_t len = sizeof(writer->port);
	const struct ipn_ring *ring;
	size_t length;

	if (getsockopt(writer->bus, 0, IPN_SO_PORT, &writer->port, &len) < 0)
		return -1;
	ring = mmap(NULL, sizeof(*ring), PROT_READ, MAP_SHARED, writer->bus, IPN_MAP_RING);
	if (ring == MAP_FAILED)
		return -1;
	if (ring->magic != IPN_RING_MAGIC || ring->version != IPN_RING_VERSION) {
		errno = EPROTO;
		return -1;
	}
	if (!(ring->flags & IPN_FLAG_ONE_WRITER)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	length = ring->bytes_at + (size_t)ring->bytes - ring->written_at;
	writer->ring = ring;
	writer->written = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, writer->bus,
			       IPN_MAP_WRITER);
	if (writer->written == MAP_FAILED)
		return -1;
	/* another may have written before */
	writer->oldest = writer->written->oldest;
	writer->published = writer->written->published;
	writer->head = writer->written->head;
	return 0;
}

static int complain(const char *path, const char *what)
{
	const char *hint = "";

	switch (errno) {
	case ECONNREFUSED:
		hint = " (it is no network; take another name)";
		break;
	case EAFNOSUPPORT:
		hint = " (load its module: modprobe af_ipn)";
		break;
	case EBUSY:
		hint = " (another program writes to this network)";
		break;
	case EOPNOTSUPP:
		hint = " (the network there is not one of one writer)";
		break;
	case EPIPE:
		hint = " (the network has ended)";
		break;
	}
	fprintf(stderr, "ipn-mapped_sender: %s: %s: %s%s\n", path, what, strerror(errno), hint);
	return 1;
}

int main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_IPN };
	const int flags = IPN_FLAG_ONE_WRITER;
	struct writer writer = { 0 };
	char line[1514];

	if (argc != 2) {
		fprintf(stderr, "usage: ipn-mapped_sender PATH\n");
		return 1;
	}
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]) >=
	    (int)sizeof(addr.sun_path)) {
		fprintf(stderr, "ipn-mapped_sender: %s: the path is too long\n", argv[1]);
		return 1;
	}
	if (open_standard_descriptors() < 0)
		return complain("/dev/null", "open");
	setvbuf(stdout, NULL, _IOLBF, 0);

	writer.bus = socket(AF_IPN, SOCK_RAW, IPN_BROADCAST);
	if (writer.bus < 0)
		return complain(argv[1], "socket");
	if (setsockopt(writer.bus, 0, IPN_SO_FLAGS, &flags, sizeof(flags)) < 0)
		return complain(argv[1], "setsockopt");
	if (join(writer.bus, &addr) < 0)
		return complain(argv[1], "bind");
	if (connect(writer.bus, NULL, 0) < 0)
		return complain(argv[1], "connect");
	if (map(&writer) < 0)
		return complain(argv[1], "mmap");
	if (writer.ring->mtu < sizeof(line)) {
		errno = EMSGSIZE;
		return complain(argv[1], "the network's MTU");
	}
	if (printf("sending to %s\n", argv[1]) < 0)
		return complain("standard output", "write");

	while (fgets(line, sizeof(line), stdin)) {
		if (put(&writer, line, strlen(line)) < 0)
			return complain(argv[1], "ioctl");
	}
	return 0;
}
