/* SPDX-License-Identifier: MIT */
#include "cli/managers/target_file.h"

#include "cli/keyfile/new_file.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/keyfile/versions.h"
#include "cli/managers/other_file.h"
#include "cli/words/message.h"

#include <errno.h>
#include <sys/stat.h>

static enum status open_place(struct target_file *target)
{
	const char *path = target->options->file;
	struct fault fault = store_open_or_place(&target->store, path, target->options->writing.lock_timeout);
	struct stat link;

	target->is_new = target->store.file < 0;
	if (fault.code == FAULT_OPEN && fault.error_number == ENOENT) {
		enum status status = message_fault(fault, path);

		message_hint(lstat(path, &link) ? "create its directory first" : DANGLING_LINK, path);
		return status;
	}
	return message_fault(fault, path);
}

/* A copy of an encrypted key file is encrypted. */
static enum status find_new_password(struct target_file *target, const struct secret *password)
{
	const struct options *options = target->options;
	struct content *content = &target->content;
	enum status status;

	content->kdf = options->kdf;
	content->encrypted = password || new_file_is_encrypted(options);
	if (!content->encrypted)
		return STATUS_DONE;
	status = content_require_kdf(options, options->kdf);
	if (status)
		return status;
	if (password && !new_file_is_encrypted(options))
		return message_fault(secret_copy(&content->password.secret, password->data, password->size),
				     options->file);
	target->made.path = options->new_password_file;
	return new_file_password(options, &target->made, &content->password);
}

enum status target_file_open(struct target_file *target, const struct options *options, const struct manager *other,
			     const struct secret *password)
{
	const struct secret *raw = &target->store.content;
	enum status status;

	target->options = options;
	status = open_place(target);
	if (status)
		return status;
	if (target->is_new) {
		target->store.access = new_file_access(options);
		return find_new_password(target, other ? password : NULL);
	}
	if (options->new_password_file)
		return usage_error("--new-password-file is for a key file that does not exist yet");
	status = other ? other_file_open(other, password, raw, &target->content)
		       : content_open(&options->password, options->kdf, options->file, raw, &target->content);
	if (!status)
		status = seal_require(options, options->file, other ? NULL : message_given(), target->content.seal);
	if (!status)
		edit_warn_if_exposed(&target->store, target->content.encrypted, options->file);
	return status;
}

static enum status check_versions(const struct target_file *target, const struct new_keys *keys, bool *ret_versioned)
{
	const struct server_profile *server = target->options->target.profile;
	const struct keyfile *keyfile = &target->content.keyfile;
	enum status status = STATUS_DONE;
	bool needs_versions = false;

	for (size_t i = 0; i < keys->count; i++)
		needs_versions |= keys->items[i].version != 1;
	*ret_versioned = needs_versions || keyfile->has_versions ||
			 (target->is_new && server && server->syntax == SYNTAX_VERSIONED);
	if (needs_versions)
		status = versions_require(&target->options->target, target->options->file, keyfile);
	if (status)
		versions_hint(&target->options->target);
	return status;
}

enum status target_file_add(struct target_file *target, const struct new_keys *keys)
{
	const struct options *options = target->options;
	const struct content *content = &target->content;
	const struct encryption encryption = { &content->password, content->kdf };
	bool versioned;
	enum status status = check_versions(target, keys, &versioned);

	if (!status && !target->is_new)
		status = message_fault(store_check_replaceable(&target->store), options->file);
	if (!status)
		status = versions_extend_text(options->file, &content->keyfile, keys, versioned, &target->text);
	if (status)
		return status;
	return content_make(&options->target, options->file, &target->text, &content->keyfile,
			    content->encrypted ? &encryption : NULL, &target->raw);
}

enum status target_file_write(struct target_file *target)
{
	const struct options *options = target->options;
	const struct publication publication = {
		.raw = &target->raw,
		.new_content = { .kdf = target->content.kdf,
				 .text = &target->text,
				 .password = &target->content.password },
		.new_password_file = &target->made,
	};
	enum status status = STATUS_DONE;

	if (!target->is_new)
		status = edit_announce_change(&target->store, options->file, options->writing.backup);
	return status ? status : edit_publish(&target->store, options->file, options, &publication);
}

void target_file_close(struct target_file *target)
{
	store_close(&target->store);
	content_free(&target->content);
	new_password_file_free(&target->made);
	secret_free(&target->text);
	secret_free(&target->raw);
}
