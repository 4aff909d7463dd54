// SPDX-License-Identifier: GPL-2.0
/*
 * MQTT 3.1.1: the client's protocol, as cheap as it gets. WHERE is
 * HOST:PORT/QOS of the broker, with an r behind it if the last message is to be
 * retained.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"
#include "stream.h"

enum { CONNECT = 0x10, CONNACK = 0x20, PUBLISH = 0x30, PUBACK = 0x40, SUBSCRIBE = 0x82,
	SUBACK = 0x90 };

static const unsigned char topic[] = { 0, 3, 'b', 'u', 's' };
static int qos, retain;

/* What every packet begins with: its kind, and how long the rest is. */
static void put_head(unsigned char kind, size_t len)
{
	unsigned char head[5] = { kind };
	size_t at = 1;

	do {
		head[at++] = (len & 127) | (len > 127) << 7;
		len >>= 7;
	} while (len);
	stream_put(head, at);
}

/* 0: the broker has closed. */
static int take_head(unsigned char *kind, size_t *len)
{
	const char *byte = stream_take(1);
	int shift = 0;

	if (!byte)
		return 0;
	*kind = *byte;
	*len = 0;
	do {
		byte = stream_take(1);
		if (!byte)
			return 0;
		*len |= (size_t)(*byte & 127) << shift;
		shift += 7;
	} while (*byte & 128 && shift < 28);
	return 1;
}

static void expect(unsigned char wanted, size_t result)
{
	const char *body;
	unsigned char kind;
	size_t len;

	stream_flush();
	if (!take_head(&kind, &len) || kind != wanted || len <= result)
		peer_fail(0, "the broker does not answer %#x", wanted);
	body = stream_take(len);
	if (!body || body[result] & 128 || (wanted == CONNACK && body[result]))
		peer_fail(0, "the broker refuses %#x", wanted);
}

static void begin(const char *where)
{
	/* Version 4; a clean session; it need not say that it is still there. */
	static const unsigned char wanted[] = { 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0 };
	const char *slash = strchr(where, '/');
	char name[16];
	unsigned char len[2] = { 0 };

	if (!slash)
		peer_fail(0, "no HOST:PORT/QOS: %s", where);
	qos = slash[1] == '1';
	retain = slash[2] == 'r';
	stream_connect(where);
	len[1] = snprintf(name, sizeof(name), "peer%d", getpid());
	put_head(CONNECT, sizeof(wanted) + 2 + len[1]);
	stream_put(wanted, sizeof(wanted));
	stream_put(len, 2);
	stream_put(name, len[1]);
	expect(CONNACK, 1);
}

void peer_publisher(const char *where)
{
	begin(where);
}

void peer_subscriber(const char *where)
{
	unsigned char number[2] = { 0, 1 }, wanted;

	begin(where);
	wanted = qos;
	put_head(SUBSCRIBE, 2 + sizeof(topic) + 1);
	stream_put(number, 2);
	stream_put(topic, sizeof(topic));
	stream_put(&wanted, 1);
	expect(SUBACK, 2);
}

void peer_send(const void *message, size_t len)
{
	static unsigned int number;

	put_head(PUBLISH | qos << 1 | retain, sizeof(topic) + 2 * qos + len);
	stream_put(topic, sizeof(topic));
	if (qos) {
		unsigned char bytes[2];

		/* From 1 on, in 16 bits. */
		number = number % 65535 + 1;
		bytes[0] = number >> 8;
		bytes[1] = number;
		stream_put(bytes, 2);
	}
	stream_put(message, len);
}

/* The next packet's message, which is answered if it has a number; of other packets nothing. */
static const char *take(size_t *len)
{
	const char *body;
	unsigned char kind;
	size_t head;

	if (!take_head(&kind, len))
		return NULL;
	body = stream_take(*len);
	if (!body)
		return NULL;
	if ((kind & 0xf0) != PUBLISH) {
		*len = 0;
		return body;
	}
	head = 2 + ((unsigned char)body[0] << 8 | (unsigned char)body[1]);
	if (kind >> 1 & 3) {
		put_head(PUBACK, 2);
		stream_put(body + head, 2);
		head += 2;
	}
	*len -= head;
	return body + head;
}

/* To a publisher come answers only. */
void peer_serve(void)
{
	size_t len;

	do {
		if (!take(&len))
			peer_fail(0, "the broker has closed");
	} while (stream_waits());
}

ssize_t peer_receive(void *room, size_t size)
{
	const char *message;
	size_t len;

	do {
		message = take(&len);
	} while (message && !len);
	if (!message)
		return -1;
	if (len > size)
		peer_fail(0, "a message of %zu bytes", len);
	memcpy(room, message, len);
	return len;
}
