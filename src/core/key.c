/* SPDX-License-Identifier: MIT */
#include "core/key.h"

#include "core/crypto.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

/* These are fingerprints, not keys, so that this table does not publish the keys again. */
static const char *const published_fingerprints[] = {
	"c8ddd5211bb19853", /* manual, File Key Management, key 1 and openssl rand */
	"f13daf32c74b2833", /* manual, File Key Management, key 2 */
	"9056acc3cc495904", /* manual, File Key Management, key 100 */
	"363ab303a8e8628d", /* manual before 10.2, openssl rand -hex 16 */
	"10d0e7dc55223cea", /* file_key_management/parser.cc, key 1 */
	"c246f82943d88c35", /* file_key_management/parser.cc, key 2 */
	"dd044b3652905cd7", /* file_key_management's first examples, key 2 */
};

bool key_size_is_valid(size_t size)
{
	return size == 16 || size == 24 || size == 32;
}

bool key_is_uniform(const unsigned char *key, size_t size)
{
	for (size_t i = 1; i < size; i++)
		if (key[i] != key[0])
			return false;
	return true;
}

int key_compare(uint32_t id, uint32_t version, uint32_t other_id, uint32_t other_version)
{
	if (id != other_id)
		return id < other_id ? -1 : 1;
	return version < other_version ? -1 : version > other_version;
}

struct fault key_generate(unsigned char *key, size_t size)
{
	struct fault fault = crypto_start();

	if (fault.code)
		return fault;
	if (RAND_priv_bytes(key, (int)size) == 1 && !key_is_uniform(key, size))
		return fault_none();
	explicit_bzero(key, size);
	return crypto_fault(FAULT_RANDOM);
}

int hex_digit_value(unsigned char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

void key_to_hex(const unsigned char *key, size_t size, unsigned char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		hex[2 * i] = (unsigned char)digits[key[i] >> 4];
		hex[2 * i + 1] = (unsigned char)digits[key[i] & 15];
	}
}

void key_from_hex(const unsigned char *hex, size_t size, unsigned char *key)
{
	for (size_t i = 0; i < size; i++)
		key[i] = (unsigned char)(hex_digit_value(hex[2 * i]) << 4 | hex_digit_value(hex[2 * i + 1]));
}

struct fingerprinter {
	EVP_MAC *mac;
	EVP_MAC_CTX *context;
};

struct fault fingerprinter_new(struct fingerprinter **ret_fingerprinter)
{
	struct fingerprinter *fingerprinter = calloc(1, sizeof(*fingerprinter));

	if (!fingerprinter || crypto_start().code) {
		free(fingerprinter);
		return fault_of(FAULT_MEMORY);
	}
	fingerprinter->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (fingerprinter->mac)
		fingerprinter->context = EVP_MAC_CTX_new(fingerprinter->mac);
	if (!fingerprinter->context) {
		fingerprinter_free(fingerprinter);
		return crypto_fault(FAULT_ALGORITHM);
	}
	*ret_fingerprinter = fingerprinter;
	return fault_none();
}

struct fault fingerprint_key(struct fingerprinter *fingerprinter, const unsigned char *key, size_t size,
			     struct fingerprint *ret_fingerprint)
{
	static const unsigned char message[] = "mkeyfile fingerprint v1";
	char digest_name[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
		OSSL_PARAM_construct_end(),
	};
	unsigned char mac[EVP_MAX_MD_SIZE];
	size_t mac_size;

	if (!EVP_MAC_init(fingerprinter->context, key, size, parameters) ||
	    !EVP_MAC_update(fingerprinter->context, message, sizeof(message) - 1) ||
	    !EVP_MAC_final(fingerprinter->context, mac, &mac_size, sizeof(mac)))
		return crypto_fault(FAULT_ALGORITHM);
	*ret_fingerprint = (struct fingerprint){ 0 };
	key_to_hex(mac, sizeof(ret_fingerprint->text) / 2, (unsigned char *)ret_fingerprint->text);
	return fault_none();
}

void fingerprinter_free(struct fingerprinter *fingerprinter)
{
	if (!fingerprinter)
		return;
	EVP_MAC_CTX_free(fingerprinter->context);
	EVP_MAC_free(fingerprinter->mac);
	free(fingerprinter);
}

bool key_is_published(const struct fingerprint *fingerprint)
{
	size_t count = sizeof(published_fingerprints) / sizeof(published_fingerprints[0]);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(fingerprint->text, published_fingerprints[i]))
			return true;
	return false;
}
