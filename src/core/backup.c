/* SPDX-License-Identifier: MIT */
#include "core/backup.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "core/file.h"
#include "core/format.h"
#include "core/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nobody makes this many backups; one more number still fits. */
#define NUMBER_MAX 4000000000U

/* Returns the number in "NAME.~NUMBER~", or 0 if candidate is not a numbered backup. */
static uint32_t number_of(const char *candidate, const char *name)
{
	size_t size = strlen(name);
	uint64_t number = 0;
	const char *digit;

	if (strncmp(candidate, name, size) || strncmp(candidate + size, ".~", 2))
		return 0;
	for (digit = candidate + size + 2; *digit >= '0' && *digit <= '9' && number < NUMBER_MAX; digit++)
		number = 10 * number + (uint64_t)(*digit - '0');
	if (strcmp(digit, "~") || candidate[size + 2] == '0' || number > NUMBER_MAX)
		return 0;
	return (uint32_t)number;
}

/* Returns the name of the backup with this number, malloc(3)ed; 0 means NAME~. */
static char *numbered(const char *name, uint32_t number)
{
	return number ? format_text("%s.~%" PRIu32 "~", name, number) : format_text("%s~", name);
}

static int newest_first(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one;
	uint32_t b = *(const uint32_t *)other;

	return (a < b) - (a > b);
}

/* Lists the numbers in use, highest first. Free ret_numbers on faults too. */
static struct fault list_numbers(int directory, const char *name, uint32_t **ret_numbers, size_t *ret_count)
{
	LISTING DIR *listing = file_list(directory);
	const struct dirent *entry;

	if (!listing)
		return fault_errno(FAULT_BACKUP, errno);
	while (errno = 0, (entry = readdir(listing))) {
		uint32_t number = number_of(entry->d_name, name);
		uint32_t *added = number ? array_add(ret_numbers, ret_count, sizeof(*added)) : NULL;

		if (number && !added)
			return fault_of(FAULT_MEMORY);
		if (added)
			*added = number;
	}
	if (errno)
		return fault_errno(FAULT_BACKUP, errno);
	if (*ret_count)
		qsort(*ret_numbers, *ret_count, sizeof(**ret_numbers), newest_first);
	return fault_none();
}

char *backup_newest_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	HEAP char *directory_path = slash ? format_text("%.*s", (int)(slash + 1 - path), path) : strdup(".");
	DESCRIPTOR int directory = directory_path ? open(directory_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	uint32_t *numbers = NULL;
	char *newest = NULL;
	size_t count = 0;

	if (directory >= 0 && !list_numbers(directory, slash ? slash + 1 : path, &numbers, &count).code && count)
		newest = numbered(path, numbers[0]);
	free(numbers);
	return newest;
}

static bool is_absent(int directory, const char *name)
{
	struct stat present;

	return fstatat(directory, name, &present, AT_SYMLINK_NOFOLLOW) && errno == ENOENT;
}

static bool is_the_file(int directory, const char *name, const struct stat *own)
{
	struct stat present;

	return !fstatat(directory, name, &present, AT_SYMLINK_NOFOLLOW) && file_is_same(&present, own);
}

static struct fault next_number(int directory, const char *name, const struct stat *own, char **ret_name)
{
	HEAP uint32_t *numbers = NULL;
	size_t count = 0;
	struct fault fault = list_numbers(directory, name, &numbers, &count);
	uint32_t highest = count ? numbers[0] : 0;

	if (fault.code)
		return fault;
	*ret_name = highest ? numbered(name, highest) : NULL;
	if (*ret_name && is_the_file(directory, *ret_name, own))
		return fault;
	free(*ret_name);
	*ret_name = numbered(name, highest + 1);
	return *ret_name ? fault : fault_of(FAULT_MEMORY);
}

struct fault backup_next_name(int directory, const char *name, const struct stat *own, char **ret_name)
{
	char *simple = numbered(name, 0);

	if (!simple)
		return fault_of(FAULT_MEMORY);
	if (is_absent(directory, simple) || is_the_file(directory, simple, own)) {
		*ret_name = simple;
		return fault_none();
	}
	free(simple);
	return next_number(directory, name, own, ret_name);
}

static bool is_superseded(int directory, const char *name, temporary_superseded *superseded, void *context)
{
	SECRET struct secret content = { 0 };
	DESCRIPTOR int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat status;

	return file >= 0 && !fstat(file, &status) && S_ISREG(status.st_mode) &&
	       trust_has_entry(directory, name, file) && !file_read(file, &content).code &&
	       superseded(&content, context);
}

char *backup_find_superseded(int directory, const char *name, const char *next, temporary_superseded *superseded,
			     void *context)
{
	char *simple = numbered(name, 0);

	if (simple && strcmp(simple, next) && is_superseded(directory, simple, superseded, context))
		return simple;
	free(simple);
	return NULL;
}

bool backup_take_over(int directory, const char *next, const char *earlier, temporary_superseded *superseded,
		      void *context)
{
	if (!renameat2(directory, next, directory, earlier, RENAME_EXCHANGE)) {
		/* check what came out, because another program may have written it since */
		if (is_superseded(directory, next, superseded, context))
			unlinkat(directory, next, 0);
		return true;
	}
	return file_cannot_exchange(errno) && is_superseded(directory, earlier, superseded, context) &&
	       !renameat(directory, next, directory, earlier);
}

void backup_remove_excess(int directory, const char *name, const char *newest, unsigned int keep, bool dry_run,
			  temporary_superseded *superseded, void *context, backup_tell *tell, void *tell_context)
{
	HEAP uint32_t *numbers = NULL;
	size_t count = 0;
	unsigned int kept = 1;

	/* NAME~, which is number 0 */
	if (list_numbers(directory, name, &numbers, &count).code || !array_add(&numbers, &count, sizeof(*numbers)))
		return;
	for (size_t i = 0; i < count; i++) {
		HEAP char *backup = numbered(name, numbers[i]);

		if (backup && strcmp(backup, newest) && !is_absent(directory, backup) && kept++ >= keep)
			tell(tell_context, backup,
			     is_superseded(directory, backup, superseded, context) &&
				     (dry_run || !unlinkat(directory, backup, 0)));
	}
}
