/* SPDX-License-Identifier: MIT */
#include "data/parts.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "core/format.h"
#include "data/backup.h"
#include "data/dictionary.h"
#include "data/file_names.h"
#include "data/formats/bytes.h"
#include "data/formats/innodb.h"
#include "data/name_set.h"
#include "data/tree.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* The fourth byte of a .frm file (MariaDB 10.11: sql/handler.h, enum legacy_db_type). */
#define ENGINE_INNODB 12
#define ENGINE_ARIA 42

/* MariaDB 10.11: include/trx0sys.h, fsp0types.h. */
#define TRX_SYS_PAGE 5U
#define TRX_SYS_TYPE 7U
#define RSEG_OFFSET 56U /* TRX_SYS + TRX_SYS_RSEGS: pairs of space ID and page number */
#define RSEG_COUNT 128U

#define SMALL_TEXT 4096U
#define DDL_LOG "ddl_recovery.log" /* from 10.6 on: exists while a server runs, and after a crash (sql/ddl_log.cc) */
#define TRANSFER_DIRECTORY ".sst"  /* where a joiner receives files before it moves them */

/* A directory with a part of a server's data. */
struct place {
	char *path;
	struct file_id id;
	bool has[PART_COUNT]; /* the kinds that every server has exactly once */
	bool is_backup;	      /* a tablespace is next to the link file with its final path */
	bool is_partial;      /* a backup of some tables only */
	bool was_killed;      /* killed while statements may have been half done; the next start completes them */
	bool without_innodb;  /* of a server that never used InnoDB */
	bool is_node;	      /* in a Galera cluster */
	bool has_no_state;    /* the next start copies the data of another node */
	bool in_transfer;     /* a state transfer has begun but not finished */
};

struct undo {
	uint32_t space_id;
	struct file_id directory;
	struct file_id file;
	bool taken;
};

struct names {
	char **items;
	size_t count;
};

struct hunt {
	const struct parts_search *search;
	struct scan *scan;
	struct data_parts *parts;
	const char *root; /* the given directory that the walk is in */
	struct place *places;
	size_t place_count;
	struct undo *undos;
	size_t undo_count;
	struct names lists;	      /* files that list logs */
	struct name_set renamed;      /* names that --prepare will give to tables */
	struct name_set without_file; /* tables without a file, or whose file was already reported */
	struct name_set stale;	      /* while a redo log waits: tables in the list on disk that have no file */
	const char *home;	      /* directory of the system tablespace whose tables are being checked */
	struct name_set listed;	      /* if a file may be an orphan: all table names */
	size_t dictionaries;	      /* number of lists of tables read */
	bool dictionaries_complete;
	bool has_backup;
	bool has_orphans; /* a table may have only its .frm file */
	bool judges_tables;
	bool judges_stale;  /* the list of tables may be older than the files */
	struct fault fault; /* the first fault; it ends the search */
};

const char *part_setting(enum part part)
{
	static const char *const settings[PART_COUNT] = {
		[PART_DATA_DIRECTORY] = "datadir",
		[PART_SYSTEM_TABLESPACE] = "innodb_data_home_dir",
		[PART_UNDO_TABLESPACE] = "innodb_undo_directory",
		[PART_REDO_LOG] = "innodb_log_group_home_dir",
		[PART_ARIA_LOG] = "aria_log_dir_path",
		[PART_BINARY_LOG] = "log_bin",
		[PART_RELAY_LOG] = "relay_log",
	};

	return settings[part];
}

void data_parts_free(struct data_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		free(parts->items[i].where);
		free(parts->items[i].name);
	}
	free(parts->items);
	*parts = (struct data_parts){ 0 };
}

/* Ends the search if memory ran out. Returns is_there. */
static bool need_memory(struct hunt *hunt, bool is_there)
{
	if (!is_there && !hunt->fault.code)
		hunt->fault = fault_of(FAULT_MEMORY);
	return is_there;
}

/* name may be NULL. */
static void add_missing(struct hunt *hunt, enum part part, const char *where, const char *name, uint32_t space_id)
{
	struct data_parts *parts = hunt->parts;
	struct missing_part *one;

	parts->total++;
	if (parts->missing[part]++ >= PARTS_LISTED)
		return;
	one = array_add(&parts->items, &parts->count, sizeof(*one));
	if (one)
		*one = (struct missing_part){
			.part = part, .space_id = space_id, .where = strdup(where), .name = name ? strdup(name) : NULL
		};
	need_memory(hunt, one && one->where && (one->name || !name));
}

/* ---- the walk over the directories ---- */

static bool id_of(const char *path, struct file_id *ret_id)
{
	struct stat status;

	if (stat(path, &status))
		return false;
	*ret_id = (struct file_id){ .device = status.st_dev, .inode = status.st_ino };
	return true;
}

/* Returns NULL if the directory has no place. */
static struct place *find_place(const struct hunt *hunt, struct file_id id)
{
	for (size_t i = 0; i < hunt->place_count; i++)
		if (is_same_file(hunt->places[i].id, id))
			return &hunt->places[i];
	return NULL;
}

/* Finds or adds the place of a directory. Returns NULL if memory runs out or the
 * directory no longer exists. */
static struct place *place_of(struct hunt *hunt, const char *path)
{
	struct file_id id;
	struct place *place;
	char *copy;

	if (!id_of(path, &id))
		return NULL;
	place = find_place(hunt, id);
	if (place)
		return place;
	copy = strdup(path);
	place = copy ? array_add(&hunt->places, &hunt->place_count, sizeof(*place)) : NULL;
	if (place)
		*place = (struct place){ .path = copy, .id = id };
	else
		free(copy);
	return place;
}

