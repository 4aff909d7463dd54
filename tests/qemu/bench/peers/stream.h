/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP connection to a broker: what is sent is collected, what comes is read ahead.
 * With it come peer_flush, peer_fds and peer_patience.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>

/* Connects to HOST:PORT. */
void stream_connect(const char *where);

/* Collects bytes, of which 32 KiB at most wait for stream_flush. */
void stream_put(const void *bytes, size_t len);
void stream_flush(void);

/*
 * So many bytes, which are there until the next call; waits for them, and sends
 * before what was collected. NULL: the broker has closed.
 */
const char *stream_take(size_t len);
/* A line without its end. */
const char *stream_line(void);
/* Whether something was read that was not taken. */
int stream_waits(void);

#endif
