/* SPDX-License-Identifier: MIT */
#include "cli/managers/aws.h"

#include "cli/keyfile/edit.h"
#include "cli/managers/aws_command.h"
#include "cli/managers/key_text.h"
#include "cli/words/message.h"
#include "core/array.h"
#include "core/cleanup.h"
#include "core/file.h"
#include "core/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "aws-kms-key."
/* The plugin writes a name into a buffer of 20 bytes, and so truncates the part after the prefix to
 * this length. */
#define NUMBERS_MAX 7
/* The maximum number of new files that are open at the same time. */
#define BATCH 32

struct key_name {
	uint32_t id;
	uint32_t version;
};

struct key_names {
	struct key_name *items; /* by ID and version */
	size_t count;
};

static void key_names_free(struct key_names *names)
{
	free(names->items);
}

#define KEY_NAMES __attribute__((cleanup(key_names_free)))

static char *path_of(const struct manager *manager, const struct key_name *name)
{
	return format_text("%s/" PREFIX "%u.%u", manager->place, name->id, name->version);
}

/* ---- the names in the directory ---- */

/* Accepts names only as the plugin writes them: without leading zeros. */
static bool parse_name(const char *name, struct key_name *ret_name)
{
	char again[64];

	if (sscanf(name, PREFIX "%u.%u", &ret_name->id, &ret_name->version) != 2)
		return false;
	snprintf(again, sizeof(again), PREFIX "%u.%u", ret_name->id, ret_name->version);
	return !strcmp(name, again) && ret_name->id && ret_name->version && ret_name->version <= KEY_VERSION_MAX;
}

static enum status refuse_name(const struct manager *manager, const char *name)
{
	message_error("the name of '%s/%s' is not " PREFIX "ID.VERSION", manager->place, name);
	message_hint(
		"list the key IDs to import without this one: the plugin truncates names longer than %zu characters",
		strlen(PREFIX) + NUMBERS_MAX);
	return STATUS_FAILED;
}

static enum status take_name(const struct manager *manager, const struct key_choice *choice, const char *name,
			     struct key_names *names)
{
	struct key_name parsed;
	struct key_name *added;

	if (!parse_name(name, &parsed))
		/* with given IDs, the file may not be among those to read */
		return choice->ids && choice->ids->count ? STATUS_DONE : refuse_name(manager, name);
	if (!key_choice_has(choice, parsed.id, parsed.version))
		return STATUS_DONE;
	added = array_add(&names->items, &names->count, sizeof(*added));
	if (!added)
		return out_of_memory();
	*added = parsed;
	return STATUS_DONE;
}

static int compare_names(const void *one, const void *other)
{
	const struct key_name *a = one;
	const struct key_name *b = other;

	return key_compare(a->id, a->version, b->id, b->version);
}

static enum status list_names(const struct manager *manager, const struct key_choice *choice, struct key_names *names)
{
	LISTING DIR *listing = opendir(manager->place);
	const struct dirent *entry;
	enum status status = STATUS_DONE;

	if (!listing)
		return message_fault(fault_errno(FAULT_OPEN, errno), manager->place);
	errno = 0;
	while (!status && (entry = readdir(listing))) {
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			status = take_name(manager, choice, entry->d_name, names);
		errno = status ? errno : 0;
	}
	if (!status && errno)
		status = message_fault(fault_errno(FAULT_READ, errno), manager->place);
	if (!status && names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return status;
}

/* ---- reading ---- */

static enum status read_blob(const struct manager *manager, const struct key_name *name, struct aws_key *key)
{
	struct fault fault = fault_none();

	key->name = path_of(manager, name);
	/* a reader of a pipe would wait for a writer */
	if (key->name && file_is_named_pipe(key->name))
		fault = fault_of(FAULT_NOT_REGULAR);
	else
		fault = key->name ? file_read_path(key->name, &key->blob, NULL) : fault_of(FAULT_MEMORY);
	if (fault.code)
		return message_fault(fault, key->name);
	if (key->blob.size && key->blob.size <= AWS_BLOB_MAX_SIZE)
		return STATUS_DONE;
	message_error("'%s' has %zu bytes: AWS KMS did not encrypt it", key->name, key->blob.size);
	return STATUS_FAILED;
}

static enum status read_keys(const struct manager *manager, const struct key_names *names, struct new_keys *keys)
{
	struct aws_key *files = calloc(names->count + 1, sizeof(*files));
	enum status status;

	if (!files)
		return out_of_memory();
	status = new_keys_allocate(keys, names->count, NULL);
	for (size_t i = 0; !status && i < names->count; i++)
		status = read_blob(manager, &names->items[i], &files[i]);
	if (!status && names->count)
		status = aws_check_history(manager);
	if (!status)
		status = aws_decrypt(manager, files, names->count);
	for (size_t i = 0; !status && i < names->count; i++)
		new_keys_append(keys, names->items[i].id, names->items[i].version, &files[i].key);
	aws_keys_free(files, files ? names->count : 0);
	return status;
}

enum status aws_read(const struct manager *manager, const struct key_choice *choice, struct secret *ret_text)
{
	KEY_NAMES struct key_names names = { 0 };
	NEW_KEYS struct new_keys keys = { 0 };
	enum status status = list_names(manager, choice, &names);

