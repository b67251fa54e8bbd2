/* SPDX-License-Identifier: MIT */
#include "data/formats/innodb_page.h"

#include "data/formats/bytes.h"
#include "data/formats/codec.h"
#include "data/formats/crc32c.h"

#include <zlib.h>

enum page_type {
	TYPE_ALLOCATED = 0,
	TYPE_INODE = 3,
	TYPE_FSP_HEADER = 8,
	TYPE_DESCRIPTORS = 9,
	TYPE_RTREE = 17854,
	TYPE_INDEX = 17855,
	TYPE_COMPRESSED = 34354,
	TYPE_COMPRESSED_ENCRYPTED = 37401,
};

#define TYPE_COMPRESSED_BIT 0x8000U /* full_crc32: the other bits are the size in units of 256 bytes */
#define NO_CHECKSUM 0xdeadbeefU	    /* innodb_checksum_algorithm=none */
#define INODE_MAGIC 97937874U
#define INODE_FIRST 110U /* offset of the first entry's magic number */
#define PAGE_TRX_SYS 5U	 /* of the system tablespace: never encrypted */

static const struct innodb_space *space_of(const struct page *page)
{
	return &((const struct innodb_file *)page->space)->space;
}

static bool never_encrypted(const struct page *page)
{
	return page->number == 0 || page->type == TYPE_FSP_HEADER || page->type == TYPE_DESCRIPTORS ||
	       (space_of(page)->space_id == 0 && page->number == PAGE_TRX_SYS);
}

struct page innodb_header(const void *file, const unsigned char *bytes, uint32_t number)
{
	bool full_crc32 = ((const struct innodb_file *)file)->space.full_crc32;
	struct page page = {
		.space = file,
		.bytes = bytes,
		.number = number,
		.type = be16(bytes + PAGE_TYPE),
		.version = be32(bytes + (full_crc32 ? 0 : PAGE_KEY_VERSION)),
		.lsn = be64(bytes + PAGE_LSN),
	};

	if (never_encrypted(&page) || (!full_crc32 && page.type == TYPE_COMPRESSED))
		page.version = 0;
	return page;
}

/* ---- checksums ---- */

/* Returns the used bytes of a full_crc32 page, or 0 if the size is invalid. */
static uint32_t full_crc32_size(const struct page *page)
{
	uint32_t size;

	if (!(page->type & TYPE_COMPRESSED_BIT) || page->number == 0)
		return space_of(page)->page_size;
	size = (page->type & ~TYPE_COMPRESSED_BIT) << 8;
	return size && size < space_of(page)->page_size ? size : 0;
}

/* After a compressed page there may be the end of a longer page that it replaced. */
static bool full_crc32_fits(const struct page *page)
{
	uint32_t size = full_crc32_size(page);

	return size && be32(page->bytes + size - 4) == crc32c(0, page->bytes, size - 4);
}

static uint32_t crc_over(const unsigned char *bytes, size_t from, size_t end)
{
	return crc32c(0, bytes + from, end - from);
}

/* The checksum of an encrypted page in the old format, over the bytes on disk. */
static uint32_t old_crc(const struct innodb_space *space, const unsigned char *bytes)
{
	if (space->zipped)
		return crc_over(bytes, 4, 16) ^ crc_over(bytes, 24, 26) ^ crc_over(bytes, 34, space->page_size);
	return crc_over(bytes, 4, 26) ^ crc_over(bytes, 38, space->page_size - 8);
}

static uint32_t fold(const unsigned char *bytes, size_t from, size_t end)
{
	uint32_t folded = 0;

	for (size_t i = from; i < end; i++)
		folded = ((((folded ^ bytes[i] ^ 1653893711U) << 8) + folded) ^ 1463735687U) + bytes[i];
	return folded;
}

/* The checksum of innodb_checksum_algorithm=innodb. */
static uint32_t old_innodb_checksum(const struct innodb_space *space, const unsigned char *bytes)
{
	uLong adler = 0;

	if (!space->zipped)
		return fold(bytes, 4, 26) + fold(bytes, 38, space->page_size - 8);
	adler = adler32(adler, bytes + 4, 12);
	adler = adler32(adler, bytes + 24, 2);
	return (uint32_t)adler32(adler, bytes + 34, space->page_size - 34);
}

/* Checks the checksum over the plain text of a page in the old format. */
static enum page_proof old_checksum_fits(const struct innodb_space *space, const unsigned char *bytes)
{
	uint32_t stored = be32(bytes);
	uint32_t trailer = be32(bytes + space->page_size - 8);

	if (stored == NO_CHECKSUM)
		return PROOF_NONE;
	if (stored == old_crc(space, bytes) && (space->zipped || stored == trailer))
		return PROOF_YES;
	return stored == old_innodb_checksum(space, bytes) ? PROOF_YES : PROOF_NO;
}

