/* SPDX-License-Identifier: MIT */
#include "data/formats/prover.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct prover {
	const struct keyfile *keyfile;
	EVP_CIPHER_CTX *derive;			     /* encrypts the salt to the local key */
	EVP_CIPHER_CTX *block;			     /* AES-ECB, for the bytes after the last whole block */
	EVP_CIPHER_CTX *contexts[DATA_CIPHER_COUNT]; /* one per cipher */
	struct secret key;			     /* the key in use, decoded */
	bool has_key;
	bool failed;

	/* identifies the key in the contexts */
	bool local;
	uint32_t id;
	uint32_t version;
	unsigned char salt[CIPHER_BLOCK];
};

void prover_free(struct prover *prover)
{
	if (!prover)
		return;
	EVP_CIPHER_CTX_free(prover->derive);
	EVP_CIPHER_CTX_free(prover->block);
	for (size_t i = 0; i < DATA_CIPHER_COUNT; i++)
		EVP_CIPHER_CTX_free(prover->contexts[i]);
	secret_free(&prover->key);
	free(prover);
}

struct fault prover_new(const struct keyfile *keyfile, struct prover **ret_prover)
{
	struct prover *prover = calloc(1, sizeof(*prover));
	struct fault fault = fault_of(FAULT_MEMORY);

	if (!prover)
		return fault;
	prover->keyfile = keyfile;
	fault = secret_allocate(&prover->key, KEY_MAX_SIZE);
	prover->derive = EVP_CIPHER_CTX_new();
	prover->block = EVP_CIPHER_CTX_new();
	for (size_t i = 0; i < DATA_CIPHER_COUNT; i++)
		prover->contexts[i] = EVP_CIPHER_CTX_new();
	if (!prover->derive || !prover->block || !prover->contexts[0] || !prover->contexts[1])
		fault = fault_of(FAULT_MEMORY);
	if (fault.code)
		prover_free(prover);
	else
		*ret_prover = prover;
	return fault;
}

const struct keyfile *prover_keyfile(const struct prover *prover)
{
	return prover->keyfile;
}

static const EVP_CIPHER *block_cipher(size_t key_size)
{
	return key_size == 16 ? EVP_aes_128_ecb() : key_size == 24 ? EVP_aes_192_ecb() : EVP_aes_256_ecb();
}

static const EVP_CIPHER *stream_cipher(enum data_cipher cipher, size_t key_size)
{
	if (cipher == DATA_CIPHER_CTR)
		return key_size == 16 ? EVP_aes_128_ctr() : key_size == 24 ? EVP_aes_192_ctr() : EVP_aes_256_ctr();
	return key_size == 16 ? EVP_aes_128_cbc() : key_size == 24 ? EVP_aes_192_cbc() : EVP_aes_256_cbc();
}

static bool set_key(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, const unsigned char *key, int encrypt)
{
	return EVP_CipherInit_ex(context, cipher, NULL, key, NULL, encrypt) && EVP_CIPHER_CTX_set_padding(context, 0);
}

/* Sets the key in prover->key in all contexts. */
static bool set_keys(struct prover *prover)
{
	const unsigned char *key = prover->key.data;
	size_t size = prover->key.size;
	bool done = set_key(prover->block, block_cipher(size), key, 1);

	for (int i = 0; done && i < DATA_CIPHER_COUNT; i++)
		done = set_key(prover->contexts[i], stream_cipher((enum data_cipher)i, size), key, 0);
	return done;
}

static bool load_key(struct prover *prover, uint32_t id, uint32_t version)
{
	const struct entry *entry = prover->keyfile ? keyfile_find_version(prover->keyfile, id, version) : NULL;

	if (!entry)
		return false;
	keyfile_key(prover->keyfile, entry, prover->key.data);
	prover->key.size = entry->key_size;
	return true;
}

static bool derive_local_key(struct prover *prover, const unsigned char *salt)
{
	int size = 0;
	bool done = set_key(prover->derive, block_cipher(prover->key.size), prover->key.data, 1) &&
		    EVP_CipherUpdate(prover->derive, prover->key.data, &size, salt, CIPHER_BLOCK);

	prover->key.size = CIPHER_BLOCK;
	return done && size == CIPHER_BLOCK;
}

static bool in_use(const struct prover *prover, bool local, uint32_t id, uint32_t version)
{
	return prover->has_key && prover->local == local && prover->id == id && prover->version == version;
}

/* Remembers which key the contexts have, because the next page usually needs it too. */
static bool keep_key(struct prover *prover, bool done, bool local, uint32_t id, uint32_t version)
{
	prover->has_key = done;
	prover->failed |= !done;
	prover->local = local;
	prover->id = id;
	prover->version = version;
	OPENSSL_cleanse(prover->key.data, KEY_MAX_SIZE);
	return true;
}

