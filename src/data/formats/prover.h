/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"

/* Decrypts what the server wrote to disk, with the keys of a key file. Each thread needs
 * its own prover. */

/* The values of file_key_management_encryption_algorithm. No file on disk records which
 * one wrote it. */
enum data_cipher { DATA_CIPHER_CBC, DATA_CIPHER_CTR };
#define DATA_CIPHER_COUNT 2

#define CIPHER_BLOCK 16U /* bytes */

struct prover;

/* The caller keeps keyfile, which must outlive the prover; NULL: no keys. Free the
 * prover with prover_free, which accepts NULL. Faults: FAULT_MEMORY, FAULT_ALGORITHM. */
MUST_CHECK struct fault prover_new(const struct keyfile *keyfile, struct prover **ret_prover);
void prover_free(struct prover *prover);

/* Returns the key file of the prover, or NULL. */
const struct keyfile *prover_keyfile(const struct prover *prover);

/* Makes later calls decrypt with the key (id, version) itself, as the binary log does.
 * Returns false if there is no such key. */
MUST_CHECK bool prover_use_key(struct prover *prover, uint32_t id, uint32_t version);

/* Makes later calls decrypt with the local key of a tablespace, Aria table or redo log:
 * salt, encrypted with the key (id, version) and AES-ECB (MariaDB, sql/encryption.cc,
 * scheme 1). The local key always has 16 bytes. Returns false if there is no such key. */
MUST_CHECK bool prover_use_local_key(struct prover *prover, uint32_t id, uint32_t version,
				     const unsigned char salt[static CIPHER_BLOCK]);

/* Bytes that were encrypted as one unit, without padding
 * (include/mysql/service_my_crypt.h, ENCRYPTION_FLAG_NOPAD). */
struct ciphertext {
	const unsigned char *data; /* the bytes, starting at offset before */
	size_t before;		   /* number of leading bytes not available, a multiple of CIPHER_BLOCK */
	size_t size;		   /* including the leading bytes */
	unsigned char iv[CIPHER_BLOCK];
};

/* Decrypts the bytes of text from offset from up to end to plain. from is a multiple of
 * CIPHER_BLOCK. Needs only these bytes and the CIPHER_BLOCK bytes before them. If OpenSSL
 * fails, plain has noise, which no check takes for proof, and prover_failed returns true. */
void prover_decrypt(struct prover *prover, enum data_cipher cipher, const struct ciphertext *text, size_t from,
		    size_t end, unsigned char *plain);

/* Returns whether OpenSSL has failed at least once. */
bool prover_failed(const struct prover *prover);
