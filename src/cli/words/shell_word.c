/* SPDX-License-Identifier: MIT */
#include "cli/words/shell_word.h"

#include <stdlib.h>
#include <string.h>

char *shell_word(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,+/@%:-~";
	char *word;
	char *end;

	if (*path && *path != '-' && *path != '~' && !path[strspn(path, plain)])
		return strdup(path);
	end = word = malloc(4 * strlen(path) + 5);
	if (!word)
		return NULL;
	end = stpcpy(end, *path == '-' ? "./'" : "'");
	for (; *path; path++)
		if (*path == '\'')
			end = stpcpy(end, "'\\''");
		else
			*end++ = *path;
	stpcpy(end, "'");
	return word;
}
