/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <signal.h>

/* Signals that end a process wait while one of its changes is half made, and have the
 * status of the change once it is made. */

/* Blocks them; ret_before is for signals_release. */
void signals_hold(sigset_t *ret_before);

/* One of them has come in the meantime, and is not ignored: FAULT_INTERRUPTED. */
MUST_CHECK struct fault signals_check(void);

/* Lets them come again. */
void signals_release(const sigset_t *before);

/* Lets them come, and from now on each of them that is not ignored ends the process with
 * this exit status. */
void signals_end_with(int status);
