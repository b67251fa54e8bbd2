/* SPDX-License-Identifier: MIT */
#include "data/redo.h"

#include "data/bytes.h"
#include "data/crc32c.h"

#include <stdlib.h>

#define FORMAT_STREAM 0xf09f979dU
#define FORMAT_RECORDS 0x50687973U
#define FORMAT_10_5 0x50485953U
#define FORMAT_ENCRYPTED 0x80000000U /* with the following */
#define FORMAT_10_4 0x68U
#define FORMAT_10_3 0x67U
#define FORMAT_10_2 0x01U

#define RECORDS_START 12288U
#define RECORD_TYPE_CHECKPOINT 0xfaU
#define SUBTYPE_LAST 10 /* of an extended record */

#define BLOCK 512U
#define BLOCKS_START 2048U
#define BLOCK_DATA 12U
#define BLOCK_TRAILER 504U
#define BLOCK_NO_CHECKSUM 0xdeadbeefU	  /* innodb_log_checksums=OFF, to 10.4 */
#define BLOCK_NUMBERS (UINT64_C(1) << 39) /* bytes of log, after which the numbers of blocks begin again */

#define NONCE 8U

/* Bytes of older mini-transactions that are looked at when the part behind the
 * checkpoint does not suffice. */
#define HISTORY (4U << 20)
#define SEARCH_MTR 4096U /* bytes of a mini-transaction that is found without knowing where it begins */

/* ---- the head ---- */

static bool checksum_fits(const unsigned char *block, size_t covered)
{
	return be32(block + covered) == crc32c(0, block, covered);
}

static void read_checkpoints(const unsigned char *head, struct redo_file *file)
{
	bool found = false;

	for (size_t at = 4096; at <= 8192; at += 4096) {
		const unsigned char *block = head + at;

		if (!checksum_fits(block, 60) || (found && be64(block) < file->checkpoint_lsn))
			continue;
		found = true;
		file->checkpoint_lsn = be64(block);
		file->end_lsn = be64(block + 8);
	}
	file->damaged |= !found || file->checkpoint_lsn < file->first_lsn || file->end_lsn < file->checkpoint_lsn;
}

static void read_new_head(const unsigned char *head, size_t size, struct redo_file *file)
{
	file->id = be32(head + 48);
	file->version = be32(head + 52);
	memcpy(file->salt, head + 56, CIPHER_BLOCK);
	if (file->format == REDO_RECORDS && !file->id)
		file->format = REDO_PLAIN_RECORDS;
	file->first_lsn = be64(head + 8);
	file->damaged = size < RECORDS_START || !checksum_fits(head, 508);
	if (!file->damaged)
		read_checkpoints(head, file);
}

static void read_old_head(const unsigned char *head, size_t size, uint32_t format, struct redo_file *file)
{
	uint64_t newest = 0;
	bool found = false;

	file->id = KEY_ID_SYSTEM;
	file->block_versions = format == FORMAT_10_5 || format == FORMAT_10_4;
	file->damaged = size < BLOCKS_START || !checksum_fits(head, 508);
	for (size_t at = 512; !file->damaged && at <= 1536; at += 1024) {
		const unsigned char *block = head + at;

		if (!checksum_fits(block, 508) || (found && be64(block) < newest))
			continue;
		found = true;
		newest = be64(block);
		file->checkpoint_lsn = file->end_lsn = be64(block + 8);
		file->version = be32(block + 32);
		memcpy(file->nonce, block + 36, sizeof(file->nonce));
		memcpy(file->salt, block + 40, CIPHER_BLOCK);
	}
	file->no_checkpoint = !file->damaged && !found;
	file->damaged |= !found;
}

