/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/report.h"

#include "cli/keyfile/backup.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/cleanup.h"

json_t *report_backup_json(const struct store *store, const char *path)
{
	HEAP char *backup = store ? backup_path(store, path) : NULL;

	return backup ? json_text(backup) : json_null();
}

json_t *report_change_json(const char *path, const struct writing *writing, bool encrypted, const struct store *store,
			   const char *written)
{
	json_t *object = json_object();

	json_object_set_new(object, "path", json_text(path));
	json_object_set_new(object, "changed", json_boolean(store != NULL));
	json_object_set_new(object, "dry_run", json_boolean(writing->dry_run));
	json_object_set_new(object, "encrypted", json_boolean(encrypted));
	json_object_set_new(object, "backup", report_backup_json(store, written));
	json_object_set_new(object, "steps", document_steps());
	return object;
}

const char *report_key_role(uint32_t id)
{
	return id == KEY_ID_SYSTEM ? "system" : id == KEY_ID_TEMPORARY ? "temporary" : "";
}

json_t *report_member_json(const struct keyset_member *member)
{
	const char *role = report_key_role(member->id);
	const char *fingerprint = member->fingerprint.text;
	const char *created = member->created.text;
	json_t *key = json_object();

	json_object_set_new(key, "id", json_integer(member->id));
	json_object_set_new(key, "version", json_integer(member->version));
	json_object_set_new(key, "role", *role ? json_string(role) : json_null());
	json_object_set_new(key, "bits", json_integer(member->bits));
	json_object_set_new(key, "fingerprint", *fingerprint ? json_string(fingerprint) : json_null());
	json_object_set_new(key, "created", *created ? json_string(created) : json_null());
	return key;
}

json_t *report_keyset_json(const struct keyset *keyset)
{
	json_t *list = json_array();

	for (size_t i = 0; i < keyset->count; i++)
		json_array_append_new(list, report_member_json(&keyset->members[i]));
	return list;
}

static void say_key(const struct keyset_member *key)
{
	if (*key->fingerprint.text)
		message_note("  key ID %u version %u, %u bits, fingerprint %s", key->id, key->version, key->bits,
			     key->fingerprint.text);
	else
		message_note("  key ID %u version %u, %u bits", key->id, key->version, key->bits);
}

void report_say_keyset(const struct keyset *keyset)
{
	for (size_t i = 0; i < keyset->count; i++)
		say_key(&keyset->members[i]);
}

/* Appends each key to list, or prints it without a list. */
static enum status report_keys(const struct change *change, json_t *list)
{
	struct fingerprinter *fingerprinter = NULL;
	struct fault fault = fingerprinter_new(&fingerprinter);

	for (size_t i = 0; !fault.code && i < change->keys->count; i++) {
		const struct new_key *key = &change->keys->items[i];
		struct keyset_member member = { .id = key->id, .version = key->version, .bits = 8 * key->size };

		if (!change->writing->dry_run) {
			member.created = key->created;
			fault = fingerprint_key(fingerprinter, key->key, key->size, &member.fingerprint);
		}
		if (!fault.code && list)
			json_array_append_new(list, report_member_json(&member));
		else if (!fault.code)
			say_key(&member);
	}
	fingerprinter_free(fingerprinter);
	return message_fault(fault, change->path);
}

enum status report_words(const struct talk *talk, const struct change *change)
{
	if (talk->quiet)
		return STATUS_DONE;
	message_note("%s '%s'%s", change->writing->dry_run ? change->would : change->done, change->path,
		     change->encrypted ? ", encrypted" : "");
	return report_keys(change, NULL);
}

enum status report_json(const struct change *change, json_t **ret_object)
{
	json_t *object =
		report_change_json(change->path, change->writing, change->encrypted, change->store, change->path);
	json_t *list = json_array();

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
		document_set(object);
	return status;
}

void report_next_of_new_ids(void)
{
	message_step(
		"copy the key file to every server of the cluster, then restart each server (or run FLUSH FILE_KEY_MANAGEMENT_KEYS on Enterprise Server 11.8, SET GLOBAL mkeyfile_key_management_reload = ON with mkeyfile's plugin)");
}
