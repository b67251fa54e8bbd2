/* SPDX-License-Identifier: MIT */
#include "data/binlog.h"

#include "data/bytes.h"

#include <zlib.h>

#define MAGIC_SIZE 4U
#define HEADER_SIZE 19U
#define CRC_SIZE 4U
#define TYPE_AT 4U
#define LENGTH_AT 9U
#define NEXT_AT 13U
#define FLAGS_AT 17U
#define FLAG_IN_USE 0x01
#define FLAG_RELAY_LOG 0x40
#define TYPE_FORMAT_DESCRIPTION 15
#define TYPE_START_ENCRYPTION 164
#define TYPE_LAST 171
#define CHECKSUM_CRC32 1
#define DESCRIPTION_MAX 1024U		     /* bytes; servers write some 250 */
#define SCHEME 1			     /* of encryption */
#define PIECE (SCAN_PAGE_MAX - CIPHER_BLOCK) /* of an event, decrypted at a time */

/* ---- the head ---- */

static uint32_t length_of(const unsigned char *event)
{
	return le32(event + LENGTH_AT);
}

/* The flag of a log that is being written came after the checksum. */
static bool crc_fits(const unsigned char *event, size_t size)
{
	unsigned char flags = event[FLAGS_AT];
	uLong crc = crc32(0, event, FLAGS_AT);

	if (event[TYPE_AT] == TYPE_FORMAT_DESCRIPTION)
		flags &= (unsigned char)~FLAG_IN_USE;
	crc = crc32(crc, &flags, 1);
	crc = crc32(crc, event + FLAGS_AT + 1, (uInt)(size - CRC_SIZE - FLAGS_AT - 1));
	return le32(event + size - CRC_SIZE) == (uint32_t)crc;
}

/* It has a checksum, whether the others have one or not. */
static bool read_description(const unsigned char *event, size_t size, struct binlog_file *file)
{
	uint32_t length = length_of(event);

	if (length < HEADER_SIZE + 1 + CRC_SIZE || length > size || event[TYPE_AT] != TYPE_FORMAT_DESCRIPTION ||
	    !crc_fits(event, length))
		return false;
	file->relay = le16(event + FLAGS_AT) & FLAG_RELAY_LOG;
	file->checksums = event[length - CRC_SIZE - 1] == CHECKSUM_CRC32;
	file->first = MAGIC_SIZE + length;
	return true;
}

/* Whether the event behind the description is one that is not encrypted: what was
 * damaged is not taken for that. */
static bool is_plain(const struct binlog_file *file, const unsigned char *event, size_t size)
{
	uint32_t length = length_of(event);

	if (!event[TYPE_AT] || event[TYPE_AT] > TYPE_LAST || length < HEADER_SIZE)
		return false;
	if (file->relay)
		return true;
	return le32(event + NEXT_AT) == file->first + length &&
	       (!file->checksums || length > size || (length >= HEADER_SIZE + CRC_SIZE && crc_fits(event, length)));
}

static void read_start(const unsigned char *event, size_t size, struct binlog_file *file)
{
	uint32_t length = length_of(event);
	const unsigned char *body = event + HEADER_SIZE;
	size_t least = HEADER_SIZE + 1 + 4 + BINLOG_NONCE + (file->checksums ? CRC_SIZE : 0);

	if (event[TYPE_AT] != TYPE_START_ENCRYPTION) {
		file->damaged = !is_plain(file, event, size);
		return;
	}
	/* a crash may cut it off, and nothing follows then */
	if (length > size && size < least)
		return;
	file->damaged = length < least || length > size || (file->checksums && !crc_fits(event, length));
	if (length > size || length < least)
		return;
	file->unsupported = !file->damaged && body[0] != SCHEME;
	if (body[0] != SCHEME)
		return;
	file->encrypted = true;
	file->version = le32(body + 1);
	memcpy(file->nonce, body + 1 + 4, BINLOG_NONCE);
	file->first += length;
}

bool binlog_read_head(const unsigned char *head, size_t size, struct binlog_file *file)
{
	static const unsigned char magic[] = { 0xfe, 'b', 'i', 'n' };
	const unsigned char *event = head + MAGIC_SIZE;

	if (size < MAGIC_SIZE || memcmp(head, magic, sizeof(magic)))
		return false;
	/* cut off before anything could be encrypted */
	if (size < MAGIC_SIZE + HEADER_SIZE || (size < DESCRIPTION_MAX && length_of(event) > size - MAGIC_SIZE))
		return true;
	file->damaged = !read_description(event, size - MAGIC_SIZE, file);
	if (!file->damaged && size >= file->first + HEADER_SIZE)
		read_start(head + file->first, size - file->first, file);
	return true;
}

/* ---- the events ---- */

struct event {
	const struct binlog_file *file;
	uint64_t offset;
	uint32_t size;
	bool cut_off;	     /* the file ends before it does */
	uint32_t *server_id; /* for each cipher: of the event before */
};

/* The encrypted bytes of an event from at before end, in scan->page, as they were
 * encrypted: the length, which stays readable, takes the place of four bytes that
 * stand at the start instead. False: they are not there. */
static bool load(struct scan *scan, const struct event *event, size_t at, size_t end, struct ciphertext *text)
{
	size_t before = at ? at - CIPHER_BLOCK : 0;
	uint64_t offset = event->offset + 4 + before;
	const unsigned char *bytes = scan_window(scan, &event->file->source, offset, end - before);

	if (!bytes)
		return false;
	memcpy(scan->page, bytes, end - before);
	if (before < NEXT_AT - 4) {
		unsigned char moved[4];

		if (!scan_read(scan, &event->file->source, event->offset, moved, sizeof(moved)))
			return false;
		memcpy(scan->page + (LENGTH_AT - 4), moved, sizeof(moved));
	}
	text->data = scan->page;
	text->before = before;
	return true;
}

