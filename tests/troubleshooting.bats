#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkeyfile-troubleshooting(7): each test causes a case on a real server, which must print the
# messages in the page. Then the commands in the page must solve the case. The tests read
# messages and commands from the page.
bats_require_minimum_version 1.5.0
load common
load server

page=$abs_top_srcdir/man/mkeyfile-troubleshooting.7

# Each host of a test is a directory in the directory of the test, and db1 is this host. Its
# option file is my.cnf, and /etc/mysql is etc. The commands in the page run replacements for
# systemctl, ssh and scp, and clients that know the socket.
setup_test() {
	release=$(release_here)
	cp -a --sparse=always "$BATS_FILE_TMPDIR/$release" db1
	programs
	export MARIADBD HOSTS=$PWD SITE=$PWD/db1 MKEYFILE_PRINT_DEFAULTS=$PWD/bin/my_print_defaults
}

setup_file() {
	make_host "$BATS_FILE_TMPDIR/$(release_here)" 1
}

# Prints the release of the server on this host, such as 10.11.
release_here() {
	"$MARIADBD" --version | sed -n 's/.* Ver \([0-9]*\.[0-9]*\)\..*/\1/p'
}

teardown() {
	local file
	for file in db*/process; do
		[ ! -s "$file" ] || kill -9 "$(cat "$file")" 2>/dev/null || :
	done
}

# Creates a host with a stopped server, an encrypted key file, and tables in db, one of which
# uses ID 100.
make_host() { # directory server-id
	(
		mkdir -p "$1/etc/mariadb.conf.d" "$1/safe"
		cd "$1" || exit
		SITE=$PWD
		"$MKEYFILE" generate -q --no-dates --no-defaults --server-user="$(id -un)" -f etc/keyfile --new-password-file=etc/keyfile.key 1 2 100
		TMPDIR=$1 mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$PWD/data" --auth-root-authentication-method=normal \
			--skip-test-db --force --skip-name-resolve --innodb-use-native-aio=OFF >install.log 2>&1 || { cat install.log; exit 1; }
		cp -a --sparse=always data pristine
		option_file "$2"
		programs
		export MARIADBD SITE
		bin/systemctl start mariadb
		bin/mariadb <<-END
			CREATE DATABASE db; USE db;
			CREATE TABLE one (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES;
			CREATE TABLE t (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
			INSERT INTO t SELECT seq, REPEAT('a plain secret ', 50) FROM seq_1_to_500;
			INSERT INTO one SELECT * FROM t;
		END
		bin/systemctl stop mariadb
		rm -r bin
	)
}

# Creates the option file of the host $SITE. It contains SITE instead of the directory, so that
# a host can be copied; systemctl and my_print_defaults replace it.
option_file() { # server-id
	cat >"$SITE/my.template" <<-END
		[mysqld]
		user = $(id -un)
		datadir = SITE/data
		tmpdir = SITE
		socket = SITE/socket
		skip_networking
		log_bin = binlog
		server_id = $1
		plugin_load_add = file_key_management
		file_key_management_filename = SITE/etc/keyfile
		file_key_management_filekey = FILE:SITE/etc/keyfile.key
		innodb_encrypt_tables = ON
		innodb_encrypt_log = ON
		innodb_log_file_size = 8M
		aria_encrypt_tables = ON
		encrypt_binlog = ON
		innodb_buffer_pool_size = 16M
		innodb_use_native_aio = OFF
		[mkeyfile]
		server_user = $(id -un)
		!includedir SITE/etc/mariadb.conf.d
	END
}

program() { # name <text
	cat >"bin/$1"
	chmod 755 "bin/$1"
}

programs() {
	mkdir -p bin
	program my_print_defaults <<-END
		#!/bin/sh
		sed "s|SITE|\$SITE|" "\$SITE/my.template" >"\$SITE/my.cnf"
		exec $(command -v my_print_defaults) --defaults-file="\$SITE/my.cnf" "\$@"
	END
	for program in mariadb mariadb-dump mariadb-admin; do
		program $program <<-END
			#!/bin/sh
			exec $(command -v $program) --no-defaults -uroot -S "\$SITE/socket" "\$@"
		END
	done
	program mariadb-backup <<-END
		#!/bin/sh
		case \$* in
		*--prepare*) exec $(command -v mariadb-backup) "\$@" ;;
		*) exec $(command -v mariadb-backup) --defaults-file="\$SITE/my.cnf" -uroot -S "\$SITE/socket" "\$@" ;;
		esac
	END
	# as with systemd and MariaDB, start returns when the server answers or has exited
	program systemctl <<-'END'
		#!/bin/bash
		stop() { # signal
			[ -s "$SITE/process" ] || return
			kill "-$1" "$(<"$SITE/process")"
			# a zombie has no executable
			while readlink "/proc/$(<"$SITE/process")/exe" >/dev/null; do sleep 0.05; done
			rm "$SITE/process"
		}
		start() {
			sed "s|SITE|$SITE|" "$SITE/my.template" >"$SITE/my.cnf"
			setsid "$MARIADBD" --defaults-file="$SITE/my.cnf" >>"$SITE/log" 2>&1 </dev/null 3>&- &
			echo $! >"$SITE/process"
			until "$(dirname "$0")/mariadb-admin" ping >/dev/null 2>&1; do
				kill -0 $! 2>/dev/null || { rm "$SITE/process"; return 1; }
				sleep 0.05
			done
		}
		case $1 in
		start) start ;;
		stop) stop TERM ;;
		kill) stop KILL ;;
		restart) stop TERM; start ;;
		esac
	END
	program ssh <<-'END'
		#!/bin/sh
		SITE=$HOSTS/$1
		shift
		exec sh -c "$*"
	END
	program scp <<-'END'
		#!/bin/bash
		for last; do :; done
		[[ $last == db2:"$HOSTS"/db1/* ]] || exit 64
		exec cp "${@:1:$#-1}" "$HOSTS/db2/${last#*/db1/}"
	END
}

