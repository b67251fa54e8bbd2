/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/child.h"
#include "core/trust.h"

/* MariaDB's option files, read by MariaDB's own my_print_defaults: it handles includes, quotes,
 * escapes and the order of files. */

struct option_files {
	const char *program;	   /* my_print_defaults, or its replacement */
	const char *defaults_file; /* the only file to read; NULL: the usual files */
	const char *group_suffix;  /* groups with this suffix are read as well; or NULL */
	char *const *environment;
	int copy; /* descriptor of a file to read instead of all others; -1: none */
};

/* "--name=value": name without the dashes and without "loose-", value "" where there is
 * none. A line without dashes belongs to the value before it. */
struct option_line {
	const char *name;
	const char *value;
	bool loose;
	bool has_value;
	const char *whole; /* the name, with "loose-" if the line has it */
};

/* All lines of a group, in order. { 0 }: no lines. */
struct option_lines {
	struct secret text; /* owns the strings; may contain a password in clear */
	struct option_line *items;
	size_t count;
};

#define OPTION_LINES __attribute__((cleanup(option_lines_free)))

/* Parses text and takes ownership of it. A NUL follows the text; its size does not count the NUL.
 * FAULT_MEMORY. */
MUST_CHECK struct fault option_lines_parse(struct secret *text, struct option_lines *ret_lines);
void option_lines_free(struct option_lines *lines);

/* Reads the lines that the program prints for a group. The group "--mysqld", an option of the
 * program, means all groups that the server reads. silent: discard the program's error messages.
 * Faults as child_read; FAULT_TOO_LARGE above 32 KiB. */
MUST_CHECK struct fault option_files_read(const struct option_files *files, const char *group, bool silent,
					  struct option_lines *ret_lines);

/* Whether the first size characters of name and option are equal. "-" equals "_" and case is
 * ignored, as in the server. */
bool option_name_begins(const char *name, const char *option, size_t size);
bool option_name_is(const char *name, const char *option);

struct option_names {
	char **items;
	size_t count;
};

/* An option file that is not trusted, and the reason. */
struct refused_option_file {
	char *path;
	bool absent; /* it does not exist, but another user could create it at any time */
	struct refusal_of_trust refusal;
};

/* The result of option_files_look. */
struct option_files_seen {
	struct option_names groups; /* of the trusted files, each once; the server does not read all of them */
	struct option_names
		key_plugins;  /* "file" for file_key_management, and so on: each plugin that a line mentions */
	bool has_key_options; /* a line mentions a key management plugin or one of its options */
	bool complete;	      /* every file that was not refused could be read, so groups is complete */
	struct refused_option_file *refused;
	size_t refused_count;
	int copy; /* if files are refused: descriptor of a copy of all others; otherwise -1 */
};

#define OPTION_FILES_UNSEEN ((struct option_files_seen){ .copy = -1 })

/* Reads the files that the program would read, according to its --help output, and the files that
 * they include. Skips those that this process does not trust (core/trust.h). Initialize ret_seen
 * with OPTION_FILES_UNSEEN, and free it after a fault too. Faults as option_files_read, and
 * FAULT_CREATE. */
MUST_CHECK struct fault option_files_look(const struct option_files *files, struct option_files_seen *ret_seen);

/* Whether the program may find a group whose name contains name. Case is ignored. */
bool option_files_may_have(const struct option_files_seen *seen, const char *name);

/* Whether the program may find lines that load or configure a key management plugin. */
bool option_files_may_set_keys(const struct option_files_seen *seen);

/* Whether the program may find lines that load more than one key management plugin. */
bool option_files_may_load_two(const struct option_files_seen *seen);

void option_files_seen_free(struct option_files_seen *seen);
