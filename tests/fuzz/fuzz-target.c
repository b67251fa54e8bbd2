/* SPDX-License-Identifier: MIT */
/* Any text as a server version, and as the version banner of a server. */
#include "fuzz.h"

#include "server/target.h"

static bool is_row(const struct server_profile *profile)
{
	for (size_t i = 0; i < server_profile_count; i++)
		if (profile->name == server_profiles[i].name)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *name = strndup((const char *)data, size);
	struct server_profile profile;
	char *target;

	REQUIRE(name);
	REQUIRE(!target_profile(name, &profile) || is_row(&profile));
	target = target_of_version_banner(name);
	REQUIRE(!target || strlen(target) <= strlen(name));
	free(target);
	free(name);
	return 0;
}
