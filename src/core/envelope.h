/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* The encrypted form of a key file: "Salted__", 8 bytes of salt, AES-256-CBC
 * with PKCS#7 padding. What "openssl enc -aes-256-cbc -md DIGEST [-pbkdf2
 * -iter N]" writes and the server's plugin reads. It is not authenticated: that
 * it opens does not prove that nobody changed it. */
#define ENVELOPE_MAGIC "Salted__"
#define ENVELOPE_MAGIC_SIZE 8
#define ENVELOPE_SALT_SIZE 8
#define ENVELOPE_HEADER_SIZE 16
#define ENVELOPE_BLOCK_SIZE 16

/* The digests that file_key_management_digest takes, in the server's order. */
enum digest { DIGEST_SHA1, DIGEST_SHA224, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_COUNT };

/* How a password becomes the AES key and IV. The file does not record it. */
struct kdf {
	enum digest digest;
	unsigned int iterations; /* of PBKDF2; 0: EVP_BytesToKey with 1 iteration */
};

bool kdf_equals(struct kdf one, struct kdf other);

/* PKCS5_PBKDF2_HMAC counts in int; the server's setting goes further. */
#define PBKDF2_ITERATIONS_MAX 2147483647U

/* "sha1" …; digest_from_name takes either case and returns false for others. */
const char *digest_name(enum digest digest);
bool digest_from_name(const char *name, enum digest *ret_digest);

/* True for what the server takes for encrypted: the magic and at least one
 * byte more (parser.cc, read_and_decrypt_file). */
bool envelope_is_sealed(const void *data, size_t size);

/* Size of the sealed form of size bytes. */
size_t envelope_sealed_size(size_t size);

/* Opens sealed. FAULT_NOT_ENCRYPTED; FAULT_TRUNCATED (no whole number of
 * blocks behind the header); FAULT_WRONG_PASSWORD (padding does not fit: one
 * wrong password in 256 passes this test); FAULT_ALGORITHM; FAULT_MEMORY. */
MUST_CHECK struct fault envelope_open(const struct secret *sealed, const struct secret *password, struct kdf kdf,
				      struct secret *ret_text);

/* Seals text under a fresh random salt, and opens the result again with the same AES
 * key, so that the key is derived once. FAULT_RANDOM; FAULT_ALGORITHM, also when what
 * was opened differs from text; FAULT_MEMORY. */
MUST_CHECK struct fault envelope_seal(const struct secret *text, const struct secret *password, struct kdf kdf,
				      struct secret *ret_sealed);

/* The same under a given salt, for comparison with openssl enc -S. */
MUST_CHECK struct fault envelope_seal_with_salt(const struct secret *text, const struct secret *password,
						struct kdf kdf, const unsigned char salt[static ENVELOPE_SALT_SIZE],
						struct secret *ret_sealed);
