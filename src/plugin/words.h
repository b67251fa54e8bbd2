/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/keyring.h"

#include "core/words.h"

/* What an SQL error holds (MYSQL_ERRMSG_SIZE). */
#define WORDS_SIZE 512

/* Why something was refused, cut to WORDS_SIZE. number is that of the server's own
 * plugin, whose words they are, or WORDS_OWN (core/words.h). */
struct words {
	unsigned int number;
	char text[WORDS_SIZE];
};

/* A fault of the key file, or of the password file, in the words of the server's own
 * plugin where it has some: "Syntax error at FILE line 1, column 2". */
void words_fault(const struct keyring_source *source, struct keyring_fault fault, struct words *words);

/* "Key ID 100 version 1, which the server has loaded, is missing in FILE". */
void words_loss(struct keyring_loss loss, const char *path, struct words *words);

/* Words of our own. */
__attribute__((format(printf, 2, 3))) void words_own(struct words *words, const char *format, ...);