void redo_read_head(const unsigned char *head, size_t size, struct redo_file *file)
{
	uint32_t format = size >= BLOCK ? be32(head) : FORMAT_ENCRYPTED;
	uint32_t old = format & ~FORMAT_ENCRYPTED;

	file->format = REDO_UNKNOWN;
	if (format == FORMAT_STREAM || format == FORMAT_RECORDS) {
		file->format = format == FORMAT_STREAM ? REDO_STREAM : REDO_RECORDS;
		read_new_head(head, size, file);
	} else if (old == FORMAT_10_5 || old == FORMAT_10_4 || old == FORMAT_10_3 || old == FORMAT_10_2 || !format) {
		file->format = format & FORMAT_ENCRYPTED ? REDO_BLOCKS : REDO_PLAIN;
		if (file->format == REDO_BLOCKS)
			read_old_head(head, size, old, file);
	}
}

bool redo_take_checkpoint(struct redo_file *file, const struct redo_file *first)
{
	if (first->format != REDO_BLOCKS || first->damaged || first->block_versions != file->block_versions)
		return false;
	file->damaged = file->no_checkpoint = false;
	file->checkpoint_lsn = file->end_lsn = first->checkpoint_lsn;
	file->version = first->version;
	memcpy(file->nonce, first->nonce, sizeof(file->nonce));
	memcpy(file->salt, first->salt, CIPHER_BLOCK);
	return true;
}

/* ---- mini-transactions ---- */

/* The ring of mini-transactions, a stretch of it in memory. */
struct ring {
	struct scan *scan;
	const struct redo_file *file;
	uint64_t capacity;
	uint64_t lsn; /* of bytes[0] */
	size_t size;
	unsigned char *bytes;		/* SCAN_BULK */
	unsigned char *payloads;	/* the same: of one mini-transaction, joined */
	unsigned char *plain;		/* the same, decrypted */
	uint64_t records_at_checkpoint; /* mini-transactions from the checkpoint on */
};

/* What the records say, for one cipher. */
struct tally {
	uint64_t names; /* of files, and checkpoints: one is proof enough */
	uint64_t fits;	/* bytes that have one of few values */
	uint64_t fails; /* the same, and have not */
	bool shows;	/* one with a name was long enough to tell the ciphers apart */
};

/* One mini-transaction in memory. */
struct mtr {
	const struct ring *ring;
	const unsigned char *bytes;
	size_t records_size; /* of its records with their headers */
	size_t size;	     /* of all */
	size_t payload_size;
	size_t first_header; /* bytes of the first record's header */
	unsigned char last_type;
	const unsigned char *nonce; /* NONCE bytes; none in REDO_PLAIN_RECORDS */
};

/* A record's header and the size of what follows it. */
struct record {
	unsigned char type;
	size_t header;
	size_t payload;
};

static size_t varint_size(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc0)
		return 2;
	if (first < 0xe0)
		return 3;
	return first < 0xf0 ? 4 : 5;
}

/* 0: it is not all there, or not one. */
static size_t read_varint(const unsigned char *bytes, size_t size, uint64_t *ret_value)
{
	static const uint64_t least[] = { 0, 0, 0x80, 0x4080, 0x204080, 0x10204080 };
	static const unsigned char mask[] = { 0, 0x7f, 0x3f, 0x1f, 0x0f, 0 };
	size_t length;
	uint64_t value;

	if (!size || bytes[0] > 0xf0)
		return 0;
	length = varint_size(bytes[0]);
	if (length > size)
		return 0;
	value = bytes[0] & mask[length];
	for (size_t i = 1; i < length; i++)
		value = value << 8 | bytes[i];
	*ret_value = value + least[length];
	return length;
}

static bool read_record(const unsigned char *bytes, size_t size, struct record *ret_record)
{
	struct record record = { .type = bytes[0], .header = 1, .payload = bytes[0] & 15U };
	uint64_t value = 0;
	size_t length;

	if (!record.payload) {
		length = read_varint(bytes + 1, size - 1, &value);
		if (!length || value > SCAN_BULK || value + 15 < length)
			return false;
		record.header += length;
		record.payload = (size_t)value + 15 - length;
	}
	if (record.header + record.payload >= size)
		return false;
	*ret_record = record;
	return true;
}

