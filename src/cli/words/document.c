/* SPDX-License-Identifier: MIT */
#include "cli/words/document.h"

#include "cli/words/json.h"

#include <stdio.h>

static struct {
	bool wanted;
	bool begun; /* its first members were printed */
	json_t *object;
	json_t *error;
	json_t *warnings;
	json_t *hints;
	json_t *steps;
	json_t *statements;
} document;

void document_use(bool wanted)
{
	document.wanted = wanted;
}

void document_set(json_t *object)
{
	json_decref(document.object);
	document.object = object;
}

void document_begin(json_t *object)
{
	document.begun = true;
	putchar('{');
	dump_json(object, stdout, JSON_INDENT(2) | JSON_EMBED);
	json_decref(object);
}

static json_t *array(json_t **place)
{
	if (!*place)
		*place = json_array();
	return *place;
}

static void add_text(json_t **place, const char *text)
{
	if (document.wanted)
		json_array_append_new(array(place), json_text(text));
}

void document_add_error(const char *message)
{
	if (document.wanted && !document.error)
		document.error = json_text_or_null(message);
}

void document_add_hint(const char *words)
{
	add_text(&document.hints, words);
}

void document_add_step(const char *words)
{
	add_text(&document.steps, words);
}

void document_add_statement(const char *sql)
{
	add_text(&document.statements, sql);
}

void document_add_warning(const char *name, unsigned int line, const char *message, const char *hint)
{
	if (document.wanted)
		json_array_append_new(array(&document.warnings), warning_json(name, line, message, hint));
}

json_t *hints_json(const char *hint)
{
	json_t *hints = json_array();

	if (hint)
		json_array_append_new(hints, json_text(hint));
	return hints;
}

json_t *warning_json(const char *name, unsigned int line, const char *message, const char *hint)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", name ? json_string(name) : json_null());
	json_object_set_new(object, "line", line ? json_integer(line) : json_null());
	json_object_set_new(object, "message", json_text_or_null(message));
	json_object_set_new(object, "hints", hints_json(hint));
	return object;
}

json_t *document_steps(void)
{
	return json_incref(array(&document.steps));
}

static json_t *error_json(enum status status)
{
	json_t *error = json_object();

	json_object_set_new(error, "status", json_integer((json_int_t)status));
	json_object_set(error, "message", document.error);
	if (document.statements)
		json_object_set(error, "statements", document.statements);
	return error;
}

static void set_last_members(json_t *object, enum status status)
{
	if (status && document.error && !json_object_get(object, "error"))
		json_object_set_new(object, "error", error_json(status));
	json_object_set(object, "warnings", array(&document.warnings));
	json_object_set(object, "hints", array(&document.hints));
}

/* A command that failed may have set no object. */
static json_t *object_of(enum status status, bool changed)
{
	json_t *object = document.object;

	document.object = NULL;
	if (object || !status || !document.error)
		return object;
	object = json_object();
	json_object_set_new(object, "error", error_json(status));
	json_object_set_new(object, "changed", json_boolean(changed));
	return object;
}

void document_print(enum status status, bool changed)
{
	json_t *object = document.wanted && !document.begun ? object_of(status, changed) : NULL;

	if (document.begun) {
		object = json_object();
		set_last_members(object, status);
		fputs(",\n", stdout);
		dump_json(object, stdout, JSON_INDENT(2) | JSON_EMBED);
		puts("}");
	} else if (object) {
		set_last_members(object, status);
		dump_json(object, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(object);
	document.begun = false;
}

void document_free(void)
{
	json_decref(document.object);
	json_decref(document.error);
	json_decref(document.warnings);
	json_decref(document.hints);
	json_decref(document.steps);
	json_decref(document.statements);
}
