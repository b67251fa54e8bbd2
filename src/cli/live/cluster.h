/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/live/link.h"

#include <stdint.h>

/* What a node of a Galera cluster shows about the cluster. */
struct cluster {
	char *id;	 /* of the cluster's data; NULL: the server is not a node */
	char *addresses; /* the clients' address of each node that this node sees, separated by commas; NULL: not
			  * shown, as while the global wsrep_on is OFF (10.11.19) */
	char *node;	 /* UUID of this node until it leaves the cluster; NULL: not shown */
	uint32_t size;	 /* nodes that this node sees, and itself */
	uint32_t listed; /* nodes in wsrep_cluster_address: those to join, and perhaps itself */
	uint32_t index;	 /* of this node in addresses */
	bool has_quorum;
};

/* Asks the server, or prints an error. */
MUST_CHECK enum status cluster_read(struct server_link *link, struct cluster *ret_cluster);

/* How many nodes have an address in addresses, which is empty for some. */
uint32_t cluster_count(const struct cluster *cluster);

/* The address of one node: malloc(3)ed, NULL without memory, and empty for an arbitrator, which has no data.
 * A node whose wsrep_node_incoming_address is not known has the address "AUTO". False: no more nodes. */
bool cluster_address(const struct cluster *cluster, uint32_t index, char **ret_address);

/* Whether --server accepts text as "HOST" or "HOST:PORT". */
bool cluster_is_address(const char *text);

void cluster_free(struct cluster *cluster);
