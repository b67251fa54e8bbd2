/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stddef.h>

/* One key: 16, 24 or 32 bytes (128, 192 or 256 bits), the sizes that
 * file_key_management accepts (plugin/file_key_management/parser.cc). */
#define KEY_MAX_SIZE 32

/* Tells whether two hosts hold the same key, and nothing else about a random
 * one. */
struct fingerprint {
	char text[17]; /* 16 lower-case hex digits and a NUL */
};

bool key_size_is_valid(size_t size);

/* Fills key with size random bytes from RAND_priv_bytes. FAULT_RANDOM when the
 * generator fails or gives bytes that are all equal; key is then wiped. */
MUST_CHECK struct fault key_generate(unsigned char *key, size_t size);

/* Value of a hex digit in either case, or -1. */
int hex_digit_value(unsigned char digit);

/* Writes 2 * size lower-case hex digits, no NUL. */
void key_to_hex(const unsigned char *key, size_t size, unsigned char *hex);

/* Decodes 2 * size hex digits, which the caller has checked. */
void key_from_hex(const unsigned char *hex, size_t size, unsigned char *key);

/* All bytes are equal: no generator made this. */
bool key_is_uniform(const unsigned char *key, size_t size);

/* Computes fingerprints: the first 16 hex digits of HMAC-SHA-256 with the key
 * as HMAC key over the ASCII text "mkeyfile fingerprint v1". One fingerprinter
 * serves any number of keys; it keeps nothing of them. Free it with
 * fingerprinter_free (NULL is fine). */
struct fingerprinter;
MUST_CHECK struct fault fingerprinter_new(struct fingerprinter **ret_fingerprinter);
MUST_CHECK struct fault fingerprint_key(struct fingerprinter *fingerprinter, const unsigned char *key, size_t size,
					struct fingerprint *ret_fingerprint);
void fingerprinter_free(struct fingerprinter *fingerprinter);

/* The fingerprint is of a key that MariaDB's manual or source prints, which
 * the whole world can therefore read. */
bool key_is_published(const struct fingerprint *fingerprint);
