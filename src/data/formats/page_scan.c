/* SPDX-License-Identifier: MIT */
#include "data/formats/page_scan.h"

#include <errno.h>
#include <string.h>

#define PAGE_HEADER_MAX 64
#define READ_SIZE (256U << 10) /* bytes of pages to read at once, so that they stay in the processor's cache */

_Static_assert(READ_SIZE <= SCAN_BULK, "they are read into bulk");

static uint64_t offset_of(const struct paged_file *file, uint64_t index)
{
	return index * file->page_size;
}

static uint64_t index_of(const struct paged_file *file, const struct page *page)
{
	return page->number - file->first_page;
}

static bool is_bad(enum page_outcome outcome)
{
	return outcome == PAGE_DAMAGED || outcome == PAGE_REFUTED || outcome == PAGE_REFUTED_INTACT;
}

static bool is_free(struct scan *scan, const struct paged_file *file, const struct page *page)
{
	return file->format->is_free && file->format->is_free(scan, page);
}

static enum page_outcome judge_once(struct scan *scan, const struct paged_file *file, const struct page *page,
				    struct key_use *use, struct evidence *evidence)
{
	enum page_integrity integrity = file->format->check(page);
	struct local_page local = {
		.id = file->id,
		.version = page->version,
		.salt = file->salt,
		.intact = integrity == PAGE_INTACT,
		.prove = file->format->prove,
		.page = page,
	};

	if (integrity == PAGE_BROKEN)
		return PAGE_DAMAGED;
	if (!file->reads_free && is_free(scan, file, page))
		return PAGE_UNPROVED;
	return scan_local_page(scan, &local, use, evidence);
}

/* Reads a mismatching page again, because it may have been read in the middle of a write. */
static enum page_outcome judge(struct scan *scan, const struct paged_file *file, struct page *page, struct key_use *use,
			       struct evidence *evidence)
{
	enum page_outcome outcome = judge_once(scan, file, page, use, evidence);
	bool live = scan->rules->live;
	bool changed = false;

	for (int i = 0; i < SCAN_READS && is_bad(outcome); i++) {
		bool same;

		if (page->bytes != scan->page)
			memcpy(scan->page, page->bytes, file->page_size);
		scan_pause(scan);
		if (!scan_read(scan, &file->source, offset_of(file, index_of(file, page)), scan->again,
			       file->page_size))
			return PAGE_BUSY;
		same = !memcmp(scan->page, scan->again, file->page_size);
		changed |= !same;
		scan->rules->pauses_in_vain += same && live;
		if (same && (i || !live))
			break;
		memcpy(scan->page, scan->again, file->page_size);
		*page = file->format->header(file->space, scan->page, page->number);
		if (page->version != use->version)
			return PAGE_BUSY;
		outcome = judge_once(scan, file, page, use, evidence);
	}
	return is_bad(outcome) && changed ? PAGE_BUSY : outcome;
}

/* A free page may have old content. */
static bool plain_fits(struct scan *scan, const struct paged_file *file, const struct page *page)
{
	const struct page_format *format = file->format;

	return (format->plain_fits(page) && (!format->belongs || format->belongs(page))) || is_free(scan, file, page);
}

static bool plain_page_fits(struct scan *scan, const struct paged_file *file, const struct page *page)
{
	bool fits = plain_fits(scan, file, page);

	for (int i = 0; i < SCAN_READS && !fits && scan->rules->live; i++) {
		struct page again;

		scan_pause(scan);
		if (!scan_read(scan, &file->source, offset_of(file, index_of(file, page)), scan->again,
			       file->page_size))
			return true;
		if (!memcmp(page->bytes, scan->again, file->page_size)) {
			scan->rules->pauses_in_vain++;
			if (i)
				break;
			continue;
		}
		again = file->format->header(file->space, scan->again, page->number);
		fits = again.version || plain_fits(scan, file, &again);
	}
	return fits;
}

/* Page 0 is always read, because all other pages depend on it. */
static void count_plain(struct scan *scan, const struct paged_file *file, struct page *page, bool whole,
			struct evidence *evidence)
{
	evidence->plain++;
	if (!whole && index_of(file, page) == 0 && scan_read(scan, &file->source, 0, scan->page, file->page_size)) {
		*page = file->format->header(file->space, scan->page, page->number);
		whole = true;
	}
	if (!whole || plain_page_fits(scan, file, page))
		return;
	if (page->version && file->format->check(page) != PAGE_BROKEN)
		evidence->unexplained++;
	else if (!evidence->plain_damaged++)
		evidence->first_bad = page->number;
}

/* Only a running server truncates a file. */
static struct fault check_end(const struct scan *scan, const struct paged_file *file, uint64_t end)
{
	if (scan->rules->live || end >= file->source.size)
		return fault_none();
	return fault_errno(FAULT_READ, ENODATA);
}

