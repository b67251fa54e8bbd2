/* SPDX-License-Identifier: MIT */
#include "data/system_files.h"

#include "core/array.h"
#include "data/file_names.h"
#include "data/formats/bytes.h"
#include "data/tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Pages to read to recognize a later file, because some may be damaged. */
#define TRIES 8

/* Pages to read to distinguish first files. */
#define PROOF_PAGES 64

/* Kinds of pages that the first files in one survey have; usually one. */
#define SHAPES_MAX 8

struct system_first {
	char *path;
	uint64_t size; /* bytes */
	struct innodb_space space;
};

/* ---- first files ---- */

static struct fault read_first(const char *path, unsigned char *page, struct system_first *ret_first, bool *ret_fits)
{
	SOURCE struct source source = SOURCE_CLOSED;
	size_t size = 0;
	struct fault fault = source_open(AT_FDCWD, path, &source);

	if (!fault.code)
		fault = source_read(&source, 0, page, INNODB_SYSTEM_HEAD, &size);
	*ret_fits = !fault.code && innodb_is_system_head(page, size);
	if (*ret_fits)
		fault = source_read(&source, 0, page, SCAN_PAGE_MAX, &size);
	*ret_fits = *ret_fits && !fault.code && innodb_read_head(page, size, &ret_first->space) == INNODB_HEAD_FITS;
	ret_first->size = source.size;
	return fault;
}

/* The walk through the directories, in one thread. */
struct search {
	struct system_files *files;
	unsigned char *page; /* SCAN_PAGE_MAX bytes */
};

static struct fault add_first(struct system_files *files, const char *path, const struct system_first *first)
{
	struct system_first *added = array_add(&files->firsts, &files->count, sizeof(*added));

	if (!added)
		return fault_of(FAULT_MEMORY);
	*added = *first;
	added->path = strdup(path);
	return added->path ? fault_none() : fault_of(FAULT_MEMORY);
}

static struct fault add_if_first(void *context, const char *path, struct fault fault)
{
	const struct search *search = context;
	struct system_first first = { 0 };
	struct stat status;
	bool fits = false;

	if (fault.code || stat(path, &status) || !status.st_size || status.st_size % SYSTEM_FILE_UNIT)
		return fault_none();
	fault = read_first(path, search->page, &first, &fits);
	return fits ? add_first(search->files, path, &first) : fault_none();
}

/* The survey reports unreadable files. */
static struct fault search_once(struct system_files *files)
{
	struct search search = { .files = files };
	struct fault fault = fault_none();

	pthread_mutex_lock(&files->mutex);
	if (!files->searched)
		search.page = malloc(SCAN_PAGE_MAX);
	if (!files->searched && !search.page)
		fault = fault_of(FAULT_MEMORY);
	for (size_t i = 0; !files->searched && fault.code != FAULT_MEMORY && i < files->directory_count; i++)
		fault = tree_walk(files->directories[i], add_if_first, &search);
	files->searched = true;
	pthread_mutex_unlock(&files->mutex);
	free(search.page);
	return fault.code == FAULT_MEMORY ? fault : fault_none();
}

void system_files_init(struct system_files *files, const char *const *directories, size_t count)
{
	*files = (struct system_files){ .directories = directories, .directory_count = count };
	pthread_mutex_init(&files->mutex, NULL);
}

void system_files_free(struct system_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->firsts[i].path);
	free(files->firsts);
	pthread_mutex_destroy(&files->mutex);
	*files = (struct system_files){ 0 };
}

/* ---- later files ---- */

/* Returns the offset of the first page, at or after at, that is not entirely in a hole. */
static uint64_t next_page(const struct source *source, uint64_t at, uint32_t size)
{
	return source->sparse ? source_next_data(source, at) / size * size : at;
}

/* The first existing pages of a file, read as a certain kind of page. This does not
 * depend on which first file of that kind the file belongs to. */
struct probe {
	struct innodb_space space; /* of one such first file */
	bool failed;		   /* the file could not be read */
	int tried;
	int count;
	uint64_t index[TRIES];	/* of the pages that match such a space: their index in this file */
	uint32_t number[TRIES]; /* and their number in the tablespace */
};

static bool has_same_pages(const struct innodb_space *one, const struct innodb_space *other)
{
	return one->page_size == other->page_size && one->logical_size == other->logical_size &&
	       one->full_crc32 == other->full_crc32 && one->zipped == other->zipped && one->codec == other->codec &&
	       one->has_crypt == other->has_crypt && one->encrypted == other->encrypted;
}

