/* SPDX-License-Identifier: MIT */
#include "data/coverage.h"

#include "core/array.h"
#include "data/file_names.h"
#include "data/table_name.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the name tells about a file that is not a tablespace, an Aria table or a log that is
 * encrypted. The first matching pattern decides. */
static const struct {
	const char *pattern;
	enum coverage_part part;
} patterns[] = {
	{ "GRA_*.log", COVERAGE_GALERA },
	{ "galera.cache", COVERAGE_GALERA },
	{ "gcache.page.*", COVERAGE_GALERA },
	{ "*.MY[DI]", COVERAGE_MYISAM },
	{ "*.TM[DM]", COVERAGE_MYISAM },
	{ "*.CS[VM]", COVERAGE_CSV },
	{ "*.AR[ZMN]", COVERAGE_ARCHIVE },
	{ "aria_log.+([0-9])", COVERAGE_ARIA_LOG },
	{ "*-slow.log*", COVERAGE_SLOW_LOG },
	{ "*.err*", COVERAGE_ERROR_LOG },
	{ "ddl_recovery*.log", COVERAGE_DEFINITIONS },
	{ "tc.log", COVERAGE_STATE },
	{ "server_audit*.log*", COVERAGE_OTHER_LOG },
	{ "myisam.log", COVERAGE_OTHER_LOG },
	{ "*.log*", COVERAGE_GENERAL_LOG },
	{ "ib_buffer_pool*", COVERAGE_BUFFER_POOL },
	{ "core?(.+([0-9]))", COVERAGE_DUMP },
	{ "*.@(frm|par|opt|cfg|MRG|isl|TR[GN])", COVERAGE_DEFINITIONS },
};

static enum coverage_part part_of_name(const char *name)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i].pattern, name, FNM_EXTMATCH))
			return patterns[i].part;
	return COVERAGE_STATE;
}

static enum coverage_part part_of(const struct data_file *file)
{
	switch (file->kind) {
	case DATA_INNODB:
		if (is_undo_name(file->path))
			return COVERAGE_UNDO_TABLESPACE;
		return file->system.pages || !strncmp(base_name(file->path), "ibdata", 6) ? COVERAGE_SYSTEM_TABLESPACE
											  : COVERAGE_INNODB;
	case DATA_ARIA_INDEX:
	case DATA_ARIA_DATA:
		return COVERAGE_ARIA;
	case DATA_BINARY_LOG:
		return file->relay ? COVERAGE_RELAY_LOG : COVERAGE_BINARY_LOG;
	case DATA_REDO_LOG:
		return COVERAGE_REDO_LOG;
	case DATA_TEMPORARY:
		return !strncmp(base_name(file->path), "ibtmp", 5) ? COVERAGE_TEMPORARY_TABLESPACE : COVERAGE_TEMPORARY;
	case DATA_PLAIN:
		return part_of_name(base_name(file->path));
	case DATA_UNKNOWN:
		break;
	}
	return COVERAGE_UNKNOWN;
}

static bool is_table(enum coverage_part part)
{
	return part <= COVERAGE_ARCHIVE;
}

const char *coverage_setting(enum coverage_part part)
{
	static const char *const settings[COVERAGE_PART_COUNT] = {
		[COVERAGE_INNODB] = "innodb_encrypt_tables",
		[COVERAGE_ARIA] = "aria_encrypt_tables",
		[COVERAGE_SYSTEM_TABLESPACE] = "innodb_encrypt_tables",
		[COVERAGE_UNDO_TABLESPACE] = "innodb_encrypt_tables",
		[COVERAGE_DOUBLE_WRITE] = "innodb_encrypt_tables",
		[COVERAGE_REDO_LOG] = "innodb_encrypt_log",
		[COVERAGE_BINARY_LOG] = "encrypt_binlog",
		[COVERAGE_RELAY_LOG] = "encrypt_binlog",
		[COVERAGE_TEMPORARY_TABLESPACE] = "innodb_encrypt_temporary_tables",
		[COVERAGE_TEMPORARY] = "encrypt_tmp_disk_tables",
	};

	return settings[part];
}

/* ---- one file ---- */

/* Whether the pages were counted one by one. An index file that is not encrypted has no pages to prove. */
static bool is_counted(const struct data_file *file)
{
	bool is_paged = file->kind == DATA_INNODB || file->kind == DATA_ARIA_INDEX || file->kind == DATA_ARIA_DATA;

	return (is_paged && file->evidence.pages) || file->kind == DATA_TEMPORARY;
}

