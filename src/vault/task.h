/* SPDX-License-Identifier: MIT */
#pragma once

#include "vault/kv.h"

#include <stddef.h>

/* What mkeyfile asks for, and what it is told. */

/* One key, as a line "ID;VERSION;HEX" of the request has it. */
struct key_line {
	uint32_t id;
	uint32_t version;
	size_t digits;
	const unsigned char *hex; /* in the request's text */
};

struct key_lines {
	struct key_line *list; /* by ID, then version; none twice */
	size_t count;
	uint32_t *kept; /* versions of the only key ID in list that get no placeholders; NULL: none */
	size_t kept_count;
};

/* What is worth a warning: its kind's name for scripts, the first secret and version that it is
 * about, and how many there are. */
struct notice {
	uint32_t id;
	uint32_t version;
	uint32_t number; /* max_versions of the first */
	size_t count;
};

struct notices {
	struct notice max_versions;	 /* secrets that keep too few versions */
	struct notice delete_after;	 /* secrets whose versions are deleted after some time */
	struct notice version_destroyed; /* versions that are destroyed, deleted, or no longer known */
	bool can_write;			 /* the token may change secrets */
};

/* Further versions that a secret should have room for. */
#define TASK_ROOM 10
/* Versions that are to be kept of a secret that is written. */
#define TASK_MAX_VERSIONS 1000

/* Versions that do not exist and are written for the sake of one that does. */
#define TASK_FILLERS_MAX 1000

/* Reads all live versions of the secrets of count ids (NULL: of all secrets) as key lines. version:
 * this one only; 0: all. */
bool task_read(struct kv *kv, const uint32_t *ids, size_t count, uint32_t version, struct notices *notices,
	       struct secret *ret_text);

/* Finds out, without a change, whether lines can be written: versions that are there have the same key,
 * and no version is destroyed, deleted or older than what Vault still knows. */
bool task_check(struct kv *kv, const struct key_lines *lines);

/* Checks the same, writes what is missing, reads it back and compares. *ret_written: keys that
 * were written, also when it fails. */
bool task_write(struct kv *kv, const struct key_lines *lines, size_t *ret_written);
