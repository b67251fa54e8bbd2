/* SPDX-License-Identifier: MIT */
#include "plugin/keyring.h"

#include "core/cleanup.h"
#include "core/decrypt.h"
#include "core/file.h"
#include "core/keyset.h"
#include "core/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct slot {
	uint32_t size; /* bytes */
	unsigned char key[KEY_MAX_SIZE];
};

/* names and slots are parallel arrays in one secret. A search reads only names, eight per
 * cache line. */
struct keyring {
	struct secret memory;
	uint64_t *names; /* ID << 32 | version, ascending */
	struct slot *slots;
	size_t count;
	size_t ids;
	struct fingerprint fingerprint; /* empty: not computed */
};

static uint64_t name_of(uint32_t id, uint32_t version)
{
	return (uint64_t)id << 32 | version;
}

static uint32_t name_id(uint64_t name)
{
	return (uint32_t)(name >> 32);
}

/* Returns the number of names smaller than name. */
static size_t names_below(const struct keyring *keyring, uint64_t name)
{
	const uint64_t *base = keyring->names;
	size_t rest = keyring->count;

	/* binary search without a branch that the processor must predict */
	while (rest > 1) {
		size_t half = rest / 2;

		base += base[half - 1] < name ? half : 0;
		rest -= half;
	}
	return (size_t)(base - keyring->names) + (rest && *base < name);
}

/* ---- reading ---- */

/* O_NONBLOCK keeps open(2) from waiting for the other end of a pipe. */
static struct fault open_regular(const char *path, int *ret_descriptor, struct keyring_notes *notes)
{
	DESCRIPTOR int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (descriptor < 0)
		return fault_errno(FAULT_OPEN, errno);
	if (fstat(descriptor, &status))
		return fault_errno(FAULT_READ, errno);
	if (S_ISDIR(status.st_mode))
		return fault_errno(FAULT_READ, EISDIR);
	if (!S_ISREG(status.st_mode))
		return fault_of(FAULT_NOT_REGULAR);
	notes->exposed |= (status.st_mode & S_IRWXO) != 0;
	*ret_descriptor = descriptor;
	descriptor = -1;
	return fault_none();
}

static struct fault read_password(const char *path, struct password *ret_password, struct keyring_notes *notes)
{
	DESCRIPTOR int descriptor = -1;
	struct fault fault = open_regular(path, &descriptor, notes);

	return fault.code ? fault : password_from_descriptor(descriptor, ret_password);
}

static struct fault read_content(const char *path, struct secret *ret_content, struct keyring_notes *notes)
{
	DESCRIPTOR int descriptor = -1;
	struct fault fault = open_regular(path, &descriptor, notes);

	return fault.code ? fault : file_read(descriptor, ret_content);
}

static struct fault parse_content(struct secret *content, const struct secret *password, struct kdf kdf,
				  struct keyfile *ret_keyfile, enum seal *ret_seal)
{
	SECRET struct secret text = { 0 };
	bool encrypted = content->size && envelope_is_encrypted(content->data, content->size);
	struct fault fault;

	if (password) {
		fault = keyfile_decrypt(content, password, kdf, ret_keyfile, &text, ret_seal);
		/* readable text without a key lacks ID 1, as in a plain file */
		return fault.code == FAULT_NOT_A_KEYFILE ? keyfile_parse(&text, SYNTAX_VERSIONED, ret_keyfile) : fault;
	}
	if (encrypted)
		return fault_of(FAULT_ENCRYPTED);
	return keyfile_parse(content, SYNTAX_VERSIONED, ret_keyfile);
}

/* ---- making ---- */

static void fill(struct keyring *keyring, const struct keyfile *keyfile, struct keyring_notes *notes)
{
	for (size_t i = 0; i < keyfile->count; i++) {
		const struct entry *entry = keyfile->sorted[i];
		uint64_t name = name_of(entry->id, entry->version);
		struct slot *slot;

		/* also sorted by line: the last line wins, as in the server's own plugin */
		if (keyring->count && keyring->names[keyring->count - 1] == name) {
			if (!notes->overridden++) {
				notes->id = entry->id;
				notes->version = entry->version;
			}
			keyring->count--;
		} else {
			keyring->ids += !keyring->count || name_id(keyring->names[keyring->count - 1]) != entry->id;
		}
		keyring->names[keyring->count] = name;
		slot = &keyring->slots[keyring->count++];
		slot->size = (uint32_t)entry->key_size;
		keyfile_key(keyfile, entry, slot->key);
	}
}

