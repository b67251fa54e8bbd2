/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/options/options.h"
#include "server/option_files.h"
#include "server/places.h"

/* Completes options that the command line and the environment do not set, from MariaDB's option
 * files: first from the group [mkeyfile], then, if the key file is the server's, from the
 * server's own groups. Also resolves the target. A host without my_print_defaults has no
 * option files. */
MUST_CHECK enum status defaults_fill(struct options *options);

/* Reads the server's groups, unless they were read before. */
MUST_CHECK enum status defaults_complete_host(struct options *options);

/* Where the option files are. */
struct option_files defaults_option_files(const struct host *host);

/* Finds the directories of the server in the option files. Reports failures. */
MUST_CHECK enum status defaults_find_places(struct host *host, struct server_places *ret_places);

/* Finds what else the server has according to the option files: see server_files_find. */
MUST_CHECK enum status defaults_find_files(struct host *host, const char *datadir, struct server_places *ret_files);

/* Reports, as a usage error, that no key file is given. Hints at groups that set one but that
 * the server does not read. */
enum status defaults_say_no_file(const struct host *host);

/* Finds the first group that has settings of a plugin for key files although the server does
 * not read the group: malloc(3)ed, with the name of the plugin; or NULL. */
MUST_CHECK enum status defaults_find_stray_group(const struct host *host, char **ret_group, const char **ret_plugin);
