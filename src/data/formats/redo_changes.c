/* SPDX-License-Identifier: MIT */
#include "data/formats/redo_changes.h"

#include "core/array.h"
#include "data/formats/bytes.h"

#include <stdlib.h>

enum record_type {
	FREE_PAGE = 0x00,
	INIT_PAGE = 0x10,
	EXTENDED = 0x20,
	WRITE = 0x30,
	MEMSET = 0x40,
	MEMMOVE = 0x50,
	RESERVED = 0x60,
	OPTION = 0x70,
	FILE_CREATE = 0x80,
	FILE_DELETE = 0x90,
	FILE_RENAME = 0xa0,
	FILE_MODIFY = 0xb0,
	FILE_CHECKPOINT = 0xf0,
};

#define PAGE_MAX 65536U
#define PAGE_TYPE_OFFSET 24 /* a page that is initialized is zero from this offset on */
#define HEADER_SIZE 62U
#define CRYPT_SIZE 33U

/* Offsets of the crypt block for all page sizes; see CRYPT_OFFSET_FIXED in innodb.c. */
static const uint16_t crypt_offsets[] = { 540,	636,  828,  892,  1084,	 1468,	1596,
					  1980, 2748, 3772, 5308, 10428, 20668, 41148 };
#define CRYPT_OFFSETS (sizeof(crypt_offsets) / sizeof(crypt_offsets[0]))

_Static_assert(HEADER_SIZE + CRYPT_OFFSETS * CRYPT_SIZE == REDO_PAGE0_KEPT, "all of them are kept");

void redo_changes_free(struct redo_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		free(changes->spaces[i].names[0]);
		free(changes->spaces[i].names[1]);
		free(changes->spaces[i].page0);
	}
	free(changes->spaces);
	*changes = (struct redo_changes){ 0 };
}

static int compare(const void *one, const void *other)
{
	const struct redo_space *a = one;
	const struct redo_space *b = other;

	return a->id < b->id ? -1 : a->id > b->id;
}

const struct redo_space *redo_changes_find(const struct redo_changes *changes, uint32_t id)
{
	const struct redo_space space = { .id = id };

	return array_find(changes->spaces, changes->count, sizeof(space), &space, compare);
}

static struct redo_space *find_or_insert(struct redo_changes *changes, uint32_t id)
{
	const struct redo_space space = { .id = id };

	return array_find_or_insert(&changes->spaces, &changes->count, sizeof(space), &space, compare);
}

/* ---- numbers ---- */

static size_t number_size(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc0)
		return 2;
	if (first < 0xe0)
		return 3;
	return first < 0xf0 ? 4 : 5;
}

size_t redo_read_number(const unsigned char *bytes, size_t size, uint64_t *ret_value)
{
	static const uint64_t least[] = { 0, 0, 0x80, 0x4080, 0x204080, 0x10204080 };
	static const unsigned char mask[] = { 0, 0x7f, 0x3f, 0x1f, 0x0f, 0 };
	size_t length;
	uint64_t value;

	if (!size || bytes[0] > 0xf0)
		return 0;
	length = number_size(bytes[0]);
	if (length > size)
		return 0;
	value = bytes[0] & mask[length];
	for (size_t i = 1; i < length; i++)
		value = value << 8 | bytes[i];
	*ret_value = value + least[length];
	return length;
}

/* ---- page 0 ---- */

/* Returns where a range of page 0 is kept. *ret_offset: its offset in the page. */
static size_t kept_from(size_t range, size_t *ret_offset)
{
	*ret_offset = range ? crypt_offsets[range - 1] : 0;
	return range ? HEADER_SIZE + (range - 1) * CRYPT_SIZE : 0;
}

static void set_known(struct redo_page0 *page0, size_t at, unsigned char byte)
{
	page0->bytes[at] = byte;
	page0->known[at / 8] |= (unsigned char)(1U << at % 8);
}

/* Sets size bytes at offset to data, whose period bytes are repeated. */
static void set_bytes(struct redo_page0 *page0, size_t offset, const unsigned char *data, size_t period, size_t size)
{
	for (size_t range = 0; range <= CRYPT_OFFSETS; range++) {
		size_t first;
		size_t kept = kept_from(range, &first);
		size_t end = first + (range ? CRYPT_SIZE : HEADER_SIZE);

		for (size_t i = offset > first ? offset : first; i < end && i < offset + size; i++)
			set_known(page0, kept + i - first, data[(i - offset) % period]);
	}
}

void redo_space_apply(const struct redo_space *space, unsigned char *page, size_t size)
{
	if (space->made) {
		memset(page, 0, size);
		put_be32(page + 34, space->id);
	}
	if (!space->page0)
		return;
	for (size_t range = 0; range <= CRYPT_OFFSETS; range++) {
		size_t first;
		size_t kept = kept_from(range, &first);
		size_t end = first + (range ? CRYPT_SIZE : HEADER_SIZE);

		for (size_t i = first; i < end && i < size; i++, kept++)
			if (space->page0->known[kept / 8] >> kept % 8 & 1)
				page[i] = space->page0->bytes[kept];
	}
}

static struct redo_page0 *page0_of(struct redo_changes *changes, uint32_t id)
{
	struct redo_space *space = find_or_insert(changes, id);

	if (space && !space->page0)
		space->page0 = calloc(1, sizeof(*space->page0));
	return space ? space->page0 : NULL;
}

static bool init_page0(struct redo_changes *changes, uint32_t id)
{
	struct redo_page0 *page0 = page0_of(changes, id);
	struct redo_space *space = page0 ? find_or_insert(changes, id) : NULL;

	if (!space)
		return false;
	memset(page0, 0, sizeof(*page0));
	space->made = true;
	return true;
}

