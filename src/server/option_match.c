/* SPDX-License-Identifier: MIT */
#include "server/option_match.h"

#include <string.h>

static void find(struct option_match *match, const char *const *names, size_t count)
{
	const size_t size = strlen(match->rest);

	match->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (strlen(names[i]) < size || !option_name_begins(match->rest, names[i], size))
			continue;
		match->last = i;
		if (!names[i][size]) {
			match->first = i;
			match->count = 1;
			return;
		}
		if (!match->count++)
			match->first = i;
	}
}

enum prefix { PREFIX_SKIP, PREFIX_DISABLE, PREFIX_ENABLE, PREFIX_MAXIMUM, PREFIX_LOOSE, PREFIX_AUTOSET, PREFIX_COUNT };

static const char *const prefixes[PREFIX_COUNT] = { "skip", "disable", "enable", "maximum", "loose", "autoset" };

static bool begins_with_prefix(const char *name, enum prefix prefix)
{
	const size_t size = strlen(prefixes[prefix]);

	return !strncasecmp(name, prefixes[prefix], size) && (name[size] == '-' || name[size] == '_');
}

/* Applies the prefix directly before the name to the value: "skip-x=0" is "x=1". */
static void apply(struct option_match *match, enum prefix prefix)
{
	const bool negated = match->value && !strcmp(match->value, "0");

	switch (prefix) {
	case PREFIX_SKIP:
	case PREFIX_DISABLE:
	case PREFIX_ENABLE:
		match->enabled = (prefix == PREFIX_ENABLE) != negated;
		match->value = match->enabled ? "1" : "0";
		break;
	case PREFIX_MAXIMUM:
		match->maximum = true;
		break;
	case PREFIX_AUTOSET:
		match->autoset = true;
		break;
	default:
		break;
	}
}

struct option_match option_match(const struct option_line *line, const char *const *names, size_t count)
{
	struct option_match match = { .rest = line->whole, .value = line->has_value ? line->value : NULL };

	find(&match, names, count);
	for (enum prefix prefix = 0; !match.count && prefix < PREFIX_COUNT; prefix++) {
		if (!begins_with_prefix(match.rest, prefix))
			continue;
		match.rest += strlen(prefixes[prefix]) + 1;
		match.prefix = prefixes[prefix];
		match.loose |= prefix == PREFIX_LOOSE;
		find(&match, names, count);
		if (match.count)
			apply(&match, prefix);
		else
			prefix = (enum prefix) - 1;
	}
	return match;
}