/* Reads the whole page after its header. Returns false if the page has changed. */
static bool read_whole(struct scan *scan, const struct paged_file *file, struct page *page)
{
	uint32_t version = page->version;
	uint64_t offset = offset_of(file, index_of(file, page));

	if (!scan_read(scan, &file->source, offset, scan->page, file->page_size)) {
		if (!scan->fault.code)
			scan->fault = check_end(scan, file, offset);
		return false;
	}
	*page = file->format->header(file->space, scan->page, page->number);
	return page->version == version;
}

static void count_free_outcome(struct free_use *use, enum page_outcome outcome)
{
	switch (outcome) {
	case PAGE_PROVEN:
		use->proven++;
		break;
	case PAGE_REFUTED_INTACT:
		use->refuted++;
		break;
	case PAGE_SOUND:
		use->sound++;
		break;
	case PAGE_REFUTED:
		use->doubtful++;
		break;
	case PAGE_DAMAGED:
		use->broken++;
		break;
	case PAGE_UNPROVED:
	case PAGE_BUSY:
		break;
	}
}

/* The sample is the first intact free pages of each part. */
static void count_free(struct scan *scan, const struct paged_file *file, struct page *page, bool whole,
		       struct key_use *use, struct evidence *evidence)
{
	struct free_use *free = &use->free;
	enum page_outcome outcome;

	free->pages++;
	if (!scan->rules->full && free->proven + free->refuted + free->doubtful + free->sound >= SCAN_SAMPLE_FIRST)
		return;
	if (!whole && !read_whole(scan, file, page))
		return;
	outcome = judge(scan, file, page, use, evidence);
	if (outcome == PAGE_REFUTED && file->format->writes_free && free->proven)
		key_use_count(use, PAGE_DAMAGED, page->number);
	else
		count_free_outcome(free, outcome);
}

/* coverage: of the page. */
static void count_encrypted(struct scan *scan, const struct paged_file *file, struct page *page, bool whole,
			    struct evidence *evidence, struct coverage *coverage)
{
	struct key_use *use = scan_use(scan, evidence, file->id, page->version);
	bool unused = is_free(scan, file, page);
	enum page_outcome outcome;

	if (use && unused && file->reads_free)
		count_free(scan, file, page, whole, use, evidence);
	if (!use || (unused && file->reads_free))
		return;
	if (unused)
		use->residual++;
	else
		use->pages++;
	if (unused || !scan_samples(scan, use, page->number))
		return;
	outcome = whole || read_whole(scan, file, page) ? judge(scan, file, page, use, evidence) : PAGE_BUSY;
	key_use_count(use, outcome, page->number);
	if (outcome == PAGE_DAMAGED)
		*coverage = (struct coverage){ .unknown = file->page_size };
}

/* Makes the whole page available. Returns false if it can no longer be read. */
static bool complete(struct scan *scan, const struct paged_file *file, bool whole, struct page *page)
{
	if (whole)
		return true;
	if (!scan_read(scan, &file->source, offset_of(file, index_of(file, page)), scan->page, file->page_size))
		return false;
	page->bytes = scan->page;
	return true;
}

static bool is_empty(struct scan *scan, const struct paged_file *file, struct page page, bool whole)
{
	const struct page_format *format = file->format;

	return format->may_be_empty && format->may_be_empty(&page) && complete(scan, file, whole, &page) &&
	       format->is_empty(&page);
}

/* What follows a short page is from a page that was there before or from memory, and may be clear text. */
static uint32_t count_rest(struct scan *scan, const struct paged_file *file, struct page page, bool whole)
{
	const struct page_format *format = file->format;

	if (!format->count_rest || (format->may_be_short && !format->may_be_short(&page)) ||
	    !complete(scan, file, whole, &page))
		return 0;
	return format->count_rest(&page);
}

static struct coverage cover(struct scan *scan, const struct paged_file *file, const struct page *page, bool whole)
{
	struct coverage coverage = { 0 };

	if (!scan->rules->coverage)
		return coverage;
	if (page->version && (file->encrypted || file->has_versions)) {
		coverage.unknown = count_rest(scan, file, *page, whole);
		coverage.encrypted = file->page_size - coverage.unknown;
	} else if (file->format->holds_data(page) && !is_empty(scan, file, *page, whole)) {
		coverage.clear = file->page_size;
	}
	return coverage;
}

static void cover_foreign(struct scan *scan, const struct paged_file *file, const unsigned char *bytes, bool whole,
			  uint64_t index, struct coverage *coverage)
{
	if (!scan->rules->coverage)
		return;
	if (!whole && !scan_read(scan, &file->source, offset_of(file, index), scan->page, file->page_size))
		return;
	file->format->cover_foreign(file->space, whole ? bytes : scan->page, coverage);
}

