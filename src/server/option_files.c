/* SPDX-License-Identifier: MIT */
#include "server/option_files.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "core/crypto.h"
#include "core/file.h"
#include "core/format.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUTPUT_MAX_SIZE 32767 /* with a NUL, the output fits into the memory that any user may lock */
#define PROGRAM_TIMEOUT 30    /* seconds; for a file system that hangs */
#define INCLUDE_DEPTH_MAX 10  /* the limit of MariaDB's own reader */
#define GROUP_MAX_SIZE 256
#define LINE_MAX_SIZE 4094  /* MariaDB's own reader takes the rest of a longer line for the next line */
#define NO_GROUP "no group" /* a group that no program reads */
#define COPY_PATH "/proc/self/fd/0"
#define BLANKS " \t\r\f\v"

static struct fault run(const struct option_files *files, char *arguments[], bool silent, struct secret *ret_output)
{
	const struct child child = { .program = files->program,
				     .arguments = arguments,
				     .environment = files->environment,
				     .timeout = PROGRAM_TIMEOUT,
				     .silent = silent,
				     .has_input = files->copy >= 0,
				     .input = files->copy };
	SECRET struct secret output = { 0 };
	struct running_child running;
	struct fault fault = child_start(&child, &running);

	if (fault.code)
		return fault;
	/* the program runs on another processor at the same time: this saves a fifth of a
	 * rotation */
	crypto_load();
	fault = child_finish(&running, OUTPUT_MAX_SIZE, &output);
	if (!fault.code && output.size == OUTPUT_MAX_SIZE)
		return fault_of(FAULT_TOO_LARGE);
	*ret_output = secret_take(&output);
	return fault;
}

static struct fault print(const struct option_files *files, const char *group, bool silent, struct secret *ret_output)
{
	const char *file = files->copy >= 0 ? COPY_PATH : files->defaults_file;
	HEAP char *defaults_file = file ? format_text("--defaults-file=%s", file) : NULL;
	HEAP char *group_suffix =
		files->group_suffix ? format_text("--defaults-group-suffix=%s", files->group_suffix) : NULL;
	char *arguments[5] = { (char *)files->program };
	size_t count = 1;

	if ((file && !defaults_file) || (files->group_suffix && !group_suffix))
		return fault_of(FAULT_MEMORY);
	if (defaults_file)
		arguments[count++] = defaults_file;
	if (group_suffix)
		arguments[count++] = group_suffix;
	arguments[count] = (char *)group;
	return run(files, arguments, silent, ret_output);
}

/* ---- one line ---- */

/* Finds the end of an option. A line without leading dashes belongs to the option before it,
 * since a value may contain a newline. */
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

