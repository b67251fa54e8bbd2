/* SPDX-License-Identifier: MIT */
#include "core/store.h"

#include "core/backup.h"
#include "core/cleanup.h"
#include "core/file.h"
#include "core/format.h"
#include "core/lock.h"
#include "core/overwrite.h"
#include "core/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- finding and locking ---- */

/* Opens the directory of a place again, for reading and syncing. */
static struct fault open_directory(const struct place *place, int *ret_directory)
{
	*ret_directory = openat(place->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_directory < 0 ? fault_errno(FAULT_OPEN, errno) : fault_none();
}

/* NFS grants an exclusive lock only on a writable descriptor. */
static int open_for_lock(const struct store *store)
{
	const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int file = openat(store->directory, store->name, O_RDWR | flags);

	return file < 0 ? openat(store->directory, store->name, O_RDONLY | flags) : file;
}

/* Opens and locks the file that has this name once the lock is held. The file opened
 * first may have been replaced while this process waited. */
static struct fault lock_current(struct store *store, const struct place *place, unsigned int timeout)
{
	struct stat named;
	struct fault fault;

	for (;;) {
		store->file = open_for_lock(store);
		if (store->file < 0 || fstat(store->file, &store->status))
			return fault_errno(FAULT_OPEN, errno);
		if (!S_ISREG(store->status.st_mode))
			return fault_of(FAULT_NOT_REGULAR);
		fault = trust_judge_file(place, store->file);
		if (fault.code)
			return fault;
		fault = lock_wait(store->file, &store->status, timeout);
		if (fault.code)
			return fault;
		if (fstatat(store->directory, store->name, &named, AT_SYMLINK_NOFOLLOW))
			return fault_errno(FAULT_OPEN, errno);
		if (file_is_same(&store->status, &named))
			return fault_none();
		close(store->file);
		store->file = -1;
	}
}

/* ---- whether the file can be replaced ---- */

static bool has_attribute(int directory, const char *name, unsigned int flags, uint64_t attributes)
{
	struct statx status;

	return !statx(directory, name, (int)flags, STATX_BASIC_STATS, &status) &&
	       (status.stx_attributes & status.stx_attributes_mask & attributes);
}

/* For a change in place. */
static struct fault check_writable(const struct store *store)
{
	int flags = fcntl(store->file, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) != O_RDWR)
		return fault_errno(FAULT_WRITE, flags < 0 ? errno : EACCES);
	return fault_none();
}

struct fault store_check_replaceable(const struct store *store)
{
	const uint64_t immutable = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	struct statvfs file_system;

	if (!fstatvfs(store->file, &file_system) && (file_system.f_flag & ST_RDONLY))
		return fault_of(FAULT_READ_ONLY);
	if (has_attribute(store->file, "", AT_EMPTY_PATH, immutable) ||
	    has_attribute(store->directory, "", AT_EMPTY_PATH, immutable))
		return fault_of(FAULT_IMMUTABLE);
	if (store->in_place_backup)
		return check_writable(store);
	if (has_attribute(store->directory, store->name, AT_SYMLINK_NOFOLLOW, STATX_ATTR_MOUNT_ROOT))
		return fault_of(FAULT_MOUNT_POINT);
	if (faccessat(store->directory, ".", W_OK | X_OK, AT_EACCESS))
		return fault_errno(FAULT_DIRECTORY, errno);
	return fault_none();
}

static char *take_text(char **text)
{
	char *taken = *text;

	*text = NULL;
	return taken;
}

/* To replace a file given as a descriptor, finds the path that the descriptor was opened
 * with, if any. */
static struct fault find_by_descriptor(struct place *place)
{
	char path[PATH_MAX];
	ssize_t size = readlinkat(place->directory, place->name, path, sizeof(path) - 1);
	HEAP char *link = take_text(&place->link);
	uid_t link_owner = place->link_owner;
	struct fault fault;

	if (size <= 0 || path[0] != '/')
		return fault_of(FAULT_NOT_REGULAR);
	path[size] = '\0';
	place_close(place);
	fault = trust_find(path, true, place);
	if (!fault.code && !place->link) {
		place->link = take_text(&link);
		place->link_owner = link_owner;
	}
	return fault;
}

