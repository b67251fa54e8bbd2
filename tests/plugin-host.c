/* SPDX-License-Identifier: MIT */
/* plugin-host: loads the plugin as a server does, without a server, so that
 * sanitizers, valgrind and the benchmark see only the plugin.
 *
 *	plugin-host load KEYFILE [PASSWORD_FILE]
 *		starts and stops the plugin, and prints its messages. Status 0: it started.
 *	plugin-host race KEYFILE THREADS RELOADS
 *		THREADS read keys while the file changes and is reloaded RELOADS times.
 *	plugin-host cipher KEYFILE ctr-gcm|ctr|none
 *		starts with aes_ctr on a server that has these modes. Prints the mode that
 *		the plugin requests without padding and with it, and the size of 1 byte.
 *	plugin-host lookup KEYFILE LOOKUPS
 *		prints the nanoseconds of a look-up of a key, of the newest version, and of
 *		a copy of a key without a search, and the number of keys.
 */
#include "plugin/server.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern struct st_maria_plugin _maria_plugin_declarations_[];

#define KEY_SIZE 32
#define LAST_IDS_MAX 65536

static bool quiet;
static atomic_ulong refusals;

static const struct st_mariadb_encryption *encryption(void)
{
	return _maria_plugin_declarations_[0].info;
}

static void die(const char *words)
{
	fprintf(stderr, "plugin-host: %s\n", words);
	exit(1);
}

/* ---- the services of a server ---- */

#undef my_printf_error
__attribute__((format(printf, 2, 4))) void my_printf_error(unsigned int number, const char *format, unsigned long flags,
							   ...);
