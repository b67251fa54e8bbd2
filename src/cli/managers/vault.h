/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* HashiCorp Vault and OpenBao, through mkeyfile-vault in a process of its own. The token is
 * that of VAULT_TOKEN, or of ~/.vault-token, where 'vault login' puts it. */

/* Returns the URL of the mount, which the server's plugin takes as its vault-url. malloc(3)ed;
 * NULL: place is a mount, and VAULT_ADDR is not set, or there is no memory. */
char *vault_url(const char *place);

/* Returns the absolute path of VAULT_CACERT, malloc(3)ed, or NULL: it is not set, or does not
 * exist. */
char *vault_authorities(void);

/* As manager_read, manager_check and manager_write. */
MUST_CHECK enum status vault_read(const struct manager *manager, const struct key_choice *choice,
				  struct findings *findings, struct secret *ret_text);
MUST_CHECK enum status vault_check(const struct manager *manager, const struct secret *text);
MUST_CHECK enum status vault_write(const struct manager *manager, const struct secret *text);
