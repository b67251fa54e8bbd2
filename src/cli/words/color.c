/* SPDX-License-Identifier: MIT */
#include "cli/words/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum color_when color_when = COLOR_AUTO;

bool color_when_from_name(const char *name, enum color_when *ret_when)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto",
		[COLOR_ALWAYS] = "always",
		[COLOR_NEVER] = "never",
	};

	for (enum color_when when = COLOR_AUTO; when <= COLOR_NEVER; when++) {
		if (strcmp(names[when], name) != 0)
			continue;
		*ret_when = when;
		return true;
	}
	return false;
}

void color_set(enum color_when when)
{
	color_when = when;
}

bool is_capable_terminal(FILE *stream)
{
	const char *terminal = getenv("TERM");

	return terminal && *terminal && strcmp(terminal, "dumb") != 0 && isatty(fileno(stream));
}

static bool is_colored(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");

	if (color_when != COLOR_AUTO)
		return color_when == COLOR_ALWAYS;
	return !(no_color && *no_color) && is_capable_terminal(stream);
}

void print_colored(FILE *stream, enum color color, const char *words)
{
	static const char *const starts[] = {
		[COLOR_NONE] = "",
		[COLOR_YES] = "\033[1;32m",
		[COLOR_NO] = "\033[1;31m",
		[COLOR_WARNING] = "\033[1;33m",
		[COLOR_ERROR] = "\033[1;31m",
	};
	bool colored = color != COLOR_NONE && is_colored(stream);

	fprintf(stream, "%s%s%s", colored ? starts[color] : "", words, colored ? "\033[0m" : "");
}
