/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/fault.h"

#include <sys/stat.h>

/* Which user accounts can read a file. */

/* The account that packages create. */
#define SERVER_USER_DEFAULT "mysql"

/* The user account that a server runs as. */
struct server_user {
	const char *name; /* owned by the caller */
	uid_t uid;
	gid_t gid;     /* the primary group; not valid if nameless */
	bool nameless; /* a number without an account on this host, such as that of a server in a container */
};

/* Looks up a name or a number. Returns false if no account has the name, or the number cannot be
 * a user ID. */
bool server_user_find(const char *name, struct server_user *ret_user);

/* The same for a group. */
bool server_group_find(const char *name, gid_t *ret_group);

/* Tries to read the file at path as the user, in a child process. In the child, secrets are zero.
 * Returns 0 if the user can read the file, an errno that says why not, or -1 if the result is not
 * known, since only root can change to another user. */
int server_user_reads(const struct server_user *user, const char *path);
