/* SPDX-License-Identifier: MIT */
#include "data/reader.h"

#include "core/cleanup.h"
#include "data/backup.h"
#include "data/file_names.h"
#include "data/formats/aria.h"
#include "data/formats/binlog.h"
#include "data/formats/bytes.h"
#include "data/formats/innodb.h"
#include "data/formats/redo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Bytes of one part of a file. Threads on neighboring parts read almost sequentially,
 * which is enough for the system to read ahead. */
#define PART_SIZE (4U << 20)

struct reader {
	enum data_kind kind;
	uint64_t parts;
	uint64_t pages; /* of a paged file */
	uint64_t pages_a_part;
	union {
		struct innodb_file innodb;
		struct aria_file aria;
		struct binlog_file binlog;
		struct redo_file redo;
	};
};

/* A file while its kind is being determined. */
struct opening {
	struct scan *scan;
	struct reader_shared *shared;
	const char *path;
	struct source source;
	size_t size; /* bytes of the head in scan->page */
	struct data_file *file;
	struct reader *reader;
};

static void set_parts(struct reader *reader, const struct paged_file *paged)
{
	reader->pages = paged->source.size / paged->page_size;
	/* page numbers have 32 bits */
	if (reader->pages > UINT32_MAX)
		reader->pages = UINT32_MAX;
	reader->pages_a_part = PART_SIZE / paged->page_size;
	reader->parts = (reader->pages + reader->pages_a_part - 1) / reader->pages_a_part;
}

/* Records that the file declares encryption with this key. */
static void declare_file(struct data_file *file, const struct keyfile *keyfile, uint32_t id)
{
	size_t count;

	file->declared = true;
	file->declared_id = id;
	file->declared_missing = keyfile && !keyfile_find(keyfile, id, &count);
}

static void declare(const struct opening *opening, uint32_t id)
{
	declare_file(opening->file, prover_keyfile(opening->scan->prover), id);
}

/* Reads the head of the other file that this one belongs to into scan->page. Takes
 * ownership of path; NULL: out of memory. The source stays open. Returns false if the
 * file does not exist, or cannot be read (scan->fault). */
static bool read_head_of(struct scan *scan, char *path, struct source *ret_source, size_t *ret_size)
{
	HEAP char *owned = path;
	struct fault fault = owned ? source_open(AT_FDCWD, owned, ret_source) : fault_of(FAULT_MEMORY);

	if (fault.code == FAULT_OPEN && fault.error_number == ENOENT)
		return false;
	if (!fault.code)
		fault = source_read(ret_source, 0, scan->page, SCAN_PAGE_MAX, ret_size);
	if (fault.code)
		scan->fault = fault;
	return !fault.code;
}

/* ---- InnoDB ---- */

/* The rest of a system tablespace's pages is in its other files. */
static bool is_cut_off(const struct opening *opening)
{
	const struct innodb_space *space = &opening->reader->innodb.space;

	return (uint64_t)space->pages * space->page_size > opening->source.size &&
	       (space->space_id || opening->source.size % SYSTEM_FILE_UNIT);
}

/* Retries, because a server may be writing the page. */
static enum innodb_head read_innodb_head(struct opening *opening)
{
	struct scan *scan = opening->scan;
	struct innodb_space *space = &opening->reader->innodb.space;
	enum innodb_head head = innodb_read_head(scan->page, opening->size, space);
	int same = 0;

	for (int i = 0; i < SCAN_READS && same < 2 && head == INNODB_HEAD_ALIEN && scan->rules->live &&
			!is_later_system_name(opening->path);
	     i++) {
		size_t size = opening->size;

		memcpy(scan->again, scan->page, size);
		scan_pause(scan);
		scan->fault = source_read(&opening->source, 0, scan->page, SCAN_PAGE_MAX, &opening->size);
		if (scan->fault.code)
			break;
		if (size == opening->size && !memcmp(scan->again, scan->page, size)) {
			scan->rules->pauses_in_vain++;
			same++;
		}
		head = innodb_read_head(scan->page, opening->size, space);
	}
	return head;
}

