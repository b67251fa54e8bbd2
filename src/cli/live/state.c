/* SPDX-License-Identifier: MIT */
#include "cli/live/state.h"

#include "cli/words/message.h"
#include "core/array.h"
#include "core/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define PLUGIN_NAME "mkeyfile_key_management"
#define NEWEST_PREFIX PLUGIN_NAME "_newest_version_"
#define FINGERPRINT PLUGIN_NAME "_fingerprint"

const char *server_reload_statement(enum reload reload)
{
	switch (reload) {
	case RELOAD_FLUSH:
		return "FLUSH FILE_KEY_MANAGEMENT_KEYS";
	case RELOAD_PLUGIN:
		return "SET GLOBAL " PLUGIN_NAME "_reload = ON";
	default:
		return NULL;
	}
}

void server_state_free(struct server_state *state)
{
	free(state->version);
	free(state->plugin);
	free(state->filename);
	free(state->fingerprint);
	free(state->ids);
	cluster_free(&state->cluster);
	*state = (struct server_state){ 0 };
}

/* More key IDs than fit in a key file, where each line has at least 35 bytes. */
#define IDS_MAX 30000

static int compare(const void *one, const void *other)
{
	const struct server_id *a = one;
	const struct server_id *b = other;

	return a->id < b->id ? -1 : a->id > b->id;
}

static enum status find_or_insert(struct server_state *state, uint32_t id, struct server_id **ret_id)
{
	const struct server_id one = { .id = id };

	if (state->count == IDS_MAX && !server_state_find(state, id)) {
		message_error("the server lists more key IDs than fit in a key file");
		return STATUS_FAILED;
	}
	*ret_id = array_find_or_insert(&state->ids, &state->count, sizeof(one), &one, compare);
	return *ret_id ? STATUS_DONE : out_of_memory();
}

const struct server_id *server_state_find(const struct server_state *state, uint32_t id)
{
	const struct server_id one = { .id = id };

	return array_find(state->ids, state->count, sizeof(one), &one, compare);
}

/* ---- settings ---- */

static enum status take_variable(struct server_state *state, const char *name, const char *value)
{
	if (!strcmp(name, "version"))
		return server_take_text(&state->version, value);
	if (strstr(name, "key_management_filename") && *value)
		return server_take_text(&state->filename, value);
	if (!strcmp(name, "innodb_encryption_threads"))
		state->threads = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(name, "innodb_encryption_rotate_key_age"))
		state->age = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(name, "innodb_encrypt_tables"))
		state->decrypts = !strcmp(value, "OFF");
	else if (!strcmp(name, "innodb_read_only"))
		state->read_only = !strcmp(value, "ON");
	else if (!strcmp(name, PLUGIN_NAME "_reload"))
		state->reload = RELOAD_PLUGIN;
	return STATUS_DONE;
}

static enum status read_settings(struct server_link *link, struct server_state *state)
{
	json_auto_t *rows = NULL;
	json_auto_t *plugins = NULL;
	const json_t *row;
	size_t i;
	enum status status =
		server_query(link,
			     "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'innodb_encryption_threads',"
			     " 'innodb_encryption_rotate_key_age', 'innodb_encrypt_tables', 'innodb_read_only',"
			     " 'file_key_management_filename', '" PLUGIN_NAME "_filename', '" PLUGIN_NAME "_reload')",
			     &rows);

	json_array_foreach (rows, i, row) {
		if (!status && row_text(row, 0) && row_text(row, 1))
			status = take_variable(state, row_text(row, 0), row_text(row, 1));
	}
	if (!status)
		status = server_query(link,
				      "SELECT PLUGIN_NAME FROM information_schema.PLUGINS"
				      " WHERE PLUGIN_TYPE = 'ENCRYPTION' AND PLUGIN_STATUS = 'ACTIVE'",
				      &plugins);
	row = json_array_get(plugins, 0);
	return status || !row_text(row, 0) ? status : server_take_text(&state->plugin, row_text(row, 0));
}

/* ---- which versions it has loaded ---- */

/* Enterprise Server lists ID and newest version. The names of these columns are not documented. */
static enum status read_enterprise_list(struct server_link *link, struct server_state *state)
{
	json_auto_t *rows = NULL;
	const json_t *row;
	size_t i;
	enum status status =
		server_query_table(link, "SELECT * FROM information_schema.FILE_KEY_MANAGEMENT_KEYS", &rows);

	if (!rows)
		return status;
	state->reload = RELOAD_FLUSH;
	state->tells_newest = true;
	json_array_foreach (rows, i, row) {
		struct server_id *id = NULL;

		status = find_or_insert(state, (uint32_t)row_number(row, 0), &id);
		if (status)
			return status;
		if (row_number(row, 1) > id->newest)
			id->newest = (uint32_t)row_number(row, 1);
	}
	return STATUS_DONE;
}

/* One of the plugin's status variables. */
static enum status take_plugin_variable(struct server_state *state, const char *name, const char *value)
{
	struct server_id *id = NULL;
	enum status status;