/* innodb->space must be set. */
static void probe_pages(struct scan *scan, const struct innodb_file *innodb, struct probe *probe)
{
	const struct source *source = &innodb->paged.source;
	uint32_t size = innodb->space.page_size;

	*probe = (struct probe){ .space = innodb->space };
	scan->window_size = 0;
	for (uint64_t at = next_page(source, 0, size); at + size <= source->size && probe->tried < TRIES;
	     at = next_page(source, at + size, size)) {
		const unsigned char *page = scan_window(scan, source, at, size);

		if (!page) {
			probe->failed = true;
			return;
		}
		if (is_zero(page, size))
			continue;
		probe->tried++;
		if (!innodb_is_page_of(innodb, page))
			continue;
		probe->index[probe->count] = at / size;
		probe->number[probe->count++] = be32(page + 4);
	}
}

/* Page numbers continue from the file before. One of the first existing pages tells where
 * this file starts. */
static enum system_match match_probe(const struct probe *probe, const struct system_first *first, uint64_t size,
				     uint64_t *ret_index, uint32_t *ret_first_page)
{
	uint64_t in_first_file = first->size / first->space.page_size;

	for (int i = 0; !probe->failed && i < probe->count; i++) {
		if (probe->number[i] < in_first_file + probe->index[i])
			continue;
		*ret_index = probe->index[i];
		*ret_first_page = probe->number[i] - (uint32_t)probe->index[i];
		return SYSTEM_FITS;
	}
	return probe->failed || probe->tried || in_first_file + size / first->space.page_size > first->space.pages
		       ? SYSTEM_ALIEN
		       : SYSTEM_UNWRITTEN;
}

enum trust {
	REFUTED, /* needs other keys than the first file's, or none */
	POSSIBLE,
	PROVEN,
};

/* Returns whether the pages from index on are encrypted as the space says. */
static enum trust trust_of(struct scan *scan, struct innodb_file *innodb, uint64_t index)
{
	struct evidence evidence = { 0 };
	uint64_t proven = 0;
	uint64_t refuted = 0;
	struct fault fault;

	innodb_open(scan, innodb);
	fault = page_scan(scan, &innodb->paged, index, index + PROOF_PAGES, &evidence);
	for (size_t i = 0; !fault.code && i < evidence.use_count; i++) {
		proven += evidence.uses[i].proven;
		refuted += evidence.uses[i].refuted;
	}
	refuted += evidence.unexplained + evidence.plain_damaged;
	evidence_free(&evidence);
	return proven ? PROVEN : refuted ? REFUTED : POSSIBLE;
}

static size_t common_size(const char *one, const char *other)
{
	size_t size = 0;

	while (one[size] && one[size] == other[size])
		size++;
	return size;
}

/* A first file that the one at path may belong to. */
struct candidate {
	const struct system_first *first;
	enum system_match match;
	enum trust trust;
	uint64_t index;
	uint32_t first_page;
	bool same_directory;
	size_t common; /* bytes that the paths have in common, because copies of servers are in separate directories */
};

