/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Must be called before any other use of JSON in the process. */
void json_start(void);

/* Whether an allocation of JSON has failed since json_start: a document that was printed may lack
 * members, or its end. */
bool json_memory_failed(void);

/* A JSON string of text. If text is not UTF-8, as in some file names, each byte that is not ASCII
 * becomes U+FFFD. */
json_t *json_text(const char *text);

/* The same, or null without text. */
json_t *json_text_or_null(const char *text);

/* Prints object with jansson's flags, as visible ASCII characters only: a terminal executes some
 * of the others as commands. */
void dump_json(const json_t *object, FILE *stream, size_t flags);
