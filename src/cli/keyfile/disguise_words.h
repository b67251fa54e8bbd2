/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"

/* The shell command "openssl enc -d -aes-256-cbc -md sha1 -pass file:PASSWORD -in FILE" with
 * more options: malloc(3)ed, or NULL without memory. Without a password file, openssl prompts. */
char *disguise_openssl_words(const struct password_source *source, struct kdf kdf, const char *path,
			     const char *options);

/* A hint if raw, the content of path, is another form of a key file (core/disguise.h):
 * malloc(3)ed; NULL: raw is not, or no memory. */
char *disguise_hint(const struct password_source *source, struct kdf kdf, const char *path, const struct secret *raw);

/* Reports which other form of a key file raw is, with a hint. Silent and false if raw is none. */
bool disguise_say(const struct password_source *source, struct kdf kdf, const char *path, const struct secret *raw);

/* Reports that raw, which was to be imported, is not a key. command: the 'mkeyfile add' command
 * that imports the same key from standard input, for the hint; or NULL. */
void disguise_say_no_key(const char *path, const struct secret *raw, const char *command);

/* " --digest=sha256 --pbkdf2=10000" in static memory; "" for the default. */
const char *kdf_options(struct kdf kdf);
