/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/coverage.h"
#include "data/data_file.h"
#include "data/needs.h"
#include "data/parts.h"

/* Words for what data finds, for people and for --json. */

const char *kind_words(enum data_kind kind);	   /* "Aria index" */
const char *kind_name(enum data_kind kind);	   /* "aria-index" */
const char *answer_words(enum data_answer answer); /* "wrong key" */
const char *answer_name(enum data_answer answer);  /* "wrong-key" */
const char *note_name(enum data_note note);	   /* "no-codec" */

/* The text of a note, malloc(3)ed. NULL: the note has no text, or no memory. */
char *note_words(const struct data_file *file);

/* The name of the encrypted pieces of such a file: "page", "event". */
const char *piece_words(enum data_kind kind, uint64_t count);

/* Why it is not known which redo log the tablespaces in a directory have, malloc(3)ed. NULL: it is known, or there
 * is none, or no memory. redo_log_hint: what to do about that. */
char *redo_log_words(enum data_redo_log log, const char *directory);
const char *redo_log_hint(enum data_redo_log log);

/* Says that the file at path has changes to apply. malloc(3)ed; NULL: no memory. */
char *pending_words(const char *path);

/* For a part that a setting of the server places elsewhere, and for other parts. */
#define PART_SETTING_HINT "add --datadir with the directory that %s sets, or use --server-data"
#define PART_RESTORE_HINT "mount the file system, or restore the files"

/* Says what is missing. malloc(3)ed, for print_visibly; NULL: no memory. */
char *part_words(const struct missing_part *part);

/* "undo-tablespace" */
const char *part_name(enum part part);

const char *coverage_words(enum coverage_part part);	  /* "binary logs" */
const char *coverage_item_words(enum coverage_part part); /* "binary log" */
const char *coverage_name(enum coverage_part part);	  /* "binary-log" */
