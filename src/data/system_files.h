/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/innodb.h"

#include <pthread.h>

struct system_first; /* a first file, as it was when it was found */

/* A system tablespace may have several files, of any name and in several directories
 * (MariaDB 10.11: innodb_data_file_path, innodb_data_home_dir). Only the first one has
 * a page 0, which tells how all of them are encrypted. */

/* Bytes: none is smaller, and only the last one has other than whole ones of it
 * (MariaDB 10.11: fsp/fsp0sysspace.cc, SysTablespace::check_size). */
#define SYSTEM_FILE_UNIT (1U << 20)

/* The first files in and below some directories: they are looked for when another
 * file may be one of theirs. */
struct system_files {
	const char *const *directories;
	size_t directory_count;
	pthread_mutex_t mutex; /* over what follows */
	bool searched;
	struct system_first *firsts;
	size_t count;
};

/* The names stay the caller's. */
void system_files_init(struct system_files *files, const char *const *directories, size_t count);
void system_files_free(struct system_files *files);

enum system_match {
	SYSTEM_FITS,
	SYSTEM_UNWRITTEN, /* all zero, and a first file lacks as many pages */
	SYSTEM_NO_FIRST,  /* fits none, and none is in its directory */
	SYSTEM_ALIEN,	  /* fits none, and one is in its directory */
};

/* Looks for the first file that the one at path belongs to: rather one whose salt lets
 * the key open its pages, then one in the same directory, then one whose path has more
 * in common. innodb->paged.source is the file's. With SYSTEM_FITS and SYSTEM_UNWRITTEN
 * the space and the head source (to be closed) are those of the first file, and with
 * SYSTEM_FITS paged.first_page is set. scan->fault: what kept it from finding one. */
enum system_match system_files_match(struct system_files *files, struct scan *scan, const char *path,
				     struct innodb_file *innodb);
