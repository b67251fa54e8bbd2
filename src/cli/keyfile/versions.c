/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/versions.h"

#include "cli/words/message.h"

#include <stdio.h>
#include <stdlib.h>

static void say_servers_without_versions(void)
{
	char *names = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&names, &size);

	for (size_t i = 0; stream && i < server_profile_count; i++)
		if (server_profiles[i].syntax == SYNTAX_UNVERSIONED)
			fprintf(stream, "%s%s", ftell(stream) ? ", " : "", server_profiles[i].name);
	if (!stream || fclose(stream))
		return;
	message_hint("these read no key versions: %s", names);
	free(names);
}

enum status require_versions(const struct target *target, const char *file, const struct keyfile *keyfile)
{
	const struct server_profile *profile = target->profile;

	if (profile ? profile->syntax == SYNTAX_VERSIONED : keyfile->has_versions)
		return STATUS_DONE;
	message_error("'%s' %s key versions, and %s would refuse to start on it", file,
		      keyfile->has_versions ? "has" : "would get", profile ? target->name : "most servers");
	say_servers_without_versions();
	for (size_t i = 0; i < server_profile_count; i++)
		if (server_profiles[i].edition == PLUGIN)
			message_hint(
				"--target=VERSION+plugin if mkeyfile's plugin reads this file, in any server from 10.6 on: see mkeyfile-plugin(7)");
		else if (server_profiles[i].syntax == SYNTAX_VERSIONED)
			message_hint("--target=%s if %s reads this file", server_profiles[i].option,
				     server_profiles[i].name);
	return STATUS_REFUSED;
}

enum status extend_text(const char *file, const struct keyfile *keyfile, const struct new_keys *keys, bool versioned,
			struct secret *ret_text)
{
	struct fault fault = keyfile_extend(keyfile, keys->items, keys->count, versioned, ret_text);

	return message_fault(fault, file);
}
