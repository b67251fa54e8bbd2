/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/content.h"

#include "cli/keyfile/disguise_words.h"
#include "cli/keyfile/password_source.h"
#include "cli/words/finding_words.h"
#include "cli/words/message.h"
#include "core/decrypt.h"
#include "core/disguise.h"
#include "server/installed.h"
#include "server/verdict.h"

#include <stdio.h>
#include <stdlib.h>

const struct secret *content_password(const struct content *content)
{
	return content->encrypted ? &content->password.secret : NULL;
}

void content_free(struct content *content)
{
	password_free(&content->password);
	keyfile_free(&content->keyfile);
	*content = (struct content){ 0 };
}

const char *kdf_words(struct kdf kdf)
{
	static char words[64];

	if (kdf.iterations)
		snprintf(words, sizeof(words), "%s, PBKDF2 with %u iterations", digest_name(kdf.digest),
			 kdf.iterations);
	else
		snprintf(words, sizeof(words), "%s, 1 iteration", digest_name(kdf.digest));
	return words;
}

struct fault content_decrypt(const struct secret *raw, struct kdf kdf, struct content *content)
{
	SECRET struct secret text = { 0 };

	content->encrypted = true;
	content->kdf = kdf;
	return keyfile_decrypt(raw, &content->password.secret, kdf, &content->keyfile, &text, &content->seal);
}

void content_hint_at_verify(void)
{
	message_hint("run 'mkeyfile verify%s' to try other digests and iteration counts", message_given());
}

static enum status open_encrypted(const struct password_source *source, struct kdf kdf, const char *name,
				  const struct secret *raw, struct content *content)
{
	unsigned int tries = 0;
	enum status status;
	struct fault fault;

	do {
		status = password_source_get(source, name, &content->password);
		if (status)
			return status;
		fault = content_decrypt(raw, kdf, content);
	} while (password_source_may_retry(source, name, fault, &tries));
	if (!fault.code)
		return STATUS_DONE;
	status = message_fault(fault, name);
	if (fault.code == FAULT_WRONG_PASSWORD)
		content_hint_at_verify();
	return status;
}

enum status content_open(const struct password_source *source, struct kdf kdf, const char *name,
			 const struct secret *raw, struct content *ret_content)
{
	SECRET struct secret text = { 0 };
	enum status status;
	struct fault fault;

	if (envelope_is_encrypted(raw->data, raw->size))
		return open_encrypted(source, kdf, name, raw, ret_content);
	fault = secret_copy(&text, raw->data, raw->size);
	if (!fault.code)
		fault = keyfile_parse(&text, SYNTAX_VERSIONED, &ret_content->keyfile);
	if (!fault.code && !ret_content->keyfile.count)
		fault = fault_of(FAULT_NOT_A_KEYFILE);
	if (fault.code && disguise_say(source, kdf, name, raw))
		return STATUS_FAILED;
	if (password_source_is_given(source))
		message_warning("'%s' is not encrypted: the password is not used", name);
	status = message_fault(fault, name);
	if (fault.code == FAULT_KEY && disguise_is_on_line(raw, fault.line))
		message_hint("convert the key on line %u from base64 to hex digits", fault.line);
	return status;
}

/* A profile that loads every text that any profile loads. */
static const struct server_profile *most_able_profile(void)
{
	const struct server_profile *able = &server_profiles[0];

	for (size_t i = 0; i < server_profile_count; i++)
		if (server_profiles[i].syntax == SYNTAX_VERSIONED)
			able = &server_profiles[i];
	return able;
}

void content_warn_unless_target_loads(const struct target *target, const char *name, const struct secret *text,
				      const struct kdf *kdf, size_t disk_size)
{
	struct fault fault;
	char *words;

	if (!target->profile)
		return;
	fault = server_judge(target->profile, text, disk_size);
	if (!fault.code && kdf && !server_reads_kdf(target->profile, *kdf))
		fault = fault_of(FAULT_WRONG_PASSWORD);
	if (!fault.code)
		return;
	words = server_words(target->profile, fault, name);
	message_warning("%s would not load '%s': %s", target->name, name, words ? words : "out of memory");
	free(words);
}

static enum status refuse_for_target(const struct target *target, const struct server_profile *profile,
				     struct fault fault, const char *name)
{
	char *words;

	if (fault.code == FAULT_MEMORY)
		return message_fault(fault, name);
	words = server_words(profile, fault, name);
	message_error("'%s' would not load on %s: %s", name, target->profile ? target->name : "any server",
		      words ? words : "out of memory");
	free(words);
	if (fault.code == FAULT_SYSTEM_KEY)
		message_hint("add key ID 1, which every server requires");
	return STATUS_REFUSED;
}

static enum status refuse_duplicate(const struct keyfile *keyfile, const char *name)
{
	const struct entry *winner;
	const struct entry *entry = keyfile_next_duplicate(keyfile, NULL, &winner);

	if (!entry)
		return STATUS_DONE;
	message_error("'%s' has key ID %u version %u twice, on lines %u and %u: the server silently uses the last one",
		      name, entry->id, entry->version, entry->line, winner->line);
	message_hint("%s", finding_hint(FINDING_DUPLICATE_ID));
	return STATUS_REFUSED;
}

static enum status check_keeps_all(const char *name, const struct keyfile *keyfile, const struct keyfile *older)
{
	enum status status = refuse_duplicate(keyfile, name);

