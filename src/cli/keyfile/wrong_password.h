/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"

/* After a wrong password for raw, what a file holds on disk: tries what people mix up,
 * other digests and iteration counts than those of options, a carriage return after the password,
 * its first line alone, and the file behind "file:"; and says what opens it and what that
 * means for the target. */
void say_what_opens(const struct options *options, const struct secret *raw, const struct password *password);

/* As probe_passwords; shows on standard error what is going on and how far it is: after a
 * second, only on a terminal, and not when quiet. */
bool probe_with_progress(const struct secret *sealed, const struct secret *passwords, size_t count,
			 unsigned int iterations, bool quiet, struct kdf *ret_kdf, size_t *ret_password);
