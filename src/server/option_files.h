/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/child.h"
#include "core/trust.h"

/* MariaDB's option files, read by MariaDB's own my_print_defaults, so that
 * includes, quotes, escapes and the order of files are its business. */

struct option_files {
	const char *program;	   /* my_print_defaults, or what stands in for it */
	const char *defaults_file; /* the only one to read; NULL: the usual ones */
	const char *group_suffix;  /* groups with this suffix count as well; or NULL */
	char *const *environment;
	int copy; /* descriptor of what is read instead of the files; -1: none */
};

/* "--name=value": name without the dashes and without "loose-", value "" where there is
 * none. A line without dashes belongs to the value before it. */
struct option_line {
	const char *name;
	const char *value;
	bool loose;
	bool has_value;
	const char *whole; /* name, with "loose-" where it begins with that */
};

/* All lines of a group, in their order. { 0 }: there are none. */
struct option_lines {
	struct secret text; /* owns the strings; may contain a password in clear */
	struct option_line *items;
	size_t count;
};

#define OPTION_LINES __attribute__((cleanup(option_lines_free)))

/* Parses text, which a NUL ends that size does not count, and takes it over. FAULT_MEMORY. */
MUST_CHECK struct fault option_lines_parse(struct secret *text, struct option_lines *ret_lines);
void option_lines_free(struct option_lines *lines);

/* What the program prints for a group, or, as its own option, for "--mysqld": all
 * groups that the server reads. silent: what the program says of an error is not shown.
 * Faults as child_read; FAULT_TOO_LARGE above 32 KiB. */
MUST_CHECK struct fault option_files_read(const struct option_files *files, const char *group, bool silent,
					  struct option_lines *ret_lines);

/* Whether size characters of name are those of option; "-" and "_" are alike, and
 * so are capital and small letters, as in the server. */
bool option_name_begins(const char *name, const char *option, size_t size);
bool option_name_is(const char *name, const char *option);

struct option_names {
	char **items;
	size_t count;
};

/* An option file that is not trusted, and why. */
struct refused_option_file {
	char *path;
	bool absent; /* now; someone else could make it at any moment */
	struct refusal_of_trust refusal;
};

/* What a look at all option files showed. */
struct option_files_seen {
	struct option_names groups; /* of the trusted files, each once; some of them no server reads */
	struct option_names
		key_plugins; /* "file" of file_key_management, and so on: all that lines of theirs mention */
	bool complete;	     /* each file that is not refused was read, so that groups has all of theirs */
	struct refused_option_file *refused;
	size_t refused_count;
	int copy; /* with refused files: descriptor of one that has what the others say; else -1 */
};

#define OPTION_FILES_UNSEEN ((struct option_files_seen){ .copy = -1 })

/* Reads the files that the program would read, as its help names them, with those that
 * they include, and leaves out those that this process does not trust (core/trust.h).
 * ret_seen is OPTION_FILES_UNSEEN before, and is to be freed on faults too. Faults as
 * option_files_read, and FAULT_CREATE. */
MUST_CHECK struct fault option_files_look(const struct option_files *files, struct option_files_seen *ret_seen);

/* Whether the program may find a group whose name contains name, in any case. */
bool option_files_may_have(const struct option_files_seen *seen, const char *name);

/* Whether the program may find lines that load more than one key management plugin. */
bool option_files_may_load_two(const struct option_files_seen *seen);

void option_files_seen_free(struct option_files_seen *seen);
