/* SPDX-License-Identifier: MIT */
#include "cli/commands/command.h"
#include "cli/commands/status_report.h"
#include "cli/keyfile/content.h"
#include "cli/keyfile/input.h"
#include "cli/keyfile/seal_rule.h"
#include "cli/words/color.h"
#include "cli/words/message.h"
#include "core/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct arguments {
	struct options *options;
	struct server_options server;
	struct key_ids ids;
	bool cluster;
	bool wait;
	uint32_t timeout; /* seconds; 0: no limit */
};

/* The name of the server in the option files, in a table of several servers. */
#define DEFAULT_NAME "default"

static const struct option_spec specs[] = {
	{ "cluster", 0, NULL, "Ask all nodes of the server's Galera cluster", OPTION_FLAG(struct arguments, cluster) },
	{ "wait", 0, NULL, "Wait until InnoDB has re-encrypted its tablespaces", OPTION_FLAG(struct arguments, wait) },
	{ "timeout", 0, "SECONDS", "Wait up to SECONDS (default: no limit)",
	  OPTION_NUMBER(struct arguments, timeout, 1, 31536000) },
	{ OPTION_KEY_IDS(struct arguments, ids) },
	{ 0 },
};

static const struct conflict conflicts[] = { { NEED, "timeout", "wait", "--timeout requires --wait" }, { 0 } };

static const struct command_group groups[] = {
	{ COMMAND_GROUP(server_table, struct server_options, struct arguments, server) },
	{ 0 },
};

/* ---- asking ---- */

/* The servers to ask, and what to compare them with. */
struct watch {
	struct keyset keyset;
	struct watched servers[SERVERS_MAX];
	size_t count;
	bool has_several;
	bool lacks_nodes;    /* nodes of the cluster are not asked */
	uint32_t node_count; /* of the cluster, when its nodes were added; 0: without --cluster */
};

static void free_answer(struct watched *server)
{
	server_state_free(&server->state);
	progress_free(&server->progress);
}

static void watch_free(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		free_answer(&watch->servers[i]);
		server_link_close(&watch->servers[i].link);
		free(watch->servers[i].name);
	}
	keyset_free(&watch->keyset);
}

/* Asks one server again. */
static enum status look_at(const struct arguments *arguments, const struct keyset *keyset, struct watched *server)
{
	enum status status;

	free_answer(server);
	status = server_state_read(server->link, &server->state);
	return status ? status : progress_compare(&arguments->ids, keyset, &server->state, &server->progress);
}

static bool are_of_one_cluster(const struct watched *one, const struct watched *other)
{
	const char *id = one->state.cluster.id;

	return id && other->state.cluster.id && !strcmp(id, other->state.cluster.id);
}

static void compare_nodes(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		for (size_t j = 0; j < watch->count; j++)
			if (i != j && are_of_one_cluster(&watch->servers[i], &watch->servers[j]))
				progress_compare_node(&watch->servers[i].progress, &watch->servers[j].progress);
}

/* Asks all servers. One of several that does not answer is closed, and does not count as a failure. */
static enum status look(const struct arguments *arguments, struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		struct watched *server = &watch->servers[i];
		enum status status = server->link ? look_at(arguments, &watch->keyset, server) : STATUS_DONE;

		if (status && !watch->has_several)
			return status;
		if (status) {
			free_answer(server);
			server_link_close(&server->link);
		}
	}
	compare_nodes(watch);
	return STATUS_DONE;
}

/* ---- waiting ---- */

#define BAR_WIDTH 30

/* The sums of all servers. */
static struct progress sum_up(const struct watch *watch)
{
	struct progress sum = { 0 };

	for (size_t i = 0; i < watch->count; i++) {
		const struct progress *progress = &watch->servers[i].progress;

		if (progress->worst > sum.worst)
			sum.worst = progress->worst;
		sum.pending += progress->pending;
		sum.tablespaces += progress->tablespaces;
		sum.bytes += progress->bytes;
		sum.bytes_done += progress->bytes_done;
	}
	return sum;
}

static void show_bar(const struct progress *sum)
{
	double share = sum->bytes ? (double)sum->bytes_done / (double)sum->bytes : 0;
	char bar[BAR_WIDTH + 1];
	int filled = (int)(share * BAR_WIDTH);

	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\rre-encrypting [%s] %3d%%, %" PRIu64 " of %" PRIu64 " tablespaces left\033[K", bar,
		(int)(100 * share), sum->pending, sum->tablespaces);
}

