/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/evidence.h"
#include "data/formats/prover.h"
#include "data/formats/source.h"

#include <stdatomic.h>

/* What the readers of all formats share. */

#define SCAN_PAGE_MAX 65536U  /* bytes of the largest page */
#define SCAN_BULK (1U << 20)  /* maximum bytes read at once; a multiple of every page size */
#define SCAN_READS 5	      /* attempts to read something that changes during the read */
#define SCAN_SAMPLE_FIRST 3   /* number of pages of each key that are proven in each part */
#define SCAN_SAMPLE_EVERY 512 /* after that, one page in this many */

/* What applies to a whole run. */
struct scan_rules {
	bool full;	       /* prove every page, not just a sample */
	bool live;	       /* a server is running: a mismatch may be about to change */
	bool coverage;	       /* also look for clear text where no key is needed: see evidence.h */
	uint32_t ciphers;      /* a bit for each enum data_cipher that is possible */
	_Atomic int likely;    /* the cipher that proved the last page: tried first */
	atomic_bool from_disk; /* some data was not in the page cache, so the rest is assumed not to be */
	atomic_uint_fast64_t bytes_done;
	atomic_uint pauses_in_vain; /* pauses after which a mismatch was unchanged */
};

/* The resources of one thread; each reader uses some of them. */
struct scan {
	struct scan_rules *rules;
	struct prover *prover;
	struct fault fault;	    /* FAULT_READ, FAULT_MEMORY: the first failure in this part of the file */
	unsigned int missing_codec; /* codec of the current page if its library is missing; 0: none */
	unsigned char *memory;	    /* one allocation for all buffers below */
	unsigned char *page;	    /* SCAN_PAGE_MAX bytes */
	unsigned char *again;	    /* the same, to compare */
	unsigned char *plain;	    /* the same, for decrypted data */
	unsigned char *inflated;    /* the same, for decompressed data */
	unsigned char *descriptors; /* the same, for the page of extent descriptors */
	uint32_t descriptors_page;  /* its number; UINT32_MAX: none */
	bool descriptors_known;	    /* that page could be read */
	uint64_t newest_lsn;	    /* of the pages in this part, from their headers; 0: none */
	uint64_t newest_index;	    /* of that page */
	unsigned char *bulk;	    /* SCAN_BULK bytes: the window, or pages read at once */
	uint64_t window;	    /* offset of bulk in the file */
	size_t window_size;	    /* bytes in bulk; 0: none */
};

MUST_CHECK struct fault scan_new(struct scan_rules *rules, const struct keyfile *keyfile, struct scan *ret_scan);
void scan_free(struct scan *scan);

/* What decrypting a page has shown. */
enum page_proof { PROOF_NONE, PROOF_YES, PROOF_NO };

/* Decrypts page with the current key and checks for bytes that must be there. */
typedef enum page_proof prove_function(struct scan *scan, enum data_cipher cipher, const void *page);

/* Tries all possible ciphers, the likely one first. PROOF_NO means that all of them
 * failed. Sets ret_cipher with PROOF_YES. */
enum page_proof scan_prove(struct scan *scan, prove_function *prove, const void *page, enum data_cipher *ret_cipher);

/* Like evidence_use. If the result is NULL, scan->fault or the overflow of evidence tells why. */
struct key_use *scan_use(struct scan *scan, struct evidence *evidence, uint32_t id, uint32_t version);

/* Returns whether the next page of this use belongs to the sample. number is the page's. */
bool scan_samples(const struct scan *scan, const struct key_use *use, uint64_t number);

/* A page in a format that has a local key for each file. */
struct local_page {
	uint32_t id;
	uint32_t version;
	const unsigned char *salt; /* NULL: the key itself is used */
	bool intact;		   /* a checksum over the bytes on disk confirms that */
	bool blockless;		   /* shorter than one block: all ciphers give the same result */
	prove_function *prove;
	const void *page; /* for prove */
};

/* Proves or refutes a page. If its key is missing, tries the other versions of the ID,
 * because a damaged page may name any version, and records the result in use. */
enum page_outcome scan_local_page(struct scan *scan, const struct local_page *page, struct key_use *use,
				  struct evidence *evidence);

/* Reads size bytes at offset. Returns false if they do not all exist, or cannot be read;
 * the latter sets scan->fault. */
MUST_CHECK bool scan_read(struct scan *scan, const struct source *source, uint64_t offset, void *buffer, size_t size);

/* Returns size bytes of the file at offset, at most SCAN_BULK, for readers that go
 * through the file from start to end. Valid until the next call. Returns NULL as
 * scan_read returns false. Set scan->window_size to 0 for a new file. */
const unsigned char *scan_window(struct scan *scan, const struct source *source, uint64_t offset, size_t size);

/* Waits briefly, if that may help, for a write in progress to finish. The caller counts
 * pauses after which nothing changed; after many of them, this function no longer waits,
 * because this many bad pages must be damaged. */
void scan_pause(const struct scan *scan);
