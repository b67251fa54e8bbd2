/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/new_keys.h"
#include "core/keyset.h"
#include "core/store.h"

#include <jansson.h>

/* What a command changed: a report on standard error, an object for --json. */
struct change {
	const char *done;  /* "created", "changed" */
	const char *would; /* the same for a dry run: "would create" */
	const char *path;
	bool encrypted;
	const struct writing *writing;
	const struct new_keys *keys;
	const struct store *store; /* through which the file was changed; NULL: unchanged */
};

/* Prints a line for the file and one for each key: ID, version, bits, fingerprint. A dry run
 * shows no fingerprints and dates, since its keys will never exist. */
MUST_CHECK enum status report_words(const struct talk *talk, const struct change *change);

/* ret_object: the members of report_change_json, and "keys". The command adds its own and passes it
 * to document_set. */
MUST_CHECK enum status report_json(const struct change *change, json_t **ret_object);

/* Both, according to talk, for commands with nothing to add. */
MUST_CHECK enum status report_change(const struct talk *talk, const struct change *change);

/* Of a key ID and a file. */
#define KEY_ID_PRESENT "key ID %u is already in '%s'"
#define KEY_ID_ABSENT "key ID %u is not in '%s'"
#define KEY_VERSION_ABSENT "key ID %u version %u is not in '%s'"

/* Prints what to do before servers use new key IDs. */
void report_next_of_new_ids(void);

/* The members that all commands print for a file they write: "path", "changed", "dry_run",
 * "encrypted", "backup" and "steps". path: the key file. store: through which the file at
 * written was or, in a dry run, would be changed; NULL: nothing to change. */
json_t *report_change_json(const char *path, const struct writing *writing, bool encrypted, const struct store *store,
			   const char *written);

/* The path of the backup that was kept or, in a dry run, would be kept, or null. */
json_t *report_backup_json(const struct store *store, const char *path);

/* What every server uses a key ID for: "system", "temporary" or "". */
const char *report_key_role(uint32_t id);

/* Keys, as all commands print them. */
json_t *report_member_json(const struct keyset_member *member);
json_t *report_keyset_json(const struct keyset *keyset);

/* Prints a line for each key, as report_words does. */
void report_say_keyset(const struct keyset *keyset);
