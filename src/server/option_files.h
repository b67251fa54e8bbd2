/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_SERVER_OPTION_FILES_H
#define MKEYFILE_SERVER_OPTION_FILES_H

#include "core/child.h"

/* MariaDB's option files, read by MariaDB's own my_print_defaults, so that
 * includes, quotes, escapes and the order of files are its business. */

struct option_files {
	const char *program;	   /* my_print_defaults, or what stands in for it */
	const char *defaults_file; /* the only one to read; NULL: the usual ones */
	const char *group_suffix;  /* groups with this suffix count as well; or NULL */
	char *const *environment;
};

/* What the program prints for a group, or, as its own option, for "--mysqld": all
 * groups that the server reads. Ends with a NUL that size does not count. May
 * hold a password in clear. Faults as child_read; FAULT_TOO_LARGE above 32 KiB. */
MUST_CHECK struct fault option_files_print(const struct option_files *files, const char *group,
					   struct secret *ret_lines);

/* The same in two steps, so that something else can be done meanwhile. silent: what
 * the program says of an error goes nowhere. */
MUST_CHECK struct fault option_files_start(const struct option_files *files, const char *group, bool silent,
					   struct running_child *ret_child);
MUST_CHECK struct fault option_files_finish(const struct running_child *child, struct secret *ret_lines);

/* Cuts the next "--name=value" from lines, which it changes: name without the
 * dashes and without "loose-", value "" where there is none. A line without dashes
 * belongs to the value before. Returns false behind the last one. Pointers into
 * lines. */
struct option_line {
	const char *name;
	const char *value;
	bool loose;
	bool has_value;
	const char *whole; /* name, with "loose-" where it begins with that */
};
bool option_files_next(char **lines, struct option_line *ret_line);

/* Whether size characters of name are those of option; "-" and "_" are alike, and
 * so are capital and small letters, as in the server. */
bool option_name_begins(const char *name, const char *option, size_t size);
bool option_name_is(const char *name, const char *option);

/* The names of all groups in all option files that the program reads, each once:
 * an array that ends with NULL, or NULL when there is none; freed by
 * option_files_groups_free. Groups that no server reads are among them. Faults as
 * option_files_print. */
MUST_CHECK struct fault option_files_groups(const struct option_files *files, char ***ret_groups);
void option_files_groups_free(char **groups);

#endif
