/* SPDX-License-Identifier: MIT */
#include "cli/keyfile/inspection.h"

#include "cli/keyfile/disguise_words.h"
#include "cli/keyfile/input.h"
#include "cli/keyfile/password_source.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/keyfile/wrong_password.h"
#include "cli/options/defaults.h"
#include "cli/options/trusted.h"
#include "cli/words/color.h"
#include "cli/words/message.h"
#include "cli/words/refusal_hint.h"
#include "core/decrypt.h"
#include "core/disguise.h"
#include "core/file.h"
#include "core/format.h"
#include "server/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- owners and modes ---- */

/* False for standard input and for a file that does not exist: they have no owner. */
static bool look_from_outside(const char *path, enum finding_kind exposed, struct inspected_file *ret_file)
{
	*ret_file = (struct inspected_file){ .path = path, .exposed = exposed };
	return path && !is_standard_stream(path) && !stat(path, &ret_file->status) && S_ISREG(ret_file->status.st_mode);
}

static enum status inspect_files(struct inspection *inspection)
{
	const struct options *options = inspection->options;
	const struct server_user *user = inspection->has_user ? &inspection->user : NULL;
	const struct trust trust = trust_of_server(&options->accounts, user ? user->uid : geteuid());
	struct findings *findings = &inspection->findings;
	struct inspected_file key_file;
	struct inspected_file password_file;
	bool has_key_file = look_from_outside(options->file, FINDING_KEY_FILE_EXPOSED, &key_file);
	bool has_password_file =
		look_from_outside(options->password.file, FINDING_PASSWORD_FILE_EXPOSED, &password_file);

	if (has_key_file)
		inspect_file(&key_file, user, &trust, findings);
	if (has_password_file)
		inspect_file(&password_file, user, &trust, findings);
	if (has_key_file && options->host.names_file)
		inspect_servers_file(&key_file, findings);
	if (has_password_file && options->host.names_file)
		inspect_servers_file(&password_file, findings);
	if (has_key_file && has_password_file)
		inspect_neighbours(&key_file, &password_file, findings);
	return message_fault(findings->fault, inspection->name);
}

/* ---- the password ---- */

/* Server releases treat such a password differently. */
static bool is_matter_of_release(struct fault fault)
{
	return fault.code == FAULT_PASSWORD_BLANK || fault.code == FAULT_PASSWORD_TOO_LONG;
}

/* No server can open or read such a path. */
static bool is_missing(struct fault fault)
{
	if (fault.code == FAULT_OPEN)
		return fault.error_number == ENOENT || fault.error_number == ENOTDIR || fault.error_number == ELOOP ||
		       fault.error_number == ENAMETOOLONG;
	return fault.code == FAULT_NOT_REGULAR || (fault.code == FAULT_READ && fault.error_number == EISDIR);
}

/* Whether the fault is a definite no: the option files specify a file that does not exist, or
 * this process runs as the server's user account and is not allowed to open the file. */
static bool is_answer(const struct inspection *inspection, struct fault fault)
{
	if (inspection->options->host.names_file && is_missing(fault))
		return true;
	return inspection->has_user && inspection->user.uid == geteuid() && fault.code == FAULT_OPEN &&
	       fault.error_number == EACCES;
}

/* Why the server's user account cannot open path, one of the files of options: FAULT_OPEN, or
 * no fault. */
static struct fault access_fault(const struct inspection *inspection, const char *path)
{
	const struct findings *findings = &inspection->findings;

	for (size_t i = 0; path && i < findings->count; i++)
		if (findings->items[i].kind == FINDING_UNREADABLE && findings->items[i].path == path)
			return fault_errno(FAULT_OPEN, findings->items[i].error_number);
	return fault_none();
}

static bool is_out_of_reach(const struct inspection *inspection)
{
	const struct options *options = inspection->options;

	return access_fault(inspection, options->file).code || access_fault(inspection, options->password.file).code;
}

/* Whether the option files specify an encrypted file but no password. */
static bool lacks_password(const struct inspection *inspection)
{
	const struct options *options = inspection->options;

	return inspection->encrypted && options->host.names_file && !password_source_is_given(&options->password);
}

/* Refused only because others may write to the file: the findings include its mode. */
static bool is_exposed_only(struct fault fault)
{
	const struct refusal_of_trust *refusal = trust_refusal();

	return fault.code == FAULT_UNTRUSTED && S_ISREG(refusal->type) && refusal->reason != REFUSAL_OWNER &&
	       refusal->reason != REFUSAL_SECOND_NAME;
}

