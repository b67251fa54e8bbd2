#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Compares what every command prints with --json, on success and on failure, with
# docs/mkeyfile.schema.json.
bats_require_minimum_version 1.5.0
load common
load data

# Runs a command with --json, and appends what it printed to $results.
tell() { # command argument...
	local status=0
	setsid --wait "$MKEYFILE" "$@" --json >output 2>/dev/null </dev/null || status=$?
	jq -nc --arg command "$1" --argjson status "$status" --rawfile output output \
		'{command: $command, status: $status, output: $output}' >>"$results"
}

# The same, with this status.
tell_status() { # status command argument...
	local status=$1
	shift
	tell "$@"
	[ "$(tail -n 1 "$results" | jq .status)" = "$status" ] || { echo "not status $status: $*" && tail -n 1 "$results" && return 1; }
}

# Failures of every command: no such option, no value, no file, and a file that other users can
# replace, which is only a warning of verify.
fail_in_every_way() { # command argument...
	tell_status 64 "$@" --nonsense
	tell_status 64 "$@" --password-file
	tell_status 2 "$@" --file=none
	[ "$1" = verify ] || tell_status 4 "$@" --file=open/keyfile
}

fail_to_open() { # command argument...
	tell_status 3 "$@" --file=keyfile -P other
	fail_in_every_way "$@"
}

# ---- key files ----

tell_of_key_files() {
	tell_status 0 generate -f keyfile --new-password-file=pw 1 2 100
	tell_status 0 generate -f keyfile -P pw --force
	tell_status 0 generate -f new -n
	tell_status 4 generate -f keyfile
	tell_status 64 generate -f new 2
	tell_status 64 generate -f new nonsense
	tell_status 64 generate -f new --size=1
	tell_status 4 generate -f open/new
	tell_status 2 generate -f none/new
	tell_status 0 add -f keyfile -P pw 100 101
	tell_status 0 add -f keyfile -P pw --if-missing 100
	tell_status 0 add -f keyfile -P pw 102 -n --size=128
	tell_status 0 add -f keyfile -P pw 102 --size=192 --backup
	tell_status 4 add -f keyfile -P pw 100
	fail_to_open add 103
	tell_status 0 list -f keyfile -P pw
	tell_status 64 list -f keyfile -P pw --ids
	tell_status 0 list -f keyfile -P pw --older-than=1y
	make_keyfile undated 1
	tell_status 1 list -f undated --older-than=1y
	tell_status 0 rotate -f keyfile -P pw --older-than=1y
	fail_to_open list
	tell_status 0 rotate -f keyfile -P pw 100 --new-id --backup
	tell_status 4 rotate -f keyfile -P pw 100
	tell_status 4 rotate -f keyfile -P pw 1 --new-id
	tell_status 2 rotate -f keyfile -P pw 5 -t 11.8-enterprise
	fail_to_open rotate 100
	tell_status 0 config -f keyfile -P pw
	tell_status 0 config -f keyfile -P pw -t 10.11+plugin
	tell_status 0 config --file=vault:https://vault.example:8200/v1/kv
	tell_status 0 config -f keyfile -P pw --plugin --encryption-algorithm=aes_cbc
	fail_to_open config
	tell_status 0 decrypt -f keyfile -P pw -o plain
	tell_status 2 decrypt -f plain -o again
	cp -p keyfile copy
	tell_status 0 decrypt -f copy -P pw --in-place --backup
	tell_status 64 decrypt -f keyfile -P pw
	fail_to_open decrypt --no-probe -o again
	tell_status 0 encrypt -f plain -P pw -o sealed
	tell_status 0 encrypt -f plain -P pw -o sealed --force
	tell_status 4 encrypt -f keyfile -P pw -o again
	tell_status 64 encrypt -f plain -P pw
	fail_in_every_way encrypt -P pw -o again
	tell_status 0 diff -f keyfile -P pw plain
	"$MKEYFILE" add -q -f sealed -P pw 200
	"$MKEYFILE" add -q -f plain 200 300
	tell_status 1 diff -f sealed -P pw plain
	tell_status 1 diff -f keyfile -P pw sealed
	tell_status 1 diff -f keyfile -P pw sealed --disjoint
	fail_to_open diff plain
	tell_status 0 passwd -f keyfile -P pw --new-password-file=new
	tell_status 0 passwd -f keyfile -P pw --new-password-file=new
	tell_status 0 passwd -f keyfile -P new --new-password-file=new
	tell_status 0 passwd -f keyfile -P new --new-digest=sha256 -t 12.3
	tell_status 2 passwd -f plain -P new --new-password-file=newer
	fail_to_open passwd --new-password-file=newer
	tell_status 0 rotate -f sealed -P pw 100 -t 11.8-enterprise
	tell_status 0 rotate -f sealed -P pw --all -t 11.8-enterprise -n
	tell_status 0 list -f sealed -P pw
	tell_status 0 remove -f sealed -P pw --all --old-versions --force
	tell_status 0 remove -f sealed -P pw --if-present 7
	tell_status 4 remove -f sealed -P pw 200
	tell_status 4 remove -f sealed -P pw 1
	fail_to_open remove 200
	tell_status 0 seal -f sealed -P pw
	openssl_encrypt pw plain by-hand
	tell_status 0 seal -f by-hand -P pw -n
	tell_status 0 seal -f by-hand -P pw --backup
	tell_status 2 seal -f plain
	fail_to_open seal
}

