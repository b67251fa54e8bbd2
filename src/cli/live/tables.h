/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/live/link.h"
#include "cli/live/table_list.h"
#include "cli/proof/datadir.h"

/* Which tables use a key ID. */

/* Asks a running server. Partitions count as their table; names are decoded. */
MUST_CHECK enum status tables_of_server(struct server_link *link, const struct key_ids *ids, struct tables *ret_tables);

/* Reads data directories. Names are not decoded. keyfile: with its keys, the redo log of 10.7 and
 * earlier shows whether all its changes are in the tablespaces. */
MUST_CHECK enum status tables_of_datadirs(const struct datadirs *datadirs, bool quiet, const struct keyfile *keyfile,
					  const struct key_ids *ids, struct tables *ret_tables);

/* Appends the table of a file in a data directory. Names are not decoded. A file whose name is not
 * that of a table is counted. False: no memory. */
MUST_CHECK bool tables_add_file(struct tables *tables, uint32_t id, const struct data_file *file);
