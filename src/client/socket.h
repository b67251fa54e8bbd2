/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Checks the server's socket before anything is sent to the process that listens there.
 * In directories where other users may create files, such as /tmp, one of them could
 * listen in the server's place. */

/* The "code" for a socket that belongs to another user. */
#define CODE_SOCKET_OWNER (-1)

/* A socket that can no longer be replaced by renaming. */
struct pinned_socket {
	const char *name; /* as it was requested */
	char path[64];	  /* to connect to */
	int descriptor;	  /* close this after connecting */
	int error_number; /* set by the caller */
};

/* Pins the socket name (NULL: Connector/C's default). The socket must belong to root,
 * this process's user or server_uid; only the user who listens can create a socket with
 * that owner. Returns 0, or a code with its message in words: Connector/C's, or
 * CODE_SOCKET_OWNER. */
int socket_pin(const char *name, uid_t server_uid, struct pinned_socket *ret_pinned, char *words, size_t size);

/* Writes Connector/C's message for a socket on which no process listens. */
void socket_words(const char *name, int error_number, char *words, size_t size);
