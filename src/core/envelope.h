/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/seal.h"
#include "core/secret.h"

/* The encrypted form of a key file: "Salted__", 8 bytes of salt, then AES-256-CBC with
 * PKCS#7 padding. "openssl enc -aes-256-cbc -md DIGEST [-pbkdf2 -iter N]" writes this
 * format and the server's plugin reads it. It is not authenticated: successful decryption
 * does not prove that nobody changed the file. The seal, a line of the text, does. */
#define ENVELOPE_MAGIC "Salted__"
#define ENVELOPE_MAGIC_SIZE 8
#define ENVELOPE_SALT_SIZE 8
#define ENVELOPE_HEADER_SIZE 16
#define ENVELOPE_BLOCK_SIZE 16

/* The digests that file_key_management_digest accepts, in the server's order. */
enum digest { DIGEST_SHA1, DIGEST_SHA224, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_COUNT };

/* How the AES key and IV are derived from a password. The file does not record this. */
struct kdf {
	enum digest digest;
	unsigned int iterations; /* of PBKDF2; 0: EVP_BytesToKey with one iteration */
};

bool kdf_equals(struct kdf one, struct kdf other);

/* PKCS5_PBKDF2_HMAC takes an int; the server's setting allows larger values. */
#define PBKDF2_ITERATIONS_MAX 2147483647U

/* digest_name returns "sha1" and so on. digest_from_name ignores case and returns false
 * for unknown names. */
const char *digest_name(enum digest digest);
bool digest_from_name(const char *name, enum digest *ret_digest);

/* Returns whether the server treats data as encrypted: it starts with the magic and has
 * at least one more byte (parser.cc, read_and_decrypt_file). */
bool envelope_is_encrypted(const void *data, size_t size);

/* Returns the size of the encrypted form of size bytes, which include the seal. */
size_t envelope_encrypted_size(size_t size);

/* Decrypts a file and checks its seal. ret_text includes the seal. ret_seal may be NULL.
 * Faults: FAULT_NOT_ENCRYPTED; FAULT_TRUNCATED (the data after the header is not a whole
 * number of blocks); FAULT_WRONG_PASSWORD (invalid padding; one wrong password in 256
 * passes this check); FAULT_ALGORITHM; FAULT_MEMORY. */
MUST_CHECK struct fault envelope_decrypt(const struct secret *encrypted, const struct secret *password, struct kdf kdf,
					 struct secret *ret_text, enum seal *ret_seal);

/* Seals text and encrypts it with a fresh random salt, then decrypts the result with the same
 * AES key and compares, so that the key is derived only once. text must not have a seal.
 * Faults: FAULT_RANDOM; FAULT_ALGORITHM, also if the decrypted result differs from text;
 * FAULT_MEMORY. */
MUST_CHECK struct fault envelope_encrypt(const struct secret *text, const struct secret *password, struct kdf kdf,
					 struct secret *ret_encrypted);

/* Like envelope_encrypt, with the given salt and with or without a seal, for comparison with
 * openssl enc -S. */
MUST_CHECK struct fault envelope_encrypt_with_salt(const struct secret *text, const struct secret *password,
						   struct kdf kdf, const unsigned char salt[static ENVELOPE_SALT_SIZE],
						   bool with_seal, struct secret *ret_encrypted);