/* ---- records of pages ---- */

static bool broken(struct redo_changes *changes)
{
	changes->broken = true;
	return true;
}

/* WRITE, MEMSET and MEMMOVE start with the distance from the end of the record before. */
static bool take_write(struct redo_changes *changes, struct redo_position *position, unsigned char type,
		       const unsigned char *payload, size_t size)
{
	uint64_t value = 0;
	uint64_t length = size;
	size_t taken = redo_read_number(payload, size, &value);
	struct redo_page0 *page0;

	if (!taken || taken == size)
		return broken(changes);
	payload += taken;
	length = size -= taken;
	value += position->offset;
	if (type != WRITE) {
		taken = redo_read_number(payload, size, &length);
		payload += taken;
		size -= taken;
		if (!taken || (type == MEMSET && !size))
			return broken(changes);
	}
	if (value < 8 || value > PAGE_MAX || length > PAGE_MAX - value)
		return broken(changes);
	position->offset = (uint32_t)(value + length);
	/* no record moves those bytes of page 0 that are kept */
	if (position->page || type == MEMMOVE)
		return true;
	page0 = page0_of(changes, position->space);
	if (page0)
		set_bytes(page0, (size_t)value, payload, size, (size_t)length);
	return page0 != NULL;
}

static bool take_page_record(struct redo_changes *changes, struct redo_position *position, unsigned char type,
			     const unsigned char *payload, size_t size)
{
	switch (type) {
	case INIT_PAGE:
		position->offset = PAGE_TYPE_OFFSET;
		if (size)
			return broken(changes);
		return position->page || init_page0(changes, position->space);
	case FREE_PAGE:
		position->offset = 1;
		return size ? broken(changes) : true;
	case EXTENDED:
		position->offset = PAGE_TYPE_OFFSET;
		return size ? true : broken(changes);
	case OPTION:
		return true;
	case RESERVED:
		return broken(changes);
	default:
		return take_write(changes, position, type, payload, size);
	}
}

/* ---- records of files ---- */

static bool is_name(const struct redo_space *space, const char *name, size_t size)
{
	return space->names[0] && strlen(space->names[0]) == size && !memcmp(space->names[0], name, size);
}

static bool set_name(struct redo_space *space, const char *name, size_t size)
{
	char *copy;

	if (is_name(space, name, size))
		return true;
	copy = strndup(name, size);
	if (!copy)
		return false;
	free(space->names[1]);
	space->names[1] = space->names[0];
	space->names[0] = copy;
	return true;
}

static bool is_tablespace_name(const char *name, size_t size)
{
	return size > 4 && !memcmp(name + size - 4, ".ibd", 4);
}

/* For a rename, the new name follows the old name and a NUL. */
static bool take_name(struct redo_changes *changes, unsigned char type, uint32_t id, const char *name, size_t size)
{
	const char *nul = memchr(name, '\0', size);
	const char *last = nul ? nul + 1 : name;
	size_t first_size = nul ? (size_t)(nul - name) : size;
	size_t last_size = size - (size_t)(last - name);
	struct redo_space *space;
	bool stays_deleted;

	if ((nul != NULL) != (type == FILE_RENAME) || !is_tablespace_name(name, first_size) ||
	    !is_tablespace_name(last, last_size) || memchr(last, '\0', last_size))
		return broken(changes);
	space = find_or_insert(changes, id);
	if (!space)
		return false;
	/* 10.5 writes this record after it has deleted the file; recovery does not look for the
	 * file then */
	stays_deleted = space->deleted && type == FILE_MODIFY && is_name(space, name, size);
	if (!set_name(space, name, first_size) || !set_name(space, last, last_size))
		return false;
	space->created |= type == FILE_CREATE;
	space->deleted = stays_deleted || type == FILE_DELETE;
	return true;
}

static bool take_file_record(struct redo_changes *changes, unsigned char type, const unsigned char *payload,
			     size_t size)
{
	uint64_t id = 0;
	size_t taken = redo_read_number(payload, size, &id);

	if (!taken || id > UINT32_MAX || taken == size || payload[taken])
		return broken(changes);
	if (type == FILE_CHECKPOINT)
		return true;
	if (type > FILE_MODIFY)
		return broken(changes);
	return take_name(changes, type, (uint32_t)id, (const char *)payload + taken + 1, size - taken - 1);
}

size_t redo_read_page_id(const unsigned char *payload, size_t size, uint32_t *ret_space, uint32_t *ret_page)
{
	uint64_t space = 0;
	uint64_t page = 0;
	size_t first = redo_read_number(payload, size, &space);
	size_t second = first ? redo_read_number(payload + first, size - first, &page) : 0;

	if (!second || space > UINT32_MAX || page > UINT32_MAX)
		return SIZE_MAX;
	*ret_space = (uint32_t)space;
	*ret_page = (uint32_t)page;
	return first + second;
}

bool redo_changes_take(struct redo_changes *changes, struct redo_position *position, unsigned char type,
		       const unsigned char *payload, size_t size)
{
	struct redo_space *space;
	size_t taken = 0;

	if (type & REDO_SAME_PAGE && !position->page_known)
		return take_file_record(changes, type & 0xf0, payload, size);
	if (!(type & REDO_SAME_PAGE)) {
		*position = (struct redo_position){ .page_known = true };
		taken = redo_read_page_id(payload, size, &position->space, &position->page);
		if (taken == SIZE_MAX)
			return broken(changes);
		space = find_or_insert(changes, position->space);
		if (!space)
			return false;
		space->changed = true;
	}
	return take_page_record(changes, position, type & 0x70, payload + taken, size - taken);
}
