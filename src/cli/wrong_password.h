/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_WRONG_PASSWORD_H
#define MKEYFILE_CLI_WRONG_PASSWORD_H

#include "cli/options.h"
#include "core/password.h"

/* Says that the password does not open raw, what the file called name holds on
 * disk. With probe it tries what people mix up: other digests and iteration counts,
 * a carriage return behind the password, its first line alone, and the file behind
 * "file:"; and says what opens it and what that means for the target. Returns
 * STATUS_WRONG_PASSWORD. */
MUST_CHECK enum status report_wrong_password(const struct options *options, const char *name, const struct secret *raw,
					     const struct password *password, bool probe);

#endif