static bool names_add(struct names *names, const char *directory, const char *name)
{
	char **added = array_add(&names->items, &names->count, sizeof(*added));

	if (!added)
		return false;
	*added = format_text("%s/%s", directory, name);
	return *added;
}

static bool is_there(int directory, const char *name)
{
	struct stat status;

	return !fstatat(directory, name, &status, 0);
}

/* Whether there is the server's schema mysql, not just a directory of this name:
 * /var/lib/mysql is one. */
static bool has_schema_mysql(int directory)
{
	return is_there(directory, "mysql/db.opt") || is_there(directory, "mysql/db.frm") ||
	       is_there(directory, "mysql/proc.frm");
}

/* These tables are created with the schema mysql if InnoDB is enabled. */
static bool has_innodb_statistics(int directory)
{
	return is_there(directory, "mysql/innodb_table_stats.frm") ||
	       is_there(directory, "mysql/innodb_table_stats.ibd");
}

static void add_undo(struct hunt *hunt, int directory, const char *name)
{
	SOURCE struct source source = SOURCE_CLOSED;
	unsigned char head[PAGE_SPACE_ID + 4];
	size_t size = 0;
	struct stat status;
	struct undo *added;

	if (source_open(directory, name, &source).code || source_read(&source, 0, head, sizeof(head), &size).code ||
	    size < sizeof(head) || fstat(directory, &status))
		return;
	for (size_t i = 0; i < hunt->undo_count; i++)
		if (is_same_file(hunt->undos[i].file, source.id))
			return;
	added = array_add(&hunt->undos, &hunt->undo_count, sizeof(*added));
	if (need_memory(hunt, added))
		*added = (struct undo){
			.space_id = be32(head + PAGE_SPACE_ID),
			.directory = { .device = status.st_dev, .inode = status.st_ino },
			.file = source.id,
		};
}

/* Reads the start of a small file as a string. */
static bool read_text(int directory, const char *name, char text[static SMALL_TEXT])
{
	SOURCE struct source source = SOURCE_CLOSED;
	size_t size = 0;

	if (source_open(directory, name, &source).code || source_read(&source, 0, text, SMALL_TEXT - 1, &size).code)
		return false;
	text[size] = '\0';
	return true;
}

/* mariadb-backup writes "partial = Y" to this file. */
static bool is_partial(int directory, const char *name)
{
	char text[SMALL_TEXT];

	return read_text(directory, name, text) && strstr(text, "\npartial = Y");
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t size = strlen(name);

	return size > strlen(suffix) && !strcmp(name + size - strlen(suffix), suffix);
}

/* In an unprepared backup: the table was renamed during the backup, and its file has the
 * old name. */
static void take_rename(struct hunt *hunt, int directory, const char *name)
{
	char text[SMALL_TEXT];
	char file[NAME_MAX + 1];

	snprintf(file, sizeof(file), "%.*s.ibd", (int)strlen(name) - 4, name);
	if (read_text(directory, name, text) && is_there(directory, file))
		need_memory(hunt, name_set_add(&hunt->renamed, text));
}

static bool is_info_name(const char *name)
{
	return !fnmatch("relay-log*.info", name, 0);
}

static bool is_list_name(const char *name)
{
	return !fnmatch("*.index", name, 0) || is_info_name(name);
}

static bool is_backup_info(const char *name)
{
	return !strcmp(name, "xtrabackup_info") || !strcmp(name, "mariadb_backup_info");
}

static void take_schema_mysql(int directory, struct place *found)
{
	found->has[PART_DATA_DIRECTORY] = has_schema_mysql(directory);
	found->without_innodb = found->has[PART_DATA_DIRECTORY] && !has_innodb_statistics(directory);
}

/* An empty directory is a leftover of a state transfer that succeeded. */
static bool has_files(int parent, const char *name)
{
	LISTING DIR *directory = directory_open_in(parent, name);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return true;
	return false;
}

/* Galera 26.4: galera/src/saved_state.cpp. The state is empty from the first start to the
 * end of the first state transfer, and after a crash during an ALTER TABLE. */
static bool names_no_state(int directory, const char *name)
{
	char text[SMALL_TEXT];

	return read_text(directory, name, text) && strstr(text, "00000000-0000-0000-0000-000000000000");
}

/* Returns false if the name says nothing about a Galera node. */
static bool take_node(int directory, const char *name, struct place *found)
{
	if (!strcmp(name, "sst_in_progress")) {
		found->in_transfer = true;
	} else if (!strcmp(name, TRANSFER_DIRECTORY)) {
		found->in_transfer |= has_files(directory, name);
	} else if (!strcmp(name, "grastate.dat")) {
		found->is_node = true;
		found->has_no_state = names_no_state(directory, name);
	} else {
		return false;
	}
	return true;
}

/* Records what one file name says about its directory. */
static void take_name(struct hunt *hunt, const char *path, int directory, const char *name, struct place *found)
{
	if (take_node(directory, name, found))
		return;
	if (!strcmp(name, "aria_log_control"))
		found->has[PART_ARIA_LOG] = true;
	else if (!strcmp(name, "ib_logfile0") || !strcmp(name, "ib_logfile101") || !strcmp(name, "xtrabackup_logfile"))
		found->has[PART_REDO_LOG] = true;
	else if (!strcmp(name, "mysql"))
		take_schema_mysql(directory, found);
	else if (is_backup_info(name))
		found->is_partial = is_partial(directory, name);
	else if (!strcmp(name, DDL_LOG))
		found->was_killed = true;
	else if (is_undo_name(name))
		add_undo(hunt, directory, name);
	else if (has_suffix(name, ".ren"))
		take_rename(hunt, directory, name);
	else if (is_list_name(name))
		need_memory(hunt, names_add(&hunt->lists, path, name));
}