static struct fault read_password(const struct options *options, struct password *ret_password)
{
	SECRET struct secret raw = { 0 };
	struct fault fault = password_source_read(&options->password, ret_password);

	if (!is_exposed_only(fault))
		return fault;
	fault = file_read_path_of_anyone(options->password.file, &raw, NULL);
	return fault.code ? fault : password_from_bytes(&raw, ret_password);
}

/* The server reads the password before it looks at the key file. */
static enum status read_key_password(struct inspection *inspection)
{
	const struct options *options = inspection->options;
	struct fault fault;

	if (lacks_password(inspection)) {
		inspection->fault = fault_of(FAULT_WRONG_PASSWORD);
		return STATUS_DONE;
	}
	if (!password_source_is_given(&options->password))
		return inspection->encrypted
			       ? password_source_get(&options->password, inspection->name, &inspection->password)
			       : STATUS_DONE;
	fault = read_password(options, &inspection->password);
	if (fault.code && fault.code != FAULT_PASSWORD_EMPTY && !is_matter_of_release(fault) &&
	    !is_answer(inspection, fault))
		return message_fault(fault, password_source_name(&options->password));
	inspection->password_fault = fault;
	return STATUS_DONE;
}

/* The name of the file in server messages: as set in the option files. */
static const char *name_of_file(const struct inspection *inspection)
{
	const struct host *host = &inspection->options->host;

	return inspection->options->file == host->file && host->file ? host->settings.filename.value : inspection->name;
}

static const char *name_of_password_file(const struct options *options)
{
	const struct host *host = &options->host;

	return options->password.file == host->password_file && host->password_file
		       ? settings_password_path(&host->settings)
		       : password_source_name(&options->password);
}

/* ---- the text ---- */

/* The server's fault for a wrong password. If the padding is valid by chance, the server's
 * own plugin rejects a line of the decrypted noise instead. */
static struct fault fault_of_noise(const struct inspection *inspection, const struct server_profile *profile)
{
	const struct kdf kdf = inspection->options->kdf;
	SECRET struct secret noise = { 0 };
	struct fault fault = fault_of(FAULT_WRONG_PASSWORD);

	if (profile->edition != PLUGIN && server_reads_kdf(profile, kdf) &&
	    !envelope_decrypt(&inspection->raw, &inspection->password.secret, kdf, &noise, NULL).code)
		fault = server_judge(profile, &noise, inspection->raw.size);
	return fault;
}

/* Faults of this program, not of the file. */
static bool ends_inspection(struct fault fault)
{
	return fault.code == FAULT_MEMORY || fault.code == FAULT_ALGORITHM;
}

static enum status report_if_wrong_password(struct inspection *inspection, struct fault fault, bool probe)
{
	const struct options *options = inspection->options;
	const struct server_profile *profile = options->target.profile ? options->target.profile : &server_profiles[0];
	enum status status;
	char *words;

	if (fault.code != FAULT_WRONG_PASSWORD || is_out_of_reach(inspection)) {
		if (ends_inspection(fault))
			return message_fault(fault, inspection->name);
		inspection->fault = fault;
		return STATUS_DONE;
	}
	words = server_words(profile, fault_of_noise(inspection, profile), name_of_file(inspection));
	if (!options->talk.json) {
		print_colored(stdout, COLOR_NO, "no:");
		print_result(" %s", words ? words : "");
		putchar('\n');
	}
	free(words);
	status = message_fault(fault, inspection->name);
	if (probe)
		wrong_password_say(options, &inspection->raw, &inspection->password);
	return status;
}

/* Decrypts the text, or sets the fault. */
static enum status find_text(struct inspection *inspection, bool probe)
{
	const struct password_source *source = &inspection->options->password;
	KEYFILE struct keyfile keyfile = { 0 };
	unsigned int tries = 0;
	struct fault fault;

	if (!inspection->encrypted) {
		fault = secret_copy(&inspection->text, inspection->raw.data, inspection->raw.size);
		return message_fault(fault, inspection->name);
	}
	for (;;) {
		enum status status;

		fault = keyfile_decrypt(&inspection->raw, &inspection->password.secret, inspection->options->kdf,
					&keyfile, &inspection->text, &inspection->seal);
		if (!password_source_may_retry(source, inspection->name, fault, &tries))
			break;
		status = password_source_get(source, inspection->name, &inspection->password);
		if (status)
			return status;
	}
	if (!fault.code)
		inspection->text = secret_take(&keyfile.text);
	if (inspection->text.data)
		return STATUS_DONE;
	return report_if_wrong_password(inspection, fault, probe);
}

