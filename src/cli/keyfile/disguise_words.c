/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/disguise_words.h"

#include "cli/words/message.h"
#include "cli/words/shell_word.h"
#include "core/cleanup.h"
#include "core/disguise.h"
#include "core/format.h"

#include <stdio.h>
#include <string.h>

/* The password file as a shell word; NULL: no password file, or no memory. */
static char *password_word(const struct password_source *source)
{
	return source->file && !is_standard_stream(source->file) ? shell_word(source->file) : NULL;
}

char *disguise_openssl_words(const struct password_source *source, struct kdf kdf, const char *path,
			     const char *options)
{
	HEAP char *file = shell_word(path);
	HEAP char *password = password_word(source);
	HEAP char *iterations = kdf.iterations ? format_text(" -pbkdf2 -iter %u", kdf.iterations) : NULL;

	if (!file || (kdf.iterations && !iterations))
		return NULL;
	return format_text("openssl enc -d -aes-256-cbc%s -md %s%s%s%s -in %s", options, digest_name(kdf.digest),
			   iterations ? iterations : "", password ? " -pass file:" : "", password ? password : "",
			   file);
}

const char *kdf_options(struct kdf kdf)
{
	static char words[80];

	if (kdf.iterations)
		snprintf(words, sizeof(words), " --digest=%s --pbkdf2=%u", digest_name(kdf.digest), kdf.iterations);
	else if (kdf.digest != DIGEST_SHA1)
		snprintf(words, sizeof(words), " --digest=%s", digest_name(kdf.digest));
	else
		words[0] = '\0';
	return words;
}

static char *unsalted_hint(const struct password_source *source, struct kdf kdf, const char *path)
{
	HEAP char *openssl = disguise_openssl_words(source, kdf, path, " -nosalt");
	HEAP char *password = password_word(source);

	if (!openssl)
		return NULL;
	return format_text("run '%s | mkeyfile encrypt --file=-%s%s%s%s --output=NEW' to encrypt it with a salt",
			   openssl, password ? " --password-file=" : "", password ? password : "", kdf_options(kdf),
			   message_given_target());
}

static char *hint_of(enum disguise disguise, const struct password_source *source, struct kdf kdf, const char *path)
{
	HEAP char *file = shell_word(path);

	if (disguise == DISGUISE_UNSALTED)
		return unsalted_hint(source, kdf, path);
	return file ? format_text("run '(umask 077; base64 -d %s >NEW)' to decode it", file) : NULL;
}

char *disguise_hint(const struct password_source *source, struct kdf kdf, const char *path, const struct secret *raw)
{
	const enum disguise disguise = disguise_of_file(raw);

	if (disguise == DISGUISE_NONE || (disguise == DISGUISE_UNSALTED && is_input_name(path)))
		return NULL;
	return is_input_name(path) ? strdup("decode the input with 'base64 -d' first")
				   : hint_of(disguise, source, kdf, path);
}

bool disguise_say(const struct password_source *source, struct kdf kdf, const char *path, const struct secret *raw)
{
	const enum disguise disguise = disguise_of_file(raw);
	HEAP char *hint = NULL;

	if (disguise == DISGUISE_BASE64)
		message_error("'%s' is base64 text, not a key file", input_name(path));
	else if (disguise == DISGUISE_BASE64_ENCRYPTED)
		message_error("'%s' is an encrypted key file in base64, which no server reads", input_name(path));
	else if (disguise == DISGUISE_UNSALTED)
		message_error("'%s' is encrypted without a salt, which no server reads, or is not a key file",
			      input_name(path));
	else
		return false;
	hint = disguise_hint(source, kdf, path, raw);
	if (hint)
		message_hint("%s", hint);
	return true;
}

void disguise_say_no_key(const char *path, const struct secret *raw, const char *command)
{
	const enum disguise disguise = disguise_of_key(raw);
	HEAP char *file = disguise == DISGUISE_NONE || is_standard_stream(path) ? NULL : shell_word(path);

	message_error("'%s' is not a key: %s 32, 48 or 64 hex digits", input_name(path),
		      disguise == DISGUISE_BASE64   ? "it is base64, not"
		      : disguise == DISGUISE_BINARY ? "it is binary, not"
						    : "expected only");
	if (file && command)
		message_hint("run '%s%s | od -An -v -tx1 | tr -d \" \\n\" | %s' to import it",
			     disguise == DISGUISE_BASE64 ? "base64 -d " : "cat ", file, command);
}
