/* SPDX-License-Identifier: MIT */
#include "core/store.h"

#include "core/keyfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <linux/stat.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY_INFIX ".mkeyfile-"
#define LOCK_POLL_NANOSECONDS 20000000L

/* ---- reading ---- */

static struct fault read_all(int descriptor, struct secret *ret_content)
{
	SECRET struct secret content = { 0 };
	struct stat status;
	size_t expected = 0;
	struct fault fault;

	if (fstat(descriptor, &status))
		return fault_errno(FAULT_READ, errno);
	if (S_ISREG(status.st_mode) && status.st_size > KEYFILE_MAX_SIZE)
		return fault_of(FAULT_TOO_LARGE);
	expected = S_ISREG(status.st_mode) ? (size_t)status.st_size : KEYFILE_MAX_SIZE;
	/* one byte more than it should have shows a file that grows meanwhile */
	fault = secret_allocate(&content, expected + 1);
	if (fault.code)
		return fault;
	for (;;) {
		ssize_t got;

		if (content.size == content.capacity) {
			SECRET struct secret larger = { 0 };

			if (content.size > KEYFILE_MAX_SIZE)
				return fault_of(FAULT_TOO_LARGE);
			fault = secret_allocate(&larger, KEYFILE_MAX_SIZE + 1);
			if (fault.code)
				return fault;
			secret_append(&larger, content.data, content.size);
			secret_free(&content);
			content = secret_take(&larger);
		}
		got = read(descriptor, content.data + content.size, content.capacity - content.size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(FAULT_READ, errno);
		if (!got)
			break;
		content.size += (size_t)got;
		if (content.size > KEYFILE_MAX_SIZE)
			return fault_of(FAULT_TOO_LARGE);
	}
	*ret_content = secret_take(&content);
	return fault_none();
}

struct fault store_read_descriptor(int descriptor, struct secret *ret_content)
{
	return read_all(descriptor, ret_content);
}

struct fault store_read(const char *path, struct secret *ret_content, struct stat *ret_status)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct fault fault = fault_none();
	struct stat status = { 0 };

	if (descriptor < 0)
		return fault_errno(FAULT_OPEN, errno);
	if (fstat(descriptor, &status))
		fault = fault_errno(FAULT_READ, errno);
	else if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
		fault = fault_of(FAULT_NOT_REGULAR);
	if (ret_status)
		*ret_status = status;
	if (!fault.code)
		fault = read_all(descriptor, ret_content);
	close(descriptor);
	return fault;
}

/* ---- finding and locking ---- */

/* Splits path into an open directory and a name in it. */
static struct fault open_directory(const char *path, int *ret_directory, char **ret_name)
{
	char *for_directory = strdup(path);
	char *for_name = strdup(path);
	struct fault fault = fault_of(FAULT_MEMORY);

	if (!for_directory || !for_name)
		goto out;
	*ret_name = strdup(basename(for_name));
	if (!*ret_name)
		goto out;
	fault = fault_none();
	*ret_directory = open(dirname(for_directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_directory < 0)
		fault = fault_errno(FAULT_OPEN, errno);
out:
	free(for_directory);
	free(for_name);
	return fault;
}

static pid_t lock_holder(const struct stat *status)
{
	FILE *locks = fopen("/proc/locks", "re");
	unsigned int device_major;
	unsigned int device_minor;
	unsigned long inode;
	char line[256];
	pid_t pid;
	pid_t holder = 0;

	while (locks && !holder && fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &device_major, &device_minor, &inode) == 4 &&
		    inode == status->st_ino && device_major == major(status->st_dev) &&
		    device_minor == minor(status->st_dev) && pid > 0)
			holder = pid;
	if (locks)
		fclose(locks);
	return holder;
}

