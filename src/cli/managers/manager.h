/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/content.h"
#include "cli/options/options.h"
#include "server/inspect.h"

/* Where keys are stored: a key file, AWS KMS, or Vault. Keys are read from and written to each of them
 * as the text of a plain key file in a struct secret, one line "ID;VERSION;HEX" for each key, sorted
 * by ID and version, so that the parser, the checks and the fingerprints of key files work for all. */

enum manager_kind {
	MANAGER_FILE,  /* "FILE": a key file, plain or encrypted */
	MANAGER_AWS,   /* "aws:DIR": the files aws-kms-key.ID.VERSION of aws_key_management in DIR */
	MANAGER_VAULT, /* "vault:URL": the secrets that hashicorp_key_management reads with this vault-url */
};

/* How to reach the managers, and how to open another key file. */
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
extern const struct option_table manager_table;	   /* for commands that take another manager */

struct manager {
	enum manager_kind kind;
	const char *name;  /* as it was given, for messages: "vault:URL" */
	const char *place; /* without the prefix; a part of name */
	const struct options *options;
	const struct manager_options *how;
	const struct keyfile *kept; /* keys that may still be written, but not now; NULL: none */
};

/* Parses argument. The caller keeps all strings. Only manager_open checks the directory or the
 * URL. */
struct manager manager_of(const char *argument, const struct options *options, const struct manager_options *how);

/* "file_key_management", "aws_key_management" or "hashicorp_key_management". */
const char *manager_plugin(const struct manager *manager);

/* The chosen keys. */
struct key_choice {
	const struct key_ids *ids; /* NULL or empty: all */
	uint32_t version;	   /* 0: all */
};

extern const struct key_choice key_choice_all;

bool key_choice_has(const struct key_choice *choice, uint32_t id, uint32_t version);

/* Prints findings as warnings, for commands that do not report findings otherwise. */
MUST_CHECK enum status manager_warn(const struct findings *findings);
