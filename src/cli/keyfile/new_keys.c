/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/new_keys.h"

#include "cli/keyfile/disguise_words.h"
#include "cli/keyfile/input.h"
#include "cli/words/message.h"
#include "core/cleanup.h"
#include "core/format.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum status new_keys_allocate(struct new_keys *keys, size_t count, const struct writing *writing)
{
	struct fault fault = secret_allocate(&keys->memory, count * sizeof(struct new_key));

	if (fault.code)
		return message_fault(fault, "");
	keys->items = (struct new_key *)(void *)keys->memory.data;
	if (writing && !writing->no_dates)
		keys->now = date_now();
	return STATUS_DONE;
}

void new_keys_free(struct new_keys *keys)
{
	secret_free(&keys->memory);
	*keys = (struct new_keys){ 0 };
}

static struct new_key *append(struct new_keys *keys, uint32_t id, uint32_t version, size_t size)
{
	struct new_key *key = &keys->items[keys->count++];

	key->id = id;
	key->version = version;
	key->size = (uint32_t)size;
	key->created = (struct date){ "" };
	return key;
}

enum status new_keys_generate(struct new_keys *keys, uint32_t id, uint32_t version, size_t size)
{
	struct new_key *key = append(keys, id, version, size);
	struct fault fault = key_generate(key->key, size);

	key->created = keys->now;
	return message_fault(fault, "");
}

void new_keys_append(struct new_keys *keys, uint32_t id, uint32_t version, const struct secret *key)
{
	memcpy(append(keys, id, version, key->size)->key, key->data, key->size);
}

void new_keys_copy(struct new_keys *keys, const struct keyfile *keyfile, const struct entry *entry)
{
	struct new_key *key = append(keys, entry->id, entry->version, entry->key_size);

	keyfile_key(keyfile, entry, key->key);
	if (entry->created)
		key->created = entry->created->date;
}

void new_keys_forget_dates(struct new_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		keys->items[i].created = (struct date){ "" };
}

/* The command that imports the key from standard input instead, malloc(3)ed; NULL: standard
 * input is not free, or no memory. */
static char *retype(const struct key_import *import)
{
	HEAP char *version = import->version ? format_text(" --key-version=%u", import->version) : strdup("");

	if (!import->input_is_free || !version)
		return NULL;
	return format_text("mkeyfile add %u --key-from=-%s%s%s", import->id, version, import->force ? " --force" : "",
			   message_given());
}

static enum status refuse_text(const struct secret *text, const struct key_import *import)
{
	HEAP char *command = retype(import);

	disguise_say_no_key(import->path, text, command);
	return STATUS_FAILED;
}

static enum status decode(const struct secret *text, const struct key_import *import, struct new_key *key)
{
	const unsigned char *start = text->data;
	const unsigned char *end = text->data + text->size;
	size_t digits;

	while (start < end && isspace(*start))
		start++;
	while (end > start && isspace(end[-1]))
		end--;
	digits = (size_t)(end - start);
	for (size_t i = 0; i < digits; i++)
		if (hex_digit_value(start[i]) < 0)
			digits = 0;
	if (digits % 2 || !key_size_is_valid(digits / 2))
		return refuse_text(text, import);
	key->size = (uint32_t)(digits / 2);
	key_from_hex(start, key->size, key->key);
	return STATUS_DONE;
}

static struct fault fingerprint_new_key(const struct new_key *key, struct fingerprint *ret_fingerprint)
{
	struct fingerprinter *fingerprinter = NULL;
	struct fault fault = fingerprinter_new(&fingerprinter);

	if (!fault.code)
		fault = fingerprint_key(fingerprinter, key->key, key->size, ret_fingerprint);
	fingerprinter_free(fingerprinter);
	return fault;
}

static enum status refuse_weak_key(const struct new_key *key, const struct keyfile *keyfile, const char *path)
{
	struct fingerprint own;
	struct fingerprint *present = NULL;
	const char *reason = NULL;
	struct fault fault = fingerprint_new_key(key, &own);
	uint32_t holder = 0;

	if (!fault.code)
		fault = keyfile_fingerprints(keyfile, &present);
	if (fault.code)
		return message_fault(fault, path);
	if (key_is_uniform(key->key, key->size))
		reason = "all of its bytes are equal";
	else if (key_is_published(&own))
		reason = "it is published in MariaDB's documentation";
	for (size_t i = 0; !reason && i < keyfile->count && !holder; i++)
		if (!strcmp(present[i].text, own.text))
			holder = keyfile->entries[i].id;
	free(present);
	if (reason)
		message_error("refusing the key in '%s': %s", path, reason);
	else if (holder)
		message_error("the key in '%s' is already in the file as key ID %u", path, holder);
	else
		return STATUS_DONE;
	message_hint("use --force to import it anyway if data was encrypted with it");
	return STATUS_REFUSED;
}

enum status new_keys_import(struct new_keys *keys, const struct key_import *import, const struct keyfile *keyfile)
{
	SECRET struct secret text = { 0 };
	struct new_key *key = append(keys, import->id, import->version ? import->version : 1, 0);
	enum status status = input_read(import->path, &text, NULL);

	key->created = import->created;
	if (!status)
		status = decode(&text, import, key);
	if (!status && !import->force)
		status = refuse_weak_key(key, keyfile, input_name(import->path));
	return status;
}