/* Asks the redo log what page 0 will be, and puts that into scan->page. */
static enum redo_word ask_redo_log(const struct opening *opening, bool has_id)
{
	struct scan *scan = opening->scan;
	struct redo_question question = {
		.directory = opening->file->directory,
		.path = opening->path,
		.has_id = has_id,
		.id = opening->reader->innodb.space.space_id,
		.page = scan->page,
		.size = SCAN_PAGE_MAX,
	};

	memset(scan->page + opening->size, 0, SCAN_PAGE_MAX - opening->size);
	return redo_logs_ask(opening->shared->redo_logs, scan, &question);
}

/* A running server may have reused the file's name for another file since the logs were read. */
static void refresh_redo_log(const struct opening *opening)
{
	struct stat status;

	if (!fstat(opening->source.file, &status))
		redo_logs_forget(opening->shared->redo_logs, status.st_ctim);
}

/* Does not read holes. */
static bool is_all_zero(const struct opening *opening)
{
	const struct source *source = &opening->source;
	struct scan *scan = opening->scan;

	scan->window_size = 0;
	for (uint64_t at = source_next_data(source, 0); at < source->size;
	     at = source_next_data(source, at + SCAN_PAGE_MAX)) {
		uint64_t left = source->size - at;
		size_t size = left < SCAN_PAGE_MAX ? (size_t)left : SCAN_PAGE_MAX;
		const unsigned char *bytes = scan_window(scan, source, at, size);

		if (bytes && !is_zero(bytes, size))
			return false;
	}
	return true;
}

/* Whether the log explains that page 0 is missing. */
static bool is_explained(const struct opening *opening)
{
	enum redo_word says = opening->file->redo_says;

	return says == REDO_SAYS_MADE || says == REDO_SAYS_DELETED ||
	       (says == REDO_SAYS_CREATED && is_all_zero(opening));
}

/* Page 0 is missing or incomplete. */
static enum innodb_head read_head_from_log(struct opening *opening, enum innodb_head head)
{
	struct scan *scan = opening->scan;
	struct data_file *file = opening->file;
	struct innodb_space *space = &opening->reader->innodb.space;

	for (int i = 0; head != INNODB_HEAD_FITS; i++) {
		if (scan->rules->live)
			refresh_redo_log(opening);
		file->redo_says = ask_redo_log(opening, false);
		if (is_explained(opening) || !scan->rules->live || i == SCAN_READS || scan->fault.code)
			break;
		scan_pause(scan);
		scan->fault = source_read(&opening->source, 0, scan->page, SCAN_PAGE_MAX, &opening->size);
		if (scan->fault.code)
			break;
		head = innodb_read_head(scan->page, opening->size, space);
	}
	if (file->redo_says == REDO_SAYS_MADE &&
	    innodb_read_head(scan->page, SCAN_PAGE_MAX, space) == INNODB_HEAD_FITS) {
		opening->reader->innodb.paged.skipped = 1;
		file->note = DATA_NOTE_EMPTY;
		return INNODB_HEAD_FITS;
	}
	return head;
}

/* Page 0 on disk may be older than other pages and not yet say that the tablespace is
 * encrypted, or that it is shorter now. */
static void correct_head(struct opening *opening)
{
	struct scan *scan = opening->scan;
	struct innodb_space *space = &opening->reader->innodb.space;
	struct innodb_space on_disk = *space;

	if (space->space_id == INNODB_TEMPORARY_SPACE || (space->has_crypt && !is_cut_off(opening)))
		return;
	opening->file->redo_says = ask_redo_log(opening, true);
	if (opening->file->redo_says < REDO_SAYS_CHANGED || space->has_crypt)
		return;
	if (innodb_read_head(scan->page, SCAN_PAGE_MAX, space) != INNODB_HEAD_FITS ||
	    space->page_size != on_disk.page_size)
		*space = on_disk;
}

static bool names_key(const struct innodb_space *space)
{
	return space->has_crypt && space->encrypted && !space->never;
}

