/* SPDX-License-Identifier: MIT */
/* print-needs DIRECTORY...: prints the keys that data_audit finds without a key file, one line
 * "ID VERSION FILES PAGES FREE RESIDUAL" each, then the number of files that may need more keys. */
#include "data/audit.h"

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	DATA_AUDIT struct data_audit audit = { 0 };
	const struct data_needs *needs = &audit.needs;
	const struct survey_options options = {
		.directories = (const char *const *)argv + 1,
		.directory_count = argc > 1 ? (size_t)argc - 1 : 0,
	};
	const char *failed = NULL;
	struct fault fault = data_audit(&options, &audit, &failed);

	if (fault.code) {
		fprintf(stderr, "fault %d: %s\n", (int)fault.code, failed ? failed : "");
		return 1;
	}
	for (size_t i = 0; i < needs->count; i++) {
		const struct data_need *need = &needs->needs[i];

		printf("%u %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", need->id, need->version, need->files,
		       need->pages, need->free_pages, need->residual);
	}
	printf("unsure %" PRIu64 "\n", needs->unsure + needs->pending);
	return 0;
}
