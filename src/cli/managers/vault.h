/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* HashiCorp Vault and OpenBao, through mkeyfile-vault in a separate process. The token comes from
 * VAULT_TOKEN, or from ~/.vault-token, where 'vault login' writes it. */

/* Returns the URL of the mount, which is the vault-url of the server's plugin. malloc(3)ed;
 * NULL: place is only a mount and VAULT_ADDR is not set, or no memory. */
char *vault_url(const char *place);

/* Returns the absolute path of VAULT_CACERT, malloc(3)ed, or NULL: the variable is not set,
 * or the file does not exist. */
char *vault_authorities(void);

/* Reads the text of the chosen keys, for manager_open. Appends warnings to findings. */
MUST_CHECK enum status vault_read(const struct manager *manager, const struct key_choice *choice,
				  struct findings *findings, struct secret *ret_text);

/* As manager_check and manager_write. */
MUST_CHECK enum status vault_check(const struct manager *manager, const struct secret *text);
MUST_CHECK enum status vault_write(const struct manager *manager, const struct secret *text);