/* A table with ENCRYPTED=DEFAULT that the server decrypted because of
 * innodb_encrypt_tables=OFF. The tablespace still contains its key ID, as the .frm file
 * does. After ON, or with a server that encrypts again, TRUNCATE, OPTIMIZE and ALTER
 * TABLE fail without this key (error 140; 10.5.23, 10.11.19, 11.8.9). Under OFF
 * everything works, so a missing key is not a fault of the data. Key ID 1 always exists. */
static bool remembers_key(const struct innodb_space *space, const struct keyfile *keyfile)
{
	size_t count;

	return space->has_crypt && !space->encrypted && !space->never && space->key_id != KEY_ID_SYSTEM &&
	       (!keyfile || keyfile_find(keyfile, space->key_id, &count));
}

void reader_take_head(const struct keyfile *keyfile, const unsigned char *page, size_t size, struct data_file *file)
{
	struct innodb_space space = { 0 };

	file->kind = DATA_INNODB;
	file->note = DATA_NOTE_EMPTY;
	file->redo_says = REDO_SAYS_MADE;
	if (innodb_read_head(page, size, &space) == INNODB_HEAD_FITS && names_key(&space))
		declare_file(file, keyfile, space.key_id);
}

static void start_innodb(const struct opening *opening)
{
	struct innodb_file *innodb = &opening->reader->innodb;
	const struct innodb_space *space = &innodb->space;

	innodb_open(opening->scan, innodb);
	if (names_key(space) || remembers_key(space, prover_keyfile(opening->scan->prover)))
		declare(opening, space->key_id);
	set_parts(opening->reader, &innodb->paged);
}

/* When a server extends the tablespace, it writes page 0 last. */
static void note_first_system_file(const struct opening *opening)
{
	const struct innodb_space *space = &opening->reader->innodb.space;

	opening->file->system = (struct system_part){
		.tablespace = opening->source.id,
		.pages = source_size_now(&opening->source) / space->page_size,
		.written = true,
		.pages_in_all = space->pages,
		/* space is allocated in extents before it is used */
		.pages_in_use = space->free_limit < 8 * space->extent ? 0 : space->free_limit - 8 * space->extent,
	};
}

/* Its pages are only read to find clear text. */
static void open_temporary_tablespace(const struct opening *opening)
{
	struct paged_file *paged = &opening->reader->innodb.paged;

	opening->file->kind = DATA_TEMPORARY;
	if (!opening->scan->rules->coverage)
		return;
	paged->source = opening->source;
	paged->page_size = opening->reader->innodb.space.page_size;
	set_parts(opening->reader, paged);
}

/* Opens a file that has its own page 0. */
static void open_tablespace(const struct opening *opening)
{
	struct data_file *file = opening->file;
	struct innodb_file *innodb = &opening->reader->innodb;

	if (innodb->space.space_id == INNODB_TEMPORARY_SPACE) {
		open_temporary_tablespace(opening);
		return;
	}
	file->kind = DATA_INNODB;
	file->space_id = innodb->space.space_id;
	file->space = opening->source.id;
	innodb->paged.source = opening->source;
	innodb->is_undo = is_undo_name(opening->path);
	if (!innodb->paged.skipped && is_cut_off(opening))
		file->note = DATA_NOTE_CUT_OFF;
	if (!innodb->space.space_id)
		note_first_system_file(opening);
	start_innodb(opening);
}

static enum system_match match_system_file(const struct opening *opening)
{
	opening->reader->innodb.paged.source = opening->source;
	return system_files_match(&opening->shared->system_files, opening->scan, opening->path,
				  &opening->reader->innodb);
}

static void open_later_system_file(const struct opening *opening, enum system_match match)
{
	struct data_file *file = opening->file;
	const struct innodb_file *innodb = &opening->reader->innodb;

	file->kind = DATA_INNODB;
	file->system = (struct system_part){
		.tablespace = innodb->head_source.id,
		.first_page = innodb->paged.first_page,
		.pages = opening->source.size / innodb->space.page_size,
		.written = match == SYSTEM_FITS,
	};
	if (match == SYSTEM_FITS)
		start_innodb(opening);
}

static enum data_note note_without_head(const struct opening *opening, enum innodb_head head)
{
	struct data_file *file = opening->file;