/* A page that was never written is zero. */
bool innodb_plain_fits(const struct page *page)
{
	const struct innodb_space *space = space_of(page);

	if (is_zero(page->bytes, space->page_size))
		return true;
	if (space->full_crc32)
		return full_crc32_fits(page);
	if (page->type == TYPE_COMPRESSED)
		return true;
	/* the type says encrypted, but there is no key version */
	if (page->type == TYPE_COMPRESSED_ENCRYPTED && !space->zipped && !page->version)
		return false;
	return old_checksum_fits(space, page->bytes) != PROOF_NO;
}

/* Checks the bytes that the checksum of an encrypted page in the old format does not cover. */
static bool rest_is_plausible(const struct page *page)
{
	const struct innodb_space *space = space_of(page);

	if (be32(page->bytes + PAGE_SPACE_ID) != space->space_id)
		return false;
	return space->full_crc32 || space->zipped || page->type == TYPE_COMPRESSED ||
	       page->type == TYPE_COMPRESSED_ENCRYPTED ||
	       be32(page->bytes + space->page_size - 4) == (uint32_t)page->lsn;
}

/* The checksum is that of a page in the old format with zeros after the payload. On disk,
 * the end of a longer page that it replaced may follow instead. */
static bool old_compressed_is_plausible(const struct page *page)
{
	static const unsigned char zeros[SCAN_PAGE_MAX];
	const unsigned char *bytes = page->bytes;
	uint32_t size = space_of(page)->page_size;
	uint32_t checked = size - 8;
	uint32_t end = 42U + be16(bytes + 38);
	uint32_t crc;

	if (be32(bytes) != NO_CHECKSUM || end > size)
		return false;
	crc = crc_over(bytes, 38, end < checked ? end : checked);
	if (end < checked)
		crc = crc32c(crc, zeros, checked - end);
	return be32(bytes + PAGE_CRYPT_CHECKSUM) == (crc_over(bytes, 4, 26) ^ crc);
}

enum page_integrity innodb_check(const struct page *page)
{
	const struct innodb_space *space = space_of(page);

	if (be32(page->bytes + PAGE_NUMBER) != page->number)
		return PAGE_BROKEN;
	if (space->full_crc32)
		return full_crc32_fits(page) ? PAGE_INTACT : PAGE_BROKEN;
	if (!rest_is_plausible(page))
		return PAGE_BROKEN;
	if (!space->zipped && page->type == TYPE_COMPRESSED_ENCRYPTED)
		return old_compressed_is_plausible(page) ? PAGE_PLAUSIBLE : PAGE_BROKEN;
	return be32(page->bytes + PAGE_CRYPT_CHECKSUM) == old_crc(space, page->bytes) ? PAGE_PLAUSIBLE : PAGE_BROKEN;
}

/* In full_crc32, the space ID of a compressed page is part of the compressed data. */
bool innodb_belongs(const struct page *page)
{
	const struct innodb_space *space = space_of(page);

	if (is_zero(page->bytes, space->page_size))
		return true;
	if (be32(page->bytes + PAGE_NUMBER) != page->number)
		return false;
	return (space->full_crc32 && page->type & TYPE_COMPRESSED_BIT && page->number) || rest_is_plausible(page);
}

/* ---- what is in clear text ---- */

/* A page that was never written is zero. */
bool innodb_holds_data(const struct page *page)
{
	return !never_encrypted(page) && !is_zero(page->bytes, INNODB_HEADER);
}

/* A page that was allocated but not used has a header and a checksum (for example, page 4 of the
 * system tablespace in 11.8). */
bool innodb_may_be_empty(const struct page *page)
{
	return page->type == TYPE_ALLOCATED;
}

bool innodb_is_empty(const struct page *page)
{
	return is_zero(page->bytes + INNODB_HEADER, space_of(page)->page_size - INNODB_HEADER - 8);
}

bool innodb_may_be_short(const struct page *page)
{
	const struct innodb_space *space = space_of(page);

	return space->full_crc32 ? page->type & TYPE_COMPRESSED_BIT
				 : page->type == TYPE_COMPRESSED_ENCRYPTED && !space->zipped;
}

uint32_t innodb_count_rest(const struct page *page)
{
	const struct innodb_space *space = space_of(page);
	uint32_t used = space->full_crc32 ? full_crc32_size(page) : 42U + be16(page->bytes + 38);
	uint32_t end = space->page_size;

	while (end > used && !page->bytes[end - 1])
		end--;
	return used && end > used ? end - used : 0;
}

