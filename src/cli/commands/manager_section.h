/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* What mkeyfile config prints for a server whose keys are in Vault or in AWS KMS. */

/* Prints the section, and what to do before and after it is used. Nothing is read from the
 * manager. */
MUST_CHECK enum status manager_section_write(const struct manager *manager);
