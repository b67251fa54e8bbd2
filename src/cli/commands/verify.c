/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/keyfile/content.h"
#include "cli/keyfile/inspection.h"
#include "cli/keyfile/report.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/managers/exchange.h"
#include "cli/managers/key_text.h"
#include "cli/proof/prove.h"
#include "cli/words/color.h"
#include "cli/words/document.h"
#include "cli/words/finding_words.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/keyset.h"

#include <stdio.h>

struct arguments {
	struct options *options;
	bool no_probe;
	bool strict;
	struct prove_options prove;
	struct manager_options how;
};

static const struct arguments initial = { .how = MANAGER_OPTIONS_INITIAL };

static const struct option_spec specs[] = {
	{ "strict", 0, NULL, "Treat warnings as errors", OPTION_FLAG(struct arguments, strict) },
	{ "no-probe", 0, NULL, "Do not try other passwords, digests and iteration counts",
	  OPTION_FLAG(struct arguments, no_probe) },
	{ 0 },
};

static const struct command_group groups[] = {
	{ COMMAND_GROUP(manager_table, struct manager_options, struct arguments, how) },
	{ COMMAND_GROUP(prove_table, struct prove_options, struct arguments, prove) },
	{ COMMAND_GROUP(datadir_table, struct datadirs, struct arguments, prove.datadirs) },
	{ 0 },
};

static bool is_accepted(const struct arguments *arguments, const struct inspection *inspection)
{
	return inspection_loads(inspection) && !inspection_distrusts_seal(inspection) &&
	       !(arguments->strict && inspection_warnings(inspection));
}

/* ---- as text ---- */

static const char *who_loads(const struct inspection *inspection)
{
	if (inspection->plugin)
		return inspection->plugin;
	if (inspection->options->target.profile)
		return inspection->options->target.name;
	return inspection->loads == server_profile_count ? "every server" : "some servers";
}

static void print_hint(const char *hint)
{
	if (!hint)
		return;
	print_result("hint: %s", hint);
	putchar('\n');
}

static void print_refusal(const struct refusal *refusal)
{
	print_colored(stdout, COLOR_NO, "no:");
	print_result(" %s", refusal->words);
	putchar('\n');
	print_hint(hint_with_given(refusal->hint));
}

static void print_verdict(const struct arguments *arguments, const struct inspection *inspection)
{
	size_t warnings = inspection_warnings(inspection);
	bool accepted = is_accepted(arguments, inspection);

	if (!inspection_loads(inspection)) {
		print_refusal(inspection_refusal(inspection));
		return;
	}
	print_colored(stdout, accepted ? COLOR_YES : COLOR_NO, accepted ? "yes:" : "no:");
	print_result(" '%s' loads %s %s", inspection->name, inspection->plugin ? "with" : "on", who_loads(inspection));
	if (inspection_distrusts_seal(inspection))
		printf(", but %s", inspection->seal == SEAL_BROKEN ? "its seal is broken" : "it has no seal");
	else if (!accepted)
		printf(", but with %zu warning%s", warnings, warnings == 1 ? "" : "s");
	putchar('\n');
}

static void print_facts(const struct inspection *inspection)
{
	const struct keyfile *keyfile = &inspection->keyfile;

	if (!keyfile->count)
		return;
	if (inspection->plugin) {
		printf("  %zu key%s\n", keyfile->count, keyfile->count == 1 ? "" : "s");
		return;
	}
	printf("  %zu key%s, %s, %s", keyfile->count, keyfile->count == 1 ? "" : "s",
	       keyfile->has_versions ? "versioned" : "unversioned",
	       inspection->encrypted ? kdf_words(inspection->options->kdf) : "not encrypted");
	if (inspection->encrypted)
		printf(", %s", seal_words(inspection->seal));
	putchar('\n');
}