/* Whether the bytes are a page of a tablespace in this format: its number may be any. */
static bool is_page_in(const struct innodb_file *file, const unsigned char *bytes, struct page *ret_page)
{
	*ret_page = innodb_header(file, bytes, be32(bytes + PAGE_NUMBER));
	if (file->space.full_crc32)
		return full_crc32_fits(ret_page);
	if (!ret_page->version)
		return ret_page->type == TYPE_COMPRESSED || old_checksum_fits(&file->space, bytes) == PROOF_YES;
	if (!file->space.zipped && ret_page->type == TYPE_COMPRESSED_ENCRYPTED)
		return old_compressed_is_plausible(ret_page);
	return be32(bytes + PAGE_CRYPT_CHECKSUM) == old_crc(&file->space, bytes);
}

/* The copy of a compressed page is shorter. The copy has no space ID that could be trusted, so
 * any tablespace but the first is assumed, whose pages of some types are never encrypted. */
void innodb_cover_copy(const void *any_file, const unsigned char *bytes, struct coverage *coverage)
{
	const struct innodb_space *space = &((const struct innodb_file *)any_file)->space;
	struct innodb_file file = { .space = { .space_id = 1, .full_crc32 = true, .page_size = space->page_size } };
	struct page page;
	bool found;

	if (is_zero(bytes, space->page_size))
		return;
	found = is_page_in(&file, bytes, &page);
	file.space.full_crc32 = false;
	found = found || is_page_in(&file, bytes, &page);
	file.space.zipped = true;
	for (; !found && file.space.page_size >= 1024; file.space.page_size /= 2)
		found = is_page_in(&file, bytes, &page);
	if (!found)
		coverage->unknown += space->page_size;
	else if (page.version)
		coverage->encrypted += space->page_size;
	else if (innodb_holds_data(&page))
		coverage->clear += space->page_size;
}

bool innodb_is_page_of(const struct innodb_file *file, const unsigned char *bytes)
{
	struct page page = innodb_header(file, bytes, be32(bytes + PAGE_NUMBER));

	return page.version ? innodb_check(&page) != PAGE_BROKEN : innodb_plain_fits(&page) && innodb_belongs(&page);
}

/* ---- proof ---- */

/* Describes the bytes from from up to end, with the IV: space ID, page number and LSN,
 * little-endian. */
static struct ciphertext ciphertext_of(const struct page *page, size_t from, size_t end)
{
	struct ciphertext text = { .data = page->bytes + from, .size = end - from };

	put_le32(text.iv, space_of(page)->space_id);
	put_le32(text.iv + 4, page->number);
	put_le64(text.iv + 8, page->lsn);
	return text;
}

/* Whether the decompressed page has the header on disk, except for its type. */
static bool is_header_of(const unsigned char *bytes, const struct page *page)
{
	return !memcmp(bytes + PAGE_PREVIOUS, page->bytes + PAGE_PREVIOUS, 8) &&
	       be32(bytes + PAGE_NUMBER) == page->number && be64(bytes + PAGE_LSN) == page->lsn &&
	       be32(bytes + PAGE_SPACE_ID) == space_of(page)->space_id;
}

/* The plain text has no checksum. The space ID in the first block and the low half of the
 * LSN in the last block are checked instead. */
static enum page_proof prove_full_crc32(struct scan *scan, enum data_cipher cipher, const struct page *page)
{
	struct ciphertext text = ciphertext_of(page, PAGE_KEY_VERSION, space_of(page)->page_size - 4);
	size_t last = (text.size - 4) / CIPHER_BLOCK * CIPHER_BLOCK;
	unsigned char *plain = scan->plain;

	prover_decrypt(scan->prover, cipher, &text, 0, CIPHER_BLOCK, plain);
	if (be32(plain + 8) != space_of(page)->space_id || (page->type != TYPE_RTREE && !is_zero(plain, 8)))
		return PROOF_NO;
	prover_decrypt(scan->prover, cipher, &text, last, text.size, plain);
	return be32(plain + (text.size - 4 - last)) == (uint32_t)page->lsn ? PROOF_YES : PROOF_NO;
}

/* Returns the end of the compressed bytes that start at plain[0] and have size bytes with
 * padding, or 0 if there is none. Streams that do not mark their own end are followed by
 * a byte for that, before the checksum. */
static size_t compressed_end(const unsigned char *plain, size_t size, unsigned int codec)
{
	size_t end = size - 1;
	unsigned char byte = plain[end];

	if (codec_ends_itself(codec))
		return size;
	if (byte)
		end = end + byte < 256 ? 0 : end + byte - 256;
	return end;
}

static enum page_proof prove_decompressed(struct scan *scan, const struct page *page, unsigned int codec, size_t size)
{
	size_t logical = space_of(page)->logical_size;

