/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/envelope.h"
#include "core/keyfile.h"

/* The keys of one key file, decoded for look-ups. A keyring never changes once
 * it is made, so any number of threads may read it; its memory is locked, kept
 * out of core dumps and wiped by keyring_free. */
struct keyring;

/* Where a keyring comes from: what the plugin's settings say. */
struct keyring_source {
	const char *path;	       /* the key file */
	const char *password_path;     /* NULL: password, or none */
	const struct secret *password; /* NULL: none, the key file has to be plain */
	struct kdf kdf;
};

/* What went wrong, and with which of the two files. */
struct keyring_fault {
	struct fault fault;
	const char *path; /* one of source's */
};

/* What an operator ought to know about a key file that loads. */
struct keyring_notes {
	size_t displaced; /* lines that a later one of the same ID and version displaces, */
	uint32_t id;	  /* and the first of them */
	uint32_t version;
	bool exposed;	  /* users other than owner and group can read or change a file */
	bool lock_failed; /* the memory of some key could not be locked */
};

/* Reads, opens, parses. Both files have to be regular ones: a pipe would keep
 * the server waiting. Faults: as core's file_read, password_from_descriptor,
 * unseal_keyfile and keyfile_parse; FAULT_NOT_REGULAR, FAULT_NOT_ENCRYPTED (a
 * password is set), FAULT_ENCRYPTED, FAULT_SYSTEM_KEY, FAULT_MEMORY. */
MUST_CHECK struct keyring_fault keyring_load(const struct keyring_source *source, struct keyring **ret_keyring,
					     struct keyring_notes *ret_notes);

/* NULL is fine. */
void keyring_free(struct keyring *keyring);

/* Key IDs, and versions of all of them together. */
size_t keyring_ids(const struct keyring *keyring);
size_t keyring_versions(const struct keyring *keyring);

/* The highest version of id, 0 when there is no such ID. */
uint32_t keyring_newest(const struct keyring *keyring, uint32_t id);

/* The bytes of one version, or NULL; they live as long as the keyring. */
const unsigned char *keyring_key(const struct keyring *keyring, uint32_t id, uint32_t version, size_t *ret_size);

/* Walks IDs in ascending order: the first above id, 0 when there is none.
 * Start with 0. */
uint32_t keyring_next_id(const struct keyring *keyring, uint32_t id);

/* The first ID and version of older that newer lacks, or has another key for. */
struct keyring_loss {
	uint32_t id; /* 0: newer has everything that older has */
	uint32_t version;
	bool changed; /* it is there, with another key */
};
struct keyring_loss keyring_compare(const struct keyring *newer, const struct keyring *older);
