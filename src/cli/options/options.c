/* SPDX-License-Identifier: MIT */
#include "cli/options/options.h"

#include "cli/options/repeatable.h"
#include "cli/words/message.h"
#include "core/array.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_TIMEOUT_DEFAULT 5
#define LOCK_TIMEOUT_MAX 86400
#define KEEP_MAX 10000
#define PASSWORD_TIMEOUT_DEFAULT 60
#define PASSWORD_TIMEOUT_MAX 86400

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

bool reads_standard_input(const struct password_source *source)
{
	return is_standard_stream(source->file) || source->descriptor == STDIN_FILENO;
}

static const char standard_input[] = "standard input";

const char *input_name(const char *path)
{
	return is_standard_stream(path) ? standard_input : path;
}

bool is_input_name(const char *name)
{
	return is_standard_stream(name) || name == standard_input;
}

enum status option_parse_key_id(const char *text, uint32_t *ret_id)
{
	if (parse_decimal(text, 1, KEY_ID_MAX, ret_id))
		return STATUS_DONE;
	return option_refuse("invalid key ID '%s': use a number from 1 to %u", repeatable(text), KEY_ID_MAX);
}

enum status option_take_key_bits(const struct option_spec *spec, const char *value, void *place)
{
	uint32_t bits = 0;

	(void)spec;
	if (!parse_decimal(value, 128, 256, &bits) || bits % 8 || !key_size_is_valid(bits / 8))
		return option_refuse("invalid key size '%s': use 128, 192 or 256 bits", repeatable(value));
	*(size_t *)place = bits / 8;
	return STATUS_DONE;
}

enum status option_take_key_version(const struct option_spec *spec, const char *value, void *place)
{
	(void)spec;
	if (parse_decimal(value, 1, KEY_VERSION_MAX, place))
		return STATUS_DONE;
	return option_refuse("invalid key version '%s': use a number from 1 to %u", repeatable(value), KEY_VERSION_MAX);
}

enum status option_take_age(const struct option_spec *spec, const char *value, void *place)
{
	(void)spec;
	if (age_parse(value, place))
		return STATUS_DONE;
	return option_refuse("invalid age '%s': use a number with d, w, m (months) or y, up to %dy", repeatable(value),
			     AGE_YEARS_MAX);
}

/* Hides the descriptor from child processes. option_check_descriptor reports one that is not open. */
enum status option_take_descriptor(const struct option_spec *spec, const char *value, void *place)
{
	enum status status = option_take_number(spec, value, place);

	if (!status)
		(void)fcntl(*(int *)place, F_SETFD, FD_CLOEXEC);
	return status;
}

enum status option_take_digest(const struct option_spec *spec, const char *value, void *place)
{
	(void)spec;
	if (digest_from_name(value, place))
		return STATUS_DONE;
	return option_refuse("unknown digest '%s': use sha1, sha224, sha256, sha384 or sha512",
			     repeatable_near(value, "sha1 sha224 sha256 sha384 sha512"));
}

enum status option_take_algorithm(const struct option_spec *spec, const char *value, void *place)
{
	const char **algorithm = place;

	(void)spec;
	if (!strcasecmp(value, "AES_CBC"))
		*algorithm = "AES_CBC";
	else if (!strcasecmp(value, "AES_CTR"))
		*algorithm = "AES_CTR";
	else
		return option_refuse("unknown algorithm '%s': use AES_CTR or AES_CBC",
				     repeatable_near(value, "aes_ctr aes_cbc"));
	return STATUS_DONE;
}

static enum status take_color(const struct option_spec *spec, const char *value, void *place)
{
	(void)spec;
	if (color_when_from_name(value, place))
		return STATUS_DONE;
	return option_refuse("invalid value '%s' for --color: use auto, always or never",
			     repeatable_near(value, "auto always never"));
}

/* A setting without a value is on. */
static bool parse_switch(const char *value, bool *ret_on)
{
	*ret_on = !value || !strcasecmp(value, "on") || !strcmp(value, "1");
	return *ret_on || !strcasecmp(value, "off") || !strcmp(value, "0");
}

static enum status refuse_switch(const struct option_spec *spec)
{
	return option_refuse("invalid value for %s: use on or off", spec->name);
}

static enum status take_on(const struct option_spec *spec, const char *value, void *place)
{
	return parse_switch(value, place) ? STATUS_DONE : refuse_switch(spec);
}

static enum status take_off(const struct option_spec *spec, const char *value, void *place)
{
	bool is_on;

	if (!parse_switch(value, &is_on))
		return refuse_switch(spec);
	*(bool *)place = !is_on;
	return STATUS_DONE;
}

static enum status take_trust_owner(const struct option_spec *spec, const char *value, void *place)
{
	struct accounts *accounts = place;

	(void)spec;
	if (accounts->trusted_count == TRUST_OWNERS_MAX)
		return option_refuse("--trust-owner is given more than %d times", TRUST_OWNERS_MAX);
	accounts->trusted[accounts->trusted_count++] = value;
	return STATUS_DONE;
}

