/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* Overwrites file, for files that cannot be replaced. file is open for reading and
 * writing and contains exactly old; content is not empty. Reserves space first, then
 * writes, syncs and reads back. Faults: FAULT_WRITE and FAULT_READ_BACK, after which the
 * file contains old again; FAULT_TORN, after which it contains neither. A process that is
 * killed while it writes leaves a mixture, so first save the old content safely in
 * another file. */
MUST_CHECK struct fault overwrite(int file, const struct secret *old, const struct secret *content);
