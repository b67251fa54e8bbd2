/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/keyring.h"

#include "core/words.h"

/* The size of an SQL error message (MYSQL_ERRMSG_SIZE). */
#define WORDS_SIZE 512

/* Why something was refused, cut to WORDS_SIZE. number is the error number of the
 * server's own plugin if the message is the same as its message, else WORDS_OWN
 * (core/words.h). */
struct words {
	unsigned int number;
	char text[WORDS_SIZE];
};

/* Describes a fault of the key file or the password file, with the message of the
 * server's own plugin if it has one: "Syntax error at FILE line 1, column 2". */
void words_fault(const struct keyring_source *source, struct keyring_fault fault, struct words *words);

/* Describes a lost key: "Key ID 100 version 1, which the server has loaded, is missing in FILE". */
void words_loss(struct keyring_loss loss, const char *path, struct words *words);

/* Formats a message of this plugin. */
__attribute__((format(printf, 2, 3))) void words_own(struct words *words, const char *format, ...);
