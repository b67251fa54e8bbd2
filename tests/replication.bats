#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Primaries and replicas with different keys, as mkeyfile-rotation(7) describes them.
bats_require_minimum_version 1.5.0
# bats file_tags=deep
load common
load server
load plugin

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	server_install "$PWD/data"
}

# Two servers with the same users and different keys. Their relay logs have a directory of their own.
setup_test() {
	declare -gA pids ports
	plugin_setup
	make_server one
	make_server two
}

make_server() { # name
	mkdir -p "$1/logs"
	copy_data "$1/data"
	mkeyfile generate -q -f "$1/keyfile" 1 2 100
	ports[$1]=$(free_port)
}

teardown() {
	for server_pid in "${pids[@]}"; do
		server_stop
	done
}

# ---- servers ----

# Runs a command in the directory of a server.
at() { # server command...
	local here=$PWD
	cd "$1" || return
	shift
	"$@"
	cd "$here" || return
}

start_at() { # server plugin [option...]
	local server=$1 plugin=$2
	local -A ids=([one]=1 [two]=2 [three]=3)
	shift 2
	at "$server" start "$plugin" --server-id="${ids[$server]}" --relay-log="$PWD/$server/logs/relay" --log-slave-updates \
		--binlog-format=ROW --skip-networking=0 --bind-address=127.0.0.1 --port="${ports[$server]}" --skip-slave-start "$@"
	pids[$server]=$server_pid
}

stop_at() { # server
	server_pid=${pids[$1]}
	server_stop
	unset "pids[$1]"
}

kill_at() { # server
	server_pid=${pids[$1]}
	kill_server
	unset "pids[$1]"
}

# Makes a server the replica of another.
follow() { # replica primary [option of CHANGE MASTER]
	at "$1" sql -e "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${ports[$2]}, MASTER_USER='replica',
		MASTER_PASSWORD='r' ${3:+, $3}; START SLAVE"
}

make_user() { # server
	at "$1" sql -e "SET sql_log_bin = 0; CREATE USER replica@'127.0.0.1' IDENTIFIED BY 'r'; GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1'"
}

position() { # server
	at "$1" sql -e 'SELECT @@gtid_binlog_pos'
}

# Waits until a replica has applied, or only received, all events of a server.
applied() { # replica primary
	same 0 "$(at "$1" sql -e "SELECT MASTER_GTID_WAIT('$(position "$2")', 60)")"
}

