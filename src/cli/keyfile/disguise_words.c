/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/disguise_words.h"

#include "cli/words/message.h"
#include "cli/words/shell_word.h"
#include "core/disguise.h"
#include "core/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "-md sha256 -pbkdf2 -iter 10000" */
static char *kdf_of_openssl(struct kdf kdf)
{
	if (kdf.iterations)
		return format_text("-md %s -pbkdf2 -iter %u", digest_name(kdf.digest), kdf.iterations);
	return format_text("-md %s", digest_name(kdf.digest));
}

/* password: a word; NULL: both programs ask. */
static char *unsalted_hint(const char *kdf, const char *password, const char *file)
{
	return format_text(
		"run 'openssl enc -d -aes-256-cbc -nosalt %s%s%s -in %s | mkeyfile encrypt --file=-%s%s --output=NEW' to encrypt it with a salt",
		kdf, password ? " -pass file:" : "", password ? password : "", file,
		password ? " --password-file=" : "", password ? password : "");
}

static char *hint_of(enum disguise disguise, const struct password_source *source, struct kdf kdf, const char *path)
{
	char *openssl_kdf = kdf_of_openssl(kdf);
	char *file = shell_word(path);
	char *password = source->file && !is_standard_stream(source->file) ? shell_word(source->file) : NULL;
	char *hint = NULL;

	if (file && openssl_kdf)
		hint = disguise == DISGUISE_UNSALTED
			       ? unsalted_hint(openssl_kdf, password, file)
			       : format_text("run '(umask 077; base64 -d %s >NEW)' to decode it", file);
	free(openssl_kdf);
	free(file);
	free(password);
	return hint;
}

char *disguise_hint(const struct password_source *source, struct kdf kdf, const char *path, const struct secret *raw)
{
	const enum disguise disguise = disguise_of_file(raw);

	if (disguise == DISGUISE_NONE || (disguise == DISGUISE_UNSALTED && is_input_name(path)))
		return NULL;
	return is_input_name(path) ? strdup("decode it with 'base64 -d' first") : hint_of(disguise, source, kdf, path);
}

bool say_disguise(const struct password_source *source, struct kdf kdf, const char *path, const struct secret *raw)
{
	const enum disguise disguise = disguise_of_file(raw);
	char *hint;

	if (disguise == DISGUISE_BASE64)
		message_error("'%s' is base64 text, not a key file", input_name(path));
	else if (disguise == DISGUISE_BASE64_SEALED)
		message_error("'%s' is an encrypted key file in base64, which no server reads", input_name(path));
	else if (disguise == DISGUISE_UNSALTED)
		message_error("'%s' is encrypted without a salt, which no server reads, or is not a key file",
			      input_name(path));
	else
		return false;
	hint = disguise_hint(source, kdf, path, raw);
	if (hint)
		message_hint("%s", hint);
	free(hint);
	return true;
}

void say_no_key(const char *path, const struct secret *raw, uint32_t id)
{
	const enum disguise disguise = disguise_of_key(raw);
	char *file = disguise == DISGUISE_NONE || is_standard_stream(path) ? NULL : shell_word(path);

	message_error("'%s' is not a key: %s32, 48 or 64 hex digits are needed and nothing else", input_name(path),
		      disguise == DISGUISE_BASE64   ? "it is base64, and "
		      : disguise == DISGUISE_BINARY ? "it is binary, and "
						    : "");
	if (file)
		message_hint(
			"run '%s%s | od -An -v -tx1 | tr -d \" \\n\" | mkeyfile add %u --key-from=-%s' to import it",
			disguise == DISGUISE_BASE64 ? "base64 -d " : "cat ", file, id, message_given());
	free(file);
}
