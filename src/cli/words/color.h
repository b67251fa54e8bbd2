/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_WORDS_COLOR_H
#define MKEYFILE_CLI_WORDS_COLOR_H

#include <stdbool.h>
#include <stdio.h>

/* Colors for the words that an answer begins with. Each stream is judged by itself. */

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum color { COLOR_NONE, COLOR_YES, COLOR_NO, COLOR_WARNING, COLOR_ERROR };

/* "auto", "always", "never"; false: another word. */
bool color_when_from_name(const char *name, enum color_when *ret_when);

/* --color. Auto: on a terminal, unless TERM is dumb or missing, or NO_COLOR is set and not
 * empty (https://no-color.org). */
void color_set(enum color_when when);

/* Prints words, which are this program's own, in this color. */
void print_colored(FILE *stream, enum color color, const char *words);

/* Whether stream is a terminal that obeys escape sequences. */
bool is_capable_terminal(FILE *stream);

#endif
