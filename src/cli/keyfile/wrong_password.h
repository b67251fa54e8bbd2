/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"

/* After a wrong password for raw, the bytes of the file: tries other digests and iteration
 * counts than those of options, a carriage return after the password, its first line alone,
 * and the file after "file:". Prints what opens the file, and what that means for the target. */
void wrong_password_say(const struct options *options, const struct secret *raw, const struct password *password);

/* As probe_passwords. After a second, shows the progress on standard error if that is a
 * terminal, unless quiet. */
bool wrong_password_probe(const struct secret *encrypted, const struct secret *passwords, size_t count,
			  unsigned int iterations, bool quiet, struct kdf *ret_kdf, size_t *ret_password);
