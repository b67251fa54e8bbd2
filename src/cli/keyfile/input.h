/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/file.h"

/* Reads the file at path, or standard input for "-", for commands that change nothing.
 * Reports failures. ret_status may be NULL; it gets the fstat(2) of the file or of standard
 * input. */
MUST_CHECK enum status input_read(const char *path, struct secret *ret_raw, struct stat *ret_status);

/* The same for the key file. Refuses a named pipe that only the option files specify: its
 * content is for the server. */
MUST_CHECK enum status input_read_key_file(const char *file, const struct host *host, struct secret *ret_raw,
					   struct stat *ret_status);

/* Whether file is a named pipe that only the option files specify. */
bool input_is_server_pipe(const char *file, const struct host *host);

/* Reports such a pipe. Returns STATUS_FAILED. */
enum status input_refuse_server_pipe(const char *file);

/* As input_read, without messages. */
MUST_CHECK struct fault input_read_silently(const char *path, struct secret *ret_raw, struct stat *ret_status);
