/* SPDX-License-Identifier: MIT */
#include "data/dictionary.h"

#include "core/cleanup.h"
#include "data/formats/bytes.h"
#include "data/formats/innodb.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_PAGE 7U	 /* DICT_HDR_PAGE_NO */
#define ROOT_OFFSET 70U	 /* DICT_HDR + DICT_HDR_TABLES: the root page of SYS_TABLES */
#define NEXT_OFFSET 12U	 /* FIL_PAGE_NEXT */
#define LEVEL_OFFSET 64U /* PAGE_HEADER + PAGE_LEVEL */
#define INDEX_OFFSET 66U /* PAGE_HEADER + PAGE_INDEX_ID, 8 bytes */
#define TABLES_ID 1U	 /* DICT_TABLES_ID */
#define NO_PAGE UINT32_MAX
#define LEVELS_MAX 8 /* of the tree */

/* Records of ROW_FORMAT=REDUNDANT (rem/rem0rec.cc): offsets from the start of a record. */
#define INFIMUM 101U
#define SUPREMUM 116U
#define EXTRA 6U /* bytes before a record, not counting the field end offsets */
#define DELETED 0x20U

enum field { FIELD_NAME = 0, FIELD_MIX_LEN = 7, FIELD_SPACE = 9, FIELD_COUNT = 10 };
#define MIX_LEN_DISCARDED 0x20U /* DICT_TF2_DISCARDED */

struct walk {
	struct scan *scan;
	const struct data_needs *needs;
	const struct system_part *first;
	struct innodb_file innodb;
	unsigned char page[SCAN_PAGE_MAX]; /* the plain text of the current page */
	dictionary_visit *visit;
	void *context;
};

/* ---- pages ---- */

static const struct system_file *file_of(const struct walk *walk, uint32_t number)
{
	for (size_t i = 0; i < walk->needs->system_file_count; i++) {
		const struct system_part *part = &walk->needs->system_files[i].part;

		if (is_same_file(part->tablespace, walk->first->tablespace) && part->written &&
		    number >= part->first_page && number - part->first_page < part->pages)
			return &walk->needs->system_files[i];
	}
	return NULL;
}

static bool read_from(struct walk *walk, const struct system_file *file, uint32_t number)
{
	SOURCE struct source source = SOURCE_CLOSED;
	uint32_t size = walk->innodb.space.page_size;
	size_t got = 0;

	return !source_open(AT_FDCWD, data_needs_path(walk->needs, file->file), &source).code &&
	       !source_read(&source, (number - file->part.first_page) * size, walk->scan->page, size, &got).code &&
	       got == size;
}

/* Reads the page's plain text into walk->page. */
static bool read_page(struct walk *walk, uint32_t number)
{
	const struct system_file *file = file_of(walk, number);

	return file && read_from(walk, file, number) && be32(walk->scan->page + 4) == number &&
	       innodb_decrypt(walk->scan, &walk->innodb, walk->scan->page, number, walk->page);
}

static bool read_space(struct walk *walk, const struct system_file *first)
{
	SOURCE struct source source = SOURCE_CLOSED;
	size_t size = 0;

	return !source_open(AT_FDCWD, data_needs_path(walk->needs, first->file), &source).code &&
	       !source_read(&source, 0, walk->scan->page, SCAN_PAGE_MAX, &size).code &&
	       innodb_read_head(walk->scan->page, size, &walk->innodb.space) == INNODB_HEAD_FITS;
}

/* ---- records ---- */

struct record {
	const unsigned char *page;
	uint32_t size;	/* of the page */
	uint32_t begin; /* of the record, in the page */
};

static uint32_t field_count(const struct record *record)
{
	return (uint32_t)(be16(record->page + record->begin - 4) & 0x7fe) >> 1;
}

/* Returns the end of a field, relative to the start of the record. */
static uint32_t field_end(const struct record *record, uint32_t field)
{
	const unsigned char *begin = record->page + record->begin;

	if (begin[-3] & 1)
		return begin[-(int)EXTRA - 1 - (int)field] & 0x7fU;
	return be16(begin - EXTRA - 2 - 2 * (size_t)field) & 0x3fffU;
}

