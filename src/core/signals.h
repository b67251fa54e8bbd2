/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <signal.h>

/* Delays signals that end the process while a change is in progress, and gives them the
 * exit status of the change once it is done. */

/* Blocks the signals. Pass ret_before to signals_release. */
void signals_hold(sigset_t *ret_before);

/* Faults: FAULT_INTERRUPTED if one of the signals is pending and not ignored. */
MUST_CHECK struct fault signals_check(void);

/* Unblocks the signals. */
void signals_release(const sigset_t *before);

/* Unblocks the signals. From now on, each of them that is not ignored ends the process
 * with this exit status. */
void signals_end_with(int status);
