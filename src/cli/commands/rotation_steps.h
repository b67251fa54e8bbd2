/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"

/* What is left to do after the key file has new keys. */
struct rotation {
	const char *file;	   /* NULL: it went to standard output */
	const struct key_ids *ids; /* that were rotated */
	bool new_id;		   /* by successors */
	bool flushed;		   /* one server has read the file again */
	bool names_tables;	   /* the SQL names each table */
};

/* Says the steps in their order, numbered. */
void say_rotation_steps(const struct rotation *rotation);
