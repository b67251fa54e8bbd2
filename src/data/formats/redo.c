/* SPDX-License-Identifier: MIT */
#include "data/formats/redo.h"

#include "data/formats/bytes.h"
#include "data/formats/crc32c.h"

#include <stdlib.h>

#define FORMAT_STREAM 0xf09f979dU
#define FORMAT_RECORDS 0x50687973U
#define FORMAT_10_5 0x50485953U
#define FORMAT_ENCRYPTED 0x80000000U /* flag, together with the formats below */
#define FORMAT_10_4 0x68U
#define FORMAT_10_3 0x67U
#define FORMAT_10_2 0x01U

#define RECORDS_START 12288U
#define RECORD_TYPE_CHECKPOINT 0xfaU
#define SUBTYPE_LAST 10 /* of an extended record */

#define BLOCK 512U
#define BLOCKS_START 2048U
#define BLOCK_DATA_SIZE 4U /* this and the following: in a block (log0log.h of 10.5, LOG_BLOCK_...) */
#define BLOCK_DATA 12U
#define BLOCK_TRAILER 504U
#define BLOCK_NO_CHECKSUM 0xdeadbeefU	  /* innodb_log_checksums=OFF, up to 10.4 */
#define BLOCK_NUMBERS (UINT64_C(1) << 39) /* bytes of log after which block numbers start again */

#define BLOCK_NUMBER_MASK 0x3fffffffU
#define CHECKPOINT_SIZE_10_2 9U	 /* bytes after the checkpoint that a clean shutdown leaves: one record, */
#define CHECKPOINT_SIZE_10_5 12U /* and a zero after it */

#define NONCE 8U

/* Bytes of older mini-transactions that are read if the part after the checkpoint proves nothing. */
#define HISTORY (4U << 20)
#define SEARCH_MTR 4096U /* bytes to search for a mini-transaction whose start is not known */

/* ---- the head ---- */

static bool checksum_matches(const unsigned char *block, size_t covered)
{
	return be32(block + covered) == crc32c(0, block, covered);
}

/* The head in 10.8 and later (storage/innobase/include/log0log.h): LSN at 8, creator at 16, key
 * ID at 48 with version and salt (log/log0crypt.cc), checksum at 508. It has two checkpoints,
 * each with its LSN, the LSN of its end, and a checksum at 60. */
