/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/temporary.h"

/* Files that must not be lost: locked, read through one descriptor, replaced
 * in one step or left as they were. Paths are only for the system and for the
 * caller's messages; nothing here looks into the content. */

/* Owner, group and mode that a file is to have instead of those it has, or would have. */
struct file_access {
	bool sets_owner;
	bool is_wish;	/* a file system or a container where the owner cannot be set is fine */
	bool sets_mode; /* and removes an ACL, which would give more, or less, than the mode */
	uid_t owner;
	gid_t group; /* (gid_t)-1: as it is */
	mode_t mode;
};

/* An existing regular file, locked with flock(2) for a change, or the place of a new
 * one. */
struct store {
	char *path;    /* with symbolic links resolved */
	int directory; /* of the file that path names */
	int file;      /* holds the lock; -1: the file is to be created */
	char *name;    /* in directory */
	char *link;    /* as struct place has it */
	uid_t link_owner;
	char *backup_name;     /* NULL: no backup is kept */
	char *replaced_backup; /* the earlier backup, whose name it takes in the end; NULL: none */
	temporary_superseded *earlier_superseded;
	void *earlier_context;
	const char *in_place_backup; /* the caller's path; NULL: the file is replaced */
	bool backup_made;	     /* by this process */
	char *left_behind;	     /* a file of FAULT_OLD_LEFT or FAULT_STRANDED, in directory; else NULL */
	char *litter; /* a file of a killed run that holds keys this one lacks, or that cannot be read; else NULL */
	struct temporary temporary; /* from store_prepare on */
	struct file_access access;  /* for the caller to set: what a new or replaced file is to have */
	struct stat status;
	struct secret content; /* as read */
};

#define STORE __attribute__((cleanup(store_close)))
#define STORE_CLOSED ((struct store){ .directory = -1, .file = -1, .temporary = TEMPORARY_NONE })

/* Locks and reads the file, follows symbolic links, and refuses what could not
 * be replaced later. Waits lock_timeout seconds for the lock. in_place_backup: the
 * file cannot be replaced, and will be written into, once its old content is in a new
 * file of this path, which has to outlive store; NULL is the usual way. Faults as
 * file_read_path, and FAULT_LOCK, _BUSY (holder), _READ_ONLY, _IMMUTABLE,
 * _MOUNT_POINT, _DIRECTORY. */
MUST_CHECK struct fault store_open(struct store *store, const char *path, const char *in_place_backup,
				   unsigned int lock_timeout);

/* The same for a file that may stay as it is: before it is replaced,
 * store_check_replaceable has to say what store_open would. */
MUST_CHECK struct fault store_open_to_compare(struct store *store, const char *path, unsigned int lock_timeout);
MUST_CHECK struct fault store_check_replaceable(const struct store *store);

/* The old content will be left under the name that backup_next_name finds. With
 * in_place_backup there is no other backup. Faults as there. */
MUST_CHECK struct fault store_keep_backup(struct store *store);

/* Lets the backup, if one is kept, replace the earlier one, if superseded says that this
 * file has all of its keys. Until the new content is in its place and synced, the backup
 * has a name of its own, which stays if the earlier one cannot be replaced. superseded is
 * called again then. */
void store_judge_backup(struct store *store, temporary_superseded *superseded, void *context);

/* The backup's name in the end, or NULL: none is kept. */
const char *store_backup_name(const struct store *store);

/* Gives up the lock, so that others need not wait while this process looks at something
 * else, and takes it again: FAULT_CHANGED if the file is not the one that was read, or
 * has another content, owner or mode. Others as of the lock. */
void store_unlock(const struct store *store);
MUST_CHECK struct fault store_lock_again(const struct store *store, unsigned int lock_timeout);

/* Opens the directory of a file that does not exist yet, and never replaces one:
 * FAULT_EXISTS. Others as store_open. */
MUST_CHECK struct fault store_open_absent(struct store *store, const char *path);

/* Makes other runs wait that lock a place in the same directory, until store_close, and
 * waits for one that has done so. FAULT_EXISTS: that one has made the file. Others as of
 * the lock. Where directories cannot be locked, as on NFS, nobody waits, and in a directory that
 * others can open, nobody waits longer than lock_timeout: there is no FAULT_BUSY. */
MUST_CHECK struct fault store_lock_place(const struct store *store, const char *path, unsigned int lock_timeout);

/* Opens the file as store_open_to_compare does, or, where there is none, its place as
 * store_open_absent and store_lock_place do: then store->file is -1. A symbolic link that
 * leads nowhere is FAULT_OPEN. */
MUST_CHECK struct fault store_open_or_place(struct store *store, const char *path, unsigned int lock_timeout);

/* What store_open_absent would say, and nothing is opened. */
MUST_CHECK struct fault store_check_absent(const char *path);

/* Whether the file has the owner, group and mode that access sets. */
bool store_has_access(const struct store *store);

/* A file that does not have them gets them only if nobody but root and the caller could
 * choose which file that is: FAULT_UNTRUSTED if a link of another user led to it, or if it
 * has another name. So is a new file that another user is to own, if a link of another user
 * led to its directory. */
MUST_CHECK struct fault store_check_access(const struct store *store);

/* The same for a dry run: FAULT_ACCESS where a process without capabilities may not set
 * them. */
MUST_CHECK struct fault store_try_access(const struct store *store);

/* Gives them to the file itself, of an open store, and syncs it; status shows what came
 * of it, on faults too. Signals that end the process have to be held. At no moment may anyone
 * read it who may not before or after. FAULT_CHANGED, FAULT_ACCESS, and as
 * store_check_access. */
MUST_CHECK struct fault store_change_access(struct store *store);

/* The file is in a volume that Kubernetes projects, below what "..data" points
 * at: the next update puts another directory in its place. */
bool store_is_projected(const struct store *store);

/* The steps of a change, for core/replace.h. Signals that end the process have to be
 * held (core/signals.h). */

/* Writes content to a temporary file in the same directory, with owner, mode, ACL and
 * extended attributes of the old file or with mode 0600, and with what access sets, reads
 * it back and syncs it.
 * With in_place_backup: saves the old content there. Faults as store_check_access, and
 * others. */
MUST_CHECK struct fault store_prepare(struct store *store, const struct secret *content);

/* Exchanges the temporary file with the old one, compares what came out with what was
 * read, and syncs the directory. On every fault that is not fault_is_published() the
 * file is what it was, or what another program has made of it, which left_behind
 * names if it has no other name. At any moment the old content has a name: the
 * file's, the backup's, or the temporary one; only where a file system has neither
 * RENAME_EXCHANGE nor hard links, a change by a program that ignores the lock is lost
 * if it comes between the last look and the rename.
 * With in_place_backup: writes into the file as overwrite() does. */
MUST_CHECK struct fault store_publish(struct store *store, const struct secret *content,
				      temporary_superseded *superseded, void *context);

/* Removes what killed runs left next to a file that has its content: new content that
 * was never published, and earlier content that is superseded. Gives up the lock, and
 * syncs the directory: FAULT_DIRECTORY_SYNC. */
MUST_CHECK struct fault store_tidy(struct store *store, temporary_superseded *superseded, void *context);

/* Removes the temporary file and the backup of a change that is not made. */
void store_withdraw(struct store *store);

/* Unlocks, and removes the temporary file. Closed is fine. */
void store_close(struct store *store);
