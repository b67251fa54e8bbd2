/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/backup.h"
#include "core/store.h"

/* Changes several files together, one after the other, such as a key file and its password file. */

struct replacement {
	const char *path;	      /* as the caller names the file */
	struct store *store;	      /* open: the file, or the place of a new one */
	const struct secret *content; /* NULL: the file already has its content */
	bool access_only;	      /* keep the file and apply store->access to it */
	temporary_superseded *superseded;
	void *context;
	struct backup_rule backups; /* for the caller, to remove backups once replace_files has returned */
	bool companion;		    /* a new file for the next one; removed again if the next one is not changed */
	/* set by replace_files: */
	struct fault fault;
	bool published; /* has its new content or access, even if a later step failed */
};

/* Writes, reads back and syncs all new content under temporary names. Then puts one file
 * after the other in place, and syncs each step before the next. At the end, removes the
 * file called journal from the directory of the last file (NULL: none).
 *
 * Stops at the first fault and returns it, in addition to storing it in the file.
 * FAULT_INTERRUPTED is stored in the first file that is not a companion. Files already in
 * place remain, except companions, and nothing else is left.
 *
 * Signals that end the process are blocked while this runs. If one arrives before the first
 * file is in place, it ends the process with nothing changed; if the process survives it,
 * the result is FAULT_INTERRUPTED. After that point the signals remain blocked, because
 * it is too late to stop. */
MUST_CHECK struct fault replace_files(struct replacement *files, size_t count, const char *journal);
