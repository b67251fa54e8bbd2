/* SPDX-License-Identifier: MIT */
/* mkeyfile-client runs SQL for mkeyfile, so that MariaDB Connector/C, its TLS library and
 * anything they load are never in a process that has keys. Both directions use one JSON
 * object per line. The first request describes the connection; the answer is {} or
 * {"error": ...}. Requests {"sql": ...} follow. At the end of standard input, the client
 * closes the connection to the server and exits. */
#include "client/session.h"

#include "core/child.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The memory that a hostile server can make this process use in addition. */
#define MEMORY_MAX (128ul << 20)

/* ---- the process ---- */

/* A signal from the terminal ends mkeyfile, and with it this process's standard input.
 * Then this process tells the server. An answer without a reader ends the process the
 * same way. */
static void ignore_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGPIPE, SIGQUIT };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_IGN);
}

/* ---- requests ---- */

static bool answer(json_t *object)
{
	bool done = object && !json_dumpf(object, stdout, JSON_COMPACT) && putchar('\n') != EOF && !fflush(stdout);

	json_decref(object);
	return done;
}

static json_t *read_request(char **line, size_t *size)
{
	return getline(line, size, stdin) > 0 ? json_loads(*line, 0, NULL) : NULL;
}

static struct session *connect_as_asked(json_t *request)
{
	SECRET struct secret lines = { 0 };
	struct parameters parameters;
	struct session *session = NULL;
	json_t *error = NULL;
	const char *words = parameters_read(request, &parameters, &lines);

	child_limit_memory(MEMORY_MAX);
	if (words)
		error = json_pack("{s:i, s:s}", "code", CODE_OWN, "message", words);
	else
		session = session_open(&parameters, &error);
	answer(session ? json_object() : json_pack("{s:o}", "error", error));
	return session;
}

int main(void)
{
	struct session *session = NULL;
	json_t *request;
	char *line = NULL;
	size_t size = 0;
	bool alive = true;
	unsigned int patience;

	child_close_inherited();
	ignore_signals();
	/* the server's password is in this process */
	secret_protect_process();
	request = read_request(&line, &size);
	/* mkeyfile gives up first, unless it has died */
	patience = 3 * request_timeout(request) + 5;
	alarm(patience);
	if (request)
		session = connect_as_asked(request);
	json_decref(request);
	alarm(0);
	while (session && alive && (request = read_request(&line, &size))) {
		const char *sql = json_string_value(json_object_get(request, "sql"));

		alarm(patience);
		alive = sql && session_query(session, sql, stdout);
		json_decref(request);
		alarm(0);
	}
	alarm(patience);
	session_close(session);
	free(line);
	return session ? 0 : 1;
}
