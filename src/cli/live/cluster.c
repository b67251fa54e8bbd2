/* SPDX-License-Identifier: MIT */
#include "cli/live/cluster.h"

#include "cli/words/message.h"

#include <stdlib.h>
#include <string.h>

/* The state UUID of a node that has not joined yet. */
#define NO_ID "00000000-0000-0000-0000-000000000000"

void cluster_free(struct cluster *cluster)
{
	free(cluster->id);
	free(cluster->addresses);
	free(cluster->node);
	*cluster = (struct cluster){ 0 };
}

static enum status take_variable(struct cluster *cluster, const char *name, const char *value)
{
	if (!strcmp(name, "wsrep_cluster_state_uuid") && *value && strcmp(value, NO_ID) != 0)
		return server_take_text(&cluster->id, value);
	if (!strcmp(name, "wsrep_incoming_addresses"))
		return server_take_text(&cluster->addresses, value);
	if (!strcmp(name, "wsrep_gcomm_uuid") && *value)
		return server_take_text(&cluster->node, value);
	if (!strcmp(name, "wsrep_cluster_size"))
		cluster->size = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(name, "wsrep_local_index"))
		cluster->index = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(name, "wsrep_cluster_status"))
		cluster->has_quorum = !strcmp(value, "Primary");
	return STATUS_DONE;
}

/* "gcomm://A,B,C?option=value"; without addresses, the node starts a new cluster. */
static uint32_t count_listed(const char *address)
{
	const char *list = strstr(address, "://");
	uint32_t count;

	if (!list || !list[3] || list[3] == '?')
		return 0;
	count = 1;
	for (list += 3; *list && *list != '?'; list++)
		count += *list == ',';
	return count;
}

static enum status read_listed(struct server_link *link, struct cluster *cluster)
{
	json_auto_t *rows = NULL;
	const json_t *row;
	enum status status =
		server_query(link, "SHOW GLOBAL VARIABLES WHERE Variable_name = 'wsrep_cluster_address'", &rows);

	row = json_array_get(rows, 0);
	if (!status && row_text(row, 1))
		cluster->listed = count_listed(row_text(row, 1));
	return status;
}

enum status cluster_read(struct server_link *link, struct cluster *ret_cluster)
{
	struct cluster cluster = { 0 };
	json_auto_t *rows = NULL;
	const json_t *row;
	size_t i;
	enum status status = server_query(link,
					  "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_state_uuid',"
					  " 'wsrep_incoming_addresses', 'wsrep_cluster_size', 'wsrep_local_index',"
					  " 'wsrep_cluster_status', 'wsrep_gcomm_uuid')",
					  &rows);

	json_array_foreach (rows, i, row) {
		if (!status && row_text(row, 0) && row_text(row, 1))
			status = take_variable(&cluster, row_text(row, 0), row_text(row, 1));
	}
	if (!status && !cluster.size)
		cluster_free(&cluster);
	else if (!status)
		status = read_listed(link, &cluster);
	if (!status)
		*ret_cluster = cluster;
	else
		cluster_free(&cluster);
	return status;
}

uint32_t cluster_count(const struct cluster *cluster)
{
	uint32_t count = cluster->addresses != NULL;

	for (const char *at = cluster->addresses; at && *at; at++)
		count += *at == ',';
	return count;
}

bool cluster_address(const struct cluster *cluster, uint32_t index, char **ret_address)
{
	const char *address = cluster->addresses;

	for (; address && index; index--) {
		address = strchr(address, ',');
		address += address != NULL;
	}
	if (!address)
		return false;
	*ret_address = strndup(address, strcspn(address, ","));
	return true;
}

bool cluster_is_address(const char *text)
{
	return *text && *text != '/' && !strchr(text, '@') && strcmp(text, "AUTO") != 0;
}
