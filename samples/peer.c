// SPDX-License-Identifier: GPL-2.0
/*
 * A peer: what it reads from its standard input all other peers print, and the
 * other way round. The first peer creates the network, the others join it.
 *
 *	ipn-peer /tmp/bus
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/af_ipn.h>

static int complain(const char *path, const char *what)
{
	const char *hint = "";

	switch (errno) {
	case ECONNREFUSED:
		hint = " (it is no network, and cannot be removed)";
		break;
	case EAFNOSUPPORT:
		hint = " (load its module: modprobe af_ipn)";
		break;
	}
	fprintf(stderr, "ipn-peer: %s: %s: %s%s\n", path, what, strerror(errno), hint);
	return 1;
}

/*
 * Creates the network or joins it. A socket file that refuses is what a network
 * has left behind that has ended: it is removed first, as with AF_UNIX. So the
 * name must be this program's own.
 */
static int join(int bus, const struct sockaddr_un *addr)
{
	struct stat file;

	if (bind(bus, (struct sockaddr *)addr, sizeof(*addr)) == 0)
		return 0;
	if (errno != ECONNREFUSED || lstat(addr->sun_path, &file) < 0 || !S_ISSOCK(file.st_mode))
		return -1;
	unlink(addr->sun_path);
	return bind(bus, (struct sockaddr *)addr, sizeof(*addr));
}

int main(int argc, char *argv[])
{
	struct sockaddr_un addr = { .sun_family = AF_IPN };
	struct pollfd files[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	char line[1514], message[65536];
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
	printf("joined %s as port %d\n", argv[1], port);

	files[1].fd = bus;
	files[1].events = POLLIN;
	for (;;) {
		if (poll(files, 2, -1) < 0)
			return complain(argv[1], "poll");
		if (files[1].revents) {
			len = recv(bus, message, sizeof(message), 0);
			if (len < 0)
				return complain(argv[1], "recv");
			if (len == 0 && files[1].revents & POLLHUP)
				return 0;	/* the network has ended */
			fwrite(message, 1, len, stdout);
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
