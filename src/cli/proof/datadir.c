/* SPDX-License-Identifier: MIT */
#include "cli/proof/datadir.h"

#include "cli/options/defaults.h"
#include "cli/proof/progress.h"
#include "cli/words/message.h"
#include "cli/words/shell_word.h"
#include "data/file_names.h"
#include "data/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status take_datadir(const struct option_spec *spec, const char *value, void *place)
{
	struct datadirs *datadirs = place;

	(void)spec;
	if (!*value)
		return option_refuse("the directory name is empty");
	if (datadirs->count == DATADIRS_MAX)
		return option_refuse("--datadir can be used at most %d times", DATADIRS_MAX);
	datadirs->paths[datadirs->count++] = value;
	datadirs->named++;
	return STATUS_DONE;
}

static const struct option_spec specs[] = {
	{ "datadir", 0, "DIR", "Read DIR, a data directory or a backup",
	  OPTION_INTO(struct datadirs, paths[0], const char *, take_datadir) },
	{ "server-data", 0, NULL, "Read every data directory of the local server",
	  OPTION_FLAG(struct datadirs, of_server) },
	{ 0 },
};

static const struct conflict conflicts[] = {
	{ EXCLUDE, "server-data no-defaults", NULL,
	  "--server-data requires the option files, which --no-defaults skips" },
	{ 0 },
};

static void free_datadirs(void *input)
{
	struct datadirs *datadirs = input;

	server_places_free(&datadirs->places);
}

const struct option_table datadir_table = { specs, conflicts, .free = free_datadirs };

/* ---- the server's own ---- */

bool datadirs_cover(const struct datadirs *datadirs, const char *path)
{
	for (size_t i = 0; i < datadirs->count; i++)
		if (tree_has(datadirs->paths[i], path))
			return true;
	return false;
}

enum status datadirs_complete(struct datadirs *datadirs, struct host *host)
{
	enum status status;

	if (!datadirs->of_server)
		return STATUS_DONE;
	status = defaults_find_places(host, &datadirs->places);
	for (size_t i = 0; !status && i < datadirs->places.count; i++) {
		const struct server_place *place = &datadirs->places.items[i];

		if (datadirs_cover(datadirs, place->path))
			continue;
		if (datadirs->count == DATADIRS_MAX)
			return usage_error("too many directories");
		datadirs->paths[datadirs->count++] = place->path;
		message_note("the server's data: '%s' (%s)", place->path, place->setting);
	}
	return status;
}

char *datadirs_retype(const struct datadirs *datadirs)
{
	char *words = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&words, &size);

	for (size_t i = 0; stream && i < datadirs->named; i++) {
		char *word = shell_word(datadirs->paths[i]);

		fprintf(stream, " --datadir=%s", word ? word : "");
		free(word);
	}
	if (stream && datadirs->of_server)
		fputs(" --server-data", stream);
	return stream && !fclose(stream) ? words : NULL;
}

static struct fault find_file(void *context, const char *path, struct fault fault)
{
	(void)path;
	(void)fault;
	*(bool *)context = true;
	return fault_of(FAULT_INTERRUPTED);
}

/* The setting that has this directory in the option files; "": it is from the command line. */
static const char *setting_of(const struct datadirs *datadirs, const char *path)
{
	for (size_t i = 0; i < datadirs->places.count; i++)
		if (datadirs->places.items[i].path == path)
			return datadirs->places.items[i].setting;
	return "";
}

static enum status say_empty(const char *path, const char *setting)
{
	message_error("'%s', set by %s, contains no files", path, setting);
	message_hint("check that its file system is mounted");
	return STATUS_FAILED;
}

/* Refuses a directory without files: verify must not say yes to it. */
static enum status check_files(const struct datadirs *datadirs)
{
	for (size_t i = 0; i < datadirs->count; i++) {
		const char *path = datadirs->paths[i];
		const char *setting = setting_of(datadirs, path);
		bool has_file = false;

		/* the directory of undo tablespaces may be empty: by default there are none */
		if (tree_walk(path, find_file, &has_file).code || has_file || !strcmp(setting, "innodb_undo_directory"))
			continue;
		if (*setting)
			return say_empty(path, setting);
		message_error("'%s' contains no files and is not a data directory", path);
		return STATUS_FAILED;
	}
	return STATUS_DONE;
}

/* ---- what they need ---- */

/* A link file, a file with a note, or a file that cannot be read. */
static bool may_be_of_a_server(const struct data_file *file)
{
	int error = file->fault.error_number;

	if (file->kind == DATA_ARIA_DATA || classify_name(file->path) == NAME_LINK)
		return true;
	return (file->note != DATA_NOTE_NONE && file->note != DATA_NOTE_PACKED) ||
	       (error && error != ENOENT && error != ELOOP);
}

static bool is_of_a_server(const struct data_file *file)
{
	return file->kind == DATA_INNODB || file->kind == DATA_ARIA_INDEX || file->kind == DATA_BINARY_LOG ||
	       file->kind == DATA_REDO_LOG || !strcmp(base_name(file->path), "aria_log_control");
}

/* Which of the directories have files of a server. */
static void find_kinds(const struct data_needs *needs, bool found[static DATADIRS_MAX])
{
	for (size_t i = 0; i < needs->file_count; i++)
		found[needs->files[i].directory] |= is_of_a_server(&needs->files[i]);
}

static enum status refuse_kind(const char *path)
{
	message_error("'%s' is not a data directory: it contains no InnoDB or Aria file, no binary log and no redo log",
		      path);
	message_hint(
		"use --server-data for the data directory of this host's server, or choose another directory with --datadir=DIR");
	return STATUS_FAILED;
}

enum status datadirs_check_kinds(const struct datadirs *datadirs, const struct data_needs *needs)
{
	bool found[DATADIRS_MAX] = { false };

	find_kinds(needs, found);
	for (size_t i = 0; i < datadirs->named; i++)
		if (!found[i])
			return refuse_kind(datadirs->paths[i]);
	return STATUS_DONE;
}

enum status datadirs_check_any(const struct datadirs *datadirs, const struct data_needs *needs)
{
	size_t packed = 0;

	for (size_t i = 0; i < needs->file_count; i++) {
		if (is_of_a_server(&needs->files[i]) || may_be_of_a_server(&needs->files[i]))
			return STATUS_DONE;
		packed += needs->files[i].note == DATA_NOTE_PACKED;
	}
	/* a packed backup has no other files */
	return packed > needs->file_count / 2 || !datadirs->named ? STATUS_DONE : refuse_kind(datadirs->paths[0]);
}

enum status datadirs_audit(const struct datadirs *datadirs, bool quiet, struct survey_options how,
			   struct data_audit *ret_audit)
{
	const char *failed = NULL;
	enum status status = check_files(datadirs);
	struct fault fault;

	if (status)
		return status;
	how.directories = datadirs->paths;
	how.directory_count = datadirs->count;
	fault = progress_audit(&how, quiet, ret_audit, &failed);
	return message_fault(fault, failed ? failed : datadirs->paths[0]);
}