static void read_checkpoints(const unsigned char *head, struct redo_file *file)
{
	bool found = false;

	for (size_t at = 4096; at <= 8192; at += 4096) {
		const unsigned char *block = head + at;

		if (!checksum_matches(block, 60) || (found && be64(block) < file->checkpoint_lsn))
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
	file->damaged = size < RECORDS_START || !checksum_matches(head, 508);
	if (!file->damaged)
		read_checkpoints(head, file);
}

/* LOG_HEADER_... and LOG_CHECKPOINT_... of log0log.h in 10.5. A checkpoint contains its number,
 * its LSN, and at 32 the key version, nonce and salt (log/log0crypt.cc). */
static void read_old_head(const unsigned char *head, size_t size, uint32_t format, bool encrypted,
			  struct redo_file *file)
{
	uint64_t newest = 0;
	bool found = false;

	file->id = KEY_ID_SYSTEM;
	file->block_versions = encrypted && (format == FORMAT_10_5 || format == FORMAT_10_4);
	file->has_records = format == FORMAT_10_5;
	file->first_lsn = be64(head + 8);
	file->damaged = size < BLOCKS_START || !checksum_matches(head, 508);
	for (size_t at = 512; !file->damaged && at <= 1536; at += 1024) {
		const unsigned char *block = head + at;

		if (!checksum_matches(block, 508) || (found && be64(block) < newest))
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

/* "MariaDB 10.5.23", "Backup 10.11.19". From 10.6 on, a new file is zero until its first pages
 * are flushed (fil/fil0fil.cc, fil_ibd_create). */
static void read_creator(const unsigned char *head, size_t size, struct redo_file *file)
{
	const unsigned char *creator = head + 16;

	if (size < BLOCK)
		return;
	file->of_backup = !memcmp(creator, "Backup", 6);
	file->makes_files = !memmem(creator, 32, " 10.5.", 6) && !memmem(creator, 32, " 10.4.", 6) &&
			    !memmem(creator, 32, " 10.3.", 6) && !memmem(creator, 32, " 10.2.", 6);
}

void redo_read_head(const unsigned char *head, size_t size, struct redo_file *file)
{
	uint32_t format = size >= BLOCK ? be32(head) : FORMAT_ENCRYPTED;
	uint32_t old = format & ~FORMAT_ENCRYPTED;

	file->format = REDO_UNKNOWN;
	read_creator(head, size, file);
	if (format == FORMAT_STREAM || format == FORMAT_RECORDS) {
		file->format = format == FORMAT_STREAM ? REDO_STREAM : REDO_RECORDS;
		read_new_head(head, size, file);
	} else if (old == FORMAT_10_5 || old == FORMAT_10_4 || old == FORMAT_10_3 || old == FORMAT_10_2 || !format) {
		file->format = format & FORMAT_ENCRYPTED ? REDO_BLOCKS : REDO_PLAIN;
		if (format)
			read_old_head(head, size, old, format & FORMAT_ENCRYPTED, file);
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

/* What decrypted records show of the key. */
struct tally {
	uint64_t names; /* records with a file name, and checkpoints: one is enough for proof */
	uint64_t fits;	/* bytes with one of the few possible values */
	uint64_t fails; /* bytes with another value */
	bool shows;	/* a record with a name was long enough to tell the ciphers apart */
};

/* The records, decrypted with one of the ciphers. */
struct reading {
	struct tally tally;
	struct redo_changes changes;
};

/* The mini-transactions, which are in a ring. A part of the ring is in memory. */
struct ring {
	struct scan *scan;
	const struct redo_file *file;
	uint64_t capacity;
	uint64_t lsn; /* LSN of bytes[0] */
	size_t size;
	unsigned char *bytes;	 /* SCAN_BULK */
	unsigned char *payloads; /* SCAN_BULK: joined payloads of one mini-transaction */
	unsigned char *plain;	 /* SCAN_BULK: the same, decrypted */
	uint32_t ciphers;	 /* a bit for each enum data_cipher to try; 0: the key is missing */
	struct reading readings[DATA_CIPHER_COUNT];
	uint64_t count;	       /* mini-transactions read */
	uint64_t count_at_end; /* those after the end of the checkpoint */
};

/* One mini-transaction in memory. */
struct mtr {
	const struct ring *ring;
	const unsigned char *bytes;
	size_t records_size; /* all records with their headers */
	size_t size;	     /* the whole mini-transaction */
	size_t payload_size;
	size_t first_header; /* size of the first record's header */
	unsigned char last_type;
	const unsigned char *nonce; /* NONCE bytes; none in REDO_PLAIN_RECORDS */
};

/* The header of a record, and the sizes of header and payload. */
struct record {
	unsigned char type;
	size_t header;
	size_t payload;
};

/* The low 4 bits of the first byte are the number of bytes after it (mtr0types.h). If they are 0,
 * a number follows: that number plus 15 counts, including its own bytes (log/log0recv.cc,
 * recv_sys_t::parse). */
static bool read_record(const unsigned char *bytes, size_t size, struct record *ret_record)
{
	struct record record = { .type = bytes[0], .header = 1, .payload = bytes[0] & 15U };
	uint64_t value = 0;
	size_t length;

	if (!record.payload) {
		length = redo_read_number(bytes + 1, size - 1, &value);
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

/* Reads the mini-transaction at bytes. size: bytes available. */
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

/* Fills the memory, starting at lsn. */
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

/* Finds the mini-transaction at lsn. */
static bool ring_mtr(struct ring *ring, uint64_t lsn, struct mtr *ret_mtr)
{
	if (lsn >= ring->lsn && lsn < ring->lsn + ring->size &&
	    read_mtr(ring, ring->bytes + (lsn - ring->lsn), (size_t)(ring->lsn + ring->size - lsn), ret_mtr))
		return true;
	/* reading again from here would fail in the same way */
	if (lsn == ring->lsn && ring->size)
		return false;
	return ring_fill(ring, lsn) && read_mtr(ring, ring->bytes, ring->size, ret_mtr);
}

/* ---- the proof: what decrypted records must contain ---- */

static bool is_checkpoint(const struct redo_file *file, const unsigned char *payload, size_t size)
{
	uint64_t lsn;

	if (size != 10)
		return false;
	lsn = be64(payload + 2);
	return !payload[0] && !payload[1] && lsn >= file->first_lsn && lsn <= file->end_lsn;
}

/* The ID of a tablespace, page 0, and "…/t.ibd". */
static bool is_file_name(const unsigned char *payload, size_t size)
{
	uint64_t space;
	size_t at = redo_read_number(payload, size, &space);

	return at && at + 1 + 4 <= size && !payload[at] && !memcmp(payload + size - 4, ".ibd", 4);
}

static void tally_file_record(const struct redo_file *file, unsigned char type, const unsigned char *payload,
			      size_t size, struct tally *tally)
{
	if (file->format == REDO_RECORDS)
		return; /* not encrypted */
	if (type == RECORD_TYPE_CHECKPOINT ? is_checkpoint(file, payload, size) : is_file_name(payload, size))
		tally->names++;
	else
		tally->fails++;
}

static void tally_page_record(const struct record *record, const unsigned char *payload, struct tally *tally)
{
	bool is_extended = (record->type >> 4 & 7) == 2;
	size_t at = 0;
	uint32_t ignored;

	if (!is_extended)
		return;
	if (!(record->type & REDO_SAME_PAGE))
		at = redo_read_page_id(payload, record->payload, &ignored, &ignored);
	if (at < record->payload && payload[at] <= SUBTYPE_LAST)
		tally->fits++;
	else
		tally->fails++;
}

/* Counts the records of a mini-transaction. Its payloads are in ring->plain. */
static void tally_mtr(const struct mtr *mtr, struct tally *tally)
{
	const unsigned char *payload = mtr->ring->plain;
	uint64_t before = tally->names;
	struct record record;
	bool page_known = false;

	for (size_t at = 0; at < mtr->records_size; at += record.header + record.payload) {
		if (!read_record(mtr->bytes + at, mtr->size - at, &record))
			break;
		page_known |= !(record.type & REDO_SAME_PAGE);
		if (page_known)
			tally_page_record(&record, payload, tally);
		else
			tally_file_record(mtr->ring->file, record.type, payload, record.payload, tally);
		payload += record.payload;
	}
	tally->shows |= tally->names > before && mtr->payload_size >= CIPHER_BLOCK;
}

static bool is_proven(const struct tally *tally)
{
	return tally->names || (tally->fits >= 8 && !tally->fails);
}

/* ---- decrypting ---- */

static void join_payloads(const struct mtr *mtr, unsigned char *to)
{
	struct record record;

	for (size_t at = 0; at < mtr->records_size; at += record.header + record.payload) {
		if (!read_record(mtr->bytes + at, mtr->size - at, &record))
			return;
		memcpy(to, mtr->bytes + at + record.header, record.payload);
		to += record.payload;
	}
}

/* REDO_STREAM */
static void decrypt_stream(const struct mtr *mtr, enum data_cipher cipher)
{
	const struct ring *ring = mtr->ring;
	struct ciphertext text = { .data = ring->payloads, .size = mtr->payload_size };

	join_payloads(mtr, ring->payloads);
	memcpy(text.iv, mtr->nonce, NONCE);
	memcpy(text.iv + NONCE, mtr->bytes, mtr->first_header);
	prover_decrypt(ring->scan->prover, cipher, &text, 0, text.size, ring->plain);
}

static void decrypt_body(const struct mtr *mtr, enum data_cipher cipher, const unsigned char *body, size_t size,
			 const uint32_t page_id[2], unsigned char *plain)
{
	struct ciphertext text = { .data = body, .size = size };

	memcpy(text.iv, mtr->nonce, NONCE);
	put_be32(text.iv + 8, page_id[0]);
	put_be32(text.iv + 12, page_id[1]);
	prover_decrypt(mtr->ring->scan->prover, cipher, &text, 0, size, plain);
}

/* REDO_RECORDS: records about files and the IDs of pages are not encrypted. */
static void decrypt_bodies(const struct mtr *mtr, enum data_cipher cipher)
{
	unsigned char *to = mtr->ring->plain;
	uint32_t page_id[2] = { 0 };
	struct record record;
	bool page_known = false;

	for (size_t at = 0; at < mtr->records_size; at += record.header + record.payload) {
		const unsigned char *from = mtr->bytes + at;
		size_t clear = 0;

		if (!read_record(from, mtr->size - at, &record))
			return;
		from += record.header;
		if (record.type & REDO_SAME_PAGE && !page_known)
			clear = record.payload;
		else if (!(record.type & REDO_SAME_PAGE))
			clear = redo_read_page_id(from, record.payload, &page_id[0], &page_id[1]);
		if (clear > record.payload)
			clear = record.payload;
		page_known |= !(record.type & REDO_SAME_PAGE);
		memcpy(to, from, clear);
		decrypt_body(mtr, cipher, from + clear, record.payload - clear, page_id, to + clear);
		to += record.payload;
	}
}

/* Joins and decrypts the payloads into ring->plain. */
static void decrypt_mtr(const struct mtr *mtr, enum data_cipher cipher)
{
	enum redo_format format = mtr->ring->file->format;

	if (format == REDO_STREAM)
		decrypt_stream(mtr, cipher);
	else if (format == REDO_RECORDS)
		decrypt_bodies(mtr, cipher);
	else
		join_payloads(mtr, mtr->ring->plain);
}

/* ---- from the checkpoint to the end ---- */

/* Applies the records of a mini-transaction to changes. Its payloads are in ring->plain. Returns
 * false if memory runs out. */
static bool take_mtr(const struct mtr *mtr, struct redo_changes *changes)
{
	const unsigned char *payload = mtr->ring->plain;
	struct redo_position position = { 0 };
	struct record record;

	for (size_t at = 0; at < mtr->records_size; at += record.header + record.payload) {
		if (!read_record(mtr->bytes + at, mtr->size - at, &record))
			break;
		if (!redo_changes_take(changes, &position, record.type, payload, record.payload))
			return false;
		payload += record.payload;
	}
	return true;
}

/* A cipher that fails to make sense of a record is the wrong one: from then on, a sample is
 * enough for the proof. */
static struct fault look_at_mtr(struct ring *ring, const struct mtr *mtr)
{
	bool is_sampled = ring->scan->rules->full || ring->count < 64 || ring->count % SCAN_SAMPLE_EVERY == 0 ||
			  mtr->last_type == RECORD_TYPE_CHECKPOINT;

	for (int i = 0; i < DATA_CIPHER_COUNT; i++) {
		struct reading *reading = &ring->readings[i];

		if (!(ring->ciphers >> i & 1) || (reading->changes.broken && !is_sampled))
			continue;
		decrypt_mtr(mtr, (enum data_cipher)i);
		tally_mtr(mtr, &reading->tally);
		if (!reading->changes.broken && !take_mtr(mtr, &reading->changes))
			return fault_of(FAULT_MEMORY);
	}
	return fault_none();
}

/* Whether the mini-transaction belongs to the current lap of the ring, by the byte after its
 * records. */
static bool is_of_lap(const struct mtr *mtr, uint64_t lsn)
{
	const struct ring *ring = mtr->ring;
	uint64_t lap = (lsn + mtr->records_size - ring->file->first_lsn) / ring->capacity;

	return mtr->bytes[mtr->records_size] == !(lap & 1);
}

/* Reads all mini-transactions, starting at first. *ret_end: the LSN after the last one. */
static struct fault walk_from(struct ring *ring, uint64_t first, uint64_t *ret_end)
{
	struct fault fault = fault_none();
	uint64_t lsn = first;
	struct mtr mtr;

	ring->count = ring->count_at_end = 0;
	while (!fault.code && lsn - first < ring->capacity && ring_mtr(ring, lsn, &mtr) && is_of_lap(&mtr, lsn)) {
		fault = look_at_mtr(ring, &mtr);
		ring->count++;
		ring->count_at_end += lsn >= ring->file->end_lsn;
		lsn += mtr.size;
	}
	*ret_end = lsn;
	return fault;
}

/* Only the right cipher makes sense of all records. */
static struct redo_changes take_changes(struct ring *ring)
{
	struct redo_changes changes = { .broken = true };
	struct reading *best = NULL;

	for (int i = 0; i < DATA_CIPHER_COUNT; i++) {
		struct reading *reading = &ring->readings[i];

		if (ring->ciphers >> i & 1 && !reading->changes.broken && (!best || is_proven(&reading->tally)))
			best = reading;
	}
	if (best) {
		changes = best->changes;
		best->changes = (struct redo_changes){ 0 };
	}
	return changes;
}

/* Recovery may need changes from the checkpoint's LSN on, not only from its end: a dirty page can
 * be older than the end. */
static struct fault read_ring(struct ring *ring, struct redo_recovery *recovery)
{
	const struct redo_file *file = ring->file;
	struct fault fault = walk_from(ring, file->checkpoint_lsn, &recovery->end_lsn);
	uint64_t ignored;

	recovery->clean = file->checkpoint_lsn == file->end_lsn && ring->count == 1;
	/* the part after the gap can still prove keys */
	if (!fault.code && recovery->end_lsn < file->end_lsn)
		fault = walk_from(ring, file->end_lsn, &ignored);
	recovery->changes = take_changes(ring);
	recovery->changes.broken |= recovery->end_lsn <= file->end_lsn;
	if (!ring->ciphers)
		recovery->changes.broken = !recovery->clean;
	return fault;
}

/* ---- proof ---- */

/* If the log has wrapped around, the oldest mini-transaction starts somewhere after the newest. */
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

static bool is_any_proven(const struct ring *ring)
{
	return is_proven(&ring->readings[DATA_CIPHER_CBC].tally) || is_proven(&ring->readings[DATA_CIPHER_CTR].tally);
}

/* Reads older mini-transactions before the checkpoint, as many as a proof needs. end: the end of
 * the log. */
static void walk_history(struct ring *ring, uint64_t end)
{
	uint64_t lsn = ring->file->first_lsn;
	uint64_t start;
	struct mtr mtr;

	if (end - lsn > ring->capacity)
		lsn = find_oldest(ring, end - ring->capacity);
	start = lsn;
	while (lsn - start < HISTORY && lsn < ring->file->end_lsn && ring_mtr(ring, lsn, &mtr)) {
		for (int i = 0; i < DATA_CIPHER_COUNT; i++) {
			decrypt_mtr(&mtr, (enum data_cipher)i);
			tally_mtr(&mtr, &ring->readings[i].tally);
		}
		lsn += mtr.size;
	}
}

/* The outcome of all records. The checksums on disk match. */
static enum page_outcome judge_readings(const struct ring *ring, struct evidence *evidence)
{
	uint32_t proven = 0;
	uint32_t possible = 0;
	uint32_t shown = 0;

	for (int i = 0; i < DATA_CIPHER_COUNT; i++) {
		const struct tally *tally = &ring->readings[i].tally;

		proven |= (uint32_t)is_proven(tally) << i;
		possible |= (uint32_t)!tally->fails << i;
		shown |= (uint32_t)tally->shows << i;
	}
	if (!(proven & ring->ciphers))
		return possible & ring->ciphers ? PAGE_UNPROVED : PAGE_REFUTED_INTACT;
	evidence->proven_by_cipher |= shown & ring->ciphers;
	return PAGE_PROVEN;
}

/* The outcome of a log without a valid mini-transaction or block. */
static enum page_outcome broken_outcome(const struct scan *scan)
{
	return scan->rules->live || scan->fault.code ? PAGE_BUSY : PAGE_DAMAGED;
}

/* end: the end of the log. */
static struct fault judge_ring(struct ring *ring, uint64_t end, struct evidence *evidence)
{
	const struct redo_file *file = ring->file;
	struct key_use *use;

	if (file->format == REDO_PLAIN_RECORDS) {
		evidence->plain_damaged += !ring->count_at_end && broken_outcome(ring->scan) == PAGE_DAMAGED;
		return fault_none();
	}
	use = evidence_use(evidence, file->id, file->version);
	if (!use)
		return fault_of(FAULT_MEMORY);
	evidence->pages = ring->count_at_end;
	use->pages = ring->count_at_end ? ring->count_at_end : 1;
	if (!ring->count_at_end) {
		key_use_count(use, broken_outcome(ring->scan), 0);
		return fault_none();
	}
	if (ring->ciphers && !is_any_proven(ring))
		walk_history(ring, end);
	key_use_count(use, ring->ciphers ? judge_readings(ring, evidence) : PAGE_SOUND, 0);
	return fault_none();
}

static void ring_close(struct ring *ring)
{
	for (int i = 0; i < DATA_CIPHER_COUNT; i++)
		redo_changes_free(&ring->readings[i].changes);
	free(ring->bytes);
	free(ring->payloads);
	free(ring->plain);
}

static struct fault read_mtrs(struct scan *scan, const struct redo_file *file, bool has_key, struct evidence *evidence,
			      struct redo_recovery *recovery)
{
	struct ring ring __attribute__((cleanup(ring_close))) = {
		.scan = scan,
		.file = file,
		.capacity = file->source.size - RECORDS_START,
		.bytes = malloc(SCAN_BULK),
		.payloads = malloc(SCAN_BULK),
		.plain = malloc(SCAN_BULK),
		.ciphers = file->format == REDO_PLAIN_RECORDS ? 1U << DATA_CIPHER_CBC /* or any */
			   : has_key			      ? scan->rules->ciphers
							      : 0,
	};
	struct fault fault;

	if (!ring.bytes || !ring.payloads || !ring.plain)
		return fault_of(FAULT_MEMORY);
	fault = read_ring(&ring, recovery);
	return fault.code || !evidence ? fault : judge_ring(&ring, recovery->end_lsn, evidence);
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

/* The number contains 30 bits of the LSN. The other bits are those of the checkpoint, which is
 * near. */
static uint64_t block_lsn(const struct block *block)
{
	uint64_t checkpoint = block->file->checkpoint_lsn & ~(uint64_t)(BLOCK - 1);
	uint64_t number = block_number(block->bytes);
	uint64_t ahead = ((number - 1) * BLOCK - checkpoint) & (BLOCK_NUMBERS - 1);

	return checkpoint + ahead - (ahead < BLOCK_NUMBERS / 2 ? 0 : BLOCK_NUMBERS);
}

static size_t block_end(const struct redo_file *file)
{
	return file->block_versions ? BLOCK_TRAILER : BLOCK_TRAILER + 4;
}

/* Decrypts the first size bytes, starting at the fifth byte of the block. */
static void decrypt_block(struct scan *scan, enum data_cipher cipher, const struct block *block, size_t size,
			  unsigned char *plain)
{
	struct ciphertext text = { .data = block->bytes + 4, .size = block_end(block->file) - 4 };

	put_be32(text.iv, block_number(block->bytes));
	memcpy(text.iv + 4, block->file->nonce, 4);
	put_be64(text.iv + 8, block_lsn(block));
	prover_decrypt(scan->prover, cipher, &text, 0, size < text.size ? size : text.size, plain);
}

/* Checks the sizes in the header of a block, which are encrypted. */
static enum page_proof prove_block(struct scan *scan, enum data_cipher cipher, const void *any_block)
{
	const struct block *block = any_block;
	size_t end = block_end(block->file);
	unsigned char plain[CIPHER_BLOCK];
	uint16_t data;
	uint16_t group;

	decrypt_block(scan, cipher, block, CIPHER_BLOCK, plain);
	data = be16(plain); /* LOG_BLOCK_HDR_DATA_LEN, and LOG_BLOCK_FIRST_REC_GROUP after it */
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
		.intact = checksum_matches(block->bytes, BLOCK - 4),
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
	return checksum_matches(bytes, BLOCK - 4) || be32(bytes + BLOCK - 4) == BLOCK_NO_CHECKSUM;
}

/* If a server was killed, one or two blocks may be broken, but never all. */
static void count_broken_log(struct scan *scan, const struct redo_file *file, struct evidence *evidence)
{
	struct key_use *use = evidence_use(evidence, file->id, file->version);

	if (!use)
		return;
	use->pages++;
	key_use_count(use, broken_outcome(scan), BLOCKS_START / BLOCK);
}

/* Reads the blocks of all laps, up to the first block that was never written. */
static void scan_blocks(struct scan *scan, const struct redo_file *file, struct evidence *evidence)
{
	bool any_whole = false;

	scan->window_size = 0;
	for (uint64_t at = BLOCKS_START; at + BLOCK <= file->source.size; at += BLOCK) {
		struct block block = { .file = file, .bytes = scan_window(scan, &file->source, at, BLOCK) };

		if (!block.bytes || is_zero(block.bytes, BLOCK))
			break;
		/* padding of a write (innodb_log_write_ahead_size), not encrypted */
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

/* ---- recovery, by blocks ---- */

/* The joined records of blocks. */
struct stream {
	unsigned char *bytes; /* SCAN_BULK */
	size_t size;
};

/* Takes all complete mini-transactions. Each ends in a zero. */
static bool take_whole(struct stream *stream, struct redo_changes *changes)
{
	size_t start = 0;
	size_t at = 0;
	struct redo_position position = { 0 };
	struct record record;

	while (at < stream->size && !changes->broken) {
		if (stream->bytes[at]) {
			if (!read_record(stream->bytes + at, stream->size - at, &record))
				break;
			at += record.header + record.payload;
			continue;
		}
		for (size_t i = start; i < at; i += record.header + record.payload)
			if (!read_record(stream->bytes + i, stream->size - i, &record) ||
			    !redo_changes_take(changes, &position, record.type, stream->bytes + i + record.header,
					       record.payload))
				return false;
		start = ++at;
		position = (struct redo_position){ 0 };
	}
	stream->size -= start;
	memmove(stream->bytes, stream->bytes + start, stream->size);
	return true;
}

static bool is_block_of(const unsigned char *bytes, uint64_t lsn)
{
	return block_number(bytes) == ((lsn / BLOCK) & BLOCK_NUMBER_MASK) + 1 && block_is_whole(bytes);
}

/* Returns the offset in the file of the block with this LSN; 0: not in the file. Logs up to 10.4
 * may consist of several files. */
static uint64_t find_block(struct scan *scan, const struct redo_file *file, uint64_t lsn)
{
	scan->window_size = 0;
	for (uint64_t at = BLOCKS_START; at + BLOCK <= file->source.size; at += BLOCK) {
		const unsigned char *bytes = scan_window(scan, &file->source, at, BLOCK);

		if (!bytes)
			return 0;
		if (is_block_of(bytes, lsn))
			return at;
	}
	return 0;
}

/* Reads the block with this LSN at an offset in the file and decrypts it. Returns false at the
 * end of the log. */
static bool read_block(struct scan *scan, const struct redo_file *file, enum data_cipher cipher, uint64_t offset,
		       uint64_t lsn, unsigned char bytes[static BLOCK])
{
	unsigned char encrypted[BLOCK];
	struct block block = { file, encrypted };

	if (!scan_read(scan, &file->source, offset, encrypted, BLOCK) || !is_block_of(encrypted, lsn))
		return false;
	memcpy(bytes, encrypted, BLOCK);
	if (file->format != REDO_BLOCKS)
		return true;
	if (!prover_use_local_key(scan->prover, file->id,
				  file->block_versions ? be32(encrypted + BLOCK_TRAILER) : file->version, file->salt))
		return false;
	decrypt_block(scan, cipher, &block, BLOCK, bytes + 4);
	return true;
}

/* Whether so few bytes after the checkpoint mean that there is nothing to recover. */
static bool is_clean_size(const struct redo_file *file, uint64_t size)
{
	return size <= (file->has_records ? CHECKPOINT_SIZE_10_5 : CHECKPOINT_SIZE_10_2);
}

/* Reads the log from the checkpoint on. */
static struct fault read_stream(struct scan *scan, const struct redo_file *file, enum data_cipher cipher,
				struct stream *stream, struct redo_recovery *recovery)
{
	uint64_t capacity = (file->source.size - BLOCKS_START) & ~(uint64_t)(BLOCK - 1);
	uint64_t first = file->checkpoint_lsn & ~(uint64_t)(BLOCK - 1);
	uint64_t start = find_block(scan, file, first);
	size_t from = (size_t)(file->checkpoint_lsn - first);
	struct redo_changes *changes = &recovery->changes;
	uint64_t size = 0;
	unsigned char block[BLOCK];

	for (uint64_t lsn = first; start && lsn - first < capacity; lsn += BLOCK, from = BLOCK_DATA) {
		uint64_t offset = BLOCKS_START + (start - BLOCKS_START + lsn - first) % capacity;
		size_t data;

		if (!read_block(scan, file, cipher, offset, lsn, block))
			break;
		data = be16(block + BLOCK_DATA_SIZE) == BLOCK ? block_end(file) : be16(block + BLOCK_DATA_SIZE);
		if (data > block_end(file) || data < BLOCK_DATA || SCAN_BULK - stream->size < BLOCK) {
			changes->broken = true;
			break;
		}
		if (from < BLOCK_DATA)
			from = BLOCK_DATA;
		if (data > from) {
			memcpy(stream->bytes + stream->size, block + from, data - from);
			stream->size += data - from;
			size += data - from;
		}
		recovery->end_lsn = lsn + (be16(block + BLOCK_DATA_SIZE) == BLOCK ? BLOCK : data);
		if (file->has_records && !take_whole(stream, changes))
			return fault_of(FAULT_MEMORY);
		if (!file->has_records)
			stream->size = 0;
		if (be16(block + BLOCK_DATA_SIZE) != BLOCK)
			break;
	}
	recovery->clean = recovery->end_lsn && !changes->broken && is_clean_size(file, size);
	changes->broken |= !recovery->end_lsn || (!file->has_records && !recovery->clean);
	return fault_none();
}

static struct fault read_blocks_with(struct scan *scan, const struct redo_file *file, enum data_cipher cipher,
				     struct redo_recovery *recovery)
{
	struct stream stream = { .bytes = malloc(SCAN_BULK) };
	struct fault fault;

	redo_changes_free(&recovery->changes);
	*recovery = (struct redo_recovery){ 0 };
	if (!stream.bytes)
		return fault_of(FAULT_MEMORY);
	fault = read_stream(scan, file, cipher, &stream, recovery);
	free(stream.bytes);
	return fault;
}

/* Only the right cipher makes sense of all records. */
static struct fault read_blocks(struct scan *scan, const struct redo_file *file, bool has_key,
				struct redo_recovery *recovery)
{
	int likely = atomic_load_explicit(&scan->rules->likely, memory_order_relaxed);
	struct fault fault = fault_none();

	for (int i = 0; i < DATA_CIPHER_COUNT && recovery->changes.broken && !fault.code; i++) {
		enum data_cipher cipher = (enum data_cipher)((likely + i) % DATA_CIPHER_COUNT);

		if (scan->rules->ciphers >> cipher & 1)
			fault = read_blocks_with(scan, file, cipher, recovery);
	}
	recovery->changes.broken |= !has_key && !recovery->clean;
	return fault;
}

/* ---- all formats ---- */

static bool has_key(struct scan *scan, const struct redo_file *file)
{
	return file->format == REDO_PLAIN || file->format == REDO_PLAIN_RECORDS ||
	       prover_use_local_key(scan->prover, file->id, file->version, file->salt);
}

struct fault redo_read(struct scan *scan, const struct redo_file *file, struct evidence *evidence,
		       struct redo_recovery *ret_recovery)
{
	struct redo_recovery recovery = { .changes.broken = true };
	struct fault fault = fault_none();

	if (file->format == REDO_BLOCKS && evidence)
		scan_blocks(scan, file, evidence);
	if (file->format == REDO_UNKNOWN || file->damaged || file->no_checkpoint ||
	    file->checkpoint_lsn < file->first_lsn)
		fault = fault_none();
	else if (file->format == REDO_BLOCKS || file->format == REDO_PLAIN)
		fault = read_blocks(scan, file, has_key(scan, file), &recovery);
	else if (file->source.size > RECORDS_START)
		fault = read_mtrs(scan, file, has_key(scan, file), evidence, &recovery);
	recovery.makes_files = file->makes_files;
	recovery.of_backup = file->of_backup;
	if (fault.code)
		redo_changes_free(&recovery.changes);
	else
		*ret_recovery = recovery;
	return fault;
}
