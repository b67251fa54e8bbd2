/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/commands/passwd_report.h"
#include "cli/keyfile/disguise_words.h"
#include "cli/keyfile/edit.h"
#include "cli/keyfile/filter.h"
#include "cli/keyfile/password_source.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/words/message.h"
#include "cli/words/refusal_hint.h"
#include "core/decrypt.h"
#include "core/file.h"
#include "core/format.h"
#include "core/trust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The key file and the password file cannot change in one step. If the password stays in the
 * same file, these are the steps, each synced before the next. The right column shows the pair
 * that opens after the step:
 *
 *	1. write the new password to PASSWORD_FILE.new     key file + PASSWORD_FILE
 *	2. replace the key file, keep the old one as FILE~ key file + PASSWORD_FILE.new
 *	3. replace the password file                       key file + PASSWORD_FILE
 *	4. delete PASSWORD_FILE.new
 *
 * The new content of all three files is written under temporary names first. A run that finds
 * PASSWORD_FILE.new continues an interrupted run. If the new password has another file, there
 * are only steps 1 and 2. */
#define JOURNAL_SUFFIX ".new"

struct arguments {
	struct options *options;
	struct password_source new_password;
	struct kdf new_kdf;
	bool new_digest;
	bool new_iterations;
};

static const struct arguments initial = { .new_password.descriptor = -1 };

static const struct option_spec specs[] = {
	{ "new-password-file", 0, "PATH",
	  "Read the new password from PATH (random if PATH is new or the current password file)",
	  OPTION_PATH(struct arguments, new_password.file) },
	{ "new-password-fd", 0, "N", "Read the new password from file descriptor N",
	  OPTION_DESCRIPTOR(struct arguments, new_password.descriptor) },
	{ "new-password-command", 0, "COMMAND", "Read the new password from the output of COMMAND",
	  OPTION_TEXT(struct arguments, new_password.command) },
	{ "new-digest", 0, "NAME", "Derive the AES key with digest NAME",
	  OPTION_DIGEST(struct arguments, new_kdf.digest), OPTION_GIVEN(struct arguments, new_digest) },
	{ "new-pbkdf2", 0, "ITERATIONS", "Derive the AES key with PBKDF2 and ITERATIONS (0: no PBKDF2)",
	  OPTION_ITERATIONS(struct arguments, new_kdf.iterations), OPTION_GIVEN(struct arguments, new_iterations) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ EXCLUDE, "new-password-file new-password-fd new-password-command", NULL,
	  "--new-password-file, --new-password-fd and --new-password-command cannot be used together" },
	{ 0 },
};

static const struct command_group groups[] = { { COMMAND_SHARED(filter_table) },
					       { COMMAND_SHARED(lock_table) },
					       { 0 } };

static void passwd_free(struct password_change *passwd)
{
	store_close(&passwd->store);
	store_close(&passwd->password_store);
	keyfile_free(&passwd->keyfile);
	password_free(&passwd->old_password);
	password_free(&passwd->new_password);
	new_password_file_free(&passwd->made);
	secret_free(&passwd->password_content);
	free(passwd->journal);
}

/* ---- the plan ---- */

static bool is_same_file(const char *one, const char *other)
{
	return one && other && file_is_same_path(one, other);
}

static enum way choose_way(const struct arguments *arguments)
{
	const struct password_source *new = &arguments->new_password;

	if (new->file)
		return is_same_file(new->file, arguments->options->password.file) ? WAY_REPLACE_FILE : WAY_OTHER_FILE;
	if (!password_source_is_given(new) && (arguments->new_digest || arguments->new_iterations))
		return WAY_KEEP;
	return WAY_SOURCE;
}

/* An existing file at path contains the new password: someone prepared it, or an interrupted
 * run left it. Otherwise plans to make the password. */
static enum status read_prepared(struct password_change *passwd, const char *path)
{
	const struct password_source source = { .file = path, .descriptor = -1 };
	struct stat status;

