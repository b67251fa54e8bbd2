/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* HashiCorp Vault and OpenBao, through mkeyfile-vault in a process of its own. The token is
 * that of VAULT_TOKEN, or of ~/.vault-token, where 'vault login' puts it. */

/* As manager_read, manager_check and manager_write. */
MUST_CHECK enum status vault_read(const struct manager *manager, const struct key_choice *choice,
				  struct findings *findings, struct secret *ret_text);
MUST_CHECK enum status vault_check(const struct manager *manager, const struct secret *text);
MUST_CHECK enum status vault_write(const struct manager *manager, const struct secret *text);
