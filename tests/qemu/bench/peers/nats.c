// SPDX-License-Identifier: GPL-2.0
/*
 * NATS: the client's protocol, as cheap as it gets: a publisher writes messages by
 * 32 KiB, as its libraries do. WHERE is HOST:PORT of the server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "stream.h"

static void put(const char *text)
{
	stream_put(text, strlen(text));
}

/* Has the server say that it has done all that was sent. */
static void begin(const char *where, const char *what)
{
	const char *line;

	stream_connect(where);
	put("CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
	put(what);
	put("PING\r\n");
	while ((line = stream_line()) && strcmp(line, "PONG"))
		;
	if (!line)
		peer_fail(0, "the server has closed");
}

void peer_publisher(const char *where)
{
	begin(where, "");
}

void peer_subscriber(const char *where)
{
	begin(where, "SUB bus 1\r\n");
}

void peer_send(const void *message, size_t len)
{
	static char head[32];
	static size_t head_len, head_for;

	if (head_for != len) {
		head_len = snprintf(head, sizeof(head), "PUB bus %zu\r\n", len);
		head_for = len;
	}
	stream_put(head, head_len);
	stream_put(message, len);
	stream_put("\r\n", 2);
}

/* A line that is no message: the server asks now and then who is there. */
static void answer(const char *line)
{
	if (!strcmp(line, "PING"))
		put("PONG\r\n");
	else if (!strncmp(line, "-ERR", 4))
		fprintf(stderr, "peer: %s\n", line);
}

void peer_serve(void)
{
	do {
		const char *line = stream_line();

		if (!line)
			peer_fail(0, "the server has closed");
		answer(line);
	} while (stream_waits());
	stream_flush();
}

ssize_t peer_receive(void *room, size_t size)
{
	const char *line;

	while ((line = stream_line())) {
		const char *message;
		size_t len;

		/* MSG subject id length */
		if (strncmp(line, "MSG ", 4)) {
			answer(line);
			continue;
		}
		len = strtoul(strrchr(line, ' '), NULL, 10);
		if (len > size)
			peer_fail(0, "a message of %zu bytes", len);
		message = stream_take(len + 2);
		if (!message)
			break;
		memcpy(room, message, len);
		return len;
	}
	return -1;
}