void my_printf_error(unsigned int number, const char *format, unsigned long flags, ...)
{
	va_list arguments;

	(void)number;
	if (flags == ME_ERROR_LOG)
		refusals++;
	if (quiet)
		return;
	va_start(arguments, flags);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static void *allocate(MYSQL_THD thd, size_t size)
{
	(void)thd;
	return malloc(size);
}

static struct thd_alloc_service_st allocation = { .thd_alloc_func = allocate };

/* A server's crypt service, which only records the mode. */
static bool has_ctr;
static bool has_gcm;
static enum my_aes_mode asked_mode;

static int note_mode(void *context, enum my_aes_mode mode, int flags, const unsigned char *key, unsigned int key_size,
		     const unsigned char *iv, unsigned int iv_size)
{
	(void)context;
	(void)flags;
	(void)key;
	(void)key_size;
	(void)iv;
	(void)iv_size;
	asked_mode = mode;
	return MY_AES_OK;
}

static unsigned int size_in_mode(enum my_aes_mode mode, unsigned int size)
{
	if (mode == MY_AES_CTR && has_ctr)
		return size;
	if (mode == MY_AES_GCM && has_gcm)
		return size + MY_AES_BLOCK_SIZE;
	return (size / MY_AES_BLOCK_SIZE + 1) * MY_AES_BLOCK_SIZE;
}

static struct my_crypt_service_st crypt_service = { .my_aes_crypt_init = note_mode, .my_aes_get_size = size_in_mode };

struct variable {
	MYSQL_PLUGIN_VAR_HEADER;
	void *value;
};

static struct variable *find_variable(const char *name)
{
	struct st_mysql_sys_var **variables = _maria_plugin_declarations_[0].system_vars;

	for (; *variables; variables++)
		if (!strcmp(((struct variable *)(void *)*variables)->name, name))
			return (struct variable *)(void *)*variables;
	die(name);
	return NULL;
}

static void set_text(const char *name, char *text)
{
	*(char **)find_variable(name)->value = text;
}

static int value_type(struct st_mysql_value *value)
{
	(void)value;
	return MYSQL_VALUE_TYPE_INT;
}

static int value_one(struct st_mysql_value *value, long long *ret_number)
{
	(void)value;
	*ret_number = 1;
	return 0;
}

/* SET GLOBAL mkeyfile_key_management_reload = 1; true if it is not refused */
static bool reload(void)
{
	struct st_mysql_value on = { .value_type = value_type, .val_int = value_one };
	struct variable *variable = find_variable("reload");
	char save[sizeof(double)] = { 0 };

	if (variable->check(NULL, (void *)variable, save, &on))
		return false;
	variable->update(NULL, (void *)variable, variable->value, save);
	return true;
}

static unsigned long long show_number(const char *name)
{
	struct st_mysql_show_var *status = _maria_plugin_declarations_[0].status_vars;
	_Alignas(16) char buffer[SHOW_VAR_FUNC_BUFF_SIZE];

	for (; status->name; status++) {
		struct st_mysql_show_var shown = *status;

		if (strcmp(status->name + strlen(PLUGIN_NAME "_"), name) != 0)
			continue;
		((mysql_show_var_func)status->value)(NULL, &shown, buffer, NULL, SHOW_OPT_GLOBAL);
		return *(unsigned long long *)shown.value;
	}
	die(name);
	return 0;
}

/* Runs every function of SHOW STATUS. */
static void show_all(void)
{
	struct st_mysql_show_var *status = _maria_plugin_declarations_[0].status_vars;
	_Alignas(16) char buffer[SHOW_VAR_FUNC_BUFF_SIZE];

	for (; status->name; status++) {
		struct st_mysql_show_var shown = *status;
		struct st_mysql_show_var *rows;

		((mysql_show_var_func)status->value)(NULL, &shown, buffer, NULL, SHOW_OPT_GLOBAL);
		if (shown.type != SHOW_ARRAY)
			continue;
		rows = shown.value;
		if (!rows[0].name)
			die("no newest version");
		/* the name of the first row is in the memory of the rows, after its number */
		free(rows[0].value);
		free(rows);
	}
}

static bool start(char *keyfile, char *password)
{
	char filekey[4096] = "";

	thd_alloc_service = &allocation;
	my_crypt_service = &crypt_service;
	if (password)
		snprintf(filekey, sizeof(filekey), "FILE:%s", password);
	set_text("filename", keyfile);
	set_text("filekey", strdup(filekey));
	return !_maria_plugin_declarations_[0].init(NULL);
}

static void end(void)
{
	free(*(char **)find_variable("filekey")->value);
	_maria_plugin_declarations_[0].deinit(NULL);
}

/* ---- cipher ---- */

static bool cipher(char *path, const char *modes)
{
	static const char *const names[] = { "ecb", "cbc", "ctr", "gcm" };
	enum my_aes_mode padded;

	has_ctr = !strncmp(modes, "ctr", 3);
	has_gcm = !strcmp(modes, "ctr-gcm");
	*(unsigned long *)find_variable("encryption_algorithm")->value = 1;
	if (!start(path, NULL))
		return false;
	encryption()->crypt_ctx_init(NULL, NULL, 0, NULL, 0, ENCRYPTION_FLAG_ENCRYPT, 1, 1);
	padded = asked_mode;
	encryption()->crypt_ctx_init(NULL, NULL, 0, NULL, 0, ENCRYPTION_FLAG_ENCRYPT | ENCRYPTION_FLAG_NOPAD, 1, 1);
	printf("%s %s %u\n", names[asked_mode], names[padded], encryption()->encrypted_length(1, 1, 1));
	end();
	return true;
}

/* ---- race ---- */

static atomic_bool over;
static unsigned char first_key[KEY_SIZE];

/* Checks that key 1 version 1 never changes, that versions of ID 100 only increase, and
 * that every announced version can be read. */
static void *read_keys(void *argument)
{
	unsigned char key[KEY_SIZE];
	unsigned int newest = 0;

	(void)argument;
	while (!over) {
		unsigned int size = sizeof(key);
		unsigned int version = encryption()->get_latest_key_version(100);

		if (version == ENCRYPTION_KEY_VERSION_INVALID || version < newest)
			die("a version is gone");
		newest = version;
		if (encryption()->get_key(100, version, key, &size) || size != KEY_SIZE)
			die("the newest version cannot be read");
		if (encryption()->get_key(1, 1, key, &size) || memcmp(key, first_key, KEY_SIZE) != 0)
			die("a key has changed");
		if (encryption()->get_key(3, 1, key, &size) != ENCRYPTION_KEY_VERSION_INVALID)
			die("a key that is not there");
		usleep(50);
	}
	return NULL;
}

static void *show_status(void *argument)
{
	(void)argument;
	while (!over) {
		show_all();
		usleep(1000);
	}
	return NULL;
}

static void write_keyfile(const char *path, const char *first_line, unsigned int versions, bool good)
{
	char next[4096];
	FILE *file;

	snprintf(next, sizeof(next), "%s.next", path);
	file = fopen(next, "w");
	if (!file)
		die(next);
	fprintf(file, "%s", first_line);
	for (unsigned int version = 1; version <= versions; version++)
		fprintf(file, "100;%u;%064x\n", version, version);
	if (!good)
		fprintf(file, "no key\n");
	if (fclose(file) || rename(next, path))
		die(path);
}

static void race(char *path, unsigned long thread_count, unsigned long reloads)
{
	pthread_t *threads = calloc(thread_count + 1, sizeof(*threads));
	unsigned int size = KEY_SIZE;
	unsigned long refused = 0;
	char line[128];

	snprintf(line, sizeof(line), "1;%064x\n", 0xabcdefu);
	write_keyfile(path, line, 1, true);
	quiet = true;
	if (!threads || !start(path, NULL) || encryption()->get_key(1, 1, first_key, &size))
		die("no start");
	for (unsigned long i = 0; i <= thread_count; i++)
		if (pthread_create(&threads[i], NULL, i ? read_keys : show_status, NULL))
			die("no thread");
	for (unsigned long i = 1; i <= reloads; i++) {
		bool good = i % 7 != 0;

		write_keyfile(path, line, 1 + (unsigned int)(i / 100), good);
		if (reload() != good)
			die("a reload went the other way");
		refused += !good;
	}
	over = true;
	for (unsigned long i = 0; i <= thread_count; i++)
		pthread_join(threads[i], NULL);
	if (refusals != refused || show_number("reloads") != reloads - refused ||
	    show_number("reloads_refused") != refused)
		die("reloads are counted wrong");
	printf("%lu threads, %lu reloads, %lu refused, %llu versions\n", thread_count, reloads, refused,
	       show_number("key_versions"));
	free(threads);
	end();
}

/* ---- lookup ---- */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* xorshift, so that the processor cannot predict the next key */
static unsigned int next_id(unsigned int *state, unsigned int ids)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return 1 + *state % ids;
}

