/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include "cli/message.h"
#include "core/array.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_TIMEOUT_DEFAULT 5
#define LOCK_TIMEOUT_MAX 86400
#define PASSWORD_TIMEOUT_DEFAULT 60
#define PASSWORD_TIMEOUT_MAX 86400

enum long_option {
	OPTION_PASSWORD_FD = 256,
	OPTION_PASSWORD_COMMAND,
	OPTION_PASSWORD_TIMEOUT,
	OPTION_DEFAULTS_FILE,
	OPTION_DEFAULTS_GROUP_SUFFIX,
	OPTION_NO_DEFAULTS,
	OPTION_SERVER_USER,
	OPTION_TRUST_OWNER,
	OPTION_DIGEST,
	OPTION_PBKDF2,
	OPTION_NO_PROMPT,
	OPTION_BACKUP,
	OPTION_LOCK_TIMEOUT,
	OPTION_WRITE_IN_PLACE,
	OPTION_NEW_PASSWORD_FILE,
};

void options_start(struct options *options, char **environment)
{
	*options = (struct options){
		.password = { .descriptor = -1, .timeout = PASSWORD_TIMEOUT_DEFAULT, .environment = environment },
		.writing.lock_timeout = LOCK_TIMEOUT_DEFAULT,
		.host = { .environment = environment, .option_files = OPTION_FILES_UNSEEN },
	};
}

bool is_standard_stream(const char *path)
{
	return path && !strcmp(path, "-");
}

const char *input_name(const char *path)
{
	return is_standard_stream(path) ? "standard input" : path;
}

bool parse_decimal(const char *text, uint32_t least, uint32_t most, uint32_t *ret_number)
{
	unsigned long long number;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number < least || number > most)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

uint32_t parse_key_id(const struct argp_state *state, const char *text)
{
	uint32_t id = 0;

	if (!parse_decimal(text, 1, KEY_ID_MAX, &id))
		refuse_usage(state, "invalid key ID '%s': a number from 1 to %u is needed", shown(text), KEY_ID_MAX);
	return id;
}

size_t parse_key_bits(const struct argp_state *state, const char *text)
{
	uint32_t bits = 0;

	if (!parse_decimal(text, 128, 256, &bits) || bits % 8 || !key_size_is_valid(bits / 8))
		refuse_usage(state, "invalid key size '%s': 128, 192 or 256 bits are possible", shown(text));
	return bits / 8;
}

void key_ids_add(struct key_ids *key_ids, const struct argp_state *state, const char *text)
{
	uint32_t id = parse_key_id(state, text);
	uint32_t *added;

	for (size_t i = 0; i < key_ids->count; i++)
		if (key_ids->ids[i] == id)
			refuse_usage(state, "key ID %u is named twice", id);
	added = array_add(&key_ids->ids, &key_ids->count, sizeof(*added));
	if (!added)
		exit((int)message_finish(out_of_memory()));
	*added = id;
}

void key_ids_free(struct key_ids *key_ids)
{
	free(key_ids->ids);
	*key_ids = (struct key_ids){ 0 };
}

/* The parsers below return what they find wrong as well as saying it, since the
 * group of an option file is parsed in silence. */
static error_t parse_count(const struct argp_state *state, const char *option, const char *text, uint32_t most,
			   unsigned int *ret_count)
{
	if (parse_decimal(text, 0, most, ret_count))
		return 0;
	refuse_usage(state, "invalid value '%s' for --%s: a number from 0 to %u is needed", shown(text), option, most);
	return EINVAL;
}

error_t parse_descriptor(const struct argp_state *state, const char *option, const char *text, int *ret_descriptor)
{
	unsigned int descriptor = 0;
	error_t error = parse_count(state, option, text, 65535, &descriptor);

	if (!error)
		*ret_descriptor = (int)descriptor;
	return error;
}

error_t parse_iterations(const struct argp_state *state, const char *option, const char *text, struct kdf *kdf)
{
	return parse_count(state, option, text, PBKDF2_ITERATIONS_MAX, &kdf->iterations);
}

