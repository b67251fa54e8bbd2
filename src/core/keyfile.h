/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/key.h"
#include "core/secret.h"

#include <stdint.h>

/* The key file as text: parsed the way the server's plugin does it
 * (plugin/file_key_management/parser.cc, measured on 10.11.19 and 11.8.9), and
 * changed without touching what it does not understand. Buffers only: nothing
 * here opens a file or prints. */

/* The server reads no more than this many bytes, encrypted or not. */
#define KEYFILE_MAX_SIZE 1048576

#define KEY_ID_SYSTEM 1U    /* must exist */
#define KEY_ID_TEMPORARY 2U /* optional */
#define KEY_ID_MAX 4294967295U
/* Version 0 means "not encrypted" and 4294967295 "no such key" inside the
 * server (include/mysql/plugin_encryption.h). */
#define KEY_VERSION_MAX 4294967294U

enum keyfile_syntax {
	SYNTAX_UNVERSIONED, /* ID;HEX: what every server reads */
	SYNTAX_VERSIONED,   /* ID;HEX and ID;VERSION;HEX: Enterprise Server 11.8 */
};

/* One line that holds a key. Offsets are into the text. */
struct entry {
	uint32_t id;
	uint32_t version; /* 1 where the line names none */
	bool versioned;	  /* the line names its version */
	bool removed;	  /* set by the caller: keyfile_reduce takes it out */
	unsigned int line;
	size_t version_offset; /* where "VERSION;" stands or would stand */
	size_t key_offset;     /* of its first hex digit */
	size_t key_size;       /* bytes; twice as many digits */
	size_t ignored;	       /* bytes behind the key that the server ignores, CR and blanks aside */
};

struct keyfile {
	struct secret text;    /* every byte of the file, decrypted */
	size_t read_size;      /* up to the first NUL, where servers stop reading */
	unsigned int lines;    /* lines that the server counts */
	struct entry *entries; /* in the order of the file */
	size_t count;
	struct entry **sorted; /* by ID, version, line */
	bool has_versions;     /* at least one entry is versioned */
};

#define KEYFILE __attribute__((cleanup(keyfile_free)))

/* Parses text and takes it over, on success and on failure alike. Faults:
 * FAULT_SYNTAX, FAULT_KEY_ID, FAULT_KEY_VERSION, FAULT_KEY with the server's
 * line and column; FAULT_MEMORY. A missing ID 1 is not a fault here. */
MUST_CHECK struct fault keyfile_parse(struct secret *text, enum keyfile_syntax syntax, struct keyfile *ret_keyfile);

void keyfile_free(struct keyfile *keyfile);

/* Entries of one ID stand together in sorted: returns the first and their
 * number, or NULL. The newest version is the last of them. */
struct entry **keyfile_find(const struct keyfile *keyfile, uint32_t id, size_t *ret_count);

/* The entry that the server uses for one version, or NULL. */
const struct entry *keyfile_find_version(const struct keyfile *keyfile, uint32_t id, uint32_t version);

/* FAULT_SYSTEM_KEY when there is no ID 1: no server loads such a file. */
MUST_CHECK struct fault keyfile_check_system_key(const struct keyfile *keyfile);

/* An entry that another one of the same ID and version displaces, since the
 * server keeps the last one in silence; NULL when there is none. ret_winner is
 * set to the line that wins. Call with previous = NULL, then with the result. */
const struct entry *keyfile_next_duplicate(const struct keyfile *keyfile, const struct entry *previous,
					   const struct entry **ret_winner);

/* Decodes the entry's key into key. */
void keyfile_key(const struct keyfile *keyfile, const struct entry *entry, unsigned char key[static KEY_MAX_SIZE]);

/* Writes the fingerprint of each entry, in the order of entries.
 * ret_fingerprints: an array of keyfile->count, freed with free(3). */
MUST_CHECK struct fault keyfile_fingerprints(const struct keyfile *keyfile, struct fingerprint **ret_fingerprints);

/* A key to be written. It lives in the data of a struct secret, as an array. */
struct new_key {
	uint32_t id;
	uint32_t version;
	uint32_t size; /* bytes */
	unsigned char key[KEY_MAX_SIZE];
};

/* Renders keyfile with count keys added at its end, one line each. versioned:
 * every line names its version, those that had none become ID;1;HEX. Comments,
 * blank lines and whatever stands behind a key stay byte for byte; new lines
 * end as the last line does (LF or CR LF). keyfile may be zeroed: a new file. */
MUST_CHECK struct fault keyfile_extend(const struct keyfile *keyfile, const struct new_key *keys, size_t count,
				       bool versioned, struct secret *ret_text);

/* Renders keyfile without the lines of the entries that are marked as removed;
 * every other line stays byte for byte. FAULT_MEMORY. */
MUST_CHECK struct fault keyfile_reduce(const struct keyfile *keyfile, struct secret *ret_text);

/* True when every ID, version and key of older is in newer as well, but for those
 * that are marked as removed, of which none is. */
bool keyfile_keeps(const struct keyfile *newer, const struct keyfile *older);
