/* SPDX-License-Identifier: MIT */
#include "cli/words/option_value.h"

#include <stdlib.h>
#include <string.h>

char *option_value(const char *value)
{
	char *quoted;
	char *end;

	if (!strpbrk(value, " \t\"'#\\;"))
		return strdup(value);
	end = quoted = malloc(2 * strlen(value) + 3);
	if (!quoted)
		return NULL;
	*end++ = '"';
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			*end++ = '\\';
		*end++ = *value;
	}
	strcpy(end, "\"");
	return quoted;
}
