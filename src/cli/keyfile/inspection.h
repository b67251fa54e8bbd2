/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "core/password.h"
#include "server/inspect.h"

/* All that verify learns about a key file before it speaks. */

/* Why a server does not load the file. words NULL: it does. */
struct refusal {
	char *words;	   /* the server's, malloc(3)ed */
	const char *hint;  /* what to change */
	unsigned int line; /* line and column are those in the words, when column is not 0 */
	unsigned int column;
};

struct inspection {
	const struct options *options;
	const char *name;	  /* of the key file */
	struct secret raw;	  /* as it is on disk */
	struct obstacle obstacle; /* in the server's option files */
	bool is_pipe;		  /* not read, since the server is to get what it holds */
	bool encrypted;
	struct fault password_fault; /* of the password's source, which not all servers mind */
	struct password password;
	struct secret text; /* what a server parses */
	struct keyfile keyfile;
	struct fault fault; /* that keeps every server from the text */
	char *disguise;	    /* what to do with a file that is another form of a key file; or NULL */
	struct server_user user;
	bool has_user;
	struct findings findings;
	struct refusal *refusals; /* one for each of server_profiles */
	struct refusal target;	  /* of the target, if there is one */
	size_t loads;		  /* number of profiles that load it */
};

#define INSPECTION __attribute__((cleanup(inspection_free)))

/* Looks at the file that options name, at its password and at the settings of the
 * server. probe: says what opens the file when the password does not. Anything that
 * leaves the question open is said, and its status returned; STATUS_DONE: there is an
 * answer. */
MUST_CHECK enum status inspection_make(const struct options *options, bool probe, struct inspection *inspection);

/* The target loads the file; without a target, some server. */
bool inspection_loads(const struct inspection *inspection);

/* Why not: of the target, or of the first server. */
const struct refusal *inspection_refusal(const struct inspection *inspection);

/* Findings that are more than an information. */
size_t inspection_warnings(const struct inspection *inspection);

void inspection_free(struct inspection *inspection);
