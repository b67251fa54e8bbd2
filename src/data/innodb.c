/* SPDX-License-Identifier: MIT */
#include "data/innodb.h"

#include "data/bytes.h"
#include "data/codec.h"
#include "data/innodb_page.h"

#define FLAGS_OFFSET 54
#define FLAG_FULL_CRC32 0x10U
#define DESCRIPTORS_OFFSET 150
#define CRYPT_SIZE 33
#define CRYPT_OFFSET_FIXED 188 /* plus the extent descriptors */
#define PAGE_TYPE_FSP_HEADER 8
#define DOUBLE_WRITE_MAGIC 536853855U
#define DOUBLE_WRITE_PAGE 5 /* that of the transaction system */

/* ---- page 0 ---- */

static bool set_extent(struct innodb_space *space)
{
	switch (space->logical_size) {
	case 4096:
		space->extent = 256;
		space->descriptor = 88;
		return true;
	case 8192:
		space->extent = 128;
		space->descriptor = 56;
		return true;
	case 16384:
	case 32768:
	case 65536:
		space->extent = 64;
		space->descriptor = 40;
		return true;
	default:
		return false;
	}
}

static bool read_flags(uint32_t flags, struct innodb_space *space)
{
	uint32_t size_shift = (flags & FLAG_FULL_CRC32 ? flags : flags >> 6) & 15;
	uint32_t zip_shift = flags >> 1 & 15;

	space->full_crc32 = flags & FLAG_FULL_CRC32;
	if (space->full_crc32) {
		if (flags >> 8)
			return false;
		space->codec = flags >> 5 & 7;
		zip_shift = 0;
	} else if (!size_shift) {
		size_shift = 5;
	}
	if (space->codec > CODEC_LAST || size_shift < 3 || size_shift > 7 || zip_shift > 5)
		return false;
	space->logical_size = 512U << size_shift;
	space->zipped = zip_shift;
	space->page_size = zip_shift ? 512U << zip_shift : space->logical_size;
	return space->page_size <= space->logical_size && set_extent(space);
}

static void read_crypt(const unsigned char *page, size_t size, struct innodb_space *space)
{
	static const unsigned char magic[] = { 0x73, 0x0e, 0x0c, 0x52, 0x45, 0x74 };
	size_t offset = CRYPT_OFFSET_FIXED + (size_t)space->descriptor * space->page_size / space->extent;
	const unsigned char *crypt = page + offset;

	if (offset + CRYPT_SIZE > size || memcmp(crypt, magic, sizeof(magic)) || crypt[7] != CIPHER_BLOCK)
		return;
	space->has_crypt = true;
	space->encrypted = crypt[6] == 1;
	memcpy(space->salt, crypt + 8, CIPHER_BLOCK);
	space->min_version = be32(crypt + 24);
	space->key_id = be32(crypt + 28);
	space->never = crypt[32] == 2;
}

enum innodb_head innodb_read_head(const unsigned char *page, size_t size, struct innodb_space *ret_space)
{
	struct innodb_space space = { 0 };

	if (is_zero(page, size))
		return INNODB_HEAD_EMPTY;
	if (size < 1024 || be32(page + 4) != 0 || be16(page + 24) != PAGE_TYPE_FSP_HEADER ||
	    be32(page + 34) != be32(page + 38) || !read_flags(be32(page + FLAGS_OFFSET), &space) ||
	    space.page_size > size)
		return INNODB_HEAD_ALIEN;
	space.space_id = be32(page + 34);
	read_crypt(page, size, &space);
	*ret_space = space;
	return INNODB_HEAD_FITS;
}

/* ---- which pages are free ---- */

/* The descriptors that are in page numbers of a multiple of the page size (as a
 * count), for so many pages. */
struct descriptors {
	uint32_t page; /* that holds them */
	bool known;
	unsigned char bytes[SCAN_PAGE_MAX];
};

static void read_descriptors(const struct innodb_file *file, uint32_t page, struct descriptors *descriptors)
{
	const struct source *source = page < file->first_page ? &file->head_source : &file->source;
	uint64_t index = page < file->first_page ? page : page - file->first_page;
	uint32_t size = file->space.page_size;

	descriptors->page = page;
	descriptors->known = source->file >= 0 && (page >= file->first_page || page == 0) &&
			     source_read_all(source, index * size, descriptors->bytes, size);
}

