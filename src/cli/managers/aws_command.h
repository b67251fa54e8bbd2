/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/managers/manager.h"

/* AWS KMS, through the user's own "aws" command (the AWS command line interface, 1 or 2), so that
 * its profiles, single sign-on and instance roles work as they are. Keys go through pipes only:
 * never into an argument, the environment or a file. */

/* What KMS makes of a key is no longer than this
 * (API reference of AWS KMS, CiphertextBlob). */
#define AWS_BLOB_MAX_SIZE 6144

/* Refuses a configuration by which the command keeps what KMS answers in a file of its own
 * ("cli_history = enabled"). */
MUST_CHECK enum status aws_check_history(const struct manager *manager);

/* One key, and what KMS makes of it. */
struct aws_key {
	char *name; /* of its file, for messages; malloc(3)ed */
	struct secret key;
	struct secret blob;
};

/* Has KMS decrypt each blob, which names its KMS key itself, as aws_key_management does. All keys have a
 * size that servers accept. */
MUST_CHECK enum status aws_decrypt(const struct manager *manager, struct aws_key *keys, size_t count);

/* Has KMS encrypt each key with the KMS key that the options name, has it decrypt the results, and
 * compares. */
MUST_CHECK enum status aws_encrypt(const struct manager *manager, struct aws_key *keys, size_t count);

void aws_keys_free(struct aws_key *keys, size_t count);
