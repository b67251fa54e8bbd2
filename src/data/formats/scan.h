/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/evidence.h"
#include "data/formats/prover.h"
#include "data/formats/source.h"

#include <stdatomic.h>

/* What the readers of all formats share. */

#define SCAN_PAGE_MAX 65536U  /* bytes of the largest page */
#define SCAN_BULK (1U << 20)  /* most bytes read at once; a multiple of every page size */
#define SCAN_READS 5	      /* of what changes under the read, until it is given up */
#define SCAN_SAMPLE_FIRST 3   /* so many pages of each key of a part are proven */
#define SCAN_SAMPLE_EVERY 512 /* and then one in so many */

/* What holds for a whole run. */
struct scan_rules {
	bool full;	       /* prove every page, not a sample */
	bool live;	       /* a server runs on the directory: what does not fit may be about to change */
	uint32_t ciphers;      /* a bit for each enum data_cipher that may be meant */
	_Atomic int likely;    /* the cipher that proved a page last: tried first */
	atomic_bool from_disk; /* some of what was read was not in the page cache: the rest is not either */
	atomic_uint_fast64_t bytes_done;
	atomic_uint pauses_in_vain; /* after which what does not fit was as before */
};

/* One thread's tools, of which a reader takes what it needs. */
struct scan {
	struct scan_rules *rules;
	struct prover *prover;
	struct fault fault;	    /* FAULT_READ, FAULT_MEMORY: what failed first in the file's part */
	unsigned int missing_codec; /* of the page that is looked at: its library is not there; 0: none */
	unsigned char *memory;	    /* of all that follow */
	unsigned char *page;	    /* SCAN_PAGE_MAX bytes */
	unsigned char *again;	    /* the same, to compare */
	unsigned char *plain;	    /* the same, for what is decrypted */
	unsigned char *inflated;    /* the same, for what is decompressed */
	unsigned char *descriptors; /* the same, for the page of extent descriptors */
	uint32_t descriptors_page;  /* its number; UINT32_MAX: none */
	bool descriptors_known;	    /* it could be read */
	uint64_t newest_lsn;	    /* of the part's pages, by their headers; 0: none */
	uint64_t newest_index;	    /* of that page */
	unsigned char *bulk;	    /* SCAN_BULK bytes: the window, or pages read at once */
	uint64_t window;	    /* offset in the file of what bulk holds, */
	size_t window_size;	    /* bytes; 0: nothing */
};

MUST_CHECK struct fault scan_new(struct scan_rules *rules, const struct keyfile *keyfile, struct scan *ret_scan);
void scan_free(struct scan *scan);

/* What decrypting a page has shown. */
enum page_proof { PROOF_NONE, PROOF_YES, PROOF_NO };

/* Decrypts page with the key that is set, and looks for what must be there. */
typedef enum page_proof prove_function(struct scan *scan, enum data_cipher cipher, const void *page);

/* Tries the ciphers that may be meant, the likely one first: PROOF_NO is that of all
 * of them. ret_cipher is set with PROOF_YES. */
enum page_proof scan_prove(struct scan *scan, prove_function *prove, const void *page, enum data_cipher *ret_cipher);

/* evidence_use. NULL: scan->fault, or the overflow of evidence, tells why. */
struct key_use *scan_use(struct scan *scan, struct evidence *evidence, uint32_t id, uint32_t version);

/* Whether the next page of this use belongs to the sample. number is the page's. */
bool scan_samples(const struct scan *scan, const struct key_use *use, uint64_t number);

/* A page as formats with a key of their own for each file have it. */
struct local_page {
	uint32_t id;
	uint32_t version;
	const unsigned char *salt; /* NULL: the key itself is used */
	bool intact;		   /* a checksum over what is on disk says so */
	bool blockless;		   /* too short for a block: all ciphers make the same of it */
	prove_function *prove;
	const void *page; /* for prove */
};

/* Proves or refutes a page. Without the key that it names, the other versions of
 * its ID are tried, since a damaged page may name any, and use is told. */
enum page_outcome scan_local_page(struct scan *scan, const struct local_page *page, struct key_use *use,
				  struct evidence *evidence);

/* Reads size bytes at offset. False: they are not all there, or could not be read,
 * which scan->fault keeps. */
MUST_CHECK bool scan_read(struct scan *scan, const struct source *source, uint64_t offset, void *buffer, size_t size);

/* The bytes of a file from offset on, SCAN_BULK at most, for readers that go
 * through it from the start to the end. Valid until the next call. NULL: as with
 * scan_read. A new file begins with scan->window_size = 0. */
const unsigned char *scan_window(struct scan *scan, const struct source *source, uint64_t offset, size_t size);

/* Waits a moment, when it may help, for a write that is under way to end. Not after
 * many pauses in vain, which the caller counts: so many bad pages are damaged. */
void scan_pause(const struct scan *scan);
