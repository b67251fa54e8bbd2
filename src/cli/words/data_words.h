/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/data_file.h"
#include "data/parts.h"

/* The words for what data says, for people and for --json. */

const char *kind_words(enum data_kind kind);	   /* "Aria index" */
const char *kind_name(enum data_kind kind);	   /* "aria-index" */
const char *answer_words(enum data_answer answer); /* "wrong key" */
const char *answer_name(enum data_answer answer);  /* "wrong-key" */
const char *note_name(enum data_note note);	   /* "no-codec" */

/* What a note says, malloc(3)ed; NULL: nothing, or no memory. */
char *note_words(const struct data_file *file);

/* What the encrypted pieces of a file of this kind are called: "page", "event". */
const char *piece_words(enum data_kind kind, uint64_t count);

/* What is missing, in words: malloc(3)ed, printed visibly; NULL: no memory. */
char *part_words(const struct missing_part *part);

/* "undo-tablespace" */
const char *part_name(enum part part);
