/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_WORDS_OPTION_VALUE_H
#define MKEYFILE_CLI_WORDS_OPTION_VALUE_H

/* A value as an option file contains it: malloc(3)ed, or NULL without memory. Quoted if necessary,
 * with backslash escapes, which my_print_defaults reads inside double quotes. */
char *option_value(const char *value);

#endif
