/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/backup.h"
#include "core/store.h"

/* Files that change together, one after the other, such as a key file and its password
 * file. */

struct replacement {
	const char *path;	      /* the caller's word for the file */
	struct store *store;	      /* opened: the file, or the place of a new one */
	const struct secret *content; /* NULL: it has its content already */
	bool access_only;	      /* the file stays, and gets what store->access sets */
	temporary_superseded *superseded;
	void *context;
	struct backup_rule backups; /* for the caller: what it lets go, and not before replace_files is done */
	bool companion;		    /* a new file, made for the next one: it goes again when that one is not changed */
	/* set by replace_files: */
	struct fault fault;
	bool published; /* it has its new content or access, even if something else failed */
};

/* Writes, reads back and syncs all new content under temporary names; then changes one
 * file after the other, each step synced before the next. At the end
 * it removes the file called journal, from the directory of the last one (NULL: there
 * is none). Stops at the first fault, which it returns as well; FAULT_INTERRUPTED is
 * that of the first file that is no companion. Files that were put in place before it
 * stay, companions aside, and nothing else is left.
 * Signals that end the process wait: before the first file is in its place they end
 * it with nothing changed (FAULT_INTERRUPTED if it survives them); afterwards they
 * stay blocked, since it is too late to stop. */
MUST_CHECK struct fault replace_files(struct replacement *files, size_t count, const char *journal);
