/* SPDX-License-Identifier: MIT */
#include "cli/proof/prove.h"

#include "cli/words/message.h"

#include <errno.h>
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

const struct option_table prove_table = { .specs = specs, .conflicts = conflicts };

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

static enum status collect_coverage(struct proof *proof)
{
	const struct data_needs *needs = &proof->audit.needs;

	return message_fault(data_coverage_collect(needs->files, needs->file_count, proof->what->full, NULL, 0,
						   &proof->coverage),
			     "");
}

enum status prove_data(const struct talk *talk, const struct host *host, const struct prove_options *what,
		       const struct keyfile *keyfile, struct proof *ret_proof)
{
	const struct survey_options how = {
		.keyfile = keyfile,
		.full = what->full,
		.coverage = what->coverage,
		.ciphers = what->algorithm ? cipher_bit(!strcmp(what->algorithm, "AES_CTR")) : 0,
	};
	struct proof proof = { .talk = talk, .host = host, .what = what, .keyfile = keyfile };
	enum status status = datadirs_audit(&what->datadirs, talk->quiet, how, &proof.audit);

	if (!status)
		status = datadirs_check_any(&what->datadirs, &proof.audit.needs);
	if (!status && what->coverage)
		status = collect_coverage(&proof);
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
