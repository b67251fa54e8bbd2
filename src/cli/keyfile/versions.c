/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/versions.h"

#include "cli/words/message.h"
#include "core/format.h"

#include <stdlib.h>

bool versions_are_possible(const struct target *target, const struct keyfile *keyfile)
{
	return target->profile ? target->profile->syntax == SYNTAX_VERSIONED : keyfile->has_versions;
}

enum status versions_require(const struct target *target, const char *file, const struct keyfile *keyfile)
{
	const struct server_profile *profile = target->profile;

	if (versions_are_possible(target, keyfile))
		return STATUS_DONE;
	message_error("'%s' %s key versions, and %s would refuse to start with it", file,
		      keyfile->has_versions ? "has" : "would get", profile ? target->name : "most servers");
	return STATUS_REFUSED;
}

void versions_hint(const struct target *target)
{
	struct server_profile profile;
	char *plugin = target->profile ? format_text("%s+plugin", target->name) : NULL;

	if (!target->profile)
		message_hint(
			"use --target=11.8-enterprise if Enterprise Server 11.8 reads this file, or --target=10.11+plugin if mkeyfile's plugin does");
	else if (plugin && target_profile(plugin, &profile))
		message_hint("use --target=%s if mkeyfile's plugin reads this file", plugin);
	free(plugin);
}

enum status versions_extend_text(const char *file, const struct keyfile *keyfile, const struct new_keys *keys,
				 bool versioned, struct secret *ret_text)
{
	struct fault fault = keyfile_extend(keyfile, keys->items, keys->count, versioned, ret_text);

	return message_fault(fault, file);
}