	if (!codec_is_available(codec)) {
		scan->missing_codec = codec;
		return PROOF_NONE;
	}
	if (!size || !codec_decompress(codec, scan->plain, size, scan->inflated, logical) ||
	    !is_header_of(scan->inflated, page))
		return PROOF_NO;
	/* full_crc32 has a checksum of the bytes on disk */
	return space_of(page)->full_crc32 || old_checksum_fits(space_of(page), scan->inflated) != PROOF_NO ? PROOF_YES
													   : PROOF_NO;
}

static enum page_proof prove_full_crc32_compressed(struct scan *scan, enum data_cipher cipher, const struct page *page)
{
	uint32_t size = full_crc32_size(page);
	struct ciphertext text;

	if (!size)
		return PROOF_NO;
	text = ciphertext_of(page, PAGE_KEY_VERSION, size - 4);
	prover_decrypt(scan->prover, cipher, &text, 0, text.size, scan->plain);
	return prove_decompressed(scan, page, space_of(page)->codec,
				  compressed_end(scan->plain, text.size, space_of(page)->codec));
}

static enum page_proof prove_old_compressed(struct scan *scan, enum data_cipher cipher, const struct page *page)
{
	uint32_t size = be16(page->bytes + 38);
	unsigned int codec = be16(page->bytes + 40);
	struct ciphertext text;

	if (!size || size > space_of(page)->page_size - 42 || codec == CODEC_NONE || codec > CODEC_LAST)
		return PROOF_NO;
	text = ciphertext_of(page, 42, 42 + size);
	prover_decrypt(scan->prover, cipher, &text, 0, size, scan->plain);
	return prove_decompressed(scan, page, codec, size);
}

static bool has_records_of_index(const unsigned char *bytes)
{
	return (!memcmp(bytes + 99, "infimum", 7) && !memcmp(bytes + 112, "supremum", 8)) ||
	       (!memcmp(bytes + 101, "infimum", 7) && !memcmp(bytes + 116, "supremum", 8));
}

static bool has_inode(const struct innodb_space *space, const unsigned char *bytes)
{
	size_t step = 64 + (size_t)2 * space->extent;

	for (size_t at = INODE_FIRST; at + 4 <= space->page_size - 8; at += step)
		if (be32(bytes + at) == INODE_MAGIC)
			return true;
	return false;
}

/* A page without a checksum is recognized by what pages of its type contain. */
static enum page_proof prove_structure(const struct page *page, const unsigned char *plain)
{
	if (page->type == TYPE_INODE)
		return has_inode(space_of(page), plain) ? PROOF_YES : PROOF_NO;
	if ((page->type == TYPE_INDEX || page->type == TYPE_RTREE) && !space_of(page)->zipped)
		return has_records_of_index(plain) ? PROOF_YES : PROOF_NO;
	return PROOF_NONE;
}

static enum page_proof prove_old(struct scan *scan, enum data_cipher cipher, const struct page *page)
{
	size_t size = space_of(page)->page_size;
	struct ciphertext text = ciphertext_of(page, 38, size - 8);
	unsigned char *plain = scan->plain;
	enum page_proof proof;

	memcpy(plain, page->bytes, 38);
	memcpy(plain + size - 8, page->bytes + size - 8, 8);
	prover_decrypt(scan->prover, cipher, &text, 0, text.size, plain + 38);
	proof = old_checksum_fits(space_of(page), plain);
	return proof == PROOF_NONE ? prove_structure(page, plain) : proof;
}

enum page_proof innodb_prove(struct scan *scan, enum data_cipher cipher, const void *any_page)
{
	const struct page *page = any_page;

	if (!space_of(page)->full_crc32)
		return page->type == TYPE_COMPRESSED_ENCRYPTED && !space_of(page)->zipped
			       ? prove_old_compressed(scan, cipher, page)
			       : prove_old(scan, cipher, page);
	return page->type & TYPE_COMPRESSED_BIT ? prove_full_crc32_compressed(scan, cipher, page)
						: prove_full_crc32(scan, cipher, page);
}

bool innodb_decrypt(struct scan *scan, const struct innodb_file *file, const unsigned char *bytes, uint32_t number,
		    unsigned char *plain)
{
	const struct innodb_space *space = &file->space;
	struct page page = innodb_header(file, bytes, number);
	size_t from = space->full_crc32 ? 26 : 38;
	size_t end = space->page_size - (space->full_crc32 ? 4 : 8);
	struct ciphertext text = ciphertext_of(&page, from, end);
	enum data_cipher cipher;

	memcpy(plain, bytes, space->page_size);
	if (!page.version)
		return innodb_plain_fits(&page);
	if (innodb_check(&page) == PAGE_BROKEN ||
	    !prover_use_local_key(scan->prover, space->key_id, page.version, space->salt) ||
	    scan_prove(scan, innodb_prove, &page, &cipher) != PROOF_YES)
		return false;
	prover_decrypt(scan->prover, cipher, &text, 0, text.size, plain + from);
	return true;
}
