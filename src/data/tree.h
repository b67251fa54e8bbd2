/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <dirent.h>

/* Walks a directory tree. Symbolic links are followed, as the server follows them. No
 * directory is entered twice, and none for which is_kernel_view is true. */

/* Called for each file, and for each unreadable directory below the top (with a fault).
 * path is valid until the function returns. A fault ends the walk. */
typedef struct fault tree_visit(void *context, const char *path, struct fault fault);

/* Walks all files. Faults: FAULT_OPEN and FAULT_READ (of directory itself), FAULT_MEMORY,
 * and what visit returns. */
MUST_CHECK struct fault tree_walk(const char *directory, tree_visit *visit, void *context);

/* Walks directories only: calls visit for each directory entered, first for directory
 * itself, but not for unreadable ones. Faults as tree_walk. */
MUST_CHECK struct fault tree_walk_directories(const char *directory, tree_visit *visit, void *context);

/* Returns whether path is directory or below it, with symbolic links followed. Also
 * returns false if either does not exist or memory runs out. */
bool tree_has(const char *directory, const char *path);

/* Opens a directory without changing its access time, where the system allows that.
 * Returns NULL on errors, with errno set. */
DIR *directory_open(const char *path);

/* Like directory_open, for name in an open directory. */
DIR *directory_open_in(int parent, const char *name);
