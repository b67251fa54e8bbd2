/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* What people take for a key file or a key and no server does. */
enum disguise {
	DISGUISE_NONE,
	DISGUISE_BASE64,	/* base64 text (RFC 4648), wrapped or not */
	DISGUISE_BASE64_SEALED, /* the same of an encrypted key file, as openssl enc -a writes it */
	DISGUISE_UNSALTED,	/* AES blocks without "Salted__", as openssl enc -nosalt writes them */
	DISGUISE_BINARY,	/* of a key: its bytes instead of hex digits */
};

/* What raw is that is neither an encrypted key file nor text that can be parsed as one. */
enum disguise disguise_of_file(const struct secret *raw);

/* What raw is, white space around it aside, that is not a key in hex digits: DISGUISE_BASE64 or
 * DISGUISE_BINARY of 16, 24 or 32 bytes. */
enum disguise disguise_of_key(const struct secret *raw);

/* Whether the text after the last semicolon of this line (from 1) is a key in base64. */
bool disguise_is_on_line(const struct secret *raw, unsigned int line);
