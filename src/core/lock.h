/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <sys/stat.h>

/* Locks file, whose status is given, with flock(2), waiting at most timeout
 * seconds. FAULT_BUSY names the holder where /proc/locks tells it; FAULT_LOCK. */
MUST_CHECK struct fault lock_wait(int file, const struct stat *status, unsigned int timeout);
