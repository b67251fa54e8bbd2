/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

/* Asks the server that is installed on this host for its version, as "mariadbd --version" prints
 * it. Returns a target, malloc(3)ed. Looks for mariadbd, then mysqld, in PATH and in the
 * directories that packages use. FAULT_COMMAND_FAILED with error_number -ENOENT if no server is
 * installed; FAULT_NO_VERSION if the output has no version; otherwise the faults of child_read. */
MUST_CHECK struct fault installed_server(char *const environment[], char **ret_target);
