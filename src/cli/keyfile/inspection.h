/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"
#include "server/inspect.h"

/* Everything that verify finds out about a key file before it prints. */

/* Why a server does not load the file; words is NULL if it does. */
struct refusal {
	char *words;	   /* the server's, malloc(3)ed */
	const char *hint;  /* what to change */
	unsigned int line; /* line and column as in words, if column is not 0 */
	unsigned int column;
};

struct inspection {
	const struct options *options;
	const char *name;	  /* of the key file */
	const char *plugin;	  /* of another key manager, which has the keys instead; NULL: a key file */
	struct secret raw;	  /* as it is on disk */
	struct obstacle obstacle; /* in the server's option files */
	bool is_pipe;		  /* not read: its content is for the server */
	bool encrypted;
	struct fault password_fault; /* of the password source; not all servers fail on it */
	struct password password;
	enum seal seal;
	struct secret text; /* what a server parses */
	struct keyfile keyfile;
	struct fault fault; /* that stops every server before the text */
	char *disguise;	    /* what to do with a file that is another form of a key file; or NULL */
	struct server_user user;
	bool has_user;
	struct findings findings;
	struct refusal *refusals; /* one for each of server_profiles */
	struct refusal target;	  /* of the target, if there is one */
	size_t loads;		  /* number of profiles that load it */
};

#define INSPECTION __attribute__((cleanup(inspection_free)))

/* Inspects the key file of options, its password and the settings of the server. probe: if the
 * password is wrong, report what opens the file. STATUS_DONE: there is an answer. Otherwise
 * reports why there is none. */
MUST_CHECK enum status inspection_make(const struct options *options, bool probe, struct inspection *inspection);

/* The same of keys that another key manager has, for its plugin. Takes keyfile and findings over. */
MUST_CHECK enum status inspection_of_keys(const struct options *options, const char *plugin, struct keyfile *keyfile,
					  struct findings *findings, struct inspection *inspection);

/* Whether the target loads the file; without a target, whether some server does. */
bool inspection_loads(const struct inspection *inspection);

/* Why the target, or without one the first server, does not load the file. */
const struct refusal *inspection_refusal(const struct inspection *inspection);

/* Whether the seal keeps a file that loads from being accepted. */
bool inspection_distrusts_seal(const struct inspection *inspection);

/* Findings that are warnings, not notes. */
size_t inspection_warnings(const struct inspection *inspection);

void inspection_free(struct inspection *inspection);
