#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# remove: checks what real data directories need.
bats_require_minimum_version 1.5.0
load common
load server

# A stopped server's data: tables with keys 1 and 100, none with keys 2, 101 and 102.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make_keyfile keyfile 1 2 100 101
	server_install "$PWD/data"
	cp -rp data first
	server_start "$PWD/data" "$PWD/keyfile"
	sql -e 'CREATE DATABASE t; USE t; CREATE TABLE t.a (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO t.a SELECT seq FROM seq_1_to_100; CREATE TABLE t.b (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE t.c (i INT) ENCRYPTED=YES; INSERT INTO t.c VALUES (1)'
	server_stop
}

setup_test() {
	export MKEYFILE_FILE=keyfile
	cp -p "$BATS_FILE_TMPDIR/keyfile" keyfile
	data=$BATS_FILE_TMPDIR/data
}

teardown() {
	server_stop
}

print_of() { # ID[;VERSION]
	fingerprint "$(sed -n "s/^$1;//p" "${2-keyfile}")"
}

unseen="mkeyfile remove: no data directory was checked; existing data may still need these keys
hint: use --server-data for the server of this host, or --datadir=DIR for a data directory or a backup; --force overrides this check"

@test "nothing is removed without checking data" {
	run_refused 4 "$unseen" remove 101
	make_keyfile keyfile '1;1' '1;2' '100;1' '100;2'
	run_refused 4 "$unseen" remove 100 --key-version=1
	run_refused 4 "$unseen" remove --old-versions --all
}

@test "removes keys that no data needs, and the server still reads all data" {
	cp -rp "$data" data
	cp keyfile before
	run --separate-stderr mkeyfile remove 101 --datadir=data
	assert_equal 0 "the old content is in 'keyfile~'; if encrypted, it needs the old password
changed 'keyfile'
  without key ID 101 version 1, 256 bits, fingerprint $(print_of 101 before)
not checked: other nodes, replicas and their relay logs, and other backups;
      keep 'keyfile~' or a copy of it as long as any of them may need these keys" ""
	cmp before keyfile~
	sed '/^101;/d' before | cmp - keyfile
	server_start "$PWD/data" "$PWD/keyfile"
	same 5050 "$(sql -e 'SELECT SUM(i) FROM t.a')"
	same 1 "$(sql -e 'SELECT i FROM t.c')"
}

