/* SPDX-License-Identifier: MIT */
#include "data/survey.h"

#include "core/array.h"
#include "core/cleanup.h"
#include "core/deadline.h"
#include "core/format.h"
#include "data/backup.h"
#include "data/file_names.h"
#include "data/live.h"
#include "data/reader.h"
#include "data/tree.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS_MAX 8
#define JOBS_MAX 512		  /* files found but not in the result yet */
#define PROGRESS_MILLISECONDS 200 /* between two progress updates */

/* A file that the walk found and that is not in the result yet. */
struct job {
	struct job *next; /* in the order of the walk */
	struct reader *reader;
	struct data_file file; /* owned by the job, with everything in it */
	uint64_t parts;
	uint64_t next_part; /* the next part that no thread has taken */
	uint64_t parts_left;
	bool opened; /* nothing of it needs to be read */
	bool done;
};

struct pool {
	const struct survey_options *options;
	uint32_t directory; /* that the walk is in */
	struct scan_rules rules;
	struct reader_shared shared;
	pthread_mutex_t mutex; /* protects the members below, and the jobs */
	pthread_cond_t work;   /* wakes the threads */
	pthread_cond_t room;   /* wakes the walk */
	struct job *first;     /* the oldest job not in the result yet */
	struct job *last;
	struct job *unopened; /* the oldest job that no thread has taken */
	size_t jobs;
	size_t opening; /* jobs whose number of parts is not known yet */
	bool walk_ended;
	struct fault fault;	 /* the first fault; it ends the survey */
	struct data_file *files; /* finished files, in the order of the walk */
	size_t file_count;
	int64_t started; /* as deadline_now */
	int64_t progress_due;
	pthread_t threads[THREADS_MAX];
	size_t thread_count;
};

static void job_free(struct job *job)
{
	reader_close(job->reader);
	data_file_free(&job->file);
	free(job);
}

static void pool_fail(struct pool *pool, struct fault fault)
{
	if (fault.code && !pool->fault.code)
		pool->fault = fault;
}

/* The mutex is held. */
static void take_file(struct pool *pool, struct data_file *file)
{
	struct data_file *taken = array_add(&pool->files, &pool->file_count, sizeof(*taken));

	if (!taken) {
		pool_fail(pool, fault_of(FAULT_MEMORY));
		return;
	}
	*taken = *file;
	*file = (struct data_file){ 0 };
}

/* Takes finished files, in the order of the walk. The mutex is held. */
static void take_done(struct pool *pool)
{
	while (pool->first && pool->first->done) {
		struct job *job = pool->first;

		pool->first = job->next;
		if (!pool->first)
			pool->last = NULL;
		if (!pool->fault.code)
			take_file(pool, &job->file);
		pool->jobs--;
		job_free(job);
	}
	pthread_cond_signal(&pool->room);
}

static void job_end(struct pool *pool, struct job *job)
{
	reader_close(job->reader);
	job->reader = NULL;
	job->done = true;
	take_done(pool);
}

/* Opens a file. The mutex is not held. */
static void open_job(struct pool *pool, struct scan *scan, struct job *job)
{
	struct fault fault = fault_none();
	uint64_t parts;

	if (!job->opened)
		fault = reader_open(scan, &pool->shared, &job->file, &job->reader);
	pthread_mutex_lock(&pool->mutex);
	pool_fail(pool, fault);
	parts = job->parts = job->parts_left = reader_parts(job->reader);
	pool->opening--;
	if (!parts)
		job_end(pool, job);
	if (parts > 1 || pool->walk_ended)
		pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
}

static void scan_part(struct pool *pool, struct scan *scan, struct job *job, uint64_t part)
{
	struct evidence evidence = { 0 };
	enum data_note note = DATA_NOTE_NONE;
	struct fault fault = reader_scan(scan, job->reader, part, &evidence, &note);

	pthread_mutex_lock(&pool->mutex);
	if (fault.code == FAULT_READ)
		job->file.fault = fault;
	else
		pool_fail(pool, fault);
	pool_fail(pool, evidence_add(&job->file.evidence, &evidence));
	if (note)
		job->file.note = note;
	if (!--job->parts_left)
		job_end(pool, job);
	pthread_mutex_unlock(&pool->mutex);
	evidence_free(&evidence);
}

