/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/same_file.h"
#include "core/secret.h"

#include <dirent.h>
#include <stdint.h>
#include <sys/stat.h>

/* Whole files, through a descriptor that stays the caller's. */

/* Seconds that the writers of a named pipe have; 0: no limit. 60 before the first call. */
void file_set_pipe_timeout(unsigned int seconds);

/* Opens a file of a user that this process trusts (core/trust.h) for reading. The writer
 * of a named pipe is waited for, at most that long. FAULT_OPEN, FAULT_UNTRUSTED,
 * FAULT_READ, FAULT_PIPE_TIMEOUT. */
MUST_CHECK struct fault file_open(const char *path, int *ret_descriptor);

/* Reads from where the descriptor stands to the end, or up to limit bytes; a named pipe is
 * waited for. ret_content is to be freed on faults too. FAULT_READ, FAULT_PIPE_TIMEOUT,
 * FAULT_MEMORY. */
MUST_CHECK struct fault file_read_start(int descriptor, size_t limit, struct secret *ret_content);

/* What a whole file may have: as much as a server reads of a key file. */
#define FILE_MAX_SIZE 1048576

/* The same to the end, at most FILE_MAX_SIZE bytes, with a NUL after them that size does
 * not count. FAULT_TOO_LARGE, and as above. */
MUST_CHECK struct fault file_read(int descriptor, struct secret *ret_content);

/* The same by name, for regular files and pipes, as file_open opens them. ret_status may
 * be NULL; it is set as soon as the file is open. FAULT_NOT_REGULAR, and as above. */
MUST_CHECK struct fault file_read_path(const char *path, struct secret *ret_content, struct stat *ret_status);

/* The same, whoever owns the file: for a report on it. */
MUST_CHECK struct fault file_read_path_of_anyone(const char *path, struct secret *ret_content, struct stat *ret_status);

/* The entries of a directory that is open, from the first one on; its own descriptor is
 * left alone. NULL: errno tells why. */
DIR *file_list(int directory);

/* Whether both paths lead to the same file, which is there. */
bool file_is_same_path(const char *one, const char *other);

/* Whether path leads to a named pipe. */
bool file_is_named_pipe(const char *path);

/* Writes all of content: FAULT_WRITE. */
MUST_CHECK struct fault file_write(int descriptor, const struct secret *content);

/* Whether renameat2(2) failed with this error because it cannot exchange two files here.
 * EPERM: an old system call filter. */
bool file_cannot_exchange(int error_number);

/* Whether content is all that the file holds, from its beginning: FAULT_READ_BACK,
 * FAULT_TOO_LARGE, FAULT_MEMORY. */
MUST_CHECK struct fault file_read_back(int descriptor, const struct secret *content);
