/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/keyfile/disguise_words.h"
#include "cli/keyfile/edit.h"
#include "cli/keyfile/new_file.h"
#include "cli/keyfile/next_settings.h"
#include "cli/keyfile/report.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/keyfile/versions.h"
#include "cli/options/repeatable.h"
#include "cli/options/trusted.h"
#include "cli/words/document.h"
#include "cli/words/message.h"
#include "cli/words/shell_word.h"
#include "core/cleanup.h"
#include "core/trust.h"
#include "server/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
	struct options *options;
	struct key_ids ids;
	size_t size; /* bytes of new keys */
	const char *owner;
	uint32_t mode; /* 0: not given */
};

static const struct arguments initial = { .size = KEY_MAX_SIZE };

/* Accepts modes that let only the owner, or the owner and the group, read the file, and at
 * most the owner write to it. */
static enum status take_mode(const struct option_spec *spec, const char *value, void *place)
{
	static const uint32_t modes[] = { 0400, 0440, 0600, 0640 };
	const char *digits = value + (*value == '0');
	char *end;
	unsigned long mode = strtoul(digits, &end, 8);

	(void)spec;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strlen(digits) == 3 && !*end && mode == modes[i]) {
			*(uint32_t *)place = modes[i];
			return STATUS_DONE;
		}
	return option_refuse("invalid mode '%s': use 0400, 0440, 0600 or 0640", repeatable(value));
}

static const struct option_spec specs[] = {
	{ "owner", 0, "OWNER", "Give the files to OWNER: USER or USER:GROUP", OPTION_TEXT(struct arguments, owner) },
	{ "mode", 0, "MODE", "Set the mode of the files to MODE: 0400, 0440, 0600 or 0640",
	  OPTION_INTO(struct arguments, mode, uint32_t, take_mode) },
	{ "size", 's', "BITS", "Make new keys of 128, 192 or 256 BITS (default: 256)",
	  OPTION_KEY_BITS(struct arguments, size) },
	{ OPTION_KEY_IDS(struct arguments, ids) },
	{ 0 },
};

static const struct option_spec password_specs[] = {
	{ "new-password-file", 0, "PATH", "Encrypt with the password in PATH (created if missing)",
	  OPTION_PATH(struct options, new_password_file) },
	{ 0 },
};

static const struct option_table password_table = { .specs = password_specs };

static const struct command_group groups[] = {
	{ COMMAND_SHARED(password_table) }, { COMMAND_SHARED(wait_table) }, { COMMAND_SHARED(date_table) }, { 0 }
};

/* The state of the files, and the changes they need. */
struct ensured {
	const struct arguments *arguments;
	const struct options *options;
	struct file_access of_new; /* of files to create */
	struct file_access of_present;
	struct store store;
	struct store password_store;   /* of the password file, if it exists */
	struct new_password_file made; /* the password file to create; path NULL: none */
	struct content content;
	struct new_keys keys;
	bool is_new;
	bool encrypts;	/* a plain file */
	bool changes;	/* the content */
	bool sets;	/* owner or mode of the key file */
	bool sets_more; /* of the password file */
};

static void ensured_free(struct ensured *ensured)
{
	store_close(&ensured->store);
	store_close(&ensured->password_store);
	new_password_file_free(&ensured->made);
	content_free(&ensured->content);
	new_keys_free(&ensured->keys);
}

/* ---- the wanted state ---- */

/* Without IDs: the IDs that servers use by default. Always adds ID 1. */
static enum status complete_ids(struct key_ids *ids)
{
	bool is_empty = !ids->count;
	enum status status = STATUS_DONE;

	if (!key_ids_have(ids, KEY_ID_SYSTEM)) {
		status = key_ids_add(ids, KEY_ID_SYSTEM);
		for (size_t i = ids->count; !status && i-- > 1;)
			ids->ids[i] = ids->ids[i - 1];
		if (!status)
			ids->ids[0] = KEY_ID_SYSTEM;
	}
	return !status && is_empty ? key_ids_add(ids, KEY_ID_TEMPORARY) : status;
}

/* Other commands would refuse a file of an untrusted user. */
static enum status refuse_owner(const char *name)
{
	message_error("files of user '%s' are not trusted", name);
	message_hint("use --server-user=%s if the server runs as that user, or --trust-owner=%s", name, name);
	return STATUS_REFUSED;
}

