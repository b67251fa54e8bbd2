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

/* Pages that are decrypted to tell first files from each other. */
#define PROOFS 64

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

	if (fault.code || stat(path, &status) || !S_ISREG(status.st_mode) || !status.st_size ||
	    status.st_size % SYSTEM_FILE_UNIT || !has_system_head(path) || !argz_add(&files->paths, &files->size, path))
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

/* The pages from index on are not encrypted with this space's salt. */
static bool is_refuted(struct scan *scan, struct innodb_file *innodb, uint64_t index)
{
	struct evidence evidence = { 0 };
	uint64_t proven = 0;
	uint64_t refuted = 0;
	struct fault fault;

	innodb_open(scan, innodb);
	fault = page_scan(scan, &innodb->paged, index, index + PROOFS, &evidence);
	for (size_t i = 0; !fault.code && i < evidence.use_count; i++) {
		proven += evidence.uses[i].proven;
		refuted += evidence.uses[i].refuted;
	}
	evidence_free(&evidence);
	return refuted && !proven;
}

static enum system_match try_first(struct scan *scan, const char *path, bool beside, struct innodb_file *innodb)
{
	enum system_match match = SYSTEM_ALIEN;
	uint64_t index = 0;
	size_t got = 0;

	if (!source_open(AT_FDCWD, path, &innodb->head_source).code &&
	    !source_read(&innodb->head_source, 0, scan->page, SCAN_PAGE_MAX, &got).code &&
	    innodb_read_head(scan->page, got, &innodb->space) == INNODB_HEAD_FITS)
		match = find_first_page(scan, innodb, &index);
	if (match == SYSTEM_FITS && !beside && is_refuted(scan, innodb, index))
		match = SYSTEM_ALIEN;
	if (match == SYSTEM_ALIEN)
		source_close(&innodb->head_source);
	return match;
}

enum system_match system_files_match(struct scan *scan, const char *path, struct innodb_file *innodb)
{
	struct system_files *files = &scan->rules->system_files;
	enum system_match nothing = SYSTEM_NO_FIRST;
	struct fault fault = search_once(files);

	if (fault.code)
		scan->fault = fault;
	for (int beside = 1; beside >= 0; beside--) {
		for (const char *first = NULL; (first = argz_next(files->paths, files->size, first));) {
			enum system_match match = SYSTEM_ALIEN;

			if (are_beside(first, path) != beside)
				continue;
			match = try_first(scan, first, beside, innodb);
			if (match != SYSTEM_ALIEN)
				return match;
			if (beside)
				nothing = SYSTEM_ALIEN;
		}
	}
	return nothing;
}
