/* SPDX-License-Identifier: MIT */
#include "cli/managers/vault.h"

#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/child.h"
#include "core/cleanup.h"
#include "core/file.h"
#include "core/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM_NAME "mkeyfile-vault"
/* bytes; more than the answer for any mount has */
#define ANSWER_MAX (32u << 20)

/* ---- the address ---- */

/* Without slashes at its end. */
static int bare_length(const char *text)
{
	size_t length = strlen(text);

	while (length && text[length - 1] == '/')
		length--;
	return (int)length;
}

char *vault_url(const char *place)
{
	const char *server = option_from_environment("VAULT_ADDR");

	if (strstr(place, "://"))
		return format_text("%.*s", bare_length(place), place);
	place += strspn(place, "/");
	return server ? format_text("%.*s/v1/%.*s", bare_length(server), server, bare_length(place), place) : NULL;
}

char *vault_authorities(void)
{
	const char *path = option_from_environment("VAULT_CACERT");

	return path ? realpath(path, NULL) : NULL;
}

/* ---- the token ---- */

static enum status refuse_token(void)
{
	message_error("no token for Vault was found: VAULT_TOKEN is not set, and '~/.vault-token' cannot be used");
	message_hint("run 'vault login', or set VAULT_TOKEN");
	return STATUS_FAILED;
}

/* Without white space around the token, which is sent as one line. */
static enum status take_token(const char *text, size_t size, struct secret *ret_token)
{
	while (size && strchr(" \t\r\n", text[size - 1]))
		size--;
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			size = 0;
	return size ? message_fault(secret_copy(ret_token, text, size), "") : refuse_token();
}

static enum status read_token_file(struct secret *ret_token)
{
	const char *home = option_from_environment("HOME");
	HEAP char *path = home ? format_text("%s/.vault-token", home) : NULL;
	SECRET struct secret text = { 0 };
	struct fault fault;

	if (!path)
		return refuse_token();
	fault = file_read_path(path, &text, NULL);
	if (fault.code == FAULT_OPEN && fault.error_number == ENOENT)
		return refuse_token();
	return fault.code ? message_fault(fault, path) : take_token((char *)text.data, text.size, ret_token);
}

static enum status find_token(struct secret *ret_token)
{
	const char *token = option_from_environment("VAULT_TOKEN");

	return token ? take_token(token, strlen(token), ret_token) : read_token_file(ret_token);
}

/* ---- the request ---- */

/* Anyone who can change the certificate file can impersonate Vault. */
static enum status check_authorities(void)
{
	const char *path = option_from_environment("VAULT_CACERT");

	return path ? message_fault(trust_judge_path(NULL, path), path) : STATUS_DONE;
}

/* The versions of one key ID. */
static json_t *kept_json(const struct keyfile *kept)
{
	json_t *versions = json_array();

	for (size_t i = 0; kept && i < kept->count; i++)
		json_array_append_new(versions, json_integer(kept->sorted[i]->version));
	return versions;
}

static char *settings_text(const struct manager *manager, const char *action, const struct key_choice *choice)
{
	json_auto_t *object = json_object();
	json_t *ids = json_array();

	json_object_set_new(object, "action", json_string(action));
	json_object_set_new(object, "place", json_text(manager->place));
	json_object_set_new(object, "timeout", json_integer(manager->how->timeout));
	json_object_set_new(object, "version", json_integer(choice ? choice->version : 0));
	for (size_t i = 0; choice && choice->ids && i < choice->ids->count; i++)
		json_array_append_new(ids, json_integer(choice->ids->ids[i]));
	json_object_set_new(object, "ids", ids);
	json_object_set_new(object, "kept", kept_json(manager->kept));
	return json_dumps(object, JSON_COMPACT);
}

/* What mkeyfile-vault reads (vault/request.h). text: the keys to write, or NULL. */
static enum status make_request(const struct manager *manager, const char *action, const struct key_choice *choice,
				const struct secret *text, struct secret *ret_request)
{
	HEAP char *settings = settings_text(manager, action, choice);
	SECRET struct secret token = { 0 };
	SECRET struct secret request = { 0 };
	enum status status = find_token(&token);

	if (!status)
		status = check_authorities();
	if (status)
		return status;
	if (!settings || secret_allocate(&request, strlen(settings) + token.size + 2 + (text ? text->size : 0)).code)
		return out_of_memory();
	secret_append(&request, settings, strlen(settings));
	secret_append(&request, "\n", 1);
	secret_append(&request, token.data, token.size);
	secret_append(&request, "\n", 1);
	if (text)
		secret_append(&request, text->data, text->size);
	*ret_request = secret_take(&request);
	return STATUS_DONE;
}

/* ---- the program ---- */

/* What libcurl may see of the environment: nothing that names code to load or a file to write
 * session keys to, and not the token. */
static const char *const seen_variables[] = {
	"HTTPS_PROXY",	   "LANG",	  "LC_ALL",   "NO_PROXY", "PATH", "VAULT_ADDR", "VAULT_CACERT",
	"VAULT_NAMESPACE", "https_proxy", "no_proxy", NULL
};