	if (lstat(path, &status) && errno == ENOENT) {
		passwd->made.path = path;
		return STATUS_DONE;
	}
	return password_source_get_new(&source, path, &passwd->new_password);
}

static enum status find_journal(struct password_change *passwd, const char *password_file)
{
	struct fault fault = fault_none();
	enum status status;
	char *path = realpath(password_file, NULL);

	if (path)
		passwd->journal = format_text("%s" JOURNAL_SUFFIX, path);
	free(path);
	if (!passwd->journal)
		return message_fault(fault_errno(FAULT_OPEN, errno), password_file);
	status = read_prepared(passwd, passwd->journal);
	if (status || passwd->made.path)
		return status;
	message_note("the new password is already in '%s', from an interrupted run", passwd->journal);
	fault = file_read_path(passwd->journal, &passwd->password_content, NULL);
	return message_fault(fault, passwd->journal);
}

/* Judges the path first: where it leads decides how the password changes. */
static enum status check_new_path(const char *path)
{
	struct fault fault = path ? trust_judge_path(NULL, path) : fault_none();

	return fault.code == FAULT_UNTRUSTED ? message_fault(fault, path) : STATUS_DONE;
}

static enum status plan(struct password_change *passwd, const struct arguments *arguments)
{
	enum status status = check_new_path(arguments->new_password.file);

	if (status)
		return status;
	passwd->new_kdf = arguments->new_kdf;
	passwd->way = choose_way(arguments);
	if (passwd->way == WAY_REPLACE_FILE && filter_is_used(passwd->options))
		return usage_error(
			"--output cannot change the password file: use another file with --new-password-file");
	if (passwd->way == WAY_REPLACE_FILE)
		return find_journal(passwd, passwd->options->password.file);
	if (passwd->way == WAY_OTHER_FILE)
		status = read_prepared(passwd, passwd->new_source->file);
	if (status || !passwd->made.path || !filter_is_used(passwd->options))
		return status;
	/* the output may already be written when creating the password file fails */
	status = message_fault(fault_errno(FAULT_OPEN, ENOENT), passwd->made.path);
	message_hint("create the password file first: with --output, mkeyfile does not create it");
	return status;
}

/* ---- the old password ---- */

static struct fault decrypt(struct password_change *passwd, const struct password *password, struct kdf kdf)
{
	SECRET struct secret text = { 0 };

	keyfile_free(&passwd->keyfile);
	return keyfile_decrypt(&passwd->store.content, &password->secret, kdf, &passwd->keyfile, &text, &passwd->seal);
}

/* Whether there may be an interrupted run to finish, which has kept its backup already. */
static bool may_be_finished(const struct password_change *passwd)
{
	return passwd->way == WAY_KEEP || passwd->new_password.secret.data;
}

/* Whether a run was interrupted after it changed the key file: the file opens with the new
 * password and KDF. */
static bool is_finished(struct password_change *passwd)
{
	struct kdf new_kdf = passwd->new_kdf;

	if (passwd->way == WAY_KEEP)
		return !decrypt(passwd, &passwd->old_password, new_kdf).code;
	return passwd->new_password.secret.data && !decrypt(passwd, &passwd->new_password, new_kdf).code;
}

static bool changes_nothing(const struct password_change *passwd)
{
	return kdf_equals(passwd->options->kdf, passwd->new_kdf) &&
	       (passwd->way == WAY_KEEP || (passwd->new_password.secret.data &&
					    secret_equals(&passwd->old_password.secret, &passwd->new_password.secret)));
}

static enum status refuse_no_change(const struct password_change *passwd)
{
	const char *file = passwd->options->file;

	if (passwd->way == WAY_KEEP)
		message_error("'%s' already uses %s", file, kdf_words(passwd->new_kdf));
	else
		message_error("the new password of '%s' is identical to the old one", file);
	return STATUS_REFUSED;
}

