/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_INPUT_H
#define MKEYFILE_CLI_INPUT_H

#include "cli/status.h"
#include "core/file.h"

/* Reads the file at path, or standard input for "-", for commands that change
 * nothing, and says what goes wrong. ret_status may be NULL; for standard input
 * it describes what that is. */
MUST_CHECK enum status read_input(const char *path, struct secret *ret_raw, struct stat *ret_status);

/* The same without words. */
MUST_CHECK struct fault read_input_silently(const char *path, struct secret *ret_raw, struct stat *ret_status);

#endif
