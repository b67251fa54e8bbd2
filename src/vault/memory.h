/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Memory of libcurl and jansson, through which keys and the token pass: wiped when it is
 * freed. OpenSSL, which has
 * its own memory, wipes what it has decrypted (vault/http.c). */

/* Makes both libraries use it. Call it before any other function of theirs. False: no memory. */
bool memory_start(void);
