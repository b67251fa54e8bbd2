/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/keyfile.h"

/* Says which IDs have versions older than their newest, and how to find out
 * whether data still needs them. */
void note_old_versions(const struct keyfile *keyfile);
