#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_password_file pw
}

ids_and_versions() {
	key_lines keyfile | cut -d ';' -f 1,2 | xargs
}

key_of() { # ID;VERSION
	sed -n "s/^$1;//p" keyfile
}

version_steps="next:
  1. copy 'keyfile' to every server of the cluster before any server uses the new key
  2. on each server, run FLUSH FILE_KEY_MANAGEMENT_KEYS (Enterprise Server) or SET GLOBAL mkeyfile_key_management_reload = ON (mkeyfile's plugin)
  3. run 'mkeyfile status --wait': InnoDB re-encrypts pages with a key more than innodb_encryption_rotate_key_age versions old (with 1, the default, none before the next rotation)
  4. keep the old versions: backups need them, and so does data that is not re-encrypted yet. With the server stopped, 'mkeyfile remove --old-versions --datadir=DIR ID' removes the versions that no data needs"
by_hand="re-encrypt the rest by hand: rebuild the redo log (change innodb_log_file_size and restart), rewrite Aria tables (ALTER TABLE ... FORCE, also in mysql), and purge binary logs"

@test "refuses an unversioned file whose server is unknown or does not support versions" {
	make_keyfile keyfile 1 2 100
	run_refused 4 "mkeyfile rotate: 'keyfile' would get key versions, and most servers would refuse to start with it
hint: run 'mkeyfile rotate 100 --new-id' to rotate to a new ID, which works on every server
hint: use --target=11.8-enterprise if Enterprise Server 11.8 reads this file, or --target=10.11+plugin if mkeyfile's plugin does" rotate 100
	for target in 10.11 11.8.9-MariaDB 12.3 10.6.21-17-MariaDB-enterprise; do
		run_refused 4 "mkeyfile rotate: 'keyfile' would get key versions, and $target would refuse to start with it
hint: run 'mkeyfile rotate 100 --new-id --target=$target' to rotate to a new ID, which works on every server" rotate 100 -t $target
	done
	run_refused 4 "mkeyfile rotate: 'keyfile' would get key versions, and 10.11 would refuse to start with it
hint: run 'mkeyfile rotate --all --new-id --size=128 --target=10.11' to rotate to a new ID, which works on every server" \
		rotate --all -t 10.11 --size=128
}

@test "IDs that the server requires get another hint" {
	make_keyfile keyfile 1 2 100
	run_refused 4 "mkeyfile rotate: 'keyfile' would get key versions, and 10.11 would refuse to start with it
hint: run 'mkeyfile add 101 --target=10.11', restart the server, and move InnoDB tables with ALTER TABLE ... ENCRYPTION_KEY_ID=101" \
		rotate 1 -t 10.11
	run_refused 4 "mkeyfile rotate: 'keyfile' would get key versions, and 10.11 would refuse to start with it" rotate 2 -t 10.11
	# an ID that does not exist is reported first
	run_refused 2 "mkeyfile rotate: key ID 7 is not in 'keyfile'
hint: run 'mkeyfile add 7 --target=10.11' to add it" rotate 7 -t 10.11
}

@test "the first rotation turns the whole file versioned and keeps every key" {
	make_keyfile keyfile 1 2 100
	cp keyfile before
	export MKEYFILE_TARGET=11.8-enterprise
	run --separate-stderr mkeyfile rotate 100
	assert_equal 0 "changed 'keyfile'
  key ID 100 version 2, 256 bits, fingerprint $(fingerprint "$(key_of '100;2')")
$version_steps" ""
	same '1;1 2;1 100;1 100;2' "$(ids_and_versions)"
	head -n 3 keyfile | sed 's/;1;/;/' | cmp - before
}

@test "a versioned file needs no target" {
	make_keyfile keyfile '1;1' '100;1'
	run -0 mkeyfile rotate 100 1 -q
	same '1;1 100;1 100;2 1;2' "$(ids_and_versions)"
	run_refused 4 "mkeyfile rotate: 'keyfile' has key versions, and 10.11 would refuse to start with it
hint: use --target=10.11+plugin if mkeyfile's plugin reads this file" rotate 100 -t 10.11
}

@test "an encrypted file stays encrypted" {
	make_keyfile plain 1 100
	openssl_encrypt pw plain keyfile
	run -0 mkeyfile rotate 100 -q -P pw -t 11.8-enterprise
	same '1;1 100;1 100;2' "$(openssl_decrypt pw keyfile | key_lines | cut -d ';' -f 1,2 | xargs)"
}

@test "lowest and highest versions" {
	for version in 1 2 255 256 65535 65536 4294967293; do
		make_keyfile keyfile '1;1' "100;$version"
		run -0 mkeyfile rotate 100 -q
		same "1;1 100;$version 100;$((version + 1))" "$(ids_and_versions)"
		run -0 mkeyfile verify
	done
	run_refused 4 "mkeyfile rotate: key ID 100 is at version 4294967294, the highest possible version
hint: run 'mkeyfile rotate 100 --new-id' to rotate to a new ID" rotate 100
	run_refused 4 "mkeyfile rotate: key ID 100 is at version 4294967294, the highest possible version
hint: run 'mkeyfile rotate --all --new-id' to rotate to a new ID" rotate --all
}

@test "an ID with gaps in its versions, and one that starts at version 2" {
	make_keyfile keyfile '1;1' '100;7' '100;3' '200;2'
	run -0 mkeyfile rotate 100 200 -q
	same '1;1 100;7 100;3 200;2 100;8 200;3' "$(ids_and_versions)"
}

@test "--all rotates each ID once, all in one replacement" {
	make_keyfile keyfile '1;1' '2;1' '100;1' '100;2' '4294967295;1'
	inode=$(stat -c %i keyfile)
	run -0 mkeyfile rotate --all -q
	same '1;1 2;1 100;1 100;2 4294967295;1 1;2 2;2 100;3 4294967295;2' "$(ids_and_versions)"
	[ "$inode" != "$(stat -c %i keyfile)" ]
}

@test "the new key has the size of the old key, or the given size" {
	{ echo "1;1;$(openssl rand -hex 16)"; echo "100;1;$(openssl rand -hex 24)"; } >keyfile
	run -0 mkeyfile rotate --all -q
	[[ $(key_of '1;2') =~ ^[0-9a-f]{32}$ ]]
	[[ $(key_of '100;2') =~ ^[0-9a-f]{48}$ ]]
	run -0 mkeyfile rotate 1 -q -s 256
	[[ $(key_of '1;3') =~ ^[0-9a-f]{64}$ ]]
}

@test "--all is refused if the file would exceed the server's limit" {
	for id in $(seq 1 14800); do echo "$id;1"; done | paste -d ';' - <(openssl rand -hex 473600 | fold -w 64) >keyfile
	[ "$(stat -c %s keyfile)" -le 1100000 ]
	head -c 1048576 keyfile | sed '$d' >whole-lines
	chmod 600 whole-lines
	mv whole-lines keyfile
	run_refused 4 "mkeyfile rotate: 'keyfile' would be larger than 1048576 bytes, the most that a server reads" rotate --all
}

# ---- --new-id ----

@test "--new-id makes a successor under the next free ID and prints the SQL" {
	make_keyfile keyfile 1 2 100 101
	run --separate-stderr mkeyfile rotate 100 --new-id
	[ "$status" = 0 ]
	same "changed 'keyfile'
  key ID 102 version 1, 256 bits, fingerprint $(fingerprint "$(key_of 102)")
next:
  1. copy 'keyfile' to every server of the cluster before any server uses the new key
  2. restart each server
  3. run the SQL, and the statements that it prints: mariadb --skip-column-names --raw <move.sql | mariadb
  4. keep the old key: logs and backups need it. With the server stopped, 'mkeyfile remove --datadir=DIR ID' removes it once no data needs it" "$stderr"
	same '1 2 100 101 102' "$(key_lines keyfile | cut -d ';' -f 1 | xargs)"
	[[ $output = *"ENCRYPTION_KEY_ID=102'"* ]]
	[[ $output = *"WHERE CURRENT_KEY_ID = 100 LIMIT 18446744073709551615;"* ]]
}

@test "--new-id=ID uses that ID if it is free" {
	make_keyfile keyfile 1 100
	run -0 mkeyfile rotate 100 --new-id=7 -q
	same '1 100 7' "$(key_lines keyfile | cut -d ';' -f 1 | xargs)"
	run_refused 4 "mkeyfile rotate: key ID 7 is already in 'keyfile'" rotate 100 --new-id=7
}

@test "--if-missing prints the SQL again for a successor that exists, and changes nothing" {
	make_keyfile keyfile 1 100
	run -0 --separate-stderr mkeyfile rotate 100 --new-id=101 --if-missing
	same '1 100 101' "$(key_lines keyfile | cut -d ';' -f 1 | xargs)"
	sql=$output
	before=$(snapshot)
	run -0 --separate-stderr mkeyfile rotate 100 --new-id=101 --if-missing
	same "key ID 101 is already in 'keyfile'" "${stderr_lines[0]}"
	same "$sql" "$output"
	run -0 mkeyfile rotate 100 --new-id=101 --if-missing --json -q
	same '[false,[],[{"id":100,"new_id":101}]]' "$(jq -c '[.changed, .keys, [.successors[] | {id, new_id}]]' <<<"$output")"
	# a filter passes on the key file
	run -0 mkeyfile rotate 100 --new-id=101 --if-missing -q -f - -o copy <keyfile
	cmp keyfile copy
	rm copy
	run_refused 4 "mkeyfile rotate: key ID 100 is already in 'keyfile'" rotate 100 --new-id=100 --if-missing
	run_refused 64 "mkeyfile rotate: --if-missing requires --new-id=ID" rotate 100 --if-missing
	run_refused 64 "mkeyfile rotate: --if-missing requires --new-id=ID" rotate 100 --new-id --if-missing
	same "$before" "$(snapshot)"
}

@test "--new-id for several IDs gives each its own successor" {
	make_keyfile keyfile 1 100 101
	run -0 mkeyfile rotate 101 100 --new-id -q --json
	same '[{"id":101,"new_id":102},{"id":100,"new_id":103}]' "$(jq -c '[.successors[] | {id, new_id}]' <<<"$output")"
	same '1 100 101 102 103' "$(key_lines keyfile | cut -d ';' -f 1 | xargs)"
}

@test "--new-id for thousands of IDs does not take quadratic time" {
	for id in $(seq 1 5000); do echo "$id;"; done | paste -d '' - <(openssl rand -hex 160000 | fold -w 64) >keyfile
	chmod 600 keyfile
	run -0 timeout 10 "$MKEYFILE" rotate --all --new-id -q
	same $'5001\n9998' "$(key_lines keyfile | cut -d ';' -f 1 | sed -n '5001p;$p')"
}

@test "--new-id works on every target, and keeps the file's form" {
	make_keyfile keyfile 1 100
	run -0 mkeyfile rotate 100 --new-id -q -t 10.11
	run -0 grep -cE '^101;[0-9a-f]{64}$' keyfile
	make_keyfile keyfile '1;1' '100;1' '100;2'
	run -0 mkeyfile rotate 100 --new-id -q
	run -0 grep -cE '^101;1;[0-9a-f]{64}$' keyfile
}

@test "--new-id refuses IDs 1 and 2, with the reason" {
	make_keyfile keyfile 1 2 100
	run_refused 4 "mkeyfile rotate: key ID 1 cannot be rotated to a new ID: the server uses only this ID for the redo log, binary log, Aria tables and system tablespace
hint: run 'mkeyfile add 101', restart the server, and move InnoDB tables with ALTER TABLE ... ENCRYPTION_KEY_ID=101" rotate 1 --new-id
	run_refused 4 "mkeyfile rotate: key ID 2 cannot be rotated to a new ID: the server uses only this ID for temporary files" \
		rotate 2 --new-id
	run --separate-stderr mkeyfile rotate --all --new-id
	[ "$status" = 0 ]
	same "mkeyfile rotate: warning: key ID 1 is not rotated: the server uses only this ID
mkeyfile rotate: warning: key ID 2 is not rotated: the server uses only this ID" "$(head -n 2 <<<"$stderr")"
	same '1 2 100 101' "$(key_lines keyfile | cut -d ';' -f 1 | xargs)"
	make_keyfile keyfile 1 2
	run --separate-stderr mkeyfile rotate --all --new-id
	[ "$status" = 4 ]
	same "mkeyfile rotate: 'keyfile' has no key ID that can be rotated to a new ID" "${stderr_lines[2]}"
}

@test "--new-id when no higher ID is free" {
	make_keyfile keyfile 1 4294967295
	run_refused 4 "mkeyfile rotate: no key ID above 4294967295 is free
hint: use --new-id=ID to choose one" rotate 4294967295 --new-id
	run -0 mkeyfile rotate 4294967295 --new-id=3 -q
}

# ---- common to both ----

@test "a dry run changes nothing, but prints the SQL" {
	make_keyfile keyfile 1 100
	before=$(snapshot)
	run --separate-stderr mkeyfile rotate 100 -n -t 11.8-enterprise
	assert_equal 0 "would change 'keyfile'
  key ID 100 version 2, 256 bits" ""
	run --separate-stderr mkeyfile rotate 100 -n --new-id
	[[ $output = *"ENCRYPTION_KEY_ID=101'"* ]]
	same "$before" "$(snapshot)"
}

@test "--json" {
	make_keyfile keyfile '1;1'
	run --separate-stderr mkeyfile rotate 1 --json -q
	same "$(jq -S . <<END
{ "path": "keyfile", "changed": true, "dry_run": false, "encrypted": false, "backup": null, "successors": [],
  "flushed": false, "warnings": [], "hints": [], "keys": [
  { "id": 1, "version": 2, "role": "system", "bits": 256, "fingerprint": "$(fingerprint "$(key_of '1;2')")",
    "created": "$(date_of '1;2' keyfile)" } ] }
END
	)" "$(jq -S 'del(.steps)' <<<"$output")"
	same "$(sed -n 's/^  [0-9]*\. //p' <<<"$version_steps" | sed "3a $by_hand")" "$(jq -r '.steps[]' <<<"$output")"
}

