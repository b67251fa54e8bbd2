/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

/* Readies libcrypto; whoever is about to use it calls this first, as often as
 * comes. FAULT_MEMORY: OpenSSL 3.0 would follow a null pointer in whatever is
 * called next (crypto/context.c, default_context_do_init), now and later. */
MUST_CHECK struct fault crypto_start(void);

/* Why libcrypto has just failed: FAULT_MEMORY when it says so, else code. */
MUST_CHECK struct fault crypto_fault(enum fault_code code);

/* Has libcrypto do now what it does at its first use, its configuration and providers:
 * a millisecond, for which there may be a better time. */
void crypto_load(void);