static enum status exchange(const struct manager *manager, const char *program, const struct secret *request,
			    struct secret *ret_answer)
{
	char name[] = PROGRAM_NAME;
	char *arguments[] = { name, NULL };
	HEAP char **environment = child_environment(manager->options->host.environment, seen_variables);
	const struct child child = { .program = program,
				     .arguments = arguments,
				     .environment = environment,
				     .has_input = true,
				     .input = CHILD_INPUT_PIPE };
	struct running_child running;
	struct fault fault;

	if (!environment)
		return out_of_memory();
	fault = child_start(&child, &running);
	if (!fault.code) {
		/* the program reads all of it before it answers, and its end says whether it did */
		(void)file_write(running.input, request).code;
		close(running.input);
		fault = child_finish(&running, ANSWER_MAX, ret_answer);
	}
	return message_program_fault(fault, program);
}

static enum status run(const struct manager *manager, const char *action, const struct key_choice *choice,
		       const struct secret *text, struct secret *ret_answer)
{
	HEAP char *program = child_find(PKGLIBEXECDIR, PROGRAM_NAME);
	SECRET struct secret request = { 0 };
	enum status status;

	if (!program) {
		message_error("cannot find " PROGRAM_NAME ", which reads and writes keys in Vault");
		message_hint("install libcurl and build mkeyfile with --with-vault to get " PROGRAM_NAME);
		return STATUS_FAILED;
	}
	status = make_request(manager, action, choice, text, &request);
	return status ? status : exchange(manager, program, &request, ret_answer);
}

/* ---- the answer ---- */

static enum status say_error(const struct manager *manager, const json_t *error)
{
	const char *words = json_string_value(json_object_get(error, "message"));
	const char *hint = json_string_value(json_object_get(error, "hint"));

	if (!words)
		return out_of_memory();
	message_error("'%s': %s", manager->name, words);
	if (hint)
		message_hint("%s", hint);
	return json_is_true(json_object_get(error, "refused")) ? STATUS_REFUSED : STATUS_FAILED;
}

static enum status say_incomplete(const struct manager *manager)
{
	message_error("'%s': the answer from " PROGRAM_NAME " is incomplete", manager->name);
	message_hint("run the same command again");
	return STATUS_FAILED;
}

static uint32_t number_of(const json_t *object, const char *name)
{
	return (uint32_t)json_integer_value(json_object_get(object, name));
}

static void add_findings(const json_t *list, struct findings *findings)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(item, "name"));
		struct finding finding = { .kind = FINDING_VAULT_MAX_VERSIONS,
					   .id = number_of(item, "id"),
					   .version = number_of(item, "version"),
					   .number = number_of(item, "number"),
					   .count = number_of(item, "count") };

		while (finding.kind < FINDING_KIND_COUNT && name && strcmp(finding_name(finding.kind), name))
			finding.kind++;
		if (name && finding.kind < FINDING_KIND_COUNT)
			findings_add(findings, finding);
	}
}

/* Parses the answer. findings and ret_text: NULL, or as for vault_read. */
static enum status take_answer(const struct manager *manager, const struct secret *answer, struct findings *findings,
			       struct secret *ret_text)
{
	const unsigned char *end = memchr(answer->data, '\n', answer->size);
	size_t head = end ? (size_t)(end - answer->data) : 0;
	json_auto_t *object = end ? json_loadb((const char *)answer->data, head, 0, NULL) : NULL;
	const json_t *error = json_object_get(object, "error");
	size_t rest = answer->size - head - 1;

	if (error)
		return say_error(manager, error);
	if (!object || secret_count_lines(answer, head + 1) != number_of(object, "keys"))
		return say_incomplete(manager);
	if (findings)
		add_findings(json_object_get(object, "findings"), findings);
	return ret_text ? message_fault(secret_copy(ret_text, end + 1, rest), manager->name) : STATUS_DONE;
}

enum status vault_read(const struct manager *manager, const struct key_choice *choice, struct findings *findings,
		       struct secret *ret_text)
{
	SECRET struct secret answer = { 0 };
	enum status status = run(manager, "read", choice, NULL, &answer);

	if (findings && option_from_environment("VAULT_NAMESPACE"))
		findings_add(findings, (struct finding){ .kind = FINDING_VAULT_NAMESPACE });
	return status ? status : take_answer(manager, &answer, findings, ret_text);
}

/* Sends the keys in text. */
static enum status send(const struct manager *manager, const char *action, const struct secret *text)
{
	SECRET struct secret answer = { 0 };
	enum status status = run(manager, action, NULL, text, &answer);

	return status ? status : take_answer(manager, &answer, NULL, NULL);
}

enum status vault_check(const struct manager *manager, const struct secret *text)
{
	return send(manager, "check", text);
}

enum status vault_write(const struct manager *manager, const struct secret *text)
{
	return send(manager, "write", text);
}