	if (file->redo_says == REDO_SAYS_DELETED)
		return DATA_NOTE_DROPPED;
	if (is_explained(opening))
		return DATA_NOTE_EMPTY;
	if (head != INNODB_HEAD_EMPTY)
		return DATA_NOTE_NO_HEAD;
	file->blank = file->redo_says <= REDO_SAYS_NOTHING && is_all_zero(opening);
	return DATA_NOTE_ZERO;
}

/* Opens a file named like a tablespace that does not have its own page 0. */
static void open_without_head(const struct opening *opening, enum innodb_head head)
{
	bool is_later = is_later_system_name(opening->path);
	struct data_file *file = opening->file;
	enum system_match match = SYSTEM_ALIEN;

	if (is_later || opening->source.size >= SYSTEM_FILE_UNIT)
		match = match_system_file(opening);
	if (match == SYSTEM_FITS || (match == SYSTEM_UNWRITTEN && is_later))
		open_later_system_file(opening, match);
	else if (match == SYSTEM_NO_FIRST && is_later)
		file->note = DATA_NOTE_NO_FIRST_FILE;
	else if (!opening->scan->fault.code)
		file->note = note_without_head(opening, head);
}

static void open_innodb(struct opening *opening)
{
	enum innodb_head head = read_innodb_head(opening);

	opening->file->kind = DATA_INNODB;
	if (head == INNODB_HEAD_FITS)
		correct_head(opening);
	else if (!is_later_system_name(opening->path) && !opening->scan->fault.code)
		head = read_head_from_log(opening, head);
	if (head == INNODB_HEAD_FITS)
		open_tablespace(opening);
	else if (!opening->scan->fault.code)
		open_without_head(opening, head);
}

/* ---- Aria ---- */

static void open_aria_file(const struct opening *opening)
{
	struct aria_file *aria = &opening->reader->aria;
	struct data_file *file = opening->file;

	if (!aria->table.paged || !aria->table.encrypted)
		return;
	aria->is_index = file->kind == DATA_ARIA_INDEX;
	aria->paged.source = opening->source;
	aria_open(aria, prover_keyfile(opening->scan->prover));
	if (aria->is_index)
		declare(opening, aria->paged.id);
	set_parts(opening->reader, &aria->paged);
}

static void open_aria_index(const struct opening *opening)
{
	opening->file->kind = DATA_ARIA_INDEX;
	if (aria_read_head(opening->scan->page, opening->size, &opening->reader->aria.table))
		open_aria_file(opening);
	else
		opening->file->note = DATA_NOTE_NO_HEAD;
}

/* The index file tells how the data file is encrypted. */
static bool read_index_of(const struct opening *opening)
{
	SOURCE struct source source = SOURCE_CLOSED;
	size_t got = 0;

	return read_head_of(opening->scan, with_suffix(opening->path, ".MAI"), &source, &got) &&
	       aria_read_head(opening->scan->page, got, &opening->reader->aria.table);
}

static void open_aria_data(const struct opening *opening)
{
	opening->file->kind = DATA_ARIA_DATA;
	if (read_index_of(opening))
		open_aria_file(opening);
	else
		opening->file->note = DATA_NOTE_NO_INDEX;
}

/* ---- logs ---- */

static void open_binlog(const struct opening *opening)
{
	struct binlog_file *binlog = &opening->reader->binlog;

	opening->file->kind = DATA_BINARY_LOG;
	opening->file->relay = binlog->relay;
	if (binlog->damaged)
		opening->file->note = DATA_NOTE_NO_HEAD;
	else if (binlog->unsupported)
		opening->file->note = DATA_NOTE_NO_SUPPORT;
	if (!binlog->encrypted)
		return;
	binlog->source = opening->source;
	declare(opening, KEY_ID_SYSTEM);
	opening->reader->parts = 1;
}

/* Servers up to 10.4 keep the checkpoints of all log files in the first one. */
static bool read_first_log_file(const struct opening *opening)
{
	SOURCE struct source source = SOURCE_CLOSED;
	struct redo_file first = { 0 };
	size_t got = 0;

	if (!read_head_of(opening->scan, first_log_file(opening->path), &source, &got))
		return false;
	redo_read_head(opening->scan->page, got, &first);
	return redo_take_checkpoint(&opening->reader->redo, &first);
}

