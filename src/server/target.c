/* SPDX-License-Identifier: MIT */
#include "server/target.h"

#include <string.h>

/* Sources: measured on Debian's 10.11.19 and 11.8.9; MDEV-34712 for digest and
 * PBKDF2 (12.0.1); Enterprise 11.8 and MaxScale by their documentation. */
const struct server_profile server_profiles[] = {
	{ COMMUNITY, 100104, "Community Server 10.1.4 to 11.7", "10.11", SYNTAX_UNVERSIONED, false, OVERSIZE_ERRCODE },
	{ COMMUNITY, 110800, "Community Server 11.8", "11.8", SYNTAX_UNVERSIONED, false, OVERSIZE_TOO_LARGE },
	{ COMMUNITY, 120001, "Community Server 12.0.1 and later", "12.3", SYNTAX_UNVERSIONED, true,
	  OVERSIZE_TOO_LARGE },
	{ ENTERPRISE, 100104, "Enterprise Server before 11.8", "10.6-enterprise", SYNTAX_UNVERSIONED, false,
	  OVERSIZE_ERRCODE },
	{ ENTERPRISE, 110800, "Enterprise Server 11.8 and later", "11.8-enterprise", SYNTAX_VERSIONED, false,
	  OVERSIZE_TOO_LARGE },
	{ MAXSCALE, 0, "MaxScale (key_manager=file)", "maxscale", SYNTAX_UNVERSIONED, false, OVERSIZE_ERRCODE },
};

const size_t server_profile_count = sizeof(server_profiles) / sizeof(server_profiles[0]);

/* "+plugin" behind a version names a server plugin that does not exist yet. */
#define PLUGIN_SUFFIX "+plugin"

/* Servers before 11.0 prefix their version with this for old replicas. */
#define OLD_PROTOCOL_PREFIX "5.5.5-"

static const struct server_profile *profile_of(enum edition edition, unsigned int version)
{
	const struct server_profile *found = NULL;

	for (size_t i = 0; i < server_profile_count; i++)
		if (server_profiles[i].edition == edition && server_profiles[i].from <= version)
			found = &server_profiles[i];
	return found;
}

/* One or two digits; sscanf(3) would take signs and blanks as well. */
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

const struct server_profile *target_profile(const char *target)
{
	unsigned int version;

	if (!strncasecmp(target, "maxscale", strlen("maxscale")))
		return is_suffix(target + strlen("maxscale")) ? profile_of(MAXSCALE, 0) : NULL;
	if (!strncmp(target, OLD_PROTOCOL_PREFIX, strlen(OLD_PROTOCOL_PREFIX)))
		target += strlen(OLD_PROTOCOL_PREFIX);
	if (!parse_version(&target, &version) || !is_suffix(target) || strcasestr(target, PLUGIN_SUFFIX))
		return NULL;
	return profile_of(strcasestr(target, "enterprise") ? ENTERPRISE : COMMUNITY, version);
}

bool server_reads_kdf(const struct server_profile *profile, struct kdf kdf)
{
	return profile->reads_kdf || (kdf.digest == DIGEST_SHA1 && !kdf.iterations);
}
