/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_DATA_SYSTEM_FILES_H
#define MKEYFILE_DATA_SYSTEM_FILES_H

#include "core/fault.h"

#include <stdbool.h>
#include <stddef.h>

/* The first files of system tablespaces, which tell how the others are encrypted.
 * They may have any name, and the others may be in other directories (MariaDB
 * 10.11: innodb_data_file_path, innodb_data_home_dir). */
struct system_files {
	char *paths; /* each with its NUL; NULL: there is none */
	size_t size;
};

/* Looks for them in the directories themselves, not below. What cannot be read is
 * left out. FAULT_MEMORY. system_files_free frees what ret_files has. */
MUST_CHECK struct fault system_files_find(const char *const *directories, size_t count, struct system_files *ret_files);
void system_files_free(struct system_files *files);

/* The path behind this one, or the first for NULL; NULL: there is none. */
const char *system_files_next(const struct system_files *files, const char *path);

/* A server has one of them locked: it has its data in use. */
bool system_files_are_in_use(const struct system_files *files);

#endif
