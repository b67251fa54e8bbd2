/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/temporary.h"

/* Files that must not be lost. They are locked, read through one descriptor, and either
 * replaced in one step or left unchanged. Paths are used only for system calls and for
 * the caller's messages; nothing here interprets the content. */

/* Owner, group and mode that a file is to get instead of those it has, or would have. */
struct file_access {
	bool sets_owner;
	bool is_wish;	/* ignore the owner where a file system or a container cannot set it */
	bool sets_mode; /* and remove an ACL, which would grant more or less than the mode */
	uid_t owner;
	gid_t group; /* (gid_t)-1: unchanged */
	mode_t mode;
};

/* An existing regular file, locked with flock(2) for a change, or the place of a new file. */
struct store {
	char *path;    /* without symbolic links */
	int directory; /* the directory of path */
	int file;      /* holds the lock; -1: the file does not exist yet */
	char *name;    /* in directory */
	char *link;    /* as in struct place */
	uid_t link_owner;
	char *backup_name;     /* NULL: no backup is kept */
	char *replaced_backup; /* the earlier backup, whose name the new one gets in the end; NULL: none */
	temporary_superseded *earlier_superseded;
	void *earlier_context;
	const char *in_place_backup; /* the caller's path; NULL: the file is replaced, not overwritten */
	bool backup_made;	     /* by this process */
	char *left_behind; /* the file that FAULT_OLD_LEFT or FAULT_STRANDED is about, in directory; else NULL */
	char *litter;	   /* a file left by a killed run that has keys this file lacks, or cannot be read; else NULL */
	struct temporary temporary; /* used from store_prepare on */
	struct file_access access;  /* set by the caller: what a new or replaced file is to get */
	struct stat status;
	struct secret content; /* as read */
};

#define STORE __attribute__((cleanup(store_close)))
#define STORE_CLOSED ((struct store){ .directory = -1, .file = -1, .temporary = TEMPORARY_NONE })

/* Follows symbolic links, locks and reads the file, and refuses a file that could not be
 * replaced later. Waits up to lock_timeout seconds for the lock. in_place_backup is NULL
 * unless the file cannot be replaced. It is then the path of a new file, which receives
 * the old content before the file is overwritten; the string must outlive store. Faults:
 * those of file_read_path, and FAULT_LOCK, FAULT_BUSY (with the holder), FAULT_READ_ONLY,
 * FAULT_IMMUTABLE, FAULT_MOUNT_POINT, FAULT_DIRECTORY. */
MUST_CHECK struct fault store_open(struct store *store, const char *path, const char *in_place_backup,
				   unsigned int lock_timeout);

/* Like store_open, for a file that may turn out to need no change. Before the file is
 * replaced, store_check_replaceable must succeed; it returns the faults that store_open
 * would have returned. */
MUST_CHECK struct fault store_open_to_compare(struct store *store, const char *path, unsigned int lock_timeout);
MUST_CHECK struct fault store_check_replaceable(const struct store *store);

/* Keeps the old content under the name that backup_next_name finds. With in_place_backup,
 * no other backup is made. Faults: as backup_next_name. */
MUST_CHECK struct fault store_keep_backup(struct store *store);

/* Lets the backup, if one is kept, replace the earlier backup if superseded says that
 * this file has all of its keys. Until the new content is in place and synced, the backup
 * has a separate name, which it keeps if the earlier backup cannot be replaced.
 * superseded is called again at that point. */
void store_judge_backup(struct store *store, temporary_superseded *superseded, void *context);

/* Returns the final name of the backup, or NULL if none is kept. */
const char *store_backup_name(const struct store *store);

/* Releases the lock, so that other processes need not wait while this one does something
 * else, and takes it again. Faults of the latter: FAULT_CHANGED if another file has this
 * name now, or if content, owner or mode changed; otherwise those of locking in
 * store_open. */
void store_unlock(const struct store *store);
MUST_CHECK struct fault store_lock_again(const struct store *store, unsigned int lock_timeout);

