/* SPDX-License-Identifier: MIT */
/* Any text as the name of a server. */
#include "fuzz.h"

#include "server/target.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *name = strndup((const char *)data, size);
	const struct server_profile *profile;

	REQUIRE(name);
	profile = target_profile(name);
	REQUIRE(!profile || (profile >= server_profiles && profile < server_profiles + server_profile_count));
	free(name);
	return 0;
}
