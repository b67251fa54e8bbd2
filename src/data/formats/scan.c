/* SPDX-License-Identifier: MIT */
#include "data/formats/scan.h"

#include <stdlib.h>
#include <time.h>

/* A version this far ahead of the key file is damage, in a page without its own checksum. */
#define VERSIONS_AHEAD 65536
#define PAUSE_NANOSECONDS 20000000 /* longer than writing one page takes */
#define PAUSES_IN_VAIN_MAX 100	   /* two seconds, for about 50 damaged pages */

struct fault scan_new(struct scan_rules *rules, const struct keyfile *keyfile, struct scan *ret_scan)
{
	struct prover *prover = NULL;
	unsigned char *memory = malloc((size_t)5 * SCAN_PAGE_MAX + SCAN_BULK);
	struct fault fault = memory ? prover_new(keyfile, &prover) : fault_of(FAULT_MEMORY);

	if (fault.code) {
		free(memory);
		return fault;
	}
	*ret_scan = (struct scan){
		.rules = rules,
		.prover = prover,
		.memory = memory,
		.page = memory,
		.again = memory + SCAN_PAGE_MAX,
		.plain = memory + (size_t)2 * SCAN_PAGE_MAX,
		.inflated = memory + (size_t)3 * SCAN_PAGE_MAX,
		.descriptors = memory + (size_t)4 * SCAN_PAGE_MAX,
		.bulk = memory + (size_t)5 * SCAN_PAGE_MAX,
	};
	return fault;
}

void scan_free(struct scan *scan)
{
	prover_free(scan->prover);
	free(scan->memory);
	*scan = (struct scan){ 0 };
}

enum page_proof scan_prove(struct scan *scan, prove_function *prove, const void *page, enum data_cipher *ret_cipher)
{
	int likely = atomic_load_explicit(&scan->rules->likely, memory_order_relaxed);
	enum page_proof proof = PROOF_NO;

	for (int i = 0; i < DATA_CIPHER_COUNT; i++) {
		enum data_cipher cipher = (enum data_cipher)((likely + i) % DATA_CIPHER_COUNT);
		enum page_proof one;

		if (!(scan->rules->ciphers >> cipher & 1))
			continue;
		one = prove(scan, cipher, page);
		if (one == PROOF_YES) {
			if ((int)cipher != likely)
				atomic_store_explicit(&scan->rules->likely, (int)cipher, memory_order_relaxed);
			*ret_cipher = cipher;
			return PROOF_YES;
		}
		if (one == PROOF_NONE)
			proof = PROOF_NONE;
	}
	return proof;
}

struct key_use *scan_use(struct scan *scan, struct evidence *evidence, uint32_t id, uint32_t version)
{
	struct key_use *use = evidence_use(evidence, id, version);

	if (use)
		return use;
	if (evidence->use_count == EVIDENCE_MAX_USES)
		evidence->overflow++;
	else if (!scan->fault.code)
		scan->fault = fault_of(FAULT_MEMORY);
	return NULL;
}

bool scan_samples(const struct scan *scan, const struct key_use *use, uint64_t number)
{
	return scan->rules->full || use->proven + use->refuted + use->sound + use->damaged < SCAN_SAMPLE_FIRST ||
	       number % SCAN_SAMPLE_EVERY == 0;
}

static bool use_key_of(struct scan *scan, const struct local_page *page, uint32_t version)
{
	if (page->salt)
		return prover_use_local_key(scan->prover, page->id, version, page->salt);
	return prover_use_key(scan->prover, page->id, version);
}

/* The key of this version is missing; tries the other versions. */
static void try_other_versions(struct scan *scan, const struct local_page *page, struct key_use *use)
{
	const struct keyfile *keyfile = prover_keyfile(scan->prover);
	size_t count = 0;
	struct entry **entries = keyfile ? keyfile_find(keyfile, page->id, &count) : NULL;

	for (size_t i = 0; i < count && use->pages + use->free.pages + use->residual <= SCAN_SAMPLE_FIRST; i++) {
		enum data_cipher cipher;

		if (!use_key_of(scan, page, entries[i]->version))
			continue;
		if (scan_prove(scan, page->prove, page->page, &cipher) != PROOF_YES)
			continue;
		use->other_version = entries[i]->version;
		use->other_proven++;
		return;
	}
}

/* Versions count from 1, while noise could be any number. */
static bool is_plausible(const struct scan *scan, const struct local_page *page)
{
	const struct keyfile *keyfile = prover_keyfile(scan->prover);
	size_t count = 0;
	struct entry **entries = keyfile ? keyfile_find(keyfile, page->id, &count) : NULL;
	uint32_t newest = entries ? entries[count - 1]->version : 0;

	return page->intact || page->version <= newest || page->version - newest <= VERSIONS_AHEAD;
}

enum page_outcome scan_local_page(struct scan *scan, const struct local_page *page, struct key_use *use,
				  struct evidence *evidence)
{
	enum data_cipher cipher = DATA_CIPHER_CBC;

	if (!use_key_of(scan, page, page->version)) {
		try_other_versions(scan, page, use);
		return is_plausible(scan, page) ? PAGE_SOUND : PAGE_DAMAGED;
	}
	scan->missing_codec = 0;
	switch (scan_prove(scan, page->prove, page->page, &cipher)) {
	case PROOF_YES:
		if (!page->blockless)
			evidence->proven_by_cipher |= 1U << cipher;
		return PAGE_PROVEN;
	case PROOF_NO:
		return page->intact ? PAGE_REFUTED_INTACT : PAGE_REFUTED;
	case PROOF_NONE:
		break;
	}
	if (scan->missing_codec)
		evidence->missing_codec = scan->missing_codec;
	return PAGE_UNPROVED;
}

void scan_pause(const struct scan *scan)
{
	if (scan->rules->live && scan->rules->pauses_in_vain < PAUSES_IN_VAIN_MAX)
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NANOSECONDS }, NULL);
}

/* Reads as many bytes as exist. */
static size_t read_some(struct scan *scan, const struct source *source, uint64_t offset, void *buffer, size_t size)
{
	size_t got = 0;
	struct fault fault = source_read(source, offset, buffer, size, &got);

	if (!fault.code)
		return got;
	if (!scan->fault.code)
		scan->fault = fault;
	return 0;
}

bool scan_read(struct scan *scan, const struct source *source, uint64_t offset, void *buffer, size_t size)
{
	return read_some(scan, source, offset, buffer, size) == size;
}

const unsigned char *scan_window(struct scan *scan, const struct source *source, uint64_t offset, size_t size)
{
	if (offset < scan->window || offset + size > scan->window + scan->window_size) {
		scan->window = offset;
		scan->window_size = read_some(scan, source, offset, scan->bulk, SCAN_BULK);
		if (size > scan->window_size)
			return NULL;
	}
	return scan->bulk + (offset - scan->window);
}