static void remove_bar(void)
{
	fprintf(stderr, "\r\033[K");
}

/* Waits until InnoDB is done on all servers, or until a server needs something else first. */
static enum status wait_for_end(const struct arguments *arguments, struct watch *watch)
{
	const struct timespec pause = { .tv_nsec = 500000000 };
	bool visible = is_capable_terminal(stderr) && !arguments->options->talk.quiet;
	time_t end = time(NULL) + arguments->timeout;
	struct progress sum = sum_up(watch);
	enum status status = STATUS_DONE;

	while (!status && sum.worst == STATE_REENCRYPTING) {
		if (arguments->timeout && time(NULL) >= end)
			break;
		if (visible)
			show_bar(&sum);
		nanosleep(&pause, NULL);
		status = look(arguments, watch);
		sum = sum_up(watch);
	}
	if (visible)
		remove_bar();
	if (!status && sum.worst == STATE_REENCRYPTING)
		message_error("re-encryption is not done after %u seconds: %" PRIu64 " tablespace%s left",
			      arguments->timeout, sum.pending, sum.pending == 1 ? " is" : "s are");
	return status;
}

/* ---- the servers ---- */

/* Closes the key file and wipes its keys before the connection to a server. */
static enum status read_keyset(const struct options *options, struct keyset *ret_keyset)
{
	const char *name = input_name(options->file);
	SECRET struct secret raw = { 0 };
	CONTENT struct content content = { 0 };
	enum status status = input_read(options->file, &raw, NULL);
	struct fault fault;

	if (!status)
		status = content_open(&options->password, options->kdf, name, &raw, &content);
	if (status)
		return status;
	seal_warn(options, name, message_given(), content.seal);
	fault = keyset_of_keyfile(&content.keyfile, ret_keyset);
	return message_fault(fault, name);
}

/* Adds a server and connects to it. One of several that does not answer is no failure. */
static enum status add_server(const struct arguments *arguments, struct watch *watch, const char *place,
			      const char *name)
{
	const struct options *options = arguments->options;
	struct server_options how = arguments->server;
	struct watched *server = &watch->servers[watch->count++];
	enum status status;

	how.place = place;
	server->name = visible_text(name);
	if (!server->name)
		return out_of_memory();
	status = server_link_open(&how, &options->accounts, &options->host, &server->link);
	return watch->has_several ? STATUS_DONE : status;
}

static enum status add_node(const struct arguments *arguments, struct watch *watch, const char *address)
{
	if (!*address)
		return STATUS_DONE;
	if (watch->count == SERVERS_MAX) {
		message_error("the cluster has more than %d nodes", SERVERS_MAX);
		return STATUS_FAILED;
	}
	if (!cluster_is_address(address)) {
		message_error("the cluster does not show the address of a node: '%s'", address);
		message_hint("set wsrep_node_incoming_address on each node, or use --server=SERVER for each node");
		return STATUS_FAILED;
	}
	return add_server(arguments, watch, address, address);
}

static enum status check_node(const struct cluster *cluster)
{
	if (!cluster->id) {
		message_error("the server is not a node of a Galera cluster");
		return STATUS_FAILED;
	}
	if (!cluster->has_quorum) {
		message_error("the node has lost the connection to its cluster, and cannot show the other nodes");
		message_hint("use --server=SERVER for each node");
		return STATUS_FAILED;
	}
	if (cluster_count(cluster) != cluster->size) {
		message_error("the node shows the addresses of %u of %u nodes", cluster_count(cluster), cluster->size);
		message_hint("run SET GLOBAL wsrep_on = ON if it is OFF, or use --server=SERVER for each node");
		return STATUS_FAILED;
	}
	return STATUS_DONE;
}

static void say_nodes_down(const struct cluster *cluster)
{
	uint32_t count = cluster->listed - cluster->size;
	const char *verb = count == 1 ? "is" : "are";

	message_error("%u of the %u nodes in wsrep_cluster_address %s not connected, and %s not asked", count,
		      cluster->listed, verb, verb);
	message_hint("start these nodes, or use --server=SERVER for each node");
}

/* Adds the other nodes, and names the first server as the cluster does. */
static enum status add_nodes(const struct arguments *arguments, struct watch *watch, const struct cluster *cluster)
{
	enum status status = check_node(cluster);

