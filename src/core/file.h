/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/same_file.h"
#include "core/secret.h"

#include <dirent.h>
#include <stdint.h>
#include <sys/stat.h>

/* Reads and writes whole files. The caller keeps the descriptors. */

/* Sets how many seconds to wait for the writers of a named pipe; 0: no limit. The default is 60. */
void file_set_pipe_timeout(unsigned int seconds);

/* Opens a file for reading if its owner is trusted (core/trust.h). Waits for the writer
 * of a named pipe, up to the limit set above. Faults: FAULT_OPEN, FAULT_UNTRUSTED,
 * FAULT_READ, FAULT_PIPE_TIMEOUT. */
MUST_CHECK struct fault file_open(const char *path, int *ret_descriptor);

/* Reads from the current offset to the end of the file, or up to limit bytes. Waits for
 * data from a named pipe. Free ret_content on faults too. Faults: FAULT_READ,
 * FAULT_PIPE_TIMEOUT, FAULT_MEMORY. */
MUST_CHECK struct fault file_read_start(int descriptor, size_t limit, struct secret *ret_content);

/* The largest file to read, in bytes: the server reads no more of a key file. */
#define FILE_MAX_SIZE 1048576

/* Like file_read_start, but reads to the end of the file, at most FILE_MAX_SIZE bytes. A
 * NUL follows the content; the size does not count it. Faults: FAULT_TOO_LARGE, and those
 * of file_read_start. */
MUST_CHECK struct fault file_read(int descriptor, struct secret *ret_content);

/* Opens path as file_open does and reads it as file_read does. path must be a regular
 * file or a pipe. ret_status may be NULL; it is set as soon as the file is open. Faults:
 * FAULT_NOT_REGULAR, and those of both functions. */
MUST_CHECK struct fault file_read_path(const char *path, struct secret *ret_content, struct stat *ret_status);

/* Like file_read_path, but reads the file whoever owns it. Use only to report on the file. */
MUST_CHECK struct fault file_read_path_of_anyone(const char *path, struct secret *ret_content, struct stat *ret_status);

/* Lists an open directory from its first entry, without moving the descriptor's own
 * offset. Returns NULL on errors, with errno set. */
DIR *file_list(int directory);

/* Returns whether both paths lead to the same existing file. */
bool file_is_same_path(const char *one, const char *other);

/* Returns whether path leads to a named pipe. */
bool file_is_named_pipe(const char *path);

/* Writes all of content. Faults: FAULT_WRITE. */
MUST_CHECK struct fault file_write(int descriptor, const struct secret *content);

/* Returns whether this error of renameat2(2) means that two files cannot be exchanged
 * here. EPERM comes from old system call filters. */
bool file_cannot_exchange(int error_number);

/* Checks that the file contains exactly content. Faults: FAULT_READ_BACK,
 * FAULT_TOO_LARGE, FAULT_MEMORY. */
MUST_CHECK struct fault file_read_back(int descriptor, const struct secret *content);