tell_of_ensure() {
	tell_status 0 ensure -f ensured --new-password-file=ensured.pw 1 100
	tell_status 0 ensure -f ensured --new-password-file=ensured.pw 1 100
	tell_status 0 ensure -f ensured --new-password-file=ensured.pw 1 101 -n
	tell_status 64 ensure -f ensured --mode=rwx
	tell_status 64 ensure -f ensured --nonsense
	tell_status 3 ensure -f ensured -P other 1
	tell_status 4 ensure -f open/keyfile 1
	tell_status 2 ensure -f none/keyfile 1
}

tell_of_copies() {
	mkdir -p programs amazon
	ln -s "$abs_top_srcdir/tests/fake-aws" programs/aws
	local PATH=$PWD/programs:$PATH
	tell_status 0 export -f plain copied
	tell_status 0 export -f plain copied
	"$MKEYFILE" add -q -f plain 500
	tell_status 0 import -f copied plain -n
	tell_status 0 export -f plain copied -n --backup
	tell_status 0 import -f copied plain --backup
	"$MKEYFILE" generate -q -f stranger
	tell_status 4 import -f copied stranger
	tell_status 4 export -f copied stranger
	tell_status 2 import -f copied none
	tell_status 2 import -f copied plain 7
	tell_status 64 import -f copied
	tell_status 4 import -f open/keyfile plain
	fail_in_every_way export copied
	tell_status 0 export -f plain aws:amazon --kms-key-id=alias/db 1 500
	tell_status 64 export -f plain aws:amazon
	FAKE_AWS=decrypt-fails tell_status 2 import -f copied aws:amazon
	tell_status 0 import -f copied aws:amazon
	tell_status 0 list -f aws:amazon
	tell_status 1 diff -f plain aws:amazon
	tell_status 0 verify -f aws:amazon
	tell_status 64 rotate -f aws:amazon 1
}

tell_of_locks() {
	local holder
	exec {holder}<plain
	flock "$holder"
	tell_status 5 add -f plain 900 --lock-timeout=0
	exec {holder}<&-
}

# ---- verify ----

