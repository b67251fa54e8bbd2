/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"

#include <jansson.h>

/* What is left to do after the key file has new keys. */
struct rotation {
	const char *file;	   /* NULL: it went to standard output */
	const struct key_ids *ids; /* that were rotated */
	bool new_id;		   /* by successors */
	bool flushed;		   /* one server has read the file again */
	bool names_tables;	   /* the SQL names each table */
};

/* The steps in their order, as an array of sentences; NULL: no memory. */
json_t *rotation_steps(const struct rotation *rotation);

/* Says them, numbered. */
void say_rotation_steps(const json_t *steps);
