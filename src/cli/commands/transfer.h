/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/command.h"
#include "cli/managers/manager.h"
#include "cli/managers/target_file.h"
#include "cli/proof/datadir.h"
#include "core/keyset.h"

#include <jansson.h>

/* What import and export share: they copy keys from one place to another, and never move keys. */

struct transfer_operands {
	const char *place; /* SOURCE or TARGET */
	struct key_ids ids;
};

/* The first operand is the place, the others are IDs. */
option_taker take_transfer_operand;
void free_transfer_operands(void *place);

#define TRANSFER_OPERANDS                                                                                              \
	OPTION_INTO(struct transfer_options, named, struct transfer_operands, take_transfer_operand),                  \
		.free = free_transfer_operands

struct transfer_options {
	struct options *options;
	struct transfer_operands named;
	uint32_t version; /* 0: all */
	struct manager_options how;
	struct datadirs datadirs;
	bool force;
};

#define TRANSFER_INITIAL                                                                                               \
	{                                                                                                              \
		.how = MANAGER_OPTIONS_INITIAL                                                                         \
	}

/* The keys of both sides, and their comparison. */
struct transfer {
	const struct transfer_options *what;
	const char *from; /* for messages */
	const char *to;
	struct keyset of_source; /* the chosen keys */
	struct keyset of_target; /* all of its keys, or at least the chosen ones */
	struct new_keys missing; /* in the target */
	struct keyset copied;	 /* the missing keys, without key bytes */
	json_t *conflicts;	 /* for --json */
	size_t present;		 /* the number of keys that are identical on both sides */
};

#define TRANSFER __attribute__((cleanup(transfer_free)))

void transfer_free(struct transfer *transfer);

/* Refuses contradictions on the command line, and finds the data directories. */
MUST_CHECK enum status transfer_complete(struct transfer_options *what);

/* For a target that records no dates, after transfer_compare. */
void transfer_forget_dates(struct transfer *transfer);

struct key_choice transfer_choice(const struct transfer_options *what);

/* Compares source, the chosen keys, with target. Reports given IDs that are not in the source. Refuses
 * conflicts; then nothing must be changed. */
MUST_CHECK enum status transfer_compare(struct transfer *transfer, const struct keyfile *source,
					const struct keyfile *target);

/* Prints what was or would be copied, or that there was nothing to copy. target: as for
 * transfer_set_json. */
void transfer_say(const struct transfer *transfer, const struct target_file *target);

/* After a change without a proof: prints how to prove the keys. name: where the keys are now, as for
 * --file. */
void transfer_say_proof(const struct transfer *transfer, const char *name);

/* With --json, sets the object, which a failure has only if conflicts caused it. role: "source" or
 * "target", for place. target: the key file to which the keys are copied; NULL: the keys are copied
 * to another manager. */
void transfer_set_json(const struct transfer *transfer, enum status status, const char *role,
		       const struct target_file *target);
