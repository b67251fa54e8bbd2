/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_EDIT_H
#define MKEYFILE_CLI_EDIT_H

#include "cli/content.h"
#include "cli/password_source.h"
#include "core/store.h"

/* The one path of every command that changes a key file: open, change, check,
 * seal, replace. */
struct edit {
	const struct options *options;
	struct store store;
	struct content content;
};

#define EDIT __attribute__((cleanup(edit_close)))
#define EDIT_CLOSED ((struct edit){ .store = STORE_CLOSED })

/* Locks, reads, opens and parses the key file that options name. */
MUST_CHECK enum status edit_open(struct edit *edit, const struct options *options);

/* Writes text as the file's new content, encrypted if the file was. With a dry
 * run everything but the writing happens. */
MUST_CHECK enum status edit_commit(struct edit *edit, const struct secret *text);

void edit_close(struct edit *edit);

/* Locks and reads the file at path for a replacement. Warns of what a
 * replacement breaks: hard links. */
MUST_CHECK enum status open_store(struct store *store, const char *path, const struct writing *writing,
				  bool keep_backup);

/* The same for a store that is closed again, or opened once more before anything is
 * replaced: without the warnings. */
MUST_CHECK enum status open_store_quietly(struct store *store, const char *path, const struct writing *writing,
					  bool keep_backup);

/* Names what store_replace left in the directory: content that another program wrote, old
 * content that could not be removed, and what a killed run left. */
void say_what_is_left(const struct store *store);

/* Refuses to put plain keys into a file that keeps a mode by which others can
 * read it, or its group change it. A closed store is fine. */
MUST_CHECK enum status refuse_exposure(const struct store *store, const char *path);

/* Says that a password file was, or would be, created, if there is one. */
void say_new_password_file(const struct writing *writing, const struct new_password_file *file);

/* What goes to disk, and what comes with it. */
struct publication {
	const struct secret *raw;
	struct successor successor;
	struct new_password_file *new_password_file; /* NULL, or path NULL: none */
};

/* Writes it to the file that store holds, or to a new one at path when store is
 * closed; nothing happens with a dry run. A password file that is to be made
 * with it comes first, and goes again when the key file could not be written.
 * After success a signal that ends the process does so with status 0. */
MUST_CHECK enum status publish(struct store *store, const char *path, const struct writing *writing,
			       const struct publication *publication);

#endif
