/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program that carries messages by another system has: main.c calls it.
 * WHERE is what the system takes for an address. An error ends the program.
 */
#ifndef PEER_H
#define PEER_H

#include <poll.h>
#include <stddef.h>
#include <sys/types.h>

/* The longest message. */
#define PEER_LONGEST 65536

/* Descriptors that a publisher looks at, besides those of main.c. */
#define PEER_FDS 8

/* Ends the program, saying what failed; with the error's text, if there is one. */
__attribute__((noreturn, format(printf, 2, 3))) void peer_fail(int error, const char *format, ...);

/* Either of them is called, once. */
void peer_publisher(const char *where);
void peer_subscriber(const char *where);

/* Sends a message, or keeps it until others come or peer_flush. */
void peer_send(const void *message, size_t len);
void peer_flush(void);

/* While a publisher has nothing to send: what to look at, and for how many ms. */
int peer_fds(struct pollfd *fds);
int peer_patience(void);
/* Does what comes from there. */
void peer_serve(void);

/* Waits for a message, and gives its length; -1: no more will come. */
ssize_t peer_receive(void *room, size_t size);

#endif