static struct fault wait_for_lock(int file, const struct stat *status, unsigned int timeout)
{
	const struct timespec pause = { .tv_nsec = LOCK_POLL_NANOSECONDS };
	struct timespec start;
	struct timespec now;
	struct fault fault;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (flock(file, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return fault_errno(FAULT_LOCK, errno);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec >= (time_t)timeout) {
			fault = fault_of(FAULT_BUSY);
			fault.holder = lock_holder(status);
			return fault;
		}
		nanosleep(&pause, NULL);
	}
	return fault_none();
}

static bool same_inode(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Opens and locks the file that the name stands for after the lock is held:
 * the one opened first may have been replaced while this process waited. */
static struct fault lock_current(struct store *store, unsigned int timeout)
{
	struct stat named;
	struct fault fault;

	for (;;) {
		store->file = openat(store->directory, store->name,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
		if (store->file < 0 || fstat(store->file, &store->status))
			return fault_errno(FAULT_OPEN, errno);
		if (!S_ISREG(store->status.st_mode))
			return fault_of(FAULT_NOT_REGULAR);
		fault = wait_for_lock(store->file, &store->status, timeout);
		if (fault.code)
			return fault;
		if (fstatat(store->directory, store->name, &named, AT_SYMLINK_NOFOLLOW))
			return fault_errno(FAULT_OPEN, errno);
		if (same_inode(&store->status, &named))
			return fault_none();
		close(store->file);
		store->file = -1;
	}
}

/* ---- can it be replaced at all? ---- */

static bool has_attribute(int directory, const char *name, unsigned int flags, uint64_t attributes)
{
	struct statx status;

	return !statx(directory, name, (int)flags, STATX_BASIC_STATS, &status) &&
	       (status.stx_attributes & status.stx_attributes_mask & attributes);
}

/* A backup that is the file itself was made by a run that got no further. */
static struct fault check_backup(const struct store *store)
{
	struct stat backup;

	if (!store->backup_name || fstatat(store->directory, store->backup_name, &backup, AT_SYMLINK_NOFOLLOW) ||
	    same_inode(&backup, &store->status))
		return fault_none();
	return fault_of(FAULT_BACKUP_EXISTS);
}

static struct fault check_replaceable(const struct store *store)
{
	const uint64_t immutable = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	struct statvfs file_system;

	if (!fstatvfs(store->file, &file_system) && (file_system.f_flag & ST_RDONLY))
		return fault_of(FAULT_READ_ONLY);
	if (has_attribute(store->file, "", AT_EMPTY_PATH, immutable) ||
	    has_attribute(store->directory, "", AT_EMPTY_PATH, immutable))
		return fault_of(FAULT_IMMUTABLE);
	if (has_attribute(store->directory, store->name, AT_SYMLINK_NOFOLLOW, STATX_ATTR_MOUNT_ROOT))
		return fault_of(FAULT_MOUNT_POINT);
	if (faccessat(store->directory, ".", W_OK | X_OK, AT_EACCESS))
		return fault_errno(FAULT_DIRECTORY, errno);
	return check_backup(store);
}

struct fault store_open(struct store *store, const char *path, bool keep_backup, unsigned int lock_timeout)
{
	struct fault fault;

	store->path = realpath(path, NULL);
	if (!store->path)
		return fault_errno(FAULT_OPEN, errno);
	fault = open_directory(store->path, &store->directory, &store->name);
	if (!fault.code && keep_backup && asprintf(&store->backup_name, "%s~", store->name) < 0) {
		store->backup_name = NULL;
		fault = fault_of(FAULT_MEMORY);
	}
	if (!fault.code)
		fault = lock_current(store, lock_timeout);
	if (!fault.code)
		fault = check_replaceable(store);
	if (!fault.code)
		fault = read_all(store->file, &store->content);
	return fault;
}

void store_close(struct store *store)
{
	if (store->file >= 0)
		close(store->file);
	if (store->directory >= 0)
		close(store->directory);
	free(store->path);
	free(store->name);
	free(store->backup_name);
	free(store->left_behind);
	secret_free(&store->content);
	*store = (struct store)STORE_CLOSED;
}

/* ---- signals wait while a temporary file exists ---- */

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2 };

#define ENDING_SIGNAL_COUNT (sizeof(ending_signals) / sizeof(ending_signals[0]))

static void hold_signals(sigset_t *ret_before)
{
	sigset_t ending;

	sigemptyset(&ending);
	for (size_t i = 0; i < ENDING_SIGNAL_COUNT; i++)
		sigaddset(&ending, ending_signals[i]);
	sigprocmask(SIG_BLOCK, &ending, ret_before);
}

/* Once the change is made they stay blocked: it is too late to stop it, and the
 * exit status has to say so. */
static void release_signals(struct fault fault, const sigset_t *before)
{
	if (!fault_is_published(fault))
		sigprocmask(SIG_SETMASK, before, NULL);
}

static struct fault check_not_interrupted(void)
{
	sigset_t pending;
	struct sigaction action;

	sigpending(&pending);
	for (size_t i = 0; i < ENDING_SIGNAL_COUNT; i++)
		/* a blocked signal is pending even if it is ignored, as after nohup */
		if (sigismember(&pending, ending_signals[i]) == 1 && !sigaction(ending_signals[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			return fault_of(FAULT_INTERRUPTED);
	return fault_none();
}

/* ---- the temporary file ---- */

struct temporary {
	int directory;
	int file;
	char *name; /* NULL: there is none, or it is published */
};

#define TEMPORARY_NONE                                                                                                 \
	{                                                                                                              \
		.file = -1                                                                                             \
	}

static void temporary_remove(struct temporary *temporary)
{
	if (temporary->name)
		unlinkat(temporary->directory, temporary->name, 0);
	if (temporary->file >= 0)
		close(temporary->file);
	free(temporary->name);
	*temporary = (struct temporary)TEMPORARY_NONE;
}

/* ".NAME.mkeyfile-INODE-RANDOM", both in hex. INODE is the new file's (0 while it
 * has none): after the exchange the old file stands under this name with another
 * inode, which tells it from new content that a killed run did not publish. */
static char *temporary_name(const char *name, ino_t inode)
{
	unsigned int random;
	char *path;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return NULL;
	return asprintf(&path, ".%s" TEMPORARY_INFIX "%jx-%x", name, (uintmax_t)inode, random) < 0 ? NULL : path;
}

static struct fault name_after_inode(struct temporary *temporary, const char *name)
{
	struct stat status;
	char *final_name;

	if (fstat(temporary->file, &status))
		return fault_errno(FAULT_CREATE, errno);
	final_name = temporary_name(name, status.st_ino);
	if (!final_name)
		return fault_of(FAULT_RANDOM);
	if (renameat(temporary->directory, temporary->name, temporary->directory, final_name)) {
		free(final_name);
		return fault_errno(FAULT_CREATE, errno);
	}
	free(temporary->name);
	temporary->name = final_name;
	return fault_none();
}

/* An empty file of mode 0600, without an ACL that the directory hands down.
 * This process holds flock on it, which is how the next run tells a dead one's
 * litter. */
static struct fault temporary_create(int directory, const char *name, struct temporary *temporary)
{
	temporary->directory = directory;
	temporary->name = temporary_name(name, 0);
	if (!temporary->name)
		return fault_of(FAULT_RANDOM);
	temporary->file = openat(directory, temporary->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (temporary->file < 0) {
		int error_number = errno;

		free(temporary->name);
		temporary->name = NULL;
		return fault_errno(FAULT_CREATE, error_number);
	}
	if (flock(temporary->file, LOCK_EX | LOCK_NB))
		return fault_errno(FAULT_LOCK, errno);
	if (fremovexattr(temporary->file, "system.posix_acl_access") && errno != ENODATA && errno != ENOTSUP)
		return fault_errno(FAULT_ATTRIBUTES, errno);
	if (fchmod(temporary->file, 0600))
		return fault_errno(FAULT_ATTRIBUTES, errno);
	return name_after_inode(temporary, name);
}

struct fault store_write(int descriptor, const struct secret *content)
{
	size_t written = 0;

	while (written < content->size) {
		ssize_t put = write(descriptor, content->data + written, content->size - written);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fault_errno(FAULT_WRITE, errno);
		written += (size_t)put;
	}
	return fault_none();
}

static struct fault read_back(int file, const struct secret *content)
{
	SECRET struct secret written = { 0 };
	struct fault fault;

	if (lseek(file, 0, SEEK_SET))
		return fault_errno(FAULT_READ_BACK, errno);
	fault = read_all(file, &written);
	if (fault.code == FAULT_READ)
		return fault_errno(FAULT_READ_BACK, fault.error_number);
	if (!fault.code && !secret_equals(&written, content))
		return fault_errno(FAULT_READ_BACK, EIO);
	return fault;
}

static struct fault temporary_fill(struct temporary *temporary, const struct secret *content)
{
	struct fault fault = store_write(temporary->file, content);

	if (!fault.code)
		fault = read_back(temporary->file, content);
	/* never retried: after a failed fsync the kernel takes the pages for clean */
	if (!fault.code && fsync(temporary->file))
		fault = fault_errno(FAULT_WRITE, errno);
	return fault;
}

/* ---- owner, mode, ACL and extended attributes ---- */

/* Bound to one inode or to its content: they must not be copied. */
static bool attribute_is_bound(const char *name)
{
	return !strcmp(name, "security.ima") || !strcmp(name, "security.evm");
}

static struct fault copy_attribute(int from, int to, const char *name)
{
	char value[XATTR_SIZE_MAX];
	char present[XATTR_SIZE_MAX];
	ssize_t size = fgetxattr(from, name, value, sizeof(value));

	if (size < 0)
		return fault_errno(FAULT_ATTRIBUTES, errno);
	/* a security label that the new file was born with need not be set */
	if (fgetxattr(to, name, present, sizeof(present)) == size && !memcmp(present, value, (size_t)size))
		return fault_none();
	if (fsetxattr(to, name, value, (size_t)size, 0))
		return fault_errno(FAULT_ATTRIBUTES, errno);
	return fault_none();
}

static struct fault copy_attributes(int from, int to)
{
	char *names = malloc(XATTR_LIST_MAX);
	struct fault fault = fault_none();
	ssize_t size;

	if (!names)
		return fault_of(FAULT_MEMORY);
	size = flistxattr(from, names, XATTR_LIST_MAX);
	if (size < 0 && errno != ENOTSUP)
		fault = fault_errno(FAULT_ATTRIBUTES, errno);
	for (const char *name = names; size > 0 && name < names + size && !fault.code; name += strlen(name) + 1)
		if (!attribute_is_bound(name))
			fault = copy_attribute(from, to, name);
	free(names);
	return fault;
}

/* As they are now: somebody may have changed them while a password was typed. */
static struct fault copy_owner_and_mode(struct store *store, int to)
{
	struct stat *original = &store->status;
	struct stat status;

	if (fstat(store->file, original) || fstat(to, &status))
		return fault_errno(FAULT_OWNER, errno);
	if ((status.st_uid != original->st_uid || status.st_gid != original->st_gid) &&
	    fchown(to, original->st_uid, original->st_gid))
		return fault_errno(FAULT_OWNER, errno);
	if (fchmod(to, original->st_mode & 07777))
		return fault_errno(FAULT_ATTRIBUTES, errno);
	return copy_attributes(store->file, to);
}

/* ---- publishing ---- */

static bool same_access(const struct stat *one, const struct stat *other)
{
	return one->st_mode == other->st_mode && one->st_uid == other->st_uid && one->st_gid == other->st_gid;
}

/* What stands under name is still the file that was locked and read. */
static struct fault check_unchanged(const struct store *store, const char *name)
{
	SECRET struct secret content = { 0 };
	struct stat named;
	struct fault fault;

	if (fstatat(store->directory, name, &named, AT_SYMLINK_NOFOLLOW) || !same_inode(&named, &store->status) ||
	    !same_access(&named, &store->status))
		return fault_of(FAULT_CHANGED);
	if (lseek(store->file, 0, SEEK_SET))
		return fault_errno(FAULT_READ, errno);
	fault = read_all(store->file, &content);
	if (fault.code == FAULT_TOO_LARGE || (!fault.code && !secret_equals(&content, &store->content)))
		return fault_of(FAULT_CHANGED);
	return fault;
}

/* A second name for the old file, before it loses its first. */
static struct fault make_backup(const struct store *store)
{
	struct fault fault;

	if (!store->backup_name)
		return fault_none();
	if (linkat(store->directory, store->name, store->directory, store->backup_name, 0)) {
		if (errno != EEXIST)
			return fault_errno(FAULT_BACKUP, errno);
		fault = check_backup(store);
		if (fault.code)
			return fault;
	}
	return fsync(store->directory) ? fault_errno(FAULT_BACKUP, errno) : fault_none();
}

static void withdraw_backup(const struct store *store)
{
	if (store->backup_name && !check_backup(store).code)
		unlinkat(store->directory, store->backup_name, 0);
}

static void disown(struct temporary *temporary)
{
	free(temporary->name);
	temporary->name = NULL;
}

/* Keeps the file under the temporary name, and tells the caller its name. */
static void leave_behind(struct store *store, struct temporary *temporary)
{
	store->left_behind = temporary->name;
	temporary->name = NULL;
}

/* Puts back what somebody else wrote meanwhile. If they went on writing while
 * this process looked, what comes out is not our own file: it stays too. */
static struct fault exchange_back(struct store *store, struct temporary *temporary, struct fault reason)
{
	struct stat own;
	struct stat out;

	if (renameat2(store->directory, temporary->name, store->directory, store->name, RENAME_EXCHANGE)) {
		leave_behind(store, temporary);
		return fault_errno(FAULT_STRANDED, errno);
	}
	if (fstat(temporary->file, &own) || fstatat(store->directory, temporary->name, &out, AT_SYMLINK_NOFOLLOW) ||
	    !same_inode(&own, &out))
		leave_behind(store, temporary);
	return reason;
}

/* After the exchange the old file stands under the temporary name. */
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

static bool no_such_rename(int error_number)
{
	return error_number == EINVAL || error_number == ENOSYS || error_number == ENOTSUP;
}

static struct fault put_in_place(struct store *store, struct temporary *temporary)
{
	struct fault fault = check_unchanged(store, store->name);

	if (!fault.code)
		fault = make_backup(store);
	if (fault.code)
		return fault;
	if (!renameat2(store->directory, temporary->name, store->directory, store->name, RENAME_EXCHANGE)) {
		fault = finish_exchange(store, temporary);
	} else if (!no_such_rename(errno) ||
		   renameat(store->directory, temporary->name, store->directory, store->name)) {
		fault = fault_errno(FAULT_PUBLISH, errno);
	} else {
		disown(temporary);
	}
	if (!fault_is_published(fault))
		withdraw_backup(store);
	return fault;
}

static struct fault sync_directory(int directory)
{
	return fsync(directory) ? fault_errno(FAULT_DIRECTORY_SYNC, errno) : fault_none();
}

/* ---- litter ---- */

/* "INODE-RANDOM" of a temporary file of name, or NULL. */
static const char *temporary_tail(const char *candidate, const char *name)
{
	size_t size = strlen(name);

	if (candidate[0] != '.' || strncmp(candidate + 1, name, size) ||
	    strncmp(candidate + 1 + size, TEMPORARY_INFIX, strlen(TEMPORARY_INFIX)))
		return NULL;
	candidate += 1 + size + strlen(TEMPORARY_INFIX);
	return candidate[strspn(candidate, "0123456789abcdef-")] ? NULL : candidate;
}

/* Content that was never published, or that has another name (a backup's), or a
 * file's earlier content that is superseded. */
static bool is_dispensable(int file, const char *tail, store_superseded *superseded, void *context)
{
	SECRET struct secret content = { 0 };
	uintmax_t born_as = strtoumax(tail, NULL, 16);
	struct stat status;

	if (fstat(file, &status) || !S_ISREG(status.st_mode))
		return false;
	if (!born_as || born_as == status.st_ino || status.st_nlink > 1)
		return true;
	return superseded && !read_all(file, &content).code && superseded(&content, context);
}

/* Temporary files of runs that were killed: nobody holds their lock. Only
 * called when the file itself is whole. */
static void remove_litter(int directory, const char *name, store_superseded *superseded, void *context)
{
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	while (listing && (entry = readdir(listing))) {
		const char *tail = temporary_tail(entry->d_name, name);
		int file = tail ? openat(directory, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;

		if (file < 0)
			continue;
		if (!flock(file, LOCK_EX | LOCK_NB) && is_dispensable(file, tail, superseded, context))
			unlinkat(directory, entry->d_name, 0);
		close(file);
	}
	if (listing)
		closedir(listing);
	else if (copy >= 0)
		close(copy);
}

/* ---- the two ways to write ---- */

struct fault store_replace(struct store *store, const struct secret *content, store_superseded *superseded,
			   void *context)
{
	struct temporary temporary = TEMPORARY_NONE;
	sigset_t signals_before;
	struct fault fault;

	hold_signals(&signals_before);
	fault = temporary_create(store->directory, store->name, &temporary);
	if (!fault.code)
		fault = copy_owner_and_mode(store, temporary.file);
	if (!fault.code)
		fault = temporary_fill(&temporary, content);
	if (!fault.code)
		fault = check_not_interrupted();
	if (!fault.code)
		fault = put_in_place(store, &temporary);
	if (!fault.code) {
		fault = sync_directory(store->directory);
		remove_litter(store->directory, store->name, superseded, context);
	}
	temporary_remove(&temporary);
	release_signals(fault, &signals_before);
	return fault;
}

static struct fault publish_new(struct temporary *temporary, const char *name)
{
	int directory = temporary->directory;

	if (!renameat2(directory, temporary->name, directory, name, RENAME_NOREPLACE)) {
		disown(temporary);
		return fault_none();
	}
	/* with link(2) the temporary name goes when the caller removes it */
	if (no_such_rename(errno) && !linkat(directory, temporary->name, directory, name, 0))
		return fault_none();
	return errno == EEXIST ? fault_of(FAULT_EXISTS) : fault_errno(FAULT_PUBLISH, errno);
}

struct fault store_check_absent(const char *path)
{
	struct stat present;
	char *name = NULL;
	int directory = -1;
	struct fault fault;

	if (!lstat(path, &present))
		return fault_of(FAULT_EXISTS);
	fault = open_directory(path, &directory, &name);
	if (!fault.code && faccessat(directory, ".", W_OK | X_OK, AT_EACCESS))
		fault = fault_errno(FAULT_DIRECTORY, errno);
	free(name);
	if (directory >= 0)
		close(directory);
	return fault;
}

struct fault store_create(const char *path, const struct secret *content)
{
	struct temporary temporary = TEMPORARY_NONE;
	sigset_t signals_before;
	char *name = NULL;
	int directory = -1;
	struct fault fault = store_check_absent(path);

	if (!fault.code)
		fault = open_directory(path, &directory, &name);
	hold_signals(&signals_before);
	if (!fault.code)
		fault = temporary_create(directory, name, &temporary);
	if (!fault.code)
		fault = temporary_fill(&temporary, content);
	if (!fault.code)
		fault = check_not_interrupted();
	if (!fault.code)
		fault = publish_new(&temporary, name);
	if (!fault.code) {
		fault = sync_directory(directory);
		remove_litter(directory, name, NULL, NULL);
	}
	temporary_remove(&temporary);
	release_signals(fault, &signals_before);
	free(name);
	if (directory >= 0)
		close(directory);
	return fault;
}