	if (!strcasecmp(name, FINGERPRINT) && *value)
		return server_take_text(&state->fingerprint, value);
	if (strncasecmp(name, NEWEST_PREFIX, sizeof(NEWEST_PREFIX) - 1) != 0)
		return STATUS_DONE;
	status = find_or_insert(state, (uint32_t)strtoul(name + sizeof(NEWEST_PREFIX) - 1, NULL, 10), &id);
	if (status)
		return status;
	id->newest = (uint32_t)strtoul(value, NULL, 10);
	state->tells_newest = true;
	return STATUS_DONE;
}

static enum status read_plugin_list(struct server_link *link, struct server_state *state)
{
	json_auto_t *rows = NULL;
	const json_t *row;
	size_t i;
	enum status status = server_query(link, "SHOW GLOBAL STATUS LIKE '" PLUGIN_NAME "\\_%'", &rows);

	json_array_foreach (rows, i, row) {
		if (!status && row_text(row, 0) && row_text(row, 1))
			status = take_plugin_variable(state, row_text(row, 0), row_text(row, 1));
	}
	return status;
}

/* ---- what InnoDB does ---- */

/* A tablespace is pending by the rule of InnoDB's own threads: its oldest version plus the allowed
 * age is below the newest version (fil0crypt.cc). Version 0 of an encrypted tablespace means that a
 * part of the tablespace is not encrypted yet. InnoDB shows the newest version before it has flushed
 * the pages: until then, the file contains the old version. */
#define TABLESPACES_QUERY(size, join)                                                                                  \
	"SELECT e.CURRENT_KEY_ID, MAX(e.CURRENT_KEY_VERSION), MIN(e.MIN_KEY_VERSION), COUNT(*),"                       \
	" SUM(e.MIN_KEY_VERSION < e.CURRENT_KEY_VERSION), SUM(p.pending), SUM(" size "),"                              \
	" CAST(SUM(" size " * IF(p.pending, COALESCE(e.KEY_ROTATION_PAGE_NUMBER"                                       \
	" / NULLIF(e.KEY_ROTATION_MAX_PAGE_NUMBER, 0), 0), 1)) AS UNSIGNED)"                                           \
	" FROM information_schema.INNODB_TABLESPACES_ENCRYPTION e"                                                     \
	" JOIN (SELECT SPACE, ROTATING_OR_FLUSHING = 1 OR MIN_KEY_VERSION < CURRENT_KEY_VERSION AND"                   \
	" (MIN_KEY_VERSION = 0 OR (@@GLOBAL.innodb_encryption_rotate_key_age > 0 AND"                                  \
	" MIN_KEY_VERSION + @@GLOBAL.innodb_encryption_rotate_key_age < CURRENT_KEY_VERSION)) AS pending"              \
	" FROM information_schema.INNODB_TABLESPACES_ENCRYPTION) p ON p.SPACE = e.SPACE" join                          \
	" WHERE e.ENCRYPTION_SCHEME = 1 GROUP BY e.CURRENT_KEY_ID"

static const char tablespaces_query[] =
	TABLESPACES_QUERY("COALESCE(s.FILE_SIZE, 1)",
			  " LEFT JOIN information_schema.INNODB_SYS_TABLESPACES s ON s.SPACE = e.SPACE");

/* A server with innodb_read_only crashes while it reads INNODB_SYS_TABLESPACES (10.5.23, 10.11.19, 11.8.9). */
static const char read_only_query[] = TABLESPACES_QUERY("1", "");

static enum status read_tablespaces(struct server_link *link, struct server_state *state)
{
	json_auto_t *rows = NULL;
	const json_t *row;
	size_t i;
	enum status status = server_query(link, state->read_only ? read_only_query : tablespaces_query, &rows);

	json_array_foreach (rows, i, row) {
		struct server_id *id = NULL;
		uint64_t newest = row_number(row, 1);

		status = find_or_insert(state, (uint32_t)row_number(row, 0), &id);
		if (status)
			return status;
		/* the API of encryption plugins has a version above the highest for a key that does not exist */
		id->lacks_key = newest > KEY_VERSION_MAX;
		if (!id->lacks_key && newest > id->newest)
			id->newest = (uint32_t)newest;
		id->oldest = (uint32_t)row_number(row, 2);
		id->tablespaces = row_number(row, 3);
		id->behind = row_number(row, 4);
		id->pending = row_number(row, 5);
		id->bytes = row_number(row, 6);
		id->bytes_done = row_number(row, 7);
	}
	return status;
}

enum status server_state_read(struct server_link *link, struct server_state *ret_state)
{
	SERVER_STATE struct server_state state = { 0 };
	enum status status = read_settings(link, &state);

	if (!status)
		status = state.reload == RELOAD_PLUGIN ? read_plugin_list(link, &state)
						       : read_enterprise_list(link, &state);
	if (!status)
		status = read_tablespaces(link, &state);
	if (!status)
		status = cluster_read(link, &state.cluster);
	if (status)
		return status;
	*ret_state = state;
	state = (struct server_state){ 0 };
	return STATUS_DONE;
}

void server_state_warn_of_other_file(const struct server_state *state, const char *path)
{
	HEAP char *absolute = realpath(path, NULL);
	HEAP char *theirs = state->filename ? realpath(state->filename, NULL) : NULL;

	if (state->filename && (!absolute || strcmp(theirs ? theirs : state->filename, absolute) != 0))
		message_warning("the server reads its keys from another file: '%s'", state->filename);
}
