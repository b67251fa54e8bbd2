/* SPDX-License-Identifier: MIT */
#include "core/envelope.h"

#include "core/crypto.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <strings.h>

#define AES_KEY_SIZE 32
#define AES_IV_SIZE 16
#define DERIVED_SIZE (AES_KEY_SIZE + AES_IV_SIZE)

static const char *const digest_names[DIGEST_COUNT] = {
	[DIGEST_SHA1] = "sha1",	    [DIGEST_SHA224] = "sha224", [DIGEST_SHA256] = "sha256",
	[DIGEST_SHA384] = "sha384", [DIGEST_SHA512] = "sha512",
};

bool kdf_equals(struct kdf one, struct kdf other)
{
	return one.digest == other.digest && one.iterations == other.iterations;
}

const char *digest_name(enum digest digest)
{
	return digest_names[digest];
}

bool digest_from_name(const char *name, enum digest *ret_digest)
{
	for (enum digest digest = DIGEST_SHA1; digest < DIGEST_COUNT; digest++) {
		if (!strcasecmp(name, digest_names[digest])) {
			*ret_digest = digest;
			return true;
		}
	}
	return false;
}

bool envelope_is_encrypted(const void *data, size_t size)
{
	return size > ENVELOPE_MAGIC_SIZE && !memcmp(data, ENVELOPE_MAGIC, ENVELOPE_MAGIC_SIZE);
}

size_t envelope_encrypted_size(size_t size)
{
	return ENVELOPE_HEADER_SIZE + (size / ENVELOPE_BLOCK_SIZE + 1) * ENVELOPE_BLOCK_SIZE;
}

/* EVP_BytesToKey(3) with one iteration: block N is the digest of block N-1, password and
 * salt. Blocks are added until there are enough bytes. */
static struct fault derive_bytes_to_key(const EVP_MD *md, const struct secret *password, const unsigned char *salt,
					struct secret *derived)
{
	/* the previous block, password and salt; then the new block */
	SECRET struct secret input = { 0 };
	size_t block_size = (size_t)EVP_MD_get_size(md);
	struct fault fault = secret_allocate(&input, (size_t)2 * EVP_MAX_MD_SIZE + password->size + ENVELOPE_SALT_SIZE);
	unsigned char *block;

	if (fault.code)
		return fault;
	block = input.data + input.capacity - EVP_MAX_MD_SIZE;
	while (derived->size < DERIVED_SIZE) {
		size_t missing = DERIVED_SIZE - derived->size;

		input.size = 0;
		if (derived->size)
			secret_append(&input, block, block_size);
		secret_append(&input, password->data, password->size);
		secret_append(&input, salt, ENVELOPE_SALT_SIZE);
		if (!EVP_Digest(input.data, input.size, block, NULL, md, NULL))
			return crypto_fault(FAULT_ALGORITHM);
		secret_append(derived, block, block_size < missing ? block_size : missing);
	}
	return fault_none();
}

static struct fault derive_pbkdf2(const EVP_MD *md, unsigned int iterations, const struct secret *password,
				  const unsigned char *salt, struct secret *derived)
{
	derived->size = DERIVED_SIZE;
	if (PKCS5_PBKDF2_HMAC((const char *)password->data, (int)password->size, salt, ENVELOPE_SALT_SIZE,
			      (int)iterations, md, DERIVED_SIZE, derived->data) == 1)
		return fault_none();
	return crypto_fault(FAULT_ALGORITHM);
}

/* ret_derived is the AES key followed by the IV. */
static struct fault derive(const struct secret *password, struct kdf kdf, const unsigned char *salt,
			   struct secret *ret_derived)
{
	EVP_MD *md = NULL;
	struct fault fault = crypto_start();

	if (fault.code)
		return fault;
	md = EVP_MD_fetch(NULL, digest_names[kdf.digest], NULL);
	fault = md ? secret_allocate(ret_derived, DERIVED_SIZE) : crypto_fault(FAULT_ALGORITHM);
	if (!fault.code && kdf.iterations)
		fault = derive_pbkdf2(md, kdf.iterations, password, salt, ret_derived);
	else if (!fault.code)
		fault = derive_bytes_to_key(md, password, salt, ret_derived);
	EVP_MD_free(md);
	return fault;
}

enum direction { DECRYPT = 0, ENCRYPT = 1 };

/* Runs AES-256-CBC over the whole input. ret_output has room for one more block. */
static struct fault run_cipher(enum direction direction, const struct secret *derived, const unsigned char *input,
			       size_t input_size, unsigned char *ret_output, size_t *ret_output_size)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	struct fault fault = fault_of(FAULT_ALGORITHM);
	int most;
	int last;

	if (!cipher || !context)
		goto out;
	if (!EVP_CipherInit_ex2(context, cipher, derived->data, derived->data + AES_KEY_SIZE, (int)direction, NULL))
		goto out;
	if (!EVP_CipherUpdate(context, ret_output, &most, input, (int)input_size))
		goto out;
	if (!EVP_CipherFinal_ex(context, ret_output + most, &last)) {
		if (direction == DECRYPT)
			fault = fault_of(FAULT_WRONG_PASSWORD);
		goto out;
	}
	*ret_output_size = (size_t)most + (size_t)last;
	fault = fault_none();
