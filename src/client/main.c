/* SPDX-License-Identifier: MIT */
/* mkeyfile-client: speaks SQL for mkeyfile, so that MariaDB Connector/C, its TLS
 * library and what they load are in no process that holds keys. One JSON object a
 * line in each direction: first the request for a connection, answered by {} or
 * {"error": ...}, then {"sql": ...} as often as needed. Ends with its standard
 * input. */
#include "client/session.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

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
	struct settings settings;
	struct session *session = NULL;
	char *lines = NULL;
	json_t *error = NULL;
	const char *words = settings_read(request, &settings, &lines);

	if (words)
		error = json_pack("{s:i, s:s}", "code", 0, "message", words);
	else
		session = session_open(&settings, &error);
	answer(session ? json_object() : json_pack("{s:o}", "error", error));
	free(lines);
	return session;
}

int main(void)
{
	struct session *session = NULL;
	json_t *request;
	char *line = NULL;
	size_t size = 0;
	bool alive = true;

	/* a descriptor that was handed to mkeyfile may be a password's */
	for (int descriptor = STDERR_FILENO + 1; descriptor < 1024; descriptor++)
		close(descriptor);
	/* the server's password is in here */
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	request = read_request(&line, &size);
	if (request)
		session = connect_as_asked(request);
	json_decref(request);
	while (session && alive && (request = read_request(&line, &size))) {
		const char *sql = json_string_value(json_object_get(request, "sql"));

		alive = sql && answer(session_query(session, sql));
		json_decref(request);
	}
	session_close(session);
	free(line);
	return session ? 0 : 1;
}
