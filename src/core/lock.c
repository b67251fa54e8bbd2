/* SPDX-License-Identifier: MIT */
#include "core/lock.h"

#include "core/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <time.h>

#define LOCK_POLL_NANOSECONDS 20000000L

static pid_t lock_holder(const struct stat *status)
{
	STREAM FILE *locks = fopen("/proc/locks", "re");
	unsigned int device_major;
	unsigned int device_minor;
	unsigned long inode;
	char line[256];
	pid_t pid;

	while (locks && fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &device_major, &device_minor, &inode) == 4 &&
		    inode == status->st_ino && device_major == major(status->st_dev) &&
		    device_minor == minor(status->st_dev) && pid > 0)
			return pid;
	return 0;
}

/* In seconds. */
static double elapsed(const struct timespec *start, const struct timespec *end)
{
	return (double)(end->tv_sec - start->tv_sec) + (double)(end->tv_nsec - start->tv_nsec) / 1e9;
}

struct fault lock_wait(int file, const struct stat *status, unsigned int timeout)
{
	const struct timespec pause = { .tv_nsec = LOCK_POLL_NANOSECONDS };
	struct timespec start;
	struct timespec now;
	struct fault fault;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (flock(file, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return fault_errno(FAULT_LOCK, errno);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (elapsed(&start, &now) >= timeout) {
			fault = fault_of(FAULT_BUSY);
			fault.holder = lock_holder(status);
			return fault;
		}
		nanosleep(&pause, NULL);
	}
	return fault_none();
}
