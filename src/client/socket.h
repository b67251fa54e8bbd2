/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* The server's socket, checked before anything is said to whoever listens. Where other
 * users may make files, as in /tmp, one of them could listen in the server's place. */

/* The "code" of a socket that belongs to someone else. */
#define CODE_SOCKET_OWNER (-1)

/* A socket that no rename can replace any more. */
struct pinned_socket {
	const char *name; /* as it was asked for */
	char path[64];	  /* to connect to */
	int descriptor;	  /* to be closed after that */
	int error_number; /* the caller's */
};

/* Pins the socket called name (NULL: Connector/C's usual one), which has to belong to
 * root, this process's user or server_uid: only the listener's user makes a socket that
 * belongs to it. 0, or a code with words:
 * Connector/C's or CODE_SOCKET_OWNER. */
int socket_pin(const char *name, uid_t server_uid, struct pinned_socket *ret_pinned, char *words, size_t size);

/* Connector/C's words for a socket that nobody listens on. */
void socket_words(const char *name, int error_number, char *words, size_t size);
