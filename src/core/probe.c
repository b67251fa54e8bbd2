/* SPDX-License-Identifier: MIT */
#include "core/probe.h"

#include "core/deadline.h"
#include "core/decrypt.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 16
#define PROGRESS_MILLISECONDS 200

struct attempt {
	struct kdf kdf;
	size_t password;
};

struct probe {
	const struct secret *encrypted;
	const struct secret *passwords;
	struct attempt *tries; /* fast ones first */
	size_t count;
	int64_t started; /* as deadline_now */

	pthread_mutex_t mutex; /* protects the members below */
	pthread_cond_t ended;  /* a thread has finished */
	size_t next;	       /* index of the next try */
	size_t found;	       /* index of the first try that succeeds; count: none */
	size_t threads;	       /* number of running threads */
	uint64_t done;
	uint64_t total;
};

static bool opens(const struct probe *probe, const struct attempt *attempt)
{
	SECRET struct secret text = { 0 };
	KEYFILE struct keyfile keyfile = { 0 };

	return !keyfile_decrypt(probe->encrypted, &probe->passwords[attempt->password], attempt->kdf, &keyfile, &text,
				NULL)
			.code;
}

/* ---- the list of tries ---- */

static void add_tries(struct probe *probe, size_t passwords, unsigned int iterations)
{
	for (size_t i = 0; i < passwords; i++) {
		for (enum digest digest = DIGEST_SHA1; digest < DIGEST_COUNT; digest++) {
			probe->tries[probe->count++] = (struct attempt){ .kdf = { digest, iterations }, .password = i };
			probe->total += iterations;
		}
	}
}

static bool make_tries(struct probe *probe, size_t passwords, unsigned int iterations)
{
	static const unsigned int usual[] = { 0, 1, 1000, 10000, 100000, 600000 };
	const size_t usual_count = sizeof(usual) / sizeof(usual[0]);
	bool added = false;

	probe->tries = calloc((usual_count + 1) * passwords * DIGEST_COUNT + 1, sizeof(*probe->tries));
	if (!probe->tries)
		return false;
	for (size_t i = 0; i <= usual_count; i++) {
		const bool is_due = !added && (i == usual_count || usual[i] >= iterations);

		added |= is_due;
		if (is_due)
			add_tries(probe, passwords, iterations);
		if (i < usual_count && !(is_due && usual[i] == iterations))
			add_tries(probe, passwords, usual[i]);
	}
	probe->found = probe->count;
	return true;
}

/* ---- the threads ---- */

/* Runs one try after the other until an earlier one has succeeded. */
static void *work(void *context)
{
	struct probe *probe = context;

	pthread_mutex_lock(&probe->mutex);
	while (probe->next < probe->found) {
		const size_t index = probe->next++;
		bool fits;

		pthread_mutex_unlock(&probe->mutex);
		fits = opens(probe, &probe->tries[index]);
		pthread_mutex_lock(&probe->mutex);
		probe->done += probe->tries[index].kdf.iterations;
		if (fits && index < probe->found)
			probe->found = index;
	}
	probe->threads--;
	pthread_cond_signal(&probe->ended);
	pthread_mutex_unlock(&probe->mutex);
	secret_wipe_stack();
	return NULL;
}

static size_t start_threads(struct probe *probe, pthread_t threads[static THREADS_MAX])
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	const size_t wanted = processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (size_t)processors;
	size_t count = 0;

	pthread_mutex_lock(&probe->mutex);
	while (count < wanted && !pthread_create(&threads[count], NULL, work, probe))
		count++;
	probe->threads = count ? count : 1;
	pthread_mutex_unlock(&probe->mutex);
	if (!count)
		work(probe);
	return count;
}

static void show_progress(struct probe *probe, int64_t now, probe_show *show, void *context)
{
	const struct probe_progress progress = {
		.done = probe->done,
		.total = probe->total,
		.milliseconds = (uint64_t)(now - probe->started),
	};

	pthread_mutex_unlock(&probe->mutex);
	show(context, &progress);
	pthread_mutex_lock(&probe->mutex);
}

static void wait_for_threads(struct probe *probe, probe_show *show, void *context)
{
	int64_t due = probe->started + PROGRESS_MILLISECONDS;

	pthread_mutex_lock(&probe->mutex);
	while (probe->threads) {
		int64_t now;

		if (deadline_wait(&probe->ended, &probe->mutex, due))
			continue;
		now = deadline_now();
		due = now + PROGRESS_MILLISECONDS;
		if (show && probe->threads)
			show_progress(probe, now, show, context);
	}
	pthread_mutex_unlock(&probe->mutex);
}

bool probe_passwords(const struct secret *encrypted, const struct secret *passwords, size_t count,
		     unsigned int iterations, probe_show *show, void *context, struct kdf *ret_kdf,
		     size_t *ret_password)
{
	struct probe probe = { .encrypted = encrypted, .passwords = passwords };
	pthread_t threads[THREADS_MAX];
	size_t started;
	bool found;

	if (!make_tries(&probe, count, iterations))
		return false;
	probe.started = deadline_now();
	pthread_mutex_init(&probe.mutex, NULL);
	deadline_condition_init(&probe.ended);
	started = start_threads(&probe, threads);
	wait_for_threads(&probe, show, context);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	found = probe.found < probe.count;
	if (found) {
		*ret_kdf = probe.tries[probe.found].kdf;
		*ret_password = probe.tries[probe.found].password;
	}
	pthread_cond_destroy(&probe.ended);
	pthread_mutex_destroy(&probe.mutex);
	free(probe.tries);
	return found;
}
