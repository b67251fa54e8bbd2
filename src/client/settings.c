/* SPDX-License-Identifier: MIT */
#include "client/session.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define MOST_DEFAULTS 8
#define MOST_OUTPUT 65536

/* ---- what the option files say ---- */

static int spawn_printer(char *const arguments[], int descriptor, pid_t *ret_child)
{
	posix_spawn_file_actions_t actions;
	const char *program = getenv("MKEYFILE_PRINT_DEFAULTS");
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO);
	error = posix_spawnp(ret_child, program && *program ? program : arguments[0], &actions, NULL, arguments,
			     environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* All of it, with a NUL behind; NULL: no memory, too much, or an error. */
static char *read_all(int descriptor)
{
	char *text = malloc(MOST_OUTPUT);
	size_t size = 0;

	while (text) {
		ssize_t got = read(descriptor, text + size, MOST_OUTPUT - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || size + (size_t)got == MOST_OUTPUT) {
			free(text);
			return NULL;
		}
		if (!got)
			break;
		size += (size_t)got;
	}
	if (text)
		text[size] = '\0';
	return text;
}

static const char *print_defaults(const json_t *defaults, char **ret_lines)
{
	static char program[] = "my_print_defaults";
	static char groups[][16] = { "client", "client-server", "client-mariadb" };
	char *arguments[MOST_DEFAULTS + 5] = { program };
	size_t count = json_array_size(defaults) < MOST_DEFAULTS ? json_array_size(defaults) : MOST_DEFAULTS;
	int ends[2];
	int status = -1;
	char *lines;
	int error;
	pid_t child;

	for (size_t i = 0; i < count; i++)
		arguments[1 + i] = (char *)json_string_value(json_array_get(defaults, i));
	for (size_t i = 0; i < 3; i++)
		arguments[1 + count + i] = groups[i];
	if (pipe2(ends, O_CLOEXEC))
		return "cannot make a pipe";
	error = spawn_printer(arguments, ends[1], &child);
	if (error) {
		close(ends[0]);
		close(ends[1]);
		if (error != ENOENT)
			return "cannot run my_print_defaults to read the option files";
		/* a host without MariaDB's own tools has no option files to heed */
		*ret_lines = strdup("");
		return *ret_lines ? NULL : "out of memory";
	}
	close(ends[1]);
	lines = read_all(ends[0]);
	close(ends[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!status && lines) {
		*ret_lines = lines;
		return NULL;
	}
	free(lines);
	return "my_print_defaults failed to read the option files";
}

/* "-" and "_" are alike in names of options. */
static bool is_named(const char *name, const char *option)
{
	for (; *name && *option; name++, option++)
		if ((*name == '_' ? '-' : *name) != *option)
			return false;
	return !*name && !*option;
}

/* ssl, skip-ssl and ssl-verify-server-cert are not among them: only the request makes a
 * connection plain. */
static void take_option(struct settings *settings, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **value;
	} texts[] = {
		{ "user", &settings->user },
		{ "password", &settings->password },
		{ "host", &settings->host },
		{ "socket", &settings->socket },
		{ "ssl-ca", &settings->ssl_ca },
		{ "ssl-capath", &settings->ssl_capath },
		{ "ssl-cert", &settings->ssl_cert },
		{ "ssl-key", &settings->ssl_key },
		{ "ssl-cipher", &settings->ssl_cipher },
		{ "ssl-crl", &settings->ssl_crl },
		{ "ssl-crlpath", &settings->ssl_crlpath },
		{ "tls-version", &settings->tls_version },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (is_named(name, texts[i].name))
			*texts[i].value = value;
	if (is_named(name, "port"))
		settings->port = (unsigned int)strtoul(value, NULL, 10);
	else if (is_named(name, "protocol"))
		settings->over_tcp = !strcasecmp(value, "tcp");
}

static void take_lines(struct settings *settings, char *lines)
{
	char *state = NULL;

	for (char *line = strtok_r(lines, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
		char *value;

		if (strncmp(line, "--", 2))
			continue;
		line += 2;
		if (!strncmp(line, "loose-", 6) || !strncmp(line, "loose_", 6))
			line += 6;
		value = strchr(line, '=');
		if (value)
			*value++ = '\0';
		take_option(settings, line, value ? value : "");
	}
}

/* ---- what the request says ---- */

/* "/path/of/socket", "HOST", "HOST:PORT", "[ADDRESS]:PORT": cut in place. */
static void take_place(struct settings *settings, char *place)
{
	char *port = strrchr(place, ':');
	char *closing = strrchr(place, ']');

	settings->host = settings->socket = NULL;
	settings->over_tcp = 0;
	if (*place == '/') {
		settings->socket = place;
		return;
	}
	if (port && (place[0] == '[' ? closing && port == closing + 1 : strchr(place, ':') == port)) {
		settings->port = (unsigned int)strtoul(port + 1, NULL, 10);
		*port = '\0';
		settings->over_tcp = 1;
	}
	if (place[0] == '[' && closing) {
		*closing = '\0';
		place++;
	}
	settings->host = place;
}

unsigned int request_timeout(const json_t *request)
{
	return (unsigned int)json_integer_value(json_object_get(request, "timeout"));
}

const char *settings_read(json_t *request, struct settings *ret_settings, char **ret_lines)
{
	struct settings settings = { 0 };
	const char *place = json_string_value(json_object_get(request, "server"));
	const char *user = json_string_value(json_object_get(request, "user"));
	const char *error = print_defaults(json_object_get(request, "defaults"), ret_lines);

	if (error)
		return error;
	take_lines(&settings, *ret_lines);
	if (place)
		take_place(&settings, (char *)place);
	if (user)
		settings.user = user;
	if (json_is_true(json_object_get(request, "plain")))
		settings.plain = 1;
	settings.server_uid = (uid_t)json_integer_value(json_object_get(request, "server_uid"));
	settings.timeout = request_timeout(request);
	if (settings.host && strcmp(settings.host, "localhost"))
		settings.over_tcp = 1;
	*ret_settings = settings;
	return NULL;
}