static struct fault find_file(const char *path, struct place *ret_place)
{
	struct fault fault = trust_find(path, true, ret_place);

	if (!fault.code && ret_place->of_kernel)
		fault = find_by_descriptor(ret_place);
	if (!fault.code && ret_place->absent)
		fault = fault_errno(FAULT_OPEN, ENOENT);
	return fault.code ? fault : trust_judge_place(ret_place);
}

/* Moves the names of a place into store, and opens its directory again. */
static struct fault take_place(struct store *store, struct place *place)
{
	struct fault fault = open_directory(place, &store->directory);

	if (!fault.code) {
		store->path = take_text(&place->path);
		store->name = take_text(&place->name);
		store->link = take_text(&place->link);
		store->link_owner = place->link_owner;
	}
	return fault;
}

static struct fault open_locked(struct store *store, const char *path, unsigned int lock_timeout)
{
	PLACE struct place place = PLACE_NONE;
	struct place taken;
	struct fault fault = find_file(path, &place);

	taken = place;
	if (!fault.code)
		fault = take_place(store, &place);
	return fault.code ? fault : lock_current(store, &taken, lock_timeout);
}

struct fault store_open(struct store *store, const char *path, const char *in_place_backup, unsigned int lock_timeout)
{
	struct fault fault = open_locked(store, path, lock_timeout);

	store->in_place_backup = in_place_backup;
	if (!fault.code)
		fault = store_check_replaceable(store);
	return fault.code ? fault : file_read(store->file, &store->content);
}

struct fault store_open_to_compare(struct store *store, const char *path, unsigned int lock_timeout)
{
	struct fault fault = open_locked(store, path, lock_timeout);

	return fault.code ? fault : file_read(store->file, &store->content);
}

struct fault store_keep_backup(struct store *store)
{
	if (store->in_place_backup)
		return fault_none();
	return backup_next_name(store->directory, store->name, &store->status, &store->backup_name);
}

void store_judge_backup(struct store *store, temporary_superseded *superseded, void *context)
{
	if (!store->backup_name)
		return;
	store->earlier_superseded = superseded;
	store->earlier_context = context;
	store->replaced_backup =
		backup_find_superseded(store->directory, store->name, store->backup_name, superseded, context);
}

const char *store_backup_name(const struct store *store)
{
	return store->replaced_backup ? store->replaced_backup : store->backup_name;
}

static struct fault find_absent(const char *path, struct place *ret_place)
{
	struct stat present;
	struct fault fault;

	if (!lstat(path, &present))
		return fault_of(FAULT_EXISTS);
	if (!*path || path[strlen(path) - 1] == '/')
		return fault_errno(FAULT_OPEN, EISDIR);
	fault = trust_find(path, false, ret_place);
	if (!fault.code && !ret_place->absent)
		fault = fault_of(FAULT_EXISTS);
	if (!fault.code && faccessat(ret_place->directory, ".", W_OK | X_OK, AT_EACCESS))
		fault = fault_errno(FAULT_DIRECTORY, errno);
	return fault;
}

struct fault store_check_absent(const char *path)
{
	PLACE struct place place = PLACE_NONE;

	return find_absent(path, &place);
}

struct fault store_open_absent(struct store *store, const char *path)
{
	PLACE struct place place = PLACE_NONE;
	struct fault fault = find_absent(path, &place);

	return fault.code ? fault : take_place(store, &place);
}

#define PLACE_ATTEMPTS 10

/* Some directories cannot be locked, as on NFS. Others can be opened by other users, who
 * could hold the lock forever. In both cases a second run is refused only at the end. */
static struct fault lock_directory(const struct store *store, unsigned int timeout)
{
	struct stat status;
	struct fault fault = fstat(store->directory, &status) ? fault_errno(FAULT_OPEN, errno)
							      : lock_wait(store->directory, &status, timeout);

	if (fault.code == FAULT_BUSY && (status.st_mode & (S_IRGRP | S_IROTH)))
		return fault_none();
	return fault.code == FAULT_LOCK ? fault_none() : fault;
}

