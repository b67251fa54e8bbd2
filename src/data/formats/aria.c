/* SPDX-License-Identifier: MIT */
#include "data/formats/aria.h"

#include "data/formats/bytes.h"

#include <zlib.h>

#define OPTION_TEMPORARY 0x0010
#define FILE_TYPE_PAGED 3 /* BLOCK_RECORD */
#define EXTRA_ENCRYPTED 1
#define CRYPT_SIZE 22U /* type, length, space ID, salt */
#define CRYPT_SCHEME 1
#define CRYPT_LENGTH 20

#define CRC_SIZE 4U
#define NO_CRC 0xfffffffeU /* this value and the next: the page has no checksum */

enum page_type { TYPE_UNALLOCATED, TYPE_HEAD, TYPE_TAIL, TYPE_BLOB, TYPE_INDEX = 256, TYPE_BITMAP };

/* ---- the header of the index file ---- */

/* Returns the offset of the crypt block, the last part of the header. */
static size_t crypt_offset(const unsigned char *head)
{
	size_t base = be16(head + 12);
	size_t keys = head[18];
	size_t uniques = head[19];
	size_t parts = (size_t)be16(head + 14) + be16(head + 16);
	size_t fields = be16(head + base + 80);

	return base + be16(head + 10) + 12 * keys + 4 * uniques + 18 * parts + 22 * fields;
}

static bool read_crypt(const unsigned char *head, size_t size, struct aria_table *table)
{
	size_t at = crypt_offset(head);
	size_t length = be16(head + 6);
	const unsigned char *crypt = head + at;

	if (!table->paged || at + CRYPT_SIZE != length || length > size || crypt[0] != CRYPT_SCHEME ||
	    crypt[1] != CRYPT_LENGTH ||
	    table->key_start != (length + table->block_size - 1) / table->block_size * table->block_size)
		return false;
	table->encrypted = true;
	table->space = le32(crypt + 2);
	memcpy(table->salt, crypt + 6, CIPHER_BLOCK);
	return true;
}

bool aria_read_head(const unsigned char *head, size_t size, struct aria_table *ret_table)
{
	static const unsigned char magic[] = { 0xfe, 0xfe, 0x09, 0x03 };
	struct aria_table table = { 0 };
	size_t base;

	if (size < 128 || memcmp(head, magic, sizeof(magic)))
		return false;
	base = be16(head + 12);
	if (base + 108 > size)
		return false;
	table.temporary = be16(head + 4) & OPTION_TEMPORARY;
	table.paged = head[22] == FILE_TYPE_PAGED;
	table.key_start = be64(head + base + 16);
	table.block_size = be16(head + base + 100);
	table.transactional = head[base + 106];
	if (table.block_size < 1024 || table.block_size & (table.block_size - 1))
		return false;
	if (be16(head + base + 90) & EXTRA_ENCRYPTED) {
		if (!read_crypt(head, size, &table))
			return false;
	} else if (crypt_offset(head) + CRYPT_SIZE == be16(head + 6)) {
		/* there is a crypt block anyway */
		return false;
	}
	*ret_table = table;
	return true;
}

/* ---- pages ---- */

static const struct aria_table *table_of(const struct page *page)
{
	return &((const struct aria_file *)page->space)->table;
}

static bool is_bitmap(const struct aria_table *table, uint32_t number)
{
	return number % (16 * ((table->block_size - CRC_SIZE) / 6) + 1) == 0;
}

/* Reads the first 7 bytes: the log file's number and the offset in it, both
 * little-endian. They are noise if the table is not transactional. */
static uint64_t read_lsn(const unsigned char *bytes)
{
	uint64_t file = bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16;

	return file << 32 | le32(bytes + 3);
}

static struct page index_header(const void *file, const unsigned char *bytes, uint32_t number)
{
	const struct aria_table *table = &((const struct aria_file *)file)->table;
	struct page page = {
		.space = file,
		.bytes = bytes,
		.number = number,
		.type = TYPE_INDEX,
		.head = table->transactional ? 21 : 15,
		.lsn = read_lsn(bytes),
	};

	page.version = le32(bytes + page.head - 8);
	return page;
}

static struct page data_header(const void *file, const unsigned char *bytes, uint32_t number)
{
	const struct aria_table *table = &((const struct aria_file *)file)->table;
	struct page page = {
		.space = file,
		.bytes = bytes,
		.number = number,
		.type = is_bitmap(table, number) ? TYPE_BITMAP : bytes[7] & 7U,
		.lsn = read_lsn(bytes),
	};

	switch (page.type) {
	case TYPE_UNALLOCATED:
	case TYPE_HEAD:
	case TYPE_TAIL:
		page.head = 16;
		break;
	case TYPE_BLOB:
		page.head = 12;
		break;
	default:
		return page;
	}
	page.version = le32(bytes + page.head - 4);
	return page;
}

