/* SPDX-License-Identifier: MIT */
#include "client/session.h"

#include "client/socket.h"

#include <errmsg.h>
#include <errno.h>
#include <mysql.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Larger than any row or column description of our statements. */
#define PACKET_SIZE_MAX (1ul << 20)

#ifndef CR_PLUGIN_NOT_ALLOWED
#define CR_PLUGIN_NOT_ALLOWED 5010
#endif

struct session {
	MYSQL *mysql;
};

static json_t *error_object(int code, const char *message)
{
	json_t *object = json_object();
	json_t *text = json_string(message);

	json_object_set_new(object, "code", json_integer(code));
	json_object_set_new(object, "message", text ? text : json_string("an error message that is not UTF-8"));
	return object;
}

static void set_text(MYSQL *mysql, enum mysql_option option, const char *value)
{
	if (value && *value)
		mysql_options(mysql, option, value);
}

/* Requires an encrypting cipher and a certificate, regardless of the option file. */
static void set_cipher(MYSQL *mysql, const char *cipher)
{
	char *safe;

	if (!cipher || !*cipher || asprintf(&safe, "%s:!aNULL:!eNULL", cipher) < 0)
		return;
	mysql_options(mysql, MYSQL_OPT_SSL_CIPHER, safe);
	free(safe);
}

/* From version 3.4 on, Connector/C accepts some certificates that it cannot verify,
 * unless a CA file is set. So one is always set. These are the files of Debian, Red Hat,
 * SUSE and Alpine. */
static const char *system_authorities(void)
{
	static const char *const files[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
					     "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!access(files[i], R_OK))
			return files[i];
	return "/dev/null";
}

static void set_authorities(MYSQL *mysql, const struct parameters *parameters)
{
	bool named = (parameters->ssl_ca && *parameters->ssl_ca) || (parameters->ssl_capath && *parameters->ssl_capath);

	set_text(mysql, MYSQL_OPT_SSL_CA, parameters->ssl_ca);
	set_text(mysql, MYSQL_OPT_SSL_CAPATH, parameters->ssl_capath);
	if (!named && mysql_get_client_version() >= 30400)
		set_text(mysql, MYSQL_OPT_SSL_CA, system_authorities());
}

static void set_tls(MYSQL *mysql, const struct parameters *parameters)
{
	static const my_bool yes = 1;

	set_authorities(mysql, parameters);
	set_text(mysql, MYSQL_OPT_SSL_CERT, parameters->ssl_cert);
	set_text(mysql, MYSQL_OPT_SSL_KEY, parameters->ssl_key);
	set_cipher(mysql, parameters->ssl_cipher);
	set_text(mysql, MYSQL_OPT_SSL_CRL, parameters->ssl_crl);
	set_text(mysql, MYSQL_OPT_SSL_CRLPATH, parameters->ssl_crlpath);
	set_text(mysql, MARIADB_OPT_TLS_VERSION, parameters->tls_version);
	mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
}

/* Challenge plugins reveal no password to an impostor. Password plugins send the password
 * itself, so the server must have proven its identity. dialog is in neither list: it
 * prompts on the terminal for anything the server requests. */
#define CHALLENGE_PLUGINS "mysql_native_password,client_ed25519,parsec"
#define PASSWORD_PLUGINS "mysql_clear_password,caching_sha2_password,sha256_password"

static void restrict_plugins(MYSQL *mysql, bool proven)
{
	static const my_bool yes = 1;

	/* refuse password hashes of MySQL before 4.1 */
	mysql_options(mysql, MYSQL_SECURE_AUTH, &yes);
#if HAVE_DECL_MARIADB_OPT_RESTRICTED_AUTH
	mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH,
		      proven ? CHALLENGE_PLUGINS "," PASSWORD_PLUGINS : CHALLENGE_PLUGINS);
#else
	/* the built-in plugins are challenge plugins */
	if (!proven)
		mysql_options(mysql, MYSQL_PLUGIN_DIR, "/dev/null");
#endif
}

/* A server can limit the rows of every answer (sql_select_limit), and reports nothing then. It can also
 * refuse joins with many rows (max_join_size). */
#define NO_LIMITS "SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1"

static void set_options(MYSQL *mysql, const struct parameters *parameters)
{
	static const unsigned int none = 0;
	static const size_t packet_size = PACKET_SIZE_MAX;
	unsigned int protocol = parameters->over_tcp ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
	bool encrypted = parameters->over_tcp && !parameters->plain;

	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &parameters->timeout);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &parameters->timeout);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &parameters->timeout);
	mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	/* a server must not be able to request files of this host */
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &none);
	mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_size);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "mkeyfile");
	mysql_options(mysql, MYSQL_INIT_COMMAND, NO_LIMITS);
	restrict_plugins(mysql, encrypted);
	if (encrypted)
		set_tls(mysql, parameters);
}

static const char *own_name(void)
{
	const struct passwd *entry = getpwuid(geteuid());

	return entry ? entry->pw_name : NULL;
}

static bool connect_to(MYSQL *mysql, const struct parameters *parameters, const char *socket_path)
{
	const char *host = parameters->over_tcp ? parameters->host ? parameters->host : "127.0.0.1" : NULL;

	return mysql_real_connect(mysql, host, parameters->user ? parameters->user : own_name(), parameters->password,
				  NULL, parameters->over_tcp ? parameters->port : 0, socket_path, 0) != NULL;
}