/* Whether no server in question gets as far as the text. */
static bool is_text_out_of_reach(const struct inspection *inspection)
{
	const struct server_profile *target = inspection->options->target.profile;
	enum fault_code code = inspection->password_fault.code;

	if (code == FAULT_PASSWORD_TOO_LONG)
		return !target || !target->cuts_long_password;
	return code && code != FAULT_PASSWORD_BLANK;
}

/* Reads even a file that other commands refuse: the findings report who owns the file or may
 * replace it. */
static struct fault read_any_file(const char *path, struct secret *ret_raw)
{
	struct stat status;
	struct fault fault = input_read_silently(path, ret_raw, NULL);

	if (fault.code == FAULT_UNTRUSTED && !stat(path, &status) && S_ISREG(status.st_mode))
		fault = file_read_path_of_anyone(path, ret_raw, NULL);
	return fault;
}

static enum status read_file(struct inspection *inspection)
{
	const struct options *options = inspection->options;
	struct fault fault;

	inspection->is_pipe = input_is_server_pipe(options->file, &options->host);
	if (inspection->is_pipe)
		return STATUS_DONE;
	fault = read_any_file(options->file, &inspection->raw);
	if (fault.code && fault.code != FAULT_TOO_LARGE && !is_answer(inspection, fault))
		return message_fault(fault, inspection->name);
	inspection->fault = fault;
	inspection->encrypted = envelope_is_encrypted(inspection->raw.data, inspection->raw.size);
	if (!inspection->encrypted)
		inspection->disguise = disguise_hint(&options->password, options->kdf, options->file, &inspection->raw);
	return STATUS_DONE;
}

static enum status find_content(struct inspection *inspection, bool probe)
{
	enum status status = read_file(inspection);

	if (!status)
		status = read_key_password(inspection);
	if (status || inspection->is_pipe || inspection->fault.code || is_text_out_of_reach(inspection))
		return status;
	if (!inspection->encrypted && inspection->password.secret.size) {
		inspection->fault = fault_of(FAULT_NOT_ENCRYPTED);
		return STATUS_DONE;
	}
	return find_text(inspection, probe);
}

/* ---- verdicts ---- */

static struct fault judge_blank_password(const struct inspection *inspection, const struct server_profile *profile)
{
	switch (profile->blank_password) {
	case BLANK_PASSWORD_IS_NONE:
		return fault_none();
	case BLANK_PASSWORD_CRASHES:
		/* these servers crash on line ends, but not on a NUL byte */
		return inspection->password.cut_at_nul ? fault_none() : inspection->password_fault;
	case BLANK_PASSWORD_REFUSED:
		break;
	}
	return inspection->password_fault;
}

static struct fault judge_password(const struct inspection *inspection, const struct server_profile *profile)
{
	struct fault fault = inspection->password_fault;

	if (fault.code == FAULT_PASSWORD_BLANK)
		return judge_blank_password(inspection, profile);
	if (fault.code == FAULT_PASSWORD_TOO_LONG && profile->cuts_long_password)
		return fault_none();
	return fault;
}

static struct fault judge_file(const struct inspection *inspection, const struct server_profile *profile)
{
	if (inspection->is_pipe)
		return profile->reads_pipes ? fault_none() : fault_errno(FAULT_READ, ESPIPE);
	if (lacks_password(inspection) && profile->edition == PLUGIN)
		return fault_of(FAULT_ENCRYPTED);
	if (inspection->fault.code)
		return inspection->fault;
	/* not read, or decrypted with the password as another server understands it */
	if (!inspection->text.data)
		return fault_of(FAULT_WRONG_PASSWORD);
	if (inspection->encrypted && !server_reads_kdf(profile, inspection->options->kdf))
		return fault_of(FAULT_WRONG_PASSWORD);
	return server_judge(profile, &inspection->text, inspection->raw.size);
}

static const char *hint_of(const struct inspection *inspection, struct fault fault,
			   const struct server_profile *profile)
{
	if (inspection->disguise && (fault.code == FAULT_NOT_ENCRYPTED || fault.code == FAULT_SYNTAX ||
				     fault.code == FAULT_KEY_ID || fault.code == FAULT_SYSTEM_KEY))
		return inspection->disguise;
	if (fault.code == FAULT_KEY && disguise_is_on_line(&inspection->text, fault.line))
		return "convert the key from base64 to hex digits";
	return lacks_password(inspection) ? no_password_hint() : fault_hint(fault, profile);
}

