/* SPDX-License-Identifier: MIT */
#include "cli/managers/other_file.h"

#include "cli/keyfile/input.h"
#include "cli/keyfile/password_source.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/keyfile/wrong_password.h"
#include "cli/managers/key_text.h"
#include "cli/words/message.h"

static struct password_source source_of(const struct manager *manager)
{
	struct password_source source = manager->how->other_password;

	source.no_prompt = manager->options->password.no_prompt;
	source.hint = "use --other-password-file=FILE to name its password file";
	return source;
}

/* The password of the first file usually opens the second file. */
static enum status find_password(const struct manager *manager, const struct password_source *source,
				 const struct secret *password, struct content *content)
{
	SECRET struct secret copy = { 0 };
	struct fault fault;

	if (password_source_is_given(source) || !password)
		return password_source_get(source, manager->name, &content->password);
	fault = secret_copy(&copy, password->data, password->size);
	password_free(&content->password);
	content->password.secret = secret_take(&copy);
	return message_fault(fault, manager->name);
}

static enum status open_encrypted(const struct manager *manager, const struct secret *password,
				  const struct secret *raw, struct content *content)
{
	const struct manager_options *how = manager->how;
	const struct password_source source = source_of(manager);
	const char *name = input_name(manager->name);
	struct kdf kdf = how->has_other_kdf ? how->other_kdf : manager->options->kdf;
	unsigned int tries = 0;
	enum status status;
	struct fault fault;
	size_t which;

	do {
		status = find_password(manager, &source, password, content);
		if (status)
			return status;
		fault = content_decrypt(raw, kdf, content);
	} while (!password && password_source_may_retry(&source, name, fault, &tries));
	/* not between two tries: it takes long, and the terminal would show what is typed */
	if (fault.code == FAULT_WRONG_PASSWORD && !how->has_other_kdf &&
	    wrong_password_probe(raw, &content->password.secret, 1, kdf.iterations, manager->options->talk.quiet, &kdf,
				 &which))
		fault = content_decrypt(raw, kdf, content);
	if (!fault.code)
		return STATUS_DONE;
	status = message_fault(fault, name);
	if (fault.code == FAULT_WRONG_PASSWORD)
		message_hint("use --other-password-file, --other-digest and --other-pbkdf2 for this file");
	return status;
}

enum status other_file_open(const struct manager *manager, const struct secret *password, const struct secret *raw,
			    struct content *ret_content)
{
	const struct password_source source = source_of(manager);

	if (envelope_is_encrypted(raw->data, raw->size))
		return open_encrypted(manager, password, raw, ret_content);
	return content_open(&source, manager->how->other_kdf, input_name(manager->name), raw, ret_content);
}

enum status other_file_read(const struct manager *manager, const struct key_choice *choice,
			    const struct secret *password, struct secret *ret_text)
{
	SECRET struct secret raw = { 0 };
	CONTENT struct content content = { 0 };
	NEW_KEYS struct new_keys keys = { 0 };
	enum status status = input_read(manager->place, &raw, NULL);

	if (!status)
		status = other_file_open(manager, password, &raw, &content);
	if (!status)
		status = seal_require(manager->options, input_name(manager->name), NULL, content.seal);
	if (!status)
		status = new_keys_of_keyfile(&content.keyfile, choice, &keys);
	return status ? status : key_text_make(&keys, ret_text);
}
