/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/target.h"

/* Parses text as this server does. Returns the faults of server_judge, except those about the
 * size. */
MUST_CHECK struct fault server_parse(const struct server_profile *profile, const struct secret *text,
				     struct keyfile *ret_keyfile);

/* Checks whether this server would load the text. The faults are the server's reasons:
 * FAULT_SYNTAX, _KEY_ID, _KEY_VERSION, _KEY, _SYSTEM_KEY, _TOO_LARGE (disk_size: size on disk in
 * bytes); or FAULT_MEMORY. */
MUST_CHECK struct fault server_judge(const struct server_profile *profile, const struct secret *text, size_t disk_size);

/* Returns the message in the server's error log for a fault of the file at path. The messages are
 * measured, except that "Invalid key version" is ours, since Enterprise Server's is not
 * documented, and a crash has no message. FAULT_READ with ESPIPE means a pipe, with EISDIR a
 * password file that is a directory; FAULT_NOT_REGULAR a key file that is a directory. Returns
 * NULL if no server has a message for the fault, or without memory. Free the result with free(3). */
char *server_words(const struct server_profile *profile, struct fault fault, const char *path);
