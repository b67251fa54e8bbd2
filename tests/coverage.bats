#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# verify --coverage on data directories of a real server. The referee is grep: a file that contains a
# planted text must be reported.
bats_require_minimum_version 1.5.0
load common
load data

text='planted in clear text'

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	data_keys keys
	data_install "$PWD/data"
	data_start "$PWD/data" "$PWD/keys" --general-log --aria-encrypt-tables=ON
	data_sql "$PWD/data" <<-END
		SET NAMES utf8mb4;
		CREATE DATABASE \`häus-er\`;
		USE \`häus-er\`;
		CREATE TABLE planned (t TEXT) ENGINE=InnoDB ENCRYPTED=YES;
		CREATE TABLE open (t VARCHAR(40)) ENGINE=InnoDB ENCRYPTED=NO PARTITION BY KEY(t) PARTITIONS 1;
		CREATE TABLE \`größe.1\` (t TEXT, KEY(t(20))) ENGINE=MyISAM;
		CREATE TABLE closed (t TEXT, KEY(t(20))) ENGINE=Aria;
		CREATE TABLE fixed (t CHAR(40)) ENGINE=Aria ROW_FORMAT=FIXED;
		CREATE TABLE list (t CHAR(40) NOT NULL) ENGINE=CSV;
	END
	data_sql "$PWD/data" <<-END
		SET NAMES utf8mb4;
		SET GLOBAL general_log = 0;
		USE \`häus-er\`;
		INSERT INTO planned SELECT '$text' FROM seq_1_to_400;
		INSERT INTO open SELECT * FROM planned;
		INSERT INTO \`größe.1\` SELECT * FROM planned LIMIT 5;
		INSERT INTO closed SELECT * FROM planned LIMIT 20;
		INSERT INTO fixed SELECT * FROM planned LIMIT 5;
		INSERT INTO list SELECT * FROM planned LIMIT 5;
		SET GLOBAL general_log = 1;
		SELECT '$text';
	END
	server_stop
}

teardown_file() {
	server_stop
}

setup_test() {
	export MKEYFILE_FILE=$BATS_FILE_TMPDIR/keys
	cd "$BATS_FILE_TMPDIR" || return
}

covered() { # [option...]
	mkeyfile verify --server-user=root --datadir=data --coverage "$@"
}

@test "every file that contains a planted text is reported" {
	covered --json >report
	grep -rlF "$text" data | sort >hits
	jq -r '.data.files[] | select(.coverage.clear_bytes > 0) | .path' report | sort >reported
	same "" "$(comm -23 hits reported)"
	[ "$(wc -l <hits)" -ge 5 ]
	# the keys prove the data, and nothing is unknown, except what the server may leave in index pages
	same true "$(jq .data.opens report)"
	same "" "$(jq -r '.data.coverage.parts[] | select(.unknown_bytes > 0 and .part != "aria") | .part' report)"
}

@test "tables have the names that the server shows, and sizes" {
	run --separate-stderr covered --all-files
	same 0 "$status"
	same "" "$stderr"
	[[ $output = *"
coverage: "*"% of the data is encrypted; "*" is in clear text"*"
  CLEAR TEXT   ENCRYPTED     UNKNOWN  PART                  ENCRYPTED BY
"* ]]
	same "clear text: InnoDB table 'häus-er.open', partition 'p0': SIZE
clear text: Aria table 'häus-er.fixed': $(du -cb data/h*/fixed.MA? | awk 'END { printf "%.1f KiB", $1 / 1024 }')
clear text: MyISAM table 'häus-er.größe.1': $(du -cb data/h*/gr*.MY? | awk 'END { printf "%.1f KiB", $1 / 1024 }')
clear text: CSV table 'häus-er.list': $(du -cb data/h*/list.CS? | awk 'END { printf "%d B", $1 }')" \
		"$(grep -a "'häus-er" <<<"$output" | sed "s/p0': .*/p0': SIZE/")"
	run -0 --separate-stderr covered --json
	same '{"database":"häus-er","table":"größe.1","partition":null,"part":"myisam","setting":null}' \
		"$(jq -c '.data.coverage.items[] | select(.part == "myisam") | {database, table, partition, part, setting}' <<<"$output")"
	same 0 "$(jq '[.data.coverage.items[] | select(.table == "planned") | .clear_bytes] | add' <<<"$output")"
}

@test "files in other places, according to the option files" {
	local at=$BATS_TEST_TMPDIR/server
	mkdir "$at" "$at/logs" "$at/tmp" "$at/cache"
	cp -r data "$at/data"
	printf '%s\n' '[mariadbd]' "datadir=$at/data" "general_log_file=$at/logs/queries" "slow_query_log_file=own-slow" \
		"log_error=$at/logs/errors" "tmpdir=$at/tmp" "wsrep_provider_options=gcache.dir=$at/cache" >"$at/my.cnf"
	for name in logs/queries data/own-slow logs/errors.err tmp/#sql-temptable-1.MYD cache/galera.cache; do
		echo "$text" >"$at/$name"
	done
	echo "$text" | tee "$at/logs/others" >"$at/tmp/others"
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	wanted="error-log $at/logs/errors.err
galera $at/cache/galera.cache
general-log $at/logs/queries
slow-log $at/data/own-slow
temporary-table $at/tmp/#sql-temptable-1.MYD"
	for data in --server-data "--datadir=$at/data" "--datadir=$at/./data/"; do
		run --separate-stderr mkeyfile verify --defaults-file="$at/my.cnf" --server-user=root --coverage --json "$data"
		same "$wanted" "$(jq -r --arg size ${#text} '.data.coverage.items[] |
			select(.clear_bytes == ($size | tonumber) + 1) | .part + " " + .path' <<<"$output" | sed 's|/\./|/|' | sort)"
	done
	# another data directory does not belong to that server
	run --separate-stderr mkeyfile verify --defaults-file="$at/my.cnf" --server-user=root --coverage --datadir=data
	[[ $output != *"$at"* ]]
}
