/* SPDX-License-Identifier: MIT */
#pragma once

#include "vault/http.h"

#include <stdint.h>

/* The KV version 2 secrets engine of Vault and OpenBao, as hashicorp_key_management uses it: a
 * secret for each key ID, named by its number, with the key in hex in its field "data", and the
 * secret's versions as the key's (plugin/hashicorp_key_management/hashicorp_key_management_plugin.cc).
 * What the engine does with versions is from its source (vault-plugin-secrets-kv: path_data.go,
 * delete_version_after.go). */

struct kv {
	struct http *http;
	const char *mount;
	struct problem *problem;
	uint32_t mount_max_versions; /* 0: not set, or not to be read */
	bool mount_expires;	     /* versions of all secrets are deleted after some time */
	bool mount_keeps;	     /* versions of no secret are */
};

/* How many versions of a secret are kept when nothing sets it. */
#define KV_MAX_VERSIONS_DEFAULT 10

/* Makes sure that the mount has this engine, and reads its settings. False: problem. */
bool kv_open(struct http *http, const char *mount, struct problem *problem, struct kv *ret_kv);

/* Key IDs, sorted. Secrets with other names are left out. ret_ids: malloc(3)ed. */
bool kv_list(struct kv *kv, uint32_t **ret_ids, size_t *ret_count);

/* More than a storage backend lets Vault keep of one secret. */
#define KV_VERSIONS_MAX 100000

/* What Vault tells of a secret. */
struct kv_secret {
	uint32_t id;
	bool exists;
	uint32_t current;      /* highest version that was ever written; 0: none */
	uint32_t max_versions; /* that are kept, by the settings of secret and mount */
	bool expires;	       /* new versions are deleted after some time */
	json_t *versions;      /* by their numbers */
};

bool kv_describe(struct kv *kv, uint32_t id, struct kv_secret *ret_secret);
void kv_secret_free(struct kv_secret *secret);

enum kv_state {
	KV_ABSENT,    /* never written, or no longer known */
	KV_LIVE,      /* can be read */
	KV_DELETED,   /* can be undeleted */
	KV_DESTROYED, /* gone */
};

/* *ret_expires: it has a date on which it is deleted. */
enum kv_state kv_state(const struct kv_secret *secret, uint32_t version, bool *ret_expires);

enum kv_content {
	KV_KEY,
	KV_FILLER, /* of kv_write_filler */
	KV_OTHER,  /* no key of 16, 24 or 32 bytes in hex */
	KV_NOTHING,
};

/* Longest key, in hex digits. */
#define KV_DIGITS_MAX 64

/* Appends the hex digits of a key, in lower case, to ret_hex, which has room for KV_DIGITS_MAX. */
bool kv_read(struct kv *kv, uint32_t id, uint32_t version, enum kv_content *ret_content, struct secret *ret_hex);

/* Writes the next version, which has to become this one: check-and-set. */
bool kv_write(struct kv *kv, uint32_t id, uint32_t version, const unsigned char *hex, size_t digits);

/* Writes a version without a key, for one that does not exist, and destroys it. The server
 * rejects its content, should it ask between the two. */
bool kv_write_filler(struct kv *kv, uint32_t id, uint32_t version);
bool kv_destroy(struct kv *kv, uint32_t id, uint32_t version);

bool kv_set_max_versions(struct kv *kv, uint32_t id, uint32_t max_versions);

/* Whether the token may change secrets. False as well when the server does not say. */
bool kv_can_write(struct kv *kv);

/* Says that the token must not change the secret of id, if the server says so. */
bool kv_require_write(struct kv *kv, uint32_t id);