/* Opens the directory of a file that does not exist yet. Such a store never replaces a
 * file. Faults: FAULT_EXISTS, and those of store_open. */
MUST_CHECK struct fault store_open_absent(struct store *store, const char *path);

/* Locks the place of a new file until store_close: other runs that lock a place in the
 * same directory wait, and this call waits for them. Where directories cannot be locked,
 * as on NFS, nothing waits. In a directory that other users can open, the wait ends after
 * lock_timeout seconds, without FAULT_BUSY. Faults: FAULT_EXISTS if another run created
 * the file; otherwise those of locking in store_open. */
MUST_CHECK struct fault store_lock_place(const struct store *store, const char *path, unsigned int lock_timeout);

/* Opens the file as store_open_to_compare does. If the file does not exist, opens and
 * locks its place as store_open_absent and store_lock_place do; store->file is then -1.
 * Faults: those of these functions; FAULT_OPEN for a dangling symbolic link. */
MUST_CHECK struct fault store_open_or_place(struct store *store, const char *path, unsigned int lock_timeout);

/* Returns what store_open_absent would return, without opening anything. */
MUST_CHECK struct fault store_check_absent(const char *path);

/* Returns whether the file has the owner, group and mode that store->access sets. */
bool store_has_access(const struct store *store);

/* Checks that store->access may be applied: only root and the caller can choose which
 * file that is. Faults: FAULT_UNTRUSTED if the owner or mode would change and a link of
 * another user led to the file, or the file has another name; also for a new file that
 * another user is to own, if a link of another user led to its directory. */
MUST_CHECK struct fault store_check_access(const struct store *store);

/* Like store_check_access, for a dry run. Faults: also FAULT_ACCESS if a process without
 * capabilities would fail to apply it. */
MUST_CHECK struct fault store_try_access(const struct store *store);

/* Applies store->access to the open file itself and syncs the file. At no moment can a
 * user read the file who cannot read it before or after. status is updated, on faults
 * too. The caller must block signals that end the process (core/signals.h). Faults:
 * FAULT_CHANGED, FAULT_ACCESS, and those of store_check_access. */
MUST_CHECK struct fault store_change_access(struct store *store);

/* Returns whether the file is in a volume that Kubernetes projects, below the target of
 * "..data". The next update of the volume replaces that directory. */
bool store_is_projected(const struct store *store);

/* The steps of a change, for core/replace.h. The caller must block signals that end the
 * process (core/signals.h). */

/* Writes content to a temporary file in the same directory, reads it back and syncs it.
 * The temporary file has the owner, mode, ACL and extended attributes of the old file, or
 * mode 0600 for a new one, and then what store->access sets. With in_place_backup, saves
 * the old content to that file instead. Faults: those of store_check_access, and of
 * writing. */
MUST_CHECK struct fault store_prepare(struct store *store, const struct secret *content);

/* Exchanges the temporary file with the old one, compares the old file with what was
 * read, and syncs the directory. After any fault that is not fault_is_published(), the
 * file is unchanged, or is what another program has made of it; left_behind is set if
 * that version has no other name.
 *
 * At any moment the old content has a name: the file's, the backup's, or the temporary
 * file's. One change can be lost, on file systems with neither RENAME_EXCHANGE nor hard
 * links: that of a program that ignores the lock and writes between the last check and
 * the rename.
 *
 * With in_place_backup, overwrites the file with overwrite() instead. */
MUST_CHECK struct fault store_publish(struct store *store, const struct secret *content,
				      temporary_superseded *superseded, void *context);

/* Removes files that killed runs left next to a file that is up to date: new content that
 * was never published, and earlier content that is superseded. Releases the lock and
 * syncs the directory. Faults: FAULT_DIRECTORY_SYNC. */
MUST_CHECK struct fault store_tidy(struct store *store, temporary_superseded *superseded, void *context);

/* Cancels a change: removes the temporary file and the backup. */
void store_withdraw(struct store *store);

/* Releases the lock and removes the temporary file. A closed store is allowed. */
void store_close(struct store *store);
