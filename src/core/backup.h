/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/temporary.h"

/* Which backups of a file may go. */
struct backup_rule {
	temporary_superseded *superseded; /* NULL: all stay */
	void *old_content;		  /* for it: all keys are in what the file has before its change */
	void *new_content;		  /* the same afterwards */
	unsigned int keep;		  /* so many newest ones stay; 0: all do */
};

/* Backups of the file called NAME, in its directory: NAME~, and where that one has to
 * stay NAME.~1~, NAME.~2~ and so on, as cp --backup=numbered names them. */

/* The name of the next backup, malloc(3)ed: NAME~ where there is none; else a number above
 * all others. A name that a killed run gave to the file itself, whose status is own, is
 * used again. FAULT_BACKUP, FAULT_MEMORY. */
MUST_CHECK struct fault backup_next_name(int directory, const char *name, const struct stat *own, char **ret_name);

/* The path of the backup with the highest number of the file at path, malloc(3)ed; NULL:
 * none, or no memory. */
char *backup_newest_path(const char *path);

/* NAME~, malloc(3)ed, if it is not next itself and all of its keys are in the file, as
 * superseded says; NULL: it has to stay, or there is no memory. What is not a regular
 * file, cannot be read, or belongs to a user that this process does not trust stays. */
char *backup_find_superseded(int directory, const char *name, const char *next, temporary_superseded *superseded,
			     void *context);

/* Gives the backup called next the name of the one called earlier, in one step, and removes
 * the latter. What another program has put there since is kept, under the name next.
 * False: nothing was renamed. Nothing is synced. */
bool backup_take_over(int directory, const char *next, const char *earlier, temporary_superseded *superseded,
		      void *context);

/* A backup that is one too many: removed, or kept because it is not superseded. */
typedef void backup_tell(void *context, const char *name, bool removed);

/* Removes all but the keep newest backups of the file called name. newest is the one of
 * this change, which always stays; then the highest number counts as the newest, and NAME~
 * as the oldest. One that is not superseded stays. dry_run: tells, removes nothing. */
void backup_remove_excess(int directory, const char *name, const char *newest, unsigned int keep, bool dry_run,
			  temporary_superseded *superseded, void *context, backup_tell *tell, void *tell_context);
