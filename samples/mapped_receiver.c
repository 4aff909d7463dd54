// SPDX-License-Identifier: GPL-2.0
/*
 * A receiver without system calls: takes the messages of a hub out of its
 * memory and prints them, all of them or as many as told. Only to sleep, to wake
 * a sender and to learn of losses does it call the kernel.
 *
 *	ipn-mapped_receiver /tmp/bus [COUNT]
 */
/* A 32-bit program needs 64 bits for the offset of its position. */
#define _FILE_OFFSET_BITS 64
#include "setup.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/af_ipn.h>

/* The kernel's words as C11 has them. */
#define WORD32(x) ((const atomic_uint *)&(x))
#define WORD64(x) ((const atomic_ullong *)&(x))
#define load(word, order) atomic_load_explicit(word, memory_order_##order)

struct reader {
	int bus;
	__u32 port;
	const struct ipn_ring *ring;
	const struct ipn_written *written; /* the positions of who writes the ring */
	struct ipn_cursor *cursor;
	atomic_ullong *position;
	__u64 lost;
};

enum found { MESSAGE, NOTHING, OVERRUN };

/* Tells the kernel where we are. */
static int ask(const struct reader *reader)
{
	int length;

	return ioctl(reader->bus, FIONREAD, &length);
}

/* Copies a message that may change meanwhile, word by word. */
static void copy(void *to, const void *message, __u32 len)
{
	const atomic_ullong *from = message;
	char *place = to;
	__u64 word;

	for (; len >= sizeof(word); len -= sizeof(word), place += sizeof(word)) {
		word = load(from++, relaxed);
		memcpy(place, &word, sizeof(word));
	}
	if (len) {
		word = load(from, relaxed);
		memcpy(place, &word, len);
	}
}

/* Copies the parts of a message, of which `number` is the first. */
static void copy_parts(const struct reader *reader, __u64 number, void *to, __u32 len)
{
	const struct ipn_ring *ring = reader->ring;
	const __u64 first = number;
	char *place = to;

	while (len && first >= load(WORD64(reader->written->oldest), relaxed)) {
		const struct ipn_descriptor *part;
		__u32 count;
		__u64 at;

		part = (const void *)((const char *)ring + ring->index_at);
		part += number % ring->messages;
		at = load(WORD32(part->at), relaxed);
		count = load(WORD32(part->len), relaxed);
		if (count > len)
			count = len;
		/* of one that is overwritten it may be anything */
		if (!count || at + count > ring->bytes)
			return;
		copy(place, (const char *)ring + ring->bytes_at + at, count);
		place += count;
		len -= count;
		number = load(WORD64(part->stamp), relaxed);
		atomic_thread_fence(memory_order_acquire);
	}
}

/* The next message, into `to`, which has room for the network's longest. */
static enum found take(struct reader *reader, void *to, __u32 *len)
{
	const struct ipn_ring *ring = reader->ring;
	const struct ipn_descriptor *descriptor;
	unsigned long long expected;
	__u64 n, at, state, first, published;
	__u32 back;
	bool own;

	do {
		n = load(reader->position, relaxed);
		descriptor = (const void *)((const char *)ring + ring->index_at);
		descriptor += n % ring->messages;
		published = load(WORD64(reader->written->published), acquire);
		state = n < published ? load(WORD64(descriptor->state), acquire) : 0;
		if (state != IPN_RING_READY(n) && state != IPN_RING_VOID(n)) {
			if (n < load(WORD64(reader->written->oldest), relaxed) ||
			    n > load(WORD64(reader->written->published), relaxed))
				return OVERRUN;
			/* what a process had published is there, or overwritten */
			if (ring->written_at && n < published)
				return OVERRUN;
			return NOTHING;
		}
		*len = load(WORD32(descriptor->len), relaxed);
		at = load(WORD32(descriptor->at), relaxed);
		back = load(WORD32(descriptor->back), relaxed);
		own = state == IPN_RING_VOID(n) ||
		      (load(WORD32(descriptor->from), relaxed) == reader->port &&
		       n >= load(WORD64(reader->cursor->since), relaxed));
		if (own)
			back = 0;
		first = n - back;
		if (*len > ring->mtu || back > n || (!back && at + *len > ring->bytes))
			return OVERRUN;
		/* what a process writes is in one piece */
		if (back && ring->written_at)
			return OVERRUN;
		if (back)
			copy_parts(reader, first, to, *len);
		else if (!own)
			copy(to, (const char *)ring + ring->bytes_at + at, *len);
		atomic_thread_fence(memory_order_acquire);
		/* parts are overwritten in the order of their numbers */
		if (first < load(WORD64(reader->written->oldest), relaxed))
			return OVERRUN;

		/* past our own messages the kernel may move us, too */
		expected = n;
		if (!atomic_compare_exchange_strong_explicit(reader->position, &expected, n + 1,
							     memory_order_release,
							     memory_order_relaxed))
			continue;
		if (own)
			reader->cursor->own++;
		if (ring->flags & (IPN_FLAG_LOSSLESS | IPN_FLAG_RELIABLE)) {
			atomic_thread_fence(memory_order_seq_cst);
			if (load(WORD32(ring->awaiting_room), relaxed))
				ask(reader);
		}
		if (!own)
			return MESSAGE;
	} while (true);
}

