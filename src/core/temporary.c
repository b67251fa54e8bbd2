/* SPDX-License-Identifier: MIT */
#include "core/temporary.h"

#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TEMPORARY_INFIX ".mkeyfile-"

void temporary_remove(struct temporary *temporary)
{
	if (temporary->name)
		unlinkat(temporary->directory, temporary->name, 0);
	if (temporary->file >= 0)
		close(temporary->file);
	free(temporary->name);
	*temporary = TEMPORARY_NONE;
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

struct fault temporary_create(int directory, const char *name, struct temporary *temporary)
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

static struct fault read_back(int file, const struct secret *content)
{
	SECRET struct secret written = { 0 };
	struct fault fault;

	if (lseek(file, 0, SEEK_SET))
		return fault_errno(FAULT_READ_BACK, errno);
	fault = file_read(file, &written);
	if (fault.code == FAULT_READ)
		return fault_errno(FAULT_READ_BACK, fault.error_number);
	if (!fault.code && !secret_equals(&written, content))
		return fault_errno(FAULT_READ_BACK, EIO);
	return fault;
}

struct fault temporary_fill(struct temporary *temporary, const struct secret *content)
{
	struct fault fault = file_write(temporary->file, content);

	if (!fault.code)
		fault = read_back(temporary->file, content);
	/* never retried: after a failed fsync the kernel takes the pages for clean */
	if (!fault.code && fsync(temporary->file))
		fault = fault_errno(FAULT_WRITE, errno);
	return fault;
}

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

struct fault temporary_take_access(struct temporary *temporary, int original_file, struct stat *ret_original)
{
	struct stat *original = ret_original;
	struct stat status;
	int to = temporary->file;

	if (fstat(original_file, original) || fstat(to, &status))
		return fault_errno(FAULT_OWNER, errno);
	if ((status.st_uid != original->st_uid || status.st_gid != original->st_gid) &&
	    fchown(to, original->st_uid, original->st_gid))
		return fault_errno(FAULT_OWNER, errno);
	if (fchmod(to, original->st_mode & 07777))
		return fault_errno(FAULT_ATTRIBUTES, errno);
	return copy_attributes(original_file, to);
}

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
static bool is_dispensable(int file, const char *tail, temporary_superseded *superseded, void *context)
{
	SECRET struct secret content = { 0 };
	uintmax_t born_as = strtoumax(tail, NULL, 16);
	struct stat status;

	if (fstat(file, &status) || !S_ISREG(status.st_mode))
		return false;
	if (!born_as || born_as == status.st_ino || status.st_nlink > 1)
		return true;
	return superseded && !file_read(file, &content).code && superseded(&content, context);
}

void temporary_remove_dead(int directory, const char *name, temporary_superseded *superseded, void *context)
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