static enum status judge(const struct inspection *inspection, const struct server_profile *profile,
			 struct refusal *ret_refusal)
{
	const char *name = name_of_file(inspection);
	struct fault fault = access_fault(inspection, inspection->options->password.file);

	if (!fault.code)
		fault = judge_password(inspection, profile);
	if (fault.code)
		name = name_of_password_file(inspection->options);
	else
		fault = access_fault(inspection, inspection->options->file);
	if (!fault.code)
		fault = judge_file(inspection, profile);
	if (!fault.code)
		return STATUS_DONE;
	*ret_refusal = (struct refusal){
		.words = server_words(profile, fault, name),
		.hint = hint_of(inspection, fault, profile),
		.line = fault.line,
		.column = fault.column,
	};
	return ret_refusal->words ? STATUS_DONE : message_fault(fault_of(FAULT_MEMORY), "");
}

/* The option files count as those of the target, if there is one. */
static enum status find_obstacle(struct inspection *inspection)
{
	const struct options *options = inspection->options;
	struct fault fault = fault_none();

	if (options->host.names_file)
		fault = settings_obstacle(&options->host.settings, options->target.profile, &inspection->obstacle);
	return message_fault(fault, "");
}

/* Whether an obstacle stops every server before it reads the key file. */
static bool is_cut_off(const struct inspection *inspection)
{
	return inspection->obstacle.kind && inspection->obstacle.before_file;
}

static enum status judge_with_settings(const struct inspection *inspection, const struct server_profile *profile,
				       struct refusal *ret_refusal)
{
	enum status status = is_cut_off(inspection) ? STATUS_DONE : judge(inspection, profile, ret_refusal);

	if (status || ret_refusal->words || !inspection->obstacle.kind)
		return status;
	*ret_refusal = (struct refusal){ .words = strdup(inspection->obstacle.words),
					 .hint = obstacle_hint(inspection->obstacle.kind,
							       inspection->options->host.settings.plugin) };
	return ret_refusal->words ? STATUS_DONE : message_fault(fault_of(FAULT_MEMORY), "");
}

static enum status judge_all(struct inspection *inspection)
{
	const struct options *options = inspection->options;
	enum status status = STATUS_DONE;

	inspection->refusals = calloc(server_profile_count, sizeof(*inspection->refusals));
	if (!inspection->refusals)
		return message_fault(fault_of(FAULT_MEMORY), "");
	if (options->target.profile)
		status = judge_with_settings(inspection, options->target.profile, &inspection->target);
	for (size_t i = 0; !status && i < server_profile_count; i++) {
		struct refusal *refusal = &inspection->refusals[i];

		status = (options->target.profile && !is_cut_off(inspection)
				  ? judge
				  : judge_with_settings)(inspection, &server_profiles[i], refusal);
		inspection->loads += !status && !refusal->words;
	}
	return status;
}

/* ---- findings ---- */

static void inspect_seal(struct inspection *inspection)
{
	const enum finding_kind kind = inspection->seal == SEAL_BROKEN ? FINDING_SEAL_BROKEN : FINDING_SEAL_MISSING;

	if (inspection_distrusts_seal(inspection))
		findings_add(&inspection->findings, (struct finding){ .kind = kind });
}

static enum status inspect_text(struct inspection *inspection)
{
	SECRET struct secret copy = { 0 };
	struct fault fault = secret_copy(&copy, inspection->text.data, inspection->text.size);

	if (!fault.code)
		fault = keyfile_parse(&copy, SYNTAX_VERSIONED, &inspection->keyfile);
	if (!fault.code)
		inspect_keyfile(&inspection->keyfile, &inspection->findings);
	if (!fault.code)
		inspect_dates(&inspection->keyfile, inspection->options->max_age, &inspection->findings);
	inspect_seal(inspection);
	return ends_inspection(fault) ? message_fault(fault, inspection->name) : STATUS_DONE;
}

static void inspect_key_password(struct inspection *inspection)
{
	const struct server_profile *target = inspection->options->target.profile;
	bool is_too_long = inspection->password_fault.code == FAULT_PASSWORD_TOO_LONG;

	if (is_too_long && target && target->cuts_long_password)
		findings_add(&inspection->findings, (struct finding){ .kind = FINDING_LONG_PASSWORD });
	else if (!is_too_long)
		inspect_password(&inspection->password, &inspection->findings);
}