error_t parse_digest(const struct argp_state *state, const char *text, struct kdf *kdf)
{
	if (digest_from_name(text, &kdf->digest))
		return 0;
	refuse_usage(state, "unknown digest '%s': sha1, sha224, sha256, sha384 and sha512 are possible",
		     shown_near(text, "sha1 sha224 sha256 sha384 sha512"));
	return EINVAL;
}

static error_t add_trust_owner(const struct argp_state *state, struct options *options, const char *name)
{
	if (options->accounts.trusted_count == TRUST_OWNERS_MAX) {
		refuse_usage(state, "--trust-owner is given more than %d times", TRUST_OWNERS_MAX);
		return EINVAL;
	}
	options->accounts.trusted[options->accounts.trusted_count++] = name;
	return 0;
}

static error_t parse_shared(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'f':
		options->file = value;
		break;
	case 'P':
		options->password.file = value;
		break;
	case OPTION_PASSWORD_FD:
		return parse_descriptor(state, "password-fd", value, &options->password.descriptor);
	case OPTION_PASSWORD_COMMAND:
		options->password.command = value;
		break;
	case OPTION_PASSWORD_TIMEOUT:
		options->given.password_timeout = true;
		return parse_count(state, "password-timeout", value, PASSWORD_TIMEOUT_MAX, &options->password.timeout);
	case OPTION_DIGEST:
		options->given.digest = true;
		return parse_digest(state, value, &options->kdf);
	case OPTION_PBKDF2:
		options->given.iterations = true;
		return parse_iterations(state, "pbkdf2", value, &options->kdf);
	case 't':
		options->target.name = value;
		break;
	case OPTION_DEFAULTS_FILE:
		options->host.defaults_file = value;
		break;
	case OPTION_DEFAULTS_GROUP_SUFFIX:
		options->host.defaults_group_suffix = value;
		break;
	case OPTION_NO_DEFAULTS:
		options->host.no_defaults = true;
		break;
	case OPTION_SERVER_USER:
		options->accounts.server_user = value;
		break;
	case OPTION_TRUST_OWNER:
		return add_trust_owner(state, options, value);
	case 'n':
		options->writing.dry_run = true;
		break;
	case 'q':
		options->talk.quiet = true;
		break;
	case 'j':
		options->talk.json = true;
		break;
	case OPTION_NO_PROMPT:
		options->password.no_prompt = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_option shared_options[] = {
	{ NULL, 0, NULL, 0, "Options of all commands:", 10 },
	{ "file", 'f', "FILE", 0, "The key file; else $MKEYFILE_FILE, else what the server's option files name", 10 },
	{ "password-file", 'P', "FILE", 0,
	  "The file that holds the password, - for standard input; else $MKEYFILE_PASSWORD_FILE, else as for --file",
	  10 },
	{ "password-fd", OPTION_PASSWORD_FD, "N", 0, "Read the password from file descriptor N", 10 },
	{ "password-command", OPTION_PASSWORD_COMMAND, "COMMAND", 0, "Read the password from what COMMAND prints", 10 },
	{ "password-timeout", OPTION_PASSWORD_TIMEOUT, "SECONDS", 0,
	  "Wait up to SECONDS for the password command or a named pipe (default: 60; 0: no limit)", 10 },
	{ "digest", OPTION_DIGEST, "NAME", 0,
	  "Digest that makes the AES key: sha1 (default), sha224, sha256, sha384, sha512", 10 },
	{ "pbkdf2", OPTION_PBKDF2, "ITERATIONS", 0,
	  "Use PBKDF2 with so many iterations; 0 (default): 1 iteration of openssl's own way", 10 },
	{ "target", 't', "SERVER", 0,
	  "The server that reads the file, as SELECT VERSION() prints it, or auto: the one installed here; else "
	  "$MKEYFILE_TARGET",
	  10 },
	{ "server-user", OPTION_SERVER_USER, "NAME", 0,
	  "The user account that the server runs as (default: what its option files say, else mysql)", 10 },
	{ "trust-owner", OPTION_TRUST_OWNER, "NAME", 0,
	  "Trust the files and directories of user NAME, a name or a number, like your own; repeatable", 10 },
	{ "defaults-file", OPTION_DEFAULTS_FILE, "FILE", 0, "Read this option file and no other", 10 },
	{ "defaults-group-suffix", OPTION_DEFAULTS_GROUP_SUFFIX, "SUFFIX", 0,
	  "Read option file groups with SUFFIX behind their names as well", 10 },
	{ "no-defaults", OPTION_NO_DEFAULTS, NULL, 0, "Read no option file", 10 },
	{ "dry-run", 'n', NULL, 0, "Say what would change; change nothing", 10 },
	{ "quiet", 'q', NULL, 0, "Say nothing but errors", 10 },
	{ "json", 'j', NULL, 0, "Print the result as JSON on standard output", 10 },
	{ "no-prompt", OPTION_NO_PROMPT, NULL, 0, "Never ask for a password on the terminal", 10 },
	{ 0 },
};

const struct argp shared_argp = { .options = shared_options, .parser = parse_shared };

static error_t parse_lock(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_LOCK_TIMEOUT:
		options->given.lock_timeout = true;
		return parse_count(state, "lock-timeout", value, LOCK_TIMEOUT_MAX, &options->writing.lock_timeout);
	case OPTION_WRITE_IN_PLACE:
		options->writing.in_place_backup = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option lock_options[] = {
	{ "lock-timeout", OPTION_LOCK_TIMEOUT, "SECONDS", 0, "Wait so long for another mkeyfile to finish (default 5)",
	  5 },
	{ "write-in-place", OPTION_WRITE_IN_PLACE, "BACKUP", 0,
	  "Save the old content as BACKUP, then write into the file itself: for one that cannot be replaced", 5 },
	{ 0 },
};

const struct argp lock_argp = { .options = lock_options, .parser = parse_lock };

static error_t parse_backup(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	(void)value;
	if (key != OPTION_BACKUP)
		return ARGP_ERR_UNKNOWN;
	options->writing.backup = true;
	return 0;
}

static const struct argp_option backup_options[] = {
	{ "backup", OPTION_BACKUP, NULL, 0, "Keep the old content in FILE~", 5 },
	{ 0 },
};

const struct argp backup_argp = { .options = backup_options, .parser = parse_backup };

static error_t parse_new_password(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	if (key != OPTION_NEW_PASSWORD_FILE)
		return ARGP_ERR_UNKNOWN;
	options->new_password_file = value;
	return 0;
}

static const struct argp_option new_password_options[] = {
	{ "new-password-file", OPTION_NEW_PASSWORD_FILE, "PATH", 0,
	  "Create a password file of 256 random hex digits and encrypt the key file under it", 3 },
	{ 0 },
};

const struct argp new_password_argp = { .options = new_password_options, .parser = parse_new_password };

void pass_options(const struct argp_state *state, size_t first, size_t end, struct options *options)
{
	for (size_t i = first; i < end; i++)
		state->child_inputs[i] = options;
}

enum status out_of_memory(void)
{
	message_error("out of memory");
	return STATUS_FAILED;
}

void options_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	int rest = argc;
	error_t error;

	check_command_line(argp, argc, argv, false);
	error = argp_parse(argp, argc, argv, 0, &rest, input);
	if (error)
		exit((int)message_finish(error == ENOMEM ? out_of_memory() : STATUS_USAGE));
	if (rest == argc)
		return;
	message_error("too many arguments");
	argp_help(argp, stderr, ARGP_HELP_SEE, argv[0]);
	exit((int)message_finish(STATUS_USAGE));
}

const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

int count_password_sources(const struct options *options)
{
	return !!options->password.file + !!options->password.command + (options->password.descriptor >= 0) +
	       !!options->new_password_file;
}

enum status check_descriptor(int descriptor)
{
	if (descriptor < 0 || !fcntl(descriptor, F_SETFD, FD_CLOEXEC))
		return STATUS_DONE;
	message_error("cannot read 'file descriptor %d': %s", descriptor, strerror(EBADF));
	return STATUS_FAILED;
}

static void host_free(struct host *host)
{
	option_files_seen_free(&host->option_files);
	secret_free(&host->own_lines);
	settings_free(&host->settings);
	free(host->file);
	free(host->password_file);
	free(host->server_version);
	*host = (struct host){ .option_files = OPTION_FILES_UNSEEN };
}

void options_free(struct options *options)
{
	host_free(&options->host);
}
