/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

/* Initializes libcrypto. Call this before every use of libcrypto; repeated calls are
 * cheap. Faults: FAULT_MEMORY. Without this check, OpenSSL 3.0 dereferences a null
 * pointer in the next call (crypto/context.c, default_context_do_init) and in every later
 * one. */
MUST_CHECK struct fault crypto_start(void);

/* Returns the reason for the last libcrypto failure: FAULT_MEMORY if libcrypto reports
 * that, else code. */
MUST_CHECK struct fault crypto_fault(enum fault_code code);

/* Loads libcrypto's configuration and providers now, rather than at its first use. This
 * takes about a millisecond; call it when that delay does not matter. */
void crypto_load(void);
