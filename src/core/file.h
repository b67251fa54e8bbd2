/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CORE_FILE_H
#define MKEYFILE_CORE_FILE_H

#include "core/secret.h"

#include <stdint.h>
#include <sys/stat.h>

/* Whole files, through a descriptor that stays the caller's. */

/* Seconds that the writers of a named pipe have; 0: no limit. 60 before the first call. */
void file_set_pipe_timeout(unsigned int seconds);

/* Opens a file of a user that this process trusts (core/trust.h) for reading. The writer
 * of a named pipe is waited for, at most that long. FAULT_OPEN, FAULT_UNTRUSTED,
 * FAULT_READ, FAULT_PIPE_TIMEOUT. */
MUST_CHECK struct fault file_open(const char *path, int *ret_descriptor);

/* read(2), up to size bytes; 0 at the end. A named pipe is waited for until deadline
 * (of file_deadline). FAULT_READ, FAULT_PIPE_TIMEOUT. */
MUST_CHECK struct fault file_read_some(int descriptor, void *buffer, size_t size, int64_t deadline, size_t *ret_size);

/* When a descriptor whose reading begins now has to have been read: DEADLINE_NONE unless
 * it is a named pipe. */
int64_t file_deadline(int descriptor);

/* Reads from where the descriptor stands to the end, at most KEYFILE_MAX_SIZE
 * bytes: FAULT_READ, FAULT_PIPE_TIMEOUT, FAULT_TOO_LARGE, FAULT_MEMORY. */
MUST_CHECK struct fault file_read(int descriptor, struct secret *ret_content);

/* The same by name, for regular files and pipes, as file_open opens them. ret_status may
 * be NULL; it is set as soon as the file is open. FAULT_NOT_REGULAR, and as above. */
MUST_CHECK struct fault file_read_path(const char *path, struct secret *ret_content, struct stat *ret_status);

/* The same, whoever owns the file: for a report on it. */
MUST_CHECK struct fault file_read_path_of_anyone(const char *path, struct secret *ret_content, struct stat *ret_status);

/* Writes all of content: FAULT_WRITE. */
MUST_CHECK struct fault file_write(int descriptor, const struct secret *content);

/* Whether content is all that the file holds, from its beginning: FAULT_READ_BACK,
 * FAULT_TOO_LARGE, FAULT_MEMORY. */
MUST_CHECK struct fault file_read_back(int descriptor, const struct secret *content);

/* The same device and inode. */
bool file_is_same(const struct stat *one, const struct stat *other);

#endif
