/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CORE_DEADLINE_H
#define MKEYFILE_CORE_DEADLINE_H

#include "core/fault.h"

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

/* Makes a condition whose waits end by such a deadline. */
void deadline_condition_init(pthread_cond_t *condition);

/* As pthread_cond_timedwait(3): mutex is held. False: the deadline came first. */
MUST_CHECK bool deadline_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline);

#endif
