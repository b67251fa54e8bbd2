/* SPDX-License-Identifier: MIT */
#include "core/crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

struct fault crypto_start(void)
{
	return OSSL_LIB_CTX_get0_global_default() ? fault_none() : fault_of(FAULT_MEMORY);
}

/* Out of memory, libcrypto may even fail to record the error. */
static bool is_out_of_memory(void)
{
	void *memory;

	if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		return true;
	memory = malloc(1024);
	free(memory);
	return !memory;
}

struct fault crypto_fault(enum fault_code code)
{
	return fault_of(is_out_of_memory() ? FAULT_MEMORY : code);
}

void crypto_load(void)
{
	if (crypto_start().code)
		return;
	EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
	EVP_CIPHER_free(EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL));
}