/* Leftovers of a state transfer are in a hidden directory. */
static bool is_hidden(const struct hunt *hunt, const char *path)
{
	return strstr(path + strlen(hunt->root), "/.") != NULL;
}

static void keep_place(struct hunt *hunt, const char *path, struct place *found)
{
	struct place *place;
	bool is_part = found->is_node || found->in_transfer;

	for (int part = 0; part < PART_COUNT; part++)
		is_part |= found->has[part];
	place = is_part ? place_of(hunt, path) : NULL;
	if (!place) {
		need_memory(hunt, !is_part || errno == ENOENT);
		return;
	}
	found->path = place->path;
	found->id = place->id;
	*place = *found;
	/* a partial backup may omit the schema mysql */
	place->has[PART_DATA_DIRECTORY] |= found->is_partial;
	place->is_backup = directory_is_backup(path);
	hunt->has_backup |= place->is_backup;
}

static struct fault take_directory(void *context, const char *path, struct fault fault)
{
	struct hunt *hunt = context;
	struct place found = { 0 };
	LISTING DIR *directory = is_hidden(hunt, path) ? NULL : directory_open(path);
	const struct dirent *entry;

	(void)fault;
	if (!directory)
		return fault_none();
	while ((entry = readdir(directory)))
		take_name(hunt, path, dirfd(directory), entry->d_name, &found);
	keep_place(hunt, path, &found);
	return hunt->fault;
}

static char *directory_of(const char *path)
{
	size_t size = (size_t)(base_name(path) - path);

	return size ? strndup(path, size > 1 ? size - 1 : 1) : strdup(".");
}

static bool is_first(const struct system_file *file)
{
	return file->part.pages_in_all > 0;
}

/* Files in a state transfer are neither present nor missing; that is reported once for
 * all of them. */
static bool is_in_transfer(const struct hunt *hunt, const char *path)
{
	for (size_t i = 0; i < hunt->place_count; i++) {
		size_t size = strlen(hunt->places[i].path);

		if (hunt->places[i].in_transfer && !strncmp(path, hunt->places[i].path, size) &&
		    !strncmp(path + size, "/" TRANSFER_DIRECTORY "/", strlen("/" TRANSFER_DIRECTORY "/")))
			return true;
	}
	return false;
}

static const char *path_of(const struct hunt *hunt, const struct system_file *file)
{
	return data_needs_path(hunt->search->needs, file->file);
}

/* The survey recognizes system tablespaces with any name. */
static void take_system_tablespaces(struct hunt *hunt)
{
	const struct data_needs *needs = hunt->search->needs;

	for (size_t i = 0; i < needs->system_file_count; i++) {
		const struct system_file *file = &needs->system_files[i];
		bool counts = is_first(file) && !is_in_transfer(hunt, path_of(hunt, file));
		HEAP char *path = counts ? directory_of(path_of(hunt, file)) : NULL;
		struct place *place = path ? place_of(hunt, path) : NULL;

		if (counts && need_memory(hunt, place))
			place->has[PART_SYSTEM_TABLESPACE] = true;
	}
}

static void walk_all(struct hunt *hunt)
{
	const struct parts_search *search = hunt->search;

	for (size_t i = 0; !hunt->fault.code && i < search->directory_count; i++) {
		hunt->root = search->directories[i];
		hunt->fault = tree_walk_directories(hunt->root, take_directory, hunt);
	}
	if (!hunt->fault.code)
		take_system_tablespaces(hunt);
}

/* ---- parts that every server has once ---- */

static bool lacks(const struct place *place, enum part part)
{
	return place->has[PART_DATA_DIRECTORY] && !place->in_transfer && !place->has[part] &&
	       !(place->without_innodb && part != PART_ARIA_LOG);
}

/* If a data directory lacks a part, that part must be outside all other data directories.
 * Conversely, each such part needs a data directory. */
static void match_part(struct hunt *hunt, enum part part)
{
	size_t lacking = 0;
	size_t spare = 0;

	for (size_t i = 0; i < hunt->place_count; i++) {
		const struct place *place = &hunt->places[i];

		lacking += lacks(place, part);
		spare += place->has[part] && !place->has[PART_DATA_DIRECTORY];
	}
	for (size_t i = 0; i < hunt->place_count; i++) {
		const struct place *place = &hunt->places[i];

		if (lacking > spare && lacks(place, part))
			add_missing(hunt, part, place->path, NULL, 0);
		else if (spare > lacking && !place->has[PART_DATA_DIRECTORY] && place->has[part])
			add_missing(hunt, PART_DATA_DIRECTORY, place->path, NULL, 0);
	}
}

/* If the schema mysql has no files left, its directory shows where the data directory is. */
static void take_empty_schemas(struct hunt *hunt)
{
	for (size_t i = 0; i < hunt->place_count; i++) {
		struct place *place = &hunt->places[i];
		char path[PATH_MAX];
		struct file_id id;

		if (snprintf(path, sizeof(path), "%s/mysql/.", place->path) < (int)sizeof(path) && id_of(path, &id) &&
		    !find_place(hunt, id))
			place->has[PART_DATA_DIRECTORY] = true;
	}
}

/* grastate.dat is in the data directory, unless a setting moves it; then a data directory
 * without it remains. */
