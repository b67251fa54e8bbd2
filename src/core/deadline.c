/* SPDX-License-Identifier: MIT */
#include "core/deadline.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

int64_t deadline_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t deadline_after(unsigned int seconds)
{
	return seconds ? deadline_now() + (int64_t)seconds * 1000 : DEADLINE_NONE;
}

struct fault deadline_await_input(int descriptor, int64_t deadline)
{
	struct pollfd input = { .fd = descriptor, .events = POLLIN };

	for (;;) {
		int64_t left = deadline == DEADLINE_NONE ? -1 : deadline - deadline_now();
		int ready;

		if (deadline != DEADLINE_NONE && left <= 0)
			return fault_of(FAULT_TIMEOUT);
		ready = poll(&input, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (ready > 0)
			return fault_none();
		if (ready < 0 && errno != EINTR)
			return fault_errno(FAULT_READ, errno);
	}
}

void deadline_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

bool deadline_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline)
{
	const struct timespec time = { .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000 };

	return !pthread_cond_timedwait(condition, mutex, &time);
}
