/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

#include <sys/stat.h>

/* The extended attribute with a file's ACL. */
#define ACL_ATTRIBUTE "system.posix_acl_access"

/* A new file that will replace another one, before it is published. Its name is
 * ".NAME.mkeyfile-INODE-RANDOM" in the same directory, with both numbers in hex. INODE is
 * its own inode number, or 0 for the moment before the number is known. After an
 * exchange, the old file has this name but another inode, which distinguishes it from new
 * content that a killed run did not publish. */
struct temporary {
	int directory;
	int file;   /* holds flock(2) while this process runs; -1: closed */
	char *name; /* NULL: does not exist, or was published */
};

#define TEMPORARY_NONE ((struct temporary){ .file = -1 })

/* Creates a temporary file for the file name in directory: empty, mode 0600, without the
 * directory's default ACL. Call temporary_remove on faults too. Faults: FAULT_CREATE,
 * FAULT_LOCK, FAULT_ATTRIBUTES, FAULT_RANDOM. */
MUST_CHECK struct fault temporary_create(int directory, const char *name, struct temporary *temporary);

/* Copies the current owner, mode, ACL and extended attributes of original_file to the
 * temporary file, and returns the status of original_file. Faults: FAULT_OWNER,
 * FAULT_ATTRIBUTES. */
MUST_CHECK struct fault temporary_take_access(struct temporary *temporary, int original_file,
					      struct stat *ret_original);

/* Writes content, reads it back and syncs it. Faults: FAULT_WRITE, FAULT_READ_BACK. */
MUST_CHECK struct fault temporary_fill(struct temporary *temporary, const struct secret *content);

/* Unlinks the temporary file if it still has a name, and closes it. */
void temporary_remove(struct temporary *temporary);

/* Returns whether the file's current content has all keys of its earlier content, so that
 * the latter may be removed. context is the caller's. */
typedef bool temporary_superseded(const struct secret *earlier, void *context);

/* Removes files that killed runs left for the file name, which must be intact. A leftover
 * file is removed if its content was never published, if it has another name (that of a
 * backup), or if it is superseded (NULL: none is). Files that a running process has
 * locked are kept, and so are files of users that this process does not trust
 * (core/trust.h). If other leftover files must be kept, ret_kept becomes the name of one
 * of them, malloc(3)ed; it must be NULL before. */
void temporary_remove_dead(int directory, const char *name, temporary_superseded *superseded, void *context,
			   char **ret_kept);

/* Returns another name of this form for the file being replaced, malloc(3)ed, or NULL. */
char *temporary_other_name(const struct temporary *temporary, const char *name);