static void take_empty_nodes(struct hunt *hunt)
{
	size_t bare = 0;
	size_t homeless = 0;

	for (size_t i = 0; i < hunt->place_count; i++) {
		bare += hunt->places[i].is_node && !hunt->places[i].has[PART_DATA_DIRECTORY];
		homeless += !hunt->places[i].is_node && hunt->places[i].has[PART_DATA_DIRECTORY];
	}
	for (size_t i = 0; bare > homeless && i < hunt->place_count; i++)
		hunt->places[i].has[PART_DATA_DIRECTORY] |= hunt->places[i].is_node;
	for (size_t i = 0; i < hunt->place_count; i++)
		hunt->places[i].has[PART_DATA_DIRECTORY] |= hunt->places[i].in_transfer;
}

/* Until the transfer has finished, nothing tells which data will be here. */
static void match_transfers(struct hunt *hunt)
{
	for (size_t i = 0; i < hunt->place_count; i++) {
		const struct place *place = &hunt->places[i];
		/* otherwise the list of tables tells what is missing, and a running
		 * server has finished the transfer */
		bool has_no_state = place->has_no_state && !hunt->judges_tables && !hunt->search->needs->live;

		if (place->in_transfer || has_no_state)
			add_missing(hunt, PART_TRANSFER, place->path, NULL, 0);
	}
}

static void match_parts(struct hunt *hunt)
{
	static const enum part parts[] = { PART_SYSTEM_TABLESPACE, PART_REDO_LOG, PART_ARIA_LOG };

	match_transfers(hunt);
	take_empty_schemas(hunt);
	take_empty_nodes(hunt);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!hunt->parts->missing[PART_DATA_DIRECTORY])
			match_part(hunt, parts[i]);
}

/* ---- undo tablespaces ---- */

/* Reads the IDs of the undo tablespaces from the page of the transaction system, which is
 * never encrypted. */
static size_t read_undo_ids(const char *path, uint32_t ids[static RSEG_COUNT])
{
	SOURCE struct source source = SOURCE_CLOSED;
	HEAP unsigned char *page = malloc(SCAN_PAGE_MAX);
	struct innodb_space space = { 0 };
	size_t size = 0;
	size_t count = 0;
	bool fits =
		page && !source_open(AT_FDCWD, path, &source).code &&
		!source_read(&source, 0, page, SCAN_PAGE_MAX, &size).code &&
		innodb_read_head(page, size, &space) == INNODB_HEAD_FITS &&
		!source_read(&source, (uint64_t)TRX_SYS_PAGE * space.page_size, page, space.page_size, &size).code &&
		size == space.page_size && be32(page + 4) == TRX_SYS_PAGE && be16(page + 24) == TRX_SYS_TYPE;

	for (size_t i = 0; fits && i < RSEG_COUNT; i++) {
		uint32_t id = be32(page + RSEG_OFFSET + 8 * i);
		size_t known = 0;

		while (known < count && ids[known] != id)
			known++;
		if (id && id != UINT32_MAX && known == count)
			ids[count++] = id;
	}
	return count;
}

static bool is_in_system_directory(const struct hunt *hunt, struct file_id directory)
{
	const struct place *place = find_place(hunt, directory);

	return place && place->has[PART_SYSTEM_TABLESPACE];
}

/* Takes the undo tablespace next to its system tablespace, else one in a directory
 * without a system tablespace. */
static bool take_undo(struct hunt *hunt, struct file_id home, uint32_t id)
{
	struct undo *elsewhere = NULL;

	for (size_t i = 0; i < hunt->undo_count; i++) {
		struct undo *undo = &hunt->undos[i];

		if (undo->taken || undo->space_id != id)
			continue;
		if (is_same_file(undo->directory, home)) {
			undo->taken = true;
			return true;
		}
		if (!is_in_system_directory(hunt, undo->directory))
			elsewhere = undo;
	}
	if (elsewhere)
		elsewhere->taken = true;
	return elsewhere != NULL;
}

static void match_undo(struct hunt *hunt, const char *path)
{
	uint32_t ids[RSEG_COUNT];
	size_t count = read_undo_ids(path, ids);
	struct file_id home = { 0 };
	HEAP char *directory = directory_of(path);

	if (!need_memory(hunt, directory) || !id_of(directory, &home))
		return;
	for (size_t i = 0; i < count; i++)
		if (!take_undo(hunt, home, ids[i]))
			add_missing(hunt, PART_UNDO_TABLESPACE, path, NULL, ids[i]);
}

/* ---- tables ---- */

static void wait_a_moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
}

/* A link file is enough: the survey follows it, or check_link looks for the file next to it. */
static bool has_tablespace(const char *directory, const char *name)
{
	return join_is_there(directory, name, ".ibd") || join_is_there(directory, name, ".isl");
}

/* Looks in the directory where the tablespace belongs, and in all directories that may
 * contain moved ones. */
static bool find_tablespace(const struct hunt *hunt, const char *home, const char *name)
{
	bool found = has_tablespace(home, name);

	for (size_t i = 0; !found && i < hunt->search->directory_count; i++)
		found = has_tablespace(hunt->search->directories[i], name);
	for (size_t i = 0; !found && i < hunt->place_count; i++)
		found = !hunt->places[i].has[PART_SYSTEM_TABLESPACE] && has_tablespace(hunt->places[i].path, name);
	return found;
}

/* An interrupted ALTER TABLE leaves such a table, which is dropped sooner or later. */
static bool is_intermediate(const char *name)
{
	return !strncmp(base_name(name), "#sql", strlen("#sql"));
}

