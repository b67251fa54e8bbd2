/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <sys/stat.h>

/* Locks file with flock(2), waiting up to timeout seconds. status is the file's. Faults:
 * FAULT_BUSY, with the holder if /proc/locks shows it; FAULT_LOCK. */
MUST_CHECK struct fault lock_wait(int file, const struct stat *status, unsigned int timeout);