/* Returns NULL if the field is missing or the record is inconsistent. */
static const unsigned char *find_field(const struct record *record, uint32_t field, uint32_t *ret_size)
{
	uint32_t fields = field_count(record);
	uint32_t from;
	uint32_t end;

	if (field >= fields || record->begin < INFIMUM || record->begin < EXTRA + 2 * fields)
		return NULL;
	from = field ? field_end(record, field - 1) : 0;
	end = field_end(record, field);
	if (from > end || record->begin + end > record->size)
		return NULL;
	*ret_size = end - from;
	return record->page + record->begin + from;
}

static bool find_number(const struct record *record, uint32_t field, uint32_t *ret_number)
{
	uint32_t size = 0;
	const unsigned char *bytes = find_field(record, field, &size);

	if (!bytes || size != sizeof(*ret_number))
		return false;
	*ret_number = be32(bytes);
	return true;
}

/* Moves to the next record in the page's list. Returns false at the end. */
static bool next_record(struct record *record)
{
	record->begin = be16(record->page + record->begin - 2);
	return record->begin > SUPREMUM && record->begin < record->size;
}

static bool read_table(const struct record *record, char *name, size_t room, struct dictionary_table *ret_table)
{
	uint32_t size = 0;
	const unsigned char *text = find_field(record, FIELD_NAME, &size);
	uint32_t mix = 0;

	if (!text || size >= room || field_count(record) != FIELD_COUNT ||
	    !find_number(record, FIELD_SPACE, &ret_table->space_id))
		return false;
	memcpy(name, text, size);
	name[size] = '\0';
	ret_table->name = name;
	ret_table->discarded = find_number(record, FIELD_MIX_LEN, &mix) && mix & MIX_LEN_DISCARDED;
	return true;
}

/* ---- the tree ---- */

static struct fault visit_page(struct walk *walk, bool *complete)
{
	struct record record = { walk->page, walk->innodb.space.page_size, INFIMUM };
	struct dictionary_table table;
	struct fault fault = fault_none();
	char name[1024];

	/* a circular list must end, too */
	for (uint32_t i = 0; !fault.code && i < record.size / EXTRA && next_record(&record); i++) {
		table = (struct dictionary_table){ .deleted = record.page[record.begin - EXTRA] & DELETED };
		if (read_table(&record, name, sizeof(name), &table))
			fault = walk->visit(walk->context, &table);
		else
			*complete = false;
	}
	return fault;
}

/* While a redo log waits, the page on disk may be an older one. */
static bool is_of_tables(const struct walk *walk)
{
	return !be32(walk->page + INDEX_OFFSET) && be32(walk->page + INDEX_OFFSET + 4) == TABLES_ID;
}

/* Finds the first page of the lowest level. */
static bool find_first_leaf(struct walk *walk, uint32_t *ret_number)
{
	uint32_t number;

	if (!read_page(walk, HEADER_PAGE))
		return false;
	number = be32(walk->page + ROOT_OFFSET);
	for (int i = 0; i < LEVELS_MAX && read_page(walk, number); i++) {
		struct record record = { walk->page, walk->innodb.space.page_size, INFIMUM };

		*ret_number = number;
		if (!is_of_tables(walk))
			return false;
		if (!be16(walk->page + LEVEL_OFFSET))
			return true;
		if (!next_record(&record) || !find_number(&record, field_count(&record) - 1, &number))
			return false;
	}
	return false;
}

struct fault dictionary_walk(struct scan *scan, const struct data_needs *needs, const struct system_file *first,
			     dictionary_visit *visit, void *context, bool *ret_complete)
{
	HEAP struct walk *walk = malloc(sizeof(*walk));
	struct fault fault = fault_none();
	uint32_t number = NO_PAGE;

	*ret_complete = false;
	if (!walk)
		return fault_of(FAULT_MEMORY);
	*walk = (struct walk){
		.scan = scan, .needs = needs, .first = &first->part, .visit = visit, .context = context
	};
	if (read_space(walk, first) && find_first_leaf(walk, &number))
		*ret_complete = true;
	for (uint64_t i = 0; *ret_complete && !fault.code && number != NO_PAGE && i < walk->innodb.space.pages; i++) {
		if (read_page(walk, number) && is_of_tables(walk))
			fault = visit_page(walk, ret_complete);
		else
			*ret_complete = false;
		number = be32(walk->page + NEXT_OFFSET);
	}
	return fault;
}
