/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/content.h"
#include "cli/keyfile/password_source.h"
#include "core/replace.h"

/* How every command changes a key file: open, change, check, encrypt, replace. */
struct edit {
	const struct options *options;
	struct store store;
	struct content content;
};

#define EDIT __attribute__((cleanup(edit_close)))
#define EDIT_CLOSED ((struct edit){ .store = STORE_CLOSED })

/* Locks, reads, opens and parses the key file of options. Call filter_complete first. */
MUST_CHECK enum status edit_open(struct edit *edit, const struct options *options);

/* Writes text as the file's new content, encrypted if the file was encrypted. A dry run does
 * everything except the writing. */
MUST_CHECK enum status edit_commit(struct edit *edit, const struct secret *text);

/* For a command with nothing to change: a filter passes on its input unchanged. */
MUST_CHECK enum status edit_keep(struct edit *edit);

void edit_close(struct edit *edit);

/* Locks and reads the file at path to replace it, and announces the change. */
MUST_CHECK enum status edit_open_store(struct store *store, const char *path, const struct writing *writing,
				       bool keep_backup);

/* The same in two steps, for commands that read the file to find out whether to change it.
 * edit_announce_change keeps a backup, and warns of what a replacement breaks, such as hard links. */
MUST_CHECK enum status edit_open_store_quietly(struct store *store, const char *path, const struct writing *writing);
MUST_CHECK enum status edit_announce_change(struct store *store, const char *path, bool keep_backup);

/* Reserves path for a new file. With force, an existing file is opened as by edit_open_store, with
 * a backup. */
MUST_CHECK enum status edit_open_new_store(struct store *store, const char *path, const struct writing *writing,
					   bool force);

/* Refuses to write plain keys to a file whose mode lets others read it or its group change
 * it. Accepts a closed store. */
MUST_CHECK enum status edit_refuse_exposure(const struct store *store, const char *path);

/* Warns if others can read plain keys, or the group can change them. */
void edit_warn_if_exposed(const struct store *store, bool is_encrypted, const char *path);

/* The new content of a key file before it is encrypted, and what opens it and earlier content. */
struct new_content {
	struct kdf kdf;
	const struct secret *text;
	const struct password *password;     /* NULL: none */
	const struct password *old_password; /* NULL: none, or the same */
};

/* What is written to disk. */
struct publication {
	const struct secret *raw; /* NULL: the file has its content already */
	struct new_content new_content;
	struct new_password_file *new_password_file; /* NULL, or path NULL: none */
	const struct replacement *first;	     /* a file to change before the key file; or NULL */
	struct store *password_store;		     /* a password file to change after the key file; or NULL */
	const struct secret *password_content;	     /* for it */
	const char *journal;			     /* as in edit_publish_files */
};

/* Writes the publication to the file in store, or to the output of a filter (filter.h). A new
 * password file is written before, a changed password file after. As edit_publish_files. */
MUST_CHECK enum status edit_publish(struct store *store, const char *path, const struct options *options,
				    const struct publication *publication);

/* Replaces files in their order, as replace_files does; a dry run only checks. Reports what
 * failed, which password file was (or would be) created, where old content was kept, which
 * backups were deleted by their rules, and what is left in each directory: content of another
 * program, old content that could not be removed, and files of an interrupted run.
 * journal: the file with the new password until all files are replaced; or NULL. A signal that
 * ends the process after success gives status 0, or STATUS_FAILED if the command has more to
 * do. */
MUST_CHECK enum status edit_publish_files(struct replacement *files, size_t count, const char *journal,
					  const struct writing *writing);

/* The first file for edit_publish_files: a new password file, whose path is not NULL. */
struct replacement edit_new_password_file(struct new_password_file *file);