/* Without a head that tells how pages are encrypted, nothing is known about them. */
static bool is_known(const struct data_file *file)
{
	switch (file->note) {
	case DATA_NOTE_NO_HEAD:
	case DATA_NOTE_NO_INDEX:
	case DATA_NOTE_NO_FIRST_FILE:
	case DATA_NOTE_NO_SUPPORT:
	case DATA_NOTE_LOST:
	case DATA_NOTE_DROPPED:
	case DATA_NOTE_INCREMENTAL:
	case DATA_NOTE_PACKED:
		return false;
	default:
		return file->kind != DATA_UNKNOWN;
	}
}

static bool is_blank(const struct data_file *file)
{
	return file->note == DATA_NOTE_ZERO || file->note == DATA_NOTE_LEFTOVER || file->note == DATA_NOTE_EMPTY;
}

/* The size of a file that could not be read, even if it could not be opened. */
static uint64_t size_of(const struct data_file *file)
{
	struct stat status;

	if (!file->size && !stat(file->path, &status) && S_ISREG(status.st_mode))
		return (uint64_t)status.st_size;
	return file->size;
}

struct coverage data_file_coverage(const struct data_file *file)
{
	if (file->fault.code)
		return (struct coverage){ .unknown = size_of(file) };
	if (is_counted(file))
		return file->evidence.coverage;
	if (is_blank(file))
		return (struct coverage){ 0 };
	if (!is_known(file))
		return (struct coverage){ .unknown = file->size };
	if (file->declared)
		return (struct coverage){ .encrypted = file->size };
	return (struct coverage){ .clear = file->size };
}

unsigned int coverage_share(const struct coverage *bytes)
{
	double all = (double)bytes->encrypted + (double)bytes->clear;
	double share;

	if (!bytes->clear)
		return 1000;
	share = 1000 * (double)bytes->encrypted / all;
	return share > 999 ? 999 : (unsigned int)share;
}

/* ---- names ---- */

/* Returns the end of the table's name in the name of its file. */
static const char *end_of_table(const char *name, const char *end)
{
	for (const char *at = name; at + 3 <= end; at++)
		if (at[0] == '#' && (at[1] == 'P' || at[1] == 'p') && at[2] == '#')
			return at;
	return end;
}

/* "/data/shop/orders#P#p0.ibd" */
static struct fault set_names(const char *path, struct coverage_item *item)
{
	const char *name = base_name(path);
	const char *dot = strrchr(name, '.');
	const char *end = dot ? dot : name + strlen(name);
	const char *table = end_of_table(name, end);
	const char *directory = name > path ? name - 1 : path;
	const char *start = directory;

	while (start > path && start[-1] != '/')
		start--;
	item->database = table_name_decode(start, (size_t)(directory - start));
	item->table = table_name_decode(name, (size_t)(table - name));
	if (table < end)
		item->partition = table_name_decode(table + 3, (size_t)(end - table - 3));
	return item->database && item->table && (table == end || item->partition) ? fault_none()
										  : fault_of(FAULT_MEMORY);
}

static void free_item(struct coverage_item *item)
{
	free(item->database);
	free(item->table);
	free(item->partition);
}

void data_coverage_free(struct data_coverage *coverage)
{
	for (size_t i = 0; i < coverage->count; i++)
		free_item(&coverage->items[i]);
	free(coverage->items);
	*coverage = (struct data_coverage){ 0 };
}

/* ---- all files ---- */

/* The directories of both may have been reached through different links. */
static bool is_same_path(const char *path, const char *other)
{
	struct stat one;
	struct stat two;

	if (strcmp(base_name(path), base_name(other)))
		return false;
	return !strcmp(path, other) ||
	       (!stat(path, &one) && !stat(other, &two) && one.st_ino == two.st_ino && one.st_dev == two.st_dev);
}

/* Returns the log that the file is according to the option files, or NULL. */
static const struct coverage_log *find_log(const struct data_file *file, const struct coverage_log *logs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((file->kind == DATA_PLAIN || file->kind == DATA_UNKNOWN) && is_same_path(file->path, logs[i].path))
			return &logs[i];
	return NULL;
}

static bool is_listed(enum coverage_part part, const struct data_file *file, const struct coverage *bytes)
{
	if (part == COVERAGE_DEFINITIONS || part == COVERAGE_STATE || file->note == DATA_NOTE_NO_TARGET)
		return false;
	return bytes->clear || bytes->encrypted || bytes->unknown || file->fault.code;
}

static struct fault add_item(struct data_coverage *coverage, enum coverage_part part, const struct data_file *file,
			     struct coverage bytes)
{
	struct coverage_item *item = array_add(&coverage->items, &coverage->count, sizeof(*item));

