/* SPDX-License-Identifier: MIT */
#include "plugin/status.h"

#include "plugin/reload.h"
#include "plugin/served.h"

#include <stdio.h>
#include <string.h>

/* A row for each key ID. The memory belongs to the statement; the server frees it when
 * the statement ends. */
struct newest_row {
	unsigned long long version;
	char id[11];
};

/* The server calls one of these for each row, with a buffer for the value. */
#define SHOW_FUNCTION(name)                                                                                            \
	static int name(__attribute__((unused)) MYSQL_THD thd, struct st_mysql_show_var *variable,                     \
			__attribute__((unused)) void *buffer,                                                          \
			__attribute__((unused)) struct system_status_var *status,                                      \
			__attribute__((unused)) enum enum_var_type type)

static int show_number(struct st_mysql_show_var *variable, void *buffer, unsigned long long number)
{
	*(unsigned long long *)buffer = number;
	variable->type = SHOW_ULONGLONG;
	variable->value = buffer;
	return 0;
}

static int show_text(struct st_mysql_show_var *variable, void *buffer)
{
	variable->type = SHOW_CHAR;
	variable->value = buffer;
	return 0;
}

SHOW_FUNCTION(show_ids)
{
	size_t ids = keyring_ids(served_acquire());

	served_release();
	return show_number(variable, buffer, ids);
}

SHOW_FUNCTION(show_versions)
{
	size_t versions = keyring_versions(served_acquire());

	served_release();
	return show_number(variable, buffer, versions);
}

SHOW_FUNCTION(show_fingerprint)
{
	const struct fingerprint *fingerprint = keyring_fingerprint(served_acquire());

	memcpy(buffer, fingerprint->text, sizeof(fingerprint->text));
	served_release();
	return show_text(variable, buffer);
}

SHOW_FUNCTION(show_done)
{
	struct reload_report report;

	reload_get_report(&report);
	return show_number(variable, buffer, report.done);
}

SHOW_FUNCTION(show_refused)
{
	struct reload_report report;

	reload_get_report(&report);
	return show_number(variable, buffer, report.refused);
}

SHOW_FUNCTION(show_last_time)
{
	struct reload_report report;
	struct tm local;

	reload_get_report(&report);
	if (!localtime_r(&report.last, &local) || !strftime(buffer, sizeof("2038-01-19 03:14:07"), "%F %T", &local))
		*(char *)buffer = '\0';
	return show_text(variable, buffer);
}

SHOW_FUNCTION(show_last_result)
{
	struct reload_report report;

	reload_get_report(&report);
	memcpy(buffer, report.result, sizeof(report.result));
	return show_text(variable, buffer);
}

static struct st_mysql_show_var *make_rows(MYSQL_THD thd, const struct keyring *keyring)
{
	size_t count = keyring_ids(keyring);
	struct st_mysql_show_var *variables = thd_alloc(thd, (count + 1) * sizeof(*variables));
	struct newest_row *rows = thd_alloc(thd, count * sizeof(*rows));
	uint32_t id = 0;

	if (!variables || !rows)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		id = keyring_next_id(keyring, id);
		rows[i].version = keyring_newest(keyring, id);
		snprintf(rows[i].id, sizeof(rows[i].id), "%u", id);
		variables[i] = (struct st_mysql_show_var){ rows[i].id, &rows[i].version, SHOW_ULONGLONG };
	}
	variables[count] = (struct st_mysql_show_var){ 0 };
	return variables;
}

SHOW_FUNCTION(show_newest)
{
	static struct st_mysql_show_var none[] = { { 0 } };
	struct st_mysql_show_var *rows = make_rows(thd, served_acquire());

	served_release();
	variable->type = SHOW_ARRAY;
	variable->value = rows ? rows : none;
	return 0;
}

#define STATUS(name, function)                                                                                         \
	{                                                                                                              \
		PLUGIN_NAME "_" name, (void *)(function), SHOW_FUNC                                                    \
	}

struct st_mysql_show_var status_variables[] = {
	STATUS("fingerprint", show_fingerprint),
	STATUS("key_ids", show_ids),
	STATUS("key_versions", show_versions),
	STATUS("last_reload_result", show_last_result),
	STATUS("last_reload_time", show_last_time),
	STATUS("newest_version", show_newest),
	STATUS("reloads", show_done),
	STATUS("reloads_refused", show_refused),
	{ 0 },
};
