/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/secret.h"
#include "vault/task.h"

/* What mkeyfile sends: a line of JSON with "action" ("read", "check" or "write"), "place", "timeout"
 * (seconds), for "read" "ids" and "version", and for the other two "kept" (struct key_lines); a
 * line with the token; and for the other two the keys, a line "ID;VERSION;HEX" each. The token and the keys are in
 * secret memory only. */
struct request {
	struct secret text; /* all of it, which the other members point into */
	json_t *settings;
	struct secret token;
	struct key_lines lines;
	uint32_t *ids; /* NULL: all */
	size_t id_count;
};

/* Reads a request to its end. Lines have to be sorted. False: it is none. */
bool request_read(int descriptor, struct request *ret_request);

const char *request_text(const struct request *request, const char *name);
uint32_t request_number(const struct request *request, const char *name);

void request_free(struct request *request);