static void open_redo(const struct opening *opening)
{
	struct redo_file *redo = &opening->reader->redo;
	bool needs_first;

	opening->file->kind = DATA_REDO_LOG;
	/* an empty file, as in a prepared backup: the server creates a new log */
	opening->file->evidence.clean = !opening->size;
	if (!opening->size)
		return;
	redo->source = opening->source;
	redo_read_head(opening->scan->page, opening->size, redo);
	opening->reader->parts = 1;
	if (redo->format == REDO_PLAIN)
		return;
	opening->reader->parts = 0;
	needs_first = redo->no_checkpoint && is_later_log_file(opening->path);
	if (redo->format == REDO_UNKNOWN || (needs_first && !read_first_log_file(opening)))
		opening->file->note = DATA_NOTE_NO_SUPPORT;
	else if (redo->damaged)
		opening->file->note = DATA_NOTE_NO_HEAD;
	else
		opening->reader->parts = 1;
	if (redo->format != REDO_UNKNOWN && redo->format != REDO_PLAIN_RECORDS)
		declare(opening, redo->id);
}

/* ---- all kinds ---- */

/* A file of zeros whose name is of another kind is not taken for a system tablespace. */
static void open_if_system_file(const struct opening *opening, bool has_other_name)
{
	enum system_match match;

	if (opening->source.size < SYSTEM_FILE_UNIT)
		return;
	match = match_system_file(opening);
	if (match == SYSTEM_FITS || (match == SYSTEM_UNWRITTEN && !has_other_name))
		open_later_system_file(opening, match);
	else
		source_close(&opening->reader->innodb.head_source);
}

/* Some server files can have any name. */
static void open_by_content(const struct opening *opening, enum data_kind otherwise)
{
	const unsigned char *head = opening->scan->page;
	struct reader *reader = opening->reader;

	opening->file->kind = otherwise;
	if (innodb_read_head(head, opening->size, &reader->innodb.space) == INNODB_HEAD_FITS) {
		open_tablespace(opening);
		return;
	}
	if (otherwise == DATA_TEMPORARY)
		return;
	if (binlog_read_head(head, opening->size, &reader->binlog)) {
		open_binlog(opening);
		return;
	}
	*reader = (struct reader){ .innodb.head_source = SOURCE_CLOSED };
	open_if_system_file(opening, otherwise != DATA_UNKNOWN);
}

/* A temporary table has the names of the same engine's other tables. Nothing of it has to be
 * proven, so a failure to read its index file is not reported. */
static void cover_temporary(struct opening *opening)
{
	struct data_file *file = opening->file;
	struct coverage *coverage = &file->evidence.coverage;
	const char *suffix = strrchr(base_name(opening->path), '.');
	bool is_aria = suffix && (!strcmp(suffix, ".MAI") || !strcmp(suffix, ".MAD"));
	bool found;

	if (opening->reader->parts || file->kind != DATA_TEMPORARY)
		return;
	if (!is_aria) {
		*(suffix ? &coverage->clear : &coverage->unknown) += file->size;
		return;
	}
	found = suffix[3] == 'I' ? aria_read_head(opening->scan->page, opening->size, &opening->reader->aria.table)
				 : read_index_of(opening);
	opening->scan->fault = fault_none();
	*(!found				  ? &coverage->unknown
	  : opening->reader->aria.table.encrypted ? &coverage->encrypted
						  : &coverage->clear) += file->size;
}

/* The redo log has the name that the file gets in the end. */
static void open_copy(struct opening *opening)
{
	const char *path = opening->path;
	HEAP char *final = NULL;

	if (!is_in_backup(path)) {
		open_by_content(opening, DATA_UNKNOWN);
		return;
	}
	final = with_suffix(path, ".ibd");
	if (!final) {
		opening->scan->fault = fault_of(FAULT_MEMORY);
		return;
	}
	opening->path = final;
	open_innodb(opening);
	opening->path = path;
}