static enum status inspect_option_files(struct inspection *inspection)
{
	const struct options *options = inspection->options;
	struct finding stray = { .kind = FINDING_STRAY_GROUP };
	enum status status;

	if (!options->host.names_file)
		return STATUS_DONE;
	inspect_settings(&options->host.settings, options->target.profile, &inspection->keyfile, &inspection->findings);
	status = defaults_find_stray_group(&options->host, &stray.group, &stray.path);
	if (!status && stray.group)
		findings_add(&inspection->findings, stray);
	return status;
}

static enum status find_findings(struct inspection *inspection)
{
	enum status status = inspect_text(inspection);

	if (status)
		return status;
	if (inspection->password.secret.data)
		inspect_key_password(inspection);
	status = inspect_option_files(inspection);
	return status ? status : message_fault(inspection->findings.fault, inspection->name);
}

/* Whether there is an answer without reading the pipe. */
static bool is_answered(const struct inspection *inspection)
{
	const struct server_profile *target = inspection->options->target.profile;

	return !inspection->is_pipe || (target && !target->reads_pipes);
}

enum status inspection_make(const struct options *options, bool probe, struct inspection *inspection)
{
	enum status status;

	*inspection = (struct inspection){ .options = options, .name = input_name(options->file) };
	inspection->has_user = trust_find_server_account(&options->accounts, &options->host, &inspection->user);
	status = inspect_files(inspection);
	if (!status)
		status = find_obstacle(inspection);
	if (!status && !is_cut_off(inspection))
		status = find_content(inspection, probe);
	if (!status && !is_answered(inspection))
		status = input_refuse_server_pipe(options->file);
	if (!status)
		status = judge_all(inspection);
	if (!status)
		status = find_findings(inspection);
	return status;
}

/* Those that are about the keys themselves: there are no lines. */
static void take_findings(const struct findings *all, struct findings *findings)
{
	for (size_t i = 0; i < all->count; i++) {
		struct finding finding = all->items[i];

		finding.line = 0;
		if (finding.kind == FINDING_UNIFORM_KEY || finding.kind == FINDING_PUBLISHED_KEY ||
		    finding.kind == FINDING_NO_TEMPORARY_KEY)
			findings_add(findings, finding);
	}
}

enum status inspection_of_keys(const struct options *options, const char *plugin, struct keyfile *keyfile,
			       struct findings *findings, struct inspection *inspection)
{
	FINDINGS struct findings of_text = { 0 };

	*inspection = (struct inspection){
		.options = options, .name = options->file, .plugin = plugin, .keyfile = *keyfile, .findings = *findings
	};
	*keyfile = (struct keyfile){ 0 };
	*findings = (struct findings){ 0 };
	inspect_keyfile(&inspection->keyfile, &of_text);
	take_findings(&of_text, &inspection->findings);
	if (of_text.fault.code)
		return message_fault(of_text.fault, inspection->name);
	if (keyfile_check_system_key(&inspection->keyfile).code) {
		inspection->target.words =
			format_text("'%s' has no key ID 1, which every server needs", inspection->name);
		return inspection->target.words ? STATUS_DONE : out_of_memory();
	}
	return message_fault(inspection->findings.fault, inspection->name);
}

bool inspection_loads(const struct inspection *inspection)
{
	return inspection->plugin || inspection->options->target.profile ? !inspection->target.words
									 : inspection->loads > 0;
}

const struct refusal *inspection_refusal(const struct inspection *inspection)
{
	return inspection->plugin || inspection->options->target.profile ? &inspection->target
									 : &inspection->refusals[0];
}

bool inspection_distrusts_seal(const struct inspection *inspection)
{
	return !seal_is_accepted(inspection->options, inspection->seal);
}

size_t inspection_warnings(const struct inspection *inspection)
{
	size_t warnings = 0;

	for (size_t i = 0; i < inspection->findings.count; i++)
		warnings += !finding_is_note(inspection->findings.items[i].kind);
	return warnings;
}

void inspection_free(struct inspection *inspection)
{
	secret_free(&inspection->raw);
	secret_free(&inspection->text);
	password_free(&inspection->password);
	keyfile_free(&inspection->keyfile);
	findings_free(&inspection->findings);
	for (size_t i = 0; inspection->refusals && i < server_profile_count; i++)
		free(inspection->refusals[i].words);
	free(inspection->refusals);
	free(inspection->target.words);
	free(inspection->obstacle.words);
	free(inspection->disguise);
}