static struct ciphertext ciphertext_of(const struct event *event)
{
	struct ciphertext text = { .size = event->size - 4 };

	memcpy(text.iv, event->file->nonce, BINLOG_NONCE);
	put_le32(text.iv + BINLOG_NONCE, (uint32_t)event->offset);
	return text;
}

/* Puts the bytes that were moved back, so that plain is what a plain log holds
 * from the fifth byte of the event on; start gets the first four. */
static void put_back(const struct event *event, unsigned char *plain, unsigned char start[static 4])
{
	memcpy(start, plain + (LENGTH_AT - 4), 4);
	put_le32(plain + (LENGTH_AT - 4), event->size);
}

static enum proof prove_by_checksum(struct scan *scan, enum data_cipher cipher, const struct event *event)
{
	struct ciphertext text = ciphertext_of(event);
	size_t covered = text.size - CRC_SIZE;
	unsigned char stored[CRC_SIZE] = { 0 };
	uLong crc = 0;
	size_t size;

	for (size_t at = 0; at < text.size; at += size) {
		size = text.size - at < PIECE ? text.size - at : PIECE;
		if (!load(scan, event, at, at + size, &text))
			return PROOF_NONE;
		prover_decrypt(scan->prover, cipher, &text, at, at + size, scan->plain);
		if (at == 0) {
			unsigned char start[4];

			put_back(event, scan->plain, start);
			crc = crc32(crc, start, sizeof(start));
		}
		if (at < covered)
			crc = crc32(crc, scan->plain, (uInt)(size < covered - at ? size : covered - at));
		for (size_t i = at > covered ? at : covered; i < at + size; i++)
			stored[i - covered] = scan->plain[i - at];
	}
	return le32(stored) == (uint32_t)crc ? PROOF_YES : PROOF_NO;
}

/* Without a checksum: the position of the next event is where this one ends, or,
 * where positions are another server's, the server ID is that of the event before. */
static enum proof prove_by_header(struct scan *scan, enum data_cipher cipher, const struct event *event)
{
	struct ciphertext text = ciphertext_of(event);
	size_t block = text.size < CIPHER_BLOCK ? text.size : CIPHER_BLOCK; /* which has the rest of the header */
	unsigned char start[4];
	uint32_t server_id;
	uint32_t before = event->server_id[cipher];

	if (!load(scan, event, 0, block, &text))
		return PROOF_NONE;
	prover_decrypt(scan->prover, cipher, &text, 0, HEADER_SIZE - 4, scan->plain);
	put_back(event, scan->plain, start);
	if (!scan->plain[0] || scan->plain[0] > TYPE_LAST)
		return PROOF_NO;
	server_id = le32(scan->plain + 1);
	event->server_id[cipher] = server_id;
	if (!event->file->relay)
		return le32(scan->plain + (NEXT_AT - 4)) == (uint32_t)(event->offset + event->size) ? PROOF_YES
												    : PROOF_NO;
	/* another one may have come to it by another server */
	return server_id == before ? PROOF_YES : PROOF_NONE;
}

static enum proof prove(struct scan *scan, enum data_cipher cipher, const void *any_event)
{
	const struct event *event = any_event;

	if (event->file->checksums && !event->cut_off)
		return prove_by_checksum(scan, cipher, event);
	return prove_by_header(scan, cipher, event);
}

static void judge(struct scan *scan, const struct event *event, uint64_t number, struct key_use *use,
		  struct evidence *evidence)
{
	struct local_page page = {
		.id = KEY_ID_SYSTEM,
		.version = event->file->version,
		.prove = prove,
		.page = event,
	};
	enum page_outcome outcome = scan_local_page(scan, &page, use, evidence);

	/* the server may be writing the end of it */
	if (outcome == PAGE_REFUTED && scan->rules->live && event->cut_off)
		outcome = PAGE_BUSY;
	key_use_count(use, outcome, number);
}

static void look_at_event(struct scan *scan, const struct event *event, struct evidence *evidence)
{
	uint64_t number = evidence->pages++;
	struct key_use *use = evidence_use(evidence, KEY_ID_SYSTEM, event->file->version);

	if (!use)
		return;
	use->pages++;
	if (event->size < HEADER_SIZE + (event->file->checksums ? CRC_SIZE : 0)) {
		key_use_count(use, PAGE_DAMAGED, number);
		return;
	}
	if (scan_samples(scan, use, number) || event->cut_off)
		judge(scan, event, number, use, evidence);
}

struct fault binlog_scan(struct scan *scan, const struct binlog_file *file, struct evidence *evidence)
{
	uint32_t server_id[DATA_CIPHER_COUNT] = { UINT32_MAX, UINT32_MAX };
	struct event event = { .file = file, .server_id = server_id };
	uint64_t offset = file->first;

	scan->window_size = 0;
	while (offset + HEADER_SIZE <= file->source.size && !event.cut_off) {
		const unsigned char *header = scan_window(scan, &file->source, offset, HEADER_SIZE);

		if (!header)
			break;
		event.offset = offset;
		event.size = length_of(header);
		event.cut_off = event.size < HEADER_SIZE || event.size > file->source.size - offset;
		look_at_event(scan, &event, evidence);
		atomic_fetch_add_explicit(&scan->rules->bytes_done, event.cut_off ? 0 : event.size,
					  memory_order_relaxed);
		offset += event.size;
	}
	return fault_none();
}
