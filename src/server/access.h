/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <sys/stat.h>

/* Who can get at a file. */

/* The one that packages make. */
#define SERVER_USER_DEFAULT "mysql"

/* The user that a server runs as. */
struct server_user {
	const char *name; /* the caller's */
	uid_t uid;
	gid_t gid;     /* its primary group, unless it is nameless */
	bool nameless; /* a number that this host has no account for, as that of a container's server */
};

/* Looks up a name or a number. False: there is no such name, or the number is no user's. */
bool server_user_find(const char *name, struct server_user *ret_user);

/* The same of a group. */
bool server_group_find(const char *name, gid_t *ret_group);

/* Whether the user can read the file at path, tried as that user by a child process,
 * which has zeros where secrets are. 0: it can; an errno: why not; -1: not
 * known, since only root can become somebody else. */
int server_user_reads(const struct server_user *user, const char *path);