/* Whether any record is about this tablespace. The log does not keep all names of a file
 * that is renamed often. */
static bool is_in_log(const struct hunt *hunt, uint32_t space_id)
{
	unsigned char page[1];
	struct redo_question question = { .path = "", .has_id = true, .id = space_id, .page = page };
	bool found = false;

	for (; !found && question.directory < hunt->search->directory_count; question.directory++)
		found = redo_logs_ask(hunt->search->redo_logs, hunt->scan, &question) != REDO_SAYS_NOTHING;
	return found;
}

static bool lists_tables(const struct hunt *hunt)
{
	return hunt->search->needs->blank_count || hunt->has_orphans || hunt->has_backup;
}

/* While a redo log waits, deleted tables may reappear. */
static struct fault list_table(void *context, const struct dictionary_table *table)
{
	struct hunt *hunt = context;

	if (lists_tables(hunt) && !(table->deleted && hunt->judges_tables))
		need_memory(hunt, name_set_add(&hunt->listed, table->name));
	return hunt->fault;
}

static struct fault check_table(void *context, const struct dictionary_table *table)
{
	struct hunt *hunt = context;
	struct fault fault = list_table(hunt, table);
	bool has_own_file = table->space_id && !table->discarded;
	HEAP char *path = NULL;

	if (fault.code || table->deleted || !strchr(table->name, '/') || is_intermediate(table->name) ||
	    (has_own_file && find_tablespace(hunt, hunt->home, table->name)))
		return fault;
	if (hunt->judges_stale) {
		if (has_own_file && !is_in_log(hunt, table->space_id))
			need_memory(hunt, name_set_add(&hunt->stale, table->name));
		return hunt->fault;
	}
	need_memory(hunt, name_set_add(&hunt->without_file, table->name));
	path = has_own_file ? format_text("%s.ibd", table->name) : NULL;
	if (has_own_file && need_memory(hunt, path))
		add_missing(hunt, PART_TABLE, hunt->home, path, 0);
	return hunt->fault;
}

/* Checks the tables that InnoDB lists, even those with no other trace. A running server
 * may be writing the list. */
static void check_dictionary(struct hunt *hunt, const struct system_file *first, dictionary_visit *visit)
{
	const struct data_needs *needs = hunt->search->needs;
	HEAP char *home = directory_of(data_needs_path(needs, first->file));
	bool complete = false;

	need_memory(hunt, home);
	hunt->home = home;
	for (int i = 0; !hunt->fault.code && !complete && i < (needs->live ? SCAN_READS : 1); i++) {
		if (i)
			wait_a_moment();
		hunt->fault = dictionary_walk(hunt->scan, needs, first, visit, hunt, &complete);
	}
	hunt->home = NULL;
	hunt->dictionaries++;
	hunt->dictionaries_complete &= complete;
}

/* Returns "schema/table" from the end of path, or NULL if it does not end like that. */
static char *table_of(const char *path)
{
	const char *table = base_name(path);
	size_t size = strlen(table);

	if (table - path < 2 || size <= strlen(".ibd") || strcmp(table + size - strlen(".ibd"), ".ibd") != 0)
		return NULL;
	size -= strlen(".ibd");
	for (table--; table > path && table[-1] != '/'; table--)
		size++;
	return strndup(table, size + 1);
}

/* Whether path is a database directory in a data directory. */
static bool is_schema(const struct hunt *hunt, const char *path)
{
	char above[PATH_MAX];
	struct file_id id;
	size_t size = (size_t)(base_name(path) - path);
	const struct place *place;

	if (snprintf(above, sizeof(above), "%.*s..", (int)size, path) >= (int)sizeof(above) || !id_of(above, &id))
		return false;
	place = find_place(hunt, id);
	return place && place->has[PART_DATA_DIRECTORY];
}

/* For a link file: whether the redo log says nothing about its target. */
static bool is_unknown_to_log(const struct hunt *hunt, const struct data_file *file)
{
	unsigned char page[1];
	const struct redo_question question = { .directory = file->directory, .path = file->target, .page = page };

	if (!file->target)
		return file->redo_says == REDO_SAYS_NOTHING;
	return redo_logs_ask(hunt->search->redo_logs, hunt->scan, &question) == REDO_SAYS_NOTHING;
}

static bool may_be_leftover(const struct hunt *hunt, const struct data_file *file)
{
	enum data_recovery recovery;

	if (!file->blank && !file->target)
		return false;
	recovery = data_needs_recovery(hunt->search->needs, file->directory);
	return recovery != DATA_RECOVERY_UNKNOWN && is_schema(hunt, file->path) &&
	       (recovery == DATA_RECOVERY_NONE || is_unknown_to_log(hunt, file));
}

/* The list on disk may be older than the redo log. But a statement that creates a table
 * writes the file name to the log before the table is in the list. By then the file's
 * first page has been written or is in the log. */
static bool is_listed(const struct hunt *hunt, const struct data_file *file)
{
	HEAP char *own = file->target ? with_suffix(file->path, ".ibd") : strdup(file->path);
	HEAP char *table = own ? table_of(own) : NULL;

	return !table || name_set_has(&hunt->listed, table);
}

static void note_leftover(struct data_file *file)
{
	file->note = file->target ? DATA_NOTE_LEFTOVER_LINK : DATA_NOTE_LEFTOVER;
	if (!file->target)
		return;
	file->kind = DATA_PLAIN;
	file->fault = fault_none();
}