/* True only where a descriptor says so. */
static bool is_free(const struct innodb_file *file, uint32_t number, struct descriptors *descriptors)
{
	const struct innodb_space *space = &file->space;
	uint32_t home = number - number % space->page_size;
	uint32_t place = number % space->page_size;
	size_t at = DESCRIPTORS_OFFSET + (size_t)(place / space->extent) * space->descriptor;
	uint32_t bit = 2 * (place % space->extent);

	if (descriptors->page != home)
		read_descriptors(file, home, descriptors);
	if (!descriptors->known || at + space->descriptor > space->page_size)
		return false;
	if (be32(descriptors->bytes + at + 20) == 0)
		return true;
	return descriptors->bytes[at + 24 + bit / 8] >> bit % 8 & 1;
}

void innodb_find_double_write(struct scan *scan, struct innodb_file *file)
{
	struct innodb_space *space = &file->space;
	const struct source *source = file->first_page ? &file->head_source : &file->source;
	const unsigned char *areas = scan->page + space->page_size - 200 + 10;

	if (space->space_id != 0 ||
	    !source_read_all(source, (uint64_t)DOUBLE_WRITE_PAGE * space->page_size, scan->page, space->page_size) ||
	    be32(areas) != DOUBLE_WRITE_MAGIC)
		return;
	space->double_write[0] = be32(areas + 4);
	space->double_write[1] = be32(areas + 8);
}

static bool in_double_write(const struct innodb_space *space, uint32_t number)
{
	for (int i = 0; i < 2; i++)
		if (space->double_write[i] && number >= space->double_write[i] &&
		    number - space->double_write[i] < space->extent)
			return true;
	return false;
}

/* ---- the pages ---- */

static enum page_outcome judge_once(struct scan *scan, const struct innodb_page *page, struct key_use *use,
				    struct evidence *evidence)
{
	enum innodb_integrity integrity = innodb_check(page);
	struct local_page local = {
		.id = page->space->key_id,
		.version = page->version,
		.salt = page->space->salt,
		.intact = integrity == INNODB_INTACT && page->space->full_crc32,
		.prove = innodb_prove,
		.page = page,
	};

	if (integrity == INNODB_BROKEN || be32(page->bytes + 4) != page->number)
		return PAGE_DAMAGED;
	return scan_local_page(scan, &local, use, evidence);
}

static bool is_bad(enum page_outcome outcome)
{
	return outcome == PAGE_DAMAGED || outcome == PAGE_REFUTED || outcome == PAGE_REFUTED_INTACT;
}

/* A page that does not fit is read again: it may have been in the middle of a
 * write. bytes is scan->page, or is copied there. */
static enum page_outcome judge_encrypted(struct scan *scan, const struct innodb_file *file, struct innodb_page *page,
					 struct key_use *use, struct evidence *evidence)
{
	enum page_outcome outcome = judge_once(scan, page, use, evidence);
	uint64_t offset = (uint64_t)(page->number - file->first_page) * file->space.page_size;
	bool changed = false;

	for (int i = 0; i < 5 && is_bad(outcome); i++) {
		if (page->bytes != scan->page)
			memcpy(scan->page, page->bytes, file->space.page_size);
		scan_pause(scan);
		if (!source_read_all(&file->source, offset, scan->again, file->space.page_size))
			return PAGE_BUSY;
		if (!memcmp(scan->page, scan->again, file->space.page_size) && (i || !scan->rules->live))
			break;
		changed |= memcmp(scan->page, scan->again, file->space.page_size) != 0;
		memcpy(scan->page, scan->again, file->space.page_size);
		*page = innodb_page_header(&file->space, scan->page, page->number);
		if (page->version != use->version)
			return PAGE_BUSY;
		outcome = judge_once(scan, page, use, evidence);
	}
	return is_bad(outcome) && changed ? PAGE_BUSY : outcome;
}

static bool plain_page_is_sound(struct scan *scan, const struct innodb_file *file, const unsigned char *bytes,
				uint64_t index)
{
	uint32_t size = file->space.page_size;
	bool fits = innodb_plain_page_fits(&file->space, bytes);

	for (int i = 0; i < 3 && !fits; i++) {
		scan_pause(scan);
		if (!source_read_all(&file->source, index * size, scan->again, size))
			return true;
		fits = innodb_plain_page_fits(&file->space, scan->again);
		if (!scan->rules->live)
			break;
	}
	return fits;
}