@test "rotating key 1 prints the additional steps" {
	make_keyfile keyfile '1;1' '100;1'
	run --separate-stderr mkeyfile rotate --all
	grep -qF "  4. $by_hand" <<<"$stderr"
	run --separate-stderr mkeyfile rotate 100
	run -1 grep -F "$by_hand" <<<"$stderr"
}

# A copy of mkeyfile next to a fake client, which acts as an Enterprise Server. It does not
# answer the request to read the file again until the file 'able' exists.
fake_client() {
	cp "$MKEYFILE" mkeyfile
	cat >mkeyfile-client <<-'END'
		#!/bin/sh
		while read -r request; do
			case $request in
			*'"FLUSH '*) : >flushing; [ -e able ] || continue ;;
			esac
			case $request in
			*FILE_KEY_MANAGEMENT_KEYS*) echo '{"rows":[["1","1"],["100","5"]]}' ;;
			*sql*) echo '{"rows":[]}' ;;
			*) echo '{}' ;;
			esac
		done
	END
	chmod 755 mkeyfile-client
}

@test "a signal before the server has read the file again does not end --flush with success" {
	make_keyfile keyfile '1;1' '100;1'
	fake_client
	local flush=(rotate 100 --flush --server=/socket -t 11.8-enterprise --no-defaults -q) signal ended
	for signal in TERM HUP; do
		rm -f flushing
		env --default-signal ./mkeyfile "${flush[@]}" 3>&- &
		for _ in $(seq 100); do
			[ ! -e flushing ] || break
			sleep 0.1
		done
		kill -$signal $!
		ended=0
		wait $! || ended=$?
		same 2 "$ended"
	done
	# a signal during the change
	strace -o trace -e trace=fsync -e inject=fsync:signal=TERM:when=2 ./mkeyfile "${flush[@]}" && return 1
	tail -n 1 trace >end
	grep -q 'exited with 2' end
	same '1;1 100;1 100;2 100;3 100;4' "$(ids_and_versions)"
	: >able
	run -0 ./mkeyfile "${flush[@]}"
}

@test "a signal before the statements of --new-id are printed does not end it with success" {
	make_keyfile keyfile '1;1' '100;1'
	strace -o trace -e trace=fsync -e inject=fsync:signal=TERM:when=2 "$MKEYFILE" rotate 100 --new-id --no-defaults -q >words && return 1
	tail -n 1 trace >end
	grep -q 'exited with 2' end
	same '' "$(<words)"
	same '1;1 100;1 101;1' "$(ids_and_versions)"
}

@test "options that cannot be used together, or require each other" {
	make_keyfile keyfile '1;1' '100;1'
	run_refused 64 "mkeyfile rotate: --flush and --new-id cannot be used together: a new ID requires a restart" rotate 100 --flush --new-id
	run_refused 64 "mkeyfile rotate: --datadir requires --new-id" rotate 100 --datadir=.
	run_refused 64 "mkeyfile rotate: --datadir and --server cannot be used together" rotate 100 --new-id --datadir=. --server
	run_refused 64 "mkeyfile rotate: --server requires --flush or --new-id" rotate 100 --server
	run_refused 64 "mkeyfile rotate: --user, --defaults-extra-file, --server-timeout and --no-tls require --server" rotate 100 --user=root
}
