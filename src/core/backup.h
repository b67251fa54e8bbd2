/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/temporary.h"

/* Which backups of a file may be removed. */
struct backup_rule {
	temporary_superseded *superseded; /* NULL: none may be removed */
	void *old_content;		  /* context of superseded for the file before the change */
	void *new_content;		  /* context of superseded for the file after the change */
	unsigned int keep;		  /* number of newest backups to keep; 0: keep all */
};

/* Backups of the file NAME in its directory. The first one is NAME~. If NAME~ must be
 * kept, the next ones are NAME.~1~, NAME.~2~ and so on, as cp --backup=numbered names
 * them. */

/* Finds the name for the next backup, malloc(3)ed: NAME~ if it is unused, else a number
 * above all existing ones. If a killed run already linked the file (whose status is own)
 * to such a name, that name is used again. Faults: FAULT_BACKUP, FAULT_MEMORY. */
MUST_CHECK struct fault backup_next_name(int directory, const char *name, const struct stat *own, char **ret_name);

/* Returns the path of the backup with the highest number for the file at path,
 * malloc(3)ed. Returns NULL if there is no backup or no memory. */
char *backup_newest_path(const char *path);

/* Returns "NAME~", malloc(3)ed, if that backup may be replaced: it is not next itself,
 * and superseded says that the file has all of its keys. Returns NULL if NAME~ must be
 * kept or memory runs out. NAME~ is always kept if it is not a regular file, cannot be
 * read, or belongs to a user that this process does not trust. */
char *backup_find_superseded(int directory, const char *name, const char *next, temporary_superseded *superseded,
			     void *context);

/* Renames the backup next to earlier in one step and removes the old content of earlier.
 * If another program has replaced earlier since the check, that file is kept under the
 * name next. Returns false if nothing was renamed. Does not sync the directory. */
bool backup_take_over(int directory, const char *next, const char *earlier, temporary_superseded *superseded,
		      void *context);

/* Reports a backup that exceeds the limit: removed, or kept because it is not superseded. */
typedef void backup_tell(void *context, const char *name, bool removed);

/* Removes all but the newest keep backups of the file name. newest is the backup of this
 * change and is always kept. After it, higher numbers count as newer, and NAME~ is the
 * oldest. A backup that is not superseded is kept. With dry_run, only calls tell. */
void backup_remove_excess(int directory, const char *name, const char *newest, unsigned int keep, bool dry_run,
			  temporary_superseded *superseded, void *context, backup_tell *tell, void *tell_context);
