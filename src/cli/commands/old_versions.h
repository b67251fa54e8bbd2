/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_COMMANDS_OLD_VERSIONS_H
#define MKEYFILE_CLI_COMMANDS_OLD_VERSIONS_H

#include "core/keyfile.h"

/* Says which IDs have versions older than their newest, and how to find out
 * whether data still needs them. */
void note_old_versions(const struct keyfile *keyfile);

#endif