static int complain(const char *path, const char *what)
{
	const char *hint = "";

	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		hint = " (start a sender or a peer there first)";
		break;
	case EAFNOSUPPORT:
		hint = " (load its module: modprobe af_ipn)";
		break;
	case EOPNOTSUPP:
		hint = " (only a hub can be mapped)";
		break;
	}
	fprintf(stderr, "ipn-mapped_receiver: %s: %s: %s%s\n", path, what, strerror(errno), hint);
	return 1;
}

/* Maps ring and cursor. */
static int map(struct reader *reader)
{
	const struct ipn_ring *head;
	socklen_t len = sizeof(reader->port);
	size_t length;

	if (getsockopt(reader->bus, 0, IPN_SO_PORT, &reader->port, &len) < 0)
		return -1;
	head = mmap(NULL, sizeof(*head), PROT_READ, MAP_SHARED, reader->bus, IPN_MAP_RING);
	if (head == MAP_FAILED)
		return -1;
	if (head->magic != IPN_RING_MAGIC || head->version != IPN_RING_VERSION) {
		errno = EPROTO;
		return -1;
	}
	length = head->bytes_at + (size_t)head->bytes;
	munmap((void *)head, sizeof(*head));

	reader->ring = mmap(NULL, length, PROT_READ, MAP_SHARED, reader->bus, IPN_MAP_RING);
	reader->cursor = mmap(NULL, sizeof(*reader->cursor), PROT_READ | PROT_WRITE, MAP_SHARED,
			      reader->bus, IPN_MAP_CURSOR);
	if (reader->ring == MAP_FAILED || reader->cursor == MAP_FAILED)
		return -1;
	/* the ring has its own laid out as those of a process that writes it */
	reader->written = (const void *)&reader->ring->oldest;
	if (reader->ring->written_at)
		reader->written = (const void *)((const char *)reader->ring +
						 reader->ring->written_at);
	reader->position = (atomic_ullong *)&reader->cursor->position;
	reader->lost = load(WORD64(reader->cursor->lost), relaxed);
	return 0;
}

/* Sleeps until there is something. Whether the network has ended. */
static bool is_over(const struct reader *reader)
{
	struct pollfd entry = { .fd = reader->bus, .events = POLLIN };

	poll(&entry, 1, -1);
	return entry.revents & POLLHUP;
}

int main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_IPN };
	long wanted = argc == 3 ? parse_count(argv[2]) : -1;
	struct reader reader;
	char *message;
	bool over = false;
	__u64 lost, position;
	__u32 len;

	if (argc != 2 && wanted <= 0) {
		fprintf(stderr, "usage: ipn-mapped_receiver PATH [COUNT]\n");
		return 1;
	}
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]) >=
	    (int)sizeof(addr.sun_path)) {
		fprintf(stderr, "ipn-mapped_receiver: %s: the path is too long\n", argv[1]);
		return 1;
	}
	if (open_standard_descriptors() < 0)
		return complain("/dev/null", "open");
	setvbuf(stdout, NULL, _IOLBF, 0);

	reader.bus = socket(AF_IPN, SOCK_RAW, IPN_ANY);
	if (reader.bus < 0)
		return complain(argv[1], "socket");
	if (shutdown(reader.bus, SHUT_WR) < 0)
		return complain(argv[1], "shutdown");
	if (connect(reader.bus, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return complain(argv[1], "connect");
	if (map(&reader) < 0)
		return complain(argv[1], "mmap");
	message = malloc(reader.ring->mtu ? reader.ring->mtu : 1);
	if (!message)
		return complain(argv[1], "malloc");
	if (printf("receiving from %s\n", argv[1]) < 0)
		return complain("standard output", "write");

	while (wanted) {
		switch (take(&reader, message, &len)) {
		case MESSAGE:
			if (fwrite(message, 1, len, stdout) < len || fflush(stdout))
				return complain("standard output", "write");
			wanted--;
			break;
		case NOTHING:
			/* what was sent before the end is there when the end is told */
			if (over)
				return 0;
			over = is_over(&reader);
			break;
		case OVERRUN:
			position = load(reader.position, relaxed);
			if (ask(&reader) < 0)
				return complain(argv[1], "ioctl");
			lost = load(WORD64(reader.cursor->lost), relaxed);
			/* we were not overrun: a writer wrote what can not be */
			if (reader.ring->written_at &&
			    position == load(reader.position, relaxed)) {
				errno = EBADMSG;
				return complain(argv[1], "a message");
			}
			fprintf(stderr, "ipn-mapped_receiver: lost %llu messages\n",
				lost - reader.lost);
			reader.lost = lost;
			break;
		}
	}
	return 0;
}
