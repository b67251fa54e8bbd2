/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_WRONG_PASSWORD_H
#define MKEYFILE_CLI_WRONG_PASSWORD_H

#include "cli/options.h"
#include "core/password.h"

/* After a wrong password for raw, what a file holds on disk: tries what people mix up,
 * other digests and iteration counts than tried, a carriage return behind the password,
 * its first line alone, and the file behind "file:"; and says what opens it and what that
 * means for the target. */
void say_what_opens(const struct target *target, struct kdf tried, bool quiet, const struct secret *raw,
		    const struct password *password);

#endif