static enum status find_owner(struct ensured *ensured, const char *name, const char *group_name)
{
	struct file_access *present = &ensured->of_present;
	struct server_user user;
	gid_t group = (gid_t)-1;

	if (!server_user_find(name, &user))
		return no_such_account("user", name);
	if (group_name && !server_group_find(group_name, &group))
		return no_such_account("group", group_name);
	if (!trust_accepts_user(user.uid))
		return refuse_owner(name);
	*present = (struct file_access){ .sets_owner = true, .owner = user.uid, .group = group };
	ensured->of_new = *present;
	if (!group_name && !user.nameless)
		ensured->of_new.group = user.gid;
	return STATUS_DONE;
}

static enum status find_access(struct ensured *ensured)
{
	const struct arguments *arguments = ensured->arguments;
	const char *colon = arguments->owner ? strchr(arguments->owner, ':') : NULL;
	enum status status = STATUS_DONE;

	ensured->of_new = new_file_access(ensured->options);
	if (arguments->owner) {
		HEAP char *name = strndup(arguments->owner, strcspn(arguments->owner, ":"));

		status = name ? find_owner(ensured, name, colon ? colon + 1 : NULL) : out_of_memory();
	}
	ensured->of_new.sets_mode = ensured->of_present.sets_mode = arguments->mode != 0;
	ensured->of_new.mode = ensured->of_present.mode = arguments->mode;
	return status;
}

/* ---- the present state ---- */

static enum status open_key_file(struct ensured *ensured)
{
	const char *path = ensured->options->file;
	struct fault fault = store_open_or_place(&ensured->store, path, ensured->options->writing.lock_timeout);
	struct stat link;
	enum status status = message_fault(fault, path);

	ensured->is_new = ensured->store.file < 0;
	if (fault.code == FAULT_OPEN && fault.error_number == ENOENT)
		message_hint(lstat(path, &link) ? "create the directory first" : DANGLING_LINK, path);
	return status;
}

/* Takes the lock, to wait for another run that is creating the file. */
static enum status open_password_file(struct ensured *ensured)
{
	const char *path = ensured->options->new_password_file;
	const unsigned int lock_timeout = ensured->options->writing.lock_timeout;
	struct stat present;

	if (!path)
		return STATUS_DONE;
	if (!lstat(path, &present) || errno != ENOENT)
		return message_fault(store_open_to_compare(&ensured->password_store, path, lock_timeout), path);
	ensured->made.path = path;
	return STATUS_DONE;
}

/* Another run may have created the key file while this one waited for the password file. */
static bool came_late(const struct ensured *ensured)
{
	return ensured->is_new && ensured->password_store.file >= 0 &&
	       store_check_absent(ensured->options->file).code == FAULT_EXISTS;
}

static enum status open_files(struct ensured *ensured)
{
	enum status status = open_key_file(ensured);

	if (!status)
		status = open_password_file(ensured);
	if (status || !came_late(ensured))
		return status;
	store_close(&ensured->password_store);
	store_close(&ensured->store);
	status = open_key_file(ensured);
	return status ? status : open_password_file(ensured);
}

static struct password_source source_of(const struct ensured *ensured)
{
	struct password_source source = ensured->options->password;

	if (ensured->password_store.file >= 0)
		source.file = ensured->options->new_password_file;
	return source;
}

static enum status get_encryption_password(struct ensured *ensured)
{
	const char *file = ensured->options->file;
	const struct password_source source = source_of(ensured);
	enum status status;

	ensured->content.encrypted = new_file_is_encrypted(ensured->options);
	if (!ensured->content.encrypted)
		return STATUS_DONE;
	status = content_require_kdf(ensured->options, ensured->options->kdf);
	if (status)
		return status;
	if (!ensured->made.path)
		return password_source_get_new(&source, file, &ensured->content.password);
	status = new_password_file_make(&ensured->made, &ensured->content.password);
	ensured->made.store.access = ensured->of_new;
	return status;
}

static enum status refuse_lost_password(const struct ensured *ensured)
{
	const char *path = ensured->made.path;
	HEAP char *word = shell_word(path);

	message_error("'%s' is encrypted, and its password file '%s' does not exist", ensured->options->file, path);
	if (word)
		message_hint(
			"restore '%s', or run 'mkeyfile passwd%s --new-password-file=%s' with the current password",
			path, message_given(), word);
	return STATUS_FAILED;
}

