/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/live/cluster.h"

#include <stdint.h>

/* What a running server does with its keys. */

/* How to make the server read its key file again. */
enum reload {
	RELOAD_NONE,   /* by a restart only */
	RELOAD_FLUSH,  /* Enterprise Server 11.8: FLUSH FILE_KEY_MANAGEMENT_KEYS */
	RELOAD_PLUGIN, /* mkeyfile_key_management */
};

/* The statement; NULL for RELOAD_NONE. */
const char *server_reload_statement(enum reload reload);

/* One key ID in the server. */
struct server_id {
	uint32_t id;
	uint32_t newest;      /* version that the server writes with; 0: not known */
	bool lacks_key;	      /* the server has not loaded a key that a tablespace needs */
	uint32_t oldest;      /* version that a tablespace may still have; 0: none is encrypted yet */
	uint64_t tablespaces; /* of InnoDB that are encrypted with this ID */
	uint64_t behind;      /* of these, with pages of older versions */
	uint64_t pending;     /* of these, tablespaces that background threads must re-encrypt or flush */
	uint64_t bytes;	      /* in all tablespaces */
	uint64_t bytes_done;  /* in tablespaces that are done, and in finished parts of others */
};

struct server_state {
	char *version;	   /* as SELECT VERSION() gives it */
	char *plugin;	   /* the active key management plugin; NULL: none */
	char *filename;	   /* its key file; NULL: not known */
	char *fingerprint; /* of all keys that it has loaded, as keyset_fingerprint computes it; NULL: not known */
	enum reload reload;
	bool tells_newest;     /* newest is known for every ID that the server has loaded */
	uint32_t threads;      /* innodb_encryption_threads */
	uint32_t age;	       /* innodb_encryption_rotate_key_age */
	bool decrypts;	       /* innodb_encrypt_tables is OFF */
	bool read_only;	       /* innodb_read_only is ON */
	struct server_id *ids; /* by ID */
	size_t count;
	struct cluster cluster;
};

#define SERVER_STATE __attribute__((cleanup(server_state_free)))

/* Asks the server, or prints an error. Requires the privilege PROCESS. */
MUST_CHECK enum status server_state_read(struct server_link *link, struct server_state *ret_state);

/* NULL: the server does not list this ID. */
const struct server_id *server_state_find(const struct server_state *state, uint32_t id);

/* Warns if the server reads another key file than the one at path. */
void server_state_warn_of_other_file(const struct server_state *state, const char *path);

void server_state_free(struct server_state *state);
