/* SPDX-License-Identifier: MIT */
#include "cli/words/data_words.h"

#include "core/format.h"
#include "data/formats/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *words;
	const char *name;
} kinds[DATA_KIND_COUNT] = {
	[DATA_INNODB] = { "InnoDB", "innodb" },
	[DATA_ARIA_INDEX] = { "Aria index", "aria-index" },
	[DATA_ARIA_DATA] = { "Aria data", "aria-data" },
	[DATA_BINARY_LOG] = { "binary log", "binary-log" },
	[DATA_REDO_LOG] = { "redo log", "redo-log" },
	[DATA_TEMPORARY] = { "temporary", "temporary" },
	[DATA_PLAIN] = { "plain", "plain" },
	[DATA_UNKNOWN] = { "unknown", "unknown" },
};

static const struct {
	const char *words;
	const char *name;
} answers[DATA_ANSWER_COUNT] = {
	[DATA_PROVEN] = { "proven", "proven" },
	[DATA_NOT_ENCRYPTED] = { "not encrypted", "not-encrypted" },
	[DATA_NOT_PROVABLE] = { "not provable", "not-provable" },
	[DATA_UNKNOWN_KIND] = { "unknown kind", "unknown-kind" },
	[DATA_UNREADABLE] = { "unreadable", "unreadable" },
	[DATA_DAMAGED] = { "damaged", "damaged" },
	[DATA_WRONG_KEY] = { "wrong key", "wrong-key" },
	[DATA_MISSING_KEY] = { "missing key", "missing-key" },
};

static const struct {
	const char *name;
	const char *words;
} notes[] = {
	[DATA_NOTE_NONE] = { NULL, NULL },
	[DATA_NOTE_EMPTY] = { "empty-tablespace", "a new tablespace whose first page is still only in the redo log" },
	[DATA_NOTE_LOST] = { "lost",
			     "the redo log contains changes to this tablespace, but the tablespace file is missing" },
	[DATA_NOTE_DROPPED] = { "dropped", "the redo log deletes this tablespace" },
	[DATA_NOTE_ZERO] = { "zero-head",
			     "the first page contains only zeros, and no redo log that writes this page was found" },
	[DATA_NOTE_LEFTOVER] = { "leftover",
				 "left by an interrupted statement: the file contains no data, and the server "
				 "has no such table" },
	[DATA_NOTE_NO_TARGET] = { "no-target", NULL },
	[DATA_NOTE_LEFTOVER_LINK] = { "leftover-link",
				      "a link to a missing file of a table that the server does not have: "
				      "the link can be deleted" },
	[DATA_NOTE_CUT_OFF] = { "cut-off", "the file is truncated" },
	[DATA_NOTE_NO_HEAD] = { "no-head", "the first page does not match the kind of file" },
	[DATA_NOTE_NO_FIRST_FILE] = { "no-first-file", "the first file of the system tablespace, which tells how the "
						       "tablespace is encrypted, is missing or damaged" },
	[DATA_NOTE_NO_REST] = { "no-rest", "other files of the system tablespace are missing or truncated" },
	[DATA_NOTE_NO_INDEX] = { "no-index",
				 "cannot read the index file (.MAI), which tells how the table is encrypted" },
	[DATA_NOTE_NO_CODEC] = { "no-codec", NULL },
	[DATA_NOTE_NO_PAGE] = { "no-page", "none of the pages is encrypted" },
	[DATA_NOTE_NO_PROOF] = { "no-proof", "the pages contain nothing that could prove a key" },
	[DATA_NOTE_NO_SUPPORT] = { "no-support", "mkeyfile does not know this format" },
	[DATA_NOTE_INCREMENTAL] = { "incremental",
				    "part of an incremental backup: apply the backup first, with mariadb-backup --prepare" },
	[DATA_NOTE_PACKED] = { "packed", "compressed or encrypted as a whole: unpack the backup first" },
	[DATA_NOTE_UNCLEAN] = { "unclean", "not shut down cleanly: the server applies this log when it starts" },
	[DATA_NOTE_UNREAD] = { "unread",
			       "not shut down cleanly: the pending changes cannot be read and may need other keys" },
	[DATA_NOTE_GONE] = { "gone", "the server deleted or renamed the file during the read" },
	[DATA_NOTE_CLEAR_TEXT] = { "clear-text",
				   "Galera's cache or a failed write set, which contains rows in clear text" },
};

const char *kind_words(enum data_kind kind)
{
	return kinds[kind].words;
}

const char *kind_name(enum data_kind kind)
{
	return kinds[kind].name;
}

const char *answer_words(enum data_answer answer)
{
	return answers[answer].words;
}

const char *answer_name(enum data_answer answer)
{
	return answers[answer].name;
}

const char *note_name(enum data_note note)
{
	return notes[note].name;
}

char *note_words(const struct data_file *file)
{
	if (file->note == DATA_NOTE_NO_CODEC)
		return format_text("%s is not installed", codec_library(file->evidence.missing_codec));
	if (file->note == DATA_NOTE_NO_TARGET)
		return format_text(
			"a link to '%s', which is missing: mount or restore that file, or delete the link if "
			"the server has no such table",
			file->target);
	return notes[file->note].words ? strdup(notes[file->note].words) : NULL;
}

const char *piece_words(enum data_kind kind, uint64_t count)
{
	if (kind == DATA_BINARY_LOG)
		return count == 1 ? "event" : "events";
	if (kind == DATA_REDO_LOG)
		return count == 1 ? "record" : "records";
	return count == 1 ? "page" : "pages";
}

