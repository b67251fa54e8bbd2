/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

#include <sys/stat.h>

/* The ACL of a file, beyond its mode. */
#define ACL_ATTRIBUTE "system.posix_acl_access"

/* The file that takes another's place, while nobody knows it yet. Its name is
 * ".NAME.mkeyfile-INODE-RANDOM" in the same directory, both numbers in hex. INODE
 * is its own (0 for the moment in which it has none): after an exchange the old
 * file stands under this name with another inode, which tells it from new
 * content that a killed run did not publish. */
struct temporary {
	int directory;
	int file;   /* holds flock(2) on it while this process lives; -1: closed */
	char *name; /* NULL: there is none, or it is published */
};

#define TEMPORARY_NONE ((struct temporary){ .file = -1 })

/* Creates it for the file called name in directory: empty, mode 0600, without an
 * ACL that the directory hands down. FAULT_CREATE, _LOCK, _ATTRIBUTES, _RANDOM;
 * temporary_remove is due on faults as well. */
MUST_CHECK struct fault temporary_create(int directory, const char *name, struct temporary *temporary);

/* Gives it owner, mode, ACL and extended attributes of original_file as they are
 * now, and hands out that file's status. FAULT_OWNER, FAULT_ATTRIBUTES. */
MUST_CHECK struct fault temporary_take_access(struct temporary *temporary, int original_file,
					      struct stat *ret_original);

/* Writes content, reads it back and syncs it. FAULT_WRITE, FAULT_READ_BACK. */
MUST_CHECK struct fault temporary_fill(struct temporary *temporary, const struct secret *content);

/* Unlinks what still has a name, and closes. */
void temporary_remove(struct temporary *temporary);

/* Whether all keys of a file's earlier content are in what is written now, so
 * that it may be removed; context is the caller's. */
typedef bool temporary_superseded(const struct secret *earlier, void *context);

/* Removes what killed runs left beside the file called name, for which that file
 * has to be whole: content that was never published, that has another name (a
 * backup's), or that is superseded (NULL: nothing is). Files that a living process
 * holds stay, and so do those of users that this process does not trust (core/trust.h).
 * What has to be kept is told by the name of one such file in
 * ret_kept, which is NULL before and malloc(3)ed after. */
void temporary_remove_dead(int directory, const char *name, temporary_superseded *superseded, void *context,
			   char **ret_kept);

/* Another name of the same kind, for the file that it replaces: malloc(3)ed, or
 * NULL. */
char *temporary_other_name(const struct temporary *temporary, const char *name);