# Prints the messages of the release $release in a case of the page. Each line has the place, a tab and the
# message. The place is log, client, replica, node or prepare, depending on the sentence before the message.
quoted() { # case
	awk -v title="$1" -v release="$release" '
		/^\.S[hs] / { on = tolower($0) == ".ss " tolower(title) }
		!on { next }
		/^\.It / { see = $0 == ".It Sy You see"; before = ""; next }
		/^\.Bd/ {
			on_release = before !~ /10\.5|10\.11|11\.8/ || index(before, release)
			where = before ~ /mariadb-backup/ ? "prepare" : before ~ /replica/ ? "replica" : before ~ /client/ ? "client" :
				before ~ /node/ ? "node" : before ~ /error log/ ? "log" : "nowhere"
			block = 1
			next
		}
		/^\.Ed/ { block = 0; before = ""; next }
		block { if (see && on_release) print where "\t" $0; next }
		{ before = before " " $0 }
	' "$page" | here
}

# Replaces the paths of the page with those of this host.
here() {
	sed "s|/etc/mysql/|$SITE/etc/|g; s|/var/lib/mysql|$SITE/data|g; s|/safe/|$SITE/safe/|g; s|\\([ =]\\)/backup|\\1$SITE/backup|g
		s|chown -R mysql |chown -R $(id -un) |"
}

# Checks that the files log, client and so on contain the messages in the page.
said() { # case where...
	local case=$1 where words count=0
	shift
	while IFS=$'\t' read -r where words; do
		[[ " $* " == *" $where "* ]] || continue
		grep -F -e "$words" "$SITE/$where" >/dev/null || {
			printf '%s: not said by %s: %s\n' "$case" "$where" "$words"
			tail -n 30 "$SITE/$where"
			return 1
		}
		count=$((count + 1))
	done < <(quoted "$case")
	[ $count -gt 0 ]
}

# Checks that the server of the host exits immediately, and that its log has the messages in the page.
starts() {
	bin/systemctl start mariadb
}

starts_not() { # case
	run -1 starts
	said "$1" log
}

client() { # SQL
	run bin/mariadb --skip-column-names --batch -e "$1"
	echo "$output" >"$SITE/client"
}

