/* SPDX-License-Identifier: MIT */
#include "plugin/served.h"

#include <pthread.h>
#include <string.h>

static struct keyring *served;

/* a stream of readers must not block a reload forever */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

void served_replace(struct keyring *keyring)
{
	struct keyring *before;

	pthread_rwlock_wrlock(&lock);
	before = served;
	served = keyring;
	pthread_rwlock_unlock(&lock);
	keyring_free(before);
}

uint32_t served_newest(uint32_t id)
{
	uint32_t version;

	pthread_rwlock_rdlock(&lock);
	version = served ? keyring_newest(served, id) : 0;
	pthread_rwlock_unlock(&lock);
	return version;
}

static enum served_copy copy_key(uint32_t id, uint32_t version, unsigned char *buffer, unsigned int *size)
{
	size_t key_size;
	const unsigned char *key = served ? keyring_key(served, id, version, &key_size) : NULL;
	unsigned int room = *size;

	if (!key)
		return SERVED_NO_KEY;
	*size = (unsigned int)key_size;
	if (!buffer)
		return SERVED_COPIED;
	if (room < key_size)
		return SERVED_NO_ROOM;
	memcpy(buffer, key, key_size);
	return SERVED_COPIED;
}

enum served_copy served_key(uint32_t id, uint32_t version, unsigned char *buffer, unsigned int *size)
{
	enum served_copy copy;

	pthread_rwlock_rdlock(&lock);
	copy = copy_key(id, version, buffer, size);
	pthread_rwlock_unlock(&lock);
	return copy;
}

const struct keyring *served_acquire(void)
{
	pthread_rwlock_rdlock(&lock);
	return served;
}

void served_release(void)
{
	pthread_rwlock_unlock(&lock);
}
