/* SPDX-License-Identifier: MIT */
#include "cli/proof/prove.h"

#include "cli/options/defaults.h"
#include "cli/words/message.h"
#include "core/array.h"
#include "core/cleanup.h"
#include "data/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct option_spec specs[] = {
	{ "full", 0, NULL, "Prove every page instead of a sample", OPTION_FLAG(struct prove_options, full) },
	{ "all-files", 0, NULL, "List every file, not only files with a finding",
	  OPTION_FLAG(struct prove_options, all_files) },
	{ "coverage", 0, NULL, "List the data that is in clear text", OPTION_FLAG(struct prove_options, coverage) },
	{ "encryption-algorithm", 0, "NAME", "Decrypt with NAME, aes_cbc or aes_ctr (default: try both)",
	  OPTION_ALGORITHM(struct prove_options, algorithm) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ NEED, "full all-files coverage encryption-algorithm", "datadir server-data",
	  "--full, --all-files, --coverage and --encryption-algorithm require --datadir or --server-data" },
	{ 0 },
};

static void free_files(void *input)
{
	struct prove_options *what = input;

	server_places_free(&what->files);
}

const struct option_table prove_table = { .specs = specs, .conflicts = conflicts, .free = free_files };

/* ---- the proof ---- */

static void count_file(struct proof *proof, const struct data_file *file)
{
	proof->bytes += file->size;
	proof->answers[file->answer]++;
	proof->denied += file->fault.error_number == EACCES || file->fault.error_number == EPERM;
	proof->proven_by_cipher |= file->evidence.proven_by_cipher;
	for (size_t i = 0; i < file->evidence.use_count; i++)
		proof->busy += file->evidence.uses[i].busy;
	if (file->note == DATA_NOTE_CLEAR_TEXT && !proof->clear_text)
		proof->clear_text = file->path;
}

static void count(struct proof *proof)
{
	const struct data_needs *needs = &proof->audit.needs;

	for (size_t i = 0; i < needs->file_count; i++)
		count_file(proof, &needs->files[i]);
	for (size_t i = 0; i < needs->count; i++) {
		const struct data_need *need = &needs->needs[i];

		proof->unproven_keys += need->files && need->files == need->answers[DATA_NOT_PROVABLE] && need->version;
	}
}

static uint32_t cipher_bit(bool is_ctr)
{
	return 1U << (is_ctr ? DATA_CIPHER_CTR : DATA_CIPHER_CBC);
}

/* ---- what is in clear text ---- */

static bool has_directory(const struct datadirs *datadirs, const char *path)
{
	for (size_t i = 0; i < datadirs->count; i++)
		if (tree_has(datadirs->paths[i], path) && tree_has(path, datadirs->paths[i]))
			return true;
	return false;
}

enum status prove_complete(struct prove_options *what, struct host *host)
{
	SERVER_PLACES struct server_places places = { 0 };
	enum status status = STATUS_DONE;

	if (what->coverage && what->datadirs.count + what->datadirs.of_server && !host->no_defaults) {
		status = defaults_find_places(host, &places);
		if (status)
			return status;
		what->datadirs.of_server |= has_directory(&what->datadirs, places.items[0].path);
	}
	status = datadirs_complete(&what->datadirs, host);
	if (!status && places.count && what->datadirs.of_server)
		status = defaults_find_files(host, places.items[0].path, &what->files);
	return status;
}

static enum coverage_part part_of_setting(const char *setting)
{
	static const struct {
		const char *setting;
		enum coverage_part part;
	} parts[] = {
		{ "general_log_file", COVERAGE_GENERAL_LOG },
		{ "log_slow_query_file", COVERAGE_SLOW_LOG },
		{ "slow_query_log_file", COVERAGE_SLOW_LOG },
		{ "log_error", COVERAGE_ERROR_LOG },
		{ "innodb_buffer_pool_filename", COVERAGE_BUFFER_POOL },
		{ "wsrep_provider_options", COVERAGE_GALERA },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(setting, parts[i].setting))
			return parts[i].part;
	return COVERAGE_OTHER_LOG;
}

/* Files outside the directories, each once. All pointers are to others' memory. */
struct outside {
	const char **files;
	size_t file_count;
	const char **temporary;
	size_t temporary_count;
};

static void free_outside(struct outside *outside)
{
	free(outside->files);
	free(outside->temporary);
}

