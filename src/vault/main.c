/* SPDX-License-Identifier: MIT */
/* mkeyfile-vault: reads and writes keys in HashiCorp Vault or OpenBao for mkeyfile, so that
 * libcurl and what it loads are in no other process that holds keys. The request comes through
 * standard input (vault/request.h). The answer, on standard output, is a line of JSON, with "error"
 * when something went wrong, and after it the keys that were read, "keys" lines. */
#include "core/child.h"
#include "vault/memory.h"
#include "vault/request.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* ---- the process ---- */

/* Bytes that a hostile server can make this process use, beyond the request. */
#define MEMORY_MAX (256u << 20)

/* ---- the answer ---- */

static bool write_all(const void *data, size_t size)
{
	const char *text = data;

	while (size) {
		ssize_t put = write(STDOUT_FILENO, text, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		text += put;
		size -= (size_t)put;
	}
	return true;
}

static int write_piece(const char *piece, size_t size, void *unused)
{
	(void)unused;
	return write_all(piece, size) ? 0 : -1;
}

static json_t *text_json(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static json_t *problem_json(const struct problem *problem)
{
	json_t *object = json_object();

	json_object_set_new(object, "message", text_json(problem->message));
	json_object_set_new(object, "hint", text_json(problem->hint));
	json_object_set_new(object, "refused", json_boolean(problem->is_refusal));
	return object;
}

static void add_notice(json_t *array, const char *name, const struct notice *notice)
{
	json_t *object = notice->count ? json_object() : NULL;

	if (!object)
		return;
	json_object_set_new(object, "name", json_string(name));
	json_object_set_new(object, "id", json_integer(notice->id));
	json_object_set_new(object, "version", json_integer(notice->version));
	json_object_set_new(object, "number", json_integer(notice->number));
	json_object_set_new(object, "count", json_integer((json_int_t)notice->count));
	json_array_append_new(array, object);
}

static json_t *notices_json(const struct notices *notices)
{
	const struct notice once = { .count = notices->can_write };
	json_t *array = json_array();

	add_notice(array, "vault-max-versions", &notices->max_versions);
	add_notice(array, "vault-delete-after", &notices->delete_after);
	add_notice(array, "vault-version-destroyed", &notices->version_destroyed);
	add_notice(array, "vault-token-can-write", &once);
	return array;
}

struct outcome {
	struct problem problem;
	struct notices notices;
	struct secret text;
	size_t written;
};

static bool answer(const struct outcome *outcome)
{
	json_auto_t *object = json_object();

	json_object_set_new(object, "keys", json_integer((json_int_t)secret_count_lines(&outcome->text, 0)));
	json_object_set_new(object, "written", json_integer((json_int_t)outcome->written));
	json_object_set_new(object, "findings", notices_json(&outcome->notices));
	if (outcome->problem.is_set)
		json_object_set_new(object, "error", problem_json(&outcome->problem));
	return object && !json_dump_callback(object, write_piece, NULL, JSON_COMPACT) && write_all("\n", 1) &&
	       write_all(outcome->text.data, outcome->text.size);
}

/* ---- the work ---- */

static void act(struct kv *kv, const struct request *request, struct outcome *outcome)
{
	const char *action = request_text(request, "action");

	if (!strcmp(action, "read"))
		(void)task_read(kv, request->ids, request->id_count, request_number(request, "version"),
				&outcome->notices, &outcome->text);
	else if (!strcmp(action, "write"))
		(void)task_write(kv, &request->lines, &outcome->written);
	else
		(void)(task_check(kv, &request->lines) && request->lines.count &&
		       kv_require_write(kv, request->lines.list->id));
}

static void serve(const struct request *request, struct outcome *outcome)
{
	struct address address = { 0 };
	struct http *http = NULL;
	struct kv kv;

	if (address_parse(request_text(request, "place"), &address, &outcome->problem))
		http = http_open(&address, &request->token, request_number(request, "timeout"), &outcome->problem);
	if (http && kv_open(http, address.mount, &outcome->problem, &kv))
		act(&kv, request, outcome);
	http_close(http);
	address_free(&address);
}

int main(void)
{
	struct outcome outcome = { 0 };
	struct request request;
	bool is_sent;

	child_close_inherited();
	secret_protect_process();
	/* a write must not be cut short by the terminal: mkeyfile decides, and is told by the pipes */
	signal(SIGPIPE, SIG_IGN);
	/* what is written is whole at any time, and the same command writes the rest */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!memory_start() || !request_read(STDIN_FILENO, &request))
		return 2;
	child_limit_memory(MEMORY_MAX);
	serve(&request, &outcome);
	is_sent = answer(&outcome);
	request_free(&request);
	secret_free(&outcome.text);
	problem_free(&outcome.problem);
	secret_wipe_stack();
	return is_sent ? 0 : 1;
}
