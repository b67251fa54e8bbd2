/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/report.h"

#include "cli/keyfile/backup.h"
#include "cli/words/json.h"
#include "cli/words/message.h"

#include <stdlib.h>

json_t *backup_json(const struct store *store, const char *path)
{
	char *backup = store ? backup_path(store, path) : NULL;
	json_t *json = backup ? json_text(backup) : json_null();

	free(backup);
	return json;
}

json_t *key_json(uint32_t version, size_t size, const struct fingerprint *fingerprint)
{
	json_t *key = json_object();

	json_object_set_new(key, "version", json_integer(version));
	json_object_set_new(key, "bits", json_integer(8 * (json_int_t)size));
	json_object_set_new(key, "fingerprint", fingerprint ? json_string(fingerprint->text) : json_null());
	return key;
}

static void say_key(const struct new_key *key, const struct fingerprint *fingerprint)
{
	if (fingerprint)
		message_note("  key ID %u version %u, %u bits, fingerprint %s", key->id, key->version, 8 * key->size,
			     fingerprint->text);
	else
		message_note("  key ID %u version %u, %u bits", key->id, key->version, 8 * key->size);
}

static void add_key(json_t *list, const struct new_key *key, const struct fingerprint *fingerprint)
{
	json_t *object = key_json(key->version, key->size, fingerprint);

	json_object_set_new(object, "id", json_integer(key->id));
	json_array_append_new(list, object);
}

/* Each key goes to list, or is said when there is none. */
static enum status report_keys(const struct change *change, json_t *list)
{
	struct fingerprinter *fingerprinter = NULL;
	struct fault fault = fingerprinter_new(&fingerprinter);
	struct fingerprint own;

	for (size_t i = 0; !fault.code && i < change->keys->count; i++) {
		const struct new_key *key = &change->keys->items[i];
		const struct fingerprint *shown = change->dry_run ? NULL : &own;

		fault = fingerprint_key(fingerprinter, key->key, key->size, &own);
		if (!fault.code && list)
			add_key(list, key, shown);
		else if (!fault.code)
			say_key(key, shown);
	}
	fingerprinter_free(fingerprinter);
	return message_fault(fault, change->path);
}

enum status report_words(const struct talk *talk, const struct change *change)
{
	if (talk->quiet)
		return STATUS_DONE;
	message_note("%s '%s'%s", change->dry_run ? change->would : change->done, change->path,
		     change->encrypted ? ", encrypted" : "");
	return report_keys(change, NULL);
}

enum status report_json(const struct change *change, json_t **ret_object)
{
	json_t *object = json_object();
	json_t *list = json_array();

	json_object_set_new(object, "file", json_text(change->path));
	json_object_set_new(object, "dry_run", json_boolean(change->dry_run));
	json_object_set_new(object, "encrypted", json_boolean(change->encrypted));
	json_object_set_new(object, "backup", backup_json(change->store, change->path));
	json_object_set_new(object, "keys", list);
	*ret_object = object;
	return report_keys(change, list);
}

enum status report_change(const struct talk *talk, const struct change *change)
{
	json_t *object = NULL;
	enum status status = report_words(talk, change);

	if (!status && talk->json)
		status = report_json(change, &object);
	if (object)
		print_json(object);
	return status;
}

void say_next_of_new_ids(void)
{
	message_note(
		"next: copy the file to every server of the cluster, then restart each of them (Enterprise Server 11.8: FLUSH FILE_KEY_MANAGEMENT_KEYS; mkeyfile's plugin: SET GLOBAL mkeyfile_key_management_reload = ON)");
}
