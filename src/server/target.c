/* SPDX-License-Identifier: MIT */
#include "server/target.h"

#include <string.h>

/* After a version: mkeyfile's own plugin in that server. */
#define PLUGIN_SUFFIX "+plugin"

/* Sources: measured on Debian's 10.5.23, 10.11.19 and 11.8.9; MDEV-34712 for digest and
 * PBKDF2 (12.0.1); MDEV-9158 for pipes (11.8); Enterprise 11.8 and MaxScale by
 * their documentation. */
const struct server_profile server_profiles[] = {
	{ .edition = COMMUNITY,
	  .from = 100104,
	  .name = "Community Server 10.1.4 to 11.7",
	  .option = "10.11",
	  .options_before_11_8 = true },
	{ .edition = COMMUNITY,
	  .from = 110800,
	  .name = "Community Server 11.8",
	  .option = "11.8",
	  .reads_pipes = true,
	  .oversize = OVERSIZE_TOO_LARGE },
	{ .edition = COMMUNITY,
	  .from = 120001,
	  .name = "Community Server 12.0.1 and later",
	  .option = "12.3",
	  .reads_kdf = true,
	  .reads_pipes = true,
	  .oversize = OVERSIZE_TOO_LARGE },
	{ .edition = ENTERPRISE,
	  .from = 100104,
	  .name = "Enterprise Server before 11.8",
	  .option = "10.6-enterprise",
	  .options_before_11_8 = true },
	{ .edition = ENTERPRISE,
	  .from = 110800,
	  .name = "Enterprise Server 11.8 and later",
	  .option = "11.8-enterprise",
	  .syntax = SYNTAX_VERSIONED,
	  .reads_pipes = true,
	  .oversize = OVERSIZE_TOO_LARGE },
	{ .edition = PLUGIN,
	  .from = 100600,
	  .name = "mkeyfile's plugin, 10.6 and later",
	  .option = "10.11" PLUGIN_SUFFIX,
	  .syntax = SYNTAX_VERSIONED,
	  .reads_kdf = true,
	  .blank_password = BLANK_PASSWORD_REFUSED },
	{ .edition = MAXSCALE, .name = "MaxScale (key_manager=file)", .option = "maxscale" },
};

const size_t server_profile_count = sizeof(server_profiles) / sizeof(server_profiles[0]);

/* Servers before 11.0 add this prefix to their version for old replicas. */
#define OLD_PROTOCOL_PREFIX "5.5.5-"

/* The first release of each series that has a fix, as versions, followed by 0. A series between
 * two of them never got the fix; every series after the last one has it. */
static const unsigned int long_password_refused[] = { /* MDEV-25343 */
						      100337, 100427, 100518, 100611, 100707, 100806, 100904, 101002, 0
};
static const unsigned int blank_password_survived[] = { /* MDEV-40658 */
							100628, 101119, 110413, 110809, 120303, 0
};

/* Measured: Debian's 10.5.23, which has the same code, treats it as no password. */
static const unsigned int blank_password_crashes_from = 100600;

/* Measured: Debian's 10.5.23 does not accept "DATADIR", 10.11.19 does. */
static const unsigned int capitals_from = 100600;

static bool has_fix(unsigned int version, const unsigned int *first)
{
	unsigned int last = 0;

	for (; *first; last = *first++)
		if (*first / 100 == version / 100)
			return version >= *first;
	return version > last;
}

static const struct server_profile *profile_of(enum edition edition, unsigned int version)
{
	const struct server_profile *found = NULL;

	for (size_t i = 0; i < server_profile_count; i++)
		if (server_profiles[i].edition == edition && server_profiles[i].from <= version)
			found = &server_profiles[i];
	return found;
}

/* One or two digits. sscanf(3) would accept signs and blanks as well. */
static bool parse_part(const char **text, unsigned int *ret_number)
{
	unsigned int number = 0;
	size_t digits = 0;

	while ((*text)[digits] >= '0' && (*text)[digits] <= '9' && digits < 3)
		number = number * 10 + (unsigned int)((*text)[digits++] - '0');
	*text += digits;
	*ret_number = number;
	return digits == 1 || digits == 2;
}

static bool parse_version(const char **text, unsigned int *ret_version)
{
	unsigned int major;
	unsigned int minor;
	unsigned int patch = 99; /* "10.1" and "12.0" mean the series, not its first release */

	if (!parse_part(text, &major) || *(*text)++ != '.' || !parse_part(text, &minor))
		return false;
	if (**text == '.') {
		++*text;
		if (!parse_part(text, &patch))
			return false;
	}
	*ret_version = major * 10000 + minor * 100 + patch;
	return true;
}

static bool is_suffix(const char *text)
{
	return *text == '\0' || *text == '-' || *text == '+';
}

static bool take_profile(enum edition edition, unsigned int version, struct server_profile *ret_profile)
{
	const struct server_profile *profile = profile_of(edition, version);

	if (!profile)
		return false;
	*ret_profile = *profile;
	if (edition == COMMUNITY || edition == ENTERPRISE) {
		ret_profile->no_capitals = version < capitals_from;
		ret_profile->cuts_long_password = !has_fix(version, long_password_refused);
		if (version >= blank_password_crashes_from && !has_fix(version, blank_password_survived))
			ret_profile->blank_password = BLANK_PASSWORD_CRASHES;
	}
	/* it prints the messages of the server's own plugin, and the options are the server's */
	if (edition == PLUGIN && version >= 110800)
		ret_profile->oversize = OVERSIZE_TOO_LARGE;
	if (edition == PLUGIN)
		ret_profile->options_before_11_8 = version < 110800;
	return true;
}

static bool ends_in_plugin(const char *suffix)
{
	size_t size = strlen(suffix);

	return size >= strlen(PLUGIN_SUFFIX) && !strcasecmp(suffix + size - strlen(PLUGIN_SUFFIX), PLUGIN_SUFFIX);
}

static enum edition edition_of(const char *suffix)
{
	if (ends_in_plugin(suffix))
		return PLUGIN;
	return strcasestr(suffix, "enterprise") ? ENTERPRISE : COMMUNITY;
}

bool target_profile(const char *target, struct server_profile *ret_profile)
{
	unsigned int version;

	if (!strncasecmp(target, "maxscale", strlen("maxscale")))
		return is_suffix(target + strlen("maxscale")) && !ends_in_plugin(target) &&
		       take_profile(MAXSCALE, 0, ret_profile);
	if (!strncmp(target, OLD_PROTOCOL_PREFIX, strlen(OLD_PROTOCOL_PREFIX)))
		target += strlen(OLD_PROTOCOL_PREFIX);
	if (!parse_version(&target, &version) || !is_suffix(target))
		return false;
	return take_profile(edition_of(target), version, ret_profile);
}

char *target_of_version_banner(const char *banner)
{
	static const char before[] = " Ver ";
	const char *version = strstr(banner, before);

	if (!version)
		return NULL;
	version += strlen(before);
	return strndup(version, strcspn(version, " \n"));
}

bool server_reads_kdf(const struct server_profile *profile, struct kdf kdf)
{
	return profile->reads_kdf || (kdf.digest == DIGEST_SHA1 && !kdf.iterations);
}
