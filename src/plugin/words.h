/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_PLUGIN_WORDS_H
#define MKEYFILE_PLUGIN_WORDS_H

#include "plugin/keyring.h"

/* What an SQL error holds (MYSQL_ERRMSG_SIZE). */
#define WORDS_SIZE 512

/* Says a fault in the words of the server's own plugin where it has some:
 * "Syntax error at FILE line 1, column 2". Cut to WORDS_SIZE. */
void words_fault(struct keyring_fault fault, char words[static WORDS_SIZE]);

/* "key ID 100 version 1, which the server has loaded, is missing in FILE". */
void words_loss(struct keyring_loss loss, const char *path, char words[static WORDS_SIZE]);

#endif