/* bytes: the whole page, or NULL in a run that reads headers only. */
static struct fault count_plain(struct scan *scan, const struct innodb_file *file, const unsigned char *bytes,
				uint64_t index, struct evidence *evidence)
{
	evidence->plain++;
	/* page 0 holds what all others need */
	if (!bytes && index == 0 && file->first_page == 0) {
		if (!source_read_all(&file->source, 0, scan->page, file->space.page_size))
			return fault_none();
		bytes = scan->page;
	}
	if (!bytes || plain_page_is_sound(scan, file, bytes, index))
		return fault_none();
	if (!evidence->plain_damaged++)
		evidence->first_bad = index;
	return fault_none();
}

static struct fault look_at_encrypted(struct scan *scan, const struct innodb_file *file, struct innodb_page *page,
				      bool whole, bool free_page, struct evidence *evidence)
{
	struct key_use *use = evidence_use(evidence, file->space.key_id, page->version);
	uint64_t offset = (uint64_t)(page->number - file->first_page) * file->space.page_size;

	if (!use) {
		evidence->overflow++;
		return fault_none();
	}
	if (free_page)
		use->residual++;
	else
		use->pages++;
	if ((free_page && !scan->rules->full) || !scan_samples(scan, use, page->number))
		return fault_none();
	if (!whole) {
		if (!source_read_all(&file->source, offset, scan->page, file->space.page_size)) {
			key_use_count(use, PAGE_BUSY, page->number);
			return fault_none();
		}
		*page = innodb_page_header(&file->space, scan->page, page->number);
		if (page->version != use->version) {
			key_use_count(use, PAGE_BUSY, page->number);
			return fault_none();
		}
	}
	if (free_page) {
		if (innodb_check(page) == INNODB_BROKEN)
			key_use_count(use, PAGE_DAMAGED, page->number);
		return fault_none();
	}
	key_use_count(use, judge_encrypted(scan, file, page, use, evidence), page->number);
	return fault_none();
}

/* bytes: the header, or the whole page when whole. */
static struct fault look_at_page(struct scan *scan, const struct innodb_file *file, const unsigned char *bytes,
				 bool whole, uint64_t index, struct descriptors *descriptors, struct evidence *evidence)
{
	uint32_t number = file->first_page + (uint32_t)index;
	struct innodb_page page = innodb_page_header(&file->space, bytes, number);

	evidence->pages++;
	if (in_double_write(&file->space, number))
		return fault_none();
	if (!page.version || !file->space.has_crypt)
		return count_plain(scan, file, whole ? bytes : NULL, index, evidence);
	return look_at_encrypted(scan, file, &page, whole, is_free(file, number, descriptors), evidence);
}

static struct fault scan_whole_pages(struct scan *scan, const struct innodb_file *file, uint64_t index, uint64_t end,
				     struct descriptors *descriptors, struct evidence *evidence)
{
	uint32_t size = file->space.page_size;

	while (index < end) {
		uint64_t wanted = (end - index) * size < SCAN_BULK ? (end - index) * size : SCAN_BULK;
		size_t got = 0;
		struct fault fault = source_read(&file->source, index * size, scan->bulk, wanted, &got);

		for (size_t at = 0; !fault.code && at + size <= got; at += size, index++)
			fault = look_at_page(scan, file, scan->bulk + at, true, index, descriptors, evidence);
		atomic_fetch_add_explicit(&scan->rules->bytes_done, got, memory_order_relaxed);
		if (fault.code || got < wanted)
			return fault;
	}
	return fault_none();
}

static struct fault scan_headers(struct scan *scan, const struct innodb_file *file, uint64_t index, uint64_t end,
				 struct descriptors *descriptors, struct evidence *evidence)
{
	uint32_t size = file->space.page_size;
	unsigned char header[INNODB_HEADER];

	for (; index < end; index++) {
		size_t got = 0;
		struct fault fault = source_read(&file->source, index * size, header, sizeof(header), &got);

		if (!fault.code && got == sizeof(header))
			fault = look_at_page(scan, file, header, false, index, descriptors, evidence);
		if (fault.code || got < sizeof(header))
			return fault;
		atomic_fetch_add_explicit(&scan->rules->bytes_done, size, memory_order_relaxed);
	}
	return fault_none();
}

struct fault innodb_scan(struct scan *scan, const struct innodb_file *file, uint64_t index, uint64_t end,
			 struct evidence *evidence)
{
	struct descriptors descriptors = { .page = UINT32_MAX };

	if (scan->rules->full)
		return scan_whole_pages(scan, file, index, end, &descriptors, evidence);
	return scan_headers(scan, file, index, end, &descriptors, evidence);
}