/* Reads the mini-transaction at bytes, of which size are there. */
static bool read_mtr(const struct ring *ring, const unsigned char *bytes, size_t size, struct mtr *ret_mtr)
{
	struct mtr mtr = { .ring = ring, .bytes = bytes };
	size_t nonce = ring->file->format == REDO_PLAIN_RECORDS ? 0 : NONCE;
	size_t at = 0;
	uint32_t crc;

	while (at < size && bytes[at] > 1) {
		struct record record;

		if (!read_record(bytes + at, size - at, &record))
			return false;
		if (!at)
			mtr.first_header = record.header;
		mtr.last_type = record.type;
		mtr.payload_size += record.payload;
		at += record.header + record.payload;
	}
	mtr.records_size = at;
	mtr.size = at + 1 + nonce + 4;
	if (!at || mtr.size > size)
		return false;
	mtr.nonce = bytes + at + 1;
	crc = crc32c(crc32c(0, bytes, at), mtr.nonce, nonce);
	if (be32(mtr.nonce + nonce) != crc)
		return false;
	*ret_mtr = mtr;
	return true;
}

/* Fills the memory from lsn on. */
static bool ring_fill(struct ring *ring, uint64_t lsn)
{
	uint64_t place = (lsn - ring->file->first_lsn) % ring->capacity;
	size_t wanted = ring->capacity < SCAN_BULK ? (size_t)ring->capacity : SCAN_BULK;
	size_t first = ring->capacity - place < wanted ? (size_t)(ring->capacity - place) : wanted;

	ring->lsn = lsn;
	ring->size = 0;
	if (!scan_read(ring->scan, &ring->file->source, RECORDS_START + place, ring->bytes, first) ||
	    !scan_read(ring->scan, &ring->file->source, RECORDS_START, ring->bytes + first, wanted - first))
		return false;
	ring->size = wanted;
	return true;
}

/* The mini-transaction at lsn. */
static bool ring_mtr(struct ring *ring, uint64_t lsn, struct mtr *ret_mtr)
{
	if (lsn >= ring->lsn && lsn < ring->lsn + ring->size &&
	    read_mtr(ring, ring->bytes + (lsn - ring->lsn), (size_t)(ring->lsn + ring->size - lsn), ret_mtr))
		return true;
	/* a failure in the middle of a stretch is one at its start as well */
	if (lsn == ring->lsn && ring->size)
		return false;
	return ring_fill(ring, lsn) && read_mtr(ring, ring->bytes, ring->size, ret_mtr);
}

static void join_payloads(const struct mtr *mtr)
{
	unsigned char *to = mtr->ring->payloads;
	struct record record;

	for (size_t at = 0; at < mtr->records_size; at += record.header + record.payload) {
		if (!read_record(mtr->bytes + at, mtr->size - at, &record))
			return;
		memcpy(to, mtr->bytes + at + record.header, record.payload);
		to += record.payload;
	}
}

/* ---- what decrypted records have to hold ---- */

/* A record between the headers of its mini-transaction. */
struct record_view {
	const struct mtr *mtr;
	const struct record *record;
	const unsigned char *payload; /* decrypted */
	bool is_file;		      /* about a file, else about a page */
	bool same_page;		      /* the page is that of the record before */
};

static bool is_checkpoint(const struct record_view *view)
{
	const struct redo_file *file = view->mtr->ring->file;
	uint64_t lsn;

	if (view->record->payload != 10)
		return false;
	lsn = be64(view->payload + 2);
	return !view->payload[0] && !view->payload[1] && lsn >= file->first_lsn && lsn <= file->end_lsn;
}

/* A tablespace's ID, page 0, and "…/t.ibd". */
static bool is_file_name(const struct record_view *view)
{
	size_t size = view->record->payload;
	uint64_t space;
	size_t at = read_varint(view->payload, size, &space);

	return at && at + 1 + 4 <= size && !view->payload[at] && !memcmp(view->payload + size - 4, ".ibd", 4);
}

/* Bytes of the IDs of space and page before the body of a page's record; SIZE_MAX:
 * that is no such record. */
