/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CORE_SIGNALS_H
#define MKEYFILE_CORE_SIGNALS_H

#include "core/fault.h"

#include <signal.h>

/* Signals that end a process wait while one of its changes is half made. */

/* Blocks them; ret_before is for signals_release. */
void signals_hold(sigset_t *ret_before);

/* One of them has come meanwhile, and is not ignored: FAULT_INTERRUPTED. */
MUST_CHECK struct fault signals_check(void);

/* Lets them come again, unless fault_is_published(fault): once the change is made
 * they stay blocked, since it is too late to stop it and the caller may have more
 * to do that belongs to it. */
void signals_release(struct fault fault, const sigset_t *before);

#endif
