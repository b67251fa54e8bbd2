/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/new_keys.h"
#include "core/store.h"

#include <jansson.h>

/* What a command changed: words on standard error, an object for --json. */
struct change {
	const char *done;  /* "created", "changed" */
	const char *would; /* the same for a dry run: "would create" */
	const char *path;
	bool encrypted;
	bool dry_run;
	const struct new_keys *keys;
	const struct store *store; /* what the file was changed through; NULL: it was not */
};

/* A line for the file and one for each key: ID, version, bits, fingerprint
 * (not with a dry run: those keys will never exist). */
MUST_CHECK enum status report_words(const struct talk *talk, const struct change *change);

/* ret_object: "file", "dry_run", "encrypted", "backup" and "keys", for the command to add
 * to and print. */
MUST_CHECK enum status report_json(const struct change *change, json_t **ret_object);

/* Both, as talk asks for, for commands that have nothing to add. */
MUST_CHECK enum status report_change(const struct talk *talk, const struct change *change);

/* What has to be done before servers use new key IDs. */
void say_next_of_new_ids(void);

/* The path of the backup that was kept or, in a dry run, would be kept, or null. */
json_t *backup_json(const struct store *store, const char *path);

/* One key of --json, as list and the commands that make keys print it. */
json_t *key_json(uint32_t version, size_t size, const struct fingerprint *fingerprint);