static size_t page_id_size(const unsigned char *payload, size_t size, uint32_t *ret_space, uint32_t *ret_page)
{
	uint64_t space = 0;
	uint64_t page = 0;
	size_t first = read_varint(payload, size, &space);
	size_t second = first ? read_varint(payload + first, size - first, &page) : 0;

	if (!second || space > UINT32_MAX || page > UINT32_MAX)
		return SIZE_MAX;
	*ret_space = (uint32_t)space;
	*ret_page = (uint32_t)page;
	return first + second;
}

static bool is_extended(unsigned char type)
{
	return (type >> 4 & 7) == 2;
}

static void count_stream_record(const struct record_view *view, struct tally *tally)
{
	unsigned char type = view->record->type;
	size_t size = view->record->payload;
	size_t at = 0;
	uint32_t ignored;

	if (view->is_file) {
		if (type == RECORD_TYPE_CHECKPOINT ? is_checkpoint(view) : is_file_name(view))
			tally->names++;
		else
			tally->fails++;
		return;
	}
	if (!is_extended(type))
		return;
	if (!view->same_page)
		at = page_id_size(view->payload, size, &ignored, &ignored);
	if (at < size && view->payload[at] <= SUBTYPE_LAST)
		tally->fits++;
	else
		tally->fails++;
}

/* ---- REDO_STREAM ---- */

static void tally_stream(const struct mtr *mtr, enum data_cipher cipher, struct tally *tally)
{
	const struct ring *ring = mtr->ring;
	struct ciphertext text = { .data = ring->payloads, .size = mtr->payload_size };
	struct record_view view = { .mtr = mtr, .payload = ring->plain };
	struct record record;
	bool page_known = false;

	memcpy(text.iv, mtr->nonce, NONCE);
	memcpy(text.iv + NONCE, mtr->bytes, mtr->first_header);
	prover_decrypt(ring->scan->prover, cipher, &text, 0, text.size, ring->plain);
	for (size_t at = 0; at < mtr->records_size; at += record.header + record.payload) {
		if (!read_record(mtr->bytes + at, mtr->size - at, &record))
			return;
		view.record = &record;
		view.is_file = record.type & 0x80 && !page_known;
		view.same_page = record.type & 0x80 && page_known;
		page_known |= !view.is_file;
		count_stream_record(&view, tally);
		view.payload += record.payload;
	}
}

/* ---- REDO_RECORDS ---- */

/* Records about files, and page IDs, are not encrypted here: only the body is. */
static void tally_record(const struct mtr *mtr, enum data_cipher cipher, const unsigned char *body, size_t size,
			 const uint32_t page_id[2], struct tally *tally)
{
	struct ciphertext text = { .data = body, .size = size };
	unsigned char plain[CIPHER_BLOCK];

	memcpy(text.iv, mtr->nonce, NONCE);
	put_be32(text.iv + 8, page_id[0]);
	put_be32(text.iv + 12, page_id[1]);
	prover_decrypt(mtr->ring->scan->prover, cipher, &text, 0, size < CIPHER_BLOCK ? size : CIPHER_BLOCK, plain);
	if (plain[0] <= SUBTYPE_LAST)
		tally->fits++;
	else
		tally->fails++;
}

static void tally_records(const struct mtr *mtr, enum data_cipher cipher, struct tally *tally)
{
	uint32_t page_id[2] = { 0 };
	struct record record;
	bool page_known = false;

	for (size_t at = 0; at < mtr->records_size; at += record.header + record.payload) {
		const unsigned char *payload;
		size_t ids = 0;

		if (!read_record(mtr->bytes + at, mtr->size - at, &record))
			return;
		payload = mtr->bytes + at + record.header;
		if (record.type & 0x80 && !page_known)
			continue;
		if (!(record.type & 0x80))
			ids = page_id_size(payload, record.payload, &page_id[0], &page_id[1]);
		if (ids == SIZE_MAX)
			return;
		page_known = true;
		if (is_extended(record.type) && ids < record.payload)
			tally_record(mtr, cipher, payload + ids, record.payload - ids, page_id, tally);
	}
}

