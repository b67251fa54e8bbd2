/* SPDX-License-Identifier: MIT */
#include "plugin/variables.h"

#include "plugin/reload.h"
#include "plugin/server.h"

#include <stdio.h>
#include <string.h>

#define FILE_PREFIX "FILE:"

static char *filename;
static char *filekey;
static unsigned long encryption_algorithm;
static unsigned long digest;
static unsigned int use_pbkdf2;
static char clear_text_filekey;
static char reload;

static struct secret clear_text;
static struct keyring_source source;

/* Later servers may have more members in a TYPELIB than the headers do, so zeros follow. */
struct names {
	TYPELIB typelib;
	void *later_members[4];
};

static const char *algorithm_names[] = { "aes_cbc", "aes_ctr", NULL };
static struct names algorithms = { .typelib = { .count = 2, .name = "", .type_names = algorithm_names } };

static const char *digest_names[] = { "sha1", "sha224", "sha256", "sha384", "sha512", NULL };
static struct names digests = { .typelib = { .count = DIGEST_COUNT, .name = "", .type_names = digest_names } };

static MYSQL_SYSVAR_STR(filename, filename, PLUGIN_VAR_RQCMDARG | PLUGIN_VAR_READONLY, "Path of the key file", NULL,
			NULL, "");

static MYSQL_SYSVAR_STR(filekey, filekey, PLUGIN_VAR_RQCMDARG | PLUGIN_VAR_READONLY,
			"FILE: followed by the path of the key file's password file", NULL, NULL, "");

static MYSQL_SYSVAR_ENUM(encryption_algorithm, encryption_algorithm, PLUGIN_VAR_RQCMDARG | PLUGIN_VAR_READONLY,
			 "Cipher for data: aes_cbc or aes_ctr", NULL, NULL, 0, &algorithms.typelib);

static MYSQL_SYSVAR_ENUM(digest, digest, PLUGIN_VAR_RQCMDARG | PLUGIN_VAR_READONLY,
			 "Digest that derives the key file's AES key from the password, as openssl enc -md", NULL, NULL,
			 DIGEST_SHA1, &digests.typelib);

static MYSQL_SYSVAR_UINT(use_pbkdf2, use_pbkdf2, PLUGIN_VAR_RQCMDARG | PLUGIN_VAR_READONLY,
			 "PBKDF2 iterations that derive the AES key, as openssl enc -iter; 0: do not use PBKDF2", NULL,
			 NULL, 0, 0, PBKDF2_ITERATIONS_MAX, 0);

static MYSQL_SYSVAR_BOOL(clear_text_filekey, clear_text_filekey, PLUGIN_VAR_OPCMDARG | PLUGIN_VAR_READONLY,
			 "Allow filekey to be the password itself", NULL, NULL, 0);

static MYSQL_SYSVAR_BOOL(reload, reload, PLUGIN_VAR_OPCMDARG,
			 "Set to ON to read the key file again; the value shown is always OFF", reload_check,
			 reload_update, 0);

struct st_mysql_sys_var *system_variables[] = {
	MYSQL_SYSVAR(filename),
	MYSQL_SYSVAR(filekey),
	MYSQL_SYSVAR(encryption_algorithm),
	MYSQL_SYSVAR(digest),
	MYSQL_SYSVAR(use_pbkdf2),
	MYSQL_SYSVAR(clear_text_filekey),
	MYSQL_SYSVAR(reload),
	NULL,
};

/* With "skip-" and "disable-" the value is a constant "0" of the server, which cannot be
 * written. */
static void wipe_filekey(void)
{
	if (strcmp(filekey, "0"))
		explicit_bzero(filekey, strlen(filekey));
}

/* The server shows the variable's value, and ps(1) shows options, so both are wiped. */
static bool hide_clear_text(struct words *words)
{
	struct secret raw = { 0 };

	if (secret_copy(&raw, filekey, strlen(filekey)).code) {
		words_own(words, "out of memory");
		return false;
	}
	secret_free(&clear_text);
	clear_text = secret_take(&raw);
	wipe_filekey();
	return true;
}

static bool take_filekey(struct words *words)
{
	if (!filekey || !*filekey)
		return true;
	if (!strncmp(filekey, FILE_PREFIX, strlen(FILE_PREFIX))) {
		source.password_path = filekey + strlen(FILE_PREFIX);
		return true;
	}
	if (!clear_text_filekey) {
		words_own(words, PLUGIN_NAME WORDS_CLEAR_TEXT_PASSWORD
			  ". Write the password to a file and set this variable to "
			  "FILE:PATH, or set " PLUGIN_NAME "_clear_text_filekey to allow this");
		wipe_filekey();
		return false;
	}
	if (!hide_clear_text(words))
		return false;
	source.password = &clear_text;
	return true;
}

bool variables_take(struct words *words)
{
	source = (struct keyring_source){ .path = filename, .kdf = { (enum digest)digest, use_pbkdf2 } };
	reload = 0;
	if (!filename || !*filename) {
		*words = (struct words){ WORDS_NO_NAME, "mkeyfile-key-management-filename is not set" };
		return false;
	}
	return take_filekey(words);
}

const struct keyring_source *variables_source(void)
{
	return &source;
}

bool variables_want_ctr(void)
{
	return encryption_algorithm == 1;
}

void variables_forget(void)
{
	secret_free(&clear_text);
	source = (struct keyring_source){ 0 };
}
