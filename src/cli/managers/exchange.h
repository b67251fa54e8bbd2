/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* Reads keys from a manager of any kind, and writes keys to it. */

/* Reads and parses the chosen keys, or reports why not. Changes nothing in the manager. No key is in
 * ret_keyfile if the manager has none of the keys. password: tried on an encrypted key file for which
 * the options give no password; or NULL. Appends warnings to findings; NULL: prints them.
 * STATUS_FAILED: some of the keys could not be read. */
MUST_CHECK enum status manager_open(const struct manager *manager, const struct key_choice *choice,
				    const struct secret *password, struct findings *findings,
				    struct keyfile *ret_keyfile);

/* For Vault and AWS KMS: checks, without a change, whether the keys in text can be written, and
 * reports why not. The manager must have none of the keys. STATUS_REFUSED: the keys must not be
 * written. STATUS_USAGE: an option is missing. */
MUST_CHECK enum status manager_check(const struct manager *manager, const struct secret *text);

/* For Vault and AWS KMS, after manager_check: writes the keys in their order. After a failure, some
 * keys may be written, each of them completely; the same command then writes the others. For Vault,
 * the caller must read the keys back. For AWS KMS, each key is decrypted and compared before its
 * file is created. */
MUST_CHECK enum status manager_write(const struct manager *manager, const struct secret *text);
