/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/target.h"

/* Parses text as this server does. Faults as of server_judge, size aside. */
MUST_CHECK struct fault server_parse(const struct server_profile *profile, const struct secret *text,
				     struct keyfile *ret_keyfile);

/* Would this server load this text? Faults are the server's reasons:
 * FAULT_SYNTAX, _KEY_ID, _KEY_VERSION, _KEY, _SYSTEM_KEY, _TOO_LARGE (the size
 * it has on disk, disk_size bytes); or FAULT_MEMORY. */
MUST_CHECK struct fault server_judge(const struct server_profile *profile, const struct secret *text, size_t disk_size);

/* The words in which the server's error log gives a fault of the file at path
 * (measured; "Invalid key version" is ours, Enterprise Server's is not
 * documented, and a crash has no words). FAULT_READ with ESPIPE is a pipe's, with EISDIR a
 * password file's that is a directory; FAULT_NOT_REGULAR is a key file that is one. NULL
 * for a fault that no server has words for, or no memory.
 * Free with free(3). */
char *server_words(const struct server_profile *profile, struct fault fault, const char *path);
