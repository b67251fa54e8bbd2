/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/keyfile.h"

/* Keys that a command is about to write. */
struct new_keys {
	struct secret memory;
	struct new_key *items; /* in memory */
	size_t count;
	struct date now; /* the date of generated keys; "": they get none */
};

#define NEW_KEYS __attribute__((cleanup(new_keys_free)))

/* Allocates memory for count keys. writing: whether generated keys get a date; NULL: no keys will be
 * generated. */
MUST_CHECK enum status new_keys_allocate(struct new_keys *keys, size_t count, const struct writing *writing);
void new_keys_free(struct new_keys *keys);

/* Appends a random key of size bytes. */
MUST_CHECK enum status new_keys_generate(struct new_keys *keys, uint32_t id, uint32_t version, size_t size);

/* Appends a key of 16, 24 or 32 bytes, whose date is not known. */
void new_keys_append(struct new_keys *keys, uint32_t id, uint32_t version, const struct secret *key);

/* Appends the key of an entry of keyfile, with its date. */
void new_keys_copy(struct new_keys *keys, const struct keyfile *keyfile, const struct entry *entry);

/* For a target that records no dates. */
void new_keys_forget_dates(struct new_keys *keys);

/* An existing key to import. */
struct key_import {
	const char *path; /* of its hex digits; "-": standard input */
	uint32_t id;
	uint32_t version;    /* 0: not given, version 1 */
	struct date created; /* "": unknown */
	bool force;
	bool input_is_free; /* nothing else is read from standard input */
};

/* Appends the hex key in the file, which may contain only white space besides. Unless force is
 * set, refuses a key that is not a secret or is already in keyfile. */
MUST_CHECK enum status new_keys_import(struct new_keys *keys, const struct key_import *import,
				       const struct keyfile *keyfile);
