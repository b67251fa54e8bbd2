/* SPDX-License-Identifier: MIT */
#pragma once

#include "plugin/keyring.h"

/* The one keyring that the server reads keys from. Look-ups take a read lock
 * and nothing else: no allocation, no log. Any thread may call any function. */

/* Serves keyring, which is taken over, from now on; the one before is wiped as
 * soon as no look-up is in it. NULL: serve nothing. */
void served_replace(struct keyring *keyring);

/* Newest version of id, 0 when it is not there. */
uint32_t served_newest(uint32_t id);

/* How a copy went. */
enum served_copy { SERVED_COPIED, SERVED_NO_KEY, SERVED_NO_ROOM };

/* Copies one version's key to buffer, which holds *size bytes, and sets *size to
 * the key's size, on SERVED_NO_ROOM as well. buffer may be NULL: only the size. */
enum served_copy served_key(uint32_t id, uint32_t version, unsigned char *buffer, unsigned int *size);

/* The keyring for a longer look, never NULL between the plugin's start and end:
 * no served_replace happens before served_release. Keep it short. */
const struct keyring *served_acquire(void);
void served_release(void);
