/* SPDX-License-Identifier: MIT */
#ifndef MKEYFILE_DATA_SYSTEM_FILES_H
#define MKEYFILE_DATA_SYSTEM_FILES_H

#include "data/source.h"

#include <pthread.h>

struct innodb_file;
struct scan;

/* A system tablespace may have several files, of any name and in several directories
 * (MariaDB 10.11: innodb_data_file_path, innodb_data_home_dir). Only the first one has
 * a page 0, which tells how all of them are encrypted. */

/* Bytes: they have whole ones of it (MariaDB 10.11: fsp/fsp0sysspace.cc). */
#define SYSTEM_FILE_UNIT (1U << 20)

/* The first files in and below some directories: they are looked for when another
 * file may be one of theirs. */
struct system_files {
	const char *const *directories;
	size_t directory_count;
	pthread_mutex_t mutex; /* over what follows */
	bool searched;
	char *paths; /* each with its NUL; NULL: there is none */
	size_t size;
};

#define SYSTEM_FILES_IN(names, count)                                                                                  \
	((struct system_files){                                                                                        \
		.directories = (names), .directory_count = (count), .mutex = PTHREAD_MUTEX_INITIALIZER })

void system_files_free(struct system_files *files);

enum system_match {
	SYSTEM_FITS,
	SYSTEM_UNWRITTEN, /* all zero, and a first file lacks as many pages */
	SYSTEM_NO_FIRST,  /* no first file is known that it could belong to */
	SYSTEM_ALIEN,	  /* does not fit to any, not even to that in its directory */
};

/* Looks for the first file that the one at path belongs to: rather one whose salt lets
 * the key open its pages, one in the same directory, or one whose path has more in
 * common. innodb->paged.source is the file's; where the answer is not SYSTEM_NO_FIRST or
 * SYSTEM_ALIEN, the space and the head source (to be closed) are those of the first
 * file, and with SYSTEM_FITS paged.first_page is set. FAULT_MEMORY goes to scan->fault. */
enum system_match system_files_match(struct scan *scan, const char *path, struct innodb_file *innodb);

#endif
