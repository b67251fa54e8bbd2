/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_TESTS_UNIT_HELPERS_H
#define MKEYFILE_TESTS_UNIT_HELPERS_H

#include "core/secret.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* For tables of cases: a failing expectation reports the name of its row. */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A string literal as bytes and size, so that it may contain a NUL. */
#define TEXT(literal) literal, sizeof(literal) - 1

#define HEX16 "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define HEX24 HEX16 "13579bdf02468ace"
#define HEX32 HEX16 "e0d1c2b3a495867768594a3b2c1d0e0f"

static inline void expect_number(const char *row, const char *what, uint64_t got, uint64_t wanted)
{
	if (got != wanted)
		fail_msg("%s: %s is %" PRIu64 ", not %" PRIu64, row, what, got, wanted);
}

static inline void expect_fault(const char *row, struct fault got, struct fault wanted)
{
	if (got.code != wanted.code || got.line != wanted.line || got.column != wanted.column ||
	    got.error_number != wanted.error_number)
		fail_msg("%s: fault %d, errno %d, line %u, column %u; not fault %d, errno %d, line %u, column %u", row,
			 (int)got.code, got.error_number, got.line, got.column, (int)wanted.code, wanted.error_number,
			 wanted.line, wanted.column);
}

static inline void expect_done(const char *row, struct fault got)
{
	expect_fault(row, got, fault_none());
}

static inline void expect_bytes(const char *row, const struct secret *got, const void *wanted, size_t size)
{
	expect_number(row, "size", got->size, size);
	for (size_t i = 0; i < size; i++)
		if (got->data[i] != ((const unsigned char *)wanted)[i])
			fail_msg("%s: byte %zu is 0x%02x, not 0x%02x", row, i, got->data[i],
				 ((const unsigned char *)wanted)[i]);
}

static inline void expect_text(const char *row, const char *got, const char *wanted)
{
	if (!got || strcmp(got, wanted))
		fail_msg("%s: '%s', not '%s'", row, got ? got : "(null)", wanted);
}

/* The caller frees the result, as with every secret. */
static inline struct secret secret_of(const void *data, size_t size)
{
	struct secret secret = { 0 };

	expect_done("secret_copy", secret_copy(&secret, data, size));
	return secret;
}

static inline struct secret secret_of_text(const char *text)
{
	return secret_of(text, strlen(text));
}

#endif
