/* SPDX-License-Identifier: MIT */
#include "cli/prove.h"

#include "cli/message.h"
#include "cli/progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPOOL_NAME "a temporary file for the report"

enum long_option { OPTION_FULL = 600, OPTION_ALL_FILES, OPTION_ALGORITHM };

static const struct argp_option argp_options[] = {
	{ "full", OPTION_FULL, NULL, 0, "With --datadir: read and prove every page, not a sample", 2 },
	{ "all-files", OPTION_ALL_FILES, NULL, 0,
	  "With --datadir: list every file, not only those that are not in order", 2 },
	{ "encryption-algorithm", OPTION_ALGORITHM, "NAME", 0,
	  "With --datadir: the server's algorithm, aes_cbc or aes_ctr; else both are tried", 2 },
	{ 0 },
};

static uint32_t parse_algorithm(const struct argp_state *state, const char *name)
{
	if (!strcasecmp(name, "aes_cbc"))
		return 1U << DATA_CIPHER_CBC;
	if (!strcasecmp(name, "aes_ctr"))
		return 1U << DATA_CIPHER_CTR;
	refuse_usage(state, "unknown encryption algorithm '%s': aes_cbc and aes_ctr are possible",
		     shown_near(name, "aes_cbc aes_ctr"));
	return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct prove_options *options = state->input;

	switch (key) {
	case OPTION_FULL:
		options->full = true;
		return 0;
	case OPTION_ALL_FILES:
		options->all_files = true;
		return 0;
	case OPTION_ALGORITHM:
		options->ciphers = parse_algorithm(state, value);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp prove_argp = { .options = argp_options, .parser = parse };

enum status prove_options_check(const struct prove_options *options)
{
	if (!datadirs_are_named(&options->datadirs) && (options->full || options->all_files || options->ciphers))
		return usage_error("--full, --all-files and --encryption-algorithm need --datadir or --server-data");
	return STATUS_DONE;
}

/* ---- the survey ---- */

/* Whether the report may list it. */
static bool is_listed(const struct proof *proof, const struct data_file *file)
{
	return proof->what->all_files || proof->talk->json || file->evidence.use_count || file->note ||
	       file->system.pages_in_all || (file->answer != DATA_NOT_ENCRYPTED && file->answer != DATA_PROVEN);
}

static struct fault take_file(void *context, struct data_file *file)
{
	struct proof *proof = context;
	struct fault fault = data_needs_add(&proof->needs, file);

	if (fault.code)
		return fault;
	if (file->note == DATA_NOTE_CLEAR_TEXT && !proof->clear_text) {
		proof->clear_text = strdup(file->path);
		if (!proof->clear_text)
			return fault_of(FAULT_MEMORY);
	}
	proof->files++;
	proof->bytes += file->size;
	proof->proven_by_cipher |= file->evidence.proven_by_cipher;
	for (size_t i = 0; i < file->evidence.use_count; i++)
		proof->busy += file->evidence.uses[i].busy;
	if (!is_listed(proof, file)) {
		proof->answers[file->answer]++;
		return fault_none();
	}
	return spool_put(proof->spool, file) ? fault_none() : fault_errno(FAULT_WRITE, spool_error(proof->spool));
}

/* Tablespaces whose redo log is another one than that at hand. */
static uint64_t count_without_redo_log(const struct data_needs *needs)
{
	uint64_t count = 0;

	for (size_t i = 0; i < needs->directory_count; i++) {
		enum data_redo_log log = data_needs_find_redo_log(needs, i);

		count += needs->directories[i].has_tablespace &&
			 (log == DATA_REDO_LOG_OLD || log == DATA_REDO_LOG_SEVERAL);
	}
	return count;
}

/* Decides what only all files together tell, and counts. */
static void settle(struct proof *proof)
{
	struct data_file file;

	spool_rewind(proof->spool);
	while (spool_get(proof->spool, &file)) {
		data_needs_settle(&proof->needs, &file);
		proof->answers[file.answer]++;
		proof->denied += file.fault.error_number == EACCES || file.fault.error_number == EPERM;
		proof->undecided += data_needs_leave_open(&proof->needs, &file);
		spool_free(&file);
	}
	proof->undecided += count_without_redo_log(&proof->needs);
	for (size_t i = 0; i < proof->needs.count; i++) {
		const struct data_need *need = &proof->needs.needs[i];

		proof->unproven_keys += need->files && need->files == need->answers[DATA_NOT_PROVABLE] && need->version;
	}
}

/* Without what another look has found. */
static enum status renew(struct proof *proof)
{
	const struct proof empty = {
		.talk = proof->talk, .host = proof->host, .what = proof->what, .keyfile = proof->keyfile
	};

	proof_free(proof);
	*proof = empty;
	proof->spool = spool_open();
	return proof->spool ? STATUS_DONE : message_fault(fault_errno(FAULT_CREATE, errno), SPOOL_NAME);
}

static enum status look_through(struct proof *proof, bool *ret_started)
{
	const struct prove_options *what = proof->what;
	const struct survey_options options = {
		.directories = what->datadirs.paths,
		.directory_count = what->datadirs.count,
		.keyfile = proof->keyfile,
		.full = what->full,
		.ciphers = what->ciphers,
		.report = take_file,
		.context = proof,
	};
	struct survey_result result;
	struct fault fault = survey_with_progress(&options, proof->talk->quiet, &result);

	proof->needs.live = result.live;
	*ret_started = result.started;
	if (fault.code == FAULT_WRITE)
		return message_fault(fault, SPOOL_NAME);
	return fault.code ? message_fault(fault, result.failed ? result.failed : what->datadirs.paths[0]) : STATUS_DONE;
}

/* Looks again when a server started during the first look: what it changes then counts as
 * running, not as damaged. */
static enum status look(struct proof *proof)
{
	bool started = true;
	enum status status = STATUS_DONE;

	for (int i = 0; !status && started && i < 2; i++) {
		status = renew(proof);
		if (!status)
			status = look_through(proof, &started);
	}
	return status;
}

static enum status look_for_parts(struct proof *proof)
{
	const struct prove_options *what = proof->what;
	const struct parts_search search = {
		.directories = what->datadirs.paths,
		.directory_count = what->datadirs.count,
		.keyfile = proof->keyfile,
		.needs = &proof->needs,
	};
	struct fault fault = data_parts_find(&search, &proof->parts);

	return fault.code ? message_fault(fault, what->datadirs.paths[0]) : STATUS_DONE;
}

enum status prove(const struct talk *talk, const struct host *host, const struct prove_options *what,
		  const struct keyfile *keyfile, struct proof *ret_proof)
{
	PROOF struct proof proof = { .talk = talk, .host = host, .what = what, .keyfile = keyfile };
	enum status status = datadirs_check_files(&what->datadirs);

	if (status)
		return status;
	status = look(&proof);
	if (status)
		return status;
	status = look_for_parts(&proof);
	if (status)
		return status;
	settle(&proof);
	status = proof_check_report(&proof);
	if (status)
		return status;
	*ret_proof = proof;
	proof = (struct proof){ 0 };
	return STATUS_DONE;
}

void proof_free(struct proof *proof)
{
	data_needs_free(&proof->needs);
	data_parts_free(&proof->parts);
	spool_close(proof->spool);
	free(proof->clear_text);
	*proof = (struct proof){ 0 };
}

enum status proof_check_report(const struct proof *proof)
{
	int error = spool_error(proof->spool);

	if (!error)
		return STATUS_DONE;
	return message_fault(fault_errno(error == ENOMEM ? FAULT_MEMORY : FAULT_WRITE, error), SPOOL_NAME);
}

const char *proof_unfit_algorithm(const struct proof *proof)
{
	const struct host *host = proof->host;
	bool is_ctr = !settings_use_cbc(&host->settings);

	if (!host->names_file || !(proof->proven_by_cipher & ~(1U << (is_ctr ? DATA_CIPHER_CTR : DATA_CIPHER_CBC))))
		return NULL;
	return is_ctr ? "AES_CTR" : "AES_CBC";
}

bool proof_is_complete(const struct proof *proof)
{
	return !proof->needs.live && !proof->parts.total && !proof->undecided && !data_needs_unsure(&proof->needs);
}

enum status proof_status(const struct proof *proof)
{
	if (proof->answers[DATA_MISSING_KEY] || proof->answers[DATA_WRONG_KEY] || proof->answers[DATA_DAMAGED] ||
	    proof_unfit_algorithm(proof))
		return STATUS_NO;
	return proof->parts.total || proof->answers[DATA_UNREADABLE] || proof->unproven_keys || proof->undecided
		       ? STATUS_FAILED
		       : STATUS_DONE;
}
