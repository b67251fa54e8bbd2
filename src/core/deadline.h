/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

#include <pthread.h>
#include <stdint.h>

/* Deadlines are in milliseconds of CLOCK_MONOTONIC. */
#define DEADLINE_NONE INT64_MAX

int64_t deadline_now(void);

/* Returns the deadline in seconds from now; 0 means DEADLINE_NONE. */
int64_t deadline_after(unsigned int seconds);

/* Waits until descriptor is readable without blocking or has no writers left. Faults:
 * FAULT_TIMEOUT, FAULT_READ. */
MUST_CHECK struct fault deadline_await_input(int descriptor, int64_t deadline);

/* Reads up to size bytes, as read(2); *ret_size is 0 at the end of the file. With
 * DEADLINE_NONE, calls read(2) without polling first. Faults: FAULT_TIMEOUT, FAULT_READ. */
MUST_CHECK struct fault deadline_read(int descriptor, void *buffer, size_t size, int64_t deadline, size_t *ret_size);

/* Appends to content until the end of the file, or until content has limit bytes, for
 * which it must have capacity. Faults: as deadline_read. */
MUST_CHECK struct fault deadline_fill(int descriptor, size_t limit, int64_t deadline, struct secret *content);

/* Initializes a condition variable for deadline_wait. */
void deadline_condition_init(pthread_cond_t *condition);

/* Waits as pthread_cond_timedwait(3) does; the caller holds mutex. Returns false if the
 * deadline came first. */
MUST_CHECK bool deadline_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline);
