/* SPDX-License-Identifier: MIT */
#include "cli/commands/transfer_proof.h"

#include "cli/managers/key_text.h"
#include "cli/proof/prove.h"
#include "cli/words/message.h"
#include "core/format.h"

#include <inttypes.h>
#include <string.h>

/* The maximum number of files to list. */
#define LISTED_MAX 20

static enum status refuse(const struct transfer *transfer, char *words)
{
	return refuse_unless(transfer->what->force, words);
}

static void hint_at_force(void)
{
	message_hint("--force overrides this check");
}

/* ---- AES_CTR ---- */

static bool needs_ctr(const struct data_file *file)
{
	return file->evidence.proven_by_cipher & 1U << DATA_CIPHER_CTR;
}

static void list_files(const struct data_needs *needs)
{
	size_t listed = 0;

	for (size_t i = 0; i < needs->file_count && listed < LISTED_MAX; i++) {
		if (!needs_ctr(&needs->files[i]))
			continue;
		message_note("  '%s'", data_needs_path(needs, i));
		listed++;
	}
}

static void hint_at_ctr(void)
{
	message_hint(
		"decrypt the data, set the encryption algorithm to AES_CBC, and encrypt the data again: see mkeyfile-migrate(7)");
}

static enum status check_algorithm(const struct transfer *transfer, const struct manager *reader,
				   const struct data_needs *needs)
{
	enum status status;
	size_t count = 0;

	for (size_t i = 0; i < needs->file_count; i++)
		count += needs_ctr(&needs->files[i]);
	if (!count)
		return STATUS_DONE;
	status = refuse(transfer, format_text("%zu file%s encrypted with AES_CTR, but %s reads only AES_CBC", count,
					      count == 1 ? " is" : "s are", manager_plugin(reader)));
	list_files(needs);
	if (count > LISTED_MAX)
		message_note("  and %zu more", count - LISTED_MAX);
	hint_at_ctr();
	return status;
}

/* Whether the server whose option files were read will read the keys in this key file. */
static bool is_for_this_server(const struct transfer *transfer, const struct manager *reader)
{
	const struct options *options = transfer->what->options;

	return reader->kind == MANAGER_FILE && reader->place == options->file && options->host.names_file;
}

static enum status check_fitness(const struct transfer *transfer, const struct proof *proof)
{
	const char *algorithm = proof_unfit_algorithm(proof);
	enum status status;

	if (!algorithm)
		return STATUS_DONE;
	status = refuse(transfer, format_text("the data is encrypted with %s, but the server's option files set %s",
					      strcmp(algorithm, "AES_CTR") ? "AES_CTR" : "AES_CBC", algorithm));
	message_hint("set %s_encryption_algorithm to the algorithm of the data",
		     key_plugin_name(transfer->what->options->host.settings.plugin));
	return status;
}

/* Keys of another manager have encrypted data with AES_CBC only. */
static enum status check_setting_of_source(const struct transfer *transfer, const struct manager *reader)
{
	const struct options *options = transfer->what->options;
	const struct manager source = manager_of(transfer->what->named.place, options, &transfer->what->how);
	enum status status;

	if (source.kind == MANAGER_FILE || !is_for_this_server(transfer, reader) ||
	    settings_use_cbc(&options->host.settings))
		return STATUS_DONE;
	status = refuse(transfer, format_text("the server's option files set AES_CTR, but %s encrypts with AES_CBC",
					      manager_plugin(&source)));
	if (status) {
		message_hint("set %s_encryption_algorithm to AES_CBC", key_plugin_name(options->host.settings.plugin));
		hint_at_force();
	}
	return status;
}

/* Without reading data: judges by the server's option files. */
static enum status check_setting(const struct transfer *transfer, const struct manager *reader)
{
	const struct host *host = &transfer->what->options->host;
	enum status status;

