/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/proof/prove.h"

/* One line of the table: a key that is needed, or one of the key file, or both. */
struct key_line {
	uint32_t id;
	uint32_t version;
	const struct data_need *need; /* NULL: nothing names it */
	bool in_keyfile;
	bool old; /* the key file has a newer version */
};

typedef void key_line_visit(void *context, const struct key_line *line);

/* All keys that are needed or that the key file has, by ID and version. */
void visit_key_lines(const struct proof *proof, key_line_visit *visit, void *context);

/* Of the key as a whole: a file that lacks it says more than one that proves it. */
enum data_answer key_line_answer(const struct data_need *need);
