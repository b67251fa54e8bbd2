/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_WORDS_COLOR_H
#define MKEYFILE_CLI_WORDS_COLOR_H

#include <stdbool.h>
#include <stdio.h>

/* Colors for the first word of an answer. Each stream is checked separately. */

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum color { COLOR_NONE, COLOR_YES, COLOR_NO, COLOR_WARNING, COLOR_ERROR };

/* "auto", "always" or "never"; false for any other word. */
bool color_when_from_name(const char *name, enum color_when *ret_when);

/* Sets --color. COLOR_AUTO: only on a terminal, unless TERM is dumb or unset, or NO_COLOR is set
 * and not empty (https://no-color.org). */
void color_set(enum color_when when);

/* Prints words in this color. They are printed as they are, so they must be this program's own. */
void print_colored(FILE *stream, enum color color, const char *words);

/* Whether stream is a terminal that understands escape sequences. */
bool is_capable_terminal(FILE *stream);

#endif