/* ---- both ---- */

static void tally_mtr(const struct mtr *mtr, struct tally tallies[DATA_CIPHER_COUNT])
{
	const struct ring *ring = mtr->ring;

	join_payloads(mtr);
	for (int i = 0; i < DATA_CIPHER_COUNT; i++) {
		uint64_t before = tallies[i].names;

		if (ring->file->format == REDO_STREAM)
			tally_stream(mtr, (enum data_cipher)i, &tallies[i]);
		else
			tally_records(mtr, (enum data_cipher)i, &tallies[i]);
		tallies[i].shows |= tallies[i].names > before && mtr->payload_size >= CIPHER_BLOCK;
	}
}

/* Whether the last byte of the records says that they belong to this lap. */
static bool is_of_lap(const struct mtr *mtr, uint64_t lsn)
{
	const struct ring *ring = mtr->ring;
	uint64_t lap = (lsn + mtr->records_size - ring->file->first_lsn) / ring->capacity;

	return mtr->bytes[mtr->records_size] == !(lap & 1);
}

/* The mini-transaction at lsn, which is one of those from the checkpoint on. */
static bool next_mtr(struct ring *ring, uint64_t lsn, struct mtr *ret_mtr)
{
	return lsn - ring->file->end_lsn < ring->capacity && ring_mtr(ring, lsn, ret_mtr) && is_of_lap(ret_mtr, lsn);
}

/* From the checkpoint to the end of the log: what a start of the server reads. */
static uint64_t walk_from_checkpoint(struct ring *ring, bool has_key, struct tally tallies[DATA_CIPHER_COUNT])
{
	uint64_t lsn = ring->file->end_lsn;
	struct mtr mtr;

	while (next_mtr(ring, lsn, &mtr)) {
		bool wanted = ring->scan->rules->full || ring->records_at_checkpoint < 64 ||
			      ring->records_at_checkpoint % SCAN_SAMPLE_EVERY == 0;

		if (has_key && (wanted || mtr.last_type == RECORD_TYPE_CHECKPOINT))
			tally_mtr(&mtr, tallies);
		ring->records_at_checkpoint++;
		lsn += mtr.size;
	}
	return lsn;
}

/* Where the log has wrapped, the oldest mini-transaction begins somewhere behind
 * the newest. */
static uint64_t find_oldest(struct ring *ring, uint64_t lsn)
{
	struct mtr mtr;

	if (!ring_fill(ring, lsn))
		return lsn;
	for (size_t at = 0; at < ring->size; at++) {
		size_t left = ring->size - at;

		if (read_mtr(ring, ring->bytes + at, left < SEARCH_MTR ? left : SEARCH_MTR, &mtr))
			return lsn + at;
	}
	return lsn;
}

/* Older mini-transactions that are still there, up to the checkpoint: enough of them
 * for proof. end: of the log. */
static void walk_history(struct ring *ring, uint64_t end, struct tally tallies[DATA_CIPHER_COUNT])
{
	uint64_t lsn = ring->file->first_lsn;
	uint64_t start;
	struct mtr mtr;

	if (end - lsn > ring->capacity)
		lsn = find_oldest(ring, end - ring->capacity);
	start = lsn;
	while (lsn - start < HISTORY && lsn < ring->file->end_lsn && ring_mtr(ring, lsn, &mtr)) {
		tally_mtr(&mtr, tallies);
		lsn += mtr.size;
	}
}

static bool is_proven(const struct tally *tally)
{
	return tally->names || (tally->fits >= 8 && !tally->fails);
}

/* The answer of all records together; the checksums of what is on disk fit. */
static enum page_outcome judge_tallies(const struct ring *ring, const struct tally tallies[DATA_CIPHER_COUNT],
				       struct evidence *evidence)
{
	uint32_t ciphers = ring->scan->rules->ciphers;
	uint32_t proven = 0;
	uint32_t possible = 0;
	uint32_t shown = 0;

