/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_WORDS_OPTION_VALUE_H
#define MKEYFILE_CLI_WORDS_OPTION_VALUE_H

/* A value as it is written in an option file, malloc(3)ed, or NULL without memory: in
 * double quotes where it needs them, in which my_print_defaults takes backslashes for
 * escapes. */
char *option_value(const char *value);

#endif