/* Sorts the nearest first. If several are proven by their keys, the nearest is the one. */
static int compare_nearness(const void *one, const void *other)
{
	const struct candidate *a = one;
	const struct candidate *b = other;

	if (a->same_directory != b->same_directory)
		return a->same_directory ? -1 : 1;
	if (a->common != b->common)
		return a->common > b->common ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

static bool is_better(const struct candidate *one, const struct candidate *other)
{
	if (!other->first)
		return true;
	if ((one->trust == PROVEN) != (other->trust == PROVEN))
		return one->trust == PROVEN;
	if (one->same_directory != other->same_directory)
		return one->same_directory;
	return one->trust != other->trust ? one->trust > other->trust : one->common > other->common;
}

/* One file while it is compared with all first files. */
struct matching {
	struct system_files *files;
	struct scan *scan;
	struct innodb_file *innodb;
	struct candidate *candidates; /* the nearest first */
	size_t count;
	struct probe probes[SHAPES_MAX];
	size_t probe_count;
};

static const struct probe *find_probe(struct matching *matching, const struct innodb_space *space)
{
	struct probe *probe;

	for (size_t i = 0; i < matching->probe_count; i++)
		if (has_same_pages(&matching->probes[i].space, space))
			return &matching->probes[i];
	if (matching->probe_count < SHAPES_MAX)
		matching->probe_count++;
	probe = &matching->probes[matching->probe_count - 1];
	matching->innodb->space = *space;
	probe_pages(matching->scan, matching->innodb, probe);
	return probe;
}

/* Without keys, nothing depends on the salt. */
static bool has_same_trust(const struct matching *matching, const struct candidate *one, const struct candidate *other)
{
	const struct innodb_space *a = &one->first->space;
	const struct innodb_space *b = &other->first->space;

	if (other->match != SYSTEM_FITS || one->index != other->index || one->first_page != other->first_page ||
	    !has_same_pages(a, b) || a->never != b->never)
		return false;
	return !a->has_crypt || !prover_keyfile(matching->scan->prover) ||
	       (a->key_id == b->key_id && !memcmp(a->salt, b->salt, sizeof(a->salt)));
}

/* Opens the first file and keeps it. */
static struct fault take_first(struct matching *matching, const struct candidate *candidate)
{
	struct innodb_file *innodb = matching->innodb;

	source_close(&innodb->head_source);
	innodb->space = candidate->first->space;
	innodb->paged.first_page = candidate->first_page;
	return source_open(AT_FDCWD, candidate->first->path, &innodb->head_source);
}

static enum trust find_trust(struct matching *matching, const struct candidate *candidate)
{
	struct fault fault;

	for (const struct candidate *other = matching->candidates; other < candidate; other++)
		if (has_same_trust(matching, candidate, other))
			return other->trust;
	fault = take_first(matching, candidate);
	if (fault.code)
		matching->scan->fault = fault;
	return fault.code ? POSSIBLE : trust_of(matching->scan, matching->innodb, candidate->index);
}

static void try_candidate(struct matching *matching, struct candidate *candidate)
{
	const struct probe *probe = find_probe(matching, &candidate->first->space);

	candidate->trust = POSSIBLE;
	candidate->match = match_probe(probe, candidate->first, matching->innodb->paged.source.size, &candidate->index,
				       &candidate->first_page);
	if (candidate->match == SYSTEM_FITS)
		candidate->trust = find_trust(matching, candidate);
}

/* A file that is all zero matches any first file that lacks as many pages. */
static struct candidate find_best(struct matching *matching)
{
	struct candidate best = { .match = SYSTEM_NO_FIRST };

	for (size_t i = 0; i < matching->count; i++) {
		struct candidate *candidate = &matching->candidates[i];

		try_candidate(matching, candidate);
		if (candidate->match == SYSTEM_ALIEN || (!candidate->same_directory && candidate->trust == REFUTED))
			continue;
		if (is_better(candidate, &best))
			best = *candidate;
		if (candidate->trust == PROVEN || candidate->match == SYSTEM_UNWRITTEN)
			break;
	}
	return best;
}

static bool list_candidates(struct matching *matching, const char *path)
{
	const struct system_files *files = matching->files;

	matching->count = files->count;
	matching->candidates = calloc(files->count + 1, sizeof(*matching->candidates));
	if (!matching->candidates)
		return false;
	for (size_t i = 0; i < files->count; i++)
		matching->candidates[i] = (struct candidate){
			.first = &files->firsts[i],
			.same_directory = are_in_same_directory(files->firsts[i].path, path),
			.common = common_size(files->firsts[i].path, path),
		};
	qsort(matching->candidates, matching->count, sizeof(*matching->candidates), compare_nearness);
	return true;
}

enum system_match system_files_match(struct system_files *files, struct scan *scan, const char *path,
				     struct innodb_file *innodb)
{
	struct matching matching = { .files = files, .scan = scan, .innodb = innodb };
	struct candidate best;

	scan->fault = search_once(files);
	if (!scan->fault.code && !list_candidates(&matching, path))
		scan->fault = fault_of(FAULT_MEMORY);
	if (scan->fault.code)
		return SYSTEM_NO_FIRST;
	best = find_best(&matching);
	if (best.first) {
		/* the fault of this file counts, even if others could not be read */
		scan->fault = take_first(&matching, &best);
		if (scan->fault.code)
			best.match = SYSTEM_ALIEN;
	} else {
		source_close(&innodb->head_source);
		best.match = matching.count && matching.candidates[0].same_directory ? SYSTEM_ALIEN : SYSTEM_NO_FIRST;
	}
	free(matching.candidates);
	return best.match;
}
