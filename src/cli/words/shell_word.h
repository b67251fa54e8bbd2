/* SPDX-License-Identifier: MIT */
#pragma once

/* A path, or the value of an option, quoted so that a shell reads one word and a program does not
 * read an option. malloc(3)ed, or NULL without memory. */
char *shell_word(const char *path);