received() { # replica primary
	local i position
	position=$(at "$2" sql -e 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' ' ')
	for ((i = 0; i < 600; i++)); do
		[ "$position" != "$(at "$1" sql -e 'SHOW SLAVE STATUS\G' | sed -n '7p;8p' | tr '\n' ' ' | sed 's/ $//')" ] || return 0
		sleep 0.1
	done
	return 1
}

# ---- proofs ----

# Sets the array data to the directories of a server.
data_of() { # server
	data=(--datadir="$1/data")
	[ -z "$(ls "$1/logs")" ] || data+=(--datadir="$1/logs")
}

check() { # status server key-file
	local data
	data_of "$2"
	run mkeyfile verify --no-defaults --server-user=root -f "$3" "${data[@]}" --full
	[ "$status" = "$1" ] || {
		echo "expected status $1, got $status: $output"
		return 1
	}
}

# The server's own keys decrypt its data, and those of the other server do not.
proven() { # server
	local other=one
	[ "$1" != one ] || other=two
	check 0 "$1" "$1/keyfile"
	check 1 "$1" $other/keyfile
	grep -qE '^(wrong|missing) key: ' <<<"$output"
}

remove_at() { # status server argument...
	local data
	data_of "$2"
	run "-$1" --separate-stderr mkeyfile remove --no-defaults -f "$2/keyfile" "${data[@]}" "${@:3}"
}

# The changes of rows in all binary logs of a server, as it sends them.
events_of() { # server
	local log
	for log in $(at "$1" sql -e 'SHOW BINARY LOGS' | cut -f 1); do
		at "$1" mariadb-binlog --no-defaults -uroot -S socket --read-from-remote-server --base64-output=decode-rows -vv "$log"
	done | grep '^### '
}

# Without those about a stopped primary.
no_errors() {
	same "" "$(grep -hE '\[ERROR\]|corrupt' one/data.log two/data.log | grep -v 'Slave I/O: error reconnecting')"
}

# The server decrypts its binary logs for mariadb-binlog, which cannot do that itself.
logs_are_readable() { # server
	local log events
	log=$(at "$1" sql -e 'SHOW MASTER STATUS' | cut -f 1)
	events=$(events_of "$1")
	grep -q "by the new primary" <<<"$events"
	run -0 mariadb-binlog --no-defaults "$1/data/$log"
	grep -qxF "# The rest of the binlog is encrypted!" <<<"$output"
}

@test "a new ID: a delayed replica with its own keys is promoted in the middle of the rotation" {
	local middle log

	start_at one file_key_management
	make_user one
	at one make_tables
	start_at two file_key_management
	make_user two
	follow two one MASTER_USE_GTID=slave_pos
	applied two one
	same "$(at one just_rows)" "$(at two just_rows)"
	proven one
	proven two

	# the relay log has the next rows for an hour
	at two sql -e 'STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=3600; START SLAVE'
	at one sql -e "UPDATE db.hundred SET t = CONCAT(t, 'x') WHERE i < 100; INSERT INTO db.aria VALUES (5000, 'late')"
	received two one
	same 0 "$(at two sql -e "SELECT COUNT(*) FROM db.aria WHERE i = 5000")"
	proven two

	# the new ID on both, first on the replica; its key differs
	mkeyfile add -q -f two/keyfile 101
	stop_at two
	proven two
	start_at two file_key_management
	# with GTIDs, the server deletes the relay logs now, and reads the events again
	log=$(ls -i two/logs/relay.000001)
	at two sql -e 'START SLAVE'
	received two one
	[ "$log" != "$(ls -i two/logs/relay.000001)" ]
	mkeyfile rotate -q -f one/keyfile 100 --new-id --server="$PWD/one/socket" >move.sql
	stop_at one
	proven one
	start_at one file_key_management
	middle=$(position one)
	rows=$(at one just_rows)
	at one sql <move.sql
	received two one
	proven one
	proven two
	remove_at 4 two 100

	# the replica applies the first of the four statements, when the primary is killed
	same 4 "$(grep -c '^ALTER TABLE' move.sql)"
	middle=${middle%-*}-$((${middle##*-} + 1))
	at two sql -e "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=0; START SLAVE UNTIL master_gtid_pos='$middle'"
	same 0 "$(at two sql -e "SELECT MASTER_GTID_WAIT('$middle', 60)")"
	kill_at one
	check 0 one one/keyfile
	check 1 one two/keyfile
	at two sql -e 'STOP SLAVE'
	proven two
	at two sql -e 'RESET SLAVE ALL'
	same "" "$(ls two/logs/relay.0* 2>/dev/null)"
	same 3 "$(at two sql -e "SELECT COUNT(DISTINCT SUBSTRING_INDEX(NAME, '#', 1))
		FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE CURRENT_KEY_ID = 100")"
	proven two
	stop_at two
	remove_at 4 two 100
	start_at two file_key_management
	# the new primary moves what is left
	same "" "$(at two sql <move.sql)"
	same "$rows" "$(at two just_rows)"
	at two sql -e "INSERT INTO db.hundred VALUES (7000, 'by the new primary')"

	# the old primary is its replica from the position of the promotion on
	start_at one file_key_management
	at one sql -e "SET GLOBAL gtid_slave_pos='$middle'"
	follow one two MASTER_USE_GTID=slave_pos
	applied one two
	same "$(at two just_rows)" "$(at one just_rows)"
	proven one
	proven two
	same "$(events_of one | sha256sum)" "$(events_of two | sha256sum)"
	logs_are_readable one
	logs_are_readable two

	for server in two one; do
		stop_at $server
		proven $server
		remove_at 0 $server 100 -q
		proven $server
		run -4 mkeyfile remove --no-defaults -f $server/keyfile 101 --datadir=$server/data
		start_at $server file_key_management
	done
	at one sql -e 'START SLAVE'
	at two sql -e "INSERT INTO db.parts VALUES (7000, 'without the old ID')"
	applied one two
	same "$(at two just_rows)" "$(at one just_rows)"
	no_errors
}

# Runs the steps of mkeyfile-rotation(7) for what InnoDB's threads do not re-encrypt.
rewrite_the_rest() { # server redo-log-size
	at "$1" aria_statements >aria.sql
	(echo 'SET SESSION sql_log_bin = 0;' && cat aria.sql) | at "$1" sql >words
	at "$1" purge_binary_logs
	stop_at "$1"
	start_at "$1" mkeyfile_key_management --innodb-log-file-size="$2"
	at "$1" purge_binary_logs
}

up_to_date() { # server
	run timeout 120 "$MKEYFILE" status --no-defaults -f "$1/keyfile" --server="$PWD/$1/socket" --wait --timeout=100
	same 0 "$status" || {
		echo "$output"
		return 1
	}
}

rotate_twice() { # server
	mkeyfile rotate -q -t 11.8-enterprise --all -f "$1/keyfile"
	mkeyfile rotate -q -t 11.8-enterprise --all -f "$1/keyfile" --flush --server="$PWD/$1/socket"
}

@test "versions: a delayed relay log keeps its version, and a replica is promoted in the middle of the rotation" {
	local pending

	start_at one mkeyfile_key_management
	make_user one
	at one make_tables
	start_at two mkeyfile_key_management
	make_user two
	follow two one "MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4"
	applied two one
	at two sql -e 'STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=3600; START SLAVE'
	at one sql -e "UPDATE db.hundred SET t = CONCAT(t, 'x') WHERE i < 100"
	received two one
	pending=$(at two sql -e 'SHOW SLAVE STATUS\G' | sed -n 9p)

	rotate_twice two
	at two sql -e 'FLUSH RELAY LOGS'
	at one sql -e "INSERT INTO db.aria VALUES (5000, 'late')"
	received two one
	up_to_date two
	rewrite_the_rest two 12M
	proven one
	proven two
	stop_at two
	proven two
	[ -s "two/logs/$pending" ]
	remove_at 4 two --all --old-versions
	same "mkeyfile remove: key ID 1 version 1 is needed by 2 files, for example 'two/logs/relay.000001'" "${stderr_lines[0]}"
	# without the version, the relay log cannot be applied
	grep -v '^1;1;' two/keyfile >without
	chmod 600 without
	check 1 two without
	same "$(printf '%s\n' two/logs/relay.00000{1,2})" "$(sed -n "s/^missing key: '\(.*\)': binary log;.*/\1/p" <<<"$output")"

	start_at two mkeyfile_key_management --innodb-log-file-size=12M
	# the server deletes the relay logs, and reads the events again
	at two sql -e 'CHANGE MASTER TO MASTER_DELAY=0'
	same $'relay.000001\nrelay.index' "$(ls two/logs)"
	at two sql -e 'START SLAVE'
	applied two one
	same "$(at one just_rows)" "$(at two just_rows)"
	at two sql -e 'STOP SLAVE'
	stop_at two
	remove_at 0 two --all --old-versions -q
	proven two

	# the replica becomes the primary while its next versions are half in use
	start_at two mkeyfile_key_management --innodb-log-file-size=12M --innodb-encryption-threads=0
	at two sql -e 'START SLAVE'
	rotate_twice two
	at one sql -e "INSERT INTO db.hundred VALUES (6000, 'new version'); DELETE FROM db.aria WHERE i < 100"
	applied two one
	middle=$(at two sql -e 'SELECT @@gtid_slave_pos')
	stop_at one
	at two sql -e 'STOP SLAVE; RESET SLAVE ALL'
	kill_at two
	proven two
	start_at two mkeyfile_key_management --innodb-log-file-size=12M
	mkeyfile rotate -q -t 11.8-enterprise --all -f one/keyfile
	start_at one mkeyfile_key_management
	at one sql -e "SET GLOBAL gtid_slave_pos='$middle'"
	follow one two MASTER_USE_GTID=slave_pos
	at two sql -e "INSERT INTO db.hundred VALUES (7000, 'by the new primary')"
	applied one two
	rotate_twice one
	at two sql -e "INSERT INTO db.aria VALUES (7000, 'by the new primary')"
	applied one two
	for server in two one; do
		up_to_date $server
		same "$(at two just_rows)" "$(at $server just_rows)"
		proven $server
		logs_are_readable $server
	done
	stop_at one
	stop_at two
	proven one
	proven two
	no_errors
}

# Verifies only the data directory, without that of the relay logs.
lacks_logs() { # server line...
	local server=$1
	shift
	run mkeyfile verify -q --no-defaults --server-user=root -f "$server/keyfile" --datadir="$server/data"
	same "$(printf '%s\n' "$@" | sort)" "$(sed -n 's/^incomplete: \(.* which is missing\)$/\1/p' <<<"$output" | sort)"
}

@test "several connections: odd names, relay logs inside and outside of the data directory" {
	local plugin=mkeyfile_key_management log logs

	make_server three
	for server in one two; do
		start_at $server $plugin
		make_user $server
		at $server sql -e "FLUSH BINARY LOGS; FLUSH BINARY LOGS; CREATE DATABASE from_$server; USE from_$server;
			CREATE TABLE t (i INT PRIMARY KEY, t TEXT) ENCRYPTION_KEY_ID=100;
			INSERT INTO t SELECT seq, REPEAT(MD5(seq), 10) FROM seq_1_to_300"
	done
	start_at three $plugin
	connect one binlog.000001 4
	connect two binlog.000001 4
	same 300 "$(at three sql -e 'SELECT COUNT(*) FROM from_one.t JOIN from_two.t USING (i, t)')"
	check 0 three three/keyfile
	check 1 three two/keyfile
	lacks_logs three "$(relay_lists one)" "$(relay_lists two)"
	at three sql -e "STOP SLAVE 'x /one'; RESET SLAVE 'x /one' ALL"
	lacks_logs three "$(relay_lists two)"
	check 0 three three/keyfile
	at three sql -e "STOP SLAVE 'x /two'; RESET SLAVE 'x /two' ALL"
	lacks_logs three
	stop_at three
	check 0 three three/keyfile

	mkdir three/data/in
	start_at three $plugin --relay-log=in/relay
	connect two "$(at two sql -e 'SHOW MASTER STATUS' | cut -f 1)" "$(at two sql -e 'SHOW MASTER STATUS' | cut -f 2)"
	check 0 three three/keyfile
	stop_at three
	lacks_logs three
	check 0 three three/keyfile
	# a copy, with absolute and relative names in its lists
	mv three moved
	check 0 moved moved/keyfile
	lacks_logs moved
	logs=(moved/data/in/relay*.0*)
	mv "${logs[-1]}" .
	log=in/${logs[-1]##*/}
	lacks_logs moved "'moved/data/in/relay-x@0020@002ftwo.index' lists the log '$log', which is missing" \
		"'moved/data/relay-log-x@0020@002ftwo.info' lists the log '$log', which is missing"
}

# Makes the third server a replica of another from a position on, and waits for what that server does.
connect() { # server log position
	at "$1" sql -e "UPDATE from_$1.t SET t = CONCAT(t, 'x') WHERE i < 200"
	at three sql -e "SET default_master_connection = 'x /$1';
		CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${ports[$1]}, MASTER_USER='replica', MASTER_PASSWORD='r',
			MASTER_USE_GTID=no, MASTER_LOG_FILE='$2', MASTER_LOG_POS=$3;
		START SLAVE;
		SELECT MASTER_POS_WAIT('binlog.000003', $(at "$1" sql -e 'SHOW MASTER STATUS' | cut -f 2), 60) >= 0" >words
	same 1 "$(<words)"
}

# What is said about the connection to a server.
relay_lists() { # server
	local logs=("$PWD/three/logs/relay-x@0020@002f$1".0*)
	echo "'three/data/relay-log-x@0020@002f$1.info' lists the log '${logs[-1]}', which is missing"
}

# ---- at random ----

# Prints "FILE VERSION" for each binary and relay log of a server. The version is in the event after the
# description, at a fixed place.
versions_in_logs() { # server
	shopt -s nullglob
	python3 - "$1"/data/binlog.[0-9]* "$1"/logs/relay.[0-9]* <<-'END'
		import struct, sys
		for path in sys.argv[1:]:
		    with open(path, "rb") as file:
		        data = file.read(4096)
		    at = 4 + struct.unpack_from("<I", data, 4 + 9)[0] if len(data) > 17 else 0
		    if len(data) >= at + 24 and data[at + 4] == 164:
		        print(path, struct.unpack_from("<I", data, at + 20)[0])
	END
	shopt -u nullglob
}

# Without any version that a log of the stopped server has, verify names exactly these logs, and remove refuses.
# With all versions, it says yes, and no with the keys of the other.
judge_logs() { # server
	local version versions
	versions_in_logs "$1" >versions
	proven "$1"
	versions=$(cut -d ' ' -f 2 versions | sort -u)
	for version in $versions; do
		[ "$version" != "$(mkeyfile list -q --no-defaults --json -f "$1/keyfile" | jq '.keys[] | select(.id == 1) | .version' | sort -n | tail -n 1)" ] || continue
		grep -v "^1;$version;" "$1/keyfile" >without
		chmod 600 without
		check 1 "$1" without
		same "$(sed -n "s/ $version\$//p" versions | sort)" \
			"$(sed -n "s/^missing key: '\(.*\)': binary log;.*/\1/p" <<<"$output" | sort)"
		remove_at 4 "$1" 1 --key-version="$version"
	done
}

# Purges what the server itself does not need, nor the replica to read its relay logs again.
purge_applied() { # server
	[ "$1" != two ] || at two purge_binary_logs
	[ "$1" != one ] || at one sql -e "PURGE BINARY LOGS TO '$(at two sql -e 'SHOW SLAVE STATUS\G' | sed -n 11p)'"
}

# Does one thing to the two servers.
step() { # server
	case $((RANDOM % 10)) in
	0 | 1) mkeyfile rotate -q -t 11.8-enterprise 1 100 -f "$1/keyfile" 2>notes ;;
	2) at "$1" reload ;;
	3) at "$1" sql -e 'FLUSH BINARY LOGS' ;;
	4) at two sql -e 'FLUSH RELAY LOGS' ;;
	5) purge_applied "$1" ;;
	6) at two sql -e "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=$((RANDOM % 2 * 3600)); START SLAVE" ;;
	7) at two sql -e "STOP SLAVE SQL_THREAD" ;;
	8) at one sql -e "UPDATE db.hundred SET t = CONCAT(t, 'x') WHERE i % 7 = $((RANDOM % 7))" ;;
	9) at one sql -e "INSERT INTO db.aria VALUES ($((10000 + RANDOM)), 'a') ON DUPLICATE KEY UPDATE t = 'b'" ;;
	esac
}