	if (status)
		return status;
	if (keyfile->read_size < keyfile->text.size) {
		message_error("'%s' has a NUL byte on line %u: servers ignore everything after it", name,
			      keyfile->lines);
		message_hint("%s", finding_hint(FINDING_TEXT_AFTER_NUL));
		return STATUS_REFUSED;
	}
	if (!keyfile_keeps(keyfile, older)) {
		message_error("'%s' would lose a key: nothing was changed", name);
		return STATUS_REFUSED;
	}
	return STATUS_DONE;
}

static enum status check_text(const struct target *target, const char *name, const struct secret *text,
			      const struct keyfile *older)
{
	const struct server_profile *profile = target->profile ? target->profile : most_able_profile();
	KEYFILE struct keyfile keyfile = { 0 };
	struct fault fault = server_parse(profile, text, &keyfile);

	if (fault.code)
		return refuse_for_target(target, profile, fault, name);
	return older ? check_keeps_all(name, &keyfile, older) : STATUS_DONE;
}

static enum status check_kdf(const struct target *target, const char *name, struct kdf kdf)
{
	if (!target->profile || server_reads_kdf(target->profile, kdf))
		return STATUS_DONE;
	message_error("'%s' could not be decrypted by %s, which supports only sha1 with 1 iteration, not %s", name,
		      target->name, kdf_words(kdf));
	return STATUS_REFUSED;
}

static void hint_at_kdf_target(void)
{
	message_hint(
		"use --target=12.3 if the server is 12.0.1 or later, or --target=10.11+plugin if it uses mkeyfile's plugin");
}

enum status content_require_kdf(const struct options *options, struct kdf kdf)
{
	struct target target = options->target;
	char *version = NULL;
	enum status status = STATUS_DONE;

	if (server_reads_kdf(&server_profiles[0], kdf))
		return STATUS_DONE;
	if (!target.profile && !installed_server(options->host.environment, &version).code &&
	    target_profile(version, &target.found)) {
		target.name = version;
		target.profile = &target.found;
	}
	status = check_kdf(&target, input_name(options->file), kdf);
	if (status && version)
		hint_at_kdf_target();
	free(version);
	return status;
}

/* Bytes of the dates that text has and older does not; 0 if it has fewer. */
static size_t size_of_new_dates(const struct secret *text, const struct keyfile *older)
{
	SECRET struct secret copy = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	struct fault fault = secret_copy(&copy, text->data, text->size);

	if (!fault.code)
		fault = keyfile_parse(&copy, SYNTAX_VERSIONED, &keyfile);
	if (fault.code || keyfile_dates_size(&keyfile) <= keyfile_dates_size(older))
		return 0;
	return keyfile_dates_size(&keyfile) - keyfile_dates_size(older);
}

/* The size of the file, without some bytes of text, which has no seal. */
static size_t size_on_disk(const struct secret *text, size_t omitted, const struct encryption *encryption)
{
	size_t size = text->size - omitted;

	return encryption ? envelope_encrypted_size(size + seal_size(text)) : size;
}

static enum status refuse_size(const char *name, const struct secret *text, const struct keyfile *older,
			       const struct encryption *encryption)
{
	size_t dates = older ? size_of_new_dates(text, older) : 0;

	message_error("'%s' would be larger than %d bytes, the most that a server reads", name, KEYFILE_MAX_SIZE);
	if (dates && size_on_disk(text, dates, encryption) <= KEYFILE_MAX_SIZE)
		message_hint("use --no-dates to omit the dates of the new keys, which make the file too large");
	return STATUS_REFUSED;
}

static struct fault remove_seals(const struct secret *text, struct secret *ret_text)
{
	struct fault fault = secret_copy(ret_text, text->data, text->size);

	if (!fault.code)
		seal_remove(ret_text);
	return fault;
}

/* text has no seal. */
static enum status check_unsealed(const struct target *target, const char *name, const struct secret *text,
				  const struct keyfile *older, const struct encryption *encryption)
{
	enum status status;

	if (size_on_disk(text, 0, encryption) > KEYFILE_MAX_SIZE)
		return refuse_size(name, text, older, encryption);
	status = check_text(target, name, text, older);
	return status || !encryption ? status : check_kdf(target, name, encryption->kdf);
}

enum status content_check(const struct target *target, const char *name, const struct secret *text,
			  const struct keyfile *older, const struct encryption *encryption)
{
	SECRET struct secret unsealed = { 0 };
	struct fault fault = remove_seals(text, &unsealed);

	return fault.code ? message_fault(fault, name) : check_unsealed(target, name, &unsealed, older, encryption);
}

enum status content_make(const struct target *target, const char *name, const struct secret *text,
			 const struct keyfile *older, const struct encryption *encryption, struct secret *ret_raw)
{
	SECRET struct secret unsealed = { 0 };
	struct fault fault = remove_seals(text, &unsealed);
	enum status status =
		fault.code ? message_fault(fault, name) : check_unsealed(target, name, &unsealed, older, encryption);

	if (status)
		return status;
	if (encryption) {
		fault = envelope_encrypt(&unsealed, &encryption->password->secret, encryption->kdf, ret_raw);
		return message_fault(fault, name);
	}
	*ret_raw = secret_take(&unsealed);
	return STATUS_DONE;
}