	if (!status)
		status = read_keys(manager, &names, &keys);
	return status ? status : key_text_make(&keys, ret_text);
}

/* ---- writing ---- */

static enum status check_name(uint32_t id, uint32_t version)
{
	char numbers[32];
	int length = snprintf(numbers, sizeof(numbers), "%u.%u", id, version);

	if (length <= NUMBERS_MAX)
		return STATUS_DONE;
	message_error("cannot write " PREFIX "%s: aws_key_management truncates the name to " PREFIX
		      "%.*s and would find no key",
		      numbers, NUMBERS_MAX, numbers);
	message_hint("move the tables to a shorter key ID first, or list the key IDs to export without %u", id);
	return STATUS_REFUSED;
}

enum status aws_check(const struct manager *manager, const struct secret *text)
{
	KEYFILE struct keyfile keyfile = { 0 };
	enum status status = key_text_parse(manager, text, &keyfile);

	if (!status && !manager->how->kms_key_id)
		status = usage_error("an export to AWS KMS requires --kms-key-id, the KMS key that encrypts the keys");
	for (size_t i = 0; !status && i < keyfile.count; i++)
		status = check_name(keyfile.sorted[i]->id, keyfile.sorted[i]->version);
	if (!status && access(manager->place, W_OK | X_OK))
		status = message_fault(fault_errno(FAULT_CREATE, errno), manager->place);
	return status;
}

/* Creates files as the plugin does, for the user account that owns the directory. */
static struct file_access access_of(const struct manager *manager)
{
	struct file_access access = { .sets_mode = true };
	struct stat directory;
	mode_t mask = umask(0);

	umask(mask);
	access.mode = 0444 & ~mask;
	if (!geteuid() && !stat(manager->place, &directory)) {
		access.sets_owner = true;
		access.is_wish = true;
		access.owner = directory.st_uid;
		access.group = directory.st_gid;
	}
	return access;
}

static enum status take_key(const struct manager *manager, const struct keyfile *keyfile, const struct entry *entry,
			    struct aws_key *key)
{
	struct fault fault = secret_allocate(&key->key, KEY_MAX_SIZE);

	key->name = path_of(manager, &(struct key_name){ entry->id, entry->version });
	if (!fault.code && !key->name)
		fault = fault_of(FAULT_MEMORY);
	if (fault.code)
		return message_fault(fault, "");
	keyfile_key(keyfile, entry, key->key.data);
	key->key.size = entry->key_size;
	return STATUS_DONE;
}

static enum status publish_some(const struct manager *manager, const struct aws_key *keys, size_t count)
{
	struct store stores[BATCH];
	struct replacement files[BATCH];
	struct writing writing = manager->options->writing;
	const struct file_access access = access_of(manager);
	enum status status = STATUS_DONE;

	writing.is_part = true;
	for (size_t i = 0; i < count; i++) {
		stores[i] = STORE_CLOSED;
		if (!status)
			status = message_fault(store_open_absent(&stores[i], keys[i].name), keys[i].name);
		stores[i].access = access;
		files[i] = (struct replacement){ .path = keys[i].name, .store = &stores[i], .content = &keys[i].blob };
	}
	if (!status)
		status = edit_publish_files(files, count, NULL, &writing);
	for (size_t i = 0; i < count; i++)
		store_close(&stores[i]);
	return status;
}

static enum status write_keys(const struct manager *manager, const struct keyfile *keyfile, struct aws_key *keys)
{
	enum status status = aws_check_history(manager);

	for (size_t i = 0; !status && i < keyfile->count; i++)
		status = take_key(manager, keyfile, keyfile->sorted[i], &keys[i]);
	/* all of them, before the first file is written */
	if (!status)
		status = aws_encrypt(manager, keys, keyfile->count);
	for (size_t i = 0; !status && i < keyfile->count; i += BATCH)
		status = publish_some(manager, keys + i, keyfile->count - i < BATCH ? keyfile->count - i : BATCH);
	return status;
}

enum status aws_write(const struct manager *manager, const struct secret *text)
{
	KEYFILE struct keyfile keyfile = { 0 };
	enum status status = key_text_parse(manager, text, &keyfile);
	struct aws_key *keys = status ? NULL : calloc(keyfile.count + 1, sizeof(*keys));

	if (!status)
		status = keys ? write_keys(manager, &keyfile, keys) : out_of_memory();
	aws_keys_free(keys, keys ? keyfile.count : 0);
	return status;
}
