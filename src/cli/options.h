/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_OPTIONS_H
#define MKEYFILE_CLI_OPTIONS_H

#include "cli/status.h"
#include "cli/usage.h"
#include "core/envelope.h"
#include "server/option_files.h"
#include "server/settings.h"

#include <argp.h>

/* Where a password comes from, and how it is read: of file, command, descriptor and text,
 * at most one is set. */
struct password_source {
	const char *file; /* "-": standard input */
	const char *command;
	const char *text;     /* in clear in the server's option files */
	int descriptor;	      /* -1: none */
	unsigned int timeout; /* seconds; 0: none */
	bool no_prompt;	      /* without a source, the terminal is not asked */
	char **environment;   /* for the command: as this process was given it */
};

/* The server that reads the key file. */
struct target {
	const char *name;
	const struct server_profile *profile; /* NULL: unknown */
	struct server_profile found;	      /* what profile points at */
};

#define TRUST_OWNERS_MAX 16

/* The user accounts whose files are trusted, as names or numbers. */
struct accounts {
	const char *server_user; /* NULL: not named */
	const char *trusted[TRUST_OWNERS_MAX];
	size_t trusted_count;
};

/* How a file is changed. */
struct writing {
	bool dry_run;
	bool backup;
	const char *in_place_backup; /* where the old content goes before FILE is overwritten; NULL: FILE is replaced */
	unsigned int lock_timeout;   /* seconds */
};

/* What is printed. */
struct talk {
	bool quiet;
	bool json;
};

/* What the option files of this host say: [mkeyfile] for mkeyfile, and the groups
 * that its server reads. */
struct host {
	bool no_defaults; /* no option file is read */
	const char *defaults_file;
	const char *defaults_group_suffix;
	char **environment; /* for children: as this process was given it */
	struct option_files_seen option_files;
	struct secret own_lines;	 /* of [mkeyfile]; options point into it */
	struct server_settings settings; /* of the server */
	char *file;			 /* absolute paths that settings name; NULL: none */
	char *password_file;
	char *server_version; /* of the server installed here, as a target */
	bool names_file;      /* the key file is the one that settings name */
};

/* The options that all commands share, from the command line, the environment and
 * the option files. Strings belong to argv, environ and host. */
struct options {
	const char *file;
	struct password_source password;
	const char *new_password_file; /* generate and encrypt: to be made */
	struct kdf kdf;
	struct target target;
	struct accounts accounts;
	struct writing writing;
	struct talk talk;
	struct host host;
	/* given, and so not to be filled from where less counts */
	struct {
		bool digest;
		bool iterations;
		bool password_timeout;
		bool lock_timeout;
	} given;
};

void options_start(struct options *options, char **environment);
void options_free(struct options *options);

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

/* Fills what the command line left open from the environment, then from the group
 * [mkeyfile] of the option files, then from what the server's groups say of its key
 * file, and refuses what contradicts itself. */
MUST_CHECK enum status options_complete(struct options *options);

/* The value of a variable that mkeyfile heeds; an empty one counts as none: NULL. */
const char *from_environment(const char *name);

/* How many options name a source of the password. */
int count_password_sources(const struct options *options);

/* Says so, and returns STATUS_FAILED. */
enum status out_of_memory(void);

/* "-" means standard input or output. */
bool is_standard_stream(const char *path);

/* How messages name it: the path, or "standard input". */
const char *input_name(const char *path);

/* Strict decimal numbers, for options and arguments. */
bool parse_decimal(const char *text, uint32_t least, uint32_t most, uint32_t *ret_number);

/* A key ID among the arguments; a usage error (and exit) when it is none. */
uint32_t parse_key_id(const struct argp_state *state, const char *text);

/* A value of --size in bits, as bytes; a usage error (and exit) when it is none. */
size_t parse_key_bits(const struct argp_state *state, const char *text);

/* Values of --digest, --pbkdf2 and --password-fd and of options like them. What is
 * none is said, and EINVAL. */
error_t parse_digest(const struct argp_state *state, const char *text, struct kdf *kdf);
error_t parse_iterations(const struct argp_state *state, const char *option, const char *text, struct kdf *kdf);
error_t parse_descriptor(const struct argp_state *state, const char *option, const char *text, int *ret_descriptor);

/* Keeps a descriptor which an option names from children, or says that it is not open,
 * before a file is opened that could take its number. Negative: none is named. */
enum status check_descriptor(int descriptor);

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
