// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"
#include "stream.h"

static int fd;
static char out[32768];
static size_t out_len;
static char in[2 * PEER_LONGEST];
static size_t in_begin, in_end;

void stream_connect(const char *where)
{
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char host[64], port[8];
	int yes = 1;

	if (sscanf(where, "%63[^:]:%7[0-9]", host, port) != 2 ||
	    getaddrinfo(host, port, &hints, &found))
		peer_fail(0, "no HOST:PORT: %s", where);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen))
		peer_fail(errno, "%s", where);
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)))
		peer_fail(errno, "TCP_NODELAY");
}

void stream_flush(void)
{
	size_t done = 0;

	while (done < out_len) {
		ssize_t sent = send(fd, out + done, out_len - done, MSG_NOSIGNAL);

		if (sent < 0)
			peer_fail(errno, "send");
		done += sent;
	}
	out_len = 0;
}

void stream_put(const void *bytes, size_t len)
{
	while (len) {
		size_t some = sizeof(out) - out_len;

		if (some > len)
			some = len;
		memcpy(out + out_len, bytes, some);
		out_len += some;
		bytes = (const char *)bytes + some;
		len -= some;
		if (out_len == sizeof(out))
			stream_flush();
	}
}

/* Reads on; 0: the broker has closed. */
static int more(void)
{
	ssize_t len;

	stream_flush();
	if (in_begin) {
		memmove(in, in + in_begin, in_end - in_begin);
		in_end -= in_begin;
		in_begin = 0;
	}
	if (in_end == sizeof(in))
		peer_fail(0, "the broker sends what is too long");
	len = recv(fd, in + in_end, sizeof(in) - in_end, 0);
	if (len < 0 && errno != ECONNRESET)
		peer_fail(errno, "recv");
	if (len > 0)
		in_end += len;
	return len > 0;
}

const char *stream_take(size_t len)
{
	while (in_end - in_begin < len) {
		if (!more())
			return NULL;
	}
	in_begin += len;
	return in + in_begin - len;
}

const char *stream_line(void)
{
	for (;;) {
		char *end = memmem(in + in_begin, in_end - in_begin, "\r\n", 2);

		if (end) {
			const char *line = in + in_begin;

			*end = 0;
			in_begin = end + 2 - in;
			return line;
		}
		if (!more())
			return NULL;
	}
}

int stream_waits(void)
{
	return in_end > in_begin;
}

/* What is the same for every broker. */

void peer_flush(void)
{
	stream_flush();
}

int peer_fds(struct pollfd *fds)
{
	fds->fd = fd;
	fds->events = POLLIN;
	return 1;
}

int peer_patience(void)
{
	return -1;
}
