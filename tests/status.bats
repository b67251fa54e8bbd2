#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Commands that ask a running server: status, rotate --new-id with --server and --datadir, and
# rotate --flush on a server that cannot reload.
bats_require_minimum_version 1.5.0
load common
load server

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make_keyfile keyfile 1 2 100 101
	server_install "$PWD/data"
	server_start "$PWD/data" "$PWD/keyfile"
	sql --default-character-set=utf8mb4 <<-'END'
		CREATE DATABASE plain;
		USE plain;
		CREATE TABLE a (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE parts (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100 PARTITION BY HASH(i) PARTITIONS 3;
		CREATE TABLE subs (i INT, j INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100
			PARTITION BY RANGE(i) SUBPARTITION BY HASH(j) SUBPARTITIONS 2
			(PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
		CREATE TABLE words (t TEXT, FULLTEXT (t)) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE system (i INT) ENCRYPTED=YES;
		CREATE TABLE other (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=101;
		CREATE TABLE secret (i INT) ENCRYPTED=NO;
		SET GLOBAL innodb_default_encryption_key_id = 100;
		SET innodb_default_encryption_key_id = 100;
		CREATE TABLE by_default (i INT) ENCRYPTED=YES;
		SET GLOBAL innodb_default_encryption_key_id = 1;
		CREATE DATABASE `böse-``db`;
		USE `böse-``db`;
		CREATE TABLE `tä'b\le ``#P# "x";` (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE `日本 %s` (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100 PARTITION BY HASH(i) PARTITIONS 2;
		INSERT INTO `tä'b\le ``#P# "x";` VALUES (1), (2);
		INSERT INTO `日本 %s` VALUES (3), (4);
		INSERT INTO plain.by_default VALUES (5);
		INSERT INTO plain.parts VALUES (6), (7), (8);
	END
	sql -e "CREATE USER weak@localhost IDENTIFIED BY 'weak'"
	"$MKEYFILE" status -q -f keyfile --server="$PWD/socket" --wait --timeout=100 >words
	server_stop
}

setup_test() {
	export MKEYFILE_FILE=$PWD/keyfile
	cp -p "$BATS_FILE_TMPDIR/keyfile" keyfile
	cp -rp "$BATS_FILE_TMPDIR/data" data
}

teardown() {
	server_stop
	[ -z "${hanging-}" ] || kill "${hanging[@]}" 2>/dev/null || :
}

start() { # server options...
	server_start "$PWD/data" "$PWD/keyfile" -- "$@"
}

# A server that has just started may show tablespaces that it is still looking at.
start_and_wait() { # server options...
	start "$@"
	mkeyfile status --server="$PWD/socket" --wait -q >words
}

every_row() {
	sql --default-character-set=utf8mb4 <<-'END'
		SELECT * FROM `böse-``db`.`tä'b\le ``#P# "x";` UNION ALL SELECT * FROM `böse-``db`.`日本 %s`
		UNION ALL SELECT * FROM plain.by_default UNION ALL SELECT * FROM plain.parts ORDER BY 1
	END
}

under() { # key ID
	sql -e "SELECT COUNT(*) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION WHERE CURRENT_KEY_ID = $1"
}

the_tables='ALTER TABLE `böse-``db`.`tä'\''b\le ``#P# "x";` ENCRYPTION_KEY_ID=102;
ALTER TABLE `böse-``db`.`日本 %s` ENCRYPTION_KEY_ID=102;
ALTER TABLE `plain`.`a` ENCRYPTION_KEY_ID=102;
ALTER TABLE `plain`.`by_default` ENCRYPTION_KEY_ID=102;
ALTER TABLE `plain`.`parts` ENCRYPTION_KEY_ID=102;
ALTER TABLE `plain`.`subs` ENCRYPTION_KEY_ID=102;
ALTER TABLE `plain`.`words` ENCRYPTION_KEY_ID=102;'

@test "the table shows the IDs of the file and of the server" {
	start_and_wait
	mkeyfile add -q 300
	version=$(sql -e 'SELECT VERSION()')
	run --separate-stderr mkeyfile status --server="$PWD/socket"
	same 0 "$status"
	same "" "$stderr"
	same "server $version, keys from file_key_management" "${lines[0]}"
	same "ID          FILE        SERVER      OLDEST      TABLESPACES  STATE" "${lines[1]}"
	same "1 1 1 1 up to date" "$(tr -s ' ' <<<"${lines[2]}" | cut -d ' ' -f 1-4,6-)"
	same "2           1           -           -           0            no tablespace uses it" "${lines[3]}"
	same "100         1           1           1           $(under 100)           up to date" "${lines[4]}"
	same "101         1           1           1           1            up to date" "${lines[5]}"
	same "300         1           -           -           0            no tablespace uses it" "${lines[6]}"
}

@test "--json, and selected IDs" {
	start_and_wait
	run --separate-stderr mkeyfile status --server="$PWD/socket" 101 --json
	same 0 "$status"
	same "$(jq -S . <<END
{ "path": "$PWD/keyfile", "server": "$(sql -e 'SELECT VERSION()')", "plugin": "file_key_management",
  "server_path": "$PWD/keyfile", "reload": null, "rotate_key_age": 1, "threads": 1, "state": "up-to-date", "warnings": [], "hints": [], "ids": [
  { "id": 101, "file_version": 1, "server_version": 1, "oldest_version": 1, "tablespaces": 1, "behind": 0, "pending": 0,
    "state": "up-to-date" } ] }
END
	)" "$(jq -S 'del(.ids[].bytes, .ids[].bytes_done)' <<<"$output")"
	[ "$(jq '.ids[0].bytes == .ids[0].bytes_done and .ids[0].bytes > 0' <<<"$output")" = true ]
}

@test "a file that lacks a key of the server, or has a version that the server has not read" {
	start
	sed '/^100;/d; s/^101;/101;2;/; s/^\([12]\);/\1;1;/' keyfile >other
	run --separate-stderr mkeyfile status --server="$PWD/socket" -f other 100 101
	same 1 "$status"
	same "100         -           1           1           $(under 100)           the file lacks a key that the server uses" "${lines[2]}"
	same "101         2           1           1           1            the server must read the file again" "${lines[3]}"
	same "mkeyfile status: warning: the server reads its keys from another file: '$PWD/keyfile'
hint: locate the key file the server was started with before you stop the server" "$stderr"
	run --separate-stderr mkeyfile status --server="$PWD/socket" -f other 101
	same 1 "$status"
	same "hint: do not restart the server: file_key_management does not load a key file with versions
hint: restore the key file without versions, or switch to mkeyfile_key_management" "$(tail -n +2 <<<"$stderr")"
	run --separate-stderr mkeyfile status --server="$PWD/socket" --server=/none -f other 101
	same 1 "$status"
	contains "$stderr" "hint: on server '$PWD/socket', do not restart the server: file_key_management does not load a key file with versions"
}

@test "a server that lacks a key of its tablespaces must read the file again, and --wait does not wait for it" {
	grep -v '^100;' keyfile >lacking
	chmod 600 lacking
	server_start "$PWD/data" "$PWD/lacking"
	run --separate-stderr mkeyfile status --server="$PWD/socket" --wait 100 101
	same 1 "$status"
	same "100 1 - 1 $(under 100) the server must read the file again" "$(tr -s ' ' <<<"${lines[2]}")"
	same "hint: restart the server: it cannot read its key file again while it runs" "${stderr_lines[1]}"
	run --separate-stderr mkeyfile status --server="$PWD/socket" --wait 100 --server=/none
	same 1 "$status"
	same "mkeyfile status: warning: server '$PWD/socket' has not loaded key ID 100 version 1" "${stderr_lines[1]}"
	mkeyfile status --server="$PWD/socket" --wait 101 -q >words
}

@test "a read-only server survives the questions" {
	start --innodb-read-only=ON
	run --separate-stderr mkeyfile status --server="$PWD/socket" 101
	same "" "$stderr"
	same 0 "$status"
	same "101 1 1 1 1 up to date" "$(tr -s ' ' <<<"${lines[2]}")"
	mkeyfile rotate --server="$PWD/socket" 100 --new-id=102 -q >move.sql
	same "$the_tables" "$(grep '^ALTER' move.sql)"
	kill -0 "$server_pid"
	same 1 "$(sql -e 'SELECT @@innodb_read_only')"
}

@test "a server that limits the rows of its answers hides nothing" {
	start_and_wait
	run --separate-stderr mkeyfile status --server="$PWD/socket"
	same 0 "$status"
	all=$output
	sql -e 'SET GLOBAL sql_select_limit = 1, GLOBAL max_join_size = 1'
	run --separate-stderr mkeyfile status --server="$PWD/socket"
	same 0 "$status"
	same "$all" "$output"
	mkeyfile rotate --server="$PWD/socket" 100 --new-id=102 -q >move.sql
	same "$the_tables" "$(grep '^ALTER' move.sql)"
	# the SQL without a list of tables prints them, with a client that has safe-updates
	sql -e 'SET GLOBAL max_join_size = DEFAULT'
	mkeyfile rotate -t 10.11 100 --new-id=104 -q >move-100.sql
	same 7 "$(sql <move-100.sql | grep -c '^ALTER')"
	sql -e 'SET GLOBAL sql_select_limit = DEFAULT'
	same 7 "$(sql --safe-updates --select-limit=1 <move-100.sql | grep -c '^ALTER')"
	same "$(under 100)" "$(sql --safe-updates --select-limit=1 -e "$(sql <move-100.sql | tail -n 1)" | grep -c '^-- still uses key 100')"
}

@test "the server logs no aborted connection: the client always closes it" {
	local count=20 when

	[ -z "${MKEYFILE_TEST_LONG-}" ] || count=100
	start_and_wait --log-warnings=9
	for ((; count; count--)); do
		mkeyfile status --server="$PWD/socket" -q >words
		mkeyfile rotate 100 --flush --server="$PWD/socket" -t 11.8-enterprise -q >words 2>&1 && return 1
	done
	# a failed statement, a full standard output, a signal
	run -2 mkeyfile status --server="$PWD/socket" --user=weak
	"$MKEYFILE" status --server="$PWD/socket" >/dev/full 2>words && return 1
	for ((when = 1; when <= 6; when++)); do
		strace -o "trace.$when" -e inject=poll:signal=TERM:when=$when "$MKEYFILE" status --server="$PWD/socket" >words || :
	done
	grep -q 'killed by SIGTERM' trace.*
	await_no_connection
	run ! grep -F 'Aborted connection' data.log
}

# Waits until this connection is the only one.
await_no_connection() {
	local i

	for ((i = 0; i < 100; i++)); do
		[ "$(sql -e "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'root'")" != 1 ] || return 0
		sleep 0.1
	done
	return 1
}

@test "--wait ends at once if there is nothing to wait for" {
	start
	run -0 mkeyfile status --server="$PWD/socket" --wait --timeout=60
	run -64 mkeyfile status --server="$PWD/socket" --timeout=60
}

@test "rotate --new-id --server lists each table; the statements move them, and the old key can be removed" {
	start
	before=$(every_row)
	run --separate-stderr mkeyfile rotate 100 --new-id --server="$PWD/socket"
	same 0 "$status"
	same "$the_tables" "$(grep '^ALTER' <<<"$output")"
	same "-- 7 tables use key 100:" "$(grep 'tables use key' <<<"$output")"
	echo "$output" >move.sql
	server_stop
	start
	sql <move.sql >left
	same "" "$(cat left)"
	same "$before" "$(every_row)"
	same 0 "$(under 100)"
	[ "$(under 102)" -ge 12 ]
	server_stop
	run -0 mkeyfile remove 100 --datadir=data -q
	start
	same "$before" "$(every_row)"
}

@test "rotate --new-id --datadir does the same without a server" {
	run --separate-stderr mkeyfile rotate 100 --new-id --datadir=data
	same 0 "$status"
	same "-- 7 tables use key 100:" "$(grep 'tables use key' <<<"$output")"
	same "$(grep plain <<<"$the_tables")" "$(grep '^ALTER' <<<"$output")"
	echo "$output" >move.sql
	start
	before=$(every_row)
	sql <move.sql >left
	same "" "$(cat left)"
	same 0 "$(under 100)"
	same "$before" "$(every_row)"
}

@test "rotate --new-id --datadir reads the data without the lock, and notices a change of the key file" {
	env ASAN_OPTIONS=detect_leaks=0 strace -f -o calls -e trace=flock -e inject=flock:signal=STOP:when=2 "$MKEYFILE" rotate 100 --new-id --datadir=data \
		>printed 2>words 3>&- &
	# shellcheck disable=SC2034 # for go_on
	holder=$!
	await_stop
	run -0 mkeyfile add 7 -q
	go_on
	same 2 "$ended"
	same "mkeyfile rotate: '$PWD/keyfile' was changed by another program while this command ran; that change was kept and yours was not applied
hint: run the command again" "$(cat words)"
	same "" "$(cat printed)"
	same "1 2 7 100 101" "$(mkeyfile list --ids | sort -n | xargs)"
	# without a change, the lock is held before and after the data is read
	strace -f -y -o calls -e trace=flock,openat "$MKEYFILE" rotate 100 --new-id --datadir=data -q >printed
	same "LOCK_EX LOCK_UN ibd LOCK_EX" "$(sed -nE '/LOCK_UN/q;s/.*flock\(.*(LOCK_EX).*/\1/p' calls | sed -n 1p) $(
		sed -nE 's/.*flock\(.*\/keyfile>, (LOCK_[A-Z]*).*/\1/p;s/.*"[^"]*\.(ibd)".*/\1/p' calls | uniq | sed -n 2,4p | xargs)"
}

@test "the JSON of rotate --new-id has the same SQL" {
	start
	run --separate-stderr mkeyfile rotate 100 101 --new-id --server="$PWD/socket" --json -q
	same 0 "$status"
	same "${the_tables}" "$(jq -r '.successors[0].sql' <<<"$output" | grep '^ALTER')"
	same 'ALTER TABLE `plain`.`other` ENCRYPTION_KEY_ID=103;' "$(jq -r '.successors[1].sql' <<<"$output" | grep '^ALTER')"
}

@test "--datadir warns that a running server may hide tables" {
	start
	run --separate-stderr mkeyfile rotate 100 --new-id --datadir=data -n
	same 0 "$status"
	same "mkeyfile rotate: warning: some tables may be missing from this list: a server is running on the data
hint: use --server to ask a running server instead" "$(head -n 2 <<<"$stderr")"
}

@test "--flush on a server that cannot reload changes nothing" {
	start
	version=$(sql -e 'SELECT VERSION()')
	run --separate-stderr mkeyfile rotate 100 --flush --server="$PWD/socket" -t 11.8-enterprise
	assert_equal 4 "mkeyfile rotate: server $version with file_key_management cannot read its key file again while it runs
hint: omit --flush and restart the server: only Enterprise Server 11.8 and mkeyfile's plugin can reload keys" ""
	cmp keyfile "$BATS_FILE_TMPDIR/keyfile"
}

# ---- a server that does not answer ----

@test "a server that is down" {
	run_refused 2 "mkeyfile status: server '$PWD/socket': Can't connect to local server through socket '$PWD/socket' (2)" \
		status --server="$PWD/socket"
	run_refused 2 "mkeyfile rotate: server '$PWD/socket': Can't connect to local server through socket '$PWD/socket' (2)" \
		rotate 100 --flush --server="$PWD/socket" -t 11.8-enterprise
	run --separate-stderr mkeyfile status --server=127.0.0.1:1
	same 2 "$status"
	[[ $stderr == "mkeyfile status: server '127.0.0.1:1': Can't connect to server on '127.0.0.1' ("* ]]
}

# A fake server on a socket in this directory. Without a name, it has a TCP port instead.
fake() { # name-or-empty option...
	local i name=$1
	shift
	rm -f port
	"$abs_top_srcdir/tests/fake-server" heard ${name:+--socket="$name"} "$@" 3>&- &
	hanging+=($!)
	for ((i = 0; i < 300; i++)); do
		[ ! -S "${name:-none}" ] && [ ! -s port ] || return 0
		sleep 0.05
	done
	return 1
}

@test "a server that hangs before or after its greeting" {
	fake silent --answer=silent
	fake deaf --answer=deaf
	for socket in silent deaf; do
		run --separate-stderr timeout 60 "$MKEYFILE" status --server="$PWD/$socket" --server-timeout=1
		same 2 "$status"
		[[ $stderr == "mkeyfile status: server '$PWD/$socket': "* || $stderr == "mkeyfile status: server '$PWD/$socket' does not answer" ]]
	done
	# no client is left running
	run -1 pgrep -P $$ mkeyfile-client
}

@test "an unknown user, and a user without privileges" {
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	start_and_wait
	run --separate-stderr mkeyfile status --server="$PWD/socket" --user=weak
	assert_equal 2 "mkeyfile status: server '$PWD/socket': Access denied for user 'weak'@'localhost' (using password: NO)
hint: set user and password under [client] in an option file, or choose others with --defaults-extra-file and --user" ""
	printf '[client]\nuser = weak\npassword = "weak"\nsocket = %s\n' "$PWD/socket" >client.cnf
	run --separate-stderr mkeyfile status --defaults-extra-file=client.cnf
	assert_equal 2 "mkeyfile status: the server: Access denied; you need (at least one of) the PROCESS privilege(s) for this operation
hint: grant the privilege to this user, or choose another user with --user" ""
	sql -e 'GRANT PROCESS ON *.* TO weak@localhost'
	run -0 mkeyfile status --defaults-extra-file=client.cnf
	run -0 mkeyfile status --defaults-extra-file=client.cnf --server="$PWD/socket"
}

@test "a server without a list of encrypted tablespaces" {
	start --innodb=OFF --default-storage-engine=Aria
	run --separate-stderr mkeyfile status --server="$PWD/socket"
	assert_equal 2 "mkeyfile status: server '$PWD/socket': Unknown system variable 'innodb_encryption_rotate_key_age'
hint: use MariaDB 10.1.4 or later with InnoDB: no other server shows its encrypted tablespaces" ""
}

@test "option files set the server, but only in the groups of a client" {
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	start_and_wait
	printf '[client-mariadb]\nloose_socket = %s\nuser=root\n[mysqld]\nsocket = /nowhere\n' "$PWD/socket" >client.cnf
	run -0 mkeyfile status --defaults-extra-file=client.cnf
	run -0 mkeyfile status --defaults-file=client.cnf
	sed -i 's/^\[client-mariadb/&.2/' client.cnf
	run -2 mkeyfile status --defaults-file=client.cnf
	MYSQL_GROUP_SUFFIX=.2 run -0 mkeyfile status --defaults-file=client.cnf
	run -2 mkeyfile status --no-defaults --server=/nowhere
	echo '[client' >client.cnf
	run --separate-stderr mkeyfile status --defaults-extra-file=client.cnf
	same 2 "$status"
	same "mkeyfile status: the server: my_print_defaults failed to read the option files" "${stderr_lines[-1]}"
	run --separate-stderr mkeyfile status --defaults-extra-file=none
	same 2 "$status"
}

# ---- several servers ----

ask() { # option...
	run --separate-stderr mkeyfile status --no-defaults -f nodes --server-timeout=60 "$@"
}

@test "one table shows several servers, and the status is 0 when all of them have every key" {
	make_keyfile nodes '1;1' '100;1' '100;2'
	fake one --answer=node --newest='1:1 100:2'
	fake two --answer=node --newest='1:1 100:1'
	fake three --answer=node --newest='1:1' --tablespaces=1:4
	fake four --answer=node --newest='1:1 100:2'
	ask --server="$PWD/one" --server="$PWD/four"
	same 0 "$status"
	same "" "$stderr"
	ask --server="$PWD/one" --server="$PWD/two" --server="$PWD/three"
	same 1 "$status"
	same "server '$PWD/one': 11.8.3-1-MariaDB-enterprise, keys from file_key_management
server '$PWD/two': 11.8.3-1-MariaDB-enterprise, keys from file_key_management
server '$PWD/three': 11.8.3-1-MariaDB-enterprise, keys from file_key_management
HOST ID FILE SERVER OLDEST TABLESPACES STATE
$PWD/one 1 1 1 - 0 up to date
$PWD/two 1 1 1 - 0 up to date
$PWD/three 1 1 1 1 4 up to date
$PWD/one 100 2 2 2 1 up to date
$PWD/two 100 2 1 1 1 the server must read the file again
$PWD/three 100 2 - - 0 the server must read the file again" "$(tr -s ' ' <<<"$output")"
	same "mkeyfile status: warning: server '$PWD/two' has not loaded key ID 100 version 2
hint: on server '$PWD/two', copy the key file if it lacks the key, and run FLUSH FILE_KEY_MANAGEMENT_KEYS
mkeyfile status: warning: server '$PWD/three' has not loaded key ID 100 version 2
hint: on server '$PWD/three', copy the key file if it lacks the key, and run FLUSH FILE_KEY_MANAGEMENT_KEYS" "$stderr"
	ln -s one other-name
	ask --server="$PWD/one" --server="$PWD/other-name"
	same 2 "$status"
	same "mkeyfile status: '$PWD/one' and '$PWD/other-name' are the same node" "${stderr_lines[0]}"
	ask --server="$PWD/one" --server="$PWD/two" --json 100
	same 1 "$status"
	same '["reload",["up-to-date","reload"]]' "$(jq -c '[.state, [.servers[].state]]' <<<"$output")"
}

@test "of several servers, one that does not answer is named, and the others are in the table" {
	make_keyfile nodes '1;1' '100;1'
	fake one --answer=node
	ask --server="$PWD/one" --server="$PWD/none" 100
	same 2 "$status"
	same "mkeyfile status: server '$PWD/none': Can't connect to local server through socket '$PWD/none' (2)" "$stderr"
	same "server '$PWD/none': no answer" "${lines[1]}"
	same "$PWD/one 100 1 1 1 1 up to date" "$(tr -s ' ' <<<"${lines[3]}")"
	same 4 "${#lines[@]}"
	ask --server="$PWD/one" --server="$PWD/none" --json 100
	same 2 "$status"
	same '[2,null,["up-to-date",null]]' "$(jq -c '[.error.status, .state, [.servers[].state]]' <<<"$output")"
	# a definite no counts more
	make_keyfile nodes '1;1' '100;1' '100;2'
	ask --server="$PWD/one" --server="$PWD/none"
	same 1 "$status"
	ask --server="$PWD/one" --server="$PWD/none" --json
	same '1 reload' "$status $(jq -r .state <<<"$output")"
}

@test "a user who may not see which keys the server has loaded" {
	make_keyfile nodes '1;1' '100;2' '101;1'
	fake secretive --answer=no-list
	ask --server="$PWD/secretive"
	assert_equal 2 "mkeyfile status: server '$PWD/secretive': Access denied; you need the privilege
hint: grant the privilege to this user, or choose another user with --user" ""
}

@test "a node that has fewer tablespaces with an ID than another node is not up to date" {
	make_keyfile nodes '1;1' '100;1' '103;1'
	fake one --answer=node --newest='1:1 100:1 103:1' --tablespaces='1:9 100:1 103:1'
	fake two --answer=node --newest='1:1 100:1 103:1' --tablespaces='1:7 100:2'
	ask --server="$PWD/one" --server="$PWD/two"
	same 1 "$status"
	same "$PWD/one 1 1 1 1 9 up to date
$PWD/two 1 1 1 1 7 up to date
$PWD/one 100 1 1 1 1 other nodes have more tablespaces with it
$PWD/two 100 1 1 1 2 up to date
$PWD/one 103 1 1 1 1 up to date
$PWD/two 103 1 1 - 0 other nodes have more tablespaces with it" "$(tail -n 6 <<<"$output" | tr -s ' ')"
	same "hint: on server '$PWD/one', look for 'Ignoring error' in the error logs of all nodes: a node that lacks a key ignores ALTER TABLE" "${stderr_lines[0]}"
}

@test "--cluster asks the other nodes, whose addresses the server shows" {
	make_keyfile nodes '1;1' '100;1' '100;2'
	fake '' --answer=node --newest='1:1 100:1'
	port=$(cat port)
	# an arbitrator has no address
	fake two --answer=node --newest='1:1 100:2' --addresses="127.0.0.1:$port,db2:3306,"
	ask --cluster --server="$PWD/two" --no-tls 100
	same 1 "$status"
	same "db2:3306 100 2 2 2 1 up to date
127.0.0.1:$port 100 2 1 1 1 the server must read the file again" "$(tail -n 2 <<<"$output" | tr -s ' ')"
	# without --no-tls, no password goes to a server that has proven nothing
	ask --cluster --server="$PWD/two" 100
	same 2 "$status"
	[[ ${stderr_lines[0]} == "mkeyfile status: server '127.0.0.1:$port': TLS/SSL error: "* ]]
	# a node that is down
	fake down --answer=node --newest='1:1 100:2' --addresses=',db2:3306' --cluster-address='gcomm://db1,db2,db3?pc.weight=1'
	ask --cluster --server="$PWD/down" 100
	same 2 "$status"
	same "db2:3306 100 2 2 2 1 up to date" "$(tail -n 1 <<<"$output" | tr -s ' ')"
	same "mkeyfile status: 1 of the 3 nodes in wsrep_cluster_address is not connected, and is not asked
hint: start these nodes, or use --server=SERVER for each node" "$stderr"
	ask --cluster --server="$PWD/down" 100 --json
	same '2 [2,null,["up-to-date"]]' "$status $(jq -c '[.error.status, .state, [.servers[].state]]' <<<"$output")"
	fake whole --answer=node --newest='1:1 100:2' --addresses=',db2:3306' --cluster-address='gcomm://db1,db2?pc.weight=1'
	ask --cluster --server="$PWD/whole" 100
	same 0 "$status"
	fake auto --answer=node --addresses='AUTO,AUTO'
	ask --cluster --server="$PWD/auto"
	assert_equal 2 "mkeyfile status: the cluster does not show the address of a node: 'AUTO'
hint: set wsrep_node_incoming_address on each node, or use --server=SERVER for each node" ""
	# a node with wsrep_on=OFF
	fake off --answer=node --cluster-sizes=2
	ask --cluster --server="$PWD/off"
	assert_equal 2 "mkeyfile status: the node shows the addresses of 1 of 2 nodes
hint: run SET GLOBAL wsrep_on = ON if it is OFF, or use --server=SERVER for each node" ""
	# a node that joins while the command runs
	fake growing --answer=node --newest='1:1 100:2' --addresses=',db2:3306' --cluster-sizes='2 3'
	ask --cluster --server="$PWD/growing" 100
	same 2 "$status"
	same "mkeyfile status: the cluster had 2 nodes when this command started, and has 3 according to server 'db2:3306'
hint: run the command again, so that it asks all nodes" "$stderr"
	same "db2:3306 100 2 2 2 1 up to date" "$(tail -n 1 <<<"$output" | tr -s ' ')"
	# a node with the address of another one
	fake '' --answer=node --newest='1:1 100:2'
	port=$(cat port)
	fake three --answer=node --newest='1:1 100:2' --addresses="127.0.0.1:$port,db2:3306,127.0.0.1:$port"
	ask --cluster --server="$PWD/three" --no-tls 100
	same 2 "$status"
	same "mkeyfile status: '127.0.0.1:$port' and '127.0.0.1:$port' are the same node
hint: set wsrep_node_incoming_address to a different address on each node, or use --server=SERVER for each node" "${stderr_lines[-2]}
${stderr_lines[-1]}"
	fake hostile --answer=node --addresses="$PWD/two,db2"
	ask --cluster --server="$PWD/hostile"
	same 2 "$status"
	fake lost --answer=node --addresses='db2' --cluster-status=non-Primary
	ask --cluster --server="$PWD/lost"
	assert_equal 2 "mkeyfile status: the node has lost the connection to its cluster, and cannot show the other nodes
hint: use --server=SERVER for each node" ""
	fake unready --answer=unready
	ask --server="$PWD/unready"
	assert_equal 2 "mkeyfile status: server '$PWD/unready': WSREP has not yet prepared node for application use
hint: wait until the node is Synced; if the cluster has lost its quorum, restore the quorum first" ""
	fake alone --answer=rotating
	ask --cluster --server="$PWD/alone"
	assert_equal 2 "mkeyfile status: the server is not a node of a Galera cluster" ""
	ask --cluster --server=a --server=b
	same 64 "$status"
}

@test "rotate --flush refuses on a node of a cluster, since the other nodes lack the new version" {
	make_keyfile nodes '1;1' '100;1'
	cp nodes before
	fake two --answer=node --addresses='db1:3306,db2:3306,db3:3306'
	run --separate-stderr mkeyfile rotate --no-defaults -f nodes 100 --flush --server="$PWD/two" --server-timeout=60
	assert_equal 4 "mkeyfile rotate: warning: the server reads its keys from another file: '/etc/mysql/keyfile'
mkeyfile rotate: the server is a node of a Galera cluster, whose other nodes would lack the new key version
hint: omit --flush, copy the key file to every node, then make each node read it; 'mkeyfile status --cluster' shows which nodes have read it" ""
	fake lost --answer=node --addresses='db2:3306' --cluster-status=non-Primary
	run -4 mkeyfile rotate --no-defaults -f nodes 100 --flush --server="$PWD/lost" --server-timeout=60
	fake last --answer=node --addresses='db2:3306' --cluster-address=gcomm://db1,db2
	run -4 mkeyfile rotate --no-defaults -f nodes 100 --flush --server="$PWD/last" --server-timeout=60
	cmp nodes before
	run -64 mkeyfile rotate --no-defaults -f nodes 100 --flush --server="$PWD/two" --server="$PWD/lost"
	# a cluster of one node
	fake single --answer=node --addresses='db1:3306' --cluster-address=gcomm://db1 --newest='1:1 100:2'
	run -0 mkeyfile rotate --no-defaults -f nodes 100 --flush --server="$PWD/single" --server-timeout=60
	same 2 "$(grep -c '^100;' nodes)"
}

# ---- TCP ----

make_certificate() { # name subject-alternative-name
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -days 2 -subj "/CN=$1" \
		-addext "subjectAltName=$2" >/dev/null 2>&1
}

# A port that is free now.
@test "TCP is encrypted, and the server must prove its identity" {
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	make_certificate server IP:127.0.0.1,DNS:localhost
	make_certificate stranger IP:127.0.0.1
	make_certificate elsewhere DNS:elsewhere.example
	port=$(free_port)
	start_and_wait --skip-networking=OFF --bind-address=127.0.0.1 --port="$port" --ssl-cert="$PWD/server.pem" --ssl-key="$PWD/server.key"
	sql -e "CREATE USER tcp@'127.0.0.1' IDENTIFIED BY 'tcp'; GRANT PROCESS ON *.* TO tcp@'127.0.0.1'"
	[ "$(sql -e 'SELECT @@have_ssl')" = YES ]
	printf '[client]\nuser=tcp\npassword=tcp\nssl-ca=%s\n' "$PWD/server.pem" >trusting.cnf
	run -0 --separate-stderr mkeyfile status --defaults-extra-file=trusting.cnf --server=127.0.0.1:"$port"
	# an untrusted certificate: without a CA and with another CA; an option file cannot disable this check
	printf '[client]\nuser=tcp\npassword=tcp\nssl-verify-server-cert=0\n' >untrusting.cnf
	printf '[client]\nuser=tcp\npassword=tcp\nssl-ca=%s\n' "$PWD/stranger.pem" >stranger.cnf
	for file in untrusting stranger; do
		run --separate-stderr mkeyfile status --defaults-extra-file=$file.cnf --server=127.0.0.1:"$port"
		same 2 "$status"
		[[ ${stderr_lines[0]} == "mkeyfile status: server '127.0.0.1:$port': TLS/SSL error: "* ]]
		same "hint: set ssl-ca under [client] in an option file, or use --no-tls on a trusted network" \
			"${stderr_lines[1]}"
	done
	run -0 mkeyfile status --defaults-extra-file=untrusting.cnf --server=127.0.0.1:"$port" --no-tls
	server_stop
	# Connector/C 3.4.2 does not check the name for 127.0.0.1
	start --skip-networking=OFF --bind-address=127.0.0.2 --port="$port" --ssl-cert="$PWD/elsewhere.pem" --ssl-key="$PWD/elsewhere.key"
	printf '[client]\nuser=tcp\npassword=tcp\nssl-ca=%s\n' "$PWD/elsewhere.pem" >elsewhere.cnf
	run --separate-stderr mkeyfile status --defaults-extra-file=elsewhere.cnf --server=127.0.0.2:"$port"
	same 2 "$status"
	[[ ${stderr_lines[0]} == "mkeyfile status: server '127.0.0.2:$port': TLS/SSL error: "* ]]
	server_stop
	start --skip-networking=OFF --bind-address=127.0.0.1 --port="$port" --skip-ssl
	run --separate-stderr mkeyfile status --defaults-extra-file=trusting.cnf --server=127.0.0.1:"$port"
	same 2 "$status"
}

# ---- what the client sees ----

@test "the client sees no key, no password of the key file, and little of the environment" {
	make_password_file pw
	mkeyfile encrypt -q -P pw -o sealed
	start_and_wait
	export SSLKEYLOGFILE=$PWD/keys LIBMYSQL_PLUGINS=x MYSQL_PLUGIN_DIR=$PWD OPENSSL_CONF=$PWD/conf MYSQL_TEST_SECRET=x
	strace -f -v -s 100000 -e trace=execve,write,sendto,sendmsg -o trace "$MKEYFILE" status -f sealed --password-fd=5 \
		--server="$PWD/socket" 5<pw >/dev/null
	grep -q 'execve("[^"]*mkeyfile-client", \["mkeyfile-client"\]' trace
	grep -F 'execve("' trace | grep -F mkeyfile-client >client
	for name in SSLKEYLOGFILE LIBMYSQL_PLUGINS MYSQL_PLUGIN_DIR OPENSSL_CONF MYSQL_TEST_SECRET MKEYFILE_FILE; do
		run -1 grep -F "$name" client
	done
	while IFS=';' read -r _ key; do
		run -1 grep -F "$key" trace
	done <keyfile
	run -1 grep -F "$(cat pw)" trace
	[ ! -e keys ]
}

@test "a missing client program is an error" {
	mkdir alone
	cp "$MKEYFILE" alone/
	run --separate-stderr alone/mkeyfile status
	# an installed client would be found
	[ "$status" = 2 ]
	[[ $stderr == "mkeyfile status: cannot find mkeyfile-client, which connects to servers
hint: build mkeyfile with MariaDB Connector/C (libmariadb) to get mkeyfile-client" || -e /usr/local/libexec/mkeyfile/mkeyfile-client ]]
}
