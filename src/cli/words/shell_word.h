/* SPDX-License-Identifier: MIT */
#pragma once

/* A path, or the value of an option, as a shell takes it for one word, and a program for
 * no option; malloc(3)ed, or NULL without memory. */
char *shell_word(const char *path);
