/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_CLI_TABLES_H
#define MKEYFILE_CLI_TABLES_H

#include "cli/datadir.h"
#include "cli/server_link.h"

/* Which tables use a key ID. */

struct table {
	uint32_t id;
	char *schema;
	char *name;
	bool encoded; /* the names are those of files, which need decoding by a server */
};

struct tables {
	struct table *items; /* sorted, none twice, once complete */
	size_t count;
	size_t capacity;
	uint64_t unnamed; /* tablespaces that belong to no table by their names */
};

#define TABLES __attribute__((cleanup(tables_free)))

/* Asks a running server. Partitions are their table; names are decoded. */
MUST_CHECK enum status tables_of_server(struct server_link *link, const struct key_ids *ids, struct tables *ret_tables);

/* Looks through data directories. Names stay as those of files. */
MUST_CHECK enum status tables_of_datadirs(const struct datadirs *datadirs, const struct options *options,
					  const struct key_ids *ids, struct tables *ret_tables);

void tables_free(struct tables *tables);

#endif