out:
	if (fault.code == FAULT_ALGORITHM)
		fault = crypto_fault(FAULT_ALGORITHM);
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return fault;
}

struct fault envelope_decrypt(const struct secret *encrypted, const struct secret *password, struct kdf kdf,
			      struct secret *ret_text, enum seal *ret_seal)
{
	SECRET struct secret derived = { 0 };
	SECRET struct secret text = { 0 };
	struct fault fault;

	if (!envelope_is_encrypted(encrypted->data, encrypted->size))
		return fault_of(FAULT_NOT_ENCRYPTED);
	if (encrypted->size <= ENVELOPE_HEADER_SIZE || encrypted->size % ENVELOPE_BLOCK_SIZE)
		return fault_of(FAULT_TRUNCATED);
	/* In a server, an error left in the thread's queue breaks the client's TLS
	 * connection (SSL_get_error(3)). */
	ERR_set_mark();
	fault = derive(password, kdf, encrypted->data + ENVELOPE_MAGIC_SIZE, &derived);
	if (!fault.code)
		fault = secret_allocate(&text, encrypted->size);
	if (!fault.code)
		fault = run_cipher(DECRYPT, &derived, encrypted->data + ENVELOPE_HEADER_SIZE,
				   encrypted->size - ENVELOPE_HEADER_SIZE, text.data, &text.size);
	if (!fault.code && ret_seal)
		fault = seal_check(&text, &derived, ret_seal);
	ERR_pop_to_mark();
	if (!fault.code)
		*ret_text = secret_take(&text);
	return fault;
}

/* Checks that the same key decrypts the new file to text. */
static struct fault check_encrypted(const struct secret *encrypted, const struct secret *derived,
				    const struct secret *text)
{
	SECRET struct secret opened = { 0 };
	struct fault fault = secret_allocate(&opened, encrypted->size);

	if (!fault.code)
		fault = run_cipher(DECRYPT, derived, encrypted->data + ENVELOPE_HEADER_SIZE,
				   encrypted->size - ENVELOPE_HEADER_SIZE, opened.data, &opened.size);
	if (fault.code == FAULT_WRONG_PASSWORD || (!fault.code && !secret_equals(&opened, text)))
		fault = fault_of(FAULT_ALGORITHM);
	return fault;
}

/* Encrypts text with the derived key, which belongs to salt. */
static struct fault encrypt_text(const struct secret *text, const struct secret *derived, const unsigned char *salt,
				 struct secret *ret_encrypted)
{
	SECRET struct secret encrypted = { 0 };
	size_t body_size = 0;
	struct fault fault = secret_allocate(&encrypted, envelope_encrypted_size(text->size) + ENVELOPE_BLOCK_SIZE);

	if (fault.code)
		return fault;
	secret_append(&encrypted, ENVELOPE_MAGIC, ENVELOPE_MAGIC_SIZE);
	secret_append(&encrypted, salt, ENVELOPE_SALT_SIZE);
	fault = run_cipher(ENCRYPT, derived, text->data, text->size, encrypted.data + encrypted.size, &body_size);
	encrypted.size += body_size;
	if (!fault.code)
		fault = check_encrypted(&encrypted, derived, text);
	if (!fault.code)
		*ret_encrypted = secret_take(&encrypted);
	return fault;
}

struct fault envelope_encrypt_with_salt(const struct secret *text, const struct secret *password, struct kdf kdf,
					const unsigned char salt[static ENVELOPE_SALT_SIZE], bool with_seal,
					struct secret *ret_encrypted)
{
	SECRET struct secret derived = { 0 };
	SECRET struct secret sealed = { 0 };
	struct fault fault = derive(password, kdf, salt, &derived);

	if (fault.code || !with_seal)
		return fault.code ? fault : encrypt_text(text, &derived, salt, ret_encrypted);
	fault = secret_allocate(&sealed, text->size + seal_size(text));
	if (fault.code)
		return fault;
	secret_append(&sealed, text->data, text->size);
	fault = seal_append(&sealed, &derived);
	return fault.code ? fault : encrypt_text(&sealed, &derived, salt, ret_encrypted);
}

struct fault envelope_encrypt(const struct secret *text, const struct secret *password, struct kdf kdf,
			      struct secret *ret_encrypted)
{
	unsigned char salt[ENVELOPE_SALT_SIZE];
	struct fault fault = crypto_start();

	if (fault.code)
		return fault;
	if (RAND_bytes(salt, sizeof(salt)) != 1)
		return crypto_fault(FAULT_RANDOM);
	return envelope_encrypt_with_salt(text, password, kdf, salt, true, ret_encrypted);
}