tell_verdicts() {
	tell_status 0 verify -f keyfile -P new --digest=sha256 -t 12.3 --server-user=root
	tell_status 1 verify -f keyfile -P new --digest=sha256 -t 10.11
	tell_status 0 verify -f plain --server-user=root
	printf '1;%s\n1;%s\n' "$(random_key)" "$(random_key)" >doubles
	chmod 644 doubles
	tell_status 0 verify -f doubles --server-user=root
	tell_status 1 verify -f doubles --server-user=root --strict
	printf '1;no key\n' >broken
	chmod 600 broken
	tell_status 1 verify -f broken --server-user=root
	fail_to_open verify --no-probe
}

# ---- data ----

# The data of a server, and copies that lack parts of it.
make_data() {
	data_install "$PWD/data" --innodb-undo-tablespaces=2
	data_start "$PWD/data" "$PWD/plain" --innodb-undo-tablespaces=2
	data_sql "$PWD/data" <<-'END'
		CREATE DATABASE db;
		USE db;
		CREATE TABLE t (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO t VALUES (1);
		CREATE TABLE empty (i INT PRIMARY KEY) ENGINE=Aria;
		CREATE TABLE aria (i INT PRIMARY KEY) ENGINE=Aria;
		INSERT INTO aria VALUES (1);
		CREATE TABLE parts (i INT PRIMARY KEY) ENGINE=MyISAM PARTITION BY KEY() PARTITIONS 1;
	END
	data_wait_encrypted "$PWD/data"
	server_stop
	mkdir only
	cp data/db/t.ibd data/db/empty.MA? only
	head -c 70000 /dev/urandom >only/all.xbstream
	cp -r data less
	rm -r less/ib_logfile0 less/db/*
}

tell_of_data() {
	make_data
	printf '[mariadb]\nplugin_load_add=file_key_management\nfile_key_management_filename=%s\n%s\n' "$PWD/plain" \
		'file_key_management_encryption_algorithm=aes_ctr' >my.cnf
	tell_status 0 verify -f plain --datadir=data --server-user=root --all-files
	tell_status 0 verify -f plain --datadir=data --server-user=root --coverage
	MKEYFILE_PRINT_DEFAULTS=my_print_defaults tell_status 1 verify --defaults-file=my.cnf --datadir=data --server-user=root
	tell_status 2 verify -f plain --datadir=less --server-user=root
	tell_status 2 verify -f plain --datadir=only --server-user=root
	tell_status 1 verify -f doubles --datadir=data --server-user=root
	tell_status 2 verify -f plain --datadir=none
	tell_status 4 remove -f plain 100 --datadir=data
	tell_status 0 remove -f plain 300 --datadir=data -n
}

# ---- servers ----

# A fake server, which simulates any state of a rotation.
impostor() { # kind
	local i
	rm -f socket
	"$abs_top_srcdir/tests/fake-server" heard --socket="$PWD/socket" --answer="$1" >/dev/null 2>&1 3>&- &
	echo $! >>impostors
	for ((i = 0; i < 300; i++)); do
		[ ! -S socket ] || return 0
		sleep 0.05
	done
	return 1
}

tell_of_servers() {
	local options=(--no-defaults --server="$PWD/socket" --server-timeout=30)
	make_keyfile served '1;1' '100;1' '100;2' '101;1'
	fail_to_open status
	tell_status 2 status -f served --server="$PWD/nowhere"
	impostor rotating
	tell_status 1 status -f served "${options[@]}"
	tell_status 1 status -f served "${options[@]}" --wait --timeout=1
	make_keyfile flushed '1;1' '100;1' '101;1'
	tell_status 0 rotate -f flushed "${options[@]}" 100 --flush
	# the server does not show this version
	tell_status 2 rotate -f flushed "${options[@]}" 100 --flush
	tell_status 1 status -f served "${options[@]}" --server="$PWD/nowhere"
	tell_status 1 status -f served "${options[@]}" --server="$PWD/socket" --wait --timeout=1
	tell_status 2 status -f served "${options[@]}" --cluster
	tell_status 2 status -f served --server="$PWD/nowhere" --server="$PWD/nowhere"
	impostor no-reload
	tell_status 2 rotate -f served "${options[@]}" 100 --flush
	impostor no-values
	tell_status 1 status -f served "${options[@]}"
	impostor names
	tell_status 0 status -f served "${options[@]}"
}

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	results=$PWD/results
	: >impostors
	mkdir open
	make_keyfile open/keyfile 1
	chmod 777 open
	make_password_file other
	tell ''
	tell nonsense
	tell help nonsense
	tell_of_key_files
	tell_of_ensure
	tell_of_copies
	tell_of_locks
	tell_verdicts
	tell_of_servers
	tell_of_data
}

teardown_file() {
	server_stop
	xargs -r kill <"$BATS_FILE_TMPDIR/impostors" || :
}

setup_test() {
	results=$BATS_FILE_TMPDIR/results
	schema=$abs_top_srcdir/docs/mkeyfile.schema.json
}

@test "every command prints what the schema describes, on success and on failure" {
	local command

	"$abs_top_srcdir/tests/json-schema" "$schema" "$results"
	for command in $(commands); do
		same "$command true true" "$(jq -rs --arg command "$command" 'map(select(.command == $command)) |
			"\($command) \(any(.status == 0)) \([2, 64, (if $command == "verify" then 1 else 4 end)] - map(.status) == [])"' "$results")"
	done
}

@test "the schema describes nothing that no command prints" {
	# rotation.bats checks these, which need tables to rewrite
	same '$defs/error/properties/statements
$defs/error/properties/statements/items' "$("$abs_top_srcdir/tests/json-schema" "$schema" "$results" reached)"
}

# json-schema refuses a valid result that this jq filter has changed.
refused() { # filter
	jq -c "select(.command == \"list\" and .status == 0) | .output |= (fromjson | $1 | tojson)" "$results" | head -n 1 >changed
	[ -s changed ]
	run -1 "$abs_top_srcdir/tests/json-schema" "$schema" changed
	[[ $output == "list (status 0): "* ]]
}

@test "the schema allows no extra members, no missing members, and no other types" {
	refused '.more = 1'
	refused 'del(.hints)'
	refused '.keys[0].key = "00"'
	refused 'del(.keys[0].role)'
	refused '.keys[0].id = 0'
	refused '.keys = 3'
	refused '.warnings = null'
	refused '.error = {status: 2, message: "no"}'
}

# The names in a table of a source file. The pattern matches what is before each name.
table() { # pattern file
	sed -nE "s/^\t\[$1\"([a-z-]+)\".*/\1/p" "$abs_top_srcdir/src/$2" | sort
}

# The names in an enumeration of the schema.
enumerated() { # definition...
	jq -r "[$1] | .[] | .enum[] | values" "$schema" | sort
}

@test "the schema has exactly the names of the program for files, answers, findings and states" {
	local defs='."$defs"' words=cli/words/data_words.c

	same "$(table 'DATA_[A-Z_]*\] = \{ "[A-Za-z ]*", ' $words)" "$(enumerated "$defs.kind, $defs.answer")"
	same "$(table 'DATA_NOTE_[A-Z_]*\] = \{ ' $words)" "$(enumerated "$defs.file.properties.note")"
	same "$(sed -nE 's/^\t+\[PART_[A-Z_]*\] = "([a-z-]+)".*/\1/p' "$abs_top_srcdir/src/$words" | sort)" \
		"$(enumerated "$defs.missing_part.properties.part")"
	same "$(sed -nE 's/^\t+\[COVERAGE_[A-Z_]*\] = .*"([a-z-]+)" \}.*/\1/p' "$abs_top_srcdir/src/$words" | sort)" \
		"$(enumerated "$defs.coverage_part")"
	same "$(table 'FINDING_[A-Z_]*\] = ' server/inspect.c)" "$(enumerated "$defs.warning.properties.name")"
	same "$(table 'STATE_[A-Z_]*\] = \{ ' cli/commands/rotation_state.c)" "$(enumerated "$defs.server_state")"
}