static void open_by_name(struct opening *opening)
{
	enum file_name name = classify_name(opening->path);
	struct data_file *file = opening->file;

	file->kind = DATA_PLAIN;
	if (name == NAME_LINK || (!opening->size && name != NAME_INNODB && name != NAME_TEMPORARY &&
				  strcmp(base_name(opening->path), "ib_logfile0")))
		return;
	file->kind = DATA_UNKNOWN;
	switch (name) {
	case NAME_INNODB:
		open_innodb(opening);
		return;
	case NAME_COPY:
		open_copy(opening);
		return;
	case NAME_ARIA_INDEX:
		open_aria_index(opening);
		return;
	case NAME_ARIA_DATA:
		open_aria_data(opening);
		return;
	case NAME_REDO_LOG:
		open_redo(opening);
		return;
	case NAME_INCREMENTAL:
		file->note = DATA_NOTE_INCREMENTAL;
		return;
	case NAME_PACKED:
		file->note = DATA_NOTE_PACKED;
		return;
	case NAME_CLEAR_TEXT:
		file->kind = DATA_PLAIN;
		file->note = DATA_NOTE_CLEAR_TEXT;
		return;
	case NAME_TEMPORARY:
		open_by_content(opening, DATA_TEMPORARY);
		if (opening->scan->rules->coverage)
			cover_temporary(opening);
		return;
	case NAME_PLAIN:
		open_by_content(opening, DATA_PLAIN);
		return;
	default:
		open_by_content(opening, DATA_UNKNOWN);
	}
}

static struct source *reader_source(struct reader *reader)
{
	switch (reader->kind) {
	case DATA_INNODB:
	case DATA_TEMPORARY:
		return &reader->innodb.paged.source;
	case DATA_ARIA_INDEX:
	case DATA_ARIA_DATA:
		return &reader->aria.paged.source;
	case DATA_BINARY_LOG:
		return &reader->binlog.source;
	default:
		return &reader->redo.source;
	}
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	source_close(reader_source(reader));
	if (reader->kind == DATA_INNODB)
		source_close(&reader->innodb.head_source);
	free(reader);
}

static struct fault open_source(struct opening *opening)
{
	struct fault fault = source_open(AT_FDCWD, opening->path, &opening->source);

	if (!fault.code)
		fault = source_read(&opening->source, 0, opening->scan->page, SCAN_PAGE_MAX, &opening->size);
	opening->file->size = opening->source.size;
	return fault;
}

static void set_gone(struct data_file *file)
{
	file->kind = DATA_TEMPORARY;
	file->note = DATA_NOTE_GONE;
	file->declared = file->declared_missing = false;
}

/* A file removed by a running server does not count. A starting server removes temporary
 * files before it locks any file. */
static void set_fault(const struct scan *scan, const char *path, struct data_file *file, struct fault fault)
{
	bool is_removed = scan->rules->live || classify_name(path) == NAME_TEMPORARY;

	if (fault.code == FAULT_OPEN && fault.error_number == ENOENT && is_removed)
		set_gone(file);
	else
		file->fault = fault;
}

static void close_opening(struct opening *opening)
{
	if (opening->file->kind == DATA_INNODB)
		source_close(&opening->reader->innodb.head_source);
	free(opening->reader);
	source_close(&opening->source);
}

/* Sets *ret_moved if path now leads to another file, so that the redo log may have
 * answered about a different file with the same name (#sql-alter-…). */
static struct fault open_once(struct scan *scan, struct reader_shared *shared, struct data_file *file,
			      struct reader **ret_reader, bool *ret_moved)
{
	struct opening opening = {
		.scan = scan,
		.shared = shared,
		.path = file->path,
		.source = SOURCE_CLOSED,
		.file = file,
	};
	struct fault fault = open_source(&opening);

