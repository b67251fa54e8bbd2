/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

#include <pthread.h>
#include <stdint.h>

/* When to stop waiting, in milliseconds of CLOCK_MONOTONIC. */
#define DEADLINE_NONE INT64_MAX

int64_t deadline_now(void);

/* 0 seconds: DEADLINE_NONE. */
int64_t deadline_after(unsigned int seconds);

/* Waits until descriptor can be read without waiting, or its writers are gone.
 * FAULT_TIMEOUT, FAULT_READ. */
MUST_CHECK struct fault deadline_await_input(int descriptor, int64_t deadline);

/* read(2), up to size bytes; 0 at the end. With DEADLINE_NONE it does not wait before it
 * reads. FAULT_TIMEOUT, FAULT_READ. */
MUST_CHECK struct fault deadline_read(int descriptor, void *buffer, size_t size, int64_t deadline, size_t *ret_size);

/* Appends to content until the descriptor ends or content has limit bytes, for which it has
 * the capacity. Faults as deadline_read. */
MUST_CHECK struct fault deadline_fill(int descriptor, size_t limit, int64_t deadline, struct secret *content);

/* Makes a condition whose waits end by such a deadline. */
void deadline_condition_init(pthread_cond_t *condition);

/* As pthread_cond_timedwait(3): mutex is held. False: the deadline came first. */
MUST_CHECK bool deadline_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline);
