/* SPDX-License-Identifier: MIT */
/* Any text as output of my_print_defaults for a server's option files. */
#include "fuzz.h"

#include "server/settings.h"

static void judge(const struct server_settings *settings, const struct server_profile *profile)
{
	struct obstacle obstacle;

	REQUIRE(!settings_obstacle(settings, profile, &obstacle).code);
	REQUIRE(!obstacle.kind == !obstacle.words);
	free(obstacle.words);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	SECRET struct secret text = { 0 };
	OPTION_LINES struct option_lines lines = { 0 };
	SETTINGS struct server_settings settings = { 0 };
	struct kdf kdf = { 0 };

	REQUIRE(!secret_copy_text(&text, data, size).code);
	REQUIRE(!option_lines_parse(&text, &lines).code);
	settings_parse(&lines, NULL, &settings);
	REQUIRE(!settings_kdf(&settings, &kdf) || kdf.digest < DIGEST_COUNT);
	REQUIRE(!settings_password_path(&settings) || settings.filekey.value);
	judge(&settings, NULL);
	for (size_t i = 0; i < server_profile_count; i++)
		judge(&settings, &server_profiles[i]);
	return 0;
}
