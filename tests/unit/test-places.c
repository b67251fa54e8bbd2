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
		for (size_t n = 0; n < places.count; n++) {
			strcat(text, n ? " " : "");
			strcat(text, places.items[n].setting);
			strcat(text, ":");
			strcat(text, places.items[n].path);
		}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_directories_of_a_server),
		cmocka_unit_test(without_option_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
