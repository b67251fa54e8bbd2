/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/option_files.h"

/* Finds the option that a line of an option file sets, by the rules of the server's
 * mysys/my_getopt.c: the full name, or the beginning of exactly one name. "-" and "_" are equal.
 * One or more prefixes such as "loose-" and "skip-" may precede the name. */

struct option_match {
	size_t count;	    /* number of names that match; 0: none, above 1: ambiguous */
	size_t first;	    /* indexes of names; valid if count is not 0 */
	size_t last;	    /* the same as first if count is 1 */
	const char *prefix; /* the last prefix that was removed, as the server writes it; NULL: none */
	const char *rest;   /* the name on the line, without prefixes */
	const char *value;  /* the value that the option gets; NULL: none */
	bool loose;
	bool enabled; /* the value comes from "enable-" */
	bool maximum; /* the line has "maximum-" */
	bool autoset; /* the line has "autoset-" */
};

/* The pointers refer to line, names and constants. */
struct option_match option_match(const struct option_line *line, const char *const *names, size_t count);
