/* SPDX-License-Identifier: MIT */
#include "server/option_files.h"

#include "core/file.h"
#include "core/words.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX_SIZE 32767 /* with a NUL it fits into what any user may lock */
#define PROGRAM_TIMEOUT 30    /* seconds; a file system that hangs is told so */
#define INCLUDE_DEPTH_MAX 10  /* as MariaDB's own reader has it */

struct fault option_files_start(const struct option_files *files, const char *group, bool silent,
				struct running_child *ret_child)
{
	char *defaults_file = files->defaults_file ? words_of("--defaults-file=%s", files->defaults_file) : NULL;
	char *group_suffix = files->group_suffix ? words_of("--defaults-group-suffix=%s", files->group_suffix) : NULL;
	char *arguments[5] = { (char *)files->program };
	const struct child child = { .program = files->program,
				     .arguments = arguments,
				     .environment = files->environment,
				     .timeout = PROGRAM_TIMEOUT,
				     .silent = silent };
	struct fault fault = fault_of(FAULT_MEMORY);
	size_t count = 1;

	if (defaults_file)
		arguments[count++] = defaults_file;
	if (group_suffix)
		arguments[count++] = group_suffix;
	arguments[count] = (char *)group;
	if (!files->defaults_file == !defaults_file && !files->group_suffix == !group_suffix)
		fault = child_start(&child, ret_child);
	free(defaults_file);
	free(group_suffix);
	return fault;
}

struct fault option_files_finish(const struct running_child *child, struct secret *ret_lines)
{
	struct fault fault = child_finish(child, OUTPUT_MAX_SIZE, ret_lines);

	if (fault.code || ret_lines->size < OUTPUT_MAX_SIZE)
		return fault;
	secret_free(ret_lines);
	return fault_of(FAULT_TOO_LARGE);
}

static struct fault print(const struct option_files *files, const char *argument, bool silent,
			  struct secret *ret_output)
{
	struct running_child child;
	struct fault fault = option_files_start(files, argument, silent, &child);

	return fault.code ? fault : option_files_finish(&child, ret_output);
}

struct fault option_files_print(const struct option_files *files, const char *group, struct secret *ret_lines)
{
	return print(files, group, false, ret_lines);
}

/* ---- one line ---- */

/* The end of an option: a line that does not begin with dashes belongs to it, since
 * a value may have a newline in it. */
static char *end_of_option(char *line)
{
	char *end = strchr(line, '\n');

	while (end && end[1] && strncmp(end + 1, "--", 2))
		end = strchr(end + 1, '\n');
	return end ? end : line + strlen(line);
}

static char folded(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return (char)(byte - 'A' + 'a');
	return byte == '_' ? '-' : byte;
}

bool option_name_begins(const char *name, const char *option, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (folded(name[i]) != folded(option[i]) || !name[i])
			return false;
	return true;
}

bool option_name_is(const char *name, const char *option)
{
	size_t size = strlen(name);

	return size == strlen(option) && option_name_begins(name, option, size);
}

bool option_files_next(char **lines, struct option_line *ret_line)
{
	static const char loose[] = "loose-";
	char *line = *lines;
	char *end;
	char *equals;

	while (*line && strncmp(line, "--", 2)) {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (!*line)
		return false;
	end = end_of_option(line);
	*lines = *end ? end + 1 : end;
	*end = '\0';
	*ret_line = (struct option_line){ .name = line + 2, .value = end, .whole = line + 2 };
	equals = strchr(line, '=');
	if (equals) {
		*equals = '\0';
		ret_line->value = equals + 1;
		ret_line->has_value = true;
	}
	ret_line->loose = option_name_begins(ret_line->name, loose, strlen(loose));
	if (ret_line->loose)
		ret_line->name += strlen(loose);
	return true;
}

/* ---- all groups ---- */

struct groups {
	char **names; /* ended by NULL once there is one */
	size_t count;
};

static struct fault add_group(struct groups *groups, const char *name, size_t size)
{
	char **names;

	for (size_t i = 0; i < groups->count; i++)
		if (!strncmp(groups->names[i], name, size) && !groups->names[i][size])
			return fault_none();
	names = reallocarray(groups->names, groups->count + 2, sizeof(*names));
	if (!names)
		return fault_of(FAULT_MEMORY);
	groups->names = names;
	names[groups->count] = strndup(name, size);
	names[groups->count + 1] = NULL;
	if (!names[groups->count])
		return fault_of(FAULT_MEMORY);
	groups->count++;
	return fault_none();
}

static struct fault scan_file(struct groups *groups, const char *path, unsigned int depth);

static int is_option_file(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 4 && !strcmp(entry->d_name + size - 4, ".cnf");
}

static struct fault scan_directory(struct groups *groups, const char *path, unsigned int depth)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_option_file, alphasort);
	struct fault fault = fault_none();

	for (int i = 0; i < count; i++) {
		char *file = NULL;

		if (!fault.code && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			fault = fault_of(FAULT_MEMORY);
		else if (!fault.code)
			fault = scan_file(groups, file, depth);
		free(file);
		free(entries[i]);
	}
	free(entries);
	return fault;
}

