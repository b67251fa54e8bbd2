/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/keyring.h"

/* The keyring that the server currently reads keys from. Lookups only take a read lock:
 * they allocate nothing and log nothing. Any thread may call any function. */

/* Serves keyring from now on and takes ownership of it. The previous keyring is wiped as
 * soon as no lookup uses it. NULL: serve no keys. */
void served_replace(struct keyring *keyring);

/* Returns the newest version of id, or 0 if the ID does not exist. */
uint32_t served_newest(uint32_t id);

/* The result of a copy. */
enum served_copy { SERVED_COPIED, SERVED_NO_KEY, SERVED_NO_ROOM };

/* Copies the key of one version to buffer, which has *size bytes. Sets *size to the size
 * of the key, on SERVED_NO_ROOM as well. If buffer is NULL, only sets *size. */
enum served_copy served_key(uint32_t id, uint32_t version, unsigned char *buffer, unsigned int *size);

/* Returns the current keyring and blocks served_replace until served_release. Never NULL
 * between the plugin's start and end. Release it soon. */
const struct keyring *served_acquire(void);
void served_release(void);