static enum status report_if_wrong(const struct password_change *passwd, struct fault fault)
{
	enum status status = message_fault(fault, passwd->options->file);

	if (fault.code == FAULT_WRONG_PASSWORD)
		content_hint_at_verify();
	return status;
}

static enum status open_with_old(struct password_change *passwd)
{
	const char *file = passwd->options->file;
	unsigned int tries = 0;
	enum status status;
	struct fault fault;

	if (filter_is_used(passwd->options))
		status = filter_open(passwd->options, &passwd->store);
	else
		status = edit_open_store_quietly(&passwd->store, file, &passwd->options->writing);
	if (!status && !filter_is_used(passwd->options) && !may_be_finished(passwd))
		status = edit_announce_change(&passwd->store, file, true);
	if (status)
		return status;
	if (!envelope_is_encrypted(passwd->store.content.data, passwd->store.content.size)) {
		if (disguise_say(&passwd->options->password, passwd->options->kdf, file, &passwd->store.content))
			return STATUS_FAILED;
		status = message_fault(fault_of(FAULT_NOT_ENCRYPTED), file);
		if (!filter_is_used(passwd->options))
			message_hint(ENCRYPT_HINT, message_given());
		return status;
	}
	do {
		status = password_source_get(&passwd->options->password, file, &passwd->old_password);
		if (status)
			return status;
		fault = decrypt(passwd, &passwd->old_password, passwd->options->kdf);
	} while (fault.code && !is_finished(passwd) &&
		 password_source_may_retry(&passwd->options->password, file, fault, &tries));
	if (!fault.code && !changes_nothing(passwd))
		return STATUS_DONE;
	/* without a journal, an unchanged password does not show an interrupted run */
	if (!fault.code && (passwd->way != WAY_REPLACE_FILE || passwd->made.path))
		return refuse_no_change(passwd);
	passwd->finishing = !filter_is_used(passwd->options) && is_finished(passwd);
	return passwd->finishing ? STATUS_DONE : report_if_wrong(passwd, fault);
}

/* ---- the new one ---- */

static enum status get_new(struct password_change *passwd)
{
	const struct password *old = &passwd->old_password;
	SECRET struct secret copy = { 0 };
	enum status status = STATUS_DONE;
	struct fault fault;

	if (passwd->made.path) {
		status = new_password_file_make(&passwd->made, &passwd->new_password);
	} else if (passwd->way == WAY_KEEP) {
		fault = secret_copy(&copy, old->secret.data, old->secret.size);
		passwd->new_password.secret = secret_take(&copy);
		status = message_fault(fault, passwd->options->file);
	} else if (passwd->way == WAY_SOURCE) {
		status = password_source_get_new(passwd->new_source, passwd->options->file, &passwd->new_password);
	}
	if (!status && passwd->way != WAY_KEEP && changes_nothing(passwd))
		status = refuse_no_change(passwd);
	return status;
}

/* Locks the password file that gets new content, and checks that it can be replaced. */
static enum status open_password_file(struct password_change *passwd)
{
	const char *path = passwd->options->password.file;
	/* --write-in-place applies to the key file only */
	const struct writing writing = { .lock_timeout = passwd->options->writing.lock_timeout };
	struct fault fault;
	enum status status;

	if (passwd->way != WAY_REPLACE_FILE)
		return STATUS_DONE;
	if (passwd->made.path) {
		fault = secret_copy(&passwd->password_content, passwd->made.text.data, passwd->made.text.size);
		if (fault.code)
			return message_fault(fault, path);
	}
	status = edit_open_store_quietly(&passwd->password_store, path, &writing);
	if (status || secret_equals(&passwd->password_store.content, &passwd->password_content))
		return status;
	return edit_announce_change(&passwd->password_store, path, true);
}

/* ---- the change ---- */

