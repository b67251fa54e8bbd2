/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/file.h"

/* Reads the file at path, or standard input for "-", for commands that change nothing.
 * Reports failures. ret_status may be NULL; it gets the fstat(2) of the file or of standard
 * input. */
MUST_CHECK enum status read_input(const char *path, struct secret *ret_raw, struct stat *ret_status);

/* The same for the key file. Refuses a named pipe that only the option files specify: its
 * content is for the server. */
MUST_CHECK enum status read_key_file(const char *file, const struct host *host, struct secret *ret_raw,
				     struct stat *ret_status);

/* Whether file is a named pipe that only the option files specify. */
bool is_server_pipe(const char *file, const struct host *host);

/* Reports such a pipe. Returns STATUS_FAILED. */
enum status refuse_server_pipe(const char *file);

/* As read_input, without messages. */
MUST_CHECK struct fault read_input_silently(const char *path, struct secret *ret_raw, struct stat *ret_status);
