/* SPDX-License-Identifier: MIT */
#include "core/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

struct fault crypto_start(void)
{
	return OSSL_LIB_CTX_get0_global_default() ? fault_none() : fault_of(FAULT_MEMORY);
}

void crypto_load(void)
{
	if (!crypto_start().code)
		EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
}
