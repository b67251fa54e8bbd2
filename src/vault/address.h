/* SPDX-License-Identifier: MIT */
#pragma once

#include "vault/problem.h"

/* Where the keys are: a mount of a Vault server. */
struct address {
	char *api;     /* "https://host:8200/v1/", malloc(3)ed */
	char *mount;   /* "secret/mariadb", likewise; no slash at its ends */
	bool is_plain; /* http, to this host */
};

/* Takes place apart: a URL as vault-url of hashicorp_key_management has it, or a mount on the
 * server of $VAULT_ADDR. https, or http to a loopback address. False: problem says why not. */
bool address_parse(const char *place, struct address *ret_address, struct problem *problem);

void address_free(struct address *address);
