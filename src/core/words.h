/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <stddef.h>

/* Error numbers of the server's own plugin (mysys_err.h). */
#define WORDS_READ 2
#define WORDS_NO_NAME 15
#define WORDS_NOT_FOUND 29
/* Errors of mkeyfile's plugin that the server's own plugin does not have. */
#define WORDS_OWN 0

/* Why mkeyfile's plugin refuses a password in an option file, after the plugin's name. */
#define WORDS_CLEAR_TEXT_PASSWORD "_filekey is set to a password, which option files and ps reveal"

/* From 11.8 on, the server's own plugin words some messages differently. Measured on
 * 10.11.19 and 11.8.9. */
enum words_release { WORDS_BEFORE_11_8, WORDS_FROM_11_8 };

/* Returns the fault to pass to words_of_plugin for a directory in place of a key file.
 * Servers before 11.8 report that it is too large. */
struct fault words_fault_of_directory(enum words_release release);

/* Writes the message of mkeyfile's server plugin for a fault of the file (or password
 * file) at path. Wherever the server's own plugin has the same condition, the words are
 * the same, so that log filters made for that plugin match. Cuts the message to size
 * bytes. Returns the error's number, or WORDS_OWN. */
unsigned int words_of_plugin(struct fault fault, const char *path, enum words_release release, char *words,
			     size_t size);
