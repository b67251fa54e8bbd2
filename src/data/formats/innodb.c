/* SPDX-License-Identifier: MIT */
#include "data/formats/innodb.h"

#include "data/formats/bytes.h"
#include "data/formats/codec.h"

/* Offsets in page 0, after the header that every page has (fsp0fsp.h, FSP_...). */
#define SPACE_ID_OFFSET 38
#define PAGES_OFFSET 46
#define FREE_LIMIT_OFFSET 50
#define FLAGS_OFFSET 54
#define FLAG_FULL_CRC32 0x10U
#define DESCRIPTORS_OFFSET 150
#define DESCRIPTOR_STATE 20 /* in an extent descriptor (XDES_STATE, XDES_BITMAP) */
#define DESCRIPTOR_BITS 24
#define CRYPT_SIZE 33
#define CRYPT_OFFSET_FIXED 188 /* plus the extent descriptors */
#define PAGE_TYPE_FSP_HEADER 8
#define PAGE_TYPE_SYS 6
/* In an undo tablespace, a rollback segment header; in a table, the root of the first index. */
#define ROLLBACK_PAGE 3
#define PAGE_TYPE_DESCRIPTORS 9
#define DOUBLE_WRITE_MAGIC 536853855U
#define DOUBLE_WRITE_FROM_END 190 /* the magic number and two areas (trx0sys.h, TRX_SYS_DOUBLEWRITE) */
#define DOUBLE_WRITE_PAGE 5	  /* the page of the transaction system */

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

/* Reads the crypt block: magic number, type, length of the salt, salt, lowest key
 * version, key ID, encryption (fil/fil0crypt.cc, fil_space_crypt_t::write_page0). */
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
	space->key_id = be32(crypt + 28);
	space->never = crypt[32] == 2;
}

static bool is_page0(const unsigned char *page)
{
	return be32(page + PAGE_NUMBER) == 0 && be16(page + PAGE_TYPE) == PAGE_TYPE_FSP_HEADER &&
	       be32(page + PAGE_SPACE_ID) == be32(page + SPACE_ID_OFFSET);
}

/* Recognizes what MariaDB up to 10.5 writes when it creates a file: only tablespace ID,
 * flags and crypt block, until the first flush (fil/fil0fil.cc, fil_ibd_create). */
static bool is_stub(const unsigned char *page)
{
	return is_zero(page + PAGE_NUMBER, PAGE_SPACE_ID - PAGE_NUMBER) && be32(page + PAGE_SPACE_ID) &&
	       be32(page + PAGE_SPACE_ID) == be32(page + SPACE_ID_OFFSET) &&
	       is_zero(page + SPACE_ID_OFFSET + 4, FLAGS_OFFSET - SPACE_ID_OFFSET - 4);
}

bool innodb_is_system_head(const unsigned char *head, size_t size)
{
	return size >= INNODB_SYSTEM_HEAD && is_page0(head) && be32(head + PAGE_SPACE_ID) == 0;
}

enum innodb_head innodb_read_head(const unsigned char *page, size_t size, struct innodb_space *ret_space)
{
	struct innodb_space space = { 0 };

	if (is_zero(page, size))
		return INNODB_HEAD_EMPTY;
	if (size < 1024 || (!is_page0(page) && !is_stub(page)) || !read_flags(be32(page + FLAGS_OFFSET), &space) ||
	    space.page_size > size)
		return INNODB_HEAD_ALIEN;
	space.space_id = be32(page + PAGE_SPACE_ID);
	space.pages = be32(page + PAGES_OFFSET);
	space.free_limit = be32(page + FREE_LIMIT_OFFSET);
	read_crypt(page, size, &space);
	*ret_space = space;
	return INNODB_HEAD_FITS;
}

/* ---- special pages ---- */

/* A server may be writing the descriptors. Pages that are still only in the redo log
 * prove nothing. */
static bool descriptors_fit(const struct scan *scan, const struct innodb_file *file, uint32_t number)
{
	struct page page = innodb_header(file, scan->descriptors, number);
	bool are_descriptors = page.type == PAGE_TYPE_FSP_HEADER || page.type == PAGE_TYPE_DESCRIPTORS;

	return are_descriptors && (scan->rules->live || innodb_plain_fits(&page));
}

/* Reads the descriptors of all extents up to the next descriptor page. */
static void read_descriptors(struct scan *scan, const struct innodb_file *file, uint32_t number)
{
	uint32_t size = file->space.page_size;
	uint32_t first = file->paged.first_page;
	const struct source *source = number < first ? &file->head_source : &file->paged.source;
	uint64_t index = number < first ? number : number - first;

	scan->descriptors_page = number;
	scan->descriptors_known = source->file >= 0 && scan_read(scan, source, index * size, scan->descriptors, size) &&
				  be32(scan->descriptors + PAGE_NUMBER) == number &&
				  descriptors_fit(scan, file, number);
}

