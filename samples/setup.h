/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the samples do before they use a network. To be included first.
 */
#ifndef SAMPLES_SETUP_H
#define SAMPLES_SETUP_H

/* for O_PATH */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A standard descriptor that is closed would be the number of the network's socket. */
static inline int open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? -1 : close(fd);
}

/* Whether no AF_UNIX socket answers to a socket file that no network has. */
static inline bool nobody_answers(struct sockaddr_un file)
{
	int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool refused;

	file.sun_family = AF_UNIX;
	refused = connect(other, (struct sockaddr *)&file, sizeof(file)) < 0 &&
		  errno == ECONNREFUSED;
	close(other);
	return refused;
}

/*
 * Removes a name in a directory that nobody else takes over meanwhile, if it is that of
 * a network that has ended, and creates the network there. What is looked at and what
 * is removed is one file, whatever takes its place at the path.
 */
static inline int replace(int bus, const struct sockaddr_un *addr, int directory, const char *name)
{
	int file = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct sockaddr_un exact = { .sun_family = addr->sun_family };
	struct stat held, found;
	int result;

	if (file < 0)
		return bind(bus, (const struct sockaddr *)addr, sizeof(*addr));
	snprintf(exact.sun_path, sizeof(exact.sun_path), "/proc/self/fd/%d", file);
	result = bind(bus, (struct sockaddr *)&exact, sizeof(exact));
	if (result < 0 && errno == ECONNREFUSED && fstat(file, &held) == 0 &&
	    S_ISSOCK(held.st_mode) && nobody_answers(exact) &&
	    fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	    found.st_dev == held.st_dev && found.st_ino == held.st_ino &&
	    unlinkat(directory, name, 0) == 0)
		result = bind(bus, (const struct sockaddr *)addr, sizeof(*addr));
	close(file);
	return result;
}

/*
 * Creates the network or joins it. The name of one that has ended is taken over, one at
 * a time in a directory, by a lock that the command ipn and its library take as well.
 */
static inline int join(int bus, const struct sockaddr_un *addr)
{
	char path[sizeof(addr->sun_path) + 1] = "";
	char *slash, *name = path;
	int directory, result = -1;

	if (bind(bus, (const struct sockaddr *)addr, sizeof(*addr)) == 0)
		return 0;
	if (errno != ECONNREFUSED)
		return -1;
	memcpy(path, addr->sun_path, sizeof(addr->sun_path));
	slash = strrchr(path, '/');
	if (slash) {
		*slash = '\0';
		name = slash + 1;
	}
	directory = open(!slash ? "." : slash == path ? "/" : path,
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory >= 0 && flock(directory, LOCK_EX) == 0)
		result = replace(bus, addr, directory, name);
	close(directory);
	if (result < 0)
		errno = ECONNREFUSED;
	return result;
}

/* A number of messages, in decimal digits and nothing else; 0 if it is none. */
static inline long parse_count(const char *text)
{
	char *end;
	long count = strtol(text, &end, 10);

	return isdigit((unsigned char)*text) && !*end && count < LONG_MAX ? count : 0;
}

#endif
