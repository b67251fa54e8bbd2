/* SPDX-License-Identifier: MIT */
#include "plugin/reload.h"

#include "plugin/served.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Allows one reload at a time. Protects pending, source and the served keyring. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct keyring_source *source;

/* Read and compared with the current keys, but not in use yet. If a statement fails
 * between its check and its update, this remains for the next statement. */
static struct keyring *pending;

/* Has a separate lock, so that SHOW STATUS does not wait for a slow file. */
static struct reload_report report;
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;

static void say_notes(const struct keyring_notes *notes)
{
	char words[WORDS_SIZE];

	if (notes->overridden) {
		snprintf(
			words, sizeof(words),
			"Key ID %u version %u is repeated in %s; the server uses the last line (overridden lines: %zu)",
			notes->id, notes->version, source->path, notes->overridden);
		server_log(LOG_WARNING, words);
	}
	if (notes->seal_broken) {
		snprintf(words, sizeof(words), "%s was changed without mkeyfile: its seal is broken", source->path);
		server_log(LOG_WARNING, words);
	}
	if (notes->exposed) {
		snprintf(words, sizeof(words), "Any user of this host can read or change %s or its password file",
			 source->path);
		server_log(LOG_WARNING, words);
	}
	if (notes->lock_failed)
		server_log(LOG_WARNING,
			   "Keys may be written to swap space: raise the limit of locked memory (LimitMEMLOCK)");
}

static void note_result(const char *words, bool done)
{
	pthread_mutex_lock(&report_lock);
	report.last = time(NULL);
	snprintf(report.result, sizeof(report.result), "%s", words);
	*(done ? &report.done : &report.refused) += 1;
	pthread_mutex_unlock(&report_lock);
}

/* Logs what the server's own plugin does not say. */
static void say_more(struct keyring_fault fault)
{
	char words[WORDS_SIZE];

	if (fault.fault.code != FAULT_ENCRYPTED)
		return;
	snprintf(words, sizeof(words), "%s is encrypted, but " PLUGIN_NAME "_filekey is not set", source->path);
	server_log(LOG_NOTE, words);
}

/* Reads the key file and compares it with the current keys (NULL: none). */
static bool load(const struct keyring *in_use, struct keyring **ret_keyring, struct words *words)
{
	struct keyring *keyring = NULL;
	struct keyring_notes notes;
	struct keyring_loss loss = { 0 };
	struct keyring_fault fault = keyring_load(source, &keyring, &notes);

	if (fault.fault.code) {
		words_fault(source, fault, words);
		say_more(fault);
		return false;
	}
	if (in_use)
		loss = keyring_compare(keyring, in_use);
	if (loss.id) {
		words_loss(loss, source->path, words);
		keyring_free(keyring);
		return false;
	}
	say_notes(&notes);
	*ret_keyring = keyring;
	return true;
}

static void say_loaded(const struct keyring *keyring)
{
	size_t ids = keyring_ids(keyring);
	size_t versions = keyring_versions(keyring);
	char words[WORDS_SIZE];

	snprintf(words, sizeof(words), "%zu key ID%s, %zu version%s loaded from %s", ids, ids == 1 ? "" : "s", versions,
		 versions == 1 ? "" : "s", source->path);
	server_log(LOG_NOTE, words);
}

bool reload_first(const struct keyring_source *from, struct words *words)
{
	struct keyring *keyring = NULL;
	bool loaded;

	pthread_mutex_lock(&report_lock);
	report = (struct reload_report){ .last = time(NULL), .result = "loaded at start" };
	pthread_mutex_unlock(&report_lock);
	pthread_mutex_lock(&lock);
	source = from;
	loaded = load(NULL, &keyring, words);
	if (loaded) {
		say_loaded(keyring);
		served_replace(keyring);
	}
	pthread_mutex_unlock(&lock);
	return loaded;
}

void reload_end(void)
{
	pthread_mutex_lock(&lock);
	keyring_free(pending);
	pending = NULL;
	served_replace(NULL);
	pthread_mutex_unlock(&lock);
}

/* Parses ON, OFF, 1 or 0, which SET accepts for any switch. */
static bool parse_switch(struct st_mysql_value *value, bool *ret_on)
{
	char buffer[8];
	int length = sizeof(buffer);
	const char *text;
	long long number;

	if (value->value_type(value) == MYSQL_VALUE_TYPE_STRING) {
		text = value->val_str(value, buffer, &length);
		*ret_on = text && length == 2 && !strncasecmp(text, "ON", 2);
		return *ret_on || (text && length == 3 && !strncasecmp(text, "OFF", 3));
	}
	if (value->val_int(value, &number) || (number != 0 && number != 1))
		return false;
	*ret_on = number == 1;
	return true;
}

static bool prepare(struct words *words)
{
	struct keyring *keyring;
	const struct keyring *in_use = served_acquire();
	bool loaded;

	/* while this thread holds the mutex, no other thread replaces the keyring */
	served_release();
	loaded = load(in_use, &keyring, words);
	if (!loaded)
		return false;
	keyring_free(pending);
	pending = keyring;
	return true;
}

static bool ends_in_question(const char *words)
{
	return *words && words[strlen(words) - 1] == '?';
}

int reload_check(MYSQL_THD thd, struct st_mysql_sys_var *variable, void *save, struct st_mysql_value *value)
{
	struct words words;
	char refusal[2 * WORDS_SIZE];
	bool on;
	bool prepared;

	(void)thd;
	(void)variable;
	if (!parse_switch(value, &on))
		return 1;
	*(char *)save = on;
	if (!on)
		return 0;
	pthread_mutex_lock(&lock);
	prepared = prepare(&words);
	if (!prepared)
		note_result(words.text, false);
	pthread_mutex_unlock(&lock);
	if (prepared)
		return 0;
	snprintf(refusal, sizeof(refusal), "%s%s The keys loaded before remain in use", words.text,
		 ends_in_question(words.text) ? "" : ".");
	server_error(WORDS_OWN, refusal);
	return 1;
}

void reload_update(MYSQL_THD thd, struct st_mysql_sys_var *variable, void *target, const void *save)
{
	(void)thd;
	(void)variable;
	(void)target;
	if (!*(const char *)save)
		return;
	pthread_mutex_lock(&lock);
	/* another session may already have put both keyrings into use */
	if (pending) {
		say_loaded(pending);
		served_replace(pending);
		pending = NULL;
	}
	note_result("loaded", true);
	pthread_mutex_unlock(&lock);
}

void reload_get_report(struct reload_report *ret_report)
{
	pthread_mutex_lock(&report_lock);
	*ret_report = report;
	pthread_mutex_unlock(&report_lock);
}