struct fault store_lock_place(const struct store *store, const char *path, unsigned int lock_timeout)
{
	struct fault fault = lock_directory(store, lock_timeout);

	/* the file may have been created while this process waited */
	return fault.code ? fault : store_check_absent(path);
}

struct fault store_open_or_place(struct store *store, const char *path, unsigned int lock_timeout)
{
	struct fault fault = fault_none();

	for (int attempt = 0; attempt < PLACE_ATTEMPTS; attempt++) {
		struct fault placed;

		fault = store_open_to_compare(store, path, lock_timeout);
		if (fault.code != FAULT_OPEN || fault.error_number != ENOENT)
			return fault;
		store_close(store);
		placed = store_open_absent(store, path);
		if (!placed.code)
			placed = store_lock_place(store, path, lock_timeout);
		if (placed.code != FAULT_EXISTS)
			return placed;
		store_close(store);
	}
	return fault;
}

bool store_is_projected(const struct store *store)
{
	struct stat projected;
	struct stat actual;

	/* a resolved path has "/.." only where a name begins with ".." */
	for (const char *at = strstr(store->path, "/.."); at; at = strstr(at + 1, "/..")) {
		HEAP char *actual_path = strndup(store->path, (size_t)(at - store->path) + 1 + strcspn(at + 1, "/"));
		HEAP char *projected_path = format_text("%.*s/..data", (int)(at - store->path), store->path);

		if (actual_path && projected_path && !stat(projected_path, &projected) && !stat(actual_path, &actual) &&
		    file_is_same(&projected, &actual))
			return true;
	}
	return false;
}

void store_close(struct store *store)
{
	temporary_remove(&store->temporary);
	if (store->file >= 0)
		close(store->file);
	if (store->directory >= 0)
		close(store->directory);
	free(store->path);
	free(store->name);
	free(store->link);
	free(store->backup_name);
	free(store->replaced_backup);
	free(store->left_behind);
	free(store->litter);
	secret_free(&store->content);
	*store = STORE_CLOSED;
}

/* ---- publishing ---- */

static bool same_access(const struct stat *one, const struct stat *other)
{
	return one->st_mode == other->st_mode && one->st_uid == other->st_uid && one->st_gid == other->st_gid;
}

/* Checks that name is still the file that was locked and read. */
static struct fault check_unchanged(const struct store *store, const char *name)
{
	SECRET struct secret content = { 0 };
	struct stat named;
	struct fault fault;

	if (fstatat(store->directory, name, &named, AT_SYMLINK_NOFOLLOW) || !file_is_same(&named, &store->status) ||
	    !same_access(&named, &store->status))
		return fault_of(FAULT_CHANGED);
	if (lseek(store->file, 0, SEEK_SET))
		return fault_errno(FAULT_READ, errno);
	fault = file_read(store->file, &content);
	if (fault.code == FAULT_TOO_LARGE || (!fault.code && !secret_equals(&content, &store->content)))
		return fault_of(FAULT_CHANGED);
	return fault;
}

static bool has_acl(int file)
{
	return fgetxattr(file, ACL_ATTRIBUTE, NULL, 0) >= 0;
}

bool store_has_access(const struct store *store)
{
	const struct file_access *access = &store->access;
	const struct stat *status = &store->status;

	return (!access->sets_owner ||
		(status->st_uid == access->owner && (access->group == (gid_t)-1 || status->st_gid == access->group))) &&
	       (!access->sets_mode || ((status->st_mode & 07777) == access->mode && !has_acl(store->file)));
}

static bool gives_access(const struct store *store)
{
	const struct file_access *access = &store->access;

	return store->file < 0 ? access->sets_owner && access->owner != geteuid() : !store_has_access(store);
}

struct fault store_check_access(const struct store *store)
{
	if (!gives_access(store))
		return fault_none();
	if (store->link)
		return trust_refuse(REFUSAL_LINK, S_IFLNK, store->link, store->link_owner);
	if (store->file >= 0 && store->status.st_nlink > 1)
		return trust_refuse(REFUSAL_HARD_LINK, S_IFREG, store->path, 0);
	return fault_none();
}

