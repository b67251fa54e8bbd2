/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/content.h"
#include "cli/keyfile/password_source.h"
#include "core/replace.h"

/* The one path of every command that changes a key file: open, change, check,
 * seal, replace. */
struct edit {
	const struct options *options;
	struct store store;
	struct content content;
};

#define EDIT __attribute__((cleanup(edit_close)))
#define EDIT_CLOSED ((struct edit){ .store = STORE_CLOSED })

/* Locks, reads, opens and parses the key file that options name, after filter_complete. */
MUST_CHECK enum status edit_open(struct edit *edit, const struct options *options);

/* Writes text as the file's new content, encrypted if the file was. With a dry
 * run everything but the writing happens. */
MUST_CHECK enum status edit_commit(struct edit *edit, const struct secret *text);

/* Where nothing is to be changed: a filter hands on its input as it is. */
MUST_CHECK enum status edit_keep(struct edit *edit);

void edit_close(struct edit *edit);

/* Locks and reads the file at path for a replacement, and announces the change. */
MUST_CHECK enum status open_store(struct store *store, const char *path, const struct writing *writing,
				  bool keep_backup);

/* The same in two steps, where the file itself shows whether there is anything to change:
 * then a backup may be due, and warnings of what a replacement breaks, such as hard links. */
MUST_CHECK enum status open_store_quietly(struct store *store, const char *path, const struct writing *writing);
MUST_CHECK enum status announce_change(struct store *store, const char *path, bool keep_backup);

/* The place of a new file at path, or with force an existing file, as open_store with a
 * backup. */
MUST_CHECK enum status open_new_store(struct store *store, const char *path, const struct writing *writing, bool force);

/* Refuses to put plain keys into a file that keeps a mode by which others can
 * read it, or its group change it. A closed store is fine. */
MUST_CHECK enum status refuse_exposure(const struct store *store, const char *path);

/* Plain keys that others can read or change are worth a word, whoever did it. */
void warn_if_exposed(const struct store *store, bool is_encrypted, const char *path);

/* What is in a key file now, before it is sealed, and what opens it and earlier content. */
struct new_content {
	struct kdf kdf;
	const struct secret *text;
	const struct password *password;     /* NULL: none */
	const struct password *old_password; /* NULL: none, or the same */
};

/* What goes to disk, and what comes with it. */
struct publication {
	const struct secret *raw; /* NULL: the file has its content already */
	struct new_content new_content;
	struct new_password_file *new_password_file; /* NULL, or path NULL: none */
	const struct replacement *first;	     /* changes before the key file; or NULL */
	struct store *password_store;		     /* of a password file that changes after the key file; or NULL */
	const struct secret *password_content;	     /* for it */
	const char *journal;			     /* as publish_files has it */
};

/* Writes it to the file that store holds, or where a filter (filter.h) writes, after the password file that is to be
 * made with it and before the one that changes with it, as publish_files. */
MUST_CHECK enum status publish(struct store *store, const char *path, const struct options *options,
			       const struct publication *publication);

/* Replaces files in their order, as replace_files, unless it is a dry run, and says what
 * went wrong, which password file was or would be created, where old content was or would
 * be kept, which backups go by their rules, and what is left in each directory: content
 * that another program wrote, old content that could not be removed, and what a killed run
 * left. journal: holds the new password until all is done; NULL: there is none. After
 * success a signal that ends the process does so with status 0, or, where this is only a
 * part of the command, with STATUS_FAILED. */
MUST_CHECK enum status publish_files(struct replacement *files, size_t count, const char *journal,
				     const struct writing *writing);

/* The first of the files for publish_files: a password file, whose path is not NULL. */
struct replacement new_password_replacement(struct new_password_file *file);