static void print_servers(const struct inspection *inspection)
{
	if (inspection->options->target.profile || !inspection->loads || inspection->loads == server_profile_count)
		return;
	for (size_t i = 0; i < server_profile_count; i++) {
		const char *words = inspection->refusals[i].words;

		printf("  %-34s ", server_profiles[i].name);
		print_colored(stdout, words ? COLOR_NO : COLOR_YES, words ? "no:" : "yes");
		print_result("%s%s", words ? " " : "", words ? words : "");
		putchar('\n');
	}
}

static void print_findings(const struct inspection *inspection)
{
	for (size_t i = 0; i < inspection->findings.count; i++) {
		const struct finding *finding = &inspection->findings.items[i];
		HEAP char *words = finding_words(finding);
		bool is_note = finding_is_note(finding->kind);

		print_colored(stdout, is_note ? COLOR_NONE : COLOR_WARNING, is_note ? "note:" : "warning:");
		putchar(' ');
		if (finding->line)
			printf("line %u: ", finding->line);
		print_result("%s", words ? words : "");
		printf(" [%s]\n", finding_name(finding->kind));
		print_hint(finding_hint(finding->kind));
	}
}

static void print_inspection(const struct arguments *arguments, const struct inspection *inspection)
{
	print_verdict(arguments, inspection);
	print_facts(inspection);
	print_servers(inspection);
	print_findings(inspection);
}

/* ---- as JSON ---- */

static json_t *refusal_json(const struct refusal *refusal)
{
	json_t *object;

	if (!refusal->words)
		return json_null();
	object = json_object();
	json_object_set_new(object, "message", json_text(refusal->words));
	json_object_set_new(object, "line", refusal->column ? json_integer(refusal->line) : json_null());
	json_object_set_new(object, "column", refusal->column ? json_integer(refusal->column) : json_null());
	json_object_set_new(object, "hints", hints_json(hint_with_given(refusal->hint)));
	return object;
}

static json_t *servers_json(const struct inspection *inspection)
{
	json_t *servers = json_array();

	for (size_t i = 0; !inspection->plugin && i < server_profile_count; i++) {
		const struct refusal *refusal = &inspection->refusals[i];
		json_t *server = json_object();

		json_object_set_new(server, "name", json_string(server_profiles[i].name));
		json_object_set_new(server, "target", json_string(server_profiles[i].option));
		json_object_set_new(server, "loads", json_boolean(!refusal->words));
		json_object_set_new(server, "reason", refusal_json(refusal));
		json_array_append_new(servers, server);
	}
	return servers;
}

/* Returns notes; warnings join those at the end of the object. */
static json_t *notes_json(const struct inspection *inspection)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < inspection->findings.count; i++) {
		const struct finding *finding = &inspection->findings.items[i];
		const char *name = finding_name(finding->kind);
		HEAP char *words = finding_words(finding);

		if (finding_is_note(finding->kind))
			json_array_append_new(notes,
					      warning_json(name, finding->line, words, finding_hint(finding->kind)));
		else
			document_add_warning(name, finding->line, words, finding_hint(finding->kind));
	}
	return notes;
}

/* An empty list if no key can be read. */
static enum status keys_json(const struct inspection *inspection, json_t **ret_keys)
{
	KEYSET struct keyset keyset = { 0 };
	struct fault fault = fault_none();

	if (inspection->keyfile.count)
		fault = keyset_of_keyfile(&inspection->keyfile, &keyset);
	if (!fault.code)
		*ret_keys = report_keyset_json(&keyset);
	return message_fault(fault, inspection->name);
}

