/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* Writes content (not empty) over old, the whole content of file (open for both), for files
 * that cannot be replaced. Space is reserved first; what was written is synced and
 * read back. On FAULT_WRITE and FAULT_READ_BACK the file has its old content again;
 * FAULT_TORN: it has neither. A process that is killed meanwhile leaves a mixture,
 * so the old content has to be safe in another file before. */
MUST_CHECK struct fault overwrite(int file, const struct secret *old, const struct secret *content);
