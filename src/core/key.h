/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stddef.h>
#include <stdint.h>

/* One key: 16, 24 or 32 bytes (128, 192 or 256 bits), the sizes that
 * file_key_management accepts (plugin/file_key_management/parser.cc). */
#define KEY_MAX_SIZE 32

/* Identifies a key, so that two hosts can tell whether they have the same one. It reveals
 * nothing else about a random key. */
struct fingerprint {
	char text[17]; /* 16 lower-case hex digits and a NUL */
};

bool key_size_is_valid(size_t size);

/* Compares pairs of ID and version, in this order, as qsort(3) does. */
int key_compare(uint32_t id, uint32_t version, uint32_t other_id, uint32_t other_version);

/* Fills key with size random bytes from RAND_priv_bytes. Faults: FAULT_RANDOM if the
 * generator fails or returns bytes that are all equal; key is then wiped. */
MUST_CHECK struct fault key_generate(unsigned char *key, size_t size);

/* Returns the value of a hex digit in either case, or -1. */
int hex_digit_value(unsigned char digit);

/* Writes 2 * size lower-case hex digits, without a NUL. */
void key_to_hex(const unsigned char *key, size_t size, unsigned char *hex);

/* Decodes 2 * size hex digits, which the caller has validated. */
void key_from_hex(const unsigned char *hex, size_t size, unsigned char *key);

/* Returns whether all bytes are equal, which no random generator produces. */
bool key_is_uniform(const unsigned char *key, size_t size);

/* Computes fingerprints: the first 16 hex digits of HMAC-SHA-256 over the ASCII text
 * "mkeyfile fingerprint v1", with the key as the HMAC key. A fingerprinter can compute
 * any number of them and keeps nothing of a key. Free it with fingerprinter_free, which
 * accepts NULL. */
struct fingerprinter;
MUST_CHECK struct fault fingerprinter_new(struct fingerprinter **ret_fingerprinter);
MUST_CHECK struct fault fingerprint_key(struct fingerprinter *fingerprinter, const unsigned char *key, size_t size,
					struct fingerprint *ret_fingerprint);
void fingerprinter_free(struct fingerprinter *fingerprinter);

/* Returns whether the fingerprint belongs to a key that MariaDB's manual or source publishes. */
bool key_is_published(const struct fingerprint *fingerprint);
