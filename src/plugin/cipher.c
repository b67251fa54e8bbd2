/* SPDX-License-Identifier: MIT */
#include "plugin/cipher.h"

/* AES-GCM if the server has it, else AES-CTR. */
static enum my_aes_mode padded_mode;

static enum my_aes_mode mode(int flags)
{
	return flags & ENCRYPTION_FLAG_NOPAD ? MY_AES_CTR : padded_mode;
}

static unsigned int context_size(unsigned int id, unsigned int version)
{
	(void)id;
	(void)version;
	return my_aes_ctx_size(padded_mode);
}

static int start(void *context, const unsigned char *key, unsigned int key_size, const unsigned char *iv,
		 unsigned int iv_size, int flags, unsigned int id, unsigned int version)
{
	(void)id;
	(void)version;
	return my_aes_crypt_init(context, mode(flags), flags, key, key_size, iv, iv_size);
}

static int update(void *context, const unsigned char *input, unsigned int input_size, unsigned char *output,
		  unsigned int *output_size)
{
	return my_aes_crypt_update(context, input, input_size, output, output_size);
}

static int finish(void *context, unsigned char *output, unsigned int *output_size)
{
	return my_aes_crypt_finish(context, output, output_size);
}

static unsigned int encrypted_size(unsigned int size, unsigned int id, unsigned int version)
{
	(void)id;
	(void)version;
	return my_aes_get_size(padded_mode, size);
}

bool cipher_use_ctr(struct st_mariadb_encryption *encryption)
{
	/* In a server built without a mode, the mode acts as CBC, whose size is a
	 * multiple of 16 (mysys_ssl/my_crypt.cc, my_aes_get_size). */
	if (my_aes_get_size(MY_AES_CTR, 1) != 1)
		return false;
	padded_mode = my_aes_get_size(MY_AES_GCM, 1) == 1 + MY_AES_BLOCK_SIZE ? MY_AES_GCM : MY_AES_CTR;
	encryption->crypt_ctx_size = context_size;
	encryption->crypt_ctx_init = start;
	encryption->crypt_ctx_update = update;
	encryption->crypt_ctx_finish = finish;
	encryption->encrypted_length = encrypted_size;
	return true;
}

void cipher_use_cbc(struct st_mariadb_encryption *encryption)
{
	encryption->crypt_ctx_size = NULL;
	encryption->crypt_ctx_init = NULL;
	encryption->crypt_ctx_update = NULL;
	encryption->crypt_ctx_finish = NULL;
	encryption->encrypted_length = NULL;
}
