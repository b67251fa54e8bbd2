/* SPDX-License-Identifier: MIT */
#include "data/reader.h"

#include "data/bytes.h"
#include "data/codec.h"
#include "data/file_names.h"
#include "data/innodb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define PART_SIZE (64U << 20) /* bytes of one part of a file */

struct reader {
	enum data_kind kind;
	uint64_t parts;
	uint64_t pages;
	uint64_t pages_a_part;
	union {
		struct innodb_file innodb;
	};
};

static struct source *reader_source(struct reader *reader)
{
	return &reader->innodb.source;
}

static void set_parts(struct reader *reader, uint64_t size, uint32_t page_size)
{
	reader->pages = size / page_size;
	reader->pages_a_part = PART_SIZE / page_size;
	reader->parts = (reader->pages + reader->pages_a_part - 1) / reader->pages_a_part;
}

/* ---- InnoDB ---- */

/* The other files of a system tablespace go on counting where the one before
 * ends, and have no page 0. The first page that is there tells where. */
static bool find_first_page(struct scan *scan, struct innodb_file *innodb)
{
	uint32_t size = innodb->space.page_size;

	for (uint64_t at = 0; at + size <= innodb->source.size && at < PART_SIZE; at += size) {
		if (!source_read_all(&innodb->source, at, scan->page, size))
			return false;
		if (is_zero(scan->page, size))
			continue;
		if (be32(scan->page + 4) <= at / size)
			return false;
		innodb->first_page = be32(scan->page + 4) - (uint32_t)(at / size);
		return true;
	}
	return false;
}

static bool open_later_system_file(struct scan *scan, const char *path, struct innodb_file *innodb)
{
	char *first = first_system_file(path);
	size_t got = 0;
	bool done = first && !source_open(AT_FDCWD, first, &innodb->head_source).code &&
		    !source_read(&innodb->head_source, 0, scan->page, SCAN_PAGE_MAX, &got).code &&
		    innodb_read_head(scan->page, got, &innodb->space) == INNODB_HEAD_FITS &&
		    find_first_page(scan, innodb);

	free(first);
	return done;
}

static void describe_innodb(struct data_file *file, const struct innodb_space *space)
{
	file->declared = space->has_crypt && space->encrypted && !space->never;
	file->declared_id = space->key_id;
	if (file->declared && space->codec && !codec_is_available(space->codec)) {
		file->note = DATA_NOTE_NO_CODEC;
		file->codec = space->codec;
	}
}

static void open_innodb(struct scan *scan, enum innodb_head head, const char *path, struct data_file *file,
			struct reader *reader)
{
	struct innodb_file *innodb = &reader->innodb;

	reader->kind = file->kind = DATA_INNODB;
	if (head == INNODB_HEAD_EMPTY && innodb->source.size <= SCAN_BULK) {
		file->note = DATA_NOTE_EMPTY;
		return;
	}
	if (head != INNODB_HEAD_FITS && !open_later_system_file(scan, path, innodb)) {
		file->note = DATA_NOTE_NO_HEAD;
		return;
	}
	innodb_find_double_write(scan, innodb);
	describe_innodb(file, &innodb->space);
	set_parts(reader, innodb->source.size, innodb->space.page_size);
}

/* ---- all kinds ---- */

static struct fault identify(struct scan *scan, const char *path, struct data_file *file, struct reader *reader)
{
	struct source *source = reader_source(reader);
	enum file_name name = classify_name(path);
	enum innodb_head head;
	size_t got = 0;
	struct fault fault = source_read(source, 0, scan->page, SCAN_PAGE_MAX, &got);

	if (fault.code)
		return fault;
	file->size = source->size;
	head = got ? innodb_read_head(scan->page, got, &reader->innodb.space) : INNODB_HEAD_ALIEN;
	if (name == NAME_TEMPORARY)
		file->kind = DATA_TEMPORARY;
	else if (name == NAME_INNODB || (name == NAME_OTHER && head == INNODB_HEAD_FITS))
		open_innodb(scan, head, path, file, reader);
	else if (name == NAME_PLAIN || !got)
		file->kind = DATA_PLAIN;
	else
		file->kind = DATA_UNKNOWN;
	return fault_none();
}

struct fault reader_open(struct scan *scan, const char *path, struct data_file *file, struct reader **ret_reader)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct fault fault;

	if (!reader)
		return fault_of(FAULT_MEMORY);
	reader->innodb.head_source = SOURCE_CLOSED;
	*reader_source(reader) = SOURCE_CLOSED;
	fault = source_open(AT_FDCWD, path, reader_source(reader));
	if (!fault.code)
		fault = identify(scan, path, file, reader);
	if (fault.code == FAULT_OPEN && fault.error_number == ENOENT && scan->rules->live) {
		file->kind = DATA_TEMPORARY;
		file->note = DATA_NOTE_GONE;
	} else {
		file->fault = fault;
	}
	if (!reader->parts) {
		reader_close(reader);
		reader = NULL;
	}
	*ret_reader = reader;
	return fault_none();
}

uint64_t reader_parts(const struct reader *reader)
{
	return reader ? reader->parts : 0;
}

struct fault reader_scan(struct scan *scan, const struct reader *reader, uint64_t part, struct evidence *evidence,
			 enum data_note *note)
{
	uint64_t first = part * reader->pages_a_part;
	uint64_t end = first + reader->pages_a_part < reader->pages ? first + reader->pages_a_part : reader->pages;

	(void)note;
	return innodb_scan(scan, &reader->innodb, first, end, evidence);
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	source_close(reader_source(reader));
	source_close(&reader->innodb.head_source);
	free(reader);
}
