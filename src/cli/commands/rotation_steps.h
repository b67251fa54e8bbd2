/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"

/* What to do after the key file has new keys. */
struct rotation {
	const char *file;	   /* NULL: standard output */
	const struct key_ids *ids; /* the rotated IDs */
	bool new_id;		   /* rotated to successors */
	bool flushed;		   /* one server has read the file again */
	bool names_tables;	   /* the SQL names each table */
};

/* Prints the steps, numbered. */
void say_rotation_steps(const struct rotation *rotation);
