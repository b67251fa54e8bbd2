/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/words/exit_status.h"

#include <jansson.h>
#include <stdbool.h>

/* The one object that a process prints with --json. The object has the members of the command, then
 * "warnings" and "hints", which standard error has as well, and "error" if something failed.
 * docs/mkeyfile.schema.json describes the object of each command. Without --json, nothing is
 * collected. */
void document_use(bool wanted);

/* Takes the members of the command over, and prints them at the end. */
void document_set(json_t *object);

/* The same for an object that would need too much memory: prints its members at once. The
 * caller prints the remaining members, without the closing brace. */
void document_begin(json_t *object);

/* Collect what was printed: the first error, and all hints, steps and statements. message: NULL: no memory. */
void document_add_error(const char *message);
void document_add_hint(const char *words);
void document_add_step(const char *words);
void document_add_statement(const char *sql);

/* Collects a warning. name, hint: NULL if there is none; line: 0 if the warning is not about a line. */
void document_add_warning(const char *name, unsigned int line, const char *message, const char *hint);

/* The object of a warning, or of a note of verify. */
json_t *warning_json(const char *name, unsigned int line, const char *message, const char *hint);

/* An array with the hint, or without one for NULL. */
json_t *hints_json(const char *hint);

/* A new reference to the array of all steps, including steps that are added later. */
json_t *document_steps(void);

/* Prints the object, with the error unless status is STATUS_DONE. changed: whether a file was
 * changed, for commands that failed before they set an object. */
void document_print(enum status status, bool changed);

void document_free(void);