/* Returns true only if a descriptor says so. Descriptor pages are those whose number is a
 * multiple of the page size (used as a number of pages). */
static bool is_free(struct scan *scan, const struct page *page)
{
	const struct innodb_file *file = page->space;
	const struct innodb_space *space = &file->space;
	uint32_t number = page->number;
	uint32_t place = number % space->page_size;
	size_t at = DESCRIPTORS_OFFSET + (size_t)(place / space->extent) * space->descriptor;
	uint32_t bit = 2 * (place % space->extent);

	if (scan->descriptors_page != number - place)
		read_descriptors(scan, file, number - place);
	if (!scan->descriptors_known || at + space->descriptor > space->page_size)
		return false;
	if (be32(scan->descriptors + at + DESCRIPTOR_STATE) == 0)
		return true;
	return scan->descriptors[at + DESCRIPTOR_BITS + bit / 8] >> bit % 8 & 1;
}

/* The doublewrite areas have copies of pages of any tablespace. */
static bool in_double_write(const void *any_file, uint32_t number)
{
	const struct innodb_space *space = &((const struct innodb_file *)any_file)->space;

	for (int i = 0; i < 2; i++)
		if (space->double_write[i] && number >= space->double_write[i] &&
		    number - space->double_write[i] < space->extent)
			return true;
	return false;
}

static void find_double_write(struct scan *scan, struct innodb_file *file)
{
	struct innodb_space *space = &file->space;
	const struct source *source = file->paged.first_page ? &file->head_source : &file->paged.source;
	const unsigned char *areas = scan->page + space->page_size - DOUBLE_WRITE_FROM_END;

	if (space->space_id != 0 ||
	    !scan_read(scan, source, (uint64_t)DOUBLE_WRITE_PAGE * space->page_size, scan->page, space->page_size) ||
	    be32(areas) != DOUBLE_WRITE_MAGIC)
		return;
	space->double_write[0] = be32(areas + 4);
	space->double_write[1] = be32(areas + 8);
}

static bool holds_undo(struct scan *scan, const struct innodb_file *file)
{
	unsigned char type[2];

	return scan_read(scan, &file->paged.source, (uint64_t)ROLLBACK_PAGE * file->space.page_size + PAGE_TYPE, type,
			 sizeof(type)) &&
	       be16(type) == PAGE_TYPE_SYS;
}

/* Free pages of the system tablespace and of undo tablespaces are read by read-ahead
 * only, if at all, and no other read needs them. */
static bool is_of_a_table(struct scan *scan, const struct innodb_file *file)
{
	return file->space.space_id != 0 && !file->is_undo && !holds_undo(scan, file);
}

void innodb_open(struct scan *scan, struct innodb_file *file)
{
	static const struct page_format format = {
		.header_size = INNODB_HEADER,
		.header = innodb_header,
		.is_foreign = in_double_write,
		.cover_foreign = innodb_cover_copy,
		.holds_data = innodb_holds_data,
		.may_be_empty = innodb_may_be_empty,
		.is_empty = innodb_is_empty,
		.may_be_short = innodb_may_be_short,
		.count_rest = innodb_count_rest,
		.is_free = is_free,
		.belongs = innodb_belongs,
		.check = innodb_check,
		.plain_fits = innodb_plain_fits,
		.prove = innodb_prove,
		.has_lsn = true,
	};
	struct paged_file *paged = &file->paged;

	find_double_write(scan, file);
	paged->format = &format;
	paged->space = file;
	paged->page_size = file->space.page_size;
	paged->encrypted = file->space.has_crypt;
	paged->has_versions = file->space.full_crc32;
	paged->reads_free = is_of_a_table(scan, file);
	paged->id = file->space.key_id;
	memcpy(paged->salt, file->space.salt, sizeof(paged->salt));
}

void innodb_cover_temporary(struct scan *scan, const struct innodb_file *file, uint64_t index, uint64_t end,
			    struct coverage *coverage)
{
	const uint32_t size = file->space.page_size;
	const struct source *source = &file->paged.source;

	atomic_fetch_add_explicit(&scan->rules->bytes_done, (end - index) * size, memory_order_relaxed);
	for (; index < end; index++) {
		uint64_t data = source_next_data(source, index * size) / size;
		unsigned char header[INNODB_HEADER];
		struct page page;

		index = data > index ? data : index;
		if (index >= end || !scan_read(scan, source, index * size, header, sizeof(header)))
			break;
		page = innodb_header(file, header, (uint32_t)index);
		if (!innodb_holds_data(&page))
			continue;
		if (be32(header + PAGE_SPACE_ID) == INNODB_TEMPORARY_SPACE)
			coverage->clear += size;
		else
			coverage->encrypted += size;
	}
}