@test "keeps keys that data needs, and names a file that needs them" {
	run --separate-stderr mkeyfile remove 100 101 --datadir="$data"
	same 4 "$status"
	[[ ${stderr_lines[0]} =~ ^"mkeyfile remove: key ID 100 version 1 is needed by "[12]" file"s?", for example '$data/t/"[ab].ibd\'$ ]]
	same "hint: run 'mkeyfile verify --datadir=$data' to list which data needs which key" "${stderr_lines[-1]}"
	cmp keyfile "$BATS_FILE_TMPDIR/keyfile"
	[ ! -e keyfile~ ]
}

@test "checks every given directory" {
	mkdir other
	cp -rp "$data/t" other/
	cp -rp "$BATS_FILE_TMPDIR/first" first
	run -0 mkeyfile remove 100 --datadir=first -n
	run -4 mkeyfile remove 100 --datadir=first --datadir="$data" -n
	run -4 mkeyfile remove 100 --datadir="$data" --datadir=first -n
	run -4 mkeyfile remove 100 --datadir=other -n
}

@test "--force overrides the checks, with warnings" {
	run --separate-stderr mkeyfile remove 100 --force
	same 0 "$status"
	same "not checked: the data of this server, other nodes, replicas and their relay logs, and backups;" "${stderr_lines[3]}"
	same '1 2 101' "$(cut -d ';' -f 1 keyfile | xargs)"
	mv keyfile~ keyfile
	run --separate-stderr mkeyfile remove 100 --force --datadir="$data"
	same 0 "$status"
	[[ ${stderr_lines[0]} == "mkeyfile remove: warning: key ID 100 version 1 is needed by "* ]]
	same '1 2 101' "$(cut -d ';' -f 1 keyfile | xargs)"
}

@test "keys that can never be removed" {
	for force in "" --force; do
		# shellcheck disable=SC2086
		run_refused 4 "mkeyfile remove: key ID 1 cannot be removed: no server starts without it" remove 1 $force
		# shellcheck disable=SC2086
		run_refused 4 "mkeyfile remove: version 1 is the newest of key ID 100: the server encrypts with it
hint: omit --key-version to remove the whole ID" remove 100 --key-version=1 $force
		# shellcheck disable=SC2086
		run_refused 4 "mkeyfile remove: version 1 is the newest of key ID 1: the server encrypts with it" remove 1 --key-version=1 $force
	done
	make_keyfile versioned '1;1' '1;2'
	run_refused 4 "mkeyfile remove: key ID 1 cannot be removed: no server starts without it
hint: use --old-versions to remove the versions that no data uses" remove 1 -f versioned
}

@test "removes one version, or all older versions of one ID or of all IDs" {
	make_keyfile keyfile '1;1' '1;2' '# text' '100;3' '100;1' '100;7' '200;1'
	sed -i 's/^# text;.*/# text/' keyfile
	cp keyfile before
	run -0 mkeyfile remove 100 --key-version=3 --force -q
	sed '/^100;3;/d' before | cmp - keyfile
	cp before keyfile && rm keyfile~
	run -0 mkeyfile remove 100 --old-versions --force -q
	sed '/^100;[13];/d' before | cmp - keyfile
	cp before keyfile && rm keyfile~
	run -0 --separate-stderr mkeyfile remove --all --old-versions --force -q --json
	sed '/^100;[13];/d; /^1;1;/d' before | cmp - keyfile
	same "$(jq -S . <<END
{ "path": "keyfile", "changed": true, "dry_run": false, "encrypted": false, "backup": "keyfile~", "steps": [],
  "warnings": [], "hints": [], "removed": [
  { "id": 1, "version": 1, "role": "system", "bits": 256, "fingerprint": "$(print_of '1;1' before)", "created": null },
  { "id": 100, "version": 1, "role": null, "bits": 256, "fingerprint": "$(print_of '100;1' before)", "created": null },
  { "id": 100, "version": 3, "role": null, "bits": 256, "fingerprint": "$(print_of '100;3' before)", "created": null } ] }
END
	)" "$(jq -S . <<<"$output")"
	rm keyfile~
	run --separate-stderr mkeyfile remove --all --old-versions
	assert_equal 0 "'keyfile' has no older versions" ""
	run --separate-stderr mkeyfile remove --old-versions 200
	assert_equal 0 "'keyfile' has no older versions of these IDs" ""
	[ ! -e keyfile~ ]
}

@test "an encrypted file and its backup stay encrypted" {
	make_password_file pw
	cp keyfile plain
	openssl_encrypt pw plain keyfile
	run -0 mkeyfile remove -P pw 101 --datadir="$data" -q
	sed '/^101;/d' plain | cmp - <(openssl_decrypt pw keyfile)
	openssl_decrypt pw keyfile~ | cmp - plain
}

@test "a dry run changes nothing, but checks data" {
	before=$(snapshot)
	run --separate-stderr mkeyfile remove 101 --datadir="$data" -n
	same 0 "$status"
	same "would keep the old content in 'keyfile~'
would change 'keyfile'" "$(head -n 2 <<<"$stderr")"
	run -4 mkeyfile remove 100 --datadir="$data" -n
	same "$before" "$(snapshot)"
}

@test "unknown IDs and versions, and paths that are not data directories" {
	run_refused 2 "mkeyfile remove: key ID 7 is not in 'keyfile'" remove 7 --force
	run_refused 2 "mkeyfile remove: key ID 100 version 9 is not in 'keyfile'" remove 100 --key-version=9 --force
	mkdir empty
	for force in "" --force; do
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile remove: cannot open 'none': No such file or directory" remove 101 --datadir=none $force
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile remove: 'empty' contains no files and is not a data directory" \
			remove 101 --datadir=empty $force
	done
}

@test "a running server, or one that was killed, prevents the check" {
	cp -rp "$data" data
	server_start "$PWD/data" "$BATS_FILE_TMPDIR/keyfile"
	sql -e 'USE t; INSERT INTO t.c SELECT seq FROM seq_1_to_1000'
	run --separate-stderr mkeyfile remove 101 --datadir=data
	assert_equal 4 "mkeyfile remove: a server is running on the data: the keys it needs may change at any moment
hint: shut the server down cleanly first; --force overrides this check" ""
	kill -KILL "$server_pid"
	wait "$server_pid" || :
	server_pid=
	run --separate-stderr mkeyfile remove 101 --datadir=data
	assert_equal 4 "mkeyfile remove: 'data/ib_logfile0' has pending changes, which the server applies when it starts
hint: start the server with all keys and shut it down cleanly, or prepare the backup; --force overrides this check" ""
	cmp keyfile "$BATS_FILE_TMPDIR/keyfile"
	run -0 mkeyfile remove 101 --datadir=data --force
}

@test "a second remove keeps the backup with the removed key" {
	make_keyfile keyfile 1 100 101 102
	cp keyfile before
	run -0 mkeyfile remove 101 --force -q
	cp keyfile between
	run -0 --separate-stderr mkeyfile remove 102 --force
	same "      keep 'keyfile.~1~' or a copy of it as long as any of them may need these keys" "$(tail -n 1 <<<"$stderr")"
	cmp before keyfile~
	cmp between keyfile.~1~
}

@test "--if-present removes existing keys, and nothing in a second run" {
	make_keyfile keyfile 1 100 101
	run -0 --separate-stderr mkeyfile remove 100 102 --if-present --force
	same "key ID 102 is not in 'keyfile'" "${stderr_lines[0]}"
	same '1 101' "$(cut -d ';' -f 1 keyfile | xargs)"
	before=$(snapshot)
	run --separate-stderr mkeyfile remove 100 --if-present --json
	assert_equal 0 "key ID 100 is not in 'keyfile'" '{
  "path": "keyfile",
  "changed": false,
  "dry_run": false,
  "encrypted": false,
  "backup": null,
  "steps": [],
  "removed": [],
  "warnings": [],
  "hints": []
}'
	run --separate-stderr mkeyfile remove 101 --key-version=3 --if-present
	assert_equal 0 "key ID 101 version 3 is not in 'keyfile'" ""
	same "$before" "$(snapshot)"
}

@test "usage" {
	run_refused 64 "mkeyfile remove: no key ID given" remove --force
	run_refused 64 "mkeyfile remove: --all requires --old-versions" remove --all --force
	run_refused 64 "mkeyfile remove: --all and key IDs cannot be used together" remove --all --old-versions 100
	run_refused 64 "mkeyfile remove: --key-version and --old-versions cannot be used together" remove 100 --old-versions --key-version=1
	run_refused 64 "mkeyfile remove: --key-version requires exactly one key ID" remove 100 101 --key-version=1
	run_refused 64 "mkeyfile remove: invalid key version '0': use a number from 1 to 4294967294" remove 100 --key-version=0
}
