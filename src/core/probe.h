/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/envelope.h"

#include <stdint.h>

/* Finds the password and KDF that decrypt a key file when the given ones fail. */

/* Progress in PBKDF2 iterations, which take nearly all of the time. */
struct probe_progress {
	uint64_t done;
	uint64_t total;
	uint64_t milliseconds; /* since the start */
};

/* Called about five times a second, in the caller's thread; NULL: never. */
typedef void probe_show(void *context, const struct probe_progress *progress);

/* Tries each of count passwords with every digest, with EVP_BytesToKey and with PBKDF2,
 * first the fast ones, on all processors. The iteration counts are the usual ones (1,
 * 1000, 10000, 100000, 600000) and iterations. Returns true if a try succeeds;
 * *ret_password and *ret_kdf describe the first one that does. */
bool probe_passwords(const struct secret *encrypted, const struct secret *passwords, size_t count,
		     unsigned int iterations, probe_show *show, void *context, struct kdf *ret_kdf,
		     size_t *ret_password);
