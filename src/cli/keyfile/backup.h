/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"
#include "core/store.h"

/* Which earlier backups of a file may be replaced: those whose keys are all in the file. */

#define BACKUP_PASSWORDS_MAX 5

/* The passwords that may open the file and its backups: first those given, then those in the
 * password file and its backups, which are read only if a backup is encrypted. Each password
 * is tried with both KDFs, and with every digest and 1 iteration. */
struct backup_passwords {
	const struct password *given[2]; /* or NULL */
	struct kdf kdfs[2];
	const char *password_file; /* or NULL */
	struct password read[BACKUP_PASSWORDS_MAX - 2];
	bool is_read;
};

#define BACKUP_PASSWORDS __attribute__((cleanup(backup_passwords_free)))
void backup_passwords_free(struct backup_passwords *passwords);

/* For core/backup.h: whether all keys of a backup are in content, the content of the file (as
 * on disk or plain). Every line that could contain a key counts, even after a NUL byte or in a
 * comment. A backup that cannot be opened is not superseded. */
struct backup_judge {
	const struct secret *content;
	struct backup_passwords *passwords;
	struct keyfile keyfile; /* content, after it was opened */
	struct secret accepted; /* the last backup that was superseded */
};

bool backup_is_superseded(const struct secret *backup, void *backup_judge);
#define BACKUP_JUDGE __attribute__((cleanup(backup_judge_free)))
void backup_judge_free(struct backup_judge *judge);

/* The same for a password file, whose backup must be identical to content. */
bool backup_is_identical(const struct secret *backup, void *content);

/* The path of the backup that a change of the file at path keeps or, in a dry run, would
 * keep, malloc(3)ed; NULL: none, or no memory. path_of_backup returns the path of another
 * name in the same directory. */
char *backup_path(const struct store *store, const char *path);
char *path_of_backup(const struct store *store, const char *path, const char *name);
