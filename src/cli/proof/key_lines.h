/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/proof/prove.h"

/* One line of the table: a key that is needed, or one of the key file, or both. */
struct key_line {
	uint32_t id;
	uint32_t version;
	const struct data_need *need; /* NULL: no file names the key */
	bool in_keyfile;
	bool old; /* the key file has a newer version */
};

typedef void key_line_visit(void *context, const struct key_line *line);

/* Visits all keys that are needed or are in the key file, by ID and version. */
void key_lines_visit(const struct proof *proof, key_line_visit *visit, void *context);

/* The worst answer of all files that need the key. */
enum data_answer key_line_answer(const struct data_need *need);
