/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"

/* Prints a note of the IDs that have older versions, and how to remove the versions that no
 * data uses. */
void note_old_versions(const struct keyfile *keyfile);
