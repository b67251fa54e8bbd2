/* SPDX-License-Identifier: MIT */
#include "client/socket.h"

#include <errmsg.h>
#include <errno.h>
#include <fcntl.h>
#include <mysql.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *default_name(void)
{
	const char *name = getenv("MYSQL_UNIX_PORT");

	return name && *name ? name : MARIADB_UNIX_ADDR;
}

void socket_words(const char *name, int error_number, char *words, size_t size)
{
	snprintf(words, size, "Can't connect to local server through socket '%s' (%d)", name, error_number);
}

static int judge(const char *name, const struct stat *status, uid_t server_uid, char *words, size_t size)
{
	if (!S_ISSOCK(status->st_mode)) {
		socket_words(name, ENOTSOCK, words, size);
		return CR_CONNECTION_ERROR;
	}
	if (!status->st_uid || status->st_uid == geteuid() || status->st_uid == server_uid)
		return 0;
	snprintf(words, size,
		 "socket '%s' belongs to user %ju, not to root, the current user or the server's user account", name,
		 (uintmax_t)status->st_uid);
	return CODE_SOCKET_OWNER;
}

int socket_pin(const char *name, uid_t server_uid, struct pinned_socket *ret_pinned, char *words, size_t size)
{
	struct pinned_socket pinned = { .name = name && *name ? name : default_name() };
	struct stat status;
	int code;

	pinned.descriptor = open(pinned.name, O_PATH | O_CLOEXEC);
	if (pinned.descriptor < 0 || fstat(pinned.descriptor, &status)) {
		socket_words(pinned.name, errno, words, size);
		if (pinned.descriptor >= 0)
			close(pinned.descriptor);
		return CR_CONNECTION_ERROR;
	}
	code = judge(pinned.name, &status, server_uid, words, size);
	if (code) {
		close(pinned.descriptor);
		return code;
	}
	snprintf(pinned.path, sizeof(pinned.path), "/proc/self/fd/%d", pinned.descriptor);
	*ret_pinned = pinned;
	return 0;
}
