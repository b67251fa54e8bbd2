/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/file.h"

/* Reads the file at path, or standard input for "-", for commands that change
 * nothing, and says what goes wrong. ret_status may be NULL; for standard input
 * it describes what that is. */
MUST_CHECK enum status read_input(const char *path, struct secret *ret_raw, struct stat *ret_status);

/* The same for the key file. A named pipe that only the option files name is refused:
 * what it holds is for the server. */
MUST_CHECK enum status read_key_file(const char *file, const struct host *host, struct secret *ret_raw,
				     struct stat *ret_status);

/* The option files, and nothing else, lead to the named pipe file. */
bool is_server_pipe(const char *file, const struct host *host);

/* Says so. Returns STATUS_FAILED. */
enum status refuse_server_pipe(const char *file);

/* read_input without words. */
MUST_CHECK struct fault read_input_silently(const char *path, struct secret *ret_raw, struct stat *ret_status);