static bool is_own_group(const struct store *store, gid_t group)
{
	return group == (gid_t)-1 || group == getegid() || group_member(group) ||
	       (store->file >= 0 && store->status.st_gid == group);
}

/* Whether chown(2) and chmod(2) would permit it. */
static bool may_set_access(const struct store *store)
{
	const struct file_access *access = &store->access;

	if (!geteuid() || (!access->sets_owner && !access->sets_mode) || (store->file >= 0 && store_has_access(store)))
		return true;
	if (store->file >= 0 && store->status.st_uid != geteuid())
		return false;
	return !access->sets_owner || (access->owner == geteuid() && is_own_group(store, access->group));
}

struct fault store_try_access(const struct store *store)
{
	struct fault fault = store_check_access(store);

	return fault.code || may_set_access(store) ? fault : fault_errno(FAULT_ACCESS, EPERM);
}

static struct fault drop_acl(int file)
{
	if (fremovexattr(file, ACL_ATTRIBUTE) && errno != ENODATA && errno != ENOTSUP)
		return fault_errno(FAULT_ACCESS, errno);
	return fault_none();
}

/* Changes the mode through one that has only the permissions common to both. The group's
 * bits are the mask of an ACL: without them the ACL grants nothing. */
static struct fault set_in_between(int file, const struct file_access *access, mode_t from, mode_t to, bool drops_acl)
{
	mode_t between = from & to & (drops_acl ? S_IRWXU : 07777);
	struct fault fault;

	if (between != from && fchmod(file, between))
		return fault_errno(FAULT_ACCESS, errno);
	if (access->sets_owner && fchown(file, access->owner, access->group) && !access->is_wish) {
		fault = fault_errno(FAULT_ACCESS, errno);
		(void)!fchmod(file, from);
		return fault;
	}
	return drops_acl ? drop_acl(file) : fault_none();
}

static struct fault set_access(int file, const struct file_access *access)
{
	struct fault fault = fault_none();
	struct stat status;
	bool drops_acl;
	mode_t from;
	mode_t to;

	if (!access->sets_owner && !access->sets_mode)
		return fault_none();
	if (fstat(file, &status))
		return fault_errno(FAULT_ACCESS, errno);
	drops_acl = access->sets_mode && has_acl(file);
	from = status.st_mode & 07777;
	to = access->sets_mode ? access->mode : from;
	if (access->sets_owner || drops_acl)
		fault = set_in_between(file, access, from, to, drops_acl);
	if (!fault.code && (access->sets_owner || from != to || drops_acl) && fchmod(file, to))
		fault = fault_errno(FAULT_ACCESS, errno);
	return fault;
}

struct fault store_change_access(struct store *store)
{
	struct fault fault = store_check_access(store);

	if (!fault.code)
		fault = check_unchanged(store, store->name);
	if (fault.code)
		return fault;
	fault = set_access(store->file, &store->access);
	if (!fault.code && fsync(store->file))
		fault = fault_errno(FAULT_ACCESS, errno);
	if (fstat(store->file, &store->status) && !fault.code)
		fault = fault_errno(FAULT_ACCESS, errno);
	return fault;
}

void store_unlock(const struct store *store)
{
	flock(store->file, LOCK_UN);
}

struct fault store_lock_again(const struct store *store, unsigned int lock_timeout)
{
	struct fault fault = lock_wait(store->file, &store->status, lock_timeout);

	return fault.code ? fault : check_unchanged(store, store->name);
}

/* Checks that the linked file is the one that was read. On overlayfs a second name can
 * have another inode number; then the content decides. */
static struct fault check_linked(const struct store *store)
{
	SECRET struct secret content = { 0 };
	DESCRIPTOR int file =
		openat(store->directory, store->backup_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat backup;
	struct fault fault;

	if (file < 0 || fstat(file, &backup))
		return fault_errno(FAULT_BACKUP, errno);
	if (file_is_same(&backup, &store->status))
		return fault_none();
	fault = file_read(file, &content);
	if (!fault.code && (!same_access(&backup, &store->status) || !secret_equals(&content, &store->content)))
		return fault_of(FAULT_CHANGED);
	return fault;
}

/* Gives the old file a second name before it loses its first. */
static struct fault make_backup(struct store *store)
{
	struct stat present;
	struct fault fault;

