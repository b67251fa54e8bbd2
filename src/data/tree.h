/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <dirent.h>

/* Walks through a directory and all below it. Symbolic links are followed, as the
 * server follows them; no directory is entered twice, and none that is_kernel_view. */

/* Called for each file, and for a directory below that cannot be read (fault).
 * path lives until the function returns. A fault ends the walk. */
typedef struct fault tree_visit(void *context, const char *path, struct fault fault);

/* FAULT_OPEN, FAULT_READ (of directory itself), FAULT_MEMORY, and what visit
 * returns. */
MUST_CHECK struct fault tree_walk(const char *directory, tree_visit *visit, void *context);

/* The same for the directories alone: called for each that is entered, directory itself
 * first, and not for those that cannot be read. */
MUST_CHECK struct fault tree_walk_directories(const char *directory, tree_visit *visit, void *context);

/* Whether path is directory or below it, symbolic links followed; false also where one of
 * them is not there, or there is no memory. */
bool tree_has(const char *directory, const char *path);

/* Opens a directory so that its access time stays as it is, where the system allows
 * that. NULL: errno tells why. */
DIR *directory_open(const char *path);

/* The same of one in a directory that is open. */
DIR *directory_open_in(int parent, const char *name);
