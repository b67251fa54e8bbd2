/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/content.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
	struct options *options;
	bool only_ids;
};

enum long_option { OPTION_IDS = 512 };

static const struct argp_option argp_options[] = {
	{ "ids", OPTION_IDS, NULL, 0, "Print the bare IDs, one a line", 1 },
	{ 0 },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	(void)value;
	switch (key) {
	case ARGP_KEY_INIT:
		pass_options(state, 0, 1, arguments->options);
		return 0;
	case OPTION_IDS:
		arguments->only_ids = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &shared_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = { argp_options, parse,
				  NULL,		"List key IDs, versions, sizes and fingerprints. No key is shown.",
				  children,	NULL,
				  NULL };

/* The entries of one ID, oldest version first. */
struct group {
	struct entry **entries;
	size_t count;
};

/* Steps to the next ID; group starts zeroed. */
static bool next_group(const struct keyfile *keyfile, struct group *group)
{
	struct entry **end = keyfile->sorted + keyfile->count;

	group->entries = group->entries ? group->entries + group->count : keyfile->sorted;
	group->count = 0;
	while (group->entries + group->count < end && group->entries[group->count]->id == group->entries[0]->id)
		group->count++;
	return group->count;
}

static const char *role_of(uint32_t id)
{
	return id == KEY_ID_SYSTEM ? "system" : id == KEY_ID_TEMPORARY ? "temporary" : "";
}

/* ---- the table ---- */

/* "1-3,5": runs of versions, as long as size allows. */
static void write_versions(const struct group *group, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < group->count;) {
		size_t last = i;
		int wrote;

		while (last + 1 < group->count &&
		       group->entries[last + 1]->version - group->entries[last]->version <= 1)
			last++;
		if (group->entries[last]->version == group->entries[i]->version)
			wrote = snprintf(text + used, size - used, "%s%u", used ? "," : "", group->entries[i]->version);
		else
			wrote = snprintf(text + used, size - used, "%s%u-%u", used ? "," : "",
					 group->entries[i]->version, group->entries[last]->version);
		if (wrote < 0 || (size_t)wrote >= size - used) {
			memcpy(text + size - sizeof("..."), "...", sizeof("..."));
			return;
		}
		used += (size_t)wrote;
		i = last + 1;
	}
}

static void print_table(const struct keyfile *keyfile, const struct fingerprint *fingerprints)
{
	struct group group = { 0 };
	char versions[64];

	printf("%-10s  %-10s  %4s  %-16s  %s\n", "ID", "VERSIONS", "BITS", "FINGERPRINT", "ROLE");
	while (next_group(keyfile, &group)) {
		const struct entry *newest = group.entries[group.count - 1];
		const char *role = role_of(newest->id);

		write_versions(&group, versions, sizeof(versions));
		printf("%-10u  %-10s  %4zu  %s%s%s\n", newest->id, versions, 8 * newest->key_size,
		       fingerprints[newest - keyfile->entries].text, *role ? "  " : "", role);
	}
}

static void print_ids(const struct keyfile *keyfile)
{
	struct group group = { 0 };

	while (next_group(keyfile, &group))
		printf("%u\n", group.entries[0]->id);
}

/* ---- JSON ---- */

static json_t *group_json(const struct keyfile *keyfile, const struct fingerprint *fingerprints,
			  const struct group *group)
{
	json_t *object = json_object();
	json_t *versions = json_array();
	uint32_t id = group->entries[0]->id;

	for (size_t i = 0; i < group->count; i++)
		json_array_append_new(versions, key_json(group->entries[i]->version, group->entries[i]->key_size,
							 &fingerprints[group->entries[i] - keyfile->entries]));
	json_object_set_new(object, "id", json_integer(id));
	json_object_set_new(object, "role", *role_of(id) ? json_string(role_of(id)) : json_null());
	json_object_set_new(object, "versions", versions);
	return object;
}

static void print_list_json(const struct options *options, const struct content *content,
			    const struct fingerprint *fingerprints)
{
	const struct keyfile *keyfile = &content->keyfile;
	struct group group = { 0 };
	json_t *object = json_object();
	json_t *keys = json_array();

	while (next_group(keyfile, &group))
		json_array_append_new(keys, group_json(keyfile, fingerprints, &group));
	json_object_set_new(object, "file", json_text(input_name(options->file)));
	json_object_set_new(object, "encrypted", json_boolean(content->encrypted));
	json_object_set_new(object, "versioned", json_boolean(keyfile->has_versions));
	json_object_set_new(object, "keys", keys);
	print_json(object);
}

static enum status list(const struct arguments *arguments)
{
	const struct options *options = arguments->options;
	SECRET struct secret raw = { 0 };
	CONTENT struct content content = { 0 };
	struct fingerprint *fingerprints = NULL;
	enum status status = read_key_file(options, &raw, NULL);
	struct fault fault;

	if (!status)
		status = content_open(options, input_name(options->file), &raw, &content);
	if (status)
		return status;
	warn_unless_target_loads(options, input_name(options->file), &content.keyfile.text, content.encrypted,
				 raw.size);
	fault = keyfile_fingerprints(&content.keyfile, &fingerprints);
	if (fault.code)
		return message_fault(fault, input_name(options->file));
	if (options->json)
		print_list_json(options, &content, fingerprints);
	else if (arguments->only_ids)
		print_ids(&content.keyfile);
	else
		print_table(&content.keyfile, fingerprints);
	free(fingerprints);
	return STATUS_DONE;
}

static enum status run(int argc, char **argv, struct options *options)
{
	struct arguments arguments = { .options = options };
	enum status status;

	options_parse(&argp, argc, argv, &arguments);
	status = options_complete(options);
	if (status)
		return status;
	if (arguments.only_ids && options->json)
		return usage_error("--ids and --json exclude each other");
	return list(&arguments);
}

const struct command list_command = { "list", "", "IDs, versions, sizes, fingerprints; never keys", run };
