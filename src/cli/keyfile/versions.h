/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_KEYFILE_VERSIONS_H
#define MKEYFILE_CLI_KEYFILE_VERSIONS_H

#include "cli/keyfile/new_keys.h"

/* Refuses to give a file key versions when the server that reads it is unknown
 * or reads none, and names the servers that it would stop. A file that has
 * versions already is taken for one whose server reads them, unless the target
 * says otherwise. */
MUST_CHECK enum status require_versions(const struct target *target, const char *file, const struct keyfile *keyfile);

/* The text of keyfile with keys added, as keyfile_extend makes it. */
MUST_CHECK enum status extend_text(const char *file, const struct keyfile *keyfile, const struct new_keys *keys,
				   bool versioned, struct secret *ret_text);

#endif
