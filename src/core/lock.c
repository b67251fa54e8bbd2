/* SPDX-License-Identifier: MIT */
#include "core/lock.h"

#include "core/cleanup.h"
#include "core/deadline.h"

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

struct fault lock_wait(int file, const struct stat *status, unsigned int timeout)
{
	const struct timespec pause = { .tv_nsec = LOCK_POLL_NANOSECONDS };
	const int64_t deadline = deadline_now() + (int64_t)timeout * 1000;

	while (flock(file, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return fault_errno(FAULT_LOCK, errno);
		if (deadline_now() >= deadline)
			return (struct fault){ .code = FAULT_BUSY, .holder = lock_holder(status) };
		nanosleep(&pause, NULL);
	}
	return fault_none();
}