	if (!item)
		return fault_of(FAULT_MEMORY);
	item->part = part;
	item->path = file->path;
	item->files = 1;
	item->bytes = bytes;
	item->unreadable = file->fault.code;
	item->estimated = bytes.clear && bytes.encrypted && file->kind == DATA_INNODB && part != COVERAGE_DOUBLE_WRITE;
	return is_table(part) ? set_names(file->path, item) : fault_none();
}

static void count_part(struct data_coverage *coverage, enum coverage_part part, const struct coverage *bytes)
{
	coverage->parts[part].files++;
	coverage_add(&coverage->parts[part].bytes, bytes);
	coverage_add(&coverage->all.bytes, bytes);
}

static struct fault add_double_write(struct data_coverage *coverage, const struct data_file *file)
{
	const struct coverage *bytes = &file->evidence.double_write;

	if (!bytes->encrypted && !bytes->clear && !bytes->unknown)
		return fault_none();
	count_part(coverage, COVERAGE_DOUBLE_WRITE, bytes);
	return add_item(coverage, COVERAGE_DOUBLE_WRITE, file, *bytes);
}

static struct fault add_file(struct data_coverage *coverage, const struct coverage_log *log,
			     const struct data_file *file)
{
	enum coverage_part part = log ? log->part : part_of(file);
	struct coverage bytes = data_file_coverage(file);
	struct fault fault = add_double_write(coverage, file);

	/* a log with a name of its own */
	if (log && !file->fault.code)
		bytes = (struct coverage){ .clear = file->size };
	count_part(coverage, part, &bytes);
	coverage->all.files++;
	if (!fault.code && is_listed(part, file, &bytes))
		fault = add_item(coverage, part, file, bytes);
	return fault;
}

static int compare_texts(const char *one, const char *other)
{
	return strcmp(one ? one : "", other ? other : "");
}

static int compare_names(const struct coverage_item *one, const struct coverage_item *other)
{
	int order = one->part < other->part ? -1 : one->part > other->part;

	if (!order)
		order = compare_texts(one->database, other->database);
	if (!order)
		order = compare_texts(one->table, other->table);
	return order ? order : compare_texts(one->partition, other->partition);
}

static int compare_items(const void *one, const void *other)
{
	const struct coverage_item *a = one;
	const struct coverage_item *b = other;
	int order = compare_names(a, b);

	return order ? order : strcmp(a->path, b->path);
}

/* The most clear text of each part first. */
static int compare_sizes(const void *one, const void *other)
{
	const struct coverage_item *a = one;
	const struct coverage_item *b = other;

	if (a->part == b->part && a->bytes.clear != b->bytes.clear)
		return a->bytes.clear > b->bytes.clear ? -1 : 1;
	return compare_items(one, other);
}

/* Files of the same table are in the same directory, except those of another data directory. */
static bool is_same_table(const struct coverage_item *one, const struct coverage_item *other)
{
	return is_table(one->part) && !compare_names(one, other) && are_in_same_directory(one->path, other->path);
}

static void merge(struct coverage_item *table, const struct coverage_item *file)
{
	table->files += file->files;
	coverage_add(&table->bytes, &file->bytes);
	table->unreadable |= file->unreadable;
	table->estimated |= file->estimated;
}

static void sort(struct data_coverage *coverage, array_compare *compare)
{
	if (coverage->count)
		qsort(coverage->items, coverage->count, sizeof(*coverage->items), compare);
}

static void merge_tables(struct data_coverage *coverage)
{
	size_t count = 0;

	sort(coverage, compare_items);
	for (size_t i = 0; i < coverage->count; i++) {
		struct coverage_item *item = &coverage->items[i];

		if (count && is_same_table(&coverage->items[count - 1], item)) {
			merge(&coverage->items[count - 1], item);
			free_item(item);
		} else {
			coverage->items[count++] = *item;
		}
	}
	coverage->count = count;
	sort(coverage, compare_sizes);
}

/* Every page was read: nothing is an estimate. */
static void settle_estimates(struct data_coverage *coverage, bool full)
{
	for (size_t i = 0; i < coverage->count; i++) {
		coverage->items[i].estimated &= !full;
		coverage->estimated |= coverage->items[i].estimated;
	}
}

struct fault data_coverage_collect(const struct data_file *files, size_t count, bool full,
				   const struct coverage_log *logs, size_t log_count,
				   struct data_coverage *ret_coverage)
{
	DATA_COVERAGE struct data_coverage coverage = { 0 };
	struct fault fault = fault_none();

	for (size_t i = 0; !fault.code && i < count; i++)
		fault = add_file(&coverage, find_log(&files[i], logs, log_count), &files[i]);
	if (fault.code)
		return fault;
	merge_tables(&coverage);
	settle_estimates(&coverage, full);
	*ret_coverage = coverage;
	coverage = (struct data_coverage){ 0 };
	return fault;
}
