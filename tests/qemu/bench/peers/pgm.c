// SPDX-License-Identifier: GPL-2.0
/*
 * PGM alone, by OpenPGM: a packet for each message. WHERE is the interface's
 * address and the group: 10.0.0.1;239.192.0.1
 */
#include <errno.h>
/* Before OpenPGM's header, which asks for what it defines. */
#include <poll.h>
#include <pgm/pgm.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"

#define MS 1000
#define MTU 1500
/* Packets that are kept: more than any publisher here sends at once. */
#define WINDOW 16384
#define PORT 7500

static pgm_sock_t *sock;

__attribute__((noreturn)) static void fail(const char *what, pgm_error_t *error)
{
	peer_fail(0, "%s: %s", what, error && error->message ? error->message : "refused");
}

static void set(int option, const void *value, socklen_t len)
{
	if (!pgm_setsockopt(sock, IPPROTO_PGM, option, value, len))
		peer_fail(0, "option %#x is refused", option);
}

static void set_int(int option, int value)
{
	set(option, &value, sizeof(value));
}

static void shape(bool publishes)
{
	const int heartbeats[] = { 100 * MS, 100 * MS, 100 * MS, 100 * MS, 200 * MS, 500 * MS };
	const int received_max = 4 << 20;

	/* What finds no room there is asked for again. */
	pgm_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &received_max, sizeof(received_max));
	set_int(PGM_MTU, MTU);
	if (publishes) {
		set_int(PGM_SEND_ONLY, 1);
		set_int(PGM_TXW_SQNS, WINDOW);
		set_int(PGM_TXW_MAX_RTE, 2000000000);
		set_int(PGM_AMBIENT_SPM, 1000 * MS);
		set(PGM_HEARTBEAT_SPM, heartbeats, sizeof(heartbeats));
	} else {
		set_int(PGM_RECV_ONLY, 1);
		set_int(PGM_RXW_SQNS, WINDOW);
		set_int(PGM_PEER_EXPIRY, 300000 * MS);
		set_int(PGM_SPMR_EXPIRY, 250 * MS);
		set_int(PGM_NAK_BO_IVL, 50 * MS);
		set_int(PGM_NAK_RPT_IVL, 200 * MS);
		set_int(PGM_NAK_RDATA_IVL, 200 * MS);
		set_int(PGM_NAK_DATA_RETRIES, 50);
		set_int(PGM_NAK_NCF_RETRIES, 50);
	}
}

static void join(const char *where, bool publishes)
{
	struct pgm_sockaddr_t address = { .sa_port = PORT };
	struct pgm_interface_req_t interface = { 0 };
	struct pgm_addrinfo_t *found = NULL;
	pgm_error_t *error = NULL;
	pid_t pid = getpid();

	if (!pgm_init(&error) || !pgm_getaddrinfo(where, NULL, &found, &error))
		fail(where, error);
	if (!pgm_socket(&sock, AF_INET, SOCK_SEQPACKET, IPPROTO_PGM, &error))
		fail("pgm_socket", error);
	shape(publishes);
	memcpy(&address.sa_addr.gsi, &pid, sizeof(pid));
	address.sa_addr.sport = 1 + pid % 7000;
	interface.ir_interface = found->ai_recv_addrs[0].gsr_interface;
	memcpy(&interface.ir_address, &found->ai_send_addrs[0].gsr_addr,
	       sizeof(interface.ir_address));
	if (!pgm_bind3(sock, &address, sizeof(address), &interface, sizeof(interface), &interface,
		       sizeof(interface), &error))
		fail("pgm_bind3", error);
	set(PGM_JOIN_GROUP, &found->ai_recv_addrs[0], sizeof(found->ai_recv_addrs[0]));
	set(PGM_SEND_GROUP, &found->ai_send_addrs[0], sizeof(found->ai_send_addrs[0]));
	set_int(PGM_MULTICAST_LOOP, 1);
	set_int(PGM_MULTICAST_HOPS, 16);
	set_int(PGM_NOBLOCK, publishes);
	if (!pgm_connect(sock, &error))
		fail("pgm_connect", error);
}

void peer_publisher(const char *where)
{
	join(where, true);
}

void peer_subscriber(const char *where)
{
	join(where, false);
}

void peer_send(const void *message, size_t len)
{
	int status;

	while ((status = pgm_send(sock, message, len, NULL)) != PGM_IO_STATUS_NORMAL) {
		if (status == PGM_IO_STATUS_ERROR || status == PGM_IO_STATUS_EOF)
			peer_fail(errno, "pgm_send");
		usleep(MS);
	}
}

void peer_flush(void)
{
}

int peer_fds(struct pollfd *fds)
{
	int count = PEER_FDS;

	if (pgm_poll_info(sock, fds, &count, POLLIN) < 0)
		peer_fail(errno, "pgm_poll_info");
	return count;
}

/* For what it tells of itself now and then. */
int peer_patience(void)
{
	return 50;
}

/* Repairs what others ask for. */
void peer_serve(void)
{
	char room[MTU];

	while (pgm_recv(sock, room, sizeof(room), MSG_DONTWAIT, NULL, NULL) == PGM_IO_STATUS_NORMAL)
		;
}

ssize_t peer_receive(void *room, size_t size)
{
	for (;;) {
		pgm_error_t *error = NULL;
		size_t len;

		switch (pgm_recv(sock, room, size, 0, &len, &error)) {
		case PGM_IO_STATUS_NORMAL:
			return len;
		case PGM_IO_STATUS_ERROR:
			fail("pgm_recv", error);
		case PGM_IO_STATUS_EOF:
			return -1;
		default:
			/* Something is lost, or is still to come. */
			if (error)
				pgm_error_free(error);
		}
	}
}