/* A freed page keeps its old content. REPAIR and OPTIMIZE TABLE read it (10.11, 11.8). */
static bool is_free(struct scan *scan, const struct page *page)
{
	(void)scan;
	return page->type == TYPE_UNALLOCATED;
}

/* Returns the end of the bytes that are encrypted and covered by the checksum, or 0 if it
 * is invalid. */
static uint32_t used_end(const struct page *page)
{
	uint32_t end = table_of(page)->block_size - CRC_SIZE;
	uint32_t used;

	if (page->type != TYPE_INDEX)
		return end;
	used = be16(page->bytes + page->head - 2);
	return used < page->head || used > end ? 0 : used;
}

/* zlib's CRC-32, starting with the page number. Two values mean that there is no
 * checksum; they are never used as one. */
static bool crc_fits(const struct page *page, const unsigned char *bytes, uint32_t end)
{
	uint32_t stored = le32(page->bytes + table_of(page)->block_size - CRC_SIZE);
	uint32_t crc = (uint32_t)crc32(page->number, bytes, end);

	return stored == (crc >= NO_CRC ? NO_CRC - 1 : crc);
}

/* There is no checksum of the bytes on disk. */
static enum page_integrity check(const struct page *page)
{
	return used_end(page) ? PAGE_PLAUSIBLE : PAGE_BROKEN;
}

static bool plain_fits(const struct page *page)
{
	uint32_t size = table_of(page)->block_size;
	uint32_t end = used_end(page);

	if (is_zero(page->bytes, size) || le32(page->bytes + size - CRC_SIZE) >= NO_CRC)
		return true;
	return end && crc_fits(page, page->bytes, end);
}

static enum page_proof prove(struct scan *scan, enum data_cipher cipher, const void *any_page)
{
	const struct page *page = any_page;
	uint32_t end = used_end(page);
	uint32_t version_at = page->head - (page->type == TYPE_INDEX ? 8 : 4);
	struct ciphertext text = { .data = page->bytes + page->head, .size = end - page->head };

	if (!end)
		return PROOF_NO;
	put_le32(text.iv, table_of(page)->space);
	put_le32(text.iv + 4, page->number);
	put_le64(text.iv + 8, page->lsn);
	memcpy(scan->plain, page->bytes, page->head);
	memset(scan->plain + version_at, 0, 4);
	prover_decrypt(scan->prover, cipher, &text, 0, text.size, scan->plain + page->head);
	return crc_fits(page, scan->plain, end) ? PROOF_YES : PROOF_NO;
}

static bool holds_data(const struct page *page)
{
	return page->type != TYPE_BITMAP && !is_zero(page->bytes, page->head);
}

/* The server encrypts an index page only up to the end of its keys. What follows, up to the checksum,
 * is from its memory: other encrypted pages, or clear text (storage/maria/ma_crypt.c,
 * ma_crypt_index_pre_write_hook). Bytes that only fill the page do not count. */
static uint32_t count_rest(const struct page *page)
{
	const uint32_t used = used_end(page);
	uint32_t end = table_of(page)->block_size - CRC_SIZE;
	unsigned char last = page->bytes[end - 1];

	while (end > used && page->bytes[end - 1] == last && (last == 0 || last == 0xff))
		end--;
	return end - used;
}

void aria_open(struct aria_file *file, const struct keyfile *keyfile)
{
	static const struct page_format index_format = {
		.header_size = 24,
		.header = index_header,
		.check = check,
		.plain_fits = plain_fits,
		.holds_data = holds_data,
		.count_rest = count_rest,
		.prove = prove,
	};
	static const struct page_format data_format = {
		.header_size = 16,
		.header = data_header,
		.is_free = is_free,
		.writes_free = true,
		.check = check,
		.plain_fits = plain_fits,
		.holds_data = holds_data,
		.prove = prove,
	};
	struct paged_file *paged = &file->paged;
	size_t count;
	bool has_temporary_key = keyfile && keyfile_find(keyfile, KEY_ID_TEMPORARY, &count);

	paged->format = file->is_index ? &index_format : &data_format;
	paged->space = file;
	paged->page_size = file->table.block_size;
	paged->skipped = file->is_index ? (uint32_t)(file->table.key_start / file->table.block_size) : 0;
	paged->encrypted = file->table.encrypted;
	paged->reads_free = !file->is_index;
	paged->id = file->table.temporary && has_temporary_key ? KEY_ID_TEMPORARY : KEY_ID_SYSTEM;
	memcpy(paged->salt, file->table.salt, sizeof(paged->salt));
}
