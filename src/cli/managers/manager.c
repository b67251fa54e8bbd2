/* SPDX-License-Identifier: MIT */
#include "cli/managers/manager.h"

#include "cli/words/finding_words.h"
#include "cli/words/message.h"
#include "core/cleanup.h"

#include <string.h>

#define TIMEOUT_MAX 3600

static const struct option_spec other_file_specs[] = {
	{ "other-password-file", 0, "FILE", "Read the other file's password from FILE",
	  OPTION_PATH(struct manager_options, other_password.file) },
	{ "other-digest", 0, "NAME", "Decrypt that file with NAME (default: try all)",
	  OPTION_DIGEST(struct manager_options, other_kdf.digest),
	  OPTION_GIVEN(struct manager_options, has_other_kdf) },
	{ "other-pbkdf2", 0, "ITERATIONS", "Decrypt that file with PBKDF2 and ITERATIONS",
	  OPTION_ITERATIONS(struct manager_options, other_kdf.iterations),
	  OPTION_GIVEN(struct manager_options, has_other_kdf) },
	{ 0 },
};

const struct option_table other_file_table = { .specs = other_file_specs };

static const struct option_spec manager_specs[] = {
	{ "aws-command", 0, "COMMAND", "Run COMMAND for AWS KMS (default: aws)",
	  OPTION_TEXT(struct manager_options, aws_command) },
	{ "manager-timeout", 0, "SECONDS", "Wait up to SECONDS for an answer (default: 60)",
	  OPTION_NUMBER(struct manager_options, timeout, 1, TIMEOUT_MAX) },
	{ 0 },
};

const struct option_table manager_table = { .specs = manager_specs };

static const struct {
	const char *prefix;
	const char *plugin;
} kinds[] = {
	[MANAGER_FILE] = { "", "file_key_management" },
	[MANAGER_AWS] = { "aws:", "aws_key_management" },
	[MANAGER_VAULT] = { "vault:", "hashicorp_key_management" },
};

struct manager manager_of(const char *argument, const struct options *options, const struct manager_options *how)
{
	struct manager manager = { .name = argument, .place = argument, .options = options, .how = how };

	for (enum manager_kind kind = MANAGER_AWS; kind <= MANAGER_VAULT; kind++) {
		size_t length = strlen(kinds[kind].prefix);

		if (!strncmp(argument, kinds[kind].prefix, length)) {
			manager.kind = kind;
			manager.place = argument + length;
		}
	}
	return manager;
}

const char *manager_plugin(const struct manager *manager)
{
	return kinds[manager->kind].plugin;
}

const struct key_choice key_choice_all = { .version = 0 };

bool key_choice_has(const struct key_choice *choice, uint32_t id, uint32_t version)
{
	if (choice->version && choice->version != version)
		return false;
	return !choice->ids || !choice->ids->count || key_ids_have(choice->ids, id);
}

enum status manager_warn(const struct findings *findings)
{
	for (size_t i = 0; !findings->fault.code && i < findings->count; i++) {
		HEAP char *words = finding_words(&findings->items[i]);

		if (!words)
			return out_of_memory();
		if (finding_is_note(findings->items[i].kind))
			continue;
		message_warning("%s", words);
		if (finding_hint(findings->items[i].kind))
			message_hint("%s", finding_hint(findings->items[i].kind));
	}
	return message_fault(findings->fault, "");
}