/* Returns an open file that has a part left. The mutex is held. */
static struct job *find_part(struct pool *pool)
{
	for (struct job *job = pool->first; job && job != pool->unopened; job = job->next)
		if (job->next_part < job->parts)
			return job;
	return NULL;
}

/* The mutex is held. */
static bool is_over(const struct pool *pool)
{
	return pool->fault.code || (pool->walk_ended && !pool->opening);
}

/* Does the next piece of work. Returns false if there is no more. */
static bool work_once(struct pool *pool, struct scan *scan)
{
	struct job *job;
	uint64_t part = 0;
	bool opening = false;

	pthread_mutex_lock(&pool->mutex);
	for (;;) {
		job = find_part(pool);
		if (job || pool->unopened || is_over(pool))
			break;
		pthread_cond_wait(&pool->work, &pool->mutex);
	}
	if (pool->fault.code) {
		job = NULL;
	} else if (job) {
		part = job->next_part++;
	} else if (pool->unopened) {
		job = pool->unopened;
		pool->unopened = job->next;
		pool->opening++;
		opening = true;
	}
	pthread_mutex_unlock(&pool->mutex);
	if (!job)
		return false;
	if (opening)
		open_job(pool, scan, job);
	else
		scan_part(pool, scan, job, part);
	return true;
}