	*ret_reader = NULL;
	*ret_moved = false;
	if (fault.code) {
		source_close(&opening.source);
		set_fault(scan, file->path, file, fault);
		return fault_none();
	}
	opening.reader = calloc(1, sizeof(*opening.reader));
	if (!opening.reader) {
		source_close(&opening.source);
		return fault_of(FAULT_MEMORY);
	}
	opening.reader->innodb.head_source = SOURCE_CLOSED;
	scan->fault = fault_none();
	open_by_name(&opening);
	if (scan->fault.code == FAULT_MEMORY)
		fault = scan->fault;
	else
		file->fault = scan->fault;
	*ret_moved = file->note && scan->rules->live && !source_is_at(&opening.source, file->path);
	opening.reader->kind = file->kind;
	if (opening.reader->parts && !*ret_moved && !fault.code)
		*ret_reader = opening.reader;
	else
		close_opening(&opening);
	return fault;
}

struct fault reader_open(struct scan *scan, struct reader_shared *shared, struct data_file *file,
			 struct reader **ret_reader)
{
	const struct data_file before = *file;
	struct fault fault = fault_none();
	bool moved = true;

	for (int i = 0; moved && !fault.code && i < SCAN_READS; i++) {
		*file = before;
		fault = open_once(scan, shared, file, ret_reader, &moved);
	}
	if (moved)
		set_gone(file);
	if (!*ret_reader)
		atomic_fetch_add_explicit(&scan->rules->bytes_done, file->size, memory_order_relaxed);
	return fault;
}

uint64_t reader_parts(const struct reader *reader)
{
	return reader ? reader->parts : 0;
}

static uint64_t first_page(const struct reader *reader, uint64_t part)
{
	return part * reader->pages_a_part;
}

static uint64_t end_page(const struct reader *reader, uint64_t part)
{
	uint64_t end = first_page(reader, part) + reader->pages_a_part;

	return end < reader->pages ? end : reader->pages;
}

static struct fault scan_pages(struct scan *scan, const struct reader *reader, const struct paged_file *paged,
			       uint64_t part, struct evidence *evidence)
{
	return page_scan(scan, paged, first_page(reader, part), end_page(reader, part), evidence);
}

/* In a log of 10.4 or earlier, only the file with the checkpoint tells. */
static enum data_note note_of_recovery(const struct redo_file *redo, const struct redo_recovery *recovery)
{
	bool is_blocks = redo->format == REDO_BLOCKS || redo->format == REDO_PLAIN;

	if (recovery->clean || (is_blocks && !redo->has_records && !recovery->end_lsn))
		return DATA_NOTE_NONE;
	return recovery->changes.broken ? DATA_NOTE_UNREAD : DATA_NOTE_UNCLEAN;
}

static struct fault scan_redo(struct scan *scan, const struct redo_file *redo, struct evidence *evidence,
			      enum data_note *note)
{
	struct redo_recovery recovery = { 0 };
	struct fault fault = redo_read(scan, redo, evidence, &recovery);

	atomic_fetch_add_explicit(&scan->rules->bytes_done, redo->source.size, memory_order_relaxed);
	if (!fault.code && !scan->fault.code) {
		evidence->clean = recovery.clean;
		evidence->newest_lsn = recovery.end_lsn;
		if (!scan->rules->live)
			*note = note_of_recovery(redo, &recovery);
	}
	redo_changes_free(&recovery.changes);
	return fault;
}

static struct fault scan_kind(struct scan *scan, const struct reader *reader, uint64_t part, struct evidence *evidence,
			      enum data_note *note)
{
	switch (reader->kind) {
	case DATA_INNODB:
		return scan_pages(scan, reader, &reader->innodb.paged, part, evidence);
	case DATA_TEMPORARY:
		innodb_cover_temporary(scan, &reader->innodb, first_page(reader, part), end_page(reader, part),
				       &evidence->coverage);
		return fault_none();
	case DATA_ARIA_INDEX:
	case DATA_ARIA_DATA:
		return scan_pages(scan, reader, &reader->aria.paged, part, evidence);
	case DATA_BINARY_LOG:
		return binlog_scan(scan, &reader->binlog, evidence);
	default:
		return scan_redo(scan, &reader->redo, evidence, note);
	}
}

struct fault reader_scan(struct scan *scan, const struct reader *reader, uint64_t part, struct evidence *evidence,
			 enum data_note *note)
{
	struct fault fault;

	scan->fault = fault_none();
	fault = scan_kind(scan, reader, part, evidence, note);
	return fault.code ? fault : scan->fault;
}
