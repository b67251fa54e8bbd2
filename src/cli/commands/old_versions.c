/* SPDX-License-Identifier: MIT */
#include "cli/commands/old_versions.h"

#include "cli/words/message.h"

#include <stdio.h>

/* The number of IDs to print before "...". */
#define NAMED_IDS 8

void note_old_versions(const struct keyfile *keyfile)
{
	char names[NAMED_IDS * sizeof(", 4294967295")] = "";
	size_t used = 0;
	size_t ids = 0;
	size_t count;

	for (size_t i = 0; i < keyfile->count; i += count) {
		struct entry **versions = keyfile_find(keyfile, keyfile->sorted[i]->id, &count);

		if (versions[0]->version == versions[count - 1]->version)
			continue;
		if (ids++ < NAMED_IDS)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%u", used ? ", " : "",
						 versions[0]->id);
	}
	if (!ids)
		return;
	message_note("note: older versions of key ID%s %s%s are still in the file;", ids == 1 ? "" : "s", names,
		     ids > NAMED_IDS ? ", ..." : "");
	message_note(
		"      run 'mkeyfile remove --old-versions --datadir=DIR ID' to remove the versions that no data uses");
}
