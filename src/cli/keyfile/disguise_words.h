/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"

/* "openssl enc -d -aes-256-cbc -md sha1 -pass file:PASSWORD -in FILE" with more options, for a
 * shell: malloc(3)ed, or NULL without memory. Without a password file openssl asks. */
char *openssl_words(const struct password_source *source, struct kdf kdf, const char *path, const char *options);

/* What to do with raw, the file at path, where it is another form of a key file
 * (core/disguise.h): malloc(3)ed; NULL: it is none, or no memory. */
char *disguise_hint(const struct password_source *source, struct kdf kdf, const char *path, const struct secret *raw);

/* Says what it is, and what to do. False, and not a word: it is none. */
bool say_disguise(const struct password_source *source, struct kdf kdf, const char *path, const struct secret *raw);

/* Says that raw, which was to be imported as a key, is none. command: for the hint, the
 * 'mkeyfile add' that imports the same key from standard input; NULL: there is none. */
void say_no_key(const char *path, const struct secret *raw, const char *command);