/* Encrypts a plain file if a new file would be encrypted. */
static enum status open_content(struct ensured *ensured)
{
	const struct options *options = ensured->options;
	const struct secret *raw = &ensured->store.content;
	const struct password_source none = { .descriptor = -1 };
	const struct password_source source = source_of(ensured);
	enum status status;

	if (ensured->is_new)
		return get_encryption_password(ensured);
	if (envelope_is_encrypted(raw->data, raw->size)) {
		if (ensured->made.path)
			return refuse_lost_password(ensured);
		status = content_open(&source, options->kdf, options->file, raw, &ensured->content);
		return status ? status : seal_require(options, options->file, message_given(), ensured->content.seal);
	}
	if (disguise_say(&source, options->kdf, options->file, raw))
		return STATUS_FAILED;
	status = content_open(&none, options->kdf, options->file, raw, &ensured->content);
	if (!status)
		status = get_encryption_password(ensured);
	ensured->encrypts = !status && ensured->content.encrypted;
	return status;
}

/* ---- the change ---- */

static enum status make_missing_keys(struct ensured *ensured)
{
	const struct key_ids *ids = &ensured->arguments->ids;
	enum status status = new_keys_allocate(&ensured->keys, ids->count, &ensured->options->writing);
	size_t count;

	for (size_t i = 0; !status && i < ids->count; i++)
		if (!keyfile_find(&ensured->content.keyfile, ids->ids[i], &count))
			status = new_keys_generate(&ensured->keys, ids->ids[i], 1, ensured->arguments->size);
	return status;
}

static bool is_versioned(const struct ensured *ensured)
{
	const struct server_profile *target = ensured->options->target.profile;

	return ensured->is_new ? target && target->syntax == SYNTAX_VERSIONED : ensured->content.keyfile.has_versions;
}

static struct replacement access_of(struct store *store, const char *path)
{
	return (struct replacement){ .path = path, .store = store, .access_only = true };
}

static enum status write_content(struct ensured *ensured, const struct secret *text, const struct secret *raw)
{
	const struct options *options = ensured->options;
	const struct replacement password_file = access_of(&ensured->password_store, options->new_password_file);
	const struct publication publication = {
		.raw = raw,
		.new_content = { .kdf = options->kdf, .text = text, .password = &ensured->content.password },
		.new_password_file = &ensured->made,
		.first = ensured->sets_more ? &password_file : NULL,
	};
	enum status status = STATUS_DONE;

	if (!ensured->is_new)
		status = edit_announce_change(&ensured->store, options->file, false);
	return status ? status : edit_publish(&ensured->store, options->file, options, &publication);
}

static enum status write_access(struct ensured *ensured)
{
	const struct options *options = ensured->options;
	struct replacement files[2];
	size_t count = 0;

	if (ensured->sets_more)
		files[count++] = access_of(&ensured->password_store, options->new_password_file);
	if (ensured->sets)
		files[count++] = access_of(&ensured->store, options->file);
	return count ? edit_publish_files(files, count, NULL, &options->writing) : STATUS_DONE;
}

/* Checks everything before the first file changes. */
static enum status apply(struct ensured *ensured)
{
	const struct options *options = ensured->options;
	const struct keyfile *keyfile = &ensured->content.keyfile;
	const struct encryption encryption = { &ensured->content.password, options->kdf };
	const struct encryption *used = ensured->content.encrypted ? &encryption : NULL;
	SECRET struct secret text = { 0 };
	SECRET struct secret raw = { 0 };
	enum status status = STATUS_DONE;

	if (ensured->changes && !ensured->is_new)
		status = message_fault(store_check_replaceable(&ensured->store), options->file);
	if (!status)
		status = versions_extend_text(options->file, keyfile, &ensured->keys, is_versioned(ensured), &text);
	if (!status && ensured->changes)
		status = content_make(&options->target, options->file, &text, keyfile, used, &raw);
	else if (!status)
		status = content_check(&options->target, options->file, &text, keyfile, used);
	if (!status && !ensured->is_new && !ensured->of_present.sets_mode)
		edit_warn_if_exposed(&ensured->store, ensured->content.encrypted, options->file);
	if (!status && ensured->changes)
		return write_content(ensured, &text, &raw);
	return status ? status : write_access(ensured);
}

