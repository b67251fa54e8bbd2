/* SPDX-License-Identifier: MIT */
#include "client/parameters.h"

#include "core/child.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MOST_DEFAULTS 8
#define MOST_OUTPUT 65536

/* ---- option files ---- */

static struct fault run_printer(char *const arguments[], struct secret *ret_lines)
{
	const char *program = getenv("MKEYFILE_PRINT_DEFAULTS");
	const struct child child = {
		.program = program && *program ? program : arguments[0],
		.arguments = arguments,
		.environment = environ,
	};
	struct fault fault = child_read(&child, MOST_OUTPUT + 1, ret_lines);

	return !fault.code && ret_lines->size > MOST_OUTPUT ? fault_of(FAULT_TOO_LARGE) : fault;
}

static const char *print_defaults(const json_t *defaults, struct secret *ret_lines)
{
	static char program[] = "my_print_defaults";
	static char groups[][16] = { "client", "client-server", "client-mariadb" };
	char *arguments[MOST_DEFAULTS + 5] = { program };
	size_t count = json_array_size(defaults) < MOST_DEFAULTS ? json_array_size(defaults) : MOST_DEFAULTS;
	struct fault fault;

	for (size_t i = 0; i < count; i++)
		arguments[1 + i] = (char *)json_string_value(json_array_get(defaults, i));
	for (size_t i = 0; i < 3; i++)
		arguments[1 + count + i] = groups[i];
	fault = run_printer(arguments, ret_lines);
	/* on a host without MariaDB's tools, no option files are read */
	if (fault.code == FAULT_COMMAND_FAILED && fault.error_number == -ENOENT)
		fault = secret_copy_text(ret_lines, "", 0);
	if (fault.code == FAULT_MEMORY)
		return "out of memory";
	if (fault.code == FAULT_COMMAND_FAILED && fault.error_number < 0)
		return "cannot run my_print_defaults to read the option files";
	return fault.code ? "my_print_defaults failed to read the option files" : NULL;
}

/* "-" and "_" are equivalent in option names. */
static bool is_named(const char *name, const char *option)
{
	for (; *name && *option; name++, option++)
		if ((*name == '_' ? '-' : *name) != *option)
			return false;
	return !*name && !*option;
}

/* ssl, skip-ssl and ssl-verify-server-cert are missing here: only the request makes a
 * connection plain. */
static void take_option(struct parameters *parameters, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **value;
	} texts[] = {
		{ "user", &parameters->user },
		{ "password", &parameters->password },
		{ "host", &parameters->host },
		{ "socket", &parameters->socket },
		{ "ssl-ca", &parameters->ssl_ca },
		{ "ssl-capath", &parameters->ssl_capath },
		{ "ssl-cert", &parameters->ssl_cert },
		{ "ssl-key", &parameters->ssl_key },
		{ "ssl-cipher", &parameters->ssl_cipher },
		{ "ssl-crl", &parameters->ssl_crl },
		{ "ssl-crlpath", &parameters->ssl_crlpath },
		{ "tls-version", &parameters->tls_version },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (is_named(name, texts[i].name))
			*texts[i].value = value;
	if (is_named(name, "port"))
		parameters->port = (unsigned int)strtoul(value, NULL, 10);
	else if (is_named(name, "protocol"))
		parameters->over_tcp = !strcasecmp(value, "tcp");
}

static void take_lines(struct parameters *parameters, char *lines)
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
		take_option(parameters, line, value ? value : "");
	}
}

/* ---- the request ---- */

/* Parses "/path/of/socket", "HOST", "HOST:PORT" or "[ADDRESS]:PORT". Cuts the string in place. */
static void take_place(struct parameters *parameters, char *place)
{
	char *port = strrchr(place, ':');
	char *closing = strrchr(place, ']');

	parameters->host = parameters->socket = NULL;
	parameters->over_tcp = 0;
	if (*place == '/') {
		parameters->socket = place;
		return;
	}
	if (port && (place[0] == '[' ? closing && port == closing + 1 : strchr(place, ':') == port)) {
		parameters->port = (unsigned int)strtoul(port + 1, NULL, 10);
		*port = '\0';
		parameters->over_tcp = 1;
	}
	if (place[0] == '[' && closing) {
		*closing = '\0';
		place++;
	}
	parameters->host = place;
}

unsigned int request_timeout(const json_t *request)
{
	return (unsigned int)json_integer_value(json_object_get(request, "timeout"));
}

const char *parameters_read(json_t *request, struct parameters *ret_parameters, struct secret *ret_lines)
{
	struct parameters parameters = { 0 };
	const char *place = json_string_value(json_object_get(request, "server"));
	const char *user = json_string_value(json_object_get(request, "user"));
	const char *error = print_defaults(json_object_get(request, "defaults"), ret_lines);

	if (error)
		return error;
	take_lines(&parameters, (char *)ret_lines->data);
	if (place)
		take_place(&parameters, (char *)place);
	if (user)
		parameters.user = user;
	if (json_is_true(json_object_get(request, "plain")))
		parameters.plain = 1;
	parameters.server_uid = (uid_t)json_integer_value(json_object_get(request, "server_uid"));
	parameters.timeout = request_timeout(request);
	if (parameters.host && strcmp(parameters.host, "localhost"))
		parameters.over_tcp = 1;
	*ret_parameters = parameters;
	return NULL;
}
