/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/commands/old_versions.h"
#include "cli/keyfile/content.h"
#include "cli/keyfile/input.h"
#include "cli/keyfile/report.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/managers/exchange.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/keyset.h"

#include <stdio.h>
#include <string.h>

#define DAY_SIZE 10 /* of "2026-11-30" in a date */

struct arguments {
	struct options *options;
	bool only_ids;
	bool only_fingerprint;
	struct age older_than;
	struct manager_options how;
};

static const struct arguments initial = { .how = MANAGER_OPTIONS_INITIAL };

static const struct command_group groups[] = {
	{ COMMAND_GROUP(manager_table, struct manager_options, struct arguments, how) },
	{ 0 },
};

static const struct option_spec specs[] = {
	{ "ids", 0, NULL, "Print only the key IDs, one per line", OPTION_FLAG(struct arguments, only_ids) },
	{ "fingerprint", 0, NULL, "Print only the fingerprint of all keys together",
	  OPTION_FLAG(struct arguments, only_fingerprint) },
	{ "older-than", 0, "AGE", "List only IDs older than AGE (365d, 12m, 1y)",
	  OPTION_AGE(struct arguments, older_than) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ EXCLUDE, "ids fingerprint json", NULL, "--ids, --fingerprint and --json cannot be used together" },
	{ EXCLUDE, "fingerprint older-than", NULL, "--fingerprint and --older-than cannot be used together" },
	{ 0 },
};

/* The members of one ID, oldest version first. */
struct group {
	const struct keyset_member *members;
	size_t count;
};

/* Steps to the next ID; group starts zeroed. */
static bool next_group(const struct keyset *keyset, struct group *group)
{
	const struct keyset_member *end = keyset->members + keyset->count;

	group->members = group->members ? group->members + group->count : keyset->members;
	group->count = 0;
	while (group->members + group->count < end && group->members[group->count].id == group->members[0].id)
		group->count++;
	return group->count;
}

/* ---- the table ---- */

/* "1-3,5": runs of versions, as long as size allows. */
static void write_versions(const struct group *group, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < group->count;) {
		uint32_t first = group->members[i].version;
		size_t last = i;
		int wrote;

		while (last + 1 < group->count && group->members[last + 1].version - group->members[last].version == 1)
			last++;
		wrote = snprintf(text + used, size - used, last == i ? "%s%u" : "%s%u-%u", used ? "," : "", first,
				 group->members[last].version);
		if (wrote < 0 || (size_t)wrote >= size - used) {
			memcpy(text + size - sizeof("..."), "...", sizeof("..."));
			return;
		}
		used += (size_t)wrote;
		i = last + 1;
	}
}

/* is_padded: there is another column. */
static void print_day(const struct date *created, bool is_padded)
{
	int width = is_padded ? DAY_SIZE : 0;

	if (date_is_known(created))
		printf("%.*s", DAY_SIZE, created->text);
	else
		printf("%-*s", width, "unknown");
}

/* What to list. */
struct listing {
	const struct keyset *keyset;
	struct fingerprint whole;
	bool only_old;
	struct age_limit limit; /* with only_old: keys outside are old */
};

/* Steps to the next ID to list. */
static bool next_listed(const struct listing *listing, struct group *group)
{
	while (next_group(listing->keyset, group))
		if (!listing->only_old ||
		    !age_limit_includes(&listing->limit, &group->members[group->count - 1].created))
			return true;
	return false;
}

static bool is_empty(const struct listing *listing)
{
	struct group group = { 0 };

	return !next_listed(listing, &group);
}

static void print_table(const struct listing *listing)
{
	struct group group = { 0 };
	char versions[64];

	if (is_empty(listing))
		return;
	printf("%-10s  %-10s  %4s  %-16s  %-10s  %s\n", "ID", "VERSIONS", "BITS", "FINGERPRINT", "CREATED", "ROLE");
	while (next_listed(listing, &group)) {
		const struct keyset_member *newest = &group.members[group.count - 1];
		const char *role = report_key_role(newest->id);

		write_versions(&group, versions, sizeof(versions));
		printf("%-10u  %-10s  %4u  %s  ", newest->id, versions, newest->bits, newest->fingerprint.text);
		print_day(&newest->created, *role);
		printf("%s%s\n", *role ? "  " : "", role);
	}
	if (!listing->only_old)
		printf("%-10s  %-10s  %4s  %s\n", "all", "", "", listing->whole.text);
}

