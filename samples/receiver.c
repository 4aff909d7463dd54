// SPDX-License-Identifier: GPL-2.0
/*
 * A receiver: joins a network by its name and prints its messages, all of them
 * or as many as told. It need not know who sends, nor how the network is made.
 *
 *	ipn-receiver /tmp/bus [COUNT]
 */
#include "setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/af_ipn.h>

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
	}
	fprintf(stderr, "ipn-receiver: %s: %s: %s%s\n", path, what, strerror(errno), hint);
	return 1;
}

int main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_IPN };
	long wanted = argc == 3 ? parse_count(argv[2]) : -1;
	char message[65536];
	struct iovec place = { .iov_base = message, .iov_len = sizeof(message) };
	struct msghdr header = { .msg_iov = &place, .msg_iovlen = 1 };
	ssize_t len;
	int bus;

	if (argc != 2 && wanted <= 0) {
		fprintf(stderr, "usage: ipn-receiver PATH [COUNT]\n");
		return 1;
	}
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]) >=
	    (int)sizeof(addr.sun_path)) {
		fprintf(stderr, "ipn-receiver: %s: the path is too long\n", argv[1]);
		return 1;
	}
	if (open_standard_descriptors() < 0)
		return complain("/dev/null", "open");
	setvbuf(stdout, NULL, _IOLBF, 0);

	bus = socket(AF_IPN, SOCK_RAW, IPN_BROADCAST);
	if (bus < 0)
		return complain(argv[1], "socket");
	if (shutdown(bus, SHUT_WR) < 0)
		return complain(argv[1], "shutdown");
	if (connect(bus, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return complain(argv[1], "connect");
	if (printf("receiving from %s\n", argv[1]) < 0)
		return complain("standard output", "write");

	while (wanted-- != 0) {
		len = recvmsg(bus, &header, 0);
		if (len < 0)
			return complain(argv[1], "recvmsg");
		/* every message has it, an empty one too, and the end has not */
		if (!(header.msg_flags & MSG_EOR))
			break;
		if (fwrite(message, 1, len, stdout) < (size_t)len || fflush(stdout))
			return complain("standard output", "write");
	}
	return 0;
}
