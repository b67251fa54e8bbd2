/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/inspect.h"

/* One finding as a sentence, malloc(3)ed, NULL when there is no memory; and what
 * to do about it, as hint_with_given. */
char *finding_words(const struct finding *finding);
const char *finding_hint(enum finding_kind kind);
