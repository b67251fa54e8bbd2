/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "server/option_files.h"
#include "server/places.h"

/* Fills what command line and environment leave open from MariaDB's option files:
 * the group [mkeyfile] first, then what the server's own groups say of its key file,
 * where that is the key file that is meant, and resolves the target. A host without
 * my_print_defaults has no option files. */
MUST_CHECK enum status fill_from_option_files(struct options *options);

/* Asks for the server's groups now, if nothing of them was needed so far. */
MUST_CHECK enum status complete_host(struct options *options);

/* Where the option files are. */
struct option_files option_files_of(const struct host *host);

/* The directories of the server of the option files, and says what goes wrong. */
MUST_CHECK enum status find_server_places(struct host *host, struct server_places *ret_places);

/* A usage error: nothing names a key file. Tells when a group does that the server
 * does not read. */
enum status say_no_file(const struct host *host);

/* The first group that has settings of a plugin that reads key files, while the
 * server does not read that group: malloc(3)ed, and the name of the plugin; NULL when
 * there is none. */
MUST_CHECK enum status find_stray_group(const struct host *host, char **ret_group, const char **ret_plugin);
