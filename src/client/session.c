/* SPDX-License-Identifier: MIT */
#include "client/session.h"

#include <mysql.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
	MYSQL *mysql;
};

static json_t *error_object(unsigned int code, const char *message)
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

static void set_tls(MYSQL *mysql, const struct settings *settings)
{
	static const my_bool yes = 1;

	set_text(mysql, MYSQL_OPT_SSL_CA, settings->ssl_ca);
	set_text(mysql, MYSQL_OPT_SSL_CAPATH, settings->ssl_capath);
	set_text(mysql, MYSQL_OPT_SSL_CERT, settings->ssl_cert);
	set_text(mysql, MYSQL_OPT_SSL_KEY, settings->ssl_key);
	set_text(mysql, MYSQL_OPT_SSL_CIPHER, settings->ssl_cipher);
	set_text(mysql, MYSQL_OPT_SSL_CRL, settings->ssl_crl);
	set_text(mysql, MYSQL_OPT_SSL_CRLPATH, settings->ssl_crlpath);
	set_text(mysql, MARIADB_OPT_TLS_VERSION, settings->tls_version);
	mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
}

static void set_options(MYSQL *mysql, const struct settings *settings)
{
	static const unsigned int none = 0;
	unsigned int protocol = settings->over_tcp ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;

	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &settings->timeout);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &settings->timeout);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &settings->timeout);
	mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	/* a server must not be able to ask for files of this host */
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &none);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "mkeyfile");
	if (settings->over_tcp && !settings->plain)
		set_tls(mysql, settings);
}

static const char *own_name(void)
{
	const struct passwd *entry = getpwuid(geteuid());

	return entry ? entry->pw_name : NULL;
}

static bool connect_to(MYSQL *mysql, const struct settings *settings)
{
	const char *host = settings->over_tcp ? settings->host ? settings->host : "127.0.0.1" : NULL;

	return mysql_real_connect(mysql, host, settings->user ? settings->user : own_name(), settings->password, NULL,
				  settings->over_tcp ? settings->port : 0, settings->over_tcp ? NULL : settings->socket,
				  0) != NULL;
}

struct session *session_open(const struct settings *settings, json_t **ret_error)
{
	struct session *session = calloc(1, sizeof(*session));
	MYSQL *mysql = session ? mysql_init(NULL) : NULL;

	if (!mysql) {
		free(session);
		*ret_error = error_object(0, "out of memory");
		return NULL;
	}
	session->mysql = mysql;
	set_options(mysql, settings);
	if (connect_to(mysql, settings)) {
		/* belt and braces: what was enforced is asked for */
		if (!settings->over_tcp || settings->plain || mysql_get_ssl_cipher(mysql))
			return session;
		*ret_error = error_object(0, "the connection is not encrypted");
	} else {
		*ret_error = error_object(mysql_errno(mysql), mysql_error(mysql));
	}
	session_close(session);
	return NULL;
}

static json_t *row_json(MYSQL_ROW row, const unsigned long *lengths, unsigned int fields)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < fields; i++) {
		json_t *value = row[i] ? json_stringn(row[i], lengths[i]) : NULL;

		json_array_append_new(array, value ? value : json_null());
	}
	return array;
}

json_t *session_query(struct session *session, const char *sql)
{
	MYSQL *mysql = session->mysql;
	MYSQL_RES *result = NULL;
	json_t *rows = json_array();
	MYSQL_ROW row;

	if (!mysql_real_query(mysql, sql, strlen(sql)))
		result = mysql_store_result(mysql);
	if (mysql_errno(mysql)) {
		json_decref(rows);
		return json_pack("{s:o}", "error", error_object(mysql_errno(mysql), mysql_error(mysql)));
	}
	while (result && (row = mysql_fetch_row(result)))
		json_array_append_new(rows, row_json(row, mysql_fetch_lengths(result), mysql_num_fields(result)));
	mysql_free_result(result);
	return json_pack("{s:o}", "rows", rows);
}

void session_close(struct session *session)
{
	if (session)
		mysql_close(session->mysql);
	free(session);
}