	if (reader->kind == MANAGER_FILE)
		return check_setting_of_source(transfer, reader);
	if (!host->names_file || settings_use_cbc(&host->settings))
		return STATUS_DONE;
	status = refuse(transfer, format_text("the server's option files set AES_CTR, but %s reads only AES_CBC",
					      manager_plugin(reader)));
	if (status) {
		hint_at_ctr();
		message_hint("use --server-data if the data is encrypted with AES_CBC anyway");
		hint_at_force();
	}
	return status;
}

/* ---- the keys ---- */

static bool has_key(const struct keyfile *keyfile, const struct data_need *need)
{
	size_t count;

	return need->version ? keyfile_find_version(keyfile, need->id, need->version) != NULL
			     : keyfile_find(keyfile, need->id, &count) != NULL;
}

/* Whether the key matches in all files that need it. */
static enum status check_need(const struct transfer *transfer, const struct keyfile *keyfile,
			      const struct data_needs *needs, const struct data_need *need)
{
	const char *example = data_need_example(needs, need);
	const char *plural = need->files == 1 ? "" : "s";

	if (!need->files)
		return STATUS_DONE;
	if (!has_key(keyfile, need) && !need->version)
		return refuse(transfer,
			      format_text("'%s' would lack key ID %u, the key of %" PRIu64 " file%s such as '%s'",
					  transfer->to, need->id, need->files, plural, example));
	if (!has_key(keyfile, need))
		return refuse(transfer, format_text("'%s' would lack key ID %u version %u, which %" PRIu64
						    " file%s such as '%s' need%s",
						    transfer->to, need->id, need->version, need->files, plural, example,
						    need->files == 1 ? "s" : ""));
	if (need->answers[DATA_WRONG_KEY])
		return refuse(transfer,
			      format_text("key ID %u version %u fails to decrypt %" PRIu64 " file%s such as '%s'",
					  need->id, need->version, need->answers[DATA_WRONG_KEY],
					  need->answers[DATA_WRONG_KEY] == 1 ? "" : "s", example));
	return STATUS_DONE;
}

static enum status check_needs(const struct transfer *transfer, const struct keyfile *keyfile,
			       const struct data_needs *needs)
{
	enum status worst = STATUS_DONE;

	for (size_t i = 0; i < needs->count; i++) {
		enum status status = check_need(transfer, keyfile, needs, &needs->needs[i]);

		worst = status ? status : worst;
	}
	return worst;
}

/* Parts that are missing, and files that are damaged or cannot be read, may need more. */
static enum status check_whole(const struct transfer *transfer, const struct proof *proof)
{
	static const char words[] = "cannot tell whether the keys decrypt all of the data";

	if (!proof_is_undecided(proof) && !proof->answers[DATA_DAMAGED])
		return STATUS_DONE;
	if (transfer->what->force) {
		message_warning(words);
		return STATUS_DONE;
	}
	message_error(words);
	return STATUS_FAILED;
}

enum status transfer_prove(const struct transfer *transfer, const struct manager *reader, const struct secret *text)
{
	const struct options *options = transfer->what->options;
	const struct prove_options what = { .datadirs = transfer->what->datadirs };
	KEYFILE struct keyfile keyfile = { 0 };
	PROOF struct proof proof = { 0 };
	const struct data_needs *needs = &proof.audit.needs;
	enum status status;

	if (!what.datadirs.count)
		return check_setting(transfer, reader);
	status = key_text_parse(reader, text, &keyfile);
	if (!status)
		status = prove_data(&options->talk, &options->host, &what, &keyfile, &proof);
	if (status)
		return status;
	if (reader->kind != MANAGER_FILE)
		status = check_algorithm(transfer, reader, needs);
	else if (is_for_this_server(transfer, reader))
		status = check_fitness(transfer, &proof);
	if (!status)
		status = check_needs(transfer, &keyfile, needs);
	if (!status)
		status = check_whole(transfer, &proof);
	if (status)
		hint_at_force();
	return status;
}