random_walk() { # seed
	local count round rounds=2
	[ -z "${MKEYFILE_TEST_LONG-}" ] || rounds=40
	RANDOM=$1
	start_at one mkeyfile_key_management
	make_user one
	at one make_tables
	start_at two mkeyfile_key_management
	follow two one "MASTER_LOG_FILE='binlog.000001', MASTER_LOG_POS=4"
	for ((round = 0; round < rounds; round++)); do
		for ((count = 0; count < 12; count++)); do
			step "$( ((RANDOM % 3)) && echo two || echo one)"
		done
		# the servers run
		check 0 one one/keyfile
		check 0 two two/keyfile
		for server in two one; do
			if ((RANDOM % 2)); then
				stop_at $server
			else
				kill_at $server
			fi
			judge_logs $server
		done
		start_at one mkeyfile_key_management
		start_at two mkeyfile_key_management
		at two sql -e 'START SLAVE'
	done
	at two sql -e 'STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=0; START SLAVE'
	at two sql -e "SELECT MASTER_POS_WAIT($(at one sql -e 'SHOW MASTER STATUS' | awk '{ print "\"" $1 "\", " $2 }'), 120) >= 0" >words
	same 1 "$(<words)"
	same "" "$(grep -hE 'decrypt|corrupt' one/data.log two/data.log)"
	# after a crash, Aria lacks rows
	for table in one hundred packed zipped parts; do
		same "$(at one sql -e "CHECKSUM TABLE db.$table")" "$(at two sql -e "CHECKSUM TABLE db.$table")"
	done
}

@test "random rotations, delays, purges and crashes of a primary and its replica" {
	local seed=${MKEYFILE_TEST_SEED:-$RANDOM} table
	echo "# seed $seed" >&3
	random_walk "$seed"
}
