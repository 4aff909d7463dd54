// SPDX-License-Identifier: GPL-2.0
/*
 * A peer: what it reads from its standard input all other peers print, and the
 * other way round. The first peer creates the network, the others join it.
 *
 *	ipn-peer /tmp/bus
 */
#include "setup.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/af_ipn.h>

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
	}
	fprintf(stderr, "ipn-peer: %s: %s: %s%s\n", path, what, strerror(errno), hint);
	return 1;
}

int main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_IPN };
	struct pollfd files[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	char line[1514], message[65536];
	struct iovec place = { .iov_base = message, .iov_len = sizeof(message) };
	struct msghdr header = { .msg_iov = &place, .msg_iovlen = 1 };
	socklen_t size = sizeof(int);
	int bus, port;
	ssize_t len;

	if (argc != 2) {
		fprintf(stderr, "usage: ipn-peer PATH\n");
		return 1;
	}
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]) >=
	    (int)sizeof(addr.sun_path)) {
		fprintf(stderr, "ipn-peer: %s: the path is too long\n", argv[1]);
		return 1;
	}
	if (open_standard_descriptors() < 0)
		return complain("/dev/null", "open");
	setvbuf(stdout, NULL, _IOLBF, 0);

	bus = socket(AF_IPN, SOCK_RAW, IPN_BROADCAST);
	if (bus < 0)
		return complain(argv[1], "socket");
	if (join(bus, &addr) < 0)
		return complain(argv[1], "bind");
	if (connect(bus, NULL, 0) < 0)
		return complain(argv[1], "connect");
	if (getsockopt(bus, IPN_ANY, IPN_SO_PORT, &port, &size) < 0)
		return complain(argv[1], "getsockopt");
	if (printf("joined %s as port %d\n", argv[1], port) < 0)
		return complain("standard output", "write");

	files[1].fd = bus;
	files[1].events = POLLIN;
	for (;;) {
		if (poll(files, 2, -1) < 0)
			return complain(argv[1], "poll");
		if (files[1].revents) {
			len = recvmsg(bus, &header, 0);
			if (len < 0)
				return complain(argv[1], "recvmsg");
			/* every message has it, an empty one too, and the end has not */
			if (!(header.msg_flags & MSG_EOR))
				return 0;
			if (fwrite(message, 1, len, stdout) < (size_t)len || fflush(stdout))
				return complain("standard output", "write");
		}
		if (files[0].revents) {
			len = read(STDIN_FILENO, line, sizeof(line));
			if (len <= 0)
				return 0;
			if (send(bus, line, len, 0) < 0)
				return complain(argv[1], "send");
		}
	}
}