static json_t *connection_error(MYSQL *mysql, const struct pinned_socket *pinned)
{
	char words[4096];

	/* the path of the pinned socket means nothing to the user */
	if (pinned && mysql_errno(mysql) == CR_CONNECTION_ERROR) {
		socket_words(pinned->name, pinned->error_number, words, sizeof(words));
		return error_object(CR_CONNECTION_ERROR, words);
	}
	if (mysql_errno(mysql) == CR_PLUGIN_NOT_ALLOWED)
		return error_object(CR_PLUGIN_NOT_ALLOWED,
				    "the account's authentication plugin would reveal the password");
	return error_object((int)mysql_errno(mysql), mysql_error(mysql));
}

static bool connect_by_tcp(MYSQL *mysql, const struct parameters *parameters, json_t **ret_error)
{
	if (!connect_to(mysql, parameters, NULL))
		*ret_error = connection_error(mysql, NULL);
	/* check the result, although encryption was enforced before */
	else if (!parameters->plain && !mysql_get_ssl_cipher(mysql))
		*ret_error = error_object(CODE_OWN, "the connection is not encrypted");
	else
		return true;
	return false;
}

static bool connect_by_socket(MYSQL *mysql, const struct parameters *parameters, json_t **ret_error)
{
	char words[4096];
	struct pinned_socket pinned;
	int code = socket_pin(parameters->socket, parameters->server_uid, &pinned, words, sizeof(words));
	bool connected;

	if (code) {
		*ret_error = error_object(code, words);
		return false;
	}
	connected = connect_to(mysql, parameters, pinned.path);
	pinned.error_number = errno;
	if (!connected)
		*ret_error = connection_error(mysql, &pinned);
	close(pinned.descriptor);
	return connected;
}

struct session *session_open(const struct parameters *parameters, json_t **ret_error)
{
	struct session *session = calloc(1, sizeof(*session));
	MYSQL *mysql = session ? mysql_init(NULL) : NULL;

	if (!mysql) {
		free(session);
		*ret_error = error_object(CODE_OWN, "out of memory");
		return NULL;
	}
	session->mysql = mysql;
	set_options(mysql, parameters);
	if (parameters->over_tcp ? connect_by_tcp(mysql, parameters, ret_error)
				 : connect_by_socket(mysql, parameters, ret_error))
		return session;
	session_close(session);
	return NULL;
}

/* JSON strings are text only. */
static json_t *value_json(const char *value, unsigned long length)
{
	json_t *text = value && !memchr(value, '\0', length) ? json_stringn(value, length) : NULL;

	return text ? text : json_null();
}

/* Returns the row as JSON text, malloc(3)ed, or NULL if memory runs out. */
static char *row_text(MYSQL_ROW row, const unsigned long *lengths, unsigned int fields)
{
	json_t *array = json_array();
	char *text = NULL;
	bool whole = array != NULL;

	for (unsigned int i = 0; whole && i < fields; i++)
		whole = !json_array_append_new(array, value_json(row[i], lengths[i]));
	if (whole)
		text = json_dumps(array, JSON_COMPACT);
	json_decref(array);
	return text;
}

/* Writes all rows within the limits. Returns NULL, or the error that ended them. */
static json_t *write_rows(MYSQL *mysql, MYSQL_RES *result, FILE *stream)
{
	size_t count = 0;
	size_t size = 0;
	MYSQL_ROW row;

	while (result && (row = mysql_fetch_row(result))) {
		char *text = row_text(row, mysql_fetch_lengths(result), mysql_num_fields(result));

		if (!text)
			return error_object(CODE_OWN, "out of memory");
		size += strlen(text) + 1;
		if (count == ANSWER_ROWS_MAX || size > ANSWER_SIZE_MAX) {
			free(text);
			return error_object(CODE_OWN, "the server's answer is too large");
		}
		fprintf(stream, "%s%s", count++ ? "," : "", text);
		free(text);
	}
	return mysql_errno(mysql) ? error_object((int)mysql_errno(mysql), mysql_error(mysql)) : NULL;
}

static void write_end(json_t *error, FILE *stream)
{
	char *text = error ? json_dumps(error, JSON_COMPACT) : NULL;

	fputc(']', stream);
	if (error)
		fprintf(stream, ",\"error\":%s", text ? text : "{\"code\":0,\"message\":\"out of memory\"}");
	fputs("}\n", stream);
	free(text);
}

bool session_query(struct session *session, const char *sql, FILE *stream)
{
	MYSQL *mysql = session->mysql;
	MYSQL_RES *result = NULL;
	json_t *error;
	bool lost;

	fputs("{\"rows\":[", stream);
	if (!mysql_real_query(mysql, sql, strlen(sql)))
		result = mysql_use_result(mysql);
	error = write_rows(mysql, result, stream);
	write_end(error, stream);
	/* mysql_free_result would read the remaining rows, which may never end */
	lost = result && error;
	if (lost)
		shutdown(mysql_get_socket(mysql), SHUT_RDWR);
	mysql_free_result(result);
	json_decref(error);
	return !fflush(stream) && !ferror(stream) && !lost;
}

void session_close(struct session *session)
{
	if (session)
		mysql_close(session->mysql);
	free(session);
}