/* Takes ownership of keys. */
static json_t *inspection_json(const struct arguments *arguments, const struct inspection *inspection, json_t *keys)
{
	const struct options *options = inspection->options;
	bool loads = inspection_loads(inspection);
	json_t *object = json_object();

	json_object_set_new(object, "path", json_text(inspection->name));
	json_object_set_new(object, "from_option_files", json_boolean(options->host.names_file));
	json_object_set_new(object, "target",
			    !inspection->plugin && options->target.profile ? json_text(options->target.name)
									   : json_null());
	json_object_set_new(object, "loads", json_boolean(loads));
	json_object_set_new(object, "accepted", json_boolean(is_accepted(arguments, inspection)));
	json_object_set_new(object, "reason", loads ? json_null() : refusal_json(inspection_refusal(inspection)));
	json_object_set_new(object, "encrypted", json_boolean(inspection->encrypted));
	json_object_set_new(object, "seal", inspection->seal ? json_string(seal_name(inspection->seal)) : json_null());
	json_object_set_new(object, "versioned", json_boolean(inspection->keyfile.has_versions));
	json_object_set_new(object, "keys", keys);
	json_object_set_new(object, "servers", servers_json(inspection));
	json_object_set_new(object, "notes", notes_json(inspection));
	return object;
}

/* ---- with the data ---- */

static enum status print_json(const struct arguments *arguments, const struct inspection *inspection,
			      const struct proof *proof)
{
	json_t *keys = NULL;
	enum status status = keys_json(inspection, &keys);
	json_t *object;

	if (status)
		return status;
	object = inspection_json(arguments, inspection, keys);
	if (proof) {
		proof_print_json(object, proof);
		return STATUS_DONE;
	}
	json_object_set_new(object, "data", json_null());
	document_set(object);
	return STATUS_DONE;
}

static enum status print_all(const struct arguments *arguments, const struct inspection *inspection,
			     const struct proof *proof)
{
	if (arguments->options->talk.json)
		return print_json(arguments, inspection, proof);
	print_inspection(arguments, inspection);
	if (proof)
		proof_print(proof);
	return STATUS_DONE;
}

/* Keys of another manager are read by another plugin. */
static enum status inspect_manager(struct arguments *arguments, const struct manager *manager,
				   struct inspection *inspection)
{
	FINDINGS struct findings findings = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	enum status status = manager_open(manager, &key_choice_all, NULL, &findings, &keyfile);

	arguments->prove.only_cbc = manager_plugin(manager);
	return status ? status
		      : inspection_of_keys(arguments->options, manager_plugin(manager), &keyfile, &findings,
					   inspection);
}

static enum status inspect(struct arguments *arguments, struct inspection *inspection)
{
	const struct manager manager = manager_of(arguments->options->file, arguments->options, &arguments->how);

	if (manager.kind == MANAGER_FILE)
		return inspection_make(arguments->options, !arguments->no_probe, inspection);
	return inspect_manager(arguments, &manager, inspection);
}

static enum status verify(void *input)
{
	struct arguments *arguments = input;
	INSPECTION struct inspection inspection = { 0 };
	PROOF struct proof proof = { 0 };
	enum status status = prove_complete(&arguments->prove, &arguments->options->host);
	bool has_data = arguments->prove.datadirs.count > 0;

	if (!status)
		status = inspect(arguments, &inspection);
	if (!status && has_data)
		status = prove_data(&arguments->options->talk, &arguments->options->host, &arguments->prove,
				    inspection.keyfile.count ? &inspection.keyfile : NULL, &proof);
	if (!status)
		status = print_all(arguments, &inspection, has_data ? &proof : NULL);
	if (status)
		return status;
	if (!is_accepted(arguments, &inspection))
		return STATUS_NO;
	return has_data ? proof_status(&proof) : STATUS_DONE;
}

const struct command verify_command = {
	.name = "verify",
	.operands = "",
	.summary = "check that a server loads the file and decrypts its data",
	.description = "Check whether a server would load the key file, in the server's own words.",
	.examples = { "mkeyfile verify", "mkeyfile verify --file=keyfile --target=10.11",
		      "mkeyfile verify --datadir=/var/lib/mysql --full" },
	.own = { .specs = specs },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.initial = &initial,
	.judges_host = true,
	.takes_managers = true,
	.only_tells = true,
	.run = verify,
};
