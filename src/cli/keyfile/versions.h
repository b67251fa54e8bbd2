/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/keyfile/new_keys.h"

/* Whether the server that reads the file reads key versions: the target says, else the file. */
bool may_have_versions(const struct target *target, const struct keyfile *keyfile);

/* Refuses to give a file key versions when the server that reads it is unknown
 * or reads none. A file that has versions already is taken for one whose server
 * reads them, unless the target says otherwise. */
MUST_CHECK enum status require_versions(const struct target *target, const char *file, const struct keyfile *keyfile);

/* After a refusal: how to name a server that reads versions. */
void hint_at_versions(const struct target *target);

/* The text of keyfile with keys added, as keyfile_extend makes it. */
MUST_CHECK enum status extend_text(const char *file, const struct keyfile *keyfile, const struct new_keys *keys,
				   bool versioned, struct secret *ret_text);