static void compare(struct ensured *ensured)
{
	ensured->changes = ensured->is_new || ensured->encrypts || ensured->keys.count;
	ensured->store.access = ensured->is_new ? ensured->of_new : ensured->of_present;
	ensured->password_store.access = ensured->of_present;
	ensured->sets = !ensured->is_new && !store_has_access(&ensured->store);
	ensured->sets_more = ensured->password_store.file >= 0 && !store_has_access(&ensured->password_store);
}

/* ---- the report ---- */

static void say_access(const struct ensured *ensured)
{
	const struct arguments *arguments = ensured->arguments;

	if (arguments->owner)
		message_note("  owner %s", arguments->owner);
	if (arguments->mode)
		message_note("  mode %04o", (unsigned int)arguments->mode);
}

/* Whether the server's option files already set this password. */
static bool is_set_already(const struct options *options)
{
	const struct password_source *source = &options->password;

	return source->text || (source->file && source->file == options->host.password_file);
}

static void say_more(const struct ensured *ensured)
{
	const struct options *options = ensured->options;
	const char *changed = options->writing.dry_run ? "would change" : "changed";

	if (!ensured->changes && ensured->sets)
		message_note("%s '%s'", changed, options->file);
	if (ensured->encrypts)
		message_note("  the file was not encrypted");
	if (ensured->sets)
		say_access(ensured);
	if (ensured->sets_more) {
		message_note("%s '%s'", changed, options->new_password_file);
		say_access(ensured);
	}
	if (!ensured->changes && !ensured->sets && !ensured->sets_more)
		message_note("'%s' needs no change", options->file);
	if (options->writing.dry_run)
		return;
	if (ensured->is_new) {
		new_file_say_next(options, options->new_password_file);
		return;
	}
	if (ensured->encrypts && !is_set_already(options))
		next_settings_of_encrypted(options, options->new_password_file ? options->new_password_file
									       : options->password.file);
	if (ensured->keys.count)
		report_next_of_new_ids();
}

static enum status report(const struct ensured *ensured)
{
	const struct options *options = ensured->options;
	const struct change change = {
		.done = ensured->is_new ? "created" : "changed",
		.would = ensured->is_new ? "would create" : "would change",
		.path = options->file,
		.encrypted = ensured->content.encrypted,
		.writing = &options->writing,
		.keys = &ensured->keys,
	};
	json_t *object = NULL;
	enum status status = ensured->changes ? report_words(&options->talk, &change) : STATUS_DONE;

	if (status)
		return status;
	say_more(ensured);
	if (!options->talk.json)
		return STATUS_DONE;
	status = report_json(&change, &object);
	json_object_set_new(object, "changed", json_boolean(ensured->changes || ensured->sets || ensured->sets_more));
	document_set(object);
	return status;
}

static enum status ensure(void *input)
{
	struct arguments *arguments = input;
	struct ensured ensured __attribute__((cleanup(ensured_free))) = {
		.arguments = arguments,
		.options = arguments->options,
		.store = STORE_CLOSED,
		.password_store = STORE_CLOSED,
		.made = NEW_PASSWORD_FILE_AT(NULL),
	};
	enum status status = complete_ids(&arguments->ids);

	if (!status && is_standard_stream(arguments->options->file))
		status = usage_error(STANDARD_INPUT_AS_FILE);
	if (!status)
		status = find_access(&ensured);
	if (!status)
		status = open_files(&ensured);
	if (!status)
		status = open_content(&ensured);
	if (!status)
		status = make_missing_keys(&ensured);
	if (status)
		return status;
	compare(&ensured);
	status = apply(&ensured);
	return status ? status : report(&ensured);
}

const struct command ensure_command = {
	.name = "ensure",
	.operands = "[ID...]",
	.summary = "create the key file, or add what it lacks",
	.description = "Create the key file, or add what it lacks. A second run changes nothing.",
	.examples = { "mkeyfile ensure 1 2 100 --file=keyfile --new-password-file=keyfile.key",
		      "mkeyfile ensure 100 --owner=root:mysql --mode=0640",
		      "mkeyfile ensure 100 101 --dry-run --json" },
	.own = { .specs = specs },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.initial = &initial,
	.judges_host = true,
	.run = ensure,
};
