/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_WORDS_FINDING_WORDS_H
#define MKEYFILE_CLI_WORDS_FINDING_WORDS_H

#include "server/inspect.h"

/* One finding as a sentence, malloc(3)ed, NULL when there is no memory; and what
 * to do about it, as hint_with_given. */
char *finding_words(const struct finding *finding);
const char *finding_hint(enum finding_kind kind);

#endif
