/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"
#include "plugin/server.h"

/* The cipher for data. With aes_cbc the server's own functions do it, which an
 * encryption plugin gets by naming none. With aes_ctr it is AES-CTR where no
 * padding is allowed (all that InnoDB, Aria and the logs write) and AES-GCM
 * elsewhere, as file_key_management has it. */

/* Names the functions of aes_ctr in encryption. False: the server's TLS library
 * has no AES-CTR. */
MUST_CHECK bool cipher_use_ctr(struct st_mariadb_encryption *encryption);

/* Goes back to the server's own. */
void cipher_use_cbc(struct st_mariadb_encryption *encryption);
