/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CORE_STORE_H
#define MKEYFILE_CORE_STORE_H

#include "core/temporary.h"

/* Files that must not be lost: locked, read through one descriptor, replaced
 * in one step or left as they were. Paths are only for the system and for the
 * caller's messages; nothing here looks into the content. */

/* An existing regular file, locked with flock(2) for a change. */
struct store {
	char *path;		     /* with symbolic links resolved */
	int directory;		     /* of the file that path names */
	int file;		     /* holds the lock */
	char *name;		     /* in directory */
	char *backup_name;	     /* NULL: no backup is kept */
	const char *in_place_backup; /* the caller's path; NULL: the file is replaced */
	bool backup_made;	     /* by this process */
	char *left_behind;	     /* a file of FAULT_OLD_LEFT or FAULT_STRANDED, in directory; else NULL */
	char *litter; /* a file of a killed run that holds keys this one lacks, or that cannot be read; else NULL */
	struct stat status;
	struct secret content; /* as read */
};

#define STORE __attribute__((cleanup(store_close)))
#define STORE_CLOSED ((struct store){ .directory = -1, .file = -1 })

/* Locks and reads the file, follows symbolic links, and refuses what could not
 * be replaced later. keep_backup: store_replace will leave the old content in
 * a file named as this one with a ~ behind it, which must not exist yet, since
 * it may hold the only copy of older keys. Waits lock_timeout seconds for the
 * lock. in_place_backup: store_replace will write into the file itself, for a
 * file that cannot be replaced, once its old content is in a new file of this
 * path, which has to outlive store; there is no other backup then, and NULL is
 * the usual way. Faults as file_read_path, and FAULT_LOCK, _BUSY (holder),
 * _READ_ONLY, _IMMUTABLE, _MOUNT_POINT, _DIRECTORY, _BACKUP_EXISTS. */
MUST_CHECK struct fault store_open(struct store *store, const char *path, bool keep_backup, const char *in_place_backup,
				   unsigned int lock_timeout);

/* The file is in a volume that Kubernetes projects, below what "..data" points
 * at: the next update puts another directory in its place. */
bool store_is_projected(const struct store *store);

/* Replaces the content: temporary file in the same directory, owner, mode, ACL
 * and extended attributes of the old one, read back, fsync, exchange, compare
 * what came out with what was read, fsync of the directory. On every fault that
 * is not fault_is_published() the file is what it was, or what somebody else has
 * made of it meanwhile, and no temporary file is left but one that left_behind
 * names. At any moment the old content has a name: the file's, the backup's, or
 * the temporary one; only where a file system has neither RENAME_EXCHANGE nor
 * hard links, a change by somebody who ignores the lock is lost if it comes
 * between the last look and the rename.
 * Signals that end the process wait: before the exchange they end it with
 * nothing changed (FAULT_INTERRUPTED if it survives them); after it they stay
 * blocked, since the change is made.
 * Removes what killed runs left behind: new content that was never published,
 * and earlier content that is superseded.
 * With in_place_backup: saves the old content there, and writes into the file as
 * overwrite() does. On success, and on FAULT_TORN, the backup stays. */
MUST_CHECK struct fault store_replace(struct store *store, const struct secret *content,
				      temporary_superseded *superseded, void *context);

/* Unlocks. Closed is fine. */
void store_close(struct store *store);

/* Creates a file of mode 0600 that is whole and durable when it appears, and
 * never replaces one: FAULT_EXISTS. Other faults as store_replace. */
MUST_CHECK struct fault store_create(const char *path, const struct secret *content);

/* What store_create would say of path before it creates anything. */
MUST_CHECK struct fault store_check_absent(const char *path);

#endif
