/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/envelope.h"
#include "core/keyfile.h"

/* The keys of one key file, decoded for lookups. A keyring never changes after it is
 * made, so any number of threads may read it. Its memory is locked, excluded from core
 * dumps, and wiped by keyring_free. */
struct keyring;

/* Where to load a keyring from, according to the plugin's settings. */
struct keyring_source {
	const char *path;	       /* the key file */
	const char *password_path;     /* NULL: password is used, if any */
	const struct secret *password; /* NULL: no password; the key file must be plain */
	struct kdf kdf;
};

/* What went wrong, and with which of the two files. */
struct keyring_fault {
	struct fault fault;
	const char *path; /* one of source's */
};

/* What an operator should know about a key file that loads. */
struct keyring_notes {
	size_t overridden; /* lines overridden by a later line with the same ID and version */
	uint32_t id;	   /* ID and version of the first such line */
	uint32_t version;
	bool seal_broken; /* the key file was changed without mkeyfile */
	bool exposed;	  /* users other than owner and group can read or change one of the files */
	bool lock_failed; /* the memory of a key could not be locked */
};

/* Reads, decrypts and parses the key file. Both files must be regular files, because a
 * pipe would block the server. Faults: those of file_read, password_from_descriptor,
 * keyfile_decrypt and keyfile_parse; FAULT_NOT_REGULAR, FAULT_NOT_ENCRYPTED (although
 * there is a password), FAULT_ENCRYPTED, FAULT_SYSTEM_KEY, FAULT_MEMORY. */
MUST_CHECK struct keyring_fault keyring_load(const struct keyring_source *source, struct keyring **ret_keyring,
					     struct keyring_notes *ret_notes);

/* Wipes and frees a keyring. NULL is allowed. */
void keyring_free(struct keyring *keyring);

/* Returns the number of key IDs, and the number of versions of all IDs. */
size_t keyring_ids(const struct keyring *keyring);
size_t keyring_versions(const struct keyring *keyring);

/* Returns the fingerprint of all keys, as 'mkeyfile list --fingerprint' prints it, or an empty text if it could not be
 * computed. */
const struct fingerprint *keyring_fingerprint(const struct keyring *keyring);

/* Returns the highest version of id, or 0 if the ID does not exist. */
uint32_t keyring_newest(const struct keyring *keyring, uint32_t id);

/* Returns the bytes of one version, or NULL. They remain valid as long as the keyring. */
const unsigned char *keyring_key(const struct keyring *keyring, uint32_t id, uint32_t version, size_t *ret_size);

/* Returns the lowest ID above id, or 0 if there is none. Start with 0 to walk all IDs. */
uint32_t keyring_next_id(const struct keyring *keyring, uint32_t id);

/* The first ID and version of older that newer lacks or has with a different key. */
struct keyring_loss {
	uint32_t id; /* 0: newer has every key of older */
	uint32_t version;
	bool changed; /* newer has it with a different key */
};
struct keyring_loss keyring_compare(const struct keyring *newer, const struct keyring *older);
