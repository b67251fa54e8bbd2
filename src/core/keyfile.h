/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/date.h"
#include "core/key.h"
#include "core/secret.h"

#include <stdint.h>

/* The key file as text. It is parsed exactly as the server's plugin does
 * (plugin/file_key_management/parser.cc, measured on 10.11.19 and 11.8.9), and changes
 * leave everything else in the file intact. Works on buffers only: opens no files and
 * prints nothing. */

/* The server reads at most this many bytes, encrypted or not. */
#define KEYFILE_MAX_SIZE 1048576

#define KEY_ID_SYSTEM 1U    /* required */
#define KEY_ID_TEMPORARY 2U /* optional */
#define KEY_ID_MAX 4294967295U
/* Inside the server, version 0 means "not encrypted" and 4294967295 means "no such key"
 * (include/mysql/plugin_encryption.h). */
#define KEY_VERSION_MAX 4294967294U

enum keyfile_syntax {
	SYNTAX_UNVERSIONED, /* ID;HEX: every server reads this */
	SYNTAX_VERSIONED,   /* also ID;VERSION;HEX: Enterprise Server 11.8 */
};

/* One line with a key. Offsets are into the text. */
struct entry {
	uint32_t id;
	uint32_t version; /* 1 if the line has no version */
	bool versioned;	  /* the line has a version */
	bool removed;	  /* set by the caller: keyfile_reduce omits this line */
	unsigned int line;
	size_t version_offset;		 /* where "VERSION;" is, or would be inserted */
	size_t key_offset;		 /* of its first hex digit */
	size_t key_size;		 /* bytes, each two digits */
	size_t ignored;			 /* bytes after the key that the server ignores, not counting CR and blanks */
	const struct date_line *created; /* when the key was made; NULL: unknown */
};

/* A comment line with the date of a key: "# mkeyfile created ID;VERSION DATE". Every server skips
 * comments. The last such line of a key counts. */
#define DATE_LINE_START "# mkeyfile created "

struct date_line {
	uint32_t id;
	uint32_t version;
	struct date date; /* "": the line is malformed */
	unsigned int line;
	size_t start; /* of the line, and its end after the line break */
	size_t end;
	const struct entry *entry; /* the key that the server uses under this ID and version, or NULL */
};

struct keyfile {
	struct secret text;    /* the whole file, decrypted */
	size_t read_size;      /* bytes before the first NUL, where servers stop reading */
	unsigned int lines;    /* number of lines, as the server counts them */
	struct entry *entries; /* in file order */
	size_t count;
	struct entry **sorted;	 /* sorted by ID, version, line */
	bool has_versions;	 /* at least one line has a version */
	struct date_line *dates; /* in file order */
	size_t date_count;
};

#define KEYFILE __attribute__((cleanup(keyfile_free)))

/* Parses text. Takes ownership of text, even on faults. Faults: FAULT_SYNTAX,
 * FAULT_KEY_ID, FAULT_KEY_VERSION and FAULT_KEY with the server's line and column;
 * FAULT_MEMORY. A missing key ID 1 is not a fault here. */
MUST_CHECK struct fault keyfile_parse(struct secret *text, enum keyfile_syntax syntax, struct keyfile *ret_keyfile);

void keyfile_free(struct keyfile *keyfile);

/* Returns the first entry of this ID in sorted, and sets ret_count to the number of its
 * entries, which are adjacent. The last of them is the newest version. Returns NULL if
 * the ID does not exist. */
struct entry **keyfile_find(const struct keyfile *keyfile, uint32_t id, size_t *ret_count);

/* Returns the entry that the server uses for this ID and version, or NULL. */
const struct entry *keyfile_find_version(const struct keyfile *keyfile, uint32_t id, uint32_t version);

/* Faults: FAULT_SYSTEM_KEY if key ID 1 is missing; no server loads such a file. */
MUST_CHECK struct fault keyfile_check_system_key(const struct keyfile *keyfile);

/* Finds an entry that a later line with the same ID and version overrides: the server
 * silently uses the last one. Returns NULL if there are no more such entries. Sets
 * ret_winner to the line that the server uses. Pass NULL as previous first, then the
 * previous result. */
const struct entry *keyfile_next_duplicate(const struct keyfile *keyfile, const struct entry *previous,
					   const struct entry **ret_winner);

/* Decodes the entry's key into key. */
void keyfile_key(const struct keyfile *keyfile, const struct entry *entry, unsigned char key[static KEY_MAX_SIZE]);

/* Computes the fingerprint of each entry, in the order of entries. ret_fingerprints is an
 * array of keyfile->count, to be freed with free(3). */
MUST_CHECK struct fault keyfile_fingerprints(const struct keyfile *keyfile, struct fingerprint **ret_fingerprints);

/* A key to be written. Keep arrays of these only in the data of a struct secret. */
struct new_key {
	uint32_t id;
	uint32_t version;
	uint32_t size; /* bytes */
	unsigned char key[KEY_MAX_SIZE];
	struct date created; /* "": unknown */
};

/* Renders keyfile with count keys appended, one per line, each after a line with its date if that is
 * known. versioned: every line gets a version; lines without one become ID;1;HEX. Comments, blank
 * lines and any text after a key are kept byte for byte, except earlier dates of the appended keys. New lines end as
 * the last line does (LF or CR LF). A zeroed keyfile renders a new file. */
MUST_CHECK struct fault keyfile_extend(const struct keyfile *keyfile, const struct new_key *keys, size_t count,
				       bool versioned, struct secret *ret_text);

/* Renders keyfile without the entries marked as removed, and without their dates. All other lines
 * are kept byte for byte. Faults: FAULT_MEMORY. */
MUST_CHECK struct fault keyfile_reduce(const struct keyfile *keyfile, struct secret *ret_text);

/* Returns whether newer has every ID, version and key of older, except those marked as
 * removed, and has none of the removed ones. */
bool keyfile_keeps(const struct keyfile *newer, const struct keyfile *older);

/* The bytes of all lines with dates. */
size_t keyfile_dates_size(const struct keyfile *keyfile);
