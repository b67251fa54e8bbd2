/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/keyfile/edit.h"
#include "cli/keyfile/filter.h"
#include "cli/keyfile/report.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "cli/words/refusal_hint.h"

struct arguments {
	struct options *options;
};

static const struct command_group groups[] = {
	{ COMMAND_SHARED(backup_table) },
	{ COMMAND_SHARED(filter_table) },
	{ COMMAND_SHARED(lock_table) },
	{ 0 },
};

static enum status refuse_plain(const struct options *options)
{
	enum status status = message_fault(fault_of(FAULT_NOT_ENCRYPTED), options->file);

	if (!filter_is_used(options))
		message_hint(ENCRYPT_HINT, message_given());
	return status;
}

static void report(const struct edit *edit, const struct keyset *keyset)
{
	const struct options *options = edit->options;
	bool changed = edit->content.seal != SEAL_INTACT;
	json_t *object;

	if (changed)
		message_note("%s '%s' with these keys:", options->writing.dry_run ? "would seal" : "sealed",
			     options->file);
	else
		message_note("'%s' is already sealed, with these keys:", options->file);
	report_say_keyset(keyset);
	if (!options->talk.json)
		return;
	object = report_change_json(options->file, &options->writing, true, changed ? &edit->store : NULL,
				    options->file);
	json_object_set_new(object, "seal_before", json_string(seal_name(edit->content.seal)));
	json_object_set_new(object, "keys", report_keyset_json(keyset));
	document_set(object);
}

static enum status seal(void *input)
{
	const struct arguments *arguments = input;
	struct options *options = arguments->options;
	EDIT struct edit edit = EDIT_CLOSED;
	KEYSET struct keyset keyset = { 0 };
	enum status status = filter_complete(options);

	options->writing.any_seal = true;
	if (!status)
		status = edit_open(&edit, options);
	if (!status && !edit.content.encrypted)
		status = refuse_plain(options);
	if (!status)
		status = message_fault(keyset_of_keyfile(&edit.content.keyfile, &keyset), options->file);
	if (!status)
		status = edit.content.seal == SEAL_INTACT ? edit_keep(&edit)
							  : edit_commit(&edit, &edit.content.keyfile.text);
	if (!status)
		report(&edit, &keyset);
	return status;
}

const struct command seal_command = {
	.name = "seal",
	.operands = "",
	.summary = "seal a key file again after a change without mkeyfile",
	.description = "Show the keys of an encrypted key file, and seal the file with them.",
	.examples = { "mkeyfile seal", "mkeyfile seal --dry-run",
		      "mkeyfile seal --file=keyfile --password-file=keyfile.key --backup" },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.run = seal,
};
