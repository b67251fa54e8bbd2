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
		CREATE TABLE short (t TEXT) ENGINE=InnoDB ENCRYPTED=YES PAGE_COMPRESSED=1;
		CREATE TABLE open (t VARCHAR(40)) ENGINE=InnoDB ENCRYPTED=NO PARTITION BY KEY(t) PARTITIONS 1;
		CREATE TABLE \`größe.1\` (t TEXT, KEY(t(20))) ENGINE=MyISAM;
		CREATE TABLE closed (t TEXT, KEY(t(20)), KEY(t(10))) ENGINE=Aria;
		CREATE TABLE fixed (t CHAR(40)) ENGINE=Aria ROW_FORMAT=FIXED;
		CREATE TABLE list (t CHAR(40) NOT NULL) ENGINE=CSV;
	END
	data_sql "$PWD/data" <<-END
		SET NAMES utf8mb4;
		SET GLOBAL general_log = 0;
		USE \`häus-er\`;
		INSERT INTO planned SELECT '$text' FROM seq_1_to_400;
		INSERT INTO short SELECT * FROM planned;
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

# When a server encrypts a table, a compressed page can replace a longer page that was clear text.
@test "what follows a compressed page is unknown" {
	cp -r data "$BATS_TEST_TMPDIR/data"
	cd "$BATS_TEST_TMPDIR" || return
	of_short='.data.coverage.items[] | select(.table == "short") | "\(.clear_bytes) \(.unknown_bytes)"'
	covered --json >before
	same '0 0' "$(jq -r "$of_short" before)"
	page=$(python3 - data/h*/short.ibd "$text" <<-'END'
		import sys
		with open(sys.argv[1], 'r+b') as file:
		    for page in range(1, 99):
		        file.seek(page * 16384 + 24)
		        size = int.from_bytes(file.read(2), 'big')
		        if size & 0x8000:
		            file.seek(page * 16384 + ((size & 0x7fff) << 8))
		            file.write(sys.argv[2].encode())
		            print(page)
		            sys.exit()
		sys.exit('no page is compressed')
	END
	)
	for full in '' --full; do
		covered --json $full >after
		same "0 ${#text}" "$(jq -r "$of_short" after)"
		same true "$(jq .data.opens after)"
	done
	# all of a damaged page is unknown, once
	printf damage | dd of="$(echo data/h*/short.ibd)" bs=1 seek=$((page * 16384 + 100)) conv=notrunc status=none
	run -1 --separate-stderr covered --json --full
	same '0 16384' "$(jq -r "$of_short" <<<"$output")"
}

# A server encrypts an index page of Aria only up to the end of its keys.
@test "what follows the keys of an Aria index page is unknown" {
	cp -r data "$BATS_TEST_TMPDIR/data"
	cd "$BATS_TEST_TMPDIR" || return
	of_closed='.data.coverage.items[] | select(.table == "closed") | "\(.clear_bytes) \(.unknown_bytes)"'
	size_at=$(python3 - data/h*/closed.MAI "$text" <<-'END'
		import sys
		BLOCK = 8192
		with open(sys.argv[1], 'r+b') as file:
		    data = bytearray(file.read())
		    base = int.from_bytes(data[12:14], 'big')
		    first = int.from_bytes(data[base + 16:base + 24], 'big')
		    pages = range(first, len(data), BLOCK)
		    assert len(pages) == 2
		    for page in pages:
		        used = page + int.from_bytes(data[page + 19:page + 21], 'big')
		        data[used:page + BLOCK - 4] = bytes(page + BLOCK - 4 - used)
		        if page == first:
		            data[used:used + len(sys.argv[2])] = sys.argv[2].encode()
		    file.seek(0)
		    file.write(data)
		print(first + 19)
	END
	)
	for full in '' --full; do
		covered --json $full >after
		same "0 ${#text}" "$(jq -r "$of_closed" after)"
		same true "$(jq .data.opens after)"
	done
	# all of a damaged page is unknown, once
	printf '\377\377' | dd of="$(echo data/h*/closed.MAI)" bs=1 seek="$size_at" conv=notrunc status=none
	run -1 --separate-stderr covered --json --full
	same '0 8192' "$(jq -r "$of_closed" <<<"$output")"
}

@test "files in other places, according to the option files" {
	local at=$BATS_TEST_TMPDIR/server
	mkdir "$at" "$at/logs" "$at/tmp" "$at/cache"
	cp -r data "$at/data"
	printf '%s\n' '[mariadbd]' "datadir=$at/data" "general_log_file=$at/logs/queries" "slow_query_log_file=own-slow" \
		"log_error=$at/logs/errors" "tmpdir=$at/tmp" "wsrep_provider_options=gcache.dir=$at/cache" >"$at/my.cnf"
	for name in logs/queries data/own-slow logs/errors.err tmp/#sql-temptable-1.MYD cache/galera.cache cache/gcache.page.000007; do
		echo "$text" >"$at/$name"
	done
	echo "$text" | tee "$at/logs/others" >"$at/tmp/others"
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	wanted="error-log $at/logs/errors.err
galera $at/cache/galera.cache
galera $at/cache/gcache.page.000007
general-log $at/logs/queries
slow-log $at/data/own-slow
temporary-table $at/tmp/#sql-temptable-1.MYD"
	for data in --server-data "--datadir=$at/data" "--datadir=$at/./data/"; do
		run --separate-stderr mkeyfile verify --defaults-file="$at/my.cnf" --server-user=root --coverage --json "$data"
		same "$wanted" "$(jq -r --arg size ${#text} '.data.coverage.items[] |
			select(.clear_bytes == ($size | tonumber) + 1) | .part + " " + .path' <<<"$output" | sed 's|/\./|/|' | sort)"
	done
	# what cannot be opened is unknown
	rm -r "$at/logs/queries" "$at/tmp"
	ln -s queries "$at/logs/queries"
	ln -s tmp "$at/tmp"
	run --separate-stderr mkeyfile verify --defaults-file="$at/my.cnf" --server-user=root --coverage --json --server-data
	same "general-log $at/logs/queries
unknown $at/tmp" "$(jq -r '.data.coverage.items[] | select(.unreadable) | .part + " " + .path' <<<"$output" | sort)"
	# another data directory does not belong to that server
	run --separate-stderr mkeyfile verify --defaults-file="$at/my.cnf" --server-user=root --coverage --datadir=data
	[[ $output != *"$at"* ]]
}

# What a part has in clear text, one line for each table or file.
clear() { # directory
	mkeyfile verify --no-defaults -q -f keys --server-user=root --datadir="$1" --coverage --json |
		jq -r '.data.coverage.items[] | select(.clear_bytes > 0) | .part + " " + (.table // (.path | sub(".*/"; "")))' | sort
}

# Starts and stops a server with everything encrypted, and compares what is in clear text with before.
leaks() { # wanted sql [server option...]
	local wanted=$1 statements=$2
	shift 2
	data_start "$PWD/new" "$PWD/keys" "${all[@]}" "$@"
	data_sql "$PWD/new" <<<"$statements"
	data_wait_encrypted "$PWD/new"
	server_stop
	clear new >after
	same "$wanted" "$(comm -13 before after)"
	mv after before
}

one_leak_each() { # release
	local provider=/usr/lib/galera/libgalera_smm.so port=$((20000 + RANDOM % 10000))
	server_release "$1"
	cd "$BATS_TEST_TMPDIR" || return
	data_keys keys
	local -a all=(--skip-log-bin --aria-encrypt-tables=ON --plugin-load-add=file_key_management
		--file-key-management-filename="$PWD/keys")
	data_install "$PWD/new" "${all[@]}"
	: >before
	# no server encrypts these
	leaks "$(printf '%s\n' 'aria-log aria_log.00000001' 'buffer-pool-dump ib_buffer_pool' 'csv general_log' 'csv slow_log')" \
		"CREATE DATABASE db; CREATE TABLE db.closed (t TEXT) ENCRYPTED=YES; INSERT INTO db.closed VALUES ('$text');
		SELECT SLEEP(0) FROM mysql.seq_1_to_1"
	leaks 'myisam open' "CREATE TABLE db.open (t TEXT) ENGINE=MyISAM; INSERT INTO db.open VALUES ('$text')"
	leaks "general-log $(uname -n).log" "SELECT '$text'" --general-log
	leaks 'galera galera.cache' "INSERT INTO db.closed VALUES ('$text')" --wsrep-on=ON --wsrep-provider="$provider" \
		--wsrep-cluster-address=gcomm:// --wsrep-new-cluster --binlog-format=ROW --innodb-autoinc-lock-mode=2 \
		--wsrep-node-address="127.0.0.1:$port" \
		--wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$port;ist.recv_addr=127.0.0.1:$((port + 1));gcache.size=2M"
	grep -rlF "$text" new | sed 's|.*/||' | sort >hits
	same "$(printf '%s\n' galera.cache open.MYD "$(uname -n).log" | sort)" "$(grep -v aria_log hits)"
}

# bats test_tags=deep,releases
@test "one leak each: 10.5" {
	one_leak_each bullseye
}

# bats test_tags=deep,releases
@test "one leak each: 10.11" {
	one_leak_each bookworm
}

# bats test_tags=deep,releases
@test "one leak each: 11.8" {
	one_leak_each trixie
}

# MKEYFILE_TEST_LONG=1 creates fifty times as many, and MKEYFILE_TEST_SEED repeats a run.
# bats test_tags=deep,releases
@test "random data: no file with planted text is called encrypted, and no encrypted table clear" {
	cd "$BATS_TEST_TMPDIR/work"
	count=2
	[ -z "${MKEYFILE_TEST_LONG-}" ] || count=100
	agrees "$abs_top_srcdir/tests/clear-text" --directory "$PWD" --count $count
}

# bats test_tags=deep,releases
@test "the comparison on random data detects a report that hides clear text" {
	cd "$BATS_TEST_TMPDIR/work"
	cat >liar <<-end
		#!/bin/sh
		"$MKEYFILE" "\$@" | sed 's/_bytes": *[0-9]*/_bytes":0/g'
	end
	chmod 755 liar
	MKEYFILE=$PWD/liar run -1 --separate-stderr "$abs_top_srcdir/tests/clear-text" --directory "$PWD" \
		--release bookworm --seed 5 --count 1
	[[ $output = *"contains a marker at "*", and is called encrypted"* ]]
}