	for (int i = 0; i < DATA_CIPHER_COUNT; i++) {
		if (!(ciphers >> i & 1))
			continue;
		proven |= (uint32_t)is_proven(&tallies[i]) << i;
		possible |= (uint32_t)!tallies[i].fails << i;
		shown |= (uint32_t)tallies[i].shows << i;
	}
	if (!proven)
		return possible ? PAGE_UNPROVED : PAGE_REFUTED_INTACT;
	evidence->proven_by_cipher |= shown;
	return PAGE_PROVEN;
}

/* What a log says in which nothing is whole. */
static enum page_outcome broken_outcome(const struct scan *scan)
{
	return scan->rules->live || scan->fault.code ? PAGE_BUSY : PAGE_DAMAGED;
}

static struct fault scan_ring(struct ring *ring, struct evidence *evidence)
{
	const struct redo_file *file = ring->file;
	struct tally tallies[DATA_CIPHER_COUNT] = { 0 };
	struct key_use *use = evidence_use(evidence, file->id, file->version);
	bool has_key = prover_use_local_key(ring->scan->prover, file->id, file->version, file->salt);
	uint64_t end;

	if (!use)
		return fault_of(FAULT_MEMORY);
	end = walk_from_checkpoint(ring, has_key, tallies);
	evidence->pages = use->pages = ring->records_at_checkpoint;
	if (!ring->records_at_checkpoint) {
		use->pages = 1;
		key_use_count(use, broken_outcome(ring->scan), 0);
		return fault_none();
	}
	if (has_key && !is_proven(&tallies[0]) && !is_proven(&tallies[1]))
		walk_history(ring, end, tallies);
	key_use_count(use, has_key ? judge_tallies(ring, tallies, evidence) : PAGE_SOUND, 0);
	return fault_none();
}

/* Whether the checkpoint's own mini-transaction is the last, or another one follows. */
static void scan_plain_ring(struct ring *ring, struct evidence *evidence)
{
	uint64_t lsn = ring->file->end_lsn;
	struct mtr mtr;

	while (ring->records_at_checkpoint < 2 && next_mtr(ring, lsn, &mtr)) {
		ring->records_at_checkpoint++;
		lsn += mtr.size;
	}
	if (!ring->records_at_checkpoint && broken_outcome(ring->scan) == PAGE_DAMAGED)
		evidence->plain_damaged++;
}

static struct fault scan_mtrs(struct scan *scan, const struct redo_file *file, struct evidence *evidence,
			      bool *ret_unclean)
{
	struct ring ring = {
		.scan = scan,
		.file = file,
		.capacity = file->source.size > RECORDS_START ? file->source.size - RECORDS_START : 0,
		.bytes = malloc(SCAN_BULK),
		.payloads = malloc(SCAN_BULK),
		.plain = malloc(SCAN_BULK),
	};
	struct fault fault = fault_of(FAULT_MEMORY);

	if (ring.bytes && ring.payloads && ring.plain) {
		fault = fault_none();
		if (ring.capacity && file->format == REDO_PLAIN_RECORDS)
			scan_plain_ring(&ring, evidence);
		else if (ring.capacity)
			fault = scan_ring(&ring, evidence);
		*ret_unclean = file->checkpoint_lsn != file->end_lsn || ring.records_at_checkpoint != 1;
	}
	free(ring.bytes);
	free(ring.payloads);
	free(ring.plain);
	return fault;
}

/* ---- REDO_BLOCKS ---- */

struct block {
	const struct redo_file *file;
	const unsigned char *bytes;
};

static uint32_t block_number(const unsigned char *bytes)
{
	return be32(bytes) & 0x7fffffffU;
}

/* The number has 30 bits of the LSN; the others are those of the checkpoint, which
 * is near. */
static uint64_t block_lsn(const struct block *block)
{
	uint64_t checkpoint = block->file->checkpoint_lsn & ~(uint64_t)(BLOCK - 1);
	uint64_t number = block_number(block->bytes);
	uint64_t ahead = ((number - 1) * BLOCK - checkpoint) & (BLOCK_NUMBERS - 1);

	return checkpoint + ahead - (ahead < BLOCK_NUMBERS / 2 ? 0 : BLOCK_NUMBERS);
}

