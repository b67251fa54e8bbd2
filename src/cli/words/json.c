/* SPDX-License-Identifier: MIT */
#include "cli/words/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool memory_failed;

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	memory_failed |= !memory;
	return memory;
}

void json_start(void)
{
	json_set_alloc_funcs(allocate, free);
}

bool json_memory_failed(void)
{
	return memory_failed;
}

json_t *json_text(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	json_t *string = json_string(text);
	char *valid;
	char *end;

	if (string)
		return string;
	end = valid = allocate(strlen(text) * (sizeof(replacement) - 1) + 1);
	if (!valid)
		return NULL;
	for (; *text; text++)
		end = (unsigned char)*text < 0x80 ? mempcpy(end, text, 1) : stpcpy(end, replacement);
	*end = '\0';
	string = json_string(valid);
	free(valid);
	return string;
}

json_t *json_text_or_null(const char *text)
{
	return text ? json_text(text) : json_null();
}

/* DEL is the only control character that jansson does not escape. */
static int write_visibly(const char *text, size_t size, void *stream)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] == '\177')
			fputs("\\u007f", stream);
		else
			putc(text[i], stream);
	return 0;
}

void dump_json(const json_t *object, FILE *stream, size_t flags)
{
	json_dump_callback(object, write_visibly, stream, flags | JSON_ENSURE_ASCII);
}
