/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/wrong_password.h"

#include "cli/keyfile/disguise_words.h"
#include "cli/words/color.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How the file may have been encrypted instead. */
enum variant {
	AS_GIVEN,
	CARRIAGE_RETURN,
	FIRST_LINE,
	FIRST_LINE_WITH_CARRIAGE_RETURN,
	FILE_AFTER_PREFIX,
	TEXT_AFTER_PREFIX
};

#define VARIANT_COUNT 6
#define FILE_PREFIX "file:"

struct variants {
	struct secret passwords[VARIANT_COUNT];
	enum variant kinds[VARIANT_COUNT];
	size_t count;
};

static void variants_free(struct variants *variants)
{
	for (size_t i = 0; i < variants->count; i++)
		secret_free(&variants->passwords[i]);
}

/* Adds bytes, with or without a carriage return after them. Without memory, skips this
 * variant. */
static void add_variant(struct variants *variants, enum variant kind, const unsigned char *bytes, size_t size,
			bool carriage_return)
{
	struct secret *password = &variants->passwords[variants->count];

	if (secret_allocate(password, size + 1).code)
		return;
	secret_append(password, bytes, size);
	if (carriage_return)
		secret_append(password, "\r", 1);
	variants->kinds[variants->count++] = kind;
}

static void add_first_line(struct variants *variants, const struct secret *given)
{
	const unsigned char *end = memchr(given->data, '\n', given->size);
	size_t size = end ? (size_t)(end - given->data) : 0;

	if (size && given->data[size - 1] == '\r')
		size--;
	if (!size)
		return;
	add_variant(variants, FIRST_LINE, given->data, size, false);
	add_variant(variants, FIRST_LINE_WITH_CARRIAGE_RETURN, given->data, size, true);
}

/* "file:path" in lower or mixed case, which the server takes literally: adds the content of
 * the file, and the text after the colon. */
static void add_after_prefix(struct variants *variants, const struct secret *given)
{
	const size_t prefix = strlen(FILE_PREFIX);
	PASSWORD struct password password = { 0 };
	HEAP char *path = NULL;

	if (given->size <= prefix || strncasecmp((const char *)given->data, FILE_PREFIX, prefix))
		return;
	path = strndup((const char *)given->data + prefix, given->size - prefix);
	if (path && !password_from_file(path, &password).code)
		add_variant(variants, FILE_AFTER_PREFIX, password.secret.data, password.secret.size, false);
	add_variant(variants, TEXT_AFTER_PREFIX, given->data + prefix, given->size - prefix, false);
}

/* No server accepts such a password, so the file needs a new one. */
static void hint_at_new_password(const struct options *options, struct kdf kdf)
{
	HEAP char *openssl = disguise_openssl_words(&options->password, kdf, options->file, "");

	if (openssl && options->password.file && !is_standard_stream(options->file))
		message_hint(
			"run '%s | mkeyfile encrypt --file=- --new-password-file=NEW.key --output=NEW' to encrypt the file with a new password",
			openssl);
	else
		message_hint("decrypt the file with 'openssl enc -d', and encrypt it with a new password");
}

static void say_variant(enum variant kind)
{
	switch (kind) {
	case AS_GIVEN:
		break;
	case CARRIAGE_RETURN:
		message_hint(
			"the file opens with a carriage return after the password: openssl enc keeps the CR of a line that ends in CR LF, and servers remove it");
		break;
	case FIRST_LINE:
		message_hint(
			"keep only the first line of the password file: the key file opens with that line alone, which is all that openssl enc uses");
		break;
	case FIRST_LINE_WITH_CARRIAGE_RETURN:
		message_hint(
			"the file opens with the first line of the password and its carriage return, which openssl enc uses and no server does");
		break;
	case FILE_AFTER_PREFIX:
		message_hint(
			"the file opens with the content of the file named after 'file:', but the server requires FILE: in upper case");
		break;
	case TEXT_AFTER_PREFIX:
		message_hint("the file opens with the text after 'file:' as its password");
		break;
	}
}

static void say_kdf(const struct target *named, struct kdf kdf)
{
	const struct server_profile *target = named->profile;
	const char *plugin = key_plugin_of(target);
	const char *words = kdf_options(kdf);

	if (!*words)
		message_hint("the file opens with --digest=sha1, which every server reads");
	else if (target && !target->reads_kdf)
		message_hint("the file opens with%s, which %s cannot read", words, named->name);
	else if (!target)
		message_hint("the file opens with%s, which servers before 12.0.1 cannot read", words);
	else
		message_hint("the file opens with%s, for which the server needs %s_digest=%s and %s_use_pbkdf2=%u",
			     words, plugin, digest_name(kdf.digest), plugin, kdf.iterations);
}

static void show_probe(void *context, const struct probe_progress *progress)
{
	bool *shown = context;
	const unsigned int percent = progress->total ? (unsigned int)(progress->done * 100 / progress->total) : 0;

	if (progress->milliseconds < PROGRESS_AFTER)
		return;
	*shown = true;
	fprintf(stderr, "\r\033[Ktrying other digests and iteration counts: %u %%", percent);
	fflush(stderr);
}

bool wrong_password_probe(const struct secret *encrypted, const struct secret *passwords, size_t count,
			  unsigned int iterations, bool quiet, struct kdf *ret_kdf, size_t *ret_password)
{
	const bool is_visible = !quiet && is_capable_terminal(stderr);
	bool shown = false;
	bool found = probe_passwords(encrypted, passwords, count, iterations, is_visible ? show_probe : NULL, &shown,
				     ret_kdf, ret_password);

	if (shown)
		message_clear_line();
	return found;
}

void wrong_password_say(const struct options *options, const struct secret *raw, const struct password *password)
{
	const struct secret *given = &password->secret;
	const struct kdf tried = options->kdf;
	struct variants variants = { 0 };
	struct kdf kdf;
	size_t match;

	add_variant(&variants, AS_GIVEN, given->data, given->size, false);
	add_variant(&variants, CARRIAGE_RETURN, given->data, given->size, true);
	add_first_line(&variants, given);
	add_after_prefix(&variants, given);
	if (wrong_password_probe(raw, variants.passwords, variants.count, tried.iterations, options->talk.quiet, &kdf,
				 &match)) {
		enum variant kind = variants.kinds[match];

		say_variant(kind);
		if (kind == CARRIAGE_RETURN || kind == FIRST_LINE_WITH_CARRIAGE_RETURN)
			hint_at_new_password(options, kdf);
		else if (!kdf_equals(kdf, tried) || kind == AS_GIVEN)
			say_kdf(&options->target, kdf);
	}
	variants_free(&variants);
}
