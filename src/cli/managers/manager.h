/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/content.h"
#include "cli/options/options.h"
#include "server/inspect.h"

/* Where keys are kept: in a key file, in AWS KMS, or in Vault. Each of them gives and takes plain
 * key-file text in a struct secret, one line "ID;VERSION;HEX" for each key, sorted by ID and
 * version, so that the parser, the checks and the fingerprints of key files serve all of them. */

enum manager_kind {
	MANAGER_FILE,  /* "FILE": a key file, plain or encrypted */
	MANAGER_AWS,   /* "aws:DIR": the files aws-kms-key.ID.VERSION of aws_key_management in DIR */
	MANAGER_VAULT, /* "vault:URL": the secrets that hashicorp_key_management reads with this vault-url */
};

/* How the managers are reached, and what opens another key file. */
struct manager_options {
	struct password_source other_password;
	struct kdf other_kdf;
	bool has_other_kdf;
	const char *aws_command; /* for a shell; NULL: "aws" */
	const char *kms_key_id;	 /* encrypts new keys; NULL: not given */
	uint32_t timeout;	 /* seconds for each answer */
};

#define MANAGER_OPTIONS_INITIAL                                                                                        \
	{                                                                                                              \
		.other_password.descriptor = -1, .timeout = 60                                                         \
	}

/* Their values go to a struct manager_options. */
extern const struct option_table other_file_table; /* for commands that take another key file */
extern const struct option_table manager_table;	   /* for those that take another manager */

struct manager {
	enum manager_kind kind;
	const char *name;  /* as it was given, for messages: "vault:URL" */
	const char *place; /* without the prefix; a part of name */
	const struct options *options;
	const struct manager_options *how;
};

/* What argument stands for. All strings stay the caller's. Whether the directory or the URL is
 * any good is found out by manager_read. */
struct manager manager_of(const char *argument, const struct options *options, const struct manager_options *how);

/* "file_key_management", "aws_key_management" or "hashicorp_key_management". */
const char *manager_plugin(const struct manager *manager);

/* Which keys are meant. */
struct key_choice {
	const struct key_ids *ids; /* NULL or empty: all */
	uint32_t version;	   /* 0: all */
};

bool key_choice_has(const struct key_choice *choice, uint32_t id, uint32_t version);

/* Reads the chosen keys, and says what goes wrong. Nothing changes there. A manager that has none
 * of them gives an empty text. password: is tried on an encrypted key file that has no password
 * of its own; or NULL. What is worth a warning is appended to findings. STATUS_FAILED: not all
 * of them could be read. */
MUST_CHECK enum status manager_read(const struct manager *manager, const struct key_choice *choice,
				    const struct secret *password, struct findings *findings, struct secret *ret_text);

/* Reads all keys, says findings as warnings, and parses the text. */
MUST_CHECK enum status manager_open(const struct manager *manager, struct keyfile *ret_keyfile);

/* For Vault and AWS KMS. Whether the keys of text, none of which is there, can be written: finds
 * out what can be found out without a change, and says what is in the way. STATUS_REFUSED: they
 * must not be written, STATUS_USAGE: an option is missing. */
MUST_CHECK enum status manager_check(const struct manager *manager, const struct secret *text);

/* For the same two, after manager_check: writes them in their order. When that fails, some of them
 * may be there, each whole: the same command writes the others. From Vault the caller reads them
 * back; of AWS KMS each was decrypted again and compared before its file appeared. */
MUST_CHECK enum status manager_write(const struct manager *manager, const struct secret *text);

/* Says findings as warnings, for commands without a report of them. */
MUST_CHECK enum status manager_warn(const struct findings *findings);
