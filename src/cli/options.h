/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_OPTIONS_H
#define MKEYFILE_CLI_OPTIONS_H

#include "cli/status.h"
#include "core/envelope.h"
#include "server/target.h"

#include <argp.h>

/* The options that all commands share, from the command line and the
 * environment. Strings belong to argv and environ. */
struct options {
	const char *file;
	const char *password_file;
	const char *password_command;
	const char *new_password_file; /* generate and encrypt: to be made */
	int password_descriptor;       /* -1: none */
	struct kdf kdf;
	const char *target_name;
	const struct server_profile *target; /* NULL: unknown */
	bool dry_run;
	bool quiet;
	bool json;
	bool no_prompt;
	bool backup;
	unsigned int lock_timeout; /* seconds */
	char **environment;	   /* for children: as this process was given it */
};

void options_start(struct options *options, char **environment);

/* Children for a command's own argp; their input is a struct options. */
extern const struct argp shared_argp;
extern const struct argp lock_argp;	    /* for commands that may replace a file */
extern const struct argp backup_argp;	    /* for commands that change one */
extern const struct argp new_password_argp; /* for commands that encrypt what was plain */

/* For a parser's ARGP_KEY_INIT: makes options the input of its children
 * from the index first to before end. */
void pass_options(const struct argp_state *state, size_t first, size_t end, struct options *options);

/* Runs a command's parser. Parsers that need more than struct options pass
 * their own input and hand options to the children. Exits on a usage error. */
void options_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Fills what the command line left open from the environment and refuses what
 * contradicts itself. */
enum status options_complete(struct options *options);

/* "-" means standard input or output. */
bool is_standard_stream(const char *path);

/* How messages name it: the path, or "standard input". */
const char *input_name(const char *path);

/* A wrong value as messages may repeat it: not a long one, in which somebody may
 * have pasted a key. */
const char *shown(const char *text);

/* Strict decimal numbers, for options and arguments. */
bool parse_decimal(const char *text, uint32_t least, uint32_t most, uint32_t *ret_number);

/* A key ID among the arguments; a usage error (and exit) when it is none. */
uint32_t parse_key_id(const struct argp_state *state, const char *text);

/* A value of --size in bits, as bytes; a usage error (and exit) when it is none. */
size_t parse_key_bits(const struct argp_state *state, const char *text);

/* The IDs that a command names, none twice. */
struct key_ids {
	uint32_t *ids;
	size_t count;
};

#define KEY_IDS __attribute__((cleanup(key_ids_free)))

/* Appends the ID that text names; usage errors exit. */
void key_ids_add(struct key_ids *key_ids, const struct argp_state *state, const char *text);
void key_ids_free(struct key_ids *key_ids);

#endif
