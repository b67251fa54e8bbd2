/* SPDX-License-Identifier: MIT */
#include "helpers.h"
#include "server/option_files.h"
#include "server/settings.h"

#include <stdlib.h>

/* ---- lines ---- */

static struct option_lines lines_of(const char *text)
{
	SECRET struct secret copy = { 0 };
	struct option_lines lines;

	expect_done("copy", secret_copy_text(&copy, text, strlen(text)));
	expect_done("lines", option_lines_parse(&copy, &lines));
	return lines;
}

static void test_lines(void **state)
{
	static const char printed[] =
		"talk before\n--plugin_load_add=a\n--loose-quiet\n--Loose_name=\n--key=one\ntwo\n\n"
		"three\n--=x\n--a=b=c\n--\n--loose_\n--last";
	static const struct option_line wanted[] = {
		{ "plugin_load_add", "a", false, true, "plugin_load_add" },
		{ "quiet", "", true, false, "loose-quiet" },
		{ "name", "", true, true, "Loose_name" },
		{ "key", "one\ntwo\n\nthree", false, true, "key" },
		{ "", "x", false, true, "" },
		{ "a", "b=c", false, true, "a" },
		{ "", "", false, false, "" },
		{ "", "", true, false, "loose_" },
		{ "last", "", false, false, "last" },
	};
	OPTION_LINES struct option_lines lines = lines_of(printed);

	(void)state;
	expect_number("lines", "count", lines.count, LENGTH(wanted));
	for (size_t i = 0; i < LENGTH(wanted); i++) {
		const struct option_line *line = &lines.items[i];

		expect_text(wanted[i].name, line->name, wanted[i].name);
		expect_text(wanted[i].name, line->value, wanted[i].value);
		expect_text(wanted[i].name, line->whole, wanted[i].whole);
		expect_number(wanted[i].name, "loose", line->loose, wanted[i].loose);
		expect_number(wanted[i].name, "has_value", line->has_value, wanted[i].has_value);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_true(option_name_is("file_key-management_filename", "file-key-management-filename"));
	assert_false(option_name_is("file_key_management", "file-key-management-filename"));
	assert_true(option_name_is("File-key-management", "file-key-management"));
	assert_true(option_name_begins("a_b_c", "a-b", 3));
	assert_false(option_name_begins("a_", "a-b", 3));
}

/* ---- settings ---- */

/* lines owns the strings. */
static struct server_settings settings_of(const char *text, struct option_lines *lines)
{
	struct server_settings settings;

	*lines = lines_of(text);
	settings_parse(lines, NULL, &settings);
	return settings;
}

static void test_kdf(void **state)
{
	static const struct {
		const char *lines;
		bool valid;
		struct kdf kdf;
	} rows[] = {
		{ "", true, { DIGEST_SHA1, 0 } },
		{ "--file_key_management_digest=SHA512\n", true, { DIGEST_SHA512, 0 } },
		{ "--file-key-management-use-pbkdf2=1000", true, { DIGEST_SHA1, 1000 } },
		{ "--file_key_management_use_pbkdf2=2147483647", true, { DIGEST_SHA1, 2147483647 } },
		{ "--file_key_management_use_pbkdf2=2147483648", true, { DIGEST_SHA1, 2147483647 } },
		{ "--file_key_management_use_pbkdf2=99999999999999999999999", true, { DIGEST_SHA1, 2147483647 } },
		{ "--file_key_management_use_pbkdf2=10K", true, { DIGEST_SHA1, 10240 } },
		{ "--file_key_management_use_pbkdf2=1m", true, { DIGEST_SHA1, 1048576 } },
		{ "--file_key_management_use_pbkdf2=9G", true, { DIGEST_SHA1, 2147483647 } },
		{ "--file_key_management_use_pbkdf2=1KB", false, { 0 } },
		{ "--file_key_management_use_pbkdf2=1x", false, { 0 } },
		{ "--file_key_management_use_pbkdf2=-1", false, { 0 } },
		{ "--file_key_management_use_pbkdf2= 1", false, { 0 } },
		{ "--file_key_management_use_pbkdf2=", false, { 0 } },
		{ "--file_key_management_digest=md5", false, { 0 } },
		{ "--file_key_management_digest=", true, { DIGEST_SHA1, 0 } },
		{ "--file_key_management_digest=2", true, { DIGEST_SHA256, 0 } },
		{ "--file_key_management_digest=sha38", true, { DIGEST_SHA384, 0 } },
		{ "--file_key_management_digest=sha", false, { 0 } },
		{ "--file_key_management_digest=5", false, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		OPTION_LINES struct option_lines lines = { 0 };
		SETTINGS struct server_settings settings = settings_of(rows[i].lines, &lines);
		struct kdf kdf = { DIGEST_COUNT, 99 };

		expect_number(rows[i].lines, "valid", settings_kdf(&settings, &kdf), rows[i].valid);
		if (!rows[i].valid)
			continue;
		expect_number(rows[i].lines, "digest", kdf.digest, rows[i].kdf.digest);
		expect_number(rows[i].lines, "iterations", kdf.iterations, rows[i].kdf.iterations);
	}
}

#define LOADED "--plugin_load_add=file_key_management\n"
#define NAMED "--file_key_management_filename=/f\n"
#define OWN_LOADED "--plugin_load_add=mkeyfile_key_management\n"
#define OWN_NAMED "--mkeyfile_key_management_filename=/f\n"

static void test_obstacles(void **state)
{
	static const struct {
		const char *lines;
		const char *target; /* NULL: unknown */
		enum obstacle_kind kind;
		const char *words;
	} rows[] = {
		{ LOADED NAMED, "10.11", OBSTACLE_NONE, NULL },
		{ LOADED NAMED "--file_key_management_digest=sha256\n", NULL, OBSTACLE_NONE, NULL },
		{ LOADED NAMED "--file_key_management_digest=sha256\n", "12.3", OBSTACLE_NONE, NULL },
		{ LOADED NAMED "--file_key_management_digest=md5\n", "12.3", OBSTACLE_VALUE,
		  "Error while setting value 'md5' to 'file-key-management-digest'" },
		{ LOADED NAMED "--file_key_management_use_pbkdf2=abc\n", "12.3", OBSTACLE_VALUE,
		  "Error while setting value 'abc' to 'file-key-management-use-pbkdf2'" },
		{ LOADED NAMED "--file-key_management_digest=sha256\n", "11.8", OBSTACLE_KDF,
		  "unknown variable 'file-key_management_digest=sha256'" },
		{ LOADED NAMED "--loose_file_key_management_digest=sha256\n", "11.8", OBSTACLE_NONE, NULL },
		{ NAMED, "10.11", OBSTACLE_NOT_LOADED, "unknown variable 'file_key_management_filename=/f'" },
		{ "--plugin_load_add=file_key_management\n--plugin_load=other\n" NAMED, "10.11", OBSTACLE_NOT_LOADED,
		  "unknown variable 'file_key_management_filename=/f'" },
		{ "--plugin_load=other\n" LOADED NAMED, "10.11", OBSTACLE_NONE, NULL },
		{ "--plugin_load_add=other=file_key_management\n--loose_file_key_management_filename=/f\n", "10.11",
		  OBSTACLE_NOT_LOADED, "the server does not load the plugin file_key_management" },
		{ LOADED NAMED "--file_key_management=off\n", "10.11", OBSTACLE_OFF,
		  "the plugin file_key_management is switched off" },
		{ LOADED NAMED "--file_key_management=off\n--file_key_management=FORCE\n", "10.11", OBSTACLE_NONE,
		  NULL },
		{ LOADED "--file_key_management_filename=\n", "10.11", OBSTACLE_NO_FILENAME,
		  "file-key-management-filename is not set" },
		{ LOADED "--file_key_management_file=secret\n", "10.11", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--file_key_management_file=...' (file-key-management-filename, file-key-management-filekey)" },
		{ "--file_key_management_filekey=secret\n", "10.11", OBSTACLE_NOT_LOADED,
		  "unknown variable 'file_key_management_filekey=...'" },
		{ LOADED NAMED "--skip_loose_file_key_management\n", "10.11", OBSTACLE_NONE, NULL },
		{ LOADED NAMED "--loose_skip_file_key_management\n", "10.11", OBSTACLE_OFF,
		  "the plugin file_key_management is switched off" },
		{ LOADED NAMED "--plugin-file-key-management=OFF\n", "10.11", OBSTACLE_OFF,
		  "the plugin file_key_management is switched off" },
		{ LOADED NAMED "--autoset-file_key_management_filename\n", "10.11", OBSTACLE_PREFIX,
		  "automatic setup request is unsupported by option '--file-key-management-filename'" },
		{ LOADED NAMED "--maximum-file_key_management=ON\n", "10.11", OBSTACLE_PREFIX,
		  "Maximum value of 'file-key-management' cannot be set" },
		{ LOADED NAMED "--file_key_management_filekey\n--file_key_management=x\n", "10.11",
		  OBSTACLE_WITHOUT_VALUE, "option '--file-key-management-filekey' requires an argument" },
		{ LOADED NAMED "--file_key_management=x\n--file_key_management_filekey\n", "10.11", OBSTACLE_VALUE,
		  "Error while setting value 'x' to 'file-key-management'" },
		{ LOADED NAMED "--loose_file_key_management=x\n", "10.11", OBSTACLE_NONE, NULL },
		{ "--plugin_load_add=a b;file_key_management\n--loose_file_key_management_filename=/f\n", "10.11",
		  OBSTACLE_NOT_LOADED, "the server does not load the plugin file_key_management" },
		{ "--plugin_load_add=file_key_management;\n--plugin_loa=x\n" NAMED, "10.11", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--plugin_loa=...' (plugin-load, plugin-load-add)" },
		{ LOADED OWN_LOADED NAMED "--mkeyfile_key_management_fi=/g\n", "10.11", OBSTACLE_NONE, NULL },
		{ LOADED OWN_LOADED NAMED "--mkeyfile_key_management_fi=/g\n--mkeyfile_key_management=FORCE\n", "10.11",
		  OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--mkeyfile_key_management_fi=...' (mkeyfile-key-management-filename, mkeyfile-key-management-filekey)" },
		{ LOADED NAMED "--loos_plugin_load_add=x\n", "10.11", OBSTACLE_UNKNOWN,
		  "unknown variable 'loos_plugin_load_add=x'" },
		{ "--plugin_load_add=\"disks;file_key_management\n" NAMED, "10.11", OBSTACLE_NOT_LOADED,
		  "unknown variable 'file_key_management_filename=/f'" },
		{ LOADED NAMED "--DataDir=/d\n", "10.5", OBSTACLE_UNKNOWN, "unknown variable 'DataDir=...'" },
		{ LOADED NAMED "--loose-DataDir=/d\n--PORT=1\n", "10.5", OBSTACLE_NONE, NULL },
		{ LOADED NAMED "--DataDir=/d\n", "10.11", OBSTACLE_NONE, NULL },
		{ LOADED NAMED "--dat=/d\n", "10.5", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--dat=...' (datadir, datetime_format)" },
		{ LOADED NAMED "--loose-da=/d\n", "10.11", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--loose-da=...' (--loose-datadir)" },
		{ LOADED NAMED "--dat=/d\n", "11.8", OBSTACLE_NONE, NULL },
		{ LOADED NAMED "--dat=/d\n", "12.3", OBSTACLE_NONE, NULL },
		{ OWN_LOADED OWN_NAMED "--dat=/d\n", "10.11+plugin", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--dat=...' (datadir, datetime_format)" },
		{ OWN_LOADED OWN_NAMED "--dat=/d\n", "11.8+plugin", OBSTACLE_NONE, NULL },
		{ LOADED NAMED "--d=/d\n", "10.11", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--d=...' (debug, debug_no_thread_alarm)" },
		{ LOADED NAMED "--d=/d\n", "11.8", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--d=...' (debug, default_regex_flags)" },
		{ LOADED NAMED "--use=root\n", "11.8", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--use=...' (user, use_stat_tables)" },
		{ LOADED NAMED "--maximum-datadir=/d\n", "10.11", OBSTACLE_PREFIX,
		  "Maximum value of 'datadir' cannot be set" },
		{ LOADED NAMED "--datadir\n", "10.11", OBSTACLE_WITHOUT_VALUE,
		  "option '--datadir' requires an argument" },
		{ LOADED NAMED "--dat=/d\n--plugin_loa=x\n", "10.11", OBSTACLE_AMBIGUOUS,
		  "ambiguous option '--plugin_loa=...' (plugin-load, plugin-load-add)" },
		{ LOADED NAMED "--mkeyfile_key_management_filename=/g\n", "10.11", OBSTACLE_UNKNOWN,
		  "unknown variable 'mkeyfile_key_management_filename=/g'" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		OPTION_LINES struct option_lines lines = { 0 };
		SETTINGS struct server_settings settings = settings_of(rows[i].lines, &lines);
		struct server_profile profile;
		struct obstacle obstacle;

		assert_true(!rows[i].target || target_profile(rows[i].target, &profile));
		expect_done(rows[i].lines, settings_obstacle(&settings, rows[i].target ? &profile : NULL, &obstacle));
		expect_number(rows[i].lines, "kind", obstacle.kind, rows[i].kind);
		if (rows[i].words)
			expect_text(rows[i].lines, obstacle.words, rows[i].words);
		else
			assert_null(obstacle.words);
		free(obstacle.words);
	}
}

static void test_rivals(void **state)
{
	static const struct {
		const char *lines;
		const char *rival; /* NULL: none */
		enum key_plugin plugin;
	} rows[] = {
		{ LOADED "--plugin_load_add=mkeyfile_key_management\n", "mkeyfile_key_management",
		  FILE_KEY_MANAGEMENT },
		{ "--plugin-load=mkeyfile_key_management.so:file_key_management.so\n", "mkeyfile_key_management",
		  FILE_KEY_MANAGEMENT },
		{ LOADED "--plugin_load=mkeyfile_key_management\n", NULL, MKEYFILE_KEY_MANAGEMENT },
		{ LOADED "--plugin_load_add=mkeyfile_key_management\n--skip-file-key-management\n", NULL,
		  MKEYFILE_KEY_MANAGEMENT },
		{ LOADED "--plugin_load_add=mkeyfile_key_management\n--mkeyfile_key_management=OFF\n", NULL,
		  FILE_KEY_MANAGEMENT },
		{ LOADED LOADED "--plugin_load_add=FILE_KEY_MANAGEMENT=file_key_management\n", NULL,
		  FILE_KEY_MANAGEMENT },
		{ LOADED "--plugin_load_add=hashicorp_key_management.so\n", "hashicorp_key_management",
		  FILE_KEY_MANAGEMENT },
		{ LOADED "--plugin_load_add=hashicorp_key_management\n--hashicorp_key_management=OFF\n", NULL,
		  FILE_KEY_MANAGEMENT },
		{ "--plugin_load_add=hashicorp_key_management\n", NULL, FILE_KEY_MANAGEMENT },
		{ LOADED OWN_LOADED "--loose_mkeyfile_key_management_fi=/f\n", NULL, FILE_KEY_MANAGEMENT },
		{ LOADED OWN_LOADED "--file_key_management=x\n", NULL, MKEYFILE_KEY_MANAGEMENT },
		{ "--loose_mkeyfile_key_management_filename=/f\n", NULL, MKEYFILE_KEY_MANAGEMENT },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		OPTION_LINES struct option_lines lines = { 0 };
		SETTINGS struct server_settings settings = settings_of(rows[i].lines, &lines);

		expect_number(rows[i].lines, "plugin", settings.plugin, rows[i].plugin);
		if (rows[i].rival)
			expect_text(rows[i].lines, settings.rival, rows[i].rival);
		else
			assert_null(settings.rival);
	}
}

/* The first setting counts: a server that runs as root switches user once and then cannot
 * do so again. */
static void test_places(void **state)
{
	OPTION_LINES struct option_lines lines = { 0 };
	SETTINGS struct server_settings settings =
		settings_of("--user=one\n--datad=/a\n--user=other\n--datadir=/b\n--userstat=x\n", &lines);

	(void)state;
	assert_string_equal(settings.user, "one");
	assert_string_equal(settings.datadir, "/b");
}

static void test_password(void **state)
{
	OPTION_LINES struct option_lines one = { 0 };
	OPTION_LINES struct option_lines other = { 0 };
	OPTION_LINES struct option_lines third = { 0 };
	SETTINGS struct server_settings file = settings_of("--file_key_management_filekey=FILE:/p\n", &one);
	SETTINGS struct server_settings clear = settings_of("--file_key_management_filekey=file:/p\n", &other);
	SETTINGS struct server_settings none = settings_of("--file_key_management_fil=\n", &third);

	(void)state;
	assert_string_equal(settings_password_path(&file), "/p");
	assert_null(settings_password_path(&clear));
	assert_string_equal(clear.filekey.value, "file:/p");
	assert_null(settings_password_path(&none));
	assert_null(none.filekey.value);
}

/* Before 11.8, a server ignores the rest of a list of plugins. */
static void test_rest_of_list(void **state)
{
	static const char lines[] = "--plugin_load_add=./x;file_key_management\n" NAMED;
	static const char *const targets[] = { NULL, "10.11", "11.8" };

	(void)state;
	for (size_t i = 0; i < LENGTH(targets); i++) {
		OPTION_LINES struct option_lines read = lines_of(lines);
		SETTINGS struct server_settings settings = { 0 };
		struct server_profile profile;
		const bool goes_on = i == 2;

		assert_true(!targets[i] || target_profile(targets[i], &profile));
		settings_parse(&read, targets[i] ? &profile : NULL, &settings);
		assert_int_equal(settings.plugin_loaded, goes_on);
		assert_int_equal(settings.list_cut, !goes_on);
	}
}

/* Without lines there are no settings. */
static void test_nothing(void **state)
{
	const struct option_lines nothing = { 0 };
	struct server_settings settings;

	(void)state;
	settings_parse(&nothing, NULL, &settings);
	assert_null(settings.filename.value);
	assert_false(settings.plugin_loaded);
	settings_free(&settings);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	  cmocka_unit_test(test_names),	       cmocka_unit_test(test_kdf),
		cmocka_unit_test(test_obstacles), cmocka_unit_test(test_rest_of_list), cmocka_unit_test(test_password),
		cmocka_unit_test(test_nothing),	  cmocka_unit_test(test_rivals),       cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
