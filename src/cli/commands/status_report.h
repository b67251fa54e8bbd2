/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/commands/rotation_state.h"

/* One of the servers that status asks. */
struct watched {
	char *name;		  /* as it is shown among several servers */
	struct server_link *link; /* NULL: the server did not answer */
	struct server_state state;
	struct progress progress;
};

/* Prints how far one server is, or a table of all servers, and what to do next. all: false if servers that belong to
 * these were not asked. Returns STATUS_NO if something is left to do, and otherwise STATUS_FAILED if a server did not
 * answer or was not asked. */
MUST_CHECK enum status status_report_one(const struct options *options, const struct watched *server);
MUST_CHECK enum status status_report_all(const struct options *options, const struct watched *servers, size_t count,
					 bool all);