# Runs the block of commands in a case that contains the words.
page_runs() { # case words
	local script
	script=$(awk -v title="$1" -v words="$2" '
		/^\.S[hs] / { on = tolower($0) == ".ss " tolower(title) }
		!on { next }
		/^\.It / { run = $0 == ".It Sy Run"; next }
		/^\.Bd/ { block = ""; inside = 1; next }
		/^\.Ed/ { if (run && index(block, words)) { printf "%s", block; exit } inside = 0; next }
		inside { gsub(/\\\(ti/, "~"); sub(/\\e$/, "\\"); block = block $0 "\n" }
	' "$page" | here)
	[ -n "$script" ] || { echo "$1: no commands with $2" && return 64; }
	run env PATH="$PWD/bin:$PATH" setsid --wait sh -e -c "$script" </dev/null
	ended=$status
	echo "$script"
	echo "$output"
}

ended() { # status
	same "$1" "$ended"
}

rows() {
	same 500 "$(bin/mariadb --skip-column-names --batch -e 'SELECT COUNT(*) FROM db.t WHERE t LIKE "a plain secret%"')"
}


# Functions that cause the cases on a server of any release. Each returns after the messages in the page.

bad_line() {
	"$MKEYFILE" decrypt --no-defaults -q -f "$SITE/etc/keyfile" -P "$SITE/etc/keyfile.key" | sed 's/^2;/2 ;/' >plain
	openssl_encrypt "$SITE/etc/keyfile.key" plain "$SITE/etc/keyfile"
	starts_not "The server does not start"
}

no_plugin() {
	sed -i '/file_key_management/d' "$SITE/my.template"
	run -1 starts
	sed -i '/innodb_encrypt/d' "$SITE/my.template"
	starts_not "The plugin is not loaded"
}

# The server runs without a key, and the client reads the table of this key.
asks_for_table() {
	starts
	client 'SELECT COUNT(*) FROM db.t'
	same 1 "$status"
}

remove_key() {
	"$MKEYFILE" remove -q --force 100
}

missing_key() {
	remove_key
	asks_for_table
	said "Table is corrupted" client log
}

wrong_password() {
	mv "$SITE/etc/keyfile.key" "$SITE/etc/keyfile.key~"
	make_password_file "$SITE/etc/keyfile.key"
	# one password in 256 passes the padding check
	while openssl_decrypt "$SITE/etc/keyfile.key" "$SITE/etc/keyfile" >decrypted; do
		make_password_file "$SITE/etc/keyfile.key"
	done
	starts_not "Wrong password"
}

no_password_file() {
	rm "$SITE/etc/keyfile.key"
	starts_not "Lost password"
}

no_key_file() {
	rm "$SITE/etc/keyfile"
	starts_not "Lost key file"
}

wrong_digest() {
	"$MKEYFILE" decrypt --no-defaults -q -f "$SITE/etc/keyfile" -P "$SITE/etc/keyfile.key" >plain
	openssl_encrypt "$SITE/etc/keyfile.key" plain "$SITE/etc/keyfile" -md sha256
	while openssl_decrypt "$SITE/etc/keyfile.key" "$SITE/etc/keyfile" >decrypted; do
		openssl_encrypt "$SITE/etc/keyfile.key" plain "$SITE/etc/keyfile" -md sha256
	done
	starts_not "Wrong digest"
}

# The server lacks the key that its redo log needs.
removed_after_crash() {
	starts
	client "UPDATE db.t SET i = i + 1000"
	bin/systemctl kill mariadb
	remove_key
	starts_not "A key was removed"
}

# The key file of a backup was moved.
restore_without_keys() {
	starts
	bin/mariadb-backup --backup --target-dir="$SITE/backup" >backup.log 2>&1 || { tail -n 20 backup.log && false; }
	bin/mariadb-dump --databases db >dump.sql
	bin/systemctl stop mariadb
	cp -p "$SITE"/etc/keyfile* "$SITE/safe"
	rm -r "$SITE"/etc/keyfile* "$SITE/data"
	# after this message, the server waits for its own threads
	bin/mariadb-backup --prepare --target-dir="$SITE/backup" >"$SITE/prepare" 2>&1 3>&- &
	preparing=$!
	eventually said "A restore fails" prepare
	kill -9 $preparing 2>/dev/null || :
	wait $preparing || :
}

# Creates a host with new keys and without data.
new_host() { # name server-id [ID...]
	mkdir "$1" "$1/safe"
	cp -a --sparse=always "$BATS_FILE_TMPDIR/$release/pristine" "$1/data"
	mkdir -p "$1/etc/mariadb.conf.d"
	SITE=$PWD/$1
	option_file "$2"
	shift 2
	[ $# = 0 ] || "$MKEYFILE" generate -q -f "$SITE/etc/keyfile" --new-password-file="$SITE/etc/keyfile.key" "$@"
}

# A dump contains a key ID that the host does not have.
load_dump() {
	cp dump.sql "$SITE/safe/"
	starts
	run bin/mariadb <"$SITE/safe/dump.sql"
	same 1 "$status"
	echo "$output" >"$SITE/client"
	said "A restore fails" client
}

# The replica lacks a key of the primary.
replica_without_key() {
	local port
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	sed -i "s/^skip_networking/bind_address = 127.0.0.1\nport = $port/" db1/my.template
	"$MKEYFILE" add -q 101
	starts
	client "CREATE USER r@localhost, r@127.0.0.1; GRANT REPLICATION SLAVE ON *.* TO r@localhost, r@127.0.0.1"
	new_host db2 2 1 2 100
	starts
	client "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$port, MASTER_USER='r', MASTER_LOG_FILE='binlog.000001',
		MASTER_LOG_POS=4; START SLAVE"
	same 0 "$status"
	SITE=$PWD/db1 client "ALTER TABLE db.t ENCRYPTION_KEY_ID=101"
	eventually replica_says 'Slave_SQL_Running: No'
	said "A node lacks a key" replica
}

has_moved() {
	[[ $(bin/mariadb --skip-column-names -e 'SHOW CREATE TABLE db.t') == *ENCRYPTION_KEY_ID*=*101* ]]
}

# Waits until a command succeeds.
eventually() { # command...
	local i
	for ((i = 0; i < 3000; i++)); do
		! "$@" >/dev/null || return 0
		sleep 0.05
	done
	"$@"
}

replica_says() { # words
	bin/mariadb -e 'SHOW SLAVE STATUS\G' >"$SITE/replica"
	grep -F -e "$1" "$SITE/replica"
}

@test "the server does not start" {
	cp -p db1/etc/keyfile db1/safe/
	bad_line
	page_runs "$BATS_TEST_DESCRIPTION" verify
	ended 1
	grep -xF "no: Syntax error at $SITE/etc/keyfile line 2, column 2" <<<"$output"
	page_runs "$BATS_TEST_DESCRIPTION" keyfile.bad
	ended 0
	page_runs "$BATS_TEST_DESCRIPTION" systemctl
	ended 0
	rows
}

@test "the plugin is not loaded" {
	no_plugin
	page_runs "$BATS_TEST_DESCRIPTION" config
	ended 0
	rows
}

@test "table is corrupted" {
	cp -p db1/etc/keyfile db1/safe/
	missing_key
	page_runs "$BATS_TEST_DESCRIPTION" verify
	ended 1
	grep -F "missing key: '$SITE/data/db/t.ibd'" <<<"$output"
	grep -xF "hint: see mkeyfile-troubleshooting(7) for the commands that restore a key" <<<"$output"

	"$MKEYFILE" add -q 100
	asks_for_table
	said "Table is corrupted" client
	page_runs "$BATS_TEST_DESCRIPTION" verify
	ended 1
	grep -F "wrong key: '$SITE/data/db/t.ibd'" <<<"$output"

	cp -p db1/safe/keyfile db1/etc/
	starts
	rows
	bin/systemctl stop mariadb
	# flip a bit in the root page of the table
	printf '\377\377\377\377\377\377' | dd of=db1/data/db/t.ibd bs=1 seek=$((3 * 16384 + 1000)) conv=notrunc status=none
	asks_for_table
	said "Table is corrupted" client
	page_runs "$BATS_TEST_DESCRIPTION" verify
	ended 1
	grep -F "damaged: '$SITE/data/db/t.ibd'" <<<"$output"
}

@test "wrong password" {
	wrong_password
	page_runs "$BATS_TEST_DESCRIPTION" 'for password'
	same "$SITE/etc/keyfile.key~" "$output"
	page_runs "$BATS_TEST_DESCRIPTION" systemctl
	ended 0
	rows
}

@test "lost password" {
	"$MKEYFILE" decrypt -q -o db1/safe/plain
	no_password_file
	page_runs "$BATS_TEST_DESCRIPTION" encrypt
	ended 0
	page_runs "$BATS_TEST_DESCRIPTION" systemctl
	ended 0
	rows
}

@test "lost key file" {
	cp -p db1/etc/keyfile db1/safe/keyfile
	cp -p db1/etc/keyfile db1/safe/keyfile-old
	"$MKEYFILE" remove -q --force 100 -f db1/safe/keyfile-old -P db1/etc/keyfile.key
	rm db1/safe/keyfile-old~
	starts
	mv db1/etc/keyfile away
	page_runs "$BATS_TEST_DESCRIPTION" mariadb-dump
	ended 0
	page_runs "$BATS_TEST_DESCRIPTION" 'for copy'
	grep -xF "$SITE/safe/keyfile" <<<"$output"
	run -1 grep -F keyfile-old <<<"$output"
	bin/systemctl stop mariadb
	mv away db1/etc/keyfile
	no_key_file
	page_runs "$BATS_TEST_DESCRIPTION" 'cp -p'
	ended 0
	rows

	# no copy is left
	new_host db2 2
	cp db1/safe/dump.sql db2/safe/
	page_runs "$BATS_TEST_DESCRIPTION" generate
	ended 0
	grep "ENCRYPTION_KEY_ID\`='\{0,1\}100" <<<"$output"
	rows
}

@test "wrong digest" {
	wrong_digest
	page_runs "$BATS_TEST_DESCRIPTION" verify
	ended 3
	grep -F -e --digest=sha256 <<<"$output"
	page_runs "$BATS_TEST_DESCRIPTION" passwd
	ended 0
	rows
}

@test "a key was removed" {
	removed_after_crash
	"$MKEYFILE" add -q 102
	page_runs "$BATS_TEST_DESCRIPTION" diff
	ended 1
	grep -E '^  missing +key ID 100 ' <<<"$output"
	page_runs "$BATS_TEST_DESCRIPTION" decrypt
	ended 0
	page_runs "$BATS_TEST_DESCRIPTION" systemctl
	ended 0
	rows
	same $'1\n2\n100\n102' "$("$MKEYFILE" list --ids)"
}

@test "a node lacks a key" {
	replica_without_key
	SITE=$PWD/db1
	page_runs "$BATS_TEST_DESCRIPTION" diff
	ended 1
	grep -E '^  extra +key ID 101 ' <<<"$output"
	SITE=$PWD/db2
	page_runs "$BATS_TEST_DESCRIPTION" 'add 101'
	ended 0
	eventually has_moved
	rows
}

@test "a node gets the key file of another one" {
	cp -a --sparse=always db1 db2
	"$MKEYFILE" add -q 101
	page_runs "A node lacks a key" scp
	ended 0
	page_runs "A node lacks a key" diff
	ended 0
	SITE=$PWD/db2
	rows
	client "CREATE TABLE db.moved (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=101"
	same 0 "$status"
}

@test "a restore fails" {
	restore_without_keys
	page_runs "$BATS_TEST_DESCRIPTION" --datadir=
	ended 0
	page_runs "$BATS_TEST_DESCRIPTION" --prepare
	ended 0
	page_runs "$BATS_TEST_DESCRIPTION" --copy-back
	ended 0
	rows

	new_host db2 2 1 2
	load_dump
	page_runs "$BATS_TEST_DESCRIPTION" 'add 100'
	ended 0
	grep "ENCRYPTION_KEY_ID\`='\{0,1\}100" <<<"$output"
	rows
}

# Causes all cases on a server of a release, each on a separate host.
words_of_release() { # codename
	local case
	server_release "$1"
	release=$(release_here)
	[ -d "$BATS_FILE_TMPDIR/$release" ] || make_host "$BATS_FILE_TMPDIR/$release" 1
	programs
	for case in bad_line no_plugin missing_key wrong_password no_password_file no_key_file wrong_digest removed_after_crash \
		restore_without_keys replica_without_key; do
		rm -rf db1 db2
		cp -a --sparse=always "$BATS_FILE_TMPDIR/$release" db1
		SITE=$PWD/db1
		echo "$case"
		$case
		for SITE in "$PWD"/db*; do
			bin/systemctl kill mariadb || :
		done
	done
	new_host db3 3 1 2
	load_dump
}

# bats test_tags=releases
@test "the server of bullseye prints the messages of 10.5 in the page" {
	words_of_release bullseye
}

# bats test_tags=releases
@test "the server of trixie prints the messages of 11.8 in the page" {
	words_of_release trixie
}
