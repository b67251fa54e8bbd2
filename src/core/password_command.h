/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CORE_PASSWORD_COMMAND_H
#define MKEYFILE_CORE_PASSWORD_COMMAND_H

#include "core/password.h"

/* Reads the password, as password_from_bytes takes it, from the standard output of
 * "sh -c command", run with environment for
 * at most timeout seconds (0: for ever). FAULT_COMMAND_FAILED and FAULT_TIMEOUT as
 * child_read. */
MUST_CHECK struct fault password_from_command(const char *command, char *const environment[], unsigned int timeout,
					      struct password *ret_password);

#endif