/* The sizes in a block's header, which are encrypted. */
static enum proof prove_block(struct scan *scan, enum data_cipher cipher, const void *any_block)
{
	const struct block *block = any_block;
	size_t end = block->file->block_versions ? BLOCK_TRAILER : BLOCK_TRAILER + 4;
	struct ciphertext text = { .data = block->bytes + 4, .size = end - 4 };
	unsigned char plain[CIPHER_BLOCK];
	uint16_t data;
	uint16_t group;

	put_be32(text.iv, block_number(block->bytes));
	memcpy(text.iv + 4, block->file->nonce, 4);
	put_be64(text.iv + 8, block_lsn(block));
	prover_decrypt(scan->prover, cipher, &text, 0, CIPHER_BLOCK, plain);
	data = be16(plain);
	group = be16(plain + 2);
	return (data == BLOCK || (data >= BLOCK_DATA && data <= end)) &&
			       (!group || (group >= BLOCK_DATA && group <= end))
		       ? PROOF_YES
		       : PROOF_NO;
}

static void look_at_block(struct scan *scan, const struct block *block, uint64_t number, struct evidence *evidence)
{
	const struct redo_file *file = block->file;
	uint32_t version = file->block_versions ? be32(block->bytes + BLOCK_TRAILER) : file->version;
	struct local_page page = {
		.id = file->id,
		.version = version,
		.salt = file->salt,
		.intact = checksum_fits(block->bytes, BLOCK - 4),
		.prove = prove_block,
		.page = block,
	};
	struct key_use *use = scan_use(scan, evidence, file->id, version);

	if (!use)
		return;
	use->pages++;
	if (scan_samples(scan, use, number) || use->pages <= 16)
		key_use_count(use, scan_local_page(scan, &page, use, evidence), number);
}

static bool block_is_whole(const unsigned char *bytes)
{
	return checksum_fits(bytes, BLOCK - 4) || be32(bytes + BLOCK - 4) == BLOCK_NO_CHECKSUM;
}

/* Where a server was killed a block or two may be broken, but never all of them. */
static void count_broken_log(struct scan *scan, const struct redo_file *file, struct evidence *evidence)
{
	struct key_use *use = evidence_use(evidence, file->id, file->version);

	if (!use)
		return;
	use->pages++;
	key_use_count(use, broken_outcome(scan), BLOCKS_START / BLOCK);
}

/* The blocks of all laps, up to the first that was never written. */
static void scan_blocks(struct scan *scan, const struct redo_file *file, struct evidence *evidence)
{
	bool any_whole = false;

	scan->window_size = 0;
	for (uint64_t at = BLOCKS_START; at + BLOCK <= file->source.size; at += BLOCK) {
		struct block block = { .file = file, .bytes = scan_window(scan, &file->source, at, BLOCK) };

		if (!block.bytes || is_zero(block.bytes, BLOCK))
			break;
		/* fills up a write (innodb_log_write_ahead_size), not encrypted */
		if (is_zero(block.bytes, BLOCK - 4))
			continue;
		evidence->pages++;
		if (!block_is_whole(block.bytes))
			continue;
		any_whole = true;
		look_at_block(scan, &block, at / BLOCK, evidence);
	}
	if (evidence->pages && !any_whole)
		count_broken_log(scan, file, evidence);
}

struct fault redo_scan(struct scan *scan, const struct redo_file *file, struct evidence *evidence, bool *ret_unclean)
{
	struct fault fault = fault_none();

	*ret_unclean = false;
	if (file->format == REDO_BLOCKS)
		scan_blocks(scan, file, evidence);
	else
		fault = scan_mtrs(scan, file, evidence, ret_unclean);
	atomic_fetch_add_explicit(&scan->rules->bytes_done, file->source.size, memory_order_relaxed);
	return fault;
}
