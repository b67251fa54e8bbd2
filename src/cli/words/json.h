/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Before any other use of JSON in the process. */
void json_start(void);

/* Whether memory was missing for any of it since: a document that was printed may lack
 * members, or its end. */
bool json_memory_failed(void);

/* A JSON string of text; bytes that are not UTF-8 (file names may have them)
 * become U+FFFD. */
json_t *json_text(const char *text);

/* Prints object with jansson's flags, and nothing but ASCII characters that are visible:
 * a terminal takes some of the others for commands. */
void dump_json(const json_t *object, FILE *stream, size_t flags);
