// SPDX-License-Identifier: GPL-2.0
/*
 * A publisher or a subscriber of another system, as ipnbench starts them:
 *
 *	peer-NAME publish WHERE BYTES TALLY PLACE
 *	peer-NAME subscribe WHERE BYTES TALLY PLACE PAUSE
 *
 * TALLY is a file of words that all of them map, with eight at PLACE for each; see
 * tools/ipnbench/src/peers/tally.rs. A publisher sends as many messages as each
 * number says that it reads; their first unsigned long long counts them. With PAUSE, which is in
 * microseconds, messages have the time in their second word, and the subscriber
 * rests for so long after each, until it is told to hurry.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

enum { GOT, FIRST, LAST, LONGEST, STATE, HURRY = 6, WORDS = 8 };
enum { READY = 1, ENDED = 2 };

static unsigned long long *words;
static unsigned long long message[PEER_LONGEST / 8];
static size_t bytes;

void peer_fail(int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("peer: ", stderr);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	if (error)
		fprintf(stderr, ": %s", strerror(error));
	fputc('\n', stderr);
	exit(1);
}

static void set(int which, unsigned long long value)
{
	__atomic_store_n(words + which, value, __ATOMIC_RELAXED);
}

static unsigned long long get(int which)
{
	return __atomic_load_n(words + which, __ATOMIC_RELAXED);
}

static unsigned long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static void map(const char *name, unsigned long place)
{
	int fd = open(name, O_RDWR | O_CLOEXEC);
	struct stat stat;
	char *start;

	if (fd < 0 || fstat(fd, &stat))
		peer_fail(errno, "%s", name);
	start = mmap(NULL, stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (start == MAP_FAILED || (place + 1) * WORDS * 8 > (size_t)stat.st_size)
		peer_fail(errno, "%s", name);
	words = (unsigned long long *)start + place * WORDS;
}

static void publish(unsigned long long count)
{
	while (count--) {
		message[0]++;
		if (bytes >= 16)
			message[1] = now();
		peer_send(message, bytes);
	}
	peer_flush();
	set(LAST, message[0]);
}

static void publish_what_is_asked_for(void)
{
	struct pollfd fds[1 + PEER_FDS] = { { .fd = 0, .events = POLLIN } };

	for (;;) {
		int ready = poll(fds, 1 + peer_fds(fds + 1), peer_patience());
		unsigned long long count;

		if (ready < 0)
			peer_fail(errno, "poll");
		if (!fds[0].revents) {
			peer_serve();
			continue;
		}
		if (read(0, &count, sizeof(count)) != sizeof(count))
			return;
		publish(count);
	}
}

/* The longest since ipnbench has forgotten them. */
static void note_delay(unsigned long long delay)
{
	if (delay > get(LONGEST))
		set(LONGEST, delay);
}

static void subscribe(bool timed, unsigned int pause)
{
	const struct timespec rest = {
		.tv_sec = pause / 1000000,
		.tv_nsec = pause % 1000000 * 1000,
	};
	unsigned long long got = 0;
	ssize_t len;

	while ((len = peer_receive(message, sizeof(message))) >= 0) {
		if ((size_t)len != bytes)
			peer_fail(0, "%zd bytes of a message of %zu", len, bytes);
		if (!got++)
			set(FIRST, message[0]);
		set(LAST, message[0]);
		set(GOT, got);
		if (!timed)
			continue;
		note_delay(now() - message[1]);
		if (pause && !get(HURRY))
			nanosleep(&rest, NULL);
	}
	set(STATE, ENDED);
}

int main(int argc, char **argv)
{
	bool publishes = argc == 6 && strcmp(argv[1], "publish") == 0;
	bool subscribes = (argc == 6 || argc == 7) && strcmp(argv[1], "subscribe") == 0;

	if (!publishes && !subscribes) {
		fputs("usage: peer-NAME publish|subscribe WHERE BYTES TALLY PLACE [PAUSE]\n",
		      stderr);
		return 2;
	}
	bytes = strtoul(argv[3], NULL, 10);
	if (bytes < 8 || bytes > PEER_LONGEST)
		peer_fail(0, "messages of %zu bytes", bytes);
	map(argv[4], strtoul(argv[5], NULL, 10));
	if (publishes)
		peer_publisher(argv[2]);
	else
		peer_subscriber(argv[2]);
	set(STATE, READY);
	if (publishes)
		publish_what_is_asked_for();
	else
		subscribe(argc == 7, argc == 7 ? strtoul(argv[6], NULL, 10) : 0);
	return 0;
}
