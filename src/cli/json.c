/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

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

void print_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_INDENT(2) | JSON_VISIBLE);
	putchar('\n');
	json_decref(object);
}
