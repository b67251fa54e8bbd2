/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"

/* Decrypts what the server wrote at rest, with the keys of a key file. Every
 * thread has a prover of its own. */

/* file_key_management_encryption_algorithm. No file on disk says which one
 * wrote it. */
enum data_cipher { DATA_CIPHER_CBC, DATA_CIPHER_CTR };
#define DATA_CIPHER_COUNT 2

#define CIPHER_BLOCK 16U /* bytes */

struct prover;

/* keyfile stays the caller's, and must outlive the prover; NULL: no key at all.
 * Free with prover_free (NULL is fine). FAULT_MEMORY, FAULT_ALGORITHM. */
MUST_CHECK struct fault prover_new(const struct keyfile *keyfile, struct prover **ret_prover);
void prover_free(struct prover *prover);

/* The key file of the prover; NULL: none. */
const struct keyfile *prover_keyfile(const struct prover *prover);

/* Makes later calls decrypt with the key (id, version) itself, as the binary log
 * does. False: there is no such key. */
MUST_CHECK bool prover_use_key(struct prover *prover, uint32_t id, uint32_t version);

/* The same with the key that a tablespace, Aria table or redo log has of its
 * own: salt, encrypted under (id, version) with AES-ECB (MariaDB,
 * sql/encryption.cc, scheme 1). It has 16 bytes, whatever size the other has. */
MUST_CHECK bool prover_use_local_key(struct prover *prover, uint32_t id, uint32_t version,
				     const unsigned char salt[static CIPHER_BLOCK]);

/* A run of bytes that was encrypted in one piece, without padding
 * (include/mysql/service_my_crypt.h, ENCRYPTION_FLAG_NOPAD). */
struct ciphertext {
	const unsigned char *data; /* of it, from before on, */
	size_t before;		   /* a multiple of CIPHER_BLOCK: the bytes that are not there */
	size_t size;		   /* of all */
	unsigned char iv[CIPHER_BLOCK];
};

/* Decrypts the bytes from before end of text to plain; from is a multiple of
 * CIPHER_BLOCK. Only these are computed, from these and from the CIPHER_BLOCK bytes
 * before them. A failure of OpenSSL leaves noise
 * behind, which nothing takes for proof, and is told by prover_failed. */
void prover_decrypt(struct prover *prover, enum data_cipher cipher, const struct ciphertext *text, size_t from,
		    size_t end, unsigned char *plain);

/* OpenSSL has failed at least once. */
bool prover_failed(const struct prover *prover);
