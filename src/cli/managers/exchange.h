/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* Reads keys from a manager of any kind, and writes keys to it. */

/* Reads the chosen keys, and says what goes wrong. Nothing changes there. A manager that has none
 * of them gives an empty text. password: is tried on an encrypted key file that has no password
 * of its own; or NULL. What is worth a warning is appended to findings. STATUS_FAILED: not all
 * of them could be read. */
MUST_CHECK enum status manager_read(const struct manager *manager, const struct key_choice *choice,
				    const struct secret *password, struct findings *findings, struct secret *ret_text);

/* Reads all keys, says findings as warnings, and parses the text. */
MUST_CHECK enum status manager_open(const struct manager *manager, struct keyfile *ret_keyfile);

/* For Vault and AWS KMS. Whether the keys of text, none of which is there, can be written: finds
 * out what can be found out without a change, and says what is in the way. STATUS_REFUSED: they
 * must not be written, STATUS_USAGE: an option is missing. */
MUST_CHECK enum status manager_check(const struct manager *manager, const struct secret *text);

/* For the same two, after manager_check: writes them in their order. When that fails, some of them
 * may be there, each whole: the same command writes the others. From Vault the caller reads them
 * back; of AWS KMS each was decrypted again and compared before its file appeared. */
MUST_CHECK enum status manager_write(const struct manager *manager, const struct secret *text);
