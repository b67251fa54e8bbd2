/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/envelope.h"

#include <stdint.h>

/* What opens an encrypted key file, when what it should be opened with does not. */

/* How far the tries are, in PBKDF2 iterations, of which nearly all of the time goes. */
struct probe_progress {
	uint64_t done;
	uint64_t total;
	uint64_t milliseconds; /* since the start */
};

/* Called about five times a second, by the thread that called; NULL: never. */
typedef void probe_show(void *context, const struct probe_progress *progress);

/* Tries each of count passwords with every digest, 1 iteration and PBKDF2 with the
 * usual iteration counts (1, 1000, 10000, 100000, 600000) and with iterations, cheap
 * ones first, on all processors. True: password number ret_password opens it with
 * ret_kdf, and none of the tries before it does. */
bool probe_passwords(const struct secret *sealed, const struct secret *passwords, size_t count, unsigned int iterations,
		     probe_show *show, void *context, struct kdf *ret_kdf, size_t *ret_password);
