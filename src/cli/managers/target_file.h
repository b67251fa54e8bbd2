/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/edit.h"
#include "cli/keyfile/new_keys.h"
#include "cli/managers/manager.h"

/* A key file to which keys are copied, and which is created if it does not exist. Uses the functions
 * of every command that changes a key file. */
struct target_file {
	const struct options *options; /* the path of the file, and how to open and encrypt it */
	struct store store;
	struct content content; /* of an existing file; for a new file: only whether and how to encrypt it */
	struct new_password_file made;
	bool is_new;
	struct secret text; /* the new text, after target_file_add */
	struct secret raw;
};

#define TARGET_FILE __attribute__((cleanup(target_file_close)))
#define TARGET_FILE_CLOSED ((struct target_file){ .store = STORE_CLOSED, .made = NEW_PASSWORD_FILE_AT(NULL) })

/* Locks and opens the key file of options, or reserves its path. other: the key file of options, if
 * this is not the key file of the command; or NULL. password: as for manager_open; also encrypts
 * other if that file is new and the options give no password for it. */
MUST_CHECK enum status target_file_open(struct target_file *target, const struct options *options,
					const struct manager *other, const struct secret *password);

/* Adds keys in memory: makes the new text and its encrypted form. The file must have none of the
 * keys. STATUS_REFUSED: the server that reads the file would not load the new text. */
MUST_CHECK enum status target_file_add(struct target_file *target, const struct new_keys *keys);

/* Writes the file. A dry run does everything except the writing. */
MUST_CHECK enum status target_file_write(struct target_file *target);

void target_file_close(struct target_file *target);