	if (!store->backup_name)
		return fault_none();
	if (linkat(store->directory, store->name, store->directory, store->backup_name, 0)) {
		if (errno != EEXIST || fstatat(store->directory, store->backup_name, &present, AT_SYMLINK_NOFOLLOW))
			return fault_errno(FAULT_BACKUP, errno);
		return file_is_same(&present, &store->status) ? fault_none() : fault_errno(FAULT_BACKUP, EEXIST);
	}
	store->backup_made = true;
	fault = check_linked(store);
	if (fault.code)
		return fault;
	return fsync(store->directory) ? fault_errno(FAULT_BACKUP, errno) : fault_none();
}

static void withdraw_backup(struct store *store)
{
	if (store->backup_made && store->in_place_backup)
		unlink(store->in_place_backup);
	else if (store->backup_made)
		unlinkat(store->directory, store->backup_name, 0);
	store->backup_made = false;
}

static void disown(struct temporary *temporary)
{
	free(temporary->name);
	temporary->name = NULL;
}

/* Keeps the file under its temporary name, and tells the caller that name. */
static void leave_behind(struct store *store, struct temporary *temporary)
{
	store->left_behind = temporary->name;
	temporary->name = NULL;
}

/* Restores what another program wrote in the meantime. If that program continued to write
 * during the check, the file that comes out is not our own; that file is kept as well. */
static struct fault exchange_back(struct store *store, struct temporary *temporary, struct fault reason)
{
	struct stat own;
	struct stat out;

	if (renameat2(store->directory, temporary->name, store->directory, store->name, RENAME_EXCHANGE)) {
		leave_behind(store, temporary);
		return fault_errno(FAULT_STRANDED, errno);
	}
	if (fstat(temporary->file, &own) || fstatat(store->directory, temporary->name, &out, AT_SYMLINK_NOFOLLOW) ||
	    !file_is_same(&own, &out))
		leave_behind(store, temporary);
	return reason;
}

/* After the exchange, the old file has the temporary name. */
static struct fault finish_exchange(struct store *store, struct temporary *temporary)
{
	struct fault fault = check_unchanged(store, temporary->name);

	if (fault.code)
		return exchange_back(store, temporary, fault);
	if (unlinkat(store->directory, temporary->name, 0)) {
		fault = fault_errno(FAULT_OLD_LEFT, errno);
		leave_behind(store, temporary);
		return fault;
	}
	disown(temporary);
	return fault;
}

/* Checks the old file under the name that it was given before the rename. If another
 * program has written to the file since, the old file is restored. */
static struct fault finish_rename(struct store *store, struct temporary *temporary)
{
	struct fault fault = check_unchanged(store, temporary->name);

	if (!fault.code && !unlinkat(store->directory, temporary->name, 0)) {
		disown(temporary);
		return fault;
	}
	if (!fault.code) {
		fault = fault_errno(FAULT_OLD_LEFT, errno);
	} else if (!renameat(store->directory, temporary->name, store->directory, store->name)) {
		disown(temporary);
		return fault;
	} else {
		fault = fault_errno(FAULT_STRANDED, errno);
	}
	leave_behind(store, temporary);
	return fault;
}

/* For file systems that cannot exchange files. Without hard links either, what another
 * program writes in the last microseconds is lost. */
static struct fault put_in_place_by_rename(struct store *store, struct temporary *temporary)
{
	HEAP char *old_name = temporary_other_name(temporary, store->name);
	bool guarded = old_name && !linkat(store->directory, store->name, store->directory, old_name, 0);

	if (renameat(store->directory, temporary->name, store->directory, store->name)) {
		struct fault fault = fault_errno(FAULT_PUBLISH, errno);

		if (guarded)
			unlinkat(store->directory, old_name, 0);
		return fault;
	}
	disown(temporary);
	if (!guarded)
		return fault_none();
	temporary->name = take_text(&old_name);
	return finish_rename(store, temporary);
}

static struct fault put_in_place(struct store *store, struct temporary *temporary)
{
	struct fault fault = check_unchanged(store, store->name);