bool prover_use_key(struct prover *prover, uint32_t id, uint32_t version)
{
	if (in_use(prover, false, id, version))
		return true;
	if (!load_key(prover, id, version))
		return false;
	return keep_key(prover, set_keys(prover), false, id, version);
}

bool prover_use_local_key(struct prover *prover, uint32_t id, uint32_t version,
			  const unsigned char salt[static CIPHER_BLOCK])
{
	if (in_use(prover, true, id, version) && !memcmp(prover->salt, salt, CIPHER_BLOCK))
		return true;
	if (!load_key(prover, id, version))
		return false;
	memcpy(prover->salt, salt, CIPHER_BLOCK);
	return keep_key(prover, derive_local_key(prover, salt) && set_keys(prover), true, id, version);
}

/* Advances the CTR counter: the IV plus blocks, big-endian. */
static void advance_counter(unsigned char *counter, uint64_t blocks)
{
	for (size_t i = CIPHER_BLOCK; i > 0 && blocks; i--) {
		blocks += counter[i - 1];
		counter[i - 1] = (unsigned char)blocks;
		blocks >>= 8;
	}
}

static const unsigned char *bytes_at(const struct ciphertext *text, size_t at)
{
	return text->data + (at - text->before);
}

static bool decrypt_counter(struct prover *prover, const struct ciphertext *text, size_t from, size_t end,
			    unsigned char *plain)
{
	unsigned char counter[CIPHER_BLOCK];
	int size;

	memcpy(counter, text->iv, CIPHER_BLOCK);
	advance_counter(counter, from / CIPHER_BLOCK);
	return EVP_CipherInit_ex(prover->contexts[DATA_CIPHER_CTR], NULL, NULL, NULL, counter, 0) &&
	       EVP_CipherUpdate(prover->contexts[DATA_CIPHER_CTR], plain, &size, bytes_at(text, from),
				(int)(end - from));
}

/* The bytes after the last whole block are XORed with the encrypted IV (the original IV,
 * not the last ciphertext block). */
static bool decrypt_rest(struct prover *prover, const struct ciphertext *text, size_t from, size_t end,
			 unsigned char *plain)
{
	unsigned char mask[CIPHER_BLOCK];
	int size;

	if (!EVP_CipherUpdate(prover->block, mask, &size, text->iv, CIPHER_BLOCK))
		return false;
	for (size_t i = from; i < end; i++)
		plain[i - from] = *bytes_at(text, i) ^ mask[i % CIPHER_BLOCK];
	return true;
}

static bool decrypt_chained(struct prover *prover, const struct ciphertext *text, size_t from, size_t end,
			    unsigned char *plain)
{
	const unsigned char *iv = from ? bytes_at(text, from - CIPHER_BLOCK) : text->iv;
	size_t whole = text->size - text->size % CIPHER_BLOCK; /* bytes in whole blocks */
	size_t aligned = (end + CIPHER_BLOCK - 1) / CIPHER_BLOCK * CIPHER_BLOCK;
	size_t chained = aligned < whole ? aligned : whole; /* end of the chained part in this call */
	unsigned char last[CIPHER_BLOCK];
	size_t bulk = end < chained ? chained - CIPHER_BLOCK : chained;
	EVP_CIPHER_CTX *context = prover->contexts[DATA_CIPHER_CBC];
	int size;

	if (from < chained && !EVP_CipherInit_ex(context, NULL, NULL, NULL, iv, 0))
		return false;
	if (from < bulk && !EVP_CipherUpdate(context, plain, &size, bytes_at(text, from), (int)(bulk - from)))
		return false;
	if (bulk < chained) {
		if (!EVP_CipherUpdate(context, last, &size, bytes_at(text, bulk), CIPHER_BLOCK))
			return false;
		memcpy(plain + (bulk - from), last, end - bulk);
	}
	if (end <= whole)
		return true;
	if (from > whole)
		whole = from;
	return decrypt_rest(prover, text, whole, end, plain + (whole - from));
}

void prover_decrypt(struct prover *prover, enum data_cipher cipher, const struct ciphertext *text, size_t from,
		    size_t end, unsigned char *plain)
{
	bool done;

	if (from >= end)
		return;
	if (!prover->has_key) {
		/* prover_failed reports this */
		memset(plain, 0, end - from);
		return;
	}
	if (cipher == DATA_CIPHER_CTR)
		done = decrypt_counter(prover, text, from, end, plain);
	else
		done = decrypt_chained(prover, text, from, end, plain);
	prover->failed |= !done;
}

bool prover_failed(const struct prover *prover)
{
	return prover->failed;
}
