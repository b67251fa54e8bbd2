/* SPDX-License-Identifier: MIT */
#include "data/system_files.h"

#include "data/bytes.h"
#include "data/file_names.h"
#include "data/innodb_page.h"
#include "data/tree.h"

#include <argz.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Pages that are looked at to know a later file: some may be damaged. */
#define TRIES 8

/* Pages that are looked at to tell first files from each other. */
#define PROOF_PAGES 64

/* ---- first files ---- */

static bool has_system_head(const char *path)
{
	struct source source = SOURCE_CLOSED;
	unsigned char head[INNODB_SYSTEM_HEAD];
	size_t size = 0;
	bool has_head = !source_open(AT_FDCWD, path, &source).code &&
			!source_read(&source, 0, head, sizeof(head), &size).code && innodb_is_system_head(head, size);

	source_close(&source);
	return has_head;
}

static struct fault add_if_first(void *context, const char *path, struct fault fault)
{
	struct system_files *files = context;
	struct stat status;

	if (fault.code || stat(path, &status) || !status.st_size || status.st_size % SYSTEM_FILE_UNIT ||
	    !has_system_head(path) || !argz_add(&files->paths, &files->size, path))
		return fault_none();
	return fault_of(FAULT_MEMORY);
}

/* What cannot be read is reported by the survey. */
static struct fault search_once(struct system_files *files)
{
	struct fault fault = fault_none();

	pthread_mutex_lock(&files->mutex);
	for (size_t i = 0; !files->searched && fault.code != FAULT_MEMORY && i < files->directory_count; i++)
		fault = tree_walk(files->directories[i], add_if_first, files);
	files->searched = true;
	pthread_mutex_unlock(&files->mutex);
	return fault.code == FAULT_MEMORY ? fault : fault_none();
}

void system_files_init(struct system_files *files, const char *const *directories, size_t count)
{
	*files = (struct system_files){ .directories = directories, .directory_count = count };
	pthread_mutex_init(&files->mutex, NULL);
}

void system_files_free(struct system_files *files)
{
	free(files->paths);
	pthread_mutex_destroy(&files->mutex);
	*files = (struct system_files){ 0 };
}

/* ---- the others ---- */

/* Where the first page is, at or behind this one, that is not all in a hole. */
static uint64_t next_page(const struct source *source, uint64_t at, uint32_t size)
{
	return source->sparse ? source_next_data(source, at) / size * size : at;
}

/* They go on counting where the file before ends. One of the first pages that are
 * there tells where that is. */
static enum system_match find_first_page(struct scan *scan, struct innodb_file *innodb, uint64_t *ret_index)
{
	const struct source *source = &innodb->paged.source;
	uint32_t size = innodb->space.page_size;
	uint64_t in_first_file = innodb->head_source.size / size;
	int tried = 0;

	scan->window_size = 0;
	for (uint64_t at = next_page(source, 0, size); at + size <= source->size;
	     at = next_page(source, at + size, size)) {
		const unsigned char *page = scan_window(scan, source, at, size);

		if (!page)
			return SYSTEM_ALIEN;
		if (is_zero(page, size))
			continue;
		if (be32(page + 4) >= in_first_file + at / size && innodb_is_page_of(innodb, page)) {
			*ret_index = at / size;
			innodb->paged.first_page = be32(page + 4) - (uint32_t)*ret_index;
			return SYSTEM_FITS;
		}
		if (++tried == TRIES)
			return SYSTEM_ALIEN;
	}
	return tried || in_first_file + source->size / size > innodb->space.pages ? SYSTEM_ALIEN : SYSTEM_UNWRITTEN;
}

enum trust {
	REFUTED, /* other keys than the first file's are needed, or none */
	POSSIBLE,
	PROVEN,
};

/* Whether the pages from index on are encrypted as the space says. */
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
	const char *first;
	enum system_match match;
	enum trust trust;
	bool beside;
	size_t common; /* bytes that the paths have in common: copies of servers have directories of their own */
};

static bool is_better(const struct candidate *one, const struct candidate *other)
{
	if (!other->first)
		return true;
	if ((one->trust == PROVEN) != (other->trust == PROVEN))
		return one->trust == PROVEN;
	if (one->beside != other->beside)
		return one->beside;
	return one->trust != other->trust ? one->trust > other->trust : one->common > other->common;
}

static void try_candidate(struct scan *scan, struct candidate *candidate, struct innodb_file *innodb)
{
	struct fault fault = source_open(AT_FDCWD, candidate->first, &innodb->head_source);
	uint64_t index = 0;
	size_t got = 0;

	candidate->match = SYSTEM_ALIEN;
	candidate->trust = POSSIBLE;
	if (!fault.code)
		fault = source_read(&innodb->head_source, 0, scan->page, SCAN_PAGE_MAX, &got);
	if (fault.code)
		scan->fault = fault;
	else if (innodb_read_head(scan->page, got, &innodb->space) == INNODB_HEAD_FITS)
		candidate->match = find_first_page(scan, innodb, &index);
	if (candidate->match == SYSTEM_FITS)
		candidate->trust = trust_of(scan, innodb, index);
}

enum system_match system_files_match(struct scan *scan, const char *path, struct innodb_file *innodb)
{
	struct system_files *files = &scan->rules->system_files;
	struct candidate best = { .match = SYSTEM_NO_FIRST };
	const char *last = NULL; /* whose head source is open */
	bool has_beside = false;

	scan->fault = search_once(files);
	if (scan->fault.code)
		return SYSTEM_NO_FIRST;
	for (const char *first = NULL; (first = argz_next(files->paths, files->size, first));) {
		struct candidate candidate = {
			.first = first,
			.beside = are_beside(first, path),
			.common = common_size(first, path),
		};

		has_beside |= candidate.beside;
		source_close(&innodb->head_source);
		try_candidate(scan, &candidate, innodb);
		last = first;
		if (candidate.match != SYSTEM_ALIEN && (candidate.beside || candidate.trust != REFUTED) &&
		    is_better(&candidate, &best))
			best = candidate;
	}
	if (best.first != last)
		source_close(&innodb->head_source);
	if (!best.first)
		return has_beside ? SYSTEM_ALIEN : SYSTEM_NO_FIRST;
	/* of this one, whatever kept the others from being read */
	scan->fault = fault_none();
	if (best.first != last)
		try_candidate(scan, &best, innodb);
	return best.match;
}
