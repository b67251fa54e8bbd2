/* SPDX-License-Identifier: MIT */
#include "core/deadline.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

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

struct fault deadline_read(int descriptor, void *buffer, size_t size, int64_t deadline, size_t *ret_size)
{
	struct fault fault = fault_none();
	ssize_t got = -1;

	do {
		if (deadline != DEADLINE_NONE)
			fault = deadline_await_input(descriptor, deadline);
		if (!fault.code)
			got = read(descriptor, buffer, size);
	} while (!fault.code && got < 0 && errno == EINTR);
	if (!fault.code && got < 0)
		fault = fault_errno(FAULT_READ, errno);
	if (!fault.code)
		*ret_size = (size_t)got;
	return fault;
}

struct fault deadline_fill(int descriptor, size_t limit, int64_t deadline, struct secret *content)
{
	struct fault fault = fault_none();
	size_t got = 1;

	while (!fault.code && got && content->size < limit) {
		got = 0;
		fault = deadline_read(descriptor, content->data + content->size, limit - content->size, deadline, &got);
		content->size += got;
	}
	return fault;
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
	const struct timespec time = { .tv_sec = deadline / 1000, .tv_nsec = (long)(deadline % 1000) * 1000000 };

	return !pthread_cond_timedwait(condition, mutex, &time);
}
