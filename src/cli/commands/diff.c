/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/commands/disjoint.h"
#include "cli/commands/manifest.h"
#include "cli/keyfile/content.h"
#include "cli/keyfile/input.h"
#include "cli/keyfile/report.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/managers/exchange.h"
#include "cli/managers/key_text.h"
#include "cli/managers/other_file.h"
#include "cli/words/color.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct arguments {
	struct options *options;
	const char *other;
	bool disjoint;
	struct manager_options how;
};

static const struct arguments initial = { .how = MANAGER_OPTIONS_INITIAL };

static const struct option_spec specs[] = {
	{ "disjoint", 0, NULL, "Check that the two share no key, under any ID",
	  OPTION_FLAG(struct arguments, disjoint) },
	{ .argument = "OTHER", OPTION_PATH(struct arguments, other) },
	{ 0 },
};

static const struct command_group groups[] = {
	{ COMMAND_GROUP(other_file_table, struct manager_options, struct arguments, how) },
	{ COMMAND_GROUP(manager_table, struct manager_options, struct arguments, how) },
	{ 0 },
};

static const struct conflict conflicts[] = { { REQUIRE, "OTHER", NULL, "no file to compare with" }, { 0 } };

struct side {
	const char *name;
	struct content content;
	struct keyset keyset;
	struct fingerprint whole;
};

static void side_free(struct side *side)
{
	content_free(&side->content);
	keyset_free(&side->keyset);
}

#define SIDE __attribute__((cleanup(side_free)))

static enum status finish_side(struct side *side)
{
	struct fault fault = fault_none();

	if (side->content.keyfile.count)
		fault = keyset_of_keyfile(&side->content.keyfile, &side->keyset);
	if (!fault.code)
		fault = keyset_fingerprint(&side->keyset, &side->whole);
	return message_fault(fault, side->name);
}

static enum status read_manager(const struct manager *manager, struct side *side)
{
	enum status status = manager_open(manager, &key_choice_all, NULL, NULL, &side->content.keyfile);

	return status ? status : finish_side(side);
}

static enum status read_here(const struct manager *here, struct side *side)
{
	const struct options *options = here->options;
	SECRET struct secret raw = { 0 };
	enum status status;

	if (here->kind != MANAGER_FILE)
		return read_manager(here, side);
	status = input_read_key_file(options->file, &options->host, &raw, NULL);
	if (!status)
		status = content_open(&options->password, options->kdf, side->name, &raw, &side->content);
	if (!status)
		seal_warn(options, side->name, message_given(), side->content.seal);
	return status ? status : finish_side(side);
}

/* ---- the other side ---- */

static enum status read_there(const struct manager *there, const struct content *here, int descriptor,
			      struct side *side)
{
	SECRET struct secret start = { 0 };
	struct fault fault = file_read_start(descriptor, KEYFILE_MAX_SIZE + 1, &start);
	enum status status;

	if (!fault.code && start.size > KEYFILE_MAX_SIZE && !is_manifest(&start))
		fault = fault_of(FAULT_TOO_LARGE);
	if (fault.code)
		return message_fault(fault, side->name);
	if (is_manifest(&start))
		status = manifest_read(side->name, &start, descriptor, &side->keyset);
	else
		status = other_file_open(there, content_password(here), &start, &side->content);
	if (!status)
		seal_warn(there->options, side->name, NULL, side->content.seal);
	return status ? status : finish_side(side);
}

static enum status open_there(const struct manager *there, const struct content *here, struct side *side)
{
	const char *path = there->place;
	int descriptor = STDIN_FILENO;
	struct fault fault;
	enum status status;

	if (there->kind != MANAGER_FILE)
		return read_manager(there, side);
	fault = is_standard_stream(path) ? fault_none() : file_open(path, &descriptor);
	if (fault.code)
		return message_fault(fault, path);
	status = read_there(there, here, descriptor, side);
	if (descriptor != STDIN_FILENO)
		close(descriptor);
	return status;
}

/* Standard input can be used only once. */
static enum status check_streams(const struct arguments *arguments)
{
	const struct options *options = arguments->options;
	int uses = is_standard_stream(options->file) + reads_standard_input(&options->password) +
		   is_standard_stream(arguments->other) + reads_standard_input(&arguments->how.other_password);

	return uses > 1 ? usage_error("only one file or password can come from standard input") : STATUS_DONE;
}

/* ---- the comparison ---- */

enum difference { SAME, MISSING, EXTRA, DIFFERENT, DIFFERENCE_COUNT };

static enum difference compare(const struct keyset_member *here, const struct keyset_member *there)
{
	if (!here || !there)
		return here ? EXTRA : MISSING;
	return strcmp(here->fingerprint.text, there->fingerprint.text) ? DIFFERENT : SAME;
}

static void count_differences(const struct side *here, const struct side *there, size_t counts[DIFFERENCE_COUNT])
{
	const struct keyset_member *a;
	const struct keyset_member *b;
	struct keyset_walk walk = { 0 };

	while (keyset_next(&here->keyset, &there->keyset, &walk, &a, &b))
		counts[compare(a, b)]++;
}

static void print_differences(const struct side *here, const struct side *there)
{
	const struct keyset_member *a;
	const struct keyset_member *b;
	struct keyset_walk walk = { 0 };

	while (keyset_next(&here->keyset, &there->keyset, &walk, &a, &b)) {
		enum difference difference = compare(a, b);
		const struct keyset_member *member = a ? a : b;

		if (difference == DIFFERENT)
			printf("  different  key ID %u version %u, fingerprint %s here, %s there\n", a->id, a->version,
			       a->fingerprint.text, b->fingerprint.text);
		else if (difference != SAME)
			printf("  %s  key ID %u version %u, %u bits, fingerprint %s\n",
			       difference == MISSING ? "missing  " : "extra    ", member->id, member->version,
			       member->bits, member->fingerprint.text);
	}
}

