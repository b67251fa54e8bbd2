/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/live/state.h"
#include "core/keyset.h"

/* How far servers are with a rotation: their keys and data, compared with a key file. */

/* Worst last. */
enum progress_state {
	STATE_UP_TO_DATE,
	STATE_UNUSED,  /* no tablespace uses the ID, and the server does not show what it has loaded */
	STATE_BEHIND,  /* older versions stay in use until the next rotation */
	STATE_STALLED, /* not re-encrypted, because of a setting: progress_stall */
	STATE_REENCRYPTING,
	STATE_DIFFERS,	  /* other nodes of the cluster have more tablespaces with the ID */
	STATE_OTHER_KEYS, /* not of an ID: the newest versions are the same, but not all keys */
	STATE_RELOAD,	  /* the file has a version that the server has not read */
	STATE_FILE_LACKS, /* the server uses a key that is not in the file */
};

/* The name in JSON, and the words in the table. */
const char *progress_state_name(enum progress_state state);
const char *progress_state_words(enum progress_state state);

/* A setting because of which a server re-encrypts nothing, and what to do. */
struct stall {
	const char *words;
	const char *hints[2]; /* the second is NULL if there is only one */
};

/* What keeps a server from re-encrypting an ID or all IDs that have older versions, or NULL. pending: how many of its
 * tablespaces are old enough to be re-encrypted. */
const struct stall *progress_stall(const struct server_state *state, uint64_t pending);

/* One key ID. */
struct progress_line {
	uint32_t id;
	uint32_t in_file; /* newest version; 0: not in the file */
	struct server_id server;
	enum progress_state state;
};

/* One server. */
struct progress {
	struct progress_line *lines; /* by ID */
	size_t count;
	enum progress_state worst;
	uint64_t pending; /* this and the rest: sums of all IDs */
	uint64_t tablespaces;
	uint64_t bytes;
	uint64_t bytes_done;
};

/* Compares a server with the keys of the key file. ids: the IDs to compare; empty: all, and the fingerprint of all keys
 * if the server shows it. The result must be freed. */
MUST_CHECK enum status progress_compare(const struct key_ids *ids, const struct keyset *keyset,
					const struct server_state *state, struct progress *ret_progress);

/* The same data must be encrypted with the same IDs on all nodes of a cluster. Sets the state of the IDs that other
 * has more tablespaces with. IDs 1 and 2 are skipped: nodes can have different numbers of undo tablespaces. */
void progress_compare_node(struct progress *progress, const struct progress *other);

void progress_free(struct progress *progress);
