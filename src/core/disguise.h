/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"

/* Formats that people mistake for a key file or a key, but that no server reads. */
enum disguise {
	DISGUISE_NONE,
	DISGUISE_BASE64,	   /* base64 text (RFC 4648), wrapped or not */
	DISGUISE_BASE64_ENCRYPTED, /* base64 text of an encrypted key file, as openssl enc -a writes it */
	DISGUISE_UNSALTED,	   /* AES blocks without "Salted__", as openssl enc -nosalt writes them */
	DISGUISE_BINARY,	   /* a key as raw bytes instead of hex digits */
};

/* Classifies raw, which is neither an encrypted key file nor text that parses as a key file. */
enum disguise disguise_of_file(const struct secret *raw);

/* Classifies raw, which is not a key in hex digits. Surrounding white space is ignored.
 * Returns DISGUISE_BASE64 or DISGUISE_BINARY for 16, 24 or 32 bytes of key, else
 * DISGUISE_NONE. */
enum disguise disguise_of_key(const struct secret *raw);

/* Returns whether the text after the last semicolon on this line (counted from 1) is a
 * key in base64. */
bool disguise_is_on_line(const struct secret *raw, unsigned int line);