static void lookup(char *path, unsigned long lookups)
{
	unsigned char key[KEY_SIZE];
	unsigned char copied[KEY_SIZE] = { 0 };
	unsigned int state = 2463534242u;
	unsigned int ids;
	double times[4];

	quiet = true;
	if (!start(path, NULL))
		die("no start");
	ids = (unsigned int)show_number("key_ids");
	times[0] = now();
	for (unsigned long i = 0; i < lookups; i++) {
		unsigned int size = sizeof(key);

		if (encryption()->get_key(next_id(&state, ids), 1, key, &size))
			die("a key is missing");
	}
	times[1] = now();
	for (unsigned long i = 0; i < lookups; i++)
		if (encryption()->get_latest_key_version(next_id(&state, ids)) != 1)
			die("a version is missing");
	times[2] = now();
	for (unsigned long i = 0; i < lookups; i++) {
		copied[0] = (unsigned char)next_id(&state, ids);
		memcpy(key, copied, sizeof(key));
		__asm__ volatile("" : : "r"(key) : "memory");
	}
	times[3] = now();
	printf("%.1f %.1f %.1f %llu\n", (times[1] - times[0]) / (double)lookups,
	       (times[2] - times[1]) / (double)lookups, (times[3] - times[2]) / (double)lookups,
	       show_number("key_versions"));
	end();
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "load")) {
		bool started = start(argv[2], argv[3]);

		if (started)
			show_all();
		end();
		return !started;
	}
	if (argc == 5 && !strcmp(argv[1], "race"))
		race(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	else if (argc == 4 && !strcmp(argv[1], "cipher"))
		return !cipher(argv[2], argv[3]);
	else if (argc == 4 && !strcmp(argv[1], "lookup"))
		lookup(argv[2], strtoul(argv[3], NULL, 10));
	else
		die("usage: load KEYFILE [PASSWORD_FILE] | race KEYFILE THREADS RELOADS | cipher KEYFILE MODES | lookup KEYFILE LOOKUPS");
	return 0;
}
