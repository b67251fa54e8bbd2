/* SPDX-License-Identifier: MIT */
#pragma once

#include "server/inspect.h"

/* A finding as a sentence: malloc(3)ed, or NULL without memory. finding_hint: what to do about
 * such a finding, valid as long as a result of hint_with_given. */
char *finding_words(const struct finding *finding);
const char *finding_hint(enum finding_kind kind);
