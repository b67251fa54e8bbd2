/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/edit.h"
#include "cli/keyfile/new_keys.h"
#include "cli/managers/manager.h"

/* A key file that gets keys from elsewhere, and is made when it does not exist: through the one
 * path of every command that changes a key file. */
struct target_file {
	const struct options *options; /* its file, and what opens and encrypts it */
	struct store store;
	struct content content; /* what it has; of a new file: only whether and how it will be encrypted */
	struct new_password_file made;
	bool is_new;
	struct secret text; /* its new text, once there is one */
	struct secret raw;
};

#define TARGET_FILE __attribute__((cleanup(target_file_close)))
#define TARGET_FILE_CLOSED ((struct target_file){ .store = STORE_CLOSED, .made = NEW_PASSWORD_FILE_AT(NULL) })

/* Locks and opens the key file of options, or its place. other: NULL, or options are about this
 * manager, another key file than that of the command. password: as manager_read has it; it also
 * encrypts other if that is new and has no password of its own. */
MUST_CHECK enum status target_file_open(struct target_file *target, const struct options *options,
					const struct manager *other, const struct secret *password);

/* Adds keys, none of which is there, in memory: makes the new text and its encrypted form.
 * STATUS_REFUSED: the server that reads the file would not load it. */
MUST_CHECK enum status target_file_add(struct target_file *target, const struct new_keys *keys);

/* Writes it. With a dry run everything but the writing happens. */
MUST_CHECK enum status target_file_write(struct target_file *target);

void target_file_close(struct target_file *target);
