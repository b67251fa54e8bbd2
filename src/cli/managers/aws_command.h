/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* AWS KMS, through the user's own "aws" command (the AWS command line interface, 1 or 2), so that
 * its profiles, single sign-on and instance roles work unchanged. Keys are passed through pipes only,
 * never in an argument, the environment or a file. */

/* The maximum size of an encrypted key (API reference of AWS KMS, CiphertextBlob). */
#define AWS_BLOB_MAX_SIZE 6144

/* Refuses a configuration that makes the command store the answers of KMS in a file
 * ("cli_history = enabled"). */
MUST_CHECK enum status aws_check_history(const struct manager *manager);

/* One key, plain and encrypted by KMS. */
struct aws_key {
	char *name; /* of its file, for messages; malloc(3)ed */
	struct secret key;
	struct secret blob;
};

/* Asks KMS to decrypt each blob, which contains the ID of its KMS key, as aws_key_management does.
 * Refuses a key of a size that servers do not accept. */
MUST_CHECK enum status aws_decrypt(const struct manager *manager, struct aws_key *keys, size_t count);

/* Asks KMS to encrypt each key with the KMS key in the options, then to decrypt the results, and
 * compares them with the keys. */
MUST_CHECK enum status aws_encrypt(const struct manager *manager, struct aws_key *keys, size_t count);

void aws_keys_free(struct aws_key *keys, size_t count);
