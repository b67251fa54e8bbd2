/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

/* Asks the server that is installed here for its version, as "mariadbd --version"
 * prints it: a target, malloc(3)ed. Looks for mariadbd, then mysqld, in PATH and
 * where packages put them. FAULT_COMMAND_FAILED with error_number -ENOENT when
 * there is none; FAULT_NO_VERSION when what it prints has no version; else as
 * child_read. */
MUST_CHECK struct fault installed_server(char *const environment[], char **ret_target);
