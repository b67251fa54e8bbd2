/* SPDX-License-Identifier: MIT */
#include "data/formats/binlog.h"

#include "data/formats/bytes.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define MAGIC_SIZE 4U
#define HEADER_SIZE 19U
#define CRC_SIZE 4U
#define TYPE_AT 4U
#define SERVER_ID_AT 5U
#define LENGTH_AT 9U
#define NEXT_AT 13U
#define FLAGS_AT 17U
#define FLAG_IN_USE 0x01
#define FLAG_RELAY_LOG 0x40
#define TYPE_START_OLD 1 /* before MySQL 5.0 */
#define TYPE_FORMAT_DESCRIPTION 15
#define TYPE_START_ENCRYPTION 164
#define TYPE_MYSQL_END 64      /* MySQL's types are below this, with room for later ones */
#define TYPE_MARIADB_FIRST 160 /* MariaDB's types start here */
#define TYPE_LAST 171
#define CHECKSUM_CRC32 1
#define DESCRIPTION_FIXED 57U	      /* bytes after the header that are identical in all versions */
#define DESCRIPTION_MAX 1024U	      /* bytes; servers write about 250 */
#define DESCRIPTION_FORMAT 4	      /* the number at their start */
#define OLD_FORMAT_LAST 3	      /* of a start event */
#define OLD_HEADER_SIZE 13U	      /* in format 1 */
#define START_OLD_SIZE 56U	      /* bytes after the header: format, version, time */
#define VERSION_AT (HEADER_SIZE + 2U) /* of the server, in the description */
#define VERSION_SIZE 50U
#define SCHEME 1			     /* of encryption */
#define PIECE (SCAN_PAGE_MAX - CIPHER_BLOCK) /* of an event, decrypted at a time */

/* ---- the head ---- */

static uint32_t length_of(const unsigned char *event)
{
	return le32(event + LENGTH_AT);
}

/* The flag of a log in use was set after the checksum was computed. */
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

static bool is_type(unsigned char type)
{
	return (type && type < TYPE_MYSQL_END) || (type >= TYPE_MARIADB_FIRST && type <= TYPE_LAST);
}

/* The algorithm is just before the description's own checksum. */
static unsigned char algorithm_of(const unsigned char *description, size_t size)
{
	return description[size - CRC_SIZE - 1];
}

/* Whether MySQL before 5.6.1 or MariaDB before 5.3.0 wrote the description. These servers had
 * neither checksums nor encryption. (MariaDB 10.11: sql/log_event.cc, is_version_before_checksum) */
static bool is_before_checksums(const unsigned char *event, uint32_t length)
{
	unsigned int major, minor, patch;
	char version[VERSION_SIZE + 1] = { 0 };

	if (length <= HEADER_SIZE + DESCRIPTION_FIXED || le16(event + HEADER_SIZE) != DESCRIPTION_FORMAT ||
	    le32(event + NEXT_AT) != MAGIC_SIZE + length)
		return false;
	memcpy(version, event + VERSION_AT, VERSION_SIZE);
	if (sscanf(version, "%3u.%3u.%3u", &major, &minor, &patch) != 3)
		return false;
	if (strstr(version, "MariaDB") || strstr(version, "-maria-"))
		return major < 5 || (major == 5 && minor < 3);
	return major < 5 || (major == 5 && (minor < 6 || (minor == 6 && patch < 1)));
}

/* Since checksums exist, a description always has one, whether or not the other events have one. */
static bool read_description(const unsigned char *event, size_t size, struct binlog_file *file)
{
	uint32_t length = length_of(event);

	if (length < HEADER_SIZE + 1 + CRC_SIZE || length > size || event[TYPE_AT] != TYPE_FORMAT_DESCRIPTION)
		return false;
	file->old = is_before_checksums(event, length);
	if (!file->old && !crc_fits(event, length))
		return false;
	/* old relay logs lack the flag */
	file->relay = file->old || le16(event + FLAGS_AT) & FLAG_RELAY_LOG;
	file->checksums = !file->old && algorithm_of(event, length) == CHECKSUM_CRC32;
	file->first = MAGIC_SIZE + length;
	return true;
}

/* Whether a log begins as servers before MySQL 5.0 began it. */
static bool is_start_old(const unsigned char *event, size_t size)
{
	uint32_t length = size < HEADER_SIZE + 2 ? 0 : length_of(event);
	uint32_t header_size = length - START_OLD_SIZE;

	return length && event[TYPE_AT] == TYPE_START_OLD &&
	       (header_size == OLD_HEADER_SIZE || header_size == HEADER_SIZE) && le16(event + header_size) &&
	       le16(event + header_size) <= OLD_FORMAT_LAST;
}