static struct fault add_outside(struct outside *outside, const struct server_place *place)
{
	bool is_temporary = server_place_is_temporary(place);
	const char **added = is_temporary ? array_add(&outside->temporary, &outside->temporary_count, sizeof(*added))
					  : array_add(&outside->files, &outside->file_count, sizeof(*added));

	if (!added)
		return fault_of(FAULT_MEMORY);
	*added = place->path;
	return fault_none();
}

static struct fault find_outside(const struct prove_options *what, struct outside *outside)
{
	struct fault fault = fault_none();

	for (size_t i = 0; !fault.code && i < what->files.count; i++)
		if (!datadirs_cover(&what->datadirs, what->files.items[i].path))
			fault = add_outside(outside, &what->files.items[i]);
	return fault;
}

static struct fault collect_coverage(struct proof *proof)
{
	const struct data_needs *needs = &proof->audit.needs;
	const struct server_places *files = &proof->what->files;
	HEAP struct coverage_log *logs = calloc(files->count + 1, sizeof(*logs));
	size_t count = 0;

	if (!logs)
		return fault_of(FAULT_MEMORY);
	for (size_t i = 0; i < files->count; i++)
		if (!server_place_is_temporary(&files->items[i]))
			logs[count++] =
				(struct coverage_log){ files->items[i].path, part_of_setting(files->items[i].setting) };
	return data_coverage_collect(needs->files, needs->file_count, proof->what->full, logs, count, &proof->coverage);
}

static enum status read_data(const struct prove_options *what, struct proof *proof)
{
	__attribute__((cleanup(free_outside))) struct outside outside = { 0 };
	enum status status = message_fault(find_outside(what, &outside), "");
	const struct survey_options how = {
		.keyfile = proof->keyfile,
		.full = what->full,
		.coverage = what->coverage,
		.plain_files = outside.files,
		.plain_file_count = outside.file_count,
		.temporary_directories = outside.temporary,
		.temporary_directory_count = outside.temporary_count,
		.ciphers = what->algorithm ? cipher_bit(!strcmp(what->algorithm, "AES_CTR")) : 0,
	};

	if (!status)
		status = datadirs_audit(&what->datadirs, proof->talk->quiet, how, &proof->audit);
	if (!status)
		status = datadirs_check_any(&what->datadirs, &proof->audit.needs);
	if (!status && what->coverage)
		status = message_fault(collect_coverage(proof), "");
	return status;
}

enum status prove_data(const struct talk *talk, const struct host *host, const struct prove_options *what,
		       const struct keyfile *keyfile, struct proof *ret_proof)
{
	struct proof proof = { .talk = talk, .host = host, .what = what, .keyfile = keyfile };
	enum status status = read_data(what, &proof);

	if (status) {
		proof_free(&proof);
		return status;
	}
	count(&proof);
	*ret_proof = proof;
	return STATUS_DONE;
}

void proof_free(struct proof *proof)
{
	data_coverage_free(&proof->coverage);
	data_audit_free(&proof->audit);
	*proof = (struct proof){ 0 };
}

const char *proof_unfit_algorithm(const struct proof *proof)
{
	const struct host *host = proof->host;
	const char *only_cbc = proof->what->only_cbc;
	bool is_ctr = !only_cbc && !settings_use_cbc(&host->settings);

	if ((!host->names_file && !only_cbc) || !(proof->proven_by_cipher & ~cipher_bit(is_ctr)))
		return NULL;
	return is_ctr ? "AES_CTR" : "AES_CBC";
}

bool proof_is_complete(const struct proof *proof)
{
	const struct data_needs *needs = &proof->audit.needs;

	return !needs->live && !proof->audit.parts.total && !needs->undecided && !needs->unsure;
}

bool proof_is_undecided(const struct proof *proof)
{
	return proof->audit.parts.total || proof->answers[DATA_UNREADABLE] || proof->unproven_keys ||
	       proof->audit.needs.undecided;
}

enum status proof_status(const struct proof *proof)
{
	if (proof->answers[DATA_MISSING_KEY] || proof->answers[DATA_WRONG_KEY] || proof->answers[DATA_DAMAGED] ||
	    proof_unfit_algorithm(proof))
		return STATUS_NO;
	return proof_is_undecided(proof) ? STATUS_FAILED : STATUS_DONE;
}
