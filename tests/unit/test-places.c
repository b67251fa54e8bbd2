/* SPDX-License-Identifier: MIT */
#include "helpers.h"
#include "server/places.h"

#include <stdlib.h>

/* Output of my_print_defaults, and the directories: "setting:path", separated by blanks. */
static const struct {
	const char *lines;
	const char *places;
} rows[] = {
	{ "", "datadir:/default" },
	{ "--datadir=/data/\n", "datadir:/data" },
	{ "--datadir=\n", "datadir:/default" },
	{ "--datadir=/one\n--datadir=/two//three\n", "datadir:/two/three" },
	{ "--innodb_undo_directory=/undo\n--datadir=/data\n", "datadir:/data innodb_undo_directory:/undo" },
	{ "--loose-innodb-undo-directory=undo/\n", "datadir:/default innodb_undo_directory:/default/undo" },
	{ "--INNODB-log_group-home-dir=./\n--aria-log-dir-path=/default\n",
	  "datadir:/default innodb_log_group_home_dir:/default/." },
	{ "--log-bin\n--relay-log=relay\n--log-bin-index=index\n", "datadir:/default" },
	{ "--log_bin=/bin/log\n--log_bin_index=/index/log\n--relay_log=/relay/log\n--relay_log_index=/bin/relay\n",
	  "datadir:/default log_bin:/bin log_bin_index:/index relay_log:/relay" },
	{ "--log-bin=/bin/log\n--skip-log-bin\n", "datadir:/default" },
	{ "--log-bin=/bin/log\n--disable-log_bin\n--log-bin=/other/log\n", "datadir:/default log_bin:/other" },
	/* abbreviations of one option, and an ambiguous one */
	{ "--datad=/data\n--innodb_undo_d=/undo\n--relay-log-ind=/relay/log\n--innodb_data=/no\n",
	  "datadir:/data innodb_undo_directory:/undo relay_log_index:/relay" },
	{ "--innodb_data_home_dir=/home\n--innodb_data_file_path=ibdata1:12M;deep/er:1M:autoextend:max:2G\n",
	  "datadir:/default innodb_data_home_dir:/home innodb_data_file_path:/home/deep" },
	{ "--innodb_data_home_dir=\n--innodb_data_file_path=/a/ibdata1:12M;/b/ibdata2:12M;c/x:1M;y:1M\n",
	  "datadir:/default innodb_data_file_path:/a innodb_data_file_path:/b innodb_data_file_path:/default/c" },
	{ "--relay-log-info-file=/info/x\n--innodb_undo_tablespaces=3\n--datadirs=/no\n", "datadir:/default" },
};

/* Appends "setting:path setting:path". */
static void join(const struct server_places *places, char *text)
{
	for (size_t n = 0; n < places->count; n++) {
		strcat(text, n ? " " : "");
		strcat(text, places->items[n].setting);
		strcat(text, ":");
		strcat(text, places->items[n].path);
	}
}

static void the_directories_of_a_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		SECRET struct secret copy = { 0 };
		OPTION_LINES struct option_lines lines = { 0 };
		SERVER_PLACES struct server_places places = { 0 };
		char text[1024] = "";

		expect_done(rows[i].lines, secret_copy_text(&copy, rows[i].lines, strlen(rows[i].lines)));
		expect_done(rows[i].lines, option_lines_parse(&copy, &lines));
		expect_done(rows[i].lines, server_places_find(&lines, "/default", &places));
		join(&places, text);
		expect_text(rows[i].lines, text, rows[i].places);
	}
}

static void without_option_files(void **state)
{
	const struct option_lines none = { 0 };
	SERVER_PLACES struct server_places places = { 0 };

	(void)state;
	expect_done("none", server_places_find(&none, "/default", &places));
	expect_number("none", "count", places.count, 1);
	expect_text("none", places.items[0].path, "/default");
}

static const struct {
	const char *lines;
	const char *files;
} file_rows[] = {
	{ "--general_log=1\n--slow-query-log\n--log-slow-query=1\n--wsrep_provider=x\n", "" },
	{ "--tmpdir=/one:/two\n--general_log_file=/logs/all\n--log-error=/logs/errors\n",
	  "tmpdir:/one tmpdir:/two general_log_file:/logs/all log_error:/logs/errors.err" },
	{ "--slow-query-log-file=slow\n--log_error=a.b/c\n--log-error=/a.b/c.log\n",
	  "slow_query_log_file:/data/slow log_error:/a.b/c.log" },
	{ "--log-error\n--innodb-tmpdir=\n--server_audit_file_path=audit\n", "server_audit_file_path:/data/audit" },
	{ "--wsrep_provider_options=gcache.size=1G; gcache.dir = /cache ;gcache.name=ring\n",
	  "wsrep_provider_options:/cache/ring" },
	{ "--log-error=/logs/errors\n--skip-log-error\n", "" },
	{ "--wsrep_provider_options=gcache.dir=\n", "wsrep_provider_options:/data/galera.cache" },
	{ "--wsrep_provider_options=gcache.dirs=/no\n--wsrep-data-home-dir=home\n",
	  "wsrep_provider_options:/data/home/galera.cache" },
};

static void the_files_of_a_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(file_rows); i++) {
		const char *row = file_rows[i].lines;
		SECRET struct secret copy = { 0 };
		OPTION_LINES struct option_lines lines = { 0 };
		SERVER_PLACES struct server_places files = { 0 };
		char text[1024] = "";

		expect_done(row, secret_copy_text(&copy, row, strlen(row)));
		expect_done(row, option_lines_parse(&copy, &lines));
		expect_done(row, server_files_find(&lines, "/data", &files));
		join(&files, text);
		expect_text(row, text, file_rows[i].files);
		for (size_t n = 0; n < files.count; n++)
			expect_number(row, "temporary", server_place_is_temporary(&files.items[n]),
				      strstr(files.items[n].setting, "tmpdir") != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_directories_of_a_server),
		cmocka_unit_test(without_option_files),
		cmocka_unit_test(the_files_of_a_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