/* Returns whether the event after the description is unencrypted. A damaged event does
 * not count as unencrypted. */
static bool is_plain(const struct binlog_file *file, const unsigned char *event, size_t size)
{
	uint32_t length = length_of(event);

	if (!is_type(event[TYPE_AT]) || length < HEADER_SIZE || event[TYPE_AT] == TYPE_START_ENCRYPTION)
		return false;
	if (!file->relay && le32(event + NEXT_AT) != file->first + length)
		return false;
	return !file->checksums || length > size || (length >= HEADER_SIZE + CRC_SIZE && crc_fits(event, length));
}

static void read_start(const unsigned char *event, size_t size, struct binlog_file *file)
{
	uint32_t length = length_of(event);
	const unsigned char *body = event + HEADER_SIZE;
	size_t least = HEADER_SIZE + 1 + 4 + BINLOG_NONCE + (file->checksums ? CRC_SIZE : 0);

	if (event[TYPE_AT] != TYPE_START_ENCRYPTION || file->old) {
		file->damaged = !is_plain(file, event, size);
		return;
	}
	/* a crash may have truncated it; then nothing follows */
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

/* Only the position confirms the length. */
static bool is_cut_off_description(const unsigned char *event, size_t size)
{
	return size < DESCRIPTION_MAX && length_of(event) > size &&
	       le32(event + NEXT_AT) == MAGIC_SIZE + length_of(event);
}

bool binlog_read_head(const unsigned char *head, size_t size, struct binlog_file *file)
{
	static const unsigned char magic[] = { 0xfe, 'b', 'i', 'n' };
	const unsigned char *event = head + MAGIC_SIZE;

	if (size < MAGIC_SIZE || memcmp(head, magic, sizeof(magic)))
		return false;
	/* truncated before the point where encryption could start */
	if (size < MAGIC_SIZE + HEADER_SIZE || is_cut_off_description(event, size - MAGIC_SIZE) ||
	    is_start_old(event, size - MAGIC_SIZE))
		return true;
	file->damaged = !read_description(event, size - MAGIC_SIZE, file);
	if (!file->damaged && size >= file->first + HEADER_SIZE)
		read_start(head + file->first, size - (size_t)file->first, file);
	return true;
}

/* ---- the events ---- */

/* What was read before an event. */
struct history {
	bool checksums;			       /* the last description says that events end in a CRC-32 */
	uint32_t server_id[DATA_CIPHER_COUNT]; /* in the last header, as decrypted with each cipher */
};

struct event {
	const struct binlog_file *file;
	uint64_t offset;
	uint32_t size;
	bool cut_off; /* the file ends before it does */
	struct history *history;
};

/* Loads the bytes of an event from at up to end into scan->page, in the order in which
 * they were encrypted. The length stays readable on disk; four bytes from its place are
 * at the start instead. Returns false if the bytes do not exist. */
static bool load(struct scan *scan, const struct event *event, size_t at, size_t end, struct ciphertext *text)
{
	size_t before = at ? at - CIPHER_BLOCK : 0;
	const unsigned char *bytes = scan_window(scan, &event->file->source, event->offset + before, 4 + end - before);

	if (!bytes)
		return false;
	memcpy(scan->page, bytes + 4, end - before);
	if (!at)
		memcpy(scan->page + (LENGTH_AT - 4), bytes, 4);
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

/* Moves the four bytes back, so that plain equals a plain log from the fifth byte of the
 * event on. start gets the first four bytes. */
static void put_back(const struct event *event, unsigned char *plain, unsigned char start[static 4])
{
	memcpy(start, plain + (LENGTH_AT - 4), 4);
	put_le32(plain + (LENGTH_AT - 4), event->size);
}

static enum page_proof prove_by_checksum(struct scan *scan, enum data_cipher cipher, const struct event *event)
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

/* Decrypts the first end bytes of an event (at most PIECE) into scan->plain, as they
 * would be in a plain log. */
static bool decrypt_start(struct scan *scan, enum data_cipher cipher, const struct event *event, size_t end)
{
	struct ciphertext text = ciphertext_of(event);
	size_t blocks = (end - 4 + CIPHER_BLOCK - 1) / CIPHER_BLOCK * CIPHER_BLOCK;

	if (!load(scan, event, 0, blocks < text.size ? blocks : text.size, &text))
		return false;
	prover_decrypt(scan->prover, cipher, &text, 0, end - 4, scan->plain + 4);
	put_back(event, scan->plain + 4, scan->plain);
	return true;
}

/* Without a checksum, the position of the next event must be where this one ends. If
 * positions refer to another server's log, the server ID must be that of the event
 * before. */
static enum page_proof prove_by_header(struct scan *scan, enum data_cipher cipher, const struct event *event)
{
	uint32_t *server_id = &event->history->server_id[cipher];
	uint32_t before = *server_id;

	if (!decrypt_start(scan, cipher, event, HEADER_SIZE))
		return PROOF_NONE;
	*server_id = le32(scan->plain + SERVER_ID_AT);
	if (le32(scan->plain + NEXT_AT) == (uint32_t)(event->offset + event->size))
		return PROOF_YES;
	if (!event->file->relay)
		return PROOF_NO;
	if (*server_id == before)
		return PROOF_YES;
	/* the next event may come from another server */
	return is_type(scan->plain[TYPE_AT]) ? PROOF_NONE : PROOF_NO;
}

/* A relay log contains the descriptions of the logs that it copies. Leaves the event in
 * scan->plain. */
static bool is_description(struct scan *scan, enum data_cipher cipher, const struct event *event)
{
	const unsigned char *plain = scan->plain;

	if (!event->file->relay || event->cut_off || event->size > DESCRIPTION_MAX ||
	    event->size < HEADER_SIZE + DESCRIPTION_FIXED + 1 + CRC_SIZE)
		return false;
	return decrypt_start(scan, cipher, event, HEADER_SIZE) && plain[TYPE_AT] == TYPE_FORMAT_DESCRIPTION &&
	       decrypt_start(scan, cipher, event, event->size) && le16(plain + HEADER_SIZE) == DESCRIPTION_FORMAT &&
	       plain[HEADER_SIZE + DESCRIPTION_FIXED - 1] == HEADER_SIZE &&
	       algorithm_of(plain, event->size) <= CHECKSUM_CRC32;
}

/* When a master without checksums sends a log from the middle on, it changes the
 * description but not its checksum. */
static enum page_proof prove_description(struct scan *scan, enum data_cipher cipher, const struct event *event)
{
	bool checksums = algorithm_of(scan->plain, event->size) == CHECKSUM_CRC32;

	if (checksums && !crc_fits(scan->plain, event->size))
		return PROOF_NO;
	event->history->checksums = checksums;
	event->history->server_id[cipher] = le32(scan->plain + SERVER_ID_AT);
	return PROOF_YES;
}

static enum page_proof prove(struct scan *scan, enum data_cipher cipher, const void *any_event)
{
	const struct event *event = any_event;

	if (is_description(scan, cipher, event))
		return prove_description(scan, cipher, event);
	if (event->history->checksums && !event->cut_off)
		return prove_by_checksum(scan, cipher, event);
	return prove_by_header(scan, cipher, event);
}

static void judge(struct scan *scan, const struct event *event, uint64_t number, struct key_use *use,
		  struct evidence *evidence)
{
	struct local_page page = {
		.id = KEY_ID_SYSTEM,
		.version = event->file->version,
		.blockless = event->size - 4 < CIPHER_BLOCK,
		.prove = prove,
		.page = event,
	};
	enum page_outcome outcome = scan_local_page(scan, &page, use, evidence);

	/* the server may be writing the end of the event */
	if (outcome == PAGE_REFUTED && scan->rules->live && event->cut_off)
		outcome = PAGE_BUSY;
	key_use_count(use, outcome, number);
}

/* Checked in full and in samples, because a description tells how to prove the events after it. */
static bool may_be_description(struct scan *scan, const struct event *event)
{
	if (!event->file->relay || !prover_use_key(scan->prover, KEY_ID_SYSTEM, event->file->version))
		return false;
	for (int i = 0; i < DATA_CIPHER_COUNT; i++)
		if (scan->rules->ciphers >> i & 1 && is_description(scan, (enum data_cipher)i, event))
			return true;
	return false;
}

static void look_at_event(struct scan *scan, const struct event *event, struct evidence *evidence)
{
	uint64_t number = evidence->pages++;
	struct key_use *use = scan_use(scan, evidence, KEY_ID_SYSTEM, event->file->version);

	if (!use)
		return;
	use->pages++;
	if (event->size < HEADER_SIZE + (event->history->checksums ? CRC_SIZE : 0)) {
		key_use_count(use, PAGE_DAMAGED, number);
		return;
	}
	if (scan_samples(scan, use, number) || event->cut_off || may_be_description(scan, event))
		judge(scan, event, number, use, evidence);
}

struct fault binlog_scan(struct scan *scan, const struct binlog_file *file, struct evidence *evidence)
{
	struct history history = { .checksums = file->checksums, .server_id = { UINT32_MAX, UINT32_MAX } };
	struct event event = { .file = file, .history = &history };
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