	if (!fault.code)
		fault = make_backup(store);
	if (!fault.code &&
	    !renameat2(store->directory, temporary->name, store->directory, store->name, RENAME_EXCHANGE))
		fault = finish_exchange(store, temporary);
	else if (!fault.code && file_cannot_exchange(errno))
		fault = put_in_place_by_rename(store, temporary);
	else if (!fault.code)
		fault = fault_errno(FAULT_PUBLISH, errno);
	return fault;
}

static struct fault sync_directory(int directory)
{
	return fsync(directory) ? fault_errno(FAULT_DIRECTORY_SYNC, errno) : fault_none();
}

static void forget_replaced_backup(struct store *store)
{
	free(store->replaced_backup);
	store->replaced_backup = NULL;
}

/* The new file is in place. Make that durable before the earlier backup is removed. */
static struct fault settle_backup(struct store *store)
{
	struct fault fault = sync_directory(store->directory);

	if (fault.code || !backup_take_over(store->directory, store->backup_name, store->replaced_backup,
					    store->earlier_superseded, store->earlier_context)) {
		forget_replaced_backup(store);
		return fault;
	}
	free(store->backup_name);
	store->backup_name = store->replaced_backup;
	store->replaced_backup = NULL;
	return fault;
}

static struct fault put_in_new_place(struct store *store, struct temporary *temporary)
{
	int directory = store->directory;

	if (!renameat2(directory, temporary->name, directory, store->name, RENAME_NOREPLACE)) {
		disown(temporary);
		return fault_none();
	}
	/* after link(2), the temporary name is removed at the end */
	if (file_cannot_exchange(errno) && !linkat(directory, temporary->name, directory, store->name, 0))
		return fault_none();
	return errno == EEXIST ? fault_of(FAULT_EXISTS) : fault_errno(FAULT_PUBLISH, errno);
}

/* ---- the steps of a change ---- */

static struct fault save_old_content(struct store *store)
{
	STORE struct store saved = STORE_CLOSED;
	struct fault fault = store_open_absent(&saved, store->in_place_backup);

	if (!fault.code)
		fault = store_prepare(&saved, &store->content);
	if (!fault.code)
		fault = store_publish(&saved, &store->content, NULL, NULL);
	store->backup_made = fault_is_published(fault);
	if (!fault.code || fault.code == FAULT_MEMORY)
		return fault;
	return fault_errno(FAULT_BACKUP, fault.code == FAULT_EXISTS ? EEXIST : fault.error_number);
}

struct fault store_prepare(struct store *store, const struct secret *content)
{
	struct fault fault;

	if (store->in_place_backup)
		return save_old_content(store);
	fault = store_check_access(store);
	if (!fault.code)
		fault = temporary_create(store->directory, store->name, &store->temporary);
	if (!fault.code && store->file >= 0)
		fault = temporary_take_access(&store->temporary, store->file, &store->status);
	if (!fault.code)
		fault = set_access(store->temporary.file, &store->access);
	return fault.code ? fault : temporary_fill(&store->temporary, content);
}

struct fault store_tidy(struct store *store, temporary_superseded *superseded, void *context)
{
	/* a killed run may have left this same file under a second name */
	if (store->file >= 0)
		store_unlock(store);
	temporary_remove_dead(store->directory, store->name, superseded, context, &store->litter);
	return sync_directory(store->directory);
}

struct fault store_publish(struct store *store, const struct secret *content, temporary_superseded *superseded,
			   void *context)
{
	struct fault fault;

	if (store->in_place_backup) {
		fault = check_unchanged(store, store->name);
		return fault.code ? fault : overwrite(store->file, &store->content, content);
	}
	fault = store->file < 0 ? put_in_new_place(store, &store->temporary) : put_in_place(store, &store->temporary);
	if (!fault.code && store->replaced_backup)
		fault = settle_backup(store);
	forget_replaced_backup(store);
	if (!fault.code)
		return store_tidy(store, superseded, context);
	if (fault_is_published(fault))
		(void)fsync(store->directory);
	return fault;
}

void store_withdraw(struct store *store)
{
	temporary_remove(&store->temporary);
	withdraw_backup(store);
}