/* "[name]", "!include path" or "!includedir path"; all else is not looked at. */
static struct fault scan_line(struct groups *groups, char *line, unsigned int depth)
{
	char *end = line + strlen(line);

	line += strspn(line, " \t\r\f\v");
	while (end > line && strchr(" \t\r\f\v", end[-1]))
		*--end = '\0';
	if (*line == '[' && strchr(line, ']')) {
		line++;
		line += strspn(line, " \t");
		size_t size = strcspn(line, "]");

		while (size && strchr(" \t", line[size - 1]))
			size--;
		return size ? add_group(groups, line, size) : fault_none();
	}
	if (!strncmp(line, "!includedir", strlen("!includedir"))) {
		line += strlen("!includedir");
		return scan_directory(groups, line + strspn(line, " \t"), depth + 1);
	}
	if (!strncmp(line, "!include", strlen("!include"))) {
		line += strlen("!include");
		return scan_file(groups, line + strspn(line, " \t"), depth + 1);
	}
	return fault_none();
}

/* A file that cannot be read has no groups: the program has said what it thinks of
 * it. */
static struct fault scan_file(struct groups *groups, const char *path, unsigned int depth)
{
	SECRET struct secret content = { 0 };
	SECRET struct secret copy = { 0 };
	struct fault fault = fault_none();
	char *text;

	if (depth > INCLUDE_DEPTH_MAX || file_read_path(path, &content, NULL).code)
		return fault;
	fault = secret_copy_text(&copy, content.data, content.size);
	text = (char *)copy.data;
	while (text && !fault.code) {
		char *line = strsep(&text, "\n");

		fault = scan_line(groups, line, depth);
	}
	return fault;
}

static const char *home_of(char *const environment[])
{
	for (size_t i = 0; environment[i]; i++)
		if (!strncmp(environment[i], "HOME=", strlen("HOME=")))
			return environment[i] + strlen("HOME=");
	return "";
}

static struct fault scan_named_file(struct groups *groups, const struct option_files *files, const char *name)
{
	char *path = NULL;
	struct fault fault;

	if (strncmp(name, "~/", 2))
		return scan_file(groups, name, 0);
	if (asprintf(&path, "%s/%s", home_of(files->environment), name + 2) < 0)
		return fault_of(FAULT_MEMORY);
	fault = scan_file(groups, path, 0);
	free(path);
	return fault;
}

/* The program's help names the files: a line of words behind this one. */
static char *file_names_in(char *help)
{
	static const char heading[] = "Default options are read from the following files in the given order:\n";
	char *names = strstr(help, heading);

	if (!names)
		return NULL;
	names += strlen(heading);
	names[strcspn(names, "\n")] = '\0';
	return names;
}

struct fault option_files_groups(const struct option_files *files, char ***ret_groups)
{
	SECRET struct secret help = { 0 };
	struct groups groups = { 0 };
	struct fault fault = print(files, "--help", true, &help);
	char *names = fault.code ? NULL : file_names_in((char *)help.data);

	while (!fault.code && names) {
		char *name = strsep(&names, " ");

		if (*name)
			fault = scan_named_file(&groups, files, name);
	}
	if (fault.code)
		option_files_groups_free(groups.names);
	else
		*ret_groups = groups.names;
	return fault;
}

void option_files_groups_free(char **groups)
{
	for (size_t i = 0; groups && groups[i]; i++)
		free(groups[i]);
	free(groups);
}
