/* SPDX-License-Identifier: MIT */
#include "core/crypto.h"

#include <openssl/crypto.h>

struct fault crypto_start(void)
{
	return OSSL_LIB_CTX_get0_global_default() ? fault_none() : fault_of(FAULT_MEMORY);
}