static void note_leftovers(const struct hunt *hunt)
{
	struct data_needs *needs = hunt->search->needs;

	for (size_t i = 0; i < needs->file_count; i++) {
		struct data_file *file = &needs->files[i];

		if (!may_be_leftover(hunt, file))
			continue;
		if (!hunt->dictionaries || !hunt->dictionaries_complete)
			file->unlisted = true;
		else if (!is_listed(hunt, file))
			note_leftover(file);
	}
}

/* Returns the suffix of the file with the table's rows. NULL: the engine writes nothing
 * that needs keys, or the table has one file per partition. */
static const char *file_suffix(int directory, const char *name)
{
	SOURCE struct source source = SOURCE_CLOSED;
	unsigned char head[4];
	size_t size = 0;

	if (source_open(directory, name, &source).code || source_read(&source, 0, head, sizeof(head), &size).code ||
	    size < sizeof(head) || head[0] != 0xfe || head[1] != 1)
		return NULL;
	return head[3] == ENGINE_INNODB ? ".ibd" : head[3] == ENGINE_ARIA ? ".MAI" : NULL;
}

/* Whether the table's file was lost. A DROP or CREATE interrupted by a crash never leaves
 * a table like this: the list on disk and the .frm file have it, and no record of the
 * redo log is about it or contains its file name. */
static bool is_lost(struct hunt *hunt, const struct place *place, const char *table)
{
	unsigned char page[1];
	HEAP char *path = name_set_has(&hunt->stale, table) ? format_text("%s/%s.ibd", place->path, table) : NULL;
	const struct redo_question question = { .path = path, .page = page };

	return path && redo_logs_ask(hunt->search->redo_logs, hunt->scan, &question) == REDO_SAYS_NOTHING;
}

/* Whether the list of tables is complete and lacks this table. */
static bool is_unlisted(const struct hunt *hunt, const char *table)
{
	return hunt->dictionaries && hunt->dictionaries_complete && !name_set_has(&hunt->listed, table);
}

/* Whether no server finds more than the .frm file, even after a restore. */
static bool is_orphan(const struct hunt *hunt, const char *table)
{
	return hunt->has_orphans && is_unlisted(hunt, table);
}

/* name is a .frm file in schema. */
static void check_frm(struct hunt *hunt, const struct place *place, const char *schema, int directory, const char *name)
{
	char table[2 * NAME_MAX + 2];
	char file[2 * NAME_MAX + 8];
	const char *suffix;

	snprintf(table, sizeof(table), "%s/%.*s", schema, (int)strlen(name) - 4, name);
	if (is_intermediate(table) || join_is_there(place->path, table, ".MAI") ||
	    find_tablespace(hunt, place->path, table) || name_set_has(&hunt->without_file, table))
		return;
	suffix = file_suffix(directory, name);
	if (!suffix || (!strcmp(suffix, ".ibd") && is_orphan(hunt, table)) ||
	    (hunt->judges_tables && place->was_killed) || (hunt->judges_stale && !is_lost(hunt, place, table)))
		return;
	snprintf(file, sizeof(file), "%s%s", table, suffix);
	add_missing(hunt, PART_TABLE, place->path, file, 0);
}

/* In an unprepared backup, a table that was created, truncated or renamed during the
 * backup may still have another file name. */
static bool has_copy(const struct hunt *hunt, const struct place *place, const char *table)
{
	static const char *const suffixes[] = { ".ibd", ".new", ".ibd.delta", ".new.delta", ".ibd.qp", ".new.qp" };
	bool found = name_set_has(&hunt->renamed, table);

	for (size_t i = 0; !found && i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		found = join_is_there(place->path, table, suffixes[i]);
	return found;
}

/* link is an .isl file in schema of a backup, which must have the tablespace next to it. */
static void check_link(struct hunt *hunt, const struct place *place, const char *schema, const char *link)
{
	char table[2 * NAME_MAX + 2];
	char file[2 * NAME_MAX + 8];

	snprintf(table, sizeof(table), "%s/%.*s", schema, (int)strlen(link) - 4, link);
	if (is_intermediate(table) || has_copy(hunt, place, table) || name_set_has(&hunt->without_file, table) ||
	    (hunt->judges_tables && is_unlisted(hunt, table)))
		return;
	snprintf(file, sizeof(file), "%s.ibd", table);
	add_missing(hunt, PART_TABLE, place->path, file, 0);
}

/* ---- databases ---- */

/* lost+found is in the root of a separate file system. */
static bool is_content(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, "lost+found") != 0;
}

/* Returns whether the directory is empty. */
static bool read_schema(struct hunt *hunt, const struct place *place, const char *schema, DIR *directory)
{
	const struct dirent *entry;
	bool empty = true;

	while ((entry = readdir(directory))) {
		empty &= !is_content(entry->d_name);
		if ((hunt->judges_tables || hunt->judges_stale) && !place->is_partial &&
		    has_suffix(entry->d_name, ".frm"))
			check_frm(hunt, place, schema, dirfd(directory), entry->d_name);
		else if (place->is_backup && has_suffix(entry->d_name, ".isl"))
			check_link(hunt, place, schema, entry->d_name);
	}
	return empty;
}

static void check_schema(struct hunt *hunt, const struct place *place, int parent, const char *schema)
{
	LISTING DIR *directory = directory_open_in(parent, schema);
	bool empty;

	if (!directory || is_kernel_view(dirfd(directory)))
		return;
	empty = read_schema(hunt, place, schema, directory);
	/* a server creates the directory before the file in it */
	for (int i = 0; i < 3 && empty && hunt->search->needs->live; i++) {
		wait_a_moment();
		rewinddir(directory);
		empty = read_schema(hunt, place, schema, directory);
	}
	if (empty && is_there(parent, schema))
		add_missing(hunt, PART_DATABASE, place->path, schema, 0);
}

