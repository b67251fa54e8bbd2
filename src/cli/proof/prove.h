/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "cli/proof/datadir.h"
#include "data/coverage.h"

#include <jansson.h>

/* verify --datadir: do the keys of this file decrypt this data? */

struct prove_options {
	struct datadirs datadirs;
	const char *algorithm; /* "AES_CBC" or "AES_CTR"; NULL: either */
	bool full;
	bool all_files;
	bool coverage;
	struct server_places files; /* for coverage: what the server has outside its directories */
	const char *only_cbc;	    /* the plugin that reads the keys, if it has no AES_CTR; else NULL */
};

/* For a struct prove_options; those of datadir_table are for its datadirs. */
extern const struct option_table prove_table;

/* The result. */
struct proof {
	const struct talk *talk;
	const struct host *host;
	const struct prove_options *what;
	const struct keyfile *keyfile;
	struct data_audit audit;
	uint64_t bytes;
	uint64_t answers[DATA_ANSWER_COUNT]; /* files by answer */
	uint64_t unproven_keys;		     /* needed, but no file can prove them */
	uint64_t denied;		     /* files that this user must not read */
	uint64_t busy;			     /* pages that were changing */
	uint32_t proven_by_cipher;	     /* a bit for each enum data_cipher */
	struct data_coverage coverage;	     /* with what->coverage */
	const char *clear_text;		     /* the first file in which Galera keeps rows in clear text; NULL: none */
};

#define PROOF __attribute__((cleanup(proof_free)))

/* Completes the directories as datadirs_complete does. With coverage, adds what the option files say about
 * the server if its data directory is one of them. */
MUST_CHECK enum status prove_complete(struct prove_options *what, struct host *host);

/* Reads the directories, and prints an error if this fails. keyfile: NULL if there is no key file
 * that can be parsed. All arguments must outlive proof. A proof whose answer is no is STATUS_DONE. */
MUST_CHECK enum status prove_data(const struct talk *talk, const struct host *host, const struct prove_options *what,
				  const struct keyfile *keyfile, struct proof *ret_proof);

void proof_free(struct proof *proof);

/* The algorithm in the server's option files, or its default, if data was proven to be encrypted
 * with the other algorithm. NULL: they agree, or the option files do not set the key file. With
 * only_cbc: AES_CBC if data was proven to need AES_CTR. */
const char *proof_unfit_algorithm(const struct proof *proof);

/* Whether a key that no file shows is not needed. False if the memory of a running server, a redo
 * log, or files that cannot be read may need more keys. */
bool proof_is_complete(const struct proof *proof);

/* A file is missing or cannot be read, or a key that is needed was neither proven nor refuted. */
bool proof_is_undecided(const struct proof *proof);

/* STATUS_DONE: nothing contradicts the keys. STATUS_NO: a key is missing or wrong, a file is damaged,
 * or the server's option files set the other algorithm. STATUS_FAILED: a file is missing or cannot be
 * read, or a key that is needed was neither proven nor refuted. */
enum status proof_status(const struct proof *proof);

/* Prints the proof in words. */
void proof_print(const struct proof *proof);

/* Prints object with the members "data" and "files" of the proof at its end, and releases object. */
void proof_print_json(json_t *object, const struct proof *proof);

/* Prints what is in clear text, in words; or the member "coverage" of "data", which is null without
 * what->coverage. */
void coverage_print(const struct proof *proof);
void coverage_print_json(const struct proof *proof);

/* The coverage of one file. */
json_t *file_coverage_json(const struct data_file *file);