static enum status commit(struct password_change *passwd)
{
	const struct options *options = passwd->options;
	const struct secret *text = &passwd->keyfile.text;
	const struct encryption encryption = { &passwd->new_password, passwd->new_kdf };
	SECRET struct secret raw = { 0 };
	const struct publication publication = {
		.raw = passwd->finishing ? NULL : &raw,
		.new_content = { passwd->new_kdf, text, &passwd->new_password, &passwd->old_password },
		.new_password_file = &passwd->made,
		.password_store = passwd->way == WAY_REPLACE_FILE ? &passwd->password_store : NULL,
		.password_content = &passwd->password_content,
		.journal = passwd->journal,
	};
	enum status status = STATUS_DONE;

	if (!passwd->finishing)
		status = content_make(&options->target, options->file, text, &passwd->keyfile, &encryption, &raw);
	return status ? status : edit_publish(&passwd->store, options->file, options, &publication);
}

/* ---- the command line ---- */

/* Everything not given for the new password is as for the old one. */
static enum status complete_arguments(struct arguments *arguments)
{
	struct options *options = arguments->options;
	struct password_source *new = &arguments->new_password;
	enum status status;

	new->timeout = options->password.timeout;
	new->no_prompt = options->password.no_prompt;
	new->hint = "use --new-password-file, --new-password-fd or --new-password-command for the new password";
	new->environment = options->password.environment;
	if (!arguments->new_digest)
		arguments->new_kdf.digest = options->kdf.digest;
	if (!arguments->new_iterations)
		arguments->new_kdf.iterations = options->kdf.iterations;
	if (new->file && (!*new->file || is_standard_stream(new->file)))
		return usage_error("--new-password-file requires a file name");
	if (is_same_file(new->file, options->file))
		return refuse_password_in_key_file();
	if (new->descriptor >= 0 && new->descriptor == options->password.descriptor)
		return usage_error("the old and the new password cannot come from the same descriptor");
	if (new->descriptor == STDIN_FILENO && is_standard_stream(options->password.file))
		return usage_error("the old and the new password cannot both come from standard input");
	if (new->descriptor == STDIN_FILENO && is_standard_stream(options->file))
		return usage_error("the key file and the new password cannot both come from standard input");
	status = filter_complete(options);
	return status ? status : option_check_descriptor(new->descriptor);
}

static enum status change_password(void *input)
{
	struct arguments *arguments = input;
	struct password_change passwd __attribute__((cleanup(passwd_free))) = {
		.options = arguments->options,
		.new_source = &arguments->new_password,
		.store = STORE_CLOSED,
		.made = NEW_PASSWORD_FILE_AT(NULL),
		.password_store = STORE_CLOSED,
	};
	enum status status = complete_arguments(arguments);

	if (!status && (arguments->new_digest || arguments->new_iterations))
		status = content_require_kdf(arguments->options, arguments->new_kdf);
	if (!status)
		status = plan(&passwd, arguments);
	if (!status)
		status = open_with_old(&passwd);
	if (!status)
		status = seal_require(passwd.options, passwd.options->file, filter_given(), passwd.seal);
	if (!status && !filter_is_used(passwd.options) && !passwd.finishing && may_be_finished(&passwd))
		status = edit_announce_change(&passwd.store, passwd.options->file, true);
	if (!status && !passwd.finishing)
		status = get_new(&passwd);
	if (!status)
		status = open_password_file(&passwd);
	if (!status)
		status = commit(&passwd);
	if (!status)
		passwd_report(&passwd);
	return status;
}

const struct command passwd_command = {
	.name = "passwd",
	.operands = "",
	.summary = "change the password or the KDF of a key file",
	.description = "Change the password, digest or iterations of a key file, and keep every key.",
	.examples = { "mkeyfile passwd -P keyfile.key --new-password-file=keyfile.key",
		      "mkeyfile passwd -P keyfile.key --new-password-file=new.key",
		      "mkeyfile passwd --new-digest=sha512 --new-pbkdf2=600000 --target=12.3" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.initial = &initial,
	.run = change_password,
};
