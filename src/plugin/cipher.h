/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"
#include "plugin/server.h"

/* The cipher for data. With aes_cbc, the server's own functions encrypt: an encryption
 * plugin gets them by setting none. With aes_ctr, this is AES-CTR where padding is not
 * allowed (everything that InnoDB, Aria and the logs write) and AES-GCM elsewhere, as in
 * file_key_management. */

/* Sets the aes_ctr functions in encryption. Returns false if the server's TLS library
 * lacks AES-CTR. */
MUST_CHECK bool cipher_use_ctr(struct st_mariadb_encryption *encryption);

/* Restores the server's own functions. */
void cipher_use_cbc(struct st_mariadb_encryption *encryption);
