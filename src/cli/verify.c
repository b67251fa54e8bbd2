/* SPDX-License-Identifier: MIT */
#include "cli/command.h"
#include "cli/content.h"
#include "cli/finding_words.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/password_source.h"
#include "core/unseal.h"
#include "server/inspect.h"
#include "server/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct arguments {
	struct options *options;
	bool no_probe;
};

enum long_option { OPTION_NO_PROBE = 512 };

static const struct argp_option argp_options[] = {
	{ "no-probe", OPTION_NO_PROBE, NULL, 0, "Do not try other digests and iteration counts", 1 },
	{ 0 },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	(void)value;
	switch (key) {
	case ARGP_KEY_INIT:
		pass_options(state, 0, 1, arguments->options);
		return 0;
	case OPTION_NO_PROBE:
		arguments->no_probe = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &shared_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	argp_options, parse, NULL, "Tell whether a server would load the key file, in the server's own words.",
	children,     NULL,  NULL
};

/* All that verify learns before it speaks. */
struct inspection {
	const struct arguments *arguments;
	const char *name; /* of the key file */
	struct secret raw;
	struct password password;
	bool encrypted;
	struct secret text; /* what the server would parse */
	struct keyfile keyfile;
	struct findings findings;
	struct fault fault;	/* that keeps every server from seeing the text */
	const char *fault_name; /* of the file that fault is about */
	struct fault *faults;	/* one a profile */
	size_t loads;		/* number of profiles that load it */
};

/* The server goes on with an empty password: a plain file loads, and an
 * encrypted one opens if it was encrypted so. */
static enum status take_blank_password(struct inspection *inspection)
{
	inspection->fault = secret_allocate(&inspection->password.secret, 0);
	inspection->fault_name = inspection->name;
	return inspection->fault.code ? message_fault(inspection->fault, inspection->name) : STATUS_DONE;
}

/* The server reads the password before it looks at the key file. */
static enum status read_key_password(struct inspection *inspection)
{
	const struct options *options = inspection->arguments->options;

	if (!has_password_source(options))
		return inspection->encrypted ? get_password(options, inspection->name, &inspection->password)
					     : STATUS_DONE;
	inspection->fault = read_password_source(options, &inspection->password);
	inspection->fault_name = password_source_name(options);
	switch (inspection->fault.code) {
	case FAULT_NONE:
		inspection->fault_name = inspection->name;
		if (!inspection->encrypted && inspection->raw.data)
			inspection->fault = fault_of(FAULT_NOT_ENCRYPTED);
		return STATUS_DONE;
	case FAULT_PASSWORD_BLANK:
		return take_blank_password(inspection);
	case FAULT_PASSWORD_EMPTY:
	case FAULT_PASSWORD_TOO_LONG:
		return STATUS_DONE;
	default:
		return message_fault(inspection->fault, inspection->fault_name);
	}
}

/* What the server says of a wrong password: where the padding fits by chance, it
 * finds fault with a line of the noise. */
static struct fault fault_of_noise(const struct inspection *inspection, const struct server_profile *profile)
{
	const struct kdf kdf = inspection->arguments->options->kdf;
	SECRET struct secret noise = { 0 };
	struct fault fault = fault_of(FAULT_WRONG_PASSWORD);

	if (server_reads_kdf(profile, kdf) &&
	    !envelope_open(&inspection->raw, &inspection->password.secret, kdf, &noise).code)
		fault = server_judge(profile, &noise, inspection->raw.size);
	return fault;
}

static enum status report_if_wrong_password(struct inspection *inspection, struct fault fault)
{
	const struct server_profile *target = inspection->arguments->options->target;
	const struct server_profile *profile = target ? target : &server_profiles[0];
	char *words;

	if (fault.code != FAULT_WRONG_PASSWORD) {
		if (fault.code == FAULT_MEMORY || fault.code == FAULT_ALGORITHM)
			return message_fault(fault, inspection->name);
		inspection->fault = fault;
		return STATUS_DONE;
	}
	words = server_words(profile, fault_of_noise(inspection, profile), inspection->name);
	if (!inspection->arguments->options->json)
		printf("no: %s\n", words ? words : "");
	free(words);
	return report_wrong_password(inspection->name, &inspection->raw, &inspection->password,
				     !inspection->arguments->no_probe);
}

/* Brings the text to light, or leaves the fault that hides it. */
static enum status find_text(struct inspection *inspection)
{
	const struct options *options = inspection->arguments->options;
	KEYFILE struct keyfile keyfile = { 0 };
	struct fault fault;

	if (!inspection->encrypted) {
		fault = secret_copy(&inspection->text, inspection->raw.data, inspection->raw.size);
		return fault.code ? message_fault(fault, inspection->name) : STATUS_DONE;
	}
	fault = unseal_keyfile(&inspection->raw, &inspection->password.secret, options->kdf, &keyfile,
			       &inspection->text);
	if (!fault.code)
		inspection->text = secret_take(&keyfile.text);
	if (inspection->text.data)
		return STATUS_DONE;
	return report_if_wrong_password(inspection, fault);
}

static enum status look_at_file(struct inspection *inspection, struct stat *ret_status)
{
	const struct options *options = inspection->arguments->options;
	struct fault fault = read_input_silently(options->file, &inspection->raw, ret_status);
	enum status status = STATUS_DONE;

	inspection->fault_name = inspection->name;
	if (fault.code && fault.code != FAULT_TOO_LARGE)
		return message_fault(fault, inspection->name);
	inspection->encrypted = envelope_is_sealed(inspection->raw.data, inspection->raw.size);
	status = read_key_password(inspection);
	if (!inspection->fault.code && fault.code) {
		inspection->fault = fault;
		inspection->fault_name = inspection->name;
	}
	if (!status && !inspection->fault.code)
		status = find_text(inspection);
	return status;
}

static enum status judge(struct inspection *inspection)
{
	inspection->faults = calloc(server_profile_count, sizeof(*inspection->faults));
	if (!inspection->faults)
		return message_fault(fault_of(FAULT_MEMORY), inspection->name);
	for (size_t i = 0; i < server_profile_count; i++) {
		const struct server_profile *profile = &server_profiles[i];
		struct fault fault = inspection->fault;

		if (!fault.code && inspection->encrypted &&
		    !server_reads_kdf(profile, inspection->arguments->options->kdf))
			fault = fault_of(FAULT_WRONG_PASSWORD);
		if (!fault.code)
			fault = server_judge(profile, &inspection->text, inspection->raw.size);
		if (fault.code == FAULT_MEMORY)
			return message_fault(fault, inspection->name);
		inspection->faults[i] = fault;
		inspection->loads += !fault.code;
	}
	return STATUS_DONE;
}

static enum status find_findings(struct inspection *inspection, const struct stat *status)
{
	const struct options *options = inspection->arguments->options;
	SECRET struct secret copy = { 0 };
	struct stat password_status;
	struct fault fault = secret_copy(&copy, inspection->text.data, inspection->text.size);

	if (!fault.code && !keyfile_parse(&copy, SYNTAX_VERSIONED, &inspection->keyfile).code)
		fault = inspect_keyfile(&inspection->keyfile, &inspection->findings);
	if (!fault.code)
		fault = inspect_mode(FINDING_KEY_FILE_EXPOSED, status, &inspection->findings);
	if (!fault.code && inspection->password.secret.data)
		fault = inspect_password(&inspection->password, &inspection->findings);
	if (!fault.code && options->password_file && !is_standard_stream(options->password_file) &&
	    !stat(options->password_file, &password_status))
		fault = inspect_mode(FINDING_PASSWORD_FILE_EXPOSED, &password_status, &inspection->findings);
	return fault.code ? message_fault(fault, inspection->name) : STATUS_DONE;
}

/* ---- the answer ---- */

static size_t profile_index(const struct server_profile *profile)
{
	return (size_t)(profile - server_profiles);
}

static bool answer(const struct inspection *inspection)
{
	const struct server_profile *target = inspection->arguments->options->target;

	return target ? !inspection->faults[profile_index(target)].code : inspection->loads > 0;
}

/* The words of the target, or of the first server that refuses. */
static char *refusal(const struct inspection *inspection)
{
	const struct server_profile *target = inspection->arguments->options->target;
	size_t i = target ? profile_index(target) : 0;

	return server_words(&server_profiles[i], inspection->faults[i], inspection->fault_name);
}

static void print_verdict(const struct inspection *inspection)
{
	const struct options *options = inspection->arguments->options;
	char *words;

	if (answer(inspection)) {
		printf("yes: '%s' loads on %s\n", inspection->name,
		       options->target				   ? options->target_name
		       : inspection->loads == server_profile_count ? "every server"
								   : "some servers");
		return;
	}
	words = refusal(inspection);
	printf("no: %s\n", words ? words : "");
	free(words);
}

static void print_facts(const struct inspection *inspection)
{
	const struct keyfile *keyfile = &inspection->keyfile;

	if (!keyfile->count)
		return;
	printf("  %zu key%s, %s, %s\n", keyfile->count, keyfile->count == 1 ? "" : "s",
	       keyfile->has_versions ? "versioned" : "unversioned",
	       inspection->encrypted ? kdf_words(inspection->arguments->options->kdf) : "not encrypted");
}

static void print_servers(const struct inspection *inspection)
{
	if (inspection->arguments->options->target || !inspection->loads || inspection->loads == server_profile_count)
		return;
	for (size_t i = 0; i < server_profile_count; i++) {
		char *words = server_words(&server_profiles[i], inspection->faults[i], inspection->fault_name);

		printf("  %-34s %s%s\n", server_profiles[i].name, inspection->faults[i].code ? "no: " : "yes",
		       inspection->faults[i].code && words ? words : "");
		free(words);
	}
}

static void print_findings(const struct inspection *inspection)
{
	for (size_t i = 0; i < inspection->findings.count; i++) {
		const struct finding *finding = &inspection->findings.items[i];
		char *words = finding_words(finding);

		printf("warning: ");
		if (finding->line)
			printf("line %u: ", finding->line);
		printf("%s [%s]\n", words ? words : "", finding_name(finding->kind));
		printf("hint: %s\n", finding_hint(finding->kind));
		free(words);
	}
}

static json_t *fault_json(const struct server_profile *profile, struct fault fault, const char *name)
{
	char *words = server_words(profile, fault, name);
	json_t *object = json_object();

	json_object_set_new(object, "message", words ? json_text(words) : json_null());
	json_object_set_new(object, "line", fault.column ? json_integer(fault.line) : json_null());
	json_object_set_new(object, "column", fault.column ? json_integer(fault.column) : json_null());
	free(words);
	return object;
}

static json_t *servers_json(const struct inspection *inspection)
{
	json_t *servers = json_array();

	for (size_t i = 0; i < server_profile_count; i++) {
		const struct server_profile *profile = &server_profiles[i];
		struct fault fault = inspection->faults[i];
		json_t *server = json_object();

		json_object_set_new(server, "name", json_string(profile->name));
		json_object_set_new(server, "target", json_string(profile->option));
		json_object_set_new(server, "loads", json_boolean(!fault.code));
		json_object_set_new(server, "reason",
				    fault.code ? fault_json(profile, fault, inspection->fault_name) : json_null());
		json_array_append_new(servers, server);
	}
	return servers;
}

static json_t *findings_json(const struct inspection *inspection)
{
	json_t *warnings = json_array();

	for (size_t i = 0; i < inspection->findings.count; i++) {
		const struct finding *finding = &inspection->findings.items[i];
		char *words = finding_words(finding);
		json_t *warning = json_object();

		json_object_set_new(warning, "name", json_string(finding_name(finding->kind)));
		json_object_set_new(warning, "line", finding->line ? json_integer(finding->line) : json_null());
		json_object_set_new(warning, "message", words ? json_text(words) : json_null());
		json_object_set_new(warning, "hint", json_string(finding_hint(finding->kind)));
		json_array_append_new(warnings, warning);
		free(words);
	}
	return warnings;
}

static void print_inspection_json(const struct inspection *inspection)
{
	const struct options *options = inspection->arguments->options;
	size_t i = options->target ? profile_index(options->target) : 0;
	json_t *object = json_object();

	json_object_set_new(object, "file", json_text(inspection->name));
	json_object_set_new(object, "target", options->target ? json_text(options->target_name) : json_null());
	json_object_set_new(object, "loads", json_boolean(answer(inspection)));
	json_object_set_new(object, "reason",
			    answer(inspection)
				    ? json_null()
				    : fault_json(&server_profiles[i], inspection->faults[i], inspection->fault_name));
	json_object_set_new(object, "encrypted", json_boolean(inspection->encrypted));
	json_object_set_new(object, "keys", json_integer((json_int_t)inspection->keyfile.count));
	json_object_set_new(object, "versioned", json_boolean(inspection->keyfile.has_versions));
	json_object_set_new(object, "servers", servers_json(inspection));
	json_object_set_new(object, "warnings", findings_json(inspection));
	print_json(object);
}

static void print_inspection(const struct inspection *inspection)
{
	if (inspection->arguments->options->json) {
		print_inspection_json(inspection);
		return;
	}
	print_verdict(inspection);
	print_facts(inspection);
	print_servers(inspection);
	print_findings(inspection);
}

static void inspection_free(struct inspection *inspection)
{
	secret_free(&inspection->raw);
	secret_free(&inspection->text);
	password_free(&inspection->password);
	keyfile_free(&inspection->keyfile);
	findings_free(&inspection->findings);
	free(inspection->faults);
}

static enum status verify(const struct arguments *arguments)
{
	struct inspection inspection = { .arguments = arguments, .name = input_name(arguments->options->file) };
	struct stat file_status = { 0 };
	enum status status = look_at_file(&inspection, &file_status);

	if (!status)
		status = judge(&inspection);
	if (!status)
		status = find_findings(&inspection, &file_status);
	if (!status) {
		print_inspection(&inspection);
		status = answer(&inspection) ? STATUS_DONE : STATUS_NO;
	}
	inspection_free(&inspection);
	return status;
}

static enum status run(int argc, char **argv, struct options *options)
{
	struct arguments arguments = { .options = options };
	enum status status;

	options_parse(&argp, argc, argv, &arguments);
	status = options_complete(options);
	return status ? status : verify(&arguments);
}

const struct command verify_command = { "verify", "", "would this server load it?", run };
