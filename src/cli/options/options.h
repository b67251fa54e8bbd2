/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/parser.h"
#include "cli/words/color.h"
#include "cli/words/exit_status.h"
#include "core/date.h"
#include "core/envelope.h"
#include "server/option_files.h"
#include "server/settings.h"

/* Where a password comes from, and how to read it. At most one of file, command, descriptor and
 * text is set. */
struct password_source {
	const char *file; /* "-": standard input */
	const char *command;
	const char *text;     /* in plain text in the server's option files */
	int descriptor;	      /* -1: none */
	unsigned int timeout; /* seconds; 0: none */
	bool no_prompt;	      /* do not ask on the terminal if there is no source */
	const char *hint;     /* which options set a source; NULL: the common options */
	char **environment;   /* for the command: the one this process started with */
};

/* The server that reads the key file. */
struct target {
	const char *name;
	const struct server_profile *profile; /* NULL: unknown */
	struct server_profile found;	      /* what profile refers to */
};

#define TRUST_OWNERS_MAX 16

/* The user accounts whose files are trusted, as names or numbers. */
struct accounts {
	const char *server_user; /* NULL: not given */
	const char *trusted[TRUST_OWNERS_MAX];
	size_t trusted_count;
};

/* How a file is changed. */
struct writing {
	bool dry_run;
	bool backup;
	unsigned int keep;	     /* the number of backups to keep; 0: all */
	const char *in_place_backup; /* the backup to make before overwriting FILE; NULL: replace FILE */
	unsigned int lock_timeout;   /* seconds */
	bool any_seal;		     /* change a file whose seal is broken or missing */
	bool no_dates;		     /* do not record when keys were made */
	bool is_part;		     /* the command has more to do after it changed the files */
};

/* What to print. */
struct talk {
	bool quiet;
	bool json;
	enum color_when color;
};

/* The settings in the option files of this host: in [mkeyfile], and in the groups that its
 * server reads. */
struct host {
	bool no_defaults; /* do not read option files */
	bool is_judged;	  /* the command always needs the server's settings */
	bool is_asked;	  /* for the server's groups */
	const char *defaults_file;
	const char *defaults_group_suffix;
	char **environment; /* for child processes: the one this process started with */
	struct option_files_seen option_files;
	struct option_lines own_lines;	  /* of [mkeyfile]; options point into them */
	struct option_lines server_lines; /* of the groups that the server reads; settings point into them */
	bool has_server_lines;		  /* they were asked for */
	struct server_settings settings;  /* of the server */
	char *file;			  /* absolute paths that settings name; NULL: none */
	char *password_file;
	char *server_version; /* of the server installed on this host, as a target */
	bool names_file;      /* the key file is the one in settings */
};

/* The options that all commands share, from the command line, the environment and
 * the option files. Strings belong to argv, environ and host. */
struct options {
	const char *file;
	struct password_source password;
	const char *output;	       /* of a filter (cli/keyfile/filter.h); NULL: the key file itself changes */
	const char *new_password_file; /* generate and encrypt: the file to create */
	struct kdf kdf;
	struct target target;
	struct accounts accounts;
	struct writing writing;
	struct talk talk;
	bool require_seal;  /* a missing seal is as bad as a broken one */
	struct age max_age; /* of the newest version of a key, for verify; not given: none */
	struct host host;
	const struct parser *command_line;
	/* given: sources with lower priority do not apply */
	struct {
		bool digest;
		bool iterations;
		bool color;
		bool password_timeout;
		bool lock_timeout;
	} given;
};

void options_start(struct options *options, char **environment);
void options_free(struct options *options);

/* The values go to a struct options. */
extern const struct option_table shared_table;
extern const struct option_table lock_table;	     /* for commands that may replace a file */
extern const struct option_table wait_table;	     /* for those that never keep a backup */
extern const struct option_table backup_table;	     /* for commands that change a file */
extern const struct option_table filter_table;	     /* for those that also work as filters */
extern const struct option_table new_password_table; /* for commands that encrypt a plain file */
extern const struct option_table date_table;	     /* for commands that add keys */
extern const struct option_table settings_table;     /* only in the group [mkeyfile] of option files */

/* Completes options that the command line does not set: from the environment, then from the
 * group [mkeyfile] of the option files, then from the server's groups. Refuses contradictions. */
MUST_CHECK enum status options_complete(struct options *options);

/* The value of an environment variable; NULL if it is unset or empty. */
const char *option_from_environment(const char *name);

/* The number of options that set a password source. */
int options_count_passwords(const struct options *options);

/* Reports it, and returns STATUS_FAILED. */
enum status out_of_memory(void);

/* Usage errors of several options. */
enum status refuse_empty_name(void);
enum status refuse_password_in_key_file(void);

/* "-" means standard input or output. */
bool is_standard_stream(const char *path);

bool reads_standard_input(const struct password_source *source);

/* The name in messages: the path, or "standard input". */
const char *input_name(const char *path);

/* Whether name, a path or the result of input_name, is standard input. */
bool is_input_name(const char *name);

/* Members of these types: enum digest, unsigned int for iterations, int for a descriptor (-1:
 * none), const char * for an algorithm ("AES_CBC" or "AES_CTR"), size_t for the bytes of a key
 * (the option gives bits), uint32_t for a key version, and struct age. */
#define OPTION_DIGEST(input, member) OPTION_INTO(input, member, enum digest, option_take_digest)
#define OPTION_ITERATIONS(input, member) OPTION_NUMBER(input, member, 0, PBKDF2_ITERATIONS_MAX)
#define OPTION_DESCRIPTOR(input, member)                                                                               \
	OPTION_INTO(input, member, int, option_take_descriptor), .most = 65535, .unset = 0xff
#define OPTION_ALGORITHM(input, member) OPTION_INTO(input, member, const char *, option_take_algorithm)
#define OPTION_KEY_BITS(input, member) OPTION_INTO(input, member, size_t, option_take_key_bits)
#define OPTION_AGE(input, member) OPTION_INTO(input, member, struct age, option_take_age)
#define OPTION_KEY_VERSION(input, member) OPTION_INTO(input, member, uint32_t, option_take_key_version)

option_taker option_take_age;
option_taker option_take_algorithm;
option_taker option_take_descriptor;
option_taker option_take_digest;
option_taker option_take_key_bits;
option_taker option_take_key_version;

/* Parses a key ID; calls option_refuse if text is not one. */
enum status option_parse_key_id(const char *text, uint32_t *ret_id);

/* Hides a descriptor from child processes, or reports that it is not open. Must be called
 * before any open file can take its number. Negative: no descriptor is given. */
enum status option_check_descriptor(int descriptor);

/* The IDs given to a command, without duplicates. */
struct key_ids {
	uint32_t *ids;
	size_t count;
};

#define KEY_IDS __attribute__((cleanup(key_ids_free)))

/* Operands that are key IDs. */
#define OPTION_KEY_IDS(input, member)                                                                                  \
	.argument = "ID", OPTION_INTO(input, member, struct key_ids, option_take_key_ids), .free = option_free_key_ids

option_taker option_take_key_ids;
void option_free_key_ids(void *place);

bool key_ids_have(const struct key_ids *key_ids, uint64_t id);

/* Refuses --key-version (0: not given) unless there is exactly one ID. */
MUST_CHECK enum status key_ids_check_version(const struct key_ids *key_ids, uint32_t version);

enum status key_ids_add(struct key_ids *key_ids, uint32_t id);
void key_ids_free(struct key_ids *key_ids);
