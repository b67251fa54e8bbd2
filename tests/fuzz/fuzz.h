/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_TESTS_FUZZ_H
#define MKEYFILE_TESTS_FUZZ_H

#include "core/decrypt.h"
#include "core/envelope.h"
#include "core/keyfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                                                             \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* Called by libFuzzer and replay.c. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#endif
