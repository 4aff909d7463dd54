// SPDX-License-Identifier: GPL-2.0
/*
 * A sender: each line of its standard input is a message to all receivers. It
 * creates the network and receives nothing itself. Further senders may join.
 *
 *	ipn-sender /tmp/bus
 */
#include "setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

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
	fprintf(stderr, "ipn-sender: %s: %s: %s%s\n", path, what, strerror(errno), hint);
	return 1;
}

int main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_IPN };
	char line[1514];
	int bus;

	if (argc != 2) {
		fprintf(stderr, "usage: ipn-sender PATH\n");
		return 1;
	}
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]) >=
	    (int)sizeof(addr.sun_path)) {
		fprintf(stderr, "ipn-sender: %s: the path is too long\n", argv[1]);
		return 1;
	}
	if (open_standard_descriptors() < 0)
		return complain("/dev/null", "open");
	setvbuf(stdout, NULL, _IOLBF, 0);

	bus = socket(AF_IPN, SOCK_RAW, IPN_BROADCAST);
	if (bus < 0)
		return complain(argv[1], "socket");
	if (shutdown(bus, SHUT_RD) < 0)
		return complain(argv[1], "shutdown");
	if (join(bus, &addr) < 0)
		return complain(argv[1], "bind");
	if (connect(bus, NULL, 0) < 0)
		return complain(argv[1], "connect");
	if (printf("sending to %s\n", argv[1]) < 0)
		return complain("standard output", "write");

	while (fgets(line, sizeof(line), stdin)) {
		if (send(bus, line, strlen(line), 0) < 0)
			return complain(argv[1], "send");
	}
	return 0;
}