char *redo_log_words(enum data_redo_log log, const char *directory)
{
	switch (log) {
	case DATA_REDO_LOG_OLD:
		return format_text(
			"the redo log ends before the newest page of the tablespaces in '%s': the tablespaces were written with another redo log",
			directory);
	case DATA_REDO_LOG_SEVERAL:
		return format_text("more than one directory has a redo log that may belong to the tablespaces in '%s'",
				   directory);
	default:
		return NULL;
	}
}

const char *redo_log_hint(enum data_redo_log log)
{
	if (log == DATA_REDO_LOG_SEVERAL)
		return "check the directories of one server at a time";
	return "add --datadir with the directory of the redo log (innodb_log_group_home_dir)";
}

char *pending_words(const char *path)
{
	return format_text("'%s' has pending changes, which the server applies when it starts", path);
}

const char *part_name(enum part part)
{
	static const char *const names[PART_COUNT] = {
		[PART_DATA_DIRECTORY] = "data-directory",
		[PART_SYSTEM_TABLESPACE] = "system-tablespace",
		[PART_UNDO_TABLESPACE] = "undo-tablespace",
		[PART_REDO_LOG] = "redo-log",
		[PART_ARIA_LOG] = "aria-log",
		[PART_BINARY_LOG] = "binary-log",
		[PART_RELAY_LOG] = "relay-log",
		[PART_DATABASE] = "database",
		[PART_TABLE] = "table",
		[PART_TRANSFER] = "state-transfer",
	};

	return names[part];
}

char *part_words(const struct missing_part *part)
{
	switch (part->part) {
	case PART_DATA_DIRECTORY:
		return format_text("the data directory that '%s' belongs to was not given", part->where);
	case PART_SYSTEM_TABLESPACE:
		return format_text("'%s' has no system tablespace (ibdata1)", part->where);
	case PART_UNDO_TABLESPACE:
		return format_text("'%s' lists an undo tablespace that is missing: space ID %u", part->where,
				   part->space_id);
	case PART_REDO_LOG:
		return format_text("'%s' has no redo log (ib_logfile0)", part->where);
	case PART_ARIA_LOG:
		return format_text("'%s' has no Aria log (aria_log_control)", part->where);
	case PART_DATABASE:
		return format_text("the database directory '%s/%s' contains no files", part->where, part->name);
	case PART_TABLE:
		return format_text("the table file '%s/%s' is missing", part->where, part->name);
	case PART_TRANSFER:
		return format_text("the Galera state transfer into '%s' is incomplete", part->where);
	default:
		return format_text("'%s' lists the log '%s', which is missing", part->where, part->name);
	}
}

static const struct {
	const char *words;
	const char *one;
	const char *name;
} coverage_parts[COVERAGE_PART_COUNT] = {
	[COVERAGE_INNODB] = { "InnoDB tables", "InnoDB table", "innodb" },
	[COVERAGE_ARIA] = { "Aria tables", "Aria table", "aria" },
	[COVERAGE_MYISAM] = { "MyISAM tables", "MyISAM table", "myisam" },
	[COVERAGE_CSV] = { "CSV tables", "CSV table", "csv" },
	[COVERAGE_ARCHIVE] = { "ARCHIVE tables", "ARCHIVE table", "archive" },
	[COVERAGE_SYSTEM_TABLESPACE] = { "system tablespace", "system tablespace", "system-tablespace" },
	[COVERAGE_UNDO_TABLESPACE] = { "undo tablespaces", "undo tablespace", "undo-tablespace" },
	[COVERAGE_DOUBLE_WRITE] = { "doublewrite buffer", "doublewrite buffer", "doublewrite-buffer" },
	[COVERAGE_REDO_LOG] = { "redo log", "redo log", "redo-log" },
	[COVERAGE_ARIA_LOG] = { "Aria log", "Aria log", "aria-log" },
	[COVERAGE_BINARY_LOG] = { "binary logs", "binary log", "binary-log" },
	[COVERAGE_RELAY_LOG] = { "relay logs", "relay log", "relay-log" },
	[COVERAGE_GENERAL_LOG] = { "general log", "general log", "general-log" },
	[COVERAGE_SLOW_LOG] = { "slow query log", "slow query log", "slow-log" },
	[COVERAGE_ERROR_LOG] = { "error log", "error log", "error-log" },
	[COVERAGE_OTHER_LOG] = { "other logs", "log", "other-log" },
	[COVERAGE_GALERA] = { "Galera's write sets", "Galera's write sets in", "galera" },
	[COVERAGE_BUFFER_POOL] = { "buffer pool dump", "buffer pool dump", "buffer-pool-dump" },
	[COVERAGE_TEMPORARY_TABLESPACE] = { "temporary tablespace", "temporary tablespace", "temporary-tablespace" },
	[COVERAGE_TEMPORARY] = { "temporary tables", "temporary table", "temporary-table" },
	[COVERAGE_DUMP] = { "core dumps", "core dump", "core-dump" },
	[COVERAGE_DEFINITIONS] = { "table definitions", "definition", "definition" },
	[COVERAGE_STATE] = { "other server files", "server file", "server-file" },
	[COVERAGE_UNKNOWN] = { "unknown files", "file", "unknown" },
};

const char *coverage_words(enum coverage_part part)
{
	return coverage_parts[part].words;
}

const char *coverage_item_words(enum coverage_part part)
{
	return coverage_parts[part].one;
}

const char *coverage_name(enum coverage_part part)
{
	return coverage_parts[part].name;
}