static void *run_thread(void *context)
{
	struct pool *pool = context;
	struct scan scan = { 0 };
	struct fault fault = scan_new(&pool->rules, pool->options->keyfile, &scan);

	if (!fault.code) {
		while (work_once(pool, &scan))
			continue;
		if (prover_failed(scan.prover))
			fault = fault_of(FAULT_ALGORITHM);
		scan_free(&scan);
	}
	pthread_mutex_lock(&pool->mutex);
	pool_fail(pool, fault);
	pthread_cond_signal(&pool->room);
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* ---- the caller's thread ---- */

/* The mutex is held. */
static void show_progress(struct pool *pool)
{
	struct survey_progress progress = { .bytes = pool->rules.bytes_done, .files = pool->file_count };
	int64_t now = deadline_now();

	pool->progress_due = now + PROGRESS_MILLISECONDS;
	if (!pool->options->progress)
		return;
	progress.milliseconds = (uint64_t)(now - pool->started);
	pthread_mutex_unlock(&pool->mutex);
	pool->options->progress(pool->options->progress_context, &progress);
	pthread_mutex_lock(&pool->mutex);
}

/* Waits until at most that many jobs are left, and shows the progress. */
static void wait_for_jobs(struct pool *pool, size_t most)
{
	pthread_mutex_lock(&pool->mutex);
	while (pool->jobs > most && !pool->fault.code)
		if (!deadline_wait(&pool->room, &pool->mutex, pool->progress_due))
			show_progress(pool);
	pthread_mutex_unlock(&pool->mutex);
}

/* file is what is already known; its paths are copied. */
static struct fault add_known_job(struct pool *pool, const struct data_file *file, bool opened)
{
	struct job *job = calloc(1, sizeof(*job));
	struct fault fault;

	if (!job)
		return fault_of(FAULT_MEMORY);
	job->file = *file;
	job->file.path = strdup(file->path);
	job->file.target = file->target ? strdup(file->target) : NULL;
	if (!job->file.path || (file->target && !job->file.target)) {
		job_free(job);
		return fault_of(FAULT_MEMORY);
	}
	job->opened = opened;
	wait_for_jobs(pool, JOBS_MAX - 1);
	pthread_mutex_lock(&pool->mutex);
	if (pool->last)
		pool->last->next = job;
	else
		pool->first = job;
	pool->last = job;
	if (!pool->unopened)
		pool->unopened = job;
	pool->jobs++;
	fault = pool->fault;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	return fault;
}

static struct fault add_job(struct pool *pool, const char *path, struct fault fault)
{
	const struct data_file file = {
		.path = path,
		.kind = DATA_UNKNOWN,
		.fault = fault,
		.directory = pool->directory,
	};

	return add_known_job(pool, &file, fault.code);
}

/* Reads the path of a tablespace that is stored elsewhere. Faults: FAULT_READ with EINVAL
 * if the link file contains no such path. */
static struct fault read_link(const char *link, char path[static PATH_MAX])
{
	SOURCE struct source source = SOURCE_CLOSED;
	struct fault fault = source_open(AT_FDCWD, link, &source);
	size_t size = 0;

	if (!fault.code)
		fault = source_read(&source, 0, path, PATH_MAX, &size);
	if (fault.code)
		return fault;
	if (size == PATH_MAX)
		return fault_errno(FAULT_READ, ENAMETOOLONG);
	while (size && isspace((unsigned char)path[size - 1]))
		size--;
	path[size] = '\0';
	return path[0] == '/' && strlen(path) == size ? fault_none() : fault_errno(FAULT_READ, EINVAL);
}

static bool is_absent(const char *path)
{
	return access(path, F_OK) && errno == ENOENT;
}

/* Whether this copy has the tablespace itself next to the link file, as a backup does. */
static bool has_own_copy(const char *link, const char *path)
{
	HEAP char *copy = with_suffix(link, ".ibd");
	struct stat status;

	return copy && !stat(copy, &status) && S_ISREG(status.st_mode) && status.st_size && is_absent(path);
}

/* DROP and TRUNCATE rename the file like this, and remove it before the link. A crash in
 * between leaves a dangling link file, which the server ignores at its next start (10.11,
 * 11.8). */
static bool is_dropped(const char *link, const char *path)
{
	return !strncmp(base_name(link), "#sql-ib", strlen("#sql-ib")) && is_absent(path);
}

/* A running server may create and remove such files at any moment. */
static bool is_nowhere(const struct pool *pool, const char *path)
{
	return !pool->rules.live && is_absent(path);
}

static struct fault add_nowhere(struct pool *pool, const char *link, char *target)
{
	const struct data_file file = {
		.path = link,
		.target = target,
		.kind = DATA_UNKNOWN,
		.note = DATA_NOTE_NO_TARGET,
		.fault = fault_errno(FAULT_OPEN, ENOENT),
		.directory = pool->directory,
	};

	return add_known_job(pool, &file, true);
}

/* An unreadable link file is itself reported as unreadable. The link file of a backup
 * contains the path of the server's file, if any; data/parts.c looks for the backup's own
 * file. */
static struct fault add_linked(struct pool *pool, const char *link)
{
	char path[PATH_MAX];
	struct fault fault = read_link(link, path);

	if (!fault.code && (is_in_backup(link) || has_own_copy(link, path) || is_dropped(link, path)))
		return fault_none();
	if (!fault.code && is_nowhere(pool, path))
		return add_nowhere(pool, link, path);
	return add_job(pool, fault.code ? link : path, fault);
}

static struct fault add_file(void *context, const char *path, struct fault fault)
{
	struct pool *pool = context;

	fault = add_job(pool, path, fault);
	if (!fault.code && classify_name(path) == NAME_LINK)
		fault = add_linked(pool, path);
	return fault;
}

/* Adds tablespaces that recovery will create, or that it lacks. */
static struct fault add_missing(struct pool *pool)
{
	struct redo_missing missing = { 0 };
	struct scan scan = { 0 };
	struct fault fault = scan_new(&pool->rules, pool->options->keyfile, &scan);

	if (fault.code)
		return fault;
	while (!(fault = redo_logs_next_missing(pool->shared.redo_logs, &scan, &missing)).code && missing.path) {
		struct data_file file = { .path = missing.path, .directory = missing.directory };

		reader_take_head(pool->options->keyfile, scan.page, SCAN_PAGE_MAX, &file);
		if (!missing.is_made)
			file.note = DATA_NOTE_LOST;
		fault = add_known_job(pool, &file, true);
		free(missing.path);
		if (fault.code)
			break;
	}
	scan_free(&scan);
	return fault;
}

/* path failed to open with errno: it does not exist, or is unreadable. */
static struct fault add_failed(struct pool *pool, const char *path)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return fault_none();
	return errno == ENOMEM ? fault_of(FAULT_MEMORY) : add_job(pool, path, fault_errno(FAULT_OPEN, errno));
}

static struct fault add_plain(struct pool *pool, const char *path)
{
	struct data_file file = { .path = path, .kind = DATA_PLAIN };
	struct stat status;

	if (stat(path, &status))
		return add_failed(pool, path);
	file.size = (uint64_t)status.st_size;
	return S_ISREG(status.st_mode) ? add_known_job(pool, &file, true) : fault_none();
}

/* Other files there may be of other programs. */
static struct fault add_temporary(struct pool *pool, const char *path)
{
	DIR *directory = directory_open(path);
	const struct dirent *entry;
	struct fault fault = directory ? fault_none() : add_failed(pool, path);

