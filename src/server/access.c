/* SPDX-License-Identifier: MIT */
#include "server/access.h"

#include "core/cleanup.h"
#include "core/format.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_KNOWN (-1)
#define COULD_NOT_TRY 255 /* above every errno */

#define NO_GROUP 65534 /* for a user whose groups are not known */

/* Accepts only decimal digits. The largest number is not a user ID: chown(2) takes it as "no
 * change". */
static bool parse_uid(const char *text, uid_t *ret_uid)
{
	unsigned long long uid;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	uid = strtoull(text, NULL, 10);
	if (errno || uid >= UINT32_MAX)
		return false;
	*ret_uid = (uid_t)uid;
	return true;
}

bool server_user_find(const char *name, struct server_user *ret_user)
{
	const struct passwd *entry = getpwnam(name);
	uid_t uid;

	if (!entry) {
		if (!parse_uid(name, &uid))
			return false;
		entry = getpwuid(uid);
	}
	if (entry)
		*ret_user = (struct server_user){ .name = name, .uid = entry->pw_uid, .gid = entry->pw_gid };
	else
		*ret_user = (struct server_user){ .name = name, .uid = uid, .gid = NO_GROUP, .nameless = true };
	return true;
}

bool server_group_find(const char *name, gid_t *ret_group)
{
	const struct group *entry = getgrnam(name);
	uid_t number;

	if (!entry && !parse_uid(name, &number))
		return false;
	*ret_group = entry ? entry->gr_gid : (gid_t)number;
	return true;
}

/* Opens the file and closes it at once. Does not open a pipe, since its writer would notice. */
static int try_to_read(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return errno;
	if (S_ISFIFO(status.st_mode))
		return access(path, R_OK) ? errno : 0;

	DESCRIPTOR int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return descriptor < 0 ? errno : 0;
}

static void become_and_try(const struct server_user *user, const char *path)
{
	const struct passwd *entry = getpwuid(user->uid);
	int failed = entry ? initgroups(entry->pw_name, user->gid) : setgroups(0, NULL);

	if (failed || setgid(user->gid) || setuid(user->uid))
		_exit(COULD_NOT_TRY);
	_exit(try_to_read(path));
}

/* Forks. path must not be in a secret: the child does not have it. */
static int try_as(const struct server_user *user, const char *path)
{
	int status;
	pid_t child = fork();

	if (!child)
		become_and_try(user, path);
	if (child < 0)
		return NOT_KNOWN;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return NOT_KNOWN;
	return WIFEXITED(status) && WEXITSTATUS(status) != COULD_NOT_TRY ? WEXITSTATUS(status) : NOT_KNOWN;
}

/* The server's working directory is not that of this process. */
static char *absolute_path(const char *path)
{
	HEAP char *directory = *path == '/' ? NULL : getcwd(NULL, 0);

	return directory ? format_text("%s/%s", directory, path) : strdup(path);
}

int server_user_reads(const struct server_user *user, const char *path)
{
	HEAP char *copy = NULL;
	int access;

	if (geteuid() == user->uid)
		return try_to_read(path);
	if (geteuid())
		return NOT_KNOWN;
	copy = absolute_path(path);
	access = copy ? try_as(user, copy) : NOT_KNOWN;
	/* the user may be in a group that this host does not know */
	return access == EACCES && user->nameless ? NOT_KNOWN : access;
}