/* ---- key IDs ---- */

bool key_ids_have(const struct key_ids *key_ids, uint64_t id)
{
	for (size_t i = 0; i < key_ids->count; i++)
		if (key_ids->ids[i] == id)
			return true;
	return false;
}

enum status key_ids_check_version(const struct key_ids *key_ids, uint32_t version)
{
	return version && key_ids->count != 1 ? usage_error("--key-version requires exactly one key ID") : STATUS_DONE;
}

enum status key_ids_add(struct key_ids *key_ids, uint32_t id)
{
	uint32_t *added = array_add(&key_ids->ids, &key_ids->count, sizeof(*added));

	if (!added)
		return out_of_memory();
	*added = id;
	return STATUS_DONE;
}

enum status option_take_key_ids(const struct option_spec *spec, const char *value, void *place)
{
	uint32_t id;
	enum status status = option_parse_key_id(value, &id);

	(void)spec;
	if (!status && key_ids_have(place, id))
		return option_refuse("key ID %u is given twice", id);
	return status ? status : key_ids_add(place, id);
}

void key_ids_free(struct key_ids *key_ids)
{
	free(key_ids->ids);
	*key_ids = (struct key_ids){ 0 };
}

void option_free_key_ids(void *place)
{
	key_ids_free(place);
}

/* ---- the tables ---- */

static const struct option_spec shared_specs[] = {
	{ "file", 'f', "FILE", "Use the key file FILE (default: $MKEYFILE_FILE, else the server's option files)",
	  OPTION_PATH(struct options, file), .is_in_hints = true },
	{ "password-file", 'P', "FILE",
	  "Read the password from FILE (-: standard input; default: $MKEYFILE_PASSWORD_FILE, else the server's option files)",
	  OPTION_PATH(struct options, password.file), .is_in_hints = true },
	{ "password-fd", 0, "N", "Read the password from file descriptor N",
	  OPTION_DESCRIPTOR(struct options, password.descriptor) },
	{ "password-command", 0, "COMMAND", "Read the password from the output of COMMAND",
	  OPTION_TEXT(struct options, password.command) },
	{ "password-timeout", 0, "SECONDS",
	  "Wait up to SECONDS for the password command or a named pipe (default: 60; 0: no limit)",
	  OPTION_NUMBER(struct options, password.timeout, 0, PASSWORD_TIMEOUT_MAX),
	  OPTION_GIVEN(struct options, given.password_timeout), .is_in_hints = true },
	{ "digest", 0, "NAME",
	  "Derive the AES key with digest NAME: sha1, sha224, sha256, sha384 or sha512 (default: sha1)",
	  OPTION_DIGEST(struct options, kdf.digest), OPTION_GIVEN(struct options, given.digest), .is_in_hints = true },
	{ "pbkdf2", 0, "ITERATIONS",
	  "Derive the AES key with PBKDF2 and ITERATIONS (default: 0, one round of EVP_BytesToKey)",
	  OPTION_ITERATIONS(struct options, kdf.iterations), OPTION_GIVEN(struct options, given.iterations),
	  .is_in_hints = true },
	{ "target", 't', "SERVER",
	  "Follow the rules of SERVER, a version as SELECT VERSION() prints it, or auto (default: $MKEYFILE_TARGET)",
	  OPTION_TEXT(struct options, target.name), .is_in_hints = true },
	{ "server-user", 0, "NAME",
	  "Treat NAME as the server's user account (default: from its option files, else mysql)",
	  OPTION_TEXT(struct options, accounts.server_user), .is_in_hints = true },
	{ "trust-owner", 0, "NAME", "Trust the files and directories of user NAME like your own (repeatable)",
	  OPTION_INTO(struct options, accounts, struct accounts, take_trust_owner), .is_in_hints = true },
	{ "defaults-file", 0, "FILE", "Read FILE instead of all other option files",
	  OPTION_TEXT(struct options, host.defaults_file), .is_in_hints = true },
	{ "defaults-group-suffix", 0, "SUFFIX", "Read option file groups with SUFFIX after their names as well",
	  OPTION_TEXT(struct options, host.defaults_group_suffix), .is_in_hints = true },
	{ "no-defaults", 0, NULL, "Read no option files", OPTION_FLAG(struct options, host.no_defaults),
	  .is_in_hints = true },
	{ "dry-run", 'n', NULL, "Show what would change without changing anything",
	  OPTION_FLAG(struct options, writing.dry_run) },
	{ "quiet", 'q', NULL, "Print no notes, warnings or hints on standard error",
	  OPTION_FLAG(struct options, talk.quiet) },
	{ "json", 'j', NULL, "Print the result as JSON on standard output", OPTION_FLAG(struct options, talk.json) },
	{ "color", 0, "WHEN", "Color answers, warnings and errors: WHEN is auto, always or never (default: auto)",
	  OPTION_INTO(struct options, talk.color, enum color_when, take_color),
	  OPTION_GIVEN(struct options, given.color) },
	{ "no-prompt", 0, NULL, "Never ask for a password on the terminal",
	  OPTION_FLAG(struct options, password.no_prompt) },
	{ 0 },
};

