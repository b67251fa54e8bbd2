/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* The files of aws_key_management in a directory: "aws-kms-key.ID.VERSION" contains one key, encrypted
 * by AWS KMS, and nothing else (plugin/aws_key_management/aws_key_management_plugin.cc). */

/* Reads the text of the chosen keys, for manager_open. */
MUST_CHECK enum status aws_read(const struct manager *manager, const struct key_choice *choice,
				struct secret *ret_text);

/* As manager_check and manager_write. */
MUST_CHECK enum status aws_check(const struct manager *manager, const struct secret *text);
MUST_CHECK enum status aws_write(const struct manager *manager, const struct secret *text);
