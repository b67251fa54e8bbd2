/* SPDX-License-Identifier: MIT */
#pragma once

#include "data/formats/innodb.h"

#include <pthread.h>

struct system_first; /* a first file, as it was when found */

/* A system tablespace can have several files, with any names and in several directories
 * (MariaDB 10.11: innodb_data_file_path, innodb_data_home_dir). Only the first file has a
 * page 0, which tells how all of them are encrypted. */

/* In bytes: no file is smaller, and only the last file may have a size that is not a
 * multiple (MariaDB 10.11: fsp/fsp0sysspace.cc, SysTablespace::check_size). */
#define SYSTEM_FILE_UNIT (1U << 20)

/* The first files in and below some directories. They are searched for only when another
 * file may belong to one of them. */
struct system_files {
	const char *const *directories;
	size_t directory_count;
	pthread_mutex_t mutex; /* protects the members below */
	bool searched;
	struct system_first *firsts;
	size_t count;
};

/* The caller keeps the strings. */
void system_files_init(struct system_files *files, const char *const *directories, size_t count);
void system_files_free(struct system_files *files);

enum system_match {
	SYSTEM_FITS,
	SYSTEM_UNWRITTEN, /* all zero, and a first file lacks that many pages */
	SYSTEM_NO_FIRST,  /* matches no first file, and its directory has none */
	SYSTEM_ALIEN,	  /* matches no first file, although its directory has one */
};

/* Finds the first file that the file at path belongs to. Prefers one whose salt lets the
 * key decrypt this file's pages, then one in the same directory, then one with the
 * longest common path. innodb->paged.source is the file at path. With SYSTEM_FITS and
 * SYSTEM_UNWRITTEN, sets the space and the head source (which the caller closes) to those
 * of the first file; with SYSTEM_FITS, sets paged.first_page as well. scan->fault tells
 * what prevented a match. */
enum system_match system_files_match(struct system_files *files, struct scan *scan, const char *path,
				     struct innodb_file *innodb);
