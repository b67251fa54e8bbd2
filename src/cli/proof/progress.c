/* SPDX-License-Identifier: MIT */
#include "cli/proof/progress.h"

#include "cli/words/bytes_text.h"
#include "cli/words/color.h"
#include "cli/words/message.h"
#include "data/tree.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define BAR_WIDTH 20

struct progress {
	const char *const *directories;
	size_t count;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint_fast64_t total; /* bytes, as far as they were added up */
	atomic_bool total_known;
	bool shown;
};

static struct fault add_size(void *context, const char *path, struct fault fault)
{
	struct progress *progress = context;
	struct stat status;

	if (!fault.code && !stat(path, &status))
		progress->total += (uint64_t)status.st_size;
	return progress->stop ? fault_of(FAULT_INTERRUPTED) : fault_none();
}

static void *add_sizes(void *context)
{
	struct progress *progress = context;

	for (size_t i = 0; i < progress->count; i++)
		if (tree_walk(progress->directories[i], add_size, progress).code)
			return NULL;
	progress->total_known = true;
	return NULL;
}

/* Starts a thread that adds up how much there is to read. NULL: no terminal for the line, or no
 * memory. */
static struct progress *start(const char *const *directories, size_t count)
{
	struct progress *progress;

	if (!is_capable_terminal(stderr))
		return NULL;
	progress = calloc(1, sizeof(*progress));
	if (!progress)
		return NULL;
	progress->directories = directories;
	progress->count = count;
	if (!pthread_create(&progress->thread, NULL, add_sizes, progress))
		return progress;
	free(progress);
	return NULL;
}

static void show_part(uint64_t done, uint64_t total, uint64_t rate)
{
	char text[BYTES_TEXT];
	int filled = total ? (int)(done * BAR_WIDTH / total) : BAR_WIDTH;
	uint64_t seconds = rate ? (total - done) / rate + 1 : 0;

	fprintf(stderr, " of %s [%.*s%*s]", bytes_text(total, text), filled, "####################", BAR_WIDTH - filled,
		"");
	if (rate)
		fprintf(stderr, " %u:%02u left", (unsigned int)(seconds / 60), (unsigned int)(seconds % 60));
}

static void show(void *context, const struct survey_progress *done)
{
	struct progress *progress = context;
	char text[BYTES_TEXT];
	uint64_t rate;
	uint64_t total;

	if (done->milliseconds < PROGRESS_AFTER)
		return;
	progress->shown = true;
	rate = done->bytes / (done->milliseconds / 1000 + 1);
	total = progress->total;
	fprintf(stderr, "\r\033[K%s", bytes_text(done->bytes, text));
	if (progress->total_known)
		show_part(done->bytes < total ? done->bytes : total, total, rate);
	fprintf(stderr, " %s/s, %ju file%s", bytes_text(rate, text), (uintmax_t)done->files,
		done->files == 1 ? "" : "s");
	fflush(stderr);
}

static void end(struct progress *progress)
{
	progress->stop = true;
	pthread_join(progress->thread, NULL);
	if (progress->shown)
		message_clear_line();
	free(progress);
}

struct fault progress_audit(const struct survey_options *options, bool quiet, struct data_audit *ret_audit,
			    const char **ret_failed)
{
	struct survey_options shown = *options;
	struct progress *progress = quiet ? NULL : start(options->directories, options->directory_count);
	struct fault fault;

	if (!progress)
		return data_audit(options, ret_audit, ret_failed);
	shown.progress = show;
	shown.progress_context = progress;
	fault = data_audit(&shown, ret_audit, ret_failed);
	end(progress);
	return fault;
}
