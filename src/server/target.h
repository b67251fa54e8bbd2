/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/envelope.h"
#include "core/keyfile.h"

/* Which server accepts what. This table is the only place that depends on versions. */

/* What reads the key file: the server's own plugin, MaxScale, or mkeyfile's plugin in
 * any server. */
enum edition { COMMUNITY, ENTERPRISE, MAXSCALE, PLUGIN };

/* How the server reports a key file larger than KEYFILE_MAX_SIZE bytes. Servers that report its
 * size print "256 bytes" for a password that is too long, the others "256B". */
enum oversize_words { OVERSIZE_ERRCODE, OVERSIZE_TOO_LARGE };

/* How the server handles a password that consists of line ends. */
enum blank_password { BLANK_PASSWORD_IS_NONE, BLANK_PASSWORD_CRASHES, BLANK_PASSWORD_REFUSED };

struct server_profile {
	enum edition edition; /* whose messages the server prints */
	unsigned int from;    /* the first version: major * 10000 + minor * 100 + patch */
	const char *name;     /* for messages: "Community Server 10.1.4 to 11.7" */
	const char *option;   /* a value of --target for this profile: "11.8-enterprise" */
	enum keyfile_syntax syntax;
	bool reads_kdf;		  /* it has file_key_management_digest and _use_pbkdf2 */
	bool no_capitals;	  /* in the names of options */
	bool options_before_11_8; /* it has date_format and drops the rest of a list of plugins */
	bool reads_pipes;	  /* it can read the key file from a named pipe */
	enum oversize_words oversize;
	bool cuts_long_password; /* silently, instead of refusing it */
	enum blank_password blank_password;
};

/* All profiles, the oldest of each edition first. Each describes the newest release of its
 * series. */
extern const struct server_profile server_profiles[];
extern const size_t server_profile_count;

/* Finds the profile for a target: a version as SELECT VERSION() prints it, a short form ("10.11",
 * "11.8-enterprise": the newest release of that series), or "maxscale". The profile includes what
 * is specific to that release. "+plugin" after a server (10.6 and later) means mkeyfile's plugin
 * in that server. Returns false if the target is not a server that has file_key_management
 * (10.1.4 and later). */
bool target_profile(const char *target, struct server_profile *ret_profile);

/* Returns the version in the output of "mariadbd --version" as a target: "mariadbd Ver
 * 10.11.19-MariaDB-0+deb12u1 for ...". malloc(3)ed, or NULL. */
char *target_of_version_banner(const char *banner);

/* Every server can read sha1 with 1 iteration. */
bool server_reads_kdf(const struct server_profile *profile, struct kdf kdf);