/* A directory for temporary files is usually empty. */
static bool is_temporary(const char *name)
{
	return !fnmatch("?(mysql)@(tmp|temp|tmpdir)", name, FNM_EXTMATCH);
}

/* Names that start with "#" are not databases. */
static bool may_be_schema(const struct dirent *entry)
{
	return is_content(entry->d_name) && !is_temporary(entry->d_name) && entry->d_name[0] != '.' &&
	       entry->d_name[0] != '#' &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN);
}

static void check_schemas(struct hunt *hunt, const struct place *place)
{
	LISTING DIR *directory = directory_open(place->path);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (may_be_schema(entry))
			check_schema(hunt, place, dirfd(directory), entry->d_name);
}

/* ---- logs ---- */

/* Whether path is a data directory, but not the one of the list, so that its logs are those of another server. */
static bool is_of_other_server(const struct hunt *hunt, const char *list, const char *path)
{
	HEAP char *directory = directory_of(list);
	struct file_id id;
	struct file_id own_id;
	const struct place *place = id_of(path, &id) ? find_place(hunt, id) : NULL;
	const struct place *own = directory && id_of(directory, &own_id) ? find_place(hunt, own_id) : NULL;

	return place && own && place != own && place->has[PART_DATA_DIRECTORY] && own->has[PART_DATA_DIRECTORY];
}

static bool has_log(const char *directory, const char *log)
{
	return join_is_there(directory, base_name(log), "") || (*log == '/' && tree_has(directory, log));
}

