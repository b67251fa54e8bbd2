/* SPDX-License-Identifier: MIT */
#include "plugin/status.h"

#include "plugin/reload.h"
#include "plugin/served.h"

#include <stdio.h>

/* A row for each key ID. All of it is in the statement's memory, which the
 * server frees at the statement's end. */
struct newest_row {
	unsigned long long version;
	char id[11];
};

static int show_number(struct st_mysql_show_var *variable, char *buffer, unsigned long long number)
{
	*(unsigned long long *)(void *)buffer = number;
	variable->type = SHOW_ULONGLONG;
	variable->value = buffer;
	return 0;
}

static int show_ids(MYSQL_THD thd, struct st_mysql_show_var *variable, void *buffer, struct system_status_var *status,
		    enum enum_var_type type)
{
	size_t ids = keyring_ids(served_acquire());

	(void)thd;
	(void)status;
	(void)type;
	served_release();
	return show_number(variable, buffer, ids);
}

static int show_versions(MYSQL_THD thd, struct st_mysql_show_var *variable, void *buffer,
			 struct system_status_var *status, enum enum_var_type type)
{
	size_t versions = keyring_versions(served_acquire());

	(void)thd;
	(void)status;
	(void)type;
	served_release();
	return show_number(variable, buffer, versions);
}

static int show_done(MYSQL_THD thd, struct st_mysql_show_var *variable, void *buffer, struct system_status_var *status,
		     enum enum_var_type type)
{
	struct reload_report report;

	(void)thd;
	(void)status;
	(void)type;
	reload_get_report(&report);
	return show_number(variable, buffer, report.done);
}

static int show_refused(MYSQL_THD thd, struct st_mysql_show_var *variable, void *buffer,
			struct system_status_var *status, enum enum_var_type type)
{
	struct reload_report report;

	(void)thd;
	(void)status;
	(void)type;
	reload_get_report(&report);
	return show_number(variable, buffer, report.refused);
}

static int show_last_time(MYSQL_THD thd, struct st_mysql_show_var *variable, void *buffer,
			  struct system_status_var *status, enum enum_var_type type)
{
	struct reload_report report;
	struct tm local;

	(void)thd;
	(void)status;
	(void)type;
	reload_get_report(&report);
	if (!localtime_r(&report.last, &local) || !strftime(buffer, 32, "%F %T", &local))
		*(char *)buffer = '\0';
	variable->type = SHOW_CHAR;
	variable->value = buffer;
	return 0;
}

static int show_last_result(MYSQL_THD thd, struct st_mysql_show_var *variable, void *buffer,
			    struct system_status_var *status, enum enum_var_type type)
{
	struct reload_report report;

	(void)thd;
	(void)status;
	(void)type;
	reload_get_report(&report);
	snprintf(buffer, sizeof(report.result), "%s", report.result);
	variable->type = SHOW_CHAR;
	variable->value = buffer;
	return 0;
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

static int show_newest(MYSQL_THD thd, struct st_mysql_show_var *variable, void *buffer,
		       struct system_status_var *status, enum enum_var_type type)
{
	static struct st_mysql_show_var none[] = { { 0 } };
	struct st_mysql_show_var *rows = make_rows(thd, served_acquire());

	(void)buffer;
	(void)status;
	(void)type;
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
	STATUS("key_ids", show_ids),
	STATUS("key_versions", show_versions),
	STATUS("last_reload_result", show_last_result),
	STATUS("last_reload_time", show_last_time),
	STATUS("newest_version", show_newest),
	STATUS("reloads", show_done),
	STATUS("reloads_refused", show_refused),
	{ 0 },
};