	while (directory && !fault.code && (entry = readdir(directory))) {
		HEAP char *file = NULL;

		if (strncmp(entry->d_name, "#sql", strlen("#sql")))
			continue;
		file = format_text("%s/%s", path, entry->d_name);
		fault = file ? add_job(pool, file, fault_none()) : fault_of(FAULT_MEMORY);
	}
	if (directory)
		closedir(directory);
	return fault;
}

static struct fault add_others(struct pool *pool)
{
	const struct survey_options *options = pool->options;
	struct fault fault = fault_none();

	pool->directory = 0;
	for (size_t i = 0; !fault.code && i < options->plain_file_count; i++)
		fault = add_plain(pool, options->plain_files[i]);
	for (size_t i = 0; !fault.code && i < options->temporary_directory_count; i++)
		fault = add_temporary(pool, options->temporary_directories[i]);
	return fault;
}

static struct fault walk(struct pool *pool, struct survey_result *result)
{
	const struct survey_options *options = pool->options;
	struct fault fault = fault_none();

	for (size_t i = 0; !fault.code && i < options->directory_count; i++) {
		pool->directory = (uint32_t)i;
		fault = tree_walk(options->directories[i], add_file, pool);
		if (fault.code == FAULT_OPEN || fault.code == FAULT_READ)
			result->failed = options->directories[i];
	}
	if (!fault.code)
		fault = add_missing(pool);
	if (!fault.code)
		fault = add_others(pool);
	return fault;
}

/* One thread is enough. */
static struct fault start_threads(struct pool *pool)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = processors < 2 ? 2 : processors > THREADS_MAX ? THREADS_MAX : (size_t)processors;

	int error = 0;

	while (!error && pool->thread_count < wanted) {
		error = pthread_create(&pool->threads[pool->thread_count], NULL, run_thread, pool);
		pool->thread_count += !error;
	}
	return pool->thread_count ? fault_none() : fault_errno(FAULT_THREAD, error);
}

static void end_threads(struct pool *pool, struct fault fault)
{
	pthread_mutex_lock(&pool->mutex);
	pool->walk_ended = true;
	pool_fail(pool, fault);
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	wait_for_jobs(pool, 0);
	for (size_t i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	while (pool->first) {
		struct job *job = pool->first;

		pool->first = job->next;
		job_free(job);
	}
}

static bool is_live(const struct survey_options *options)
{
	bool live = false;

	for (size_t i = 0; !live && i < options->directory_count; i++)
		live = directory_is_live(options->directories[i]);
	return live;
}

static void pool_init(struct pool *pool, const struct survey_options *options)
{
	*pool = (struct pool){ .options = options };
	pool->rules.full = options->full;
	pool->rules.coverage = options->coverage;
	system_files_init(&pool->shared.system_files, options->directories, options->directory_count);
	pool->shared.redo_logs = options->redo_logs;
	pool->rules.ciphers = options->ciphers ? options->ciphers : (1U << DATA_CIPHER_COUNT) - 1;
	pool->rules.live = is_live(options);
	pthread_mutex_init(&pool->mutex, NULL);
	deadline_condition_init(&pool->room);
	pthread_cond_init(&pool->work, NULL);
	pool->started = pool->progress_due = deadline_now();
}

void survey_result_free(struct survey_result *result)
{
	for (size_t i = 0; i < result->file_count; i++)
		data_file_free(&result->files[i]);
	free(result->files);
	result->files = NULL;
	result->file_count = 0;
}

struct fault survey(const struct survey_options *options, struct survey_result *ret_result)
{
	struct pool pool;
	struct fault fault;

	*ret_result = (struct survey_result){ 0 };
	pool_init(&pool, options);
	fault = start_threads(&pool);
	if (!fault.code)
		fault = walk(&pool, ret_result);
	end_threads(&pool, fault);
	system_files_free(&pool.shared.system_files);
	ret_result->files = pool.files;
	ret_result->file_count = pool.file_count;
	if (pool.fault.code)
		survey_result_free(ret_result);
	ret_result->started = !pool.fault.code && !pool.rules.live && is_live(options);
	ret_result->live = pool.rules.live || ret_result->started;
	pthread_cond_destroy(&pool.room);
	pthread_cond_destroy(&pool.work);
	pthread_mutex_destroy(&pool.mutex);
	return pool.fault;
}