/* The survey follows links, but not "..". */
static bool leads_up(const char *log)
{
	for (const char *at = log; (at = strstr(at, "..")); at += 2)
		if ((at == log || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return true;
	return false;
}

/* Whether the log is in directory, and in one of the given directories. */
static bool has_relative_log(const struct hunt *hunt, const char *directory, const char *log)
{
	const struct parts_search *search = hunt->search;
	HEAP char *path = NULL;

	if (*log == '/' || !join_is_there(directory, log, ""))
		return false;
	if (!leads_up(log))
		return true;
	path = format_text("%s/%s", directory, log);
	for (size_t i = 0; path && i < search->directory_count; i++)
		if (tree_has(search->directories[i], path))
			return true;
	return false;
}

/* list is the file that lists the log. A copy of a directory has copies of the logs. */
static bool find_log(const struct hunt *hunt, const char *list, const char *log)
{
	const struct parts_search *search = hunt->search;
	HEAP char *directory = directory_of(list);

	if (directory && (join_is_there(directory, base_name(log), "") || has_relative_log(hunt, directory, log)))
		return true;
	for (size_t i = 0; i < search->directory_count; i++)
		if (has_log(search->directories[i], log) && !is_of_other_server(hunt, list, search->directories[i]))
			return true;
	for (size_t i = 0; i < hunt->place_count; i++)
		if (has_relative_log(hunt, hunt->places[i].path, log) &&
		    !is_of_other_server(hunt, list, hunt->places[i].path))
			return true;
	return false;
}

/* Checks for names such as "binlog.000001", because other files can have the name of an
 * index file, too. */
static bool is_log_name(const char *name)
{
	return !fnmatch("*.[0-9][0-9][0-9][0-9][0-9][0-9]*", base_name(name), 0);
}

/* Reads a line without the white space at its end. Returns false at the end of the list, or at a line that is
 * too long for a server, because other files can have the name of a list. */
static bool next_line(FILE *stream, char line[static SMALL_TEXT])
{
	size_t size;

	if (!stream || !fgets(line, SMALL_TEXT, stream))
		return false;
	size = strlen(line);
	if (!feof(stream) && (!size || line[size - 1] != '\n'))
		return false;
	while (size && isspace((unsigned char)line[size - 1]))
		line[--size] = '\0';
	return true;
}

static bool is_number(const char *line)
{
	return *line && line[strspn(line, "0123456789")] == '\0';
}

static FILE *open_list(const char *list)
{
	SOURCE struct source source = SOURCE_CLOSED;
	FILE *stream = source_open(AT_FDCWD, list, &source).code ? NULL : fdopen(source.file, "r");

	if (stream)
		source.file = -1; /* owned by the stream */
	return stream;
}

/* Reads the next log from a list. An info file contains only one, the relay log that the server applies: on the
 * first line, or after the number of lines. Its other lines are the position in the log of the primary (MariaDB
 * 10.11: sql/rpl_rli.cc). */
static bool next_log(FILE *stream, bool is_info, char log[static SMALL_TEXT])
{
	if (is_info)
		return stream && !ftell(stream) && next_line(stream, log) &&
		       (!is_number(log) || next_line(stream, log)) && is_log_name(log);
	while (next_line(stream, log))
		if (is_log_name(log))
			return true;
	return false;
}

/* "dir/relay.000001" and "relay.000002" are logs of one sequence. */
static bool is_same_sequence(const char *log, const char *other)
{
	const char *name = base_name(log);
	size_t size = (size_t)(strrchr(name, '.') - name);

	return (size_t)(strrchr(base_name(other), '.') - base_name(other)) == size &&
	       !memcmp(name, base_name(other), size);
}

/* By the default name, or by the name of the relay log that the server applies. */
static bool is_relay_log(const struct hunt *hunt, const char *list, const char *log)
{
	if (strstr(base_name(list), "relay"))
		return true;
	for (size_t i = 0; i < hunt->lists.count; i++) {
		const char *info = hunt->lists.items[i];
		STREAM FILE *stream = is_info_name(base_name(info)) ? open_list(info) : NULL;
		char current[SMALL_TEXT];

		if (next_log(stream, true, current) && is_same_sequence(log, current))
			return true;
	}
	return false;
}

static bool lists_log(const char *list, const char *log)
{
	STREAM FILE *stream = open_list(list);
	bool is_info = is_info_name(base_name(list));
	char line[SMALL_TEXT];

	while (next_log(stream, is_info, line))
		if (!strcmp(line, log))
			return true;
	return false;
}

/* A server removes a log from the list before it deletes the log, so a list that was read before that says
 * nothing. Enough missing logs are not checked again. */
static void check_log(struct hunt *hunt, const char *list, const char *log)
{
	enum part part;

	if (find_log(hunt, list, log))
		return;
	part = is_relay_log(hunt, list, log) ? PART_RELAY_LOG : PART_BINARY_LOG;
	if (hunt->parts->missing[part] >= PARTS_LISTED || lists_log(list, log))
		add_missing(hunt, part, list, log, 0);
}

static void check_list(struct hunt *hunt, const char *list)
{
	STREAM FILE *stream = open_list(list);
	bool is_info = is_info_name(base_name(list));
	char log[SMALL_TEXT];

	while (next_log(stream, is_info, log))
		check_log(hunt, list, log);
}

/* ---- all parts ---- */

/* Whether, as far as one can tell, no redo log creates or drops a table. */
static bool is_clean(const struct data_needs *needs)
{
	for (size_t i = 0; i < needs->directory_count; i++)
		if (needs->directories[i].has_redo_log &&
		    (needs->directories[i].unclean || !needs->directories[i].clean))
			return false;
	return true;
}

static bool is_partial_home(const struct hunt *hunt, const char *path)
{
	HEAP char *directory = directory_of(path);
	struct file_id id;
	const struct place *place = directory && id_of(directory, &id) ? find_place(hunt, id) : NULL;

	return place && place->is_partial;
}

static void check_system_tablespaces(struct hunt *hunt)
{
	const struct data_needs *needs = hunt->search->needs;

	for (size_t i = 0; i < needs->system_file_count; i++) {
		const struct system_file *file = &needs->system_files[i];
		const char *path = path_of(hunt, file);
		bool judges = (hunt->judges_tables || hunt->judges_stale) && !is_partial_home(hunt, path);

		if (!is_first(file))
			continue;
		if (is_in_transfer(hunt, path)) {
			hunt->dictionaries_complete = false;
			continue;
		}
		match_undo(hunt, path);
		if (judges || lists_tables(hunt))
			check_dictionary(hunt, file, judges ? check_table : list_table);
	}
}

static void find_all(struct hunt *hunt)
{
	match_parts(hunt);
	/* the system tablespace lists tables without a file of their own */
	hunt->judges_tables &= !hunt->parts->missing[PART_SYSTEM_TABLESPACE];
	hunt->judges_stale &= !hunt->parts->missing[PART_SYSTEM_TABLESPACE];
	hunt->has_orphans = hunt->judges_tables && redo_logs_leave_orphans(hunt->search->redo_logs, hunt->scan);
	check_system_tablespaces(hunt);
	/* the list in a missing system tablespace is unknown */
	hunt->dictionaries_complete &= !hunt->parts->missing[PART_SYSTEM_TABLESPACE];
	note_leftovers(hunt);
	for (size_t i = 0; i < hunt->place_count; i++) {
		hunt->parts->judged |= hunt->places[i].has[PART_DATA_DIRECTORY];
		if (hunt->places[i].has[PART_DATA_DIRECTORY])
			check_schemas(hunt, &hunt->places[i]);
	}
	hunt->parts->tables_judged = hunt->parts->judged && hunt->judges_tables;
	for (size_t i = 0; i < hunt->lists.count; i++)
		check_list(hunt, hunt->lists.items[i]);
}

static void hunt_free(struct hunt *hunt)
{
	for (size_t i = 0; i < hunt->place_count; i++)
		free(hunt->places[i].path);
	for (size_t i = 0; i < hunt->lists.count; i++)
		free(hunt->lists.items[i]);
	free(hunt->places);
	free(hunt->undos);
	free(hunt->lists.items);
	name_set_free(&hunt->renamed);
	name_set_free(&hunt->without_file);
	name_set_free(&hunt->stale);
	name_set_free(&hunt->listed);
}

struct fault data_parts_find(const struct parts_search *search, struct data_parts *ret_parts)
{
	DATA_PARTS struct data_parts parts = { 0 };
	struct scan_rules rules = { .ciphers = (1U << DATA_CIPHER_COUNT) - 1 };
	struct scan scan = { 0 };
	struct hunt hunt = {
		.search = search,
		.scan = &scan,
		.parts = &parts,
		.dictionaries_complete = true,
		.judges_tables = !search->needs->live && is_clean(search->needs),
		.judges_stale = !search->needs->live && !is_clean(search->needs),
		.fault = scan_new(&rules, search->keyfile, &scan),
	};

	if (hunt.fault.code)
		return hunt.fault;
	walk_all(&hunt);
	if (!hunt.fault.code)
		find_all(&hunt);
	if (!hunt.fault.code && prover_failed(scan.prover))
		hunt.fault = fault_of(FAULT_ALGORITHM);
	scan_free(&scan);
	hunt_free(&hunt);
	if (hunt.fault.code)
		return hunt.fault;
	*ret_parts = parts;
	parts = (struct data_parts){ 0 };
	return hunt.fault;
}