static void print_words(const struct side *here, const struct side *there, const size_t counts[DIFFERENCE_COUNT])
{
	if (counts[SAME] == here->keyset.count && counts[SAME] == there->keyset.count) {
		print_colored(stdout, COLOR_YES, "same:");
		print_result(" '%s' and '%s' contain the same", here->name, there->name);
		printf(" %zu key%s, fingerprint %s\n", counts[SAME], counts[SAME] == 1 ? "" : "s", here->whole.text);
		return;
	}
	print_colored(stdout, COLOR_NO, "different:");
	print_result(" '%s' compared with '%s'", here->name, there->name);
	printf(": %zu missing, %zu extra, %zu with another key\n", counts[MISSING], counts[EXTRA], counts[DIFFERENT]);
	print_differences(here, there);
}

/* ---- keys under any ID ---- */

struct sharing {
	bool is_asked; /* --disjoint is given */
	struct shared_key *keys;
	size_t count;
};

static void print_sharing(const struct side *here, const struct side *there, const struct sharing *sharing)
{
	if (!sharing->count) {
		print_colored(stdout, COLOR_YES, "disjoint:");
		print_result(" '%s' and '%s' share no key\n", here->name, there->name);
		return;
	}
	print_colored(stdout, COLOR_NO, "shared:");
	print_result(" '%s' and '%s' share", here->name, there->name);
	printf(" %zu key%s\n", sharing->count, sharing->count == 1 ? "" : "s");
	for (size_t i = 0; i < sharing->count; i++) {
		const struct shared_key *key = &sharing->keys[i];

		printf("  key ID %u version %u here, key ID %u version %u there, fingerprint %s\n", key->here->id,
		       key->here->version, key->there->id, key->there->version, key->here->fingerprint.text);
	}
}

static json_t *sharing_json(const struct sharing *sharing)
{
	json_t *list;

	if (!sharing->is_asked)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < sharing->count; i++)
		json_array_append_new(list, json_pack("{s:o, s:o}", "here", report_member_json(sharing->keys[i].here),
						      "there", report_member_json(sharing->keys[i].there)));
	return list;
}

/* ---- JSON ---- */

static json_t *difference_json(enum difference difference, const struct keyset_member *here,
			       const struct keyset_member *there)
{
	if (difference == DIFFERENT)
		return json_pack("{s:o, s:o}", "here", report_member_json(here), "there", report_member_json(there));
	return report_member_json(here ? here : there);
}

static void set_diff_json(const struct side *here, const struct side *there, bool same, const struct sharing *sharing)
{
	json_t *lists[DIFFERENCE_COUNT] = { NULL, json_array(), json_array(), json_array() };
	json_t *object = json_object();
	const struct keyset_member *a;
	const struct keyset_member *b;
	struct keyset_walk walk = { 0 };

	while (keyset_next(&here->keyset, &there->keyset, &walk, &a, &b)) {
		enum difference difference = compare(a, b);

		if (difference != SAME)
			json_array_append_new(lists[difference], difference_json(difference, a, b));
	}
	json_object_set_new(object, "path", json_text(here->name));
	json_object_set_new(object, "other_path", json_text(there->name));
	json_object_set_new(object, "same", json_boolean(same));
	json_object_set_new(object, "fingerprint", json_string(here->whole.text));
	json_object_set_new(object, "other_fingerprint", json_string(there->whole.text));
	json_object_set_new(object, "missing", lists[MISSING]);
	json_object_set_new(object, "extra", lists[EXTRA]);
	json_object_set_new(object, "different", lists[DIFFERENT]);
	json_object_set_new(object, "shared", sharing_json(sharing));
	document_set(object);
}

static enum status diff(void *input)
{
	struct arguments *arguments = input;
	const struct options *options = arguments->options;
	SIDE struct side here = { .name = input_name(options->file) };
	SIDE struct side there = { .name = input_name(arguments->other) };
	const struct manager manager = manager_of(options->file, options, &arguments->how);
	const struct manager other = manager_of(arguments->other, options, &arguments->how);
	size_t counts[DIFFERENCE_COUNT] = { 0 };
	struct sharing sharing = { .is_asked = arguments->disjoint };
	HEAP struct shared_key *shared = NULL;
	enum status status = check_streams(arguments);
	bool same;

	if (!status)
		status = read_here(&manager, &here);
	if (!status)
		status = open_there(&other, &here.content, &there);
	if (!status && sharing.is_asked)
		status = message_fault(disjoint_compare(&here.keyset, &there.keyset, &shared, &sharing.count), "");
	if (status)
		return status;
	count_differences(&here, &there, counts);
	same = !counts[MISSING] && !counts[EXTRA] && !counts[DIFFERENT];
	sharing.keys = shared;
	if (options->talk.json)
		set_diff_json(&here, &there, same, &sharing);
	else if (sharing.is_asked)
		print_sharing(&here, &there, &sharing);
	else
		print_words(&here, &there, counts);
	return (sharing.is_asked ? !sharing.count : same) ? STATUS_DONE : STATUS_NO;
}

const struct command diff_command = {
	.name = "diff",
	.operands = "OTHER",
	.summary = "compare two key files by fingerprint",
	.description = "Compare two key files, or a key file with what 'mkeyfile list --json' printed.",
	.examples = { "mkeyfile diff backup", "mkeyfile diff old --other-password-file=old.key",
		      "ssh db2 mkeyfile list --json | mkeyfile diff -" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	.takes_managers = true,
	COMMAND_ARGUMENTS(struct arguments),
	.initial = &initial,
	.run = diff,
};
