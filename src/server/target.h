/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/envelope.h"
#include "core/keyfile.h"

/* Which server accepts what: one table, so that nothing else asks for versions. */

/* What reads the key file: the server's own plugin, MaxScale, or mkeyfile's plugin in
 * any server. */
enum edition { COMMUNITY, ENTERPRISE, MAXSCALE, PLUGIN };

/* What a server says of a key file of more than KEYFILE_MAX_SIZE bytes; those that say
 * that it is too large say "256 bytes" of a password that is too long, others "256B". */
enum oversize_words { OVERSIZE_ERRCODE, OVERSIZE_TOO_LARGE };

/* What it does with a password of nothing but line ends. */
enum blank_password { BLANK_PASSWORD_IS_NONE, BLANK_PASSWORD_CRASHES, BLANK_PASSWORD_REFUSED };

struct server_profile {
	enum edition edition; /* in whose words it speaks */
	unsigned int from;    /* the first version: major * 10000 + minor * 100 + patch */
	const char *name;     /* for people: "Community Server 10.1.4 to 11.7" */
	const char *option;   /* a value of --target that stands for it: "11.8-enterprise" */
	enum keyfile_syntax syntax;
	bool reads_kdf;		  /* file_key_management_digest and _use_pbkdf2 exist */
	bool no_capitals;	  /* in names of options */
	bool options_before_11_8; /* has date_format and drops the rest of a list of plugins */
	bool reads_pipes;	  /* the key file may be a named pipe */
	enum oversize_words oversize;
	bool cuts_long_password; /* in silence, instead of refusing it */
	enum blank_password blank_password;
};

/* All profiles, oldest first in each edition, as the newest release of each
 * series behaves. */
extern const struct server_profile server_profiles[];
extern const size_t server_profile_count;

/* Finds the profile for a target as SELECT VERSION() prints it, as people
 * shorten it ("10.11", "11.8-enterprise": the newest release of that series), or
 * "maxscale", with what is particular to that release; "+plugin" behind a server
 * (10.6 and later) stands for mkeyfile's plugin in it. False when it names no server
 * that has file_key_management (10.1.4 and later). */
bool target_profile(const char *target, struct server_profile *ret_profile);

/* The version in what "mariadbd --version" prints, as a target: "mariadbd  Ver
 * 10.11.19-MariaDB-0+deb12u1 for ...". malloc(3)ed, or NULL. */
char *target_of_version_banner(const char *banner);

/* sha1 with 1 iteration is what every server reads. */
bool server_reads_kdf(const struct server_profile *profile, struct kdf kdf);
