/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "cli/proof/datadir.h"

#include <jansson.h>

/* verify --datadir: does this key file open this data? */

struct prove_options {
	struct datadirs datadirs;
	const char *algorithm; /* "AES_CBC" or "AES_CTR"; NULL: either */
	bool full;
	bool all_files;
	const char *only_cbc; /* the plugin that reads the keys, if it has no AES_CTR; else NULL */
};

/* Their values go to a struct prove_options, and with datadir_table to its datadirs. */
extern const struct option_table prove_table;

/* What was found out. */
struct proof {
	const struct talk *talk;
	const struct host *host;
	const struct prove_options *what;
	const struct keyfile *keyfile;
	struct data_audit audit;
	uint64_t bytes;
	uint64_t answers[DATA_ANSWER_COUNT]; /* files by answer */
	uint64_t unproven_keys;		     /* needed, and no file of them holds proof */
	uint64_t denied;		     /* files that this user may not read */
	uint64_t busy;			     /* pages that were changing */
	uint32_t proven_by_cipher;	     /* a bit for each enum data_cipher */
	const char *clear_text;		     /* the first file in which Galera holds rows; NULL: there is none */
};

#define PROOF __attribute__((cleanup(proof_free)))

/* Looks through the directories and says what could not be looked at. keyfile:
 * NULL where there is none that can be parsed; all must outlive proof. A proof
 * that says no is STATUS_DONE. */
MUST_CHECK enum status prove_data(const struct talk *talk, const struct host *host, const struct prove_options *what,
				  const struct keyfile *keyfile, struct proof *ret_proof);

void proof_free(struct proof *proof);

/* The algorithm that the server's option files set, or leave at its default, while
 * data was proven to be encrypted by the other one; NULL when they agree, or do not
 * lead to the key file. With only_cbc: AES_CBC, if data was proven to need AES_CTR. */
const char *proof_unfit_algorithm(const struct proof *proof);

/* Whether a key that no file shows is not needed: else there is more than the files
 * show, in the memory of a server, in a redo log, or in files that cannot be read. */
bool proof_is_complete(const struct proof *proof);

/* STATUS_DONE: nothing contradicts the keys. STATUS_NO: a key is missing or
 * wrong, a file is damaged, or the server's algorithm is the other one. STATUS_FAILED: a file could not be read, or a
 * key that is needed could neither be proven nor refuted. */
enum status proof_status(const struct proof *proof);

/* Prints it, in words. */
void print_proof(const struct proof *proof);

/* Prints object, which is released, with the proof as its last member "data". */
void print_json_with_proof(json_t *object, const struct proof *proof);
