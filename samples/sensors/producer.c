// SPDX-License-Identifier: GPL-2.0
/*
 * Sends the number that a file begins with, once a second, as a sensor's value.
 *
 *	sensor-producer-c /tmp/sensors load /proc/loadavg jobs
 */
#include "../setup.h"

#include <errno.h>
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
	case EAFNOSUPPORT:
		hint = " (load its module: modprobe af_ipn)";
		break;
	case EPIPE:
		hint = " (the network has ended)";
		break;
	}
	fprintf(stderr, "sensor-producer-c: %s: %s: %s%s\n", path, what, strerror(errno), hint);
	return 1;
}

/* The first word of a file. */
static int read_value(const char *path, char value[32])
{
	FILE *file = fopen(path, "r");
	int found;

	if (!file)
		return -1;
	errno = ENODATA;
	found = fscanf(file, "%31s", value);
	fclose(file);
	return found == 1 ? 0 : -1;
}

int main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_IPN };
	char value[32], message[128];
	int everybody_receives = 0744;
	int bus, len;

	if (argc != 5) {
		fprintf(stderr, "usage: sensor-producer-c NETWORK NAME FILE UNIT\n");
		return 2;
	}
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]) >=
	    (int)sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return complain(argv[1], "bind");
	}

	if (open_standard_descriptors() < 0)
		return complain("/dev/null", "open");
	bus = socket(AF_IPN, SOCK_RAW, IPN_BROADCAST);
	if (bus < 0)
		return complain(argv[1], "socket");
	if (setsockopt(bus, 0, IPN_SO_MODE, &everybody_receives, sizeof(everybody_receives)) < 0)
		return complain(argv[1], "setsockopt");
	if (shutdown(bus, SHUT_RD) < 0)
		return complain(argv[1], "shutdown");
	if (join(bus, &addr) < 0)
		return complain(argv[1], "bind");
	if (connect(bus, NULL, 0) < 0)
		return complain(argv[1], "connect");

	for (;; sleep(1)) {
		if (read_value(argv[3], value) < 0)
			return complain(argv[3], "read");
		len = snprintf(message, sizeof(message), "%s %s %s", argv[2], value, argv[4]);
		if (len >= (int)sizeof(message)) {
			errno = EMSGSIZE;
			return complain(argv[1], "send");
		}
		if (send(bus, message, len, MSG_NOSIGNAL) < 0)
			return complain(argv[1], "send");
	}
}
