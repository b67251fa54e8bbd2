/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_SERVER_INSPECT_H
#define MKEYFILE_SERVER_INSPECT_H

#include "core/keyfile.h"
#include "core/password.h"

#include <sys/stat.h>

/* What the server loads in silence and its operator ought to know. */

enum finding_kind {
	FINDING_DUPLICATE_ID,	       /* entry is displaced by other */
	FINDING_TEXT_AFTER_NUL,	       /* line: where the NUL stands */
	FINDING_IGNORED_TEXT,	       /* behind the key of entry */
	FINDING_UNIFORM_KEY,	       /* all bytes of entry's key are equal */
	FINDING_REPEATED_KEY,	       /* entry has the key of other */
	FINDING_PUBLISHED_KEY,	       /* entry's key is printed in MariaDB's manual or source */
	FINDING_MIXED_VERSIONS,	       /* entry names no version, others do */
	FINDING_KEY_FILE_EXPOSED,      /* mode */
	FINDING_PASSWORD_FILE_EXPOSED, /* mode */
	FINDING_BLANK_PASSWORD,	       /* nothing but line ends */
	FINDING_SHORT_PASSWORD,
	FINDING_PASSWORD_LINE_BREAK,
	FINDING_PASSWORD_CARRIAGE_RETURN,
	FINDING_PASSWORD_NUL,
};

struct finding {
	enum finding_kind kind;
	unsigned int line;	   /* 0: none */
	const struct entry *entry; /* in the inspected key file, or NULL */
	const struct entry *other;
	mode_t mode;
};

struct findings {
	struct finding *items;
	size_t count;
	size_t capacity;
};

#define FINDINGS __attribute__((cleanup(findings_free)))

/* A password shorter than this is found in days (sha1 and 1 iteration: 0.6
 * million guesses a second and core). */
#define PASSWORD_SHORT_SIZE 16

/* The name that scripts know a finding by: "duplicate-id" … */
const char *finding_name(enum finding_kind kind);

/* Others may read, or the group may write. A group that may read is the way to
 * give the server's user access. */
bool mode_is_exposed(mode_t mode);

/* Each appends what it finds. FAULT_MEMORY, FAULT_ALGORITHM. Findings point
 * into keyfile, which has to outlive them. */
MUST_CHECK struct fault inspect_keyfile(const struct keyfile *keyfile, struct findings *findings);
MUST_CHECK struct fault inspect_password(const struct password *password, struct findings *findings);
MUST_CHECK struct fault inspect_mode(enum finding_kind kind, const struct stat *status, struct findings *findings);

void findings_free(struct findings *findings);

#endif
