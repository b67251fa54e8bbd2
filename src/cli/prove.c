/* SPDX-License-Identifier: MIT */
#include "cli/prove.h"

#include "cli/message.h"

#include <errno.h>
#include <string.h>

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

enum status prove_data(const struct talk *talk, const struct host *host, const struct prove_options *what,
		       const struct keyfile *keyfile, struct proof *ret_proof)
{
	const struct survey_options how = { .keyfile = keyfile, .full = what->full, .ciphers = what->ciphers };
	struct proof proof = { .talk = talk, .host = host, .what = what, .keyfile = keyfile };
	enum status status = datadirs_audit(&what->datadirs, talk->quiet, how, &proof.audit);

	if (status)
		return status;
	count(&proof);
	*ret_proof = proof;
	return STATUS_DONE;
}

void proof_free(struct proof *proof)
{
	data_audit_free(&proof->audit);
	*proof = (struct proof){ 0 };
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
	const struct data_needs *needs = &proof->audit.needs;

	return !needs->live && !proof->audit.parts.total && !needs->undecided && !data_needs_unsure(needs);
}

enum status proof_status(const struct proof *proof)
{
	if (proof->answers[DATA_MISSING_KEY] || proof->answers[DATA_WRONG_KEY] || proof->answers[DATA_DAMAGED] ||
	    proof_unfit_algorithm(proof))
		return STATUS_NO;
	return proof->audit.parts.total || proof->answers[DATA_UNREADABLE] || proof->unproven_keys ||
			       proof->audit.needs.undecided
		       ? STATUS_FAILED
		       : STATUS_DONE;
}
