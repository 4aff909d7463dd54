// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the values of all sensors on a network, until it ends.
 *
 *	sensor-consumer-c /tmp/sensors
 */
#include "../setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/af_ipn.h>

static int complain(const char *path, const char *what)
{
	const char *hint = "";

	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		hint = " (start a producer there first)";
		break;
	case EAFNOSUPPORT:
		hint = " (load its module: modprobe af_ipn)";
		break;
	}
	fprintf(stderr, "sensor-consumer-c: %s: %s: %s%s\n", path, what, strerror(errno), hint);
	return 1;
}

/* How many messages this port has lost so far, which comes with each once there are any. */
static __u32 lost_so_far(struct msghdr *header)
{
	struct cmsghdr *control;
	__u32 lost;

	for (control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&lost, CMSG_DATA(control), sizeof(lost));
			return lost;
		}
	}
	return 0;
}

/* Other people's bytes: a terminal may obey those that are not printable. */
static void complain_of_message(const char *message)
{
	fputs("sensor-consumer-c: not a value: ", stderr);
	for (; *message; message++) {
		if (*message >= ' ' && *message <= '~')
			fputc(*message, stderr);
		else
			fprintf(stderr, "\\%03o", (unsigned char)*message);
	}
	fputc('\n', stderr);
}

static bool is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return !*text;
}

static int print_value(const char *message)
{
	char name[128], value[128], unit[128], *end;
	int all = 0;

	if (is_printable(message) &&
	    sscanf(message, "%127s %127s %127s%n", name, value, unit, &all) == 3 && !message[all] &&
	    !value[strspn(value, "0123456789.eE+-")]) {
		strtod(value, &end);
		if (!*end)
			return printf("%s: %s %s\n", name, value, unit) < 0 ? -1 : fflush(stdout);
	}
	complain_of_message(message);
	return 0;
}

int main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_IPN };
	char message[129], control[CMSG_SPACE(sizeof(__u32))];
	struct iovec place = { .iov_base = message, .iov_len = sizeof(message) - 1 };
	struct msghdr header = { .msg_iov = &place, .msg_iovlen = 1, .msg_control = control };
	__u32 lost, told = 0;
	int bus, on = 1;
	ssize_t len;

	if (argc != 2) {
		fprintf(stderr, "usage: sensor-consumer-c NETWORK\n");
		return 2;
	}
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", argv[1]) >=
	    (int)sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return complain(argv[1], "connect");
	}

	if (open_standard_descriptors() < 0)
		return complain("/dev/null", "open");
	bus = socket(AF_IPN, SOCK_RAW, IPN_ANY);
	if (bus < 0)
		return complain(argv[1], "socket");
	if (setsockopt(bus, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) < 0)
		return complain(argv[1], "setsockopt");
	if (shutdown(bus, SHUT_WR) < 0)
		return complain(argv[1], "shutdown");
	if (connect(bus, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return complain(argv[1], "connect");

	for (;;) {
		header.msg_controllen = sizeof(control);
		len = recvmsg(bus, &header, 0);
		if (len < 0)
			return complain(argv[1], "recvmsg");
		/* every message has it, an empty one too, and the end has not */
		if (!(header.msg_flags & MSG_EOR))
			return 0;
		lost = lost_so_far(&header);
		if (lost != told)
			fprintf(stderr, "sensor-consumer-c: lost %u values\n", lost - told);
		told = lost;
		message[len] = '\0';
		if (print_value(message) < 0)
			return complain("standard output", "write");
	}
}