/* The plugin serves keys even if the library refuses the algorithm of fingerprints. */
static void set_fingerprint(struct keyring *keyring, const struct keyfile *keyfile)
{
	KEYSET struct keyset keyset = { 0 };
	struct fault fault = keyset_of_keyfile(keyfile, &keyset);

	if (!fault.code)
		fault = keyset_fingerprint(&keyset, &keyring->fingerprint);
	if (fault.code)
		keyring->fingerprint.text[0] = '\0';
}

static struct fault make(const struct keyfile *keyfile, struct keyring **ret_keyring, struct keyring_notes *notes)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));
	struct fault fault;

	if (!keyring)
		return fault_of(FAULT_MEMORY);
	fault = secret_allocate(&keyring->memory, keyfile->count * (sizeof(uint64_t) + sizeof(struct slot)));
	if (fault.code) {
		free(keyring);
		return fault;
	}
	/* page-aligned, with the wider type first */
	keyring->names = (uint64_t *)(void *)keyring->memory.data;
	keyring->slots = (struct slot *)(void *)(keyring->names + keyfile->count);
	fill(keyring, keyfile, notes);
	set_fingerprint(keyring, keyfile);
	*ret_keyring = keyring;
	return fault_none();
}

struct keyring_fault keyring_load(const struct keyring_source *source, struct keyring **ret_keyring,
				  struct keyring_notes *ret_notes)
{
	PASSWORD struct password password = { 0 };
	SECRET struct secret content = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };
	const struct secret *opener = source->password;
	struct keyring_notes notes = { 0 };
	enum seal seal = SEAL_UNCHECKED;
	struct fault fault;

	if (source->password_path) {
		fault = read_password(source->password_path, &password, &notes);
		if (fault.code)
			return (struct keyring_fault){ fault, source->password_path };
		opener = &password.secret;
	}
	fault = read_content(source->path, &content, &notes);
	if (!fault.code)
		fault = parse_content(&content, opener, source->kdf, &keyfile, &seal);
	if (!fault.code)
		fault = keyfile_check_system_key(&keyfile);
	if (!fault.code)
		fault = make(&keyfile, ret_keyring, &notes);
	if (!fault.code) {
		notes.lock_failed = secret_lock_failed();
		notes.seal_broken = seal == SEAL_BROKEN;
		*ret_notes = notes;
	}
	return (struct keyring_fault){ fault, source->path };
}

void keyring_free(struct keyring *keyring)
{
	if (!keyring)
		return;
	secret_free(&keyring->memory);
	free(keyring);
}

/* ---- lookups ---- */

size_t keyring_ids(const struct keyring *keyring)
{
	return keyring->ids;
}

size_t keyring_versions(const struct keyring *keyring)
{
	return keyring->count;
}

const struct fingerprint *keyring_fingerprint(const struct keyring *keyring)
{
	return &keyring->fingerprint;
}

uint32_t keyring_newest(const struct keyring *keyring, uint32_t id)
{
	size_t end = names_below(keyring, name_of(id, UINT32_MAX));

	if (!end || name_id(keyring->names[end - 1]) != id)
		return 0;
	return (uint32_t)keyring->names[end - 1];
}

const unsigned char *keyring_key(const struct keyring *keyring, uint32_t id, uint32_t version, size_t *ret_size)
{
	uint64_t name = name_of(id, version);
	size_t place = names_below(keyring, name);

	if (place == keyring->count || keyring->names[place] != name)
		return NULL;
	*ret_size = keyring->slots[place].size;
	return keyring->slots[place].key;
}

uint32_t keyring_next_id(const struct keyring *keyring, uint32_t id)
{
	size_t place = names_below(keyring, name_of(id, UINT32_MAX));

	return place < keyring->count ? name_id(keyring->names[place]) : 0;
}

struct keyring_loss keyring_compare(const struct keyring *newer, const struct keyring *older)
{
	for (size_t i = 0; i < older->count; i++) {
		const struct slot *slot = &older->slots[i];
		uint32_t id = name_id(older->names[i]);
		uint32_t version = (uint32_t)older->names[i];
		size_t size;
		const unsigned char *key = keyring_key(newer, id, version, &size);

		if (!key || size != slot->size || memcmp(key, slot->key, size) != 0)
			return (struct keyring_loss){ id, version, key != NULL };
	}
	return (struct keyring_loss){ 0 };
}