	watch->has_several = true;
	watch->node_count = cluster->size;
	watch->lacks_nodes = !status && cluster->listed > cluster->size;
	if (watch->lacks_nodes)
		say_nodes_down(cluster);
	for (uint32_t i = 0; !status; i++) {
		HEAP char *address = NULL;

		if (!cluster_address(cluster, i, &address))
			break;
		if (!address)
			return out_of_memory();
		if (i != cluster->index) {
			status = add_node(arguments, watch, address);
		} else if (cluster_is_address(address)) {
			free(watch->servers[0].name);
			watch->servers[0].name = visible_text(address);
			status = watch->servers[0].name ? STATUS_DONE : out_of_memory();
		}
	}
	return status;
}

static enum status add_cluster(const struct arguments *arguments, struct watch *watch)
{
	const char *place = arguments->server.place;
	struct cluster cluster = { 0 };
	enum status status = add_server(arguments, watch, place, place ? place : DEFAULT_NAME);

	if (!status)
		status = cluster_read(watch->servers[0].link, &cluster);
	if (!status)
		status = add_nodes(arguments, watch, &cluster);
	cluster_free(&cluster);
	return status;
}

static enum status add_servers(const struct arguments *arguments, struct watch *watch)
{
	size_t count = arguments->server.count ? arguments->server.count : 1;
	enum status status = STATUS_DONE;

	if (arguments->cluster)
		return add_cluster(arguments, watch);
	watch->has_several = count > 1;
	for (size_t i = 0; !status && i < count; i++) {
		const char *place = arguments->server.places[i];

		status = add_server(arguments, watch, place, place ? place : DEFAULT_NAME);
	}
	return status;
}

static bool all_answered(const struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (!watch->servers[i].link)
			return false;
	return true;
}

/* A node that was asked twice hides another one. */
static void check_node_names(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		for (size_t j = 0; j < i; j++) {
			const char *node = watch->servers[i].state.cluster.node;
			const char *other = watch->servers[j].state.cluster.node;

			if (!node || !other || strcmp(node, other) != 0)
				continue;
			message_error("'%s' and '%s' are the same node", watch->servers[j].name,
				      watch->servers[i].name);
			message_hint(
				"set wsrep_node_incoming_address to a different address on each node, or use --server=SERVER for each node");
			watch->lacks_nodes = true;
		}
}

/* A node that has joined since its cluster was asked for the nodes may lack a key. */
static void check_node_count(struct watch *watch)
{
	for (size_t i = 0; watch->node_count && i < watch->count; i++) {
		const struct watched *server = &watch->servers[i];

		if (!server->link || server->state.cluster.size == watch->node_count)
			continue;
		message_error("the cluster had %u nodes when this command started, and has %u according to server '%s'",
			      watch->node_count, server->state.cluster.size, server->name);
		message_hint("run the command again, so that it asks all nodes");
		watch->lacks_nodes = true;
		return;
	}
}

static enum status report(const struct options *options, const struct watch *watch)
{
	if (!watch->has_several)
		return status_report_one(options, &watch->servers[0]);
	return status_report_all(options, watch->servers, watch->count, !watch->lacks_nodes);
}

static enum status watch_servers(const struct arguments *arguments, struct watch *watch)
{
	enum status status = read_keyset(arguments->options, &watch->keyset);

	if (!status)
		status = add_servers(arguments, watch);
	if (!status)
		status = look(arguments, watch);
	if (!status && arguments->wait && all_answered(watch))
		status = wait_for_end(arguments, watch);
	if (!status) {
		check_node_count(watch);
		check_node_names(watch);
	}
	return status ? status : report(arguments->options, watch);
}

static enum status tell_status(void *input)
{
	const struct arguments *arguments = input;
	struct watch *watch = calloc(1, sizeof(*watch));
	enum status status;

	if (!watch)
		return out_of_memory();
	if (arguments->cluster && arguments->server.count > 1)
		status = usage_error("--cluster requires a single --server");
	else
		status = watch_servers(arguments, watch);
	watch_free(watch);
	free(watch);
	return status;
}

const struct command status_command = {
	.name = "status",
	.operands = "[ID...]",
	.summary = "show the progress of a rotation on a running server",
	.description = "Show the progress of a rotation: versions in the file, the server and its data.",
	.examples = { "mkeyfile status", "mkeyfile status --wait 100",
		      "mkeyfile status --cluster --server=db1 --user=admin" },
	.own = { specs, .conflicts = conflicts },
	.groups = groups,
	COMMAND_ARGUMENTS(struct arguments),
	.judges_host = true,
	.run = tell_status,
};