/* Reads the next line and moves *rest after it. Returns false at the end. */
static bool next_line(char **rest, struct option_line *ret_line)
{
	static const char loose[] = "loose-";
	char *line = *rest;
	char *end;
	char *equals;

	while (*line && strncmp(line, "--", 2)) {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (!*line)
		return false;
	end = end_of_option(line);
	*rest = *end ? end + 1 : end;
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

struct fault option_lines_parse(struct secret *text, struct option_lines *ret_lines)
{
	OPTION_LINES struct option_lines lines = { .text = secret_take(text) };
	char *rest = (char *)lines.text.data;
	struct option_line line;

	while (rest && next_line(&rest, &line)) {
		struct option_line *added = array_add(&lines.items, &lines.count, sizeof(*added));

		if (!added)
			return fault_of(FAULT_MEMORY);
		*added = line;
	}
	*ret_lines = lines;
	lines = (struct option_lines){ 0 };
	return fault_none();
}

void option_lines_free(struct option_lines *lines)
{
	free(lines->items);
	secret_free(&lines->text);
	*lines = (struct option_lines){ 0 };
}

struct fault option_files_read(const struct option_files *files, const char *group, bool silent,
			       struct option_lines *ret_lines)
{
	SECRET struct secret text = { 0 };
	struct fault fault = print(files, group, silent, &text);

	return fault.code ? fault : option_lines_parse(&text, ret_lines);
}

/* ---- all files ---- */

struct scan {
	const struct option_files *files;
	struct option_files_seen *seen;
	struct secret text;	    /* text of the trusted files, in the order in which they are read */
	char group[GROUP_MAX_SIZE]; /* the group at the end of text */
};

static struct fault add_name(struct option_names *names, const char *name, size_t size)
{
	char **added;

	for (size_t i = 0; i < names->count; i++)
		if (!strncmp(names->items[i], name, size) && !names->items[i][size])
			return fault_none();
	added = array_add(&names->items, &names->count, sizeof(*added));
	if (!added)
		return fault_of(FAULT_MEMORY);
	*added = strndup(name, size);
	return *added ? fault_none() : fault_of(FAULT_MEMORY);
}

static struct fault add_refusal(struct option_files_seen *seen, const char *path)
{
	struct refused_option_file *item = array_add(&seen->refused, &seen->refused_count, sizeof(*item));

	if (!item)
		return fault_of(FAULT_MEMORY);
	item->path = strdup(path);
	item->absent = access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR);
	item->refusal = *trust_refusal();
	return item->path ? fault_none() : fault_of(FAULT_MEMORY);
}

static struct fault add_text(struct scan *scan, const char *text, size_t size)
{
	SECRET struct secret larger = { 0 };
	struct secret *all = &scan->text;
	struct fault fault = fault_none();

	if (all->size + size + 1 > all->capacity) {
		fault = secret_allocate(&larger, 2 * all->capacity + size + 1);
		if (fault.code)
			return fault;
		secret_append(&larger, all->data, all->size);
		secret_free(all);
		*all = secret_take(&larger);
	}
	secret_append(all, text, size);
	secret_append(all, "\n", 1);
	return fault;
}

/* Options before the first group of a file belong to no group. */
static struct fault enter_group(struct scan *scan, const char *group)
{
	char line[GROUP_MAX_SIZE + 2];

	memmove(scan->group, group, strlen(group) + 1);
	return add_text(scan, line, (size_t)snprintf(line, sizeof(line), "[%s]", *group ? group : NO_GROUP));
}

static struct fault scan_file(struct scan *scan, const char *path, unsigned int depth);

/* Like MariaDB's own reader: in byte order, including a file named ".cnf". */
static int is_option_file(const struct dirent *entry)
{
	const char *extension = strrchr(entry->d_name, '.');

	return extension && !strcmp(extension, ".cnf");
}

static int compare_names(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

/* A directory to which other users can add files is refused even if it is empty. */
static struct fault judge_directory(struct scan *scan, const char *path, bool *ret_refused)
{
	PLACE struct place place = PLACE_NONE;
	HEAP char *file = format_text("%s/.cnf", path);
	struct fault fault = file ? trust_find(file, false, &place) : fault_of(FAULT_MEMORY);

	*ret_refused = fault.code == FAULT_UNTRUSTED;
	if (*ret_refused)
		return add_refusal(scan->seen, path);
	return fault.code == FAULT_MEMORY ? fault : fault_none();
}

static struct fault scan_directory(struct scan *scan, const char *path, unsigned int depth)
{
	HEAP struct dirent **entries = NULL;
	bool refused;
	struct fault fault = judge_directory(scan, path, &refused);
	int count = fault.code || refused ? 0 : scandir(path, &entries, is_option_file, compare_names);

	for (int i = 0; i < count; i++) {
		HEAP struct dirent *entry = entries[i];
		HEAP char *file = fault.code ? NULL : format_text("%s/%s", path, entry->d_name);

		if (!fault.code)
			fault = file ? scan_file(scan, file, depth) : fault_of(FAULT_MEMORY);
	}
	return fault;
}

/* After an included file, the group continues. */
static struct fault scan_included(struct scan *scan, const char *path, bool is_directory, unsigned int depth)
{
	char group[GROUP_MAX_SIZE];
	struct fault fault;

	memcpy(group, scan->group, sizeof(group));
	fault = is_directory ? scan_directory(scan, path, depth) : scan_file(scan, path, depth);
	return fault.code ? fault : enter_group(scan, group);
}

static struct fault scan_group(struct scan *scan, const char *name, size_t size)
{
	char group[GROUP_MAX_SIZE];
	struct fault fault = size ? add_name(&scan->seen->groups, name, size) : fault_none();

	snprintf(group, sizeof(group), "%.*s", (int)size, name);
	return fault.code ? fault : enter_group(scan, group);
}

/* Returns the path after a directive, or NULL. */
static const char *argument_of(const char *line, const char *directive)
{
	size_t size = strlen(directive);

	if (strncmp(line, directive, size) || !line[size] || !strchr(BLANKS, line[size]))
		return NULL;
	return line + size + strspn(line + size, BLANKS);
}

/* The libraries of all key management plugins have such names. */
static struct fault add_key_plugins(struct scan *scan, const char *line)
{
	static const char ending[] = "_key_management";
	struct fault fault = fault_none();

	if (*line == '#' || *line == ';')
		return fault;
	if (strcasestr(line, "key_management") || strcasestr(line, "key-management"))
		scan->seen->has_key_options = true;
	for (const char *at = strstr(line, ending); at && !fault.code; at = strstr(at + 1, ending)) {
		const char *name = at;

		while (name > line && isalnum((unsigned char)name[-1]))
			name--;
		fault = add_name(&scan->seen->key_plugins, name, (size_t)(at - name));
	}
	return fault;
}

/* Handles "[name]", "!include path", "!includedir path", or a line of a group. */
static struct fault scan_line(struct scan *scan, char *line, unsigned int depth)
{
	const char *whole = line;
	size_t whole_size = strlen(line);
	char *end = line + whole_size;
	const char *path;

	scan->seen->complete &= whole_size <= LINE_MAX_SIZE;
	line += strspn(line, BLANKS);
	if (*line == '[' && strchr(line, ']')) {
		size_t size;

		line++;
		/* a leading blank belongs to the name */
		size = strcspn(line, "]");
		while (size && strchr(BLANKS, line[size - 1]))
			size--;
		return scan_group(scan, line, size);
	}
	if (*line != '!') {
		struct fault fault = add_key_plugins(scan, line);

		return fault.code ? fault : add_text(scan, whole, whole_size);
	}
	while (end > line && strchr(BLANKS, end[-1]))
		*--end = '\0';
	line++;
	line += strspn(line, BLANKS);
	path = argument_of(line, "includedir");
	if (path)
		return scan_included(scan, path, true, depth + 1);
	path = argument_of(line, "include");
	return path ? scan_included(scan, path, false, depth + 1) : fault_none();
}

/* Does not wait for the writer of a pipe. The program does, for a limited time. */
static struct fault read_regular(const char *path, struct secret *ret_content)
{
	DESCRIPTOR int descriptor = -1;
	struct stat status;
	struct fault fault = trust_open(path, O_RDONLY | O_NONBLOCK, &descriptor);

	if (fault.code)
		return fault;
	if (fstat(descriptor, &status) || !S_ISREG(status.st_mode))
		return fault_of(FAULT_NOT_REGULAR);
	return file_read(descriptor, ret_content);
}

/* Skips a file that cannot be read. The program has reported the error. */
static struct fault scan_file(struct scan *scan, const char *path, unsigned int depth)
{
	SECRET struct secret content = { 0 };
	struct fault fault;
	char *text;

	if (depth > INCLUDE_DEPTH_MAX)
		return fault_none();
	fault = read_regular(path, &content);
	if (fault.code == FAULT_UNTRUSTED)
		return add_refusal(scan->seen, path);
	if (fault.code == FAULT_MEMORY)
		return fault;
	if (fault.code) {
		scan->seen->complete &= fault.code == FAULT_OPEN && fault.error_number == ENOENT;
		return fault_none();
	}
	/* the program reads on after a NUL */
	scan->seen->complete &= !content.size || !memchr(content.data, '\0', content.size);
	fault = enter_group(scan, "");
	text = (char *)content.data;
	while (text && !fault.code) {
		char *line = strsep(&text, "\n");

		fault = scan_line(scan, line, depth);
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

static struct fault scan_named_file(struct scan *scan, const char *name)
{
	HEAP char *path = NULL;

	if (strncmp(name, "~/", 2))
		return scan_file(scan, name, 0);
	path = format_text("%s/%s", home_of(scan->files->environment), name + 2);
	return path ? scan_file(scan, path, 0) : fault_of(FAULT_MEMORY);
}

/* The program's help lists the files on the line after this one. */
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

/* The copy is in memory, has no name, and is closed to other users: the program skips files that
 * others can write to. */
static struct fault make_copy(const struct secret *text, int *ret_copy)
{
	int copy = memfd_create("option files", MFD_CLOEXEC);
	struct fault fault = copy < 0 ? fault_errno(FAULT_CREATE, errno) : fault_none();

	if (!fault.code && fchmod(copy, 0600))
		fault = fault_errno(FAULT_CREATE, errno);
	if (!fault.code)
		fault = file_write(copy, text);
	if (fault.code && copy >= 0)
		close(copy);
	if (!fault.code)
		*ret_copy = copy;
	return fault;
}

static struct fault scan_names(struct scan *scan, char *names)
{
	/* a file given by name may have spaces in its name */
	struct fault fault = scan->files->defaults_file ? scan_file(scan, scan->files->defaults_file, 0) : fault_none();

	while (!scan->files->defaults_file && !fault.code && names) {
		const char *name = strsep(&names, " ");

		if (*name)
			fault = scan_named_file(scan, name);
	}
	return fault;
}

struct fault option_files_look(const struct option_files *files, struct option_files_seen *ret_seen)
{
	SECRET struct secret help = { 0 };
	struct scan scan = { .files = files, .seen = ret_seen };
	struct fault fault = print(files, "--help", true, &help);

	if (!fault.code) {
		char *names = file_names_in((char *)help.data);

		ret_seen->complete = names || files->defaults_file;
		fault = scan_names(&scan, names);
	}
	if (!fault.code && ret_seen->refused_count)
		fault = make_copy(&scan.text, &ret_seen->copy);
	secret_free(&scan.text);
	return fault;
}

bool option_files_may_have(const struct option_files_seen *seen, const char *name)
{
	for (size_t i = 0; i < seen->groups.count; i++)
		if (strcasestr(seen->groups.items[i], name))
			return true;
	return !seen->complete;
}

bool option_files_may_set_keys(const struct option_files_seen *seen)
{
	return seen->has_key_options || !seen->complete;
}

bool option_files_may_load_two(const struct option_files_seen *seen)
{
	return seen->key_plugins.count > 1 || !seen->complete;
}

static void option_names_free(struct option_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

void option_files_seen_free(struct option_files_seen *seen)
{
	option_names_free(&seen->groups);
	option_names_free(&seen->key_plugins);
	for (size_t i = 0; i < seen->refused_count; i++)
		free(seen->refused[i].path);
	free(seen->refused);
	if (seen->copy >= 0)
		close(seen->copy);
	*seen = OPTION_FILES_UNSEEN;
}