static const struct conflict shared_conflicts[] = {
	{ EXCLUDE, "no-defaults", "defaults-file defaults-group-suffix",
	  "--no-defaults cannot be used with --defaults-file or --defaults-group-suffix" },
	{ EXCLUDE, "backup write-in-place", NULL,
	  "--backup and --write-in-place cannot be used together: the latter keeps its own backup" },
	{ EXCLUDE, "keep write-in-place", NULL,
	  "--keep and --write-in-place cannot be used together: the latter keeps its own backup" },
	{ 0 },
};

const struct option_table shared_table = { shared_specs, shared_conflicts, .is_common = true };

#define LOCK_TIMEOUT_SPEC                                                                                              \
	{                                                                                                              \
		"lock-timeout", 0, "SECONDS", "Wait up to SECONDS for another mkeyfile (default: 5)",                  \
			OPTION_NUMBER(struct options, writing.lock_timeout, 0, LOCK_TIMEOUT_MAX),                      \
			OPTION_GIVEN(struct options, given.lock_timeout)                                               \
	}

static const struct option_spec wait_specs[] = { LOCK_TIMEOUT_SPEC, { 0 } };

const struct option_table wait_table = { .specs = wait_specs, .is_common = true };

static const struct option_spec lock_specs[] = {
	LOCK_TIMEOUT_SPEC,
	{ "write-in-place", 0, "BACKUP", "Save the old content as BACKUP, then overwrite the file itself",
	  OPTION_PATH(struct options, writing.in_place_backup) },
	{ "keep", 0, "N", "Keep the old content as a backup, and delete all but the N newest backups",
	  OPTION_NUMBER(struct options, writing.keep, 1, KEEP_MAX) },
	{ 0 },
};

const struct option_table lock_table = { .specs = lock_specs, .is_common = true };

static const struct option_spec backup_specs[] = {
	{ "backup", 0, NULL, "Keep the old content in FILE~, or in FILE.~N~ if FILE~ must be kept",
	  OPTION_FLAG(struct options, writing.backup) },
	{ 0 },
};

const struct option_table backup_table = { .specs = backup_specs, .is_common = true };

static const struct option_spec filter_specs[] = {
	{ "output", 'o', "OUTPUT", "With --file=-, write the key file to OUTPUT (-: standard output)",
	  OPTION_PATH(struct options, output) },
	{ 0 },
};

static const struct conflict filter_conflicts[] = {
	{ EXCLUDE, "output", "backup keep lock-timeout write-in-place",
	  "--output cannot be used with --backup, --keep, --lock-timeout or --write-in-place: no existing file is changed" },
	{ 0 },
};

const struct option_table filter_table = { filter_specs, filter_conflicts, .is_common = true };

static const struct option_spec date_specs[] = {
	{ "no-dates", 0, NULL, "Do not record when new keys are made", OPTION_FLAG(struct options, writing.no_dates) },
	{ 0 },
};

const struct option_table date_table = { .specs = date_specs, .is_common = true };

static const struct option_spec settings_specs[] = {
	{ "require-seal", 0, "WHEN", NULL, OPTION_INTO(struct options, require_seal, bool, take_on), .optional = true },
	{ "dates", 0, "WHEN", NULL, OPTION_INTO(struct options, writing.no_dates, bool, take_off), .optional = true },
	{ "max-age", 0, "AGE", NULL, OPTION_AGE(struct options, max_age) },
	{ 0 },
};

const struct option_table settings_table = { .specs = settings_specs };

static const struct option_spec new_password_specs[] = {
	{ "new-password-file", 0, "PATH", "Create the password file PATH and encrypt the key file with it",
	  OPTION_PATH(struct options, new_password_file) },
	{ 0 },
};

const struct option_table new_password_table = { .specs = new_password_specs };

enum status out_of_memory(void)
{
	message_error("out of memory");
	return STATUS_FAILED;
}

enum status refuse_empty_name(void)
{
	return usage_error("a file name is empty");
}

enum status refuse_password_in_key_file(void)
{
	return usage_error("the key file and the password file must be different files");
}

const char *option_from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

int options_count_passwords(const struct options *options)
{
	return !!options->password.file + !!options->password.command + (options->password.descriptor >= 0) +
	       !!options->new_password_file;
}

enum status option_check_descriptor(int descriptor)
{
	if (descriptor < 0 || !fcntl(descriptor, F_SETFD, FD_CLOEXEC))
		return STATUS_DONE;
	message_error("cannot read 'file descriptor %d': %s", descriptor, strerror(EBADF));
	return STATUS_FAILED;
}

static void host_free(struct host *host)
{
	option_files_seen_free(&host->option_files);
	option_lines_free(&host->own_lines);
	option_lines_free(&host->server_lines);
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