/* bytes is the header or the whole page. */
static void look_at_page(struct scan *scan, const struct paged_file *file, const unsigned char *bytes, bool whole,
			 uint64_t index, struct evidence *evidence)
{
	uint32_t number = file->first_page + (uint32_t)index;
	struct coverage coverage;
	struct page page;

	if (index < file->skipped)
		return;
	evidence->pages++;
	if (file->format->is_foreign && file->format->is_foreign(file->space, number)) {
		cover_foreign(scan, file, bytes, whole, index, &evidence->double_write);
		return;
	}
	page = file->format->header(file->space, bytes, number);
	coverage = cover(scan, file, &page, whole);
	if (page.lsn > scan->newest_lsn) {
		scan->newest_lsn = page.lsn;
		scan->newest_index = index;
	}
	if (page.version && file->encrypted)
		count_encrypted(scan, file, &page, whole, evidence, &coverage);
	else if (page.version && file->has_versions)
		evidence->unexplained += !is_free(scan, file, &page);
	else
		count_plain(scan, file, &page, whole, evidence);
	coverage_add(&evidence->coverage, &coverage);
}

static void count_bytes(struct scan *scan, uint64_t bytes)
{
	atomic_fetch_add_explicit(&scan->rules->bytes_done, bytes, memory_order_relaxed);
}

/* Reads the pages from index on into bulk and scans them. */
static struct fault scan_bulk(struct scan *scan, const struct paged_file *file, uint64_t index, size_t size,
			      struct evidence *evidence)
{
	size_t got = 0;
	uint64_t offset = offset_of(file, index);
	struct fault fault = source_read(&file->source, offset, scan->bulk, size, &got);

	if (!fault.code && got < size)
		fault = check_end(scan, file, offset + got);
	for (size_t at = 0; !fault.code && at + file->page_size <= got; at += file->page_size, index++)
		look_at_page(scan, file, scan->bulk + at, scan->rules->full, index, evidence);
	return fault;
}

static struct fault scan_headers(struct scan *scan, const struct paged_file *file, uint64_t index, uint64_t end,
				 struct evidence *evidence)
{
	unsigned char header[PAGE_HEADER_MAX];

	for (; index < end; index++) {
		size_t got = 0;
		uint64_t offset = offset_of(file, index);
		struct fault fault = source_read(&file->source, offset, header, file->format->header_size, &got);

		if (fault.code)
			return fault;
		if (got < file->format->header_size)
			return check_end(scan, file, offset + got);
		look_at_page(scan, file, header, false, index, evidence);
	}
	return fault_none();
}

/* A hole reads as zeros: pages that were never written. */
static uint64_t skip_hole(struct scan *scan, const struct paged_file *file, uint64_t index, uint64_t end,
			  struct evidence *evidence)
{
	uint64_t data = source_next_data(&file->source, offset_of(file, index)) / file->page_size;
	uint64_t next = data < end ? data : end;

	if (next <= index || index < file->skipped)
		return index;
	evidence->pages += next - index;
	evidence->plain += next - index;
	count_bytes(scan, (next - index) * file->page_size);
	return next;
}

/* A damaged page may have any LSN. */
static void count_newest(struct scan *scan, const struct paged_file *file, struct evidence *evidence)
{
	struct page page;

	if (!file->format->has_lsn || scan->newest_lsn <= evidence->newest_lsn ||
	    !scan_read(scan, &file->source, offset_of(file, scan->newest_index), scan->page, file->page_size))
		return;
	page = file->format->header(file->space, scan->page, file->first_page + (uint32_t)scan->newest_index);
	if (page.version ? file->format->check(&page) != PAGE_BROKEN : file->format->plain_fits(&page))
		evidence->newest_lsn = page.lsn;
}

/* Reading whole pages from a disk takes no longer than reading only their headers. */
struct fault page_scan(struct scan *scan, const struct paged_file *file, uint64_t index, uint64_t end,
		       struct evidence *evidence)
{
	uint64_t most = READ_SIZE / file->page_size;
	atomic_bool *from_disk = &scan->rules->from_disk;
	struct fault fault = fault_none();

	scan->descriptors_page = UINT32_MAX;
	scan->newest_lsn = 0;
	while (index < end && !fault.code) {
		uint64_t start = skip_hole(scan, file, index, end, evidence);
		uint64_t next = start + most < end ? start + most : end;
		size_t size = (size_t)(next - start) * file->page_size;

		index = start;
		if (!size)
			break;
		if (!*from_disk && !source_is_cached(&file->source, offset_of(file, index)))
			*from_disk = true;
		if (scan->rules->full || *from_disk)
			fault = scan_bulk(scan, file, index, size, evidence);
		else
			fault = scan_headers(scan, file, index, next, evidence);
		count_bytes(scan, size);
		index = next;
	}
	if (!fault.code)
		count_newest(scan, file, evidence);
	return fault;
}
