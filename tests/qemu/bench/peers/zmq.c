// SPDX-License-Identifier: GPL-2.0
/*
 * ZeroMQ: PUB and SUB with the library's defaults. WHERE is its endpoint, which the
 * publisher binds.
 */
#include <zmq.h>

#include "peer.h"

static void *endpoint;

static void make(int type)
{
	void *context = zmq_ctx_new();

	endpoint = context ? zmq_socket(context, type) : NULL;
	if (!endpoint)
		peer_fail(zmq_errno(), "zmq_socket");
}

void peer_publisher(const char *where)
{
	make(ZMQ_PUB);
	if (zmq_bind(endpoint, where))
		peer_fail(zmq_errno(), "zmq_bind");
}

void peer_subscriber(const char *where)
{
	make(ZMQ_SUB);
	if (zmq_setsockopt(endpoint, ZMQ_SUBSCRIBE, "", 0) || zmq_connect(endpoint, where))
		peer_fail(zmq_errno(), "zmq_connect");
}

void peer_send(const void *message, size_t len)
{
	if (zmq_send(endpoint, message, len, 0) < 0)
		peer_fail(zmq_errno(), "zmq_send");
}

/* Its own thread sends what there is. */
void peer_flush(void)
{
}

int peer_fds(struct pollfd *fds)
{
	(void)fds;
	return 0;
}

int peer_patience(void)
{
	return -1;
}

void peer_serve(void)
{
}

ssize_t peer_receive(void *room, size_t size)
{
	return zmq_recv(endpoint, room, size, 0);
}
