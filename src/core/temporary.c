/* SPDX-License-Identifier: MIT */
#include "core/temporary.h"

#include "core/cleanup.h"
#include "core/file.h"
#include "core/format.h"
#include "core/trust.h"

#include <ctype.h>
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
#define CREATE_ATTEMPTS 100

void temporary_remove(struct temporary *temporary)
{
	if (temporary->name)
		unlinkat(temporary->directory, temporary->name, 0);
	if (temporary->file >= 0)
		close(temporary->file);
	free(temporary->name);
	*temporary = TEMPORARY_NONE;
}

/* Makes the name ".NAME.mkeyfile-INODE-RANDOM"; temporary.h explains INODE. */
static struct fault temporary_name(const char *name, ino_t inode, char **ret_path)
{
	unsigned int random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return fault_of(FAULT_RANDOM);
	*ret_path = format_text(".%s" TEMPORARY_INFIX "%jx-%x", name, (uintmax_t)inode, random);
	return *ret_path ? fault_none() : fault_of(FAULT_MEMORY);
}

static struct fault name_after_inode(struct temporary *temporary, const char *name)
{
	struct stat status;
	struct fault fault;
	char *final_name;

	if (fstat(temporary->file, &status))
		return fault_errno(FAULT_CREATE, errno);
	fault = temporary_name(name, status.st_ino, &final_name);
	if (fault.code)
		return fault;
	if (renameat(temporary->directory, temporary->name, temporary->directory, final_name)) {
		free(final_name);
		return fault_errno(FAULT_CREATE, errno);
	}
	free(temporary->name);
	temporary->name = final_name;
	return fault_none();
}

static struct fault drop_inherited_acl(int file)
{
	if (fgetxattr(file, ACL_ATTRIBUTE, NULL, 0) >= 0 && fremovexattr(file, ACL_ATTRIBUTE))
		return fault_errno(FAULT_ATTRIBUTES, errno);
	return fchmod(file, 0600) ? fault_errno(FAULT_ATTRIBUTES, errno) : fault_none();
}

static struct fault try_create(int directory, const char *name, struct temporary *temporary)
{
	struct fault fault = temporary_name(name, 0, &temporary->name);
	int error_number;

	temporary->directory = directory;
	if (fault.code)
		return fault;
	temporary->file = openat(directory, temporary->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (temporary->file < 0) {
		error_number = errno;
		free(temporary->name);
		temporary->name = NULL;
		return fault_errno(FAULT_CREATE, error_number);
	}
	if (flock(temporary->file, LOCK_EX | LOCK_NB))
		return fault_errno(FAULT_LOCK, errno);
	return name_after_inode(temporary, name);
}

struct fault temporary_create(int directory, const char *name, struct temporary *temporary)
{
	struct fault fault = fault_none();

	for (int attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
		fault = try_create(directory, name, temporary);
		/* before this process locked the file, another one took it for a leftover */
		if (fault.error_number != EWOULDBLOCK && !(fault.error_number == ENOENT && temporary->name))
			break;
		temporary_remove(temporary);
	}
	return fault.code ? fault : drop_inherited_acl(temporary->file);
}

struct fault temporary_fill(struct temporary *temporary, const struct secret *content)
{
	struct fault fault = file_write(temporary->file, content);

	if (!fault.code)
		fault = file_read_back(temporary->file, content);
	/* do not retry: after a failed fsync the kernel marks the pages clean */
	if (!fault.code && fsync(temporary->file))
		fault = fault_errno(FAULT_WRITE, errno);
	return fault;
}

/* Whether an attribute is bound to one inode or its content, and must not be copied. */
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
	/* do not set a security label that the new file already has */
	if (fgetxattr(to, name, present, sizeof(present)) == size && !memcmp(present, value, (size_t)size))
		return fault_none();
	if (fsetxattr(to, name, value, (size_t)size, 0))
		return fault_errno(FAULT_ATTRIBUTES, errno);
	return fault_none();
}

static struct fault copy_attributes(int from, int to)
{
	HEAP char *names = malloc(XATTR_LIST_MAX);
	struct fault fault = fault_none();
	ssize_t size;

	if (!names)
		return fault_of(FAULT_MEMORY);
	size = flistxattr(from, names, XATTR_LIST_MAX);
	if (size < 0 && errno != ENOTSUP && errno != ENOSYS)
		return fault_errno(FAULT_ATTRIBUTES, errno);
	for (const char *name = names; size > 0 && name < names + size && !fault.code; name += strlen(name) + 1)
		if (!attribute_is_bound(name))
			fault = copy_attribute(from, to, name);
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

/* Returns whether candidate is a temporary name of the file name, and the inode number in it. */
static bool is_temporary(const char *candidate, const char *name, uintmax_t *ret_born_as)
{
	size_t size = strlen(name);
	uintmax_t random;
	int end = 0;

	if (candidate[0] != '.' || strncmp(candidate + 1, name, size) ||
	    strncmp(candidate + 1 + size, TEMPORARY_INFIX, strlen(TEMPORARY_INFIX)))
		return false;
	candidate += 1 + size + strlen(TEMPORARY_INFIX);
	return isxdigit((unsigned char)candidate[0]) &&
	       sscanf(candidate, "%jx-%jx%n", ret_born_as, &random, &end) == 2 && !candidate[end];
}

/* Whether content was never published, has another name (a backup's), or is superseded
 * earlier content. */
static bool is_dispensable(int file, uintmax_t born_as, temporary_superseded *superseded, void *context)
{
	SECRET struct secret content = { 0 };
	struct stat status;

	if (fstat(file, &status) || !S_ISREG(status.st_mode))
		return false;
	if (!status.st_size || born_as == status.st_ino || status.st_nlink > 1)
		return true;
	return superseded && !file_read(file, &content).code && superseded(&content, context);
}

static bool remove_if_dead(int directory, const char *candidate, uintmax_t born_as, temporary_superseded *superseded,
			   void *context)
{
	DESCRIPTOR int file = openat(directory, candidate, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	/* in a directory where anyone may create files, it may be another user's */
	if (file < 0 || !trust_has_entry(directory, candidate, file) || flock(file, LOCK_EX | LOCK_NB))
		return true;
	return is_dispensable(file, born_as, superseded, context) && !unlinkat(directory, candidate, 0);
}

void temporary_remove_dead(int directory, const char *name, temporary_superseded *superseded, void *context,
			   char **ret_kept)
{
	LISTING DIR *listing = file_list(directory);
	const struct dirent *entry;
	uintmax_t born_as;

	while (listing && (entry = readdir(listing)))
		if (is_temporary(entry->d_name, name, &born_as) &&
		    !remove_if_dead(directory, entry->d_name, born_as, superseded, context) && !*ret_kept)
			*ret_kept = strdup(entry->d_name);
}

char *temporary_other_name(const struct temporary *temporary, const char *name)
{
	struct stat status;
	char *path;

	if (fstat(temporary->file, &status) || temporary_name(name, status.st_ino, &path).code)
		return NULL;
	return path;
}