static void print_ids(const struct listing *listing)
{
	struct group group = { 0 };

	while (next_listed(listing, &group))
		printf("%u\n", group.members[0].id);
}

/* ---- JSON ---- */

static json_t *old_versions_json(const struct keyset *keyset)
{
	json_t *list = json_array();
	struct group group = { 0 };

	while (next_group(keyset, &group))
		for (size_t i = 0; i + 1 < group.count; i++)
			json_array_append_new(list, report_member_json(&group.members[i]));
	return list;
}

static json_t *older_json(const struct listing *listing)
{
	json_t *list;
	struct group group = { 0 };

	if (!listing->only_old)
		return json_null();
	list = json_array();
	while (next_listed(listing, &group))
		json_array_append_new(list, report_member_json(&group.members[group.count - 1]));
	return list;
}

static void set_list_json(const char *name, const struct content *content, const struct listing *listing)
{
	json_t *object = json_object();

	json_object_set_new(object, "path", json_text(name));
	json_object_set_new(object, "encrypted", json_boolean(content->encrypted));
	json_object_set_new(object, "versioned", json_boolean(content->keyfile.has_versions));
	json_object_set_new(object, "fingerprint", json_string(listing->whole.text));
	json_object_set_new(object, "keys", report_keyset_json(listing->keyset));
	json_object_set_new(object, "old_versions", old_versions_json(listing->keyset));
	json_object_set_new(object, "older", older_json(listing));
	document_set(object);
}

static void print_list(const struct arguments *arguments, const struct content *content, const struct listing *listing)
{
	if (arguments->options->talk.json)
		set_list_json(input_name(arguments->options->file), content, listing);
	else if (arguments->only_ids)
		print_ids(listing);
	else if (arguments->only_fingerprint)
		printf("%s\n", listing->whole.text);
	else
		print_table(listing);
}

static enum status open_file(const struct options *options, const char *name, struct content *content)
{
	SECRET struct secret raw = { 0 };
	enum status status = input_read_key_file(options->file, &options->host, &raw, NULL);

	if (!status)
		status = content_open(&options->password, options->kdf, name, &raw, content);
	if (!status)
		seal_warn(options, name, message_given(), content->seal);
	if (!status)
		content_warn_unless_target_loads(&options->target, name, &content->keyfile.text,
						 content->encrypted ? &content->kdf : NULL, raw.size);
	return status;
}

static enum status list(void *input)
{
	const struct arguments *arguments = input;
	const struct options *options = arguments->options;
	const char *name = input_name(options->file);
	const struct manager manager = manager_of(options->file, options, &arguments->how);
	CONTENT struct content content = { 0 };
	KEYSET struct keyset keyset = { 0 };
	struct listing listing = {
		.keyset = &keyset,
		.only_old = arguments->older_than.number,
		.limit = age_limit_now(arguments->older_than),
	};
	enum status status = manager.kind == MANAGER_FILE
				     ? open_file(options, name, &content)
				     : manager_open(&manager, &key_choice_all, NULL, NULL, &content.keyfile);
	struct fault fault;

	if (status)
		return status;
	fault = keyset_of_keyfile(&content.keyfile, &keyset);
	if (!fault.code)
		fault = keyset_fingerprint(&keyset, &listing.whole);
	if (fault.code)
		return message_fault(fault, name);
	print_list(arguments, &content, &listing);
	if (manager.kind == MANAGER_FILE && !arguments->only_ids && !arguments->only_fingerprint && !listing.only_old)
		note_old_versions(&content.keyfile);
	return listing.only_old && !is_empty(&listing) ? STATUS_NO : STATUS_DONE;
}

const struct command list_command = {
	.name = "list",
	.operands = "",
	.summary = "show IDs, versions, sizes and fingerprints, never keys",
	.description = "List key IDs, versions, sizes and fingerprints, and never a key.",
	.examples = { "mkeyfile list", "mkeyfile list --ids",
		      "mkeyfile list --file=keyfile --password-file=keyfile.key --json" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.initial = &initial,
	.takes_managers = true,
	.run = list,
};
