/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/option_files.h"

/* Which option a line of an option file sets, by the rules of the server's
 * mysys/my_getopt.c: a name in full, or the beginning of exactly one name; "-" and "_"
 * are alike; "loose-", "skip-" and the like may precede it, several of them as well. */

struct option_match {
	size_t count;	    /* of names it may mean; 0: none, above 1: ambiguous */
	size_t first;	    /* indices of names, when count is not 0 */
	size_t last;	    /* the same as first when count is 1 */
	const char *prefix; /* the last one that was removed, as the server writes it; NULL: none */
	const char *rest;   /* of the line's name, without prefixes */
	const char *value;  /* that the option gets; NULL: none follows */
	bool loose;
	bool enabled; /* value comes from "enable-" */
	bool maximum; /* "maximum-" precedes it */
	bool autoset; /* "autoset-" precedes it */
};

/* Pointers into line and names, and constants. */
struct option_match option_match(const struct option_line *line, const char *const *names, size_t count);
