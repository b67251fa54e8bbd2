#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Complete rotations, as mkeyfile-rotation(7) describes them.
bats_require_minimum_version 1.5.0
load common
load server
load plugin

# The data that every rotation begins with, under unversioned keys.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	server_install "$PWD/data"
	"$MKEYFILE" generate -q --file=keyfile --new-password-file=keyfile.key 1 2 100
	start file_key_management
	make_tables
	server_stop
	# the index of the binary logs has absolute paths
	rm data/binlog.*
}

setup_test() {
	export MKEYFILE_FILE=$PWD/keyfile MKEYFILE_PASSWORD_FILE=$PWD/keyfile.key
	copy_data data
	cp -p "$BATS_FILE_TMPDIR"/keyfile* .
	here=(--server="$PWD/socket")
}

teardown() {
	[ -z "${tracer-}" ] || kill "$tracer" 2>/dev/null || :
	server_stop
}

# Tables whose key a plain ALTER TABLE does not move, or that have odd names.
make_odd_tables() {
	sql <<-'END'
		SET NAMES utf8mb4;
		USE db;
		CREATE SEQUENCE numbers NOCACHE ENGINE=InnoDB ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		SET GLOBAL innodb_default_encryption_key_id = 100;
		SET SESSION innodb_default_encryption_key_id = 100;
		CREATE SEQUENCE by_default NOCACHE ENGINE=InnoDB;
		CREATE TABLE history (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100 WITH SYSTEM VERSIONING;
		INSERT INTO history VALUES (1);
		UPDATE history SET i = 2;
		CREATE TABLE text (i INT PRIMARY KEY, t TEXT, FULLTEXT(t)) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE child (i INT PRIMARY KEY, FOREIGN KEY (i) REFERENCES hundred (i)) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE `o``d'd-näme.x` (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		SELECT NEXTVAL(numbers) + NEXTVAL(by_default);
	END
}

# An Aria table with rows on a few pages, and many free pages on the disk.
empty_aria_table() {
	sql db <<-'END'
		CREATE TABLE emptied (i INT PRIMARY KEY, t TEXT) ENGINE=Aria;
		INSERT INTO emptied SELECT seq, REPEAT('a plain secret ', 40) FROM seq_1_to_2000;
		FLUSH TABLES emptied;
		DELETE FROM emptied WHERE i < 1990;
		FLUSH TABLES emptied;
	END
}

still_under() { # key-id
	sql -e "SELECT NAME FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE CURRENT_KEY_ID = $1"
}

# Gives the newest key ID a successor, and moves all tables to that ID, with the SQL that --server,
# --datadir or neither of them prints.
move_tables() { # option-or-none tablespaces
	local old from=${1#none}

	[ "$1" != --datadir=data ] || server_stop
	rm -f move.sql
	old=$(mkeyfile list --ids | tail -n 1)
	run -0 --separate-stderr mkeyfile rotate --file=keyfile "$old" --new-id ${from:+"$from"}
	echo "$output" >move.sql
	server_stop
	start file_key_management
	[ "$(still_under "$old" | wc -l)" -ge "$2" ]
	if [ "$1" = none ]; then
		# the printed commands work when they are pasted
		[[ ${stderr_lines[-2]} == *"the statements that it prints: mariadb --skip-column-names --raw <move.sql | mariadb" ]]
		printf '#!/bin/sh\nexec %s --no-defaults -uroot -S %s/socket "$@"\n' "$(command -v mariadb)" "$PWD" >mariadb
		chmod +x mariadb
		PATH=$PWD:$PATH bash -c "set -o pipefail; ${stderr_lines[-2]#*prints: }"
	else
		same "" "$(sql <move.sql)"
	fi
	same "" "$(still_under "$old")"
}

@test "all tables and sequences move, with the SQL of --server, of --datadir, and of neither" {
	local from

	start file_key_management
	same 2 "$(make_odd_tables)"
	for from in "${here[*]}" --datadir=data none; do
		move_tables "$from" 11
	done
	server_stop
	# nothing needs the keys in between, and all data can be read
	for id in 100 101 102; do
		run -0 mkeyfile remove $id --datadir=data -q
		mv keyfile~ old.$id
	done
	start file_key_management --innodb-default-encryption-key-id=103
	same '2 2' "$(sql db -e "SELECT CONCAT(NEXTVAL(numbers), ' ', NEXTVAL(by_default))")"
	same 3000 "$(sql -e 'SELECT COUNT(*) FROM db.hundred LEFT JOIN db.parts USING (i)')"
	same "" "$(grep -E '\[ERROR\]|corrupt' data.log)"
}

# Tables with vector indexes, whose hidden tables use key ID 100. One of these tables uses another
# key itself.
make_vector_tables() {
	sql db <<-'END'
		SET NAMES utf8mb4;
		SET SESSION innodb_default_encryption_key_id = 100;
		CREATE TABLE vectors (i VARBINARY(250) PRIMARY KEY, v VECTOR(2) NOT NULL, VECTOR INDEX (v));
		INSERT INTO vectors SELECT LPAD(seq, 250, 0), VEC_FROMTEXT(CONCAT('[', seq, ',1]')) FROM seq_1_to_600;
		CREATE TABLE `o``d'd-näme.v` LIKE vectors;
		INSERT INTO `o``d'd-näme.v` SELECT * FROM vectors LIMIT 9;
		CREATE TABLE other (i INT PRIMARY KEY, v VECTOR(2) NOT NULL, VECTOR INDEX (v)) ENCRYPTED=YES ENCRYPTION_KEY_ID=2;
		INSERT INTO other VALUES (1, VEC_FROMTEXT('[1,2]'));
		SET GLOBAL innodb_max_dirty_pages_pct = 0;
	END
}

keys_of() { # pattern of names
	sql -e "SELECT GROUP_CONCAT(CURRENT_KEY_ID ORDER BY NAME) FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION
		WHERE NAME LIKE '$1'"
}

# bats test_tags=releases
@test "the hidden table of a vector index moves, and is rewritten, with its table" {
	local from

	server_release trixie
	plugin_setup
	start file_key_management
	make_vector_tables
	same 2,100 "$(keys_of db/other%)"
	# one statement for a table and its index
	for from in "${here[*]}" --datadir=data; do
		move_tables "$from" 8
		same 3 "$(grep -c "^SET STATEMENT innodb_default_encryption_key_id=10[12] FOR \(ALTER\|EXECUTE\)" move.sql)"
		same 1 "$(grep -c '`vectors`' move.sql)"
	done
	same 2,102 "$(keys_of db/other%)"
	move_tables none 8
	same 103,103 "$(keys_of db/vectors%)"
	server_stop
	for id in 100 101 102; do
		run -0 mkeyfile remove $id --datadir=data -q
		mv keyfile~ old.$id
	done

	# free pages of the hidden table alone: its rows lose their copies of the primary key
	start mkeyfile_key_management
	sql db -e 'DELETE FROM vectors WHERE i > 20; ALTER TABLE vectors FORCE'
	mkeyfile rotate 103 -q -t 11.8-enterprise
	mkeyfile rotate 103 -q --flush "${here[@]}"
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100 103
	server_stop
	run -4 --separate-stderr mkeyfile remove 103 --old-versions --datadir=data
	same "  SET STATEMENT innodb_default_encryption_key_id=103 FOR ALTER TABLE \`db\`.\`vectors\` FORCE, ALGORITHM=COPY;" "$(grep "ALTER TABLE .*vectors" <<<"$stderr")"
	start mkeyfile_key_management
	sed -n 's/^  //p' <<<"$stderr" | sql
	same 103,103 "$(keys_of db/vectors%)"
	server_stop
	run -0 mkeyfile remove 103 --old-versions --datadir=data -q
	start mkeyfile_key_management
	same 7 "$(sql db -e "SELECT i + 0 FROM vectors ORDER BY VEC_DISTANCE(v, VEC_FROMTEXT('[7,1]')) LIMIT 1")"
	same "" "$(grep -E '\[ERROR\]|corrupt' data.log)"
}

@test "by a new ID on a stock server" {
	start file_key_management
	rows=$(just_rows)
	run -0 --separate-stderr mkeyfile rotate 100 --new-id "${here[@]}"
	echo "$output" >move.sql
	same 4 "$(grep -c '^ALTER TABLE' move.sql)"
	# restart the server, and move the tables
	server_stop
	start file_key_management
	same "" "$(sql <move.sql)"
	same "$rows" "$(just_rows)"
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100 101
	server_stop
	# nothing needs the old key any more; remove requires the proof
	run -4 mkeyfile remove 101 --datadir=data -n
	run -0 mkeyfile verify --datadir=data
	run -0 mkeyfile remove 100 --datadir=data -q
	same $'1\n2\n101' "$(mkeyfile list --ids)"
	start file_key_management
	same "$rows" "$(just_rows)"
	same "" "$(grep -E '\[ERROR\]|corrupt' data.log)"
}

@test "by a new version with the plugin, on a running server, up to the removal of the old versions" {
	plugin_setup
	# from now on the server reads the same file with the other plugin
	start mkeyfile_key_management --innodb-fast-shutdown=0
	empty_aria_table
	rows=$(just_rows)

	# two versions and one reload: the server never writes with the version in between
	run -0 mkeyfile rotate --all -q -t 11.8-enterprise
	run -1 --separate-stderr mkeyfile status "${here[@]}" --json
	same reload "$(jq -r .state <<<"$output")"
	same "SET GLOBAL mkeyfile_key_management_reload = ON" "$(jq -r .reload <<<"$output")"
	run -0 --separate-stderr mkeyfile rotate --all --flush "${here[@]}"
	grep -qx "the server has read the key file again: SET GLOBAL mkeyfile_key_management_reload = ON" <<<"$stderr"
	same 3 "$(status_of newest_version_100)"

	# InnoDB re-encrypts while the server runs
	sql -e "INSERT INTO db.hundred VALUES (100000, 'in between'); DELETE FROM db.hundred WHERE i = 100000"
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100
	run -0 --separate-stderr mkeyfile status "${here[@]}" --json
	same '[[1,3,3,3],[2,3,3,null],[100,3,3,3]]' \
		"$(jq -c '[.ids[] | [.id, .file_version, .server_version, .oldest_version]]' <<<"$output")"
	same "$rows" "$(just_rows)"

	# what no background thread re-encrypts
	aria_statements | grep -v emptied >aria.sql
	sql -e 'UPDATE db.emptied SET i = i + 10000; FLUSH TABLES db.emptied; REPAIR TABLE db.emptied QUICK;
		UPDATE db.emptied SET i = i - 10000' >words
	[ "$(wc -l <aria.sql)" -ge 10 ]
	sql <aria.sql >words
	purge_binary_logs
	server_stop
	run -4 --separate-stderr mkeyfile remove --all --old-versions --datadir=data -n
	[[ ${stderr_lines[0]} == "mkeyfile remove: key ID 1 version 1 is needed by 2 files, for example 'data/ib_logfile0'" ]]

	# create the redo log again
	start mkeyfile_key_management --innodb-log-file-size=12M --innodb-fast-shutdown=0
	same "$rows" "$(just_rows)"
	purge_binary_logs
	server_stop

	# free pages of an Aria table
	run -0 mkeyfile verify --datadir=data -t 11.8-enterprise
	grep -E '^  1 +1 +1 +[0-9]+ +proven +1 Aria data, on free pages only; an old version, still needed$' <<<"$output"
	run -4 --separate-stderr mkeyfile remove --all --old-versions --datadir=data
	same "mkeyfile remove: key ID 1 version 1 is needed for free pages of 1 file, for example 'data/db/emptied.MAD'
hint: start the server, run these statements to rewrite the tables, and shut the server down cleanly; --free-pages overrides this check
  ALTER TABLE \`db\`.\`emptied\` FORCE;" "$stderr"
	run -0 mkeyfile remove --all --old-versions --datadir=data --free-pages -q
	start mkeyfile_key_management --innodb-log-file-size=12M --innodb-fast-shutdown=0
	same "$rows" "$(just_rows)"
	grep -q "^db.emptied.repair.Error.failed to decrypt" <<<"$(sql -e 'REPAIR TABLE db.emptied')"
	purge_binary_logs
	server_stop
	mv keyfile~ keyfile
	start mkeyfile_key_management --innodb-log-file-size=12M --innodb-fast-shutdown=0
	sql -e 'ALTER TABLE db.emptied FORCE'
	purge_binary_logs
	server_stop
	: >data.log

	# prove the keys, and remove the old versions
	run -0 mkeyfile verify --datadir=data -t 11.8-enterprise
	run -0 --separate-stderr mkeyfile remove --all --old-versions --datadir=data
	same '[[1,3],[2,3],[100,3]]' "$(mkeyfile list --json | jq -c '[.keys[] | [.id, .version]]')"
	start mkeyfile_key_management --innodb-log-file-size=12M
	same "$rows" "$(just_rows)"
	same 'db.emptied repair status OK' "$(sql -e 'REPAIR TABLE db.emptied' | tr '\t' ' ')"
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100
	sql -e "INSERT INTO db.aria VALUES (100000, 'afterwards'); INSERT INTO db.one VALUES (100000, 'afterwards')"
	same "" "$(grep -E '\[ERROR\]|corrupt' data.log)"
}

# Exports a table, and imports it under a new name.
export_and_import() { # table
	sql db <<-END
		CREATE TABLE copy LIKE $1;
		ALTER TABLE copy DISCARD TABLESPACE;
		FLUSH TABLES $1 FOR EXPORT;
		SYSTEM cp data/db/$1.ibd data/db/copy.ibd
		SYSTEM cp data/db/$1.cfg data/db/copy.cfg
		UNLOCK TABLES;
		ALTER TABLE copy IMPORT TABLESPACE;
		SELECT COUNT(*) FROM copy;
		DROP TABLE copy;
	END
}

@test "a version on free pages stays until the printed statements have rewritten the tables" {
	plugin_setup
	start mkeyfile_key_management --innodb-fast-shutdown=0
	sql db <<-'END'
		SET NAMES utf8mb4;
		CREATE TABLE `o``d'd-näme.x` ENCRYPTED=YES ENCRYPTION_KEY_ID=100 SELECT * FROM hundred;
		CREATE TABLE indexed (i INT PRIMARY KEY, t TEXT, KEY (t(200))) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO indexed SELECT * FROM hundred;
	END
	server_stop
	start mkeyfile_key_management --innodb-fast-shutdown=0
	sql db <<-'END'
		SET NAMES utf8mb4;
		DELETE FROM hundred WHERE i % 400 > 20;
		DELETE FROM parts WHERE i % 400 > 20;
		DELETE FROM `o``d'd-näme.x` WHERE i % 400 > 20;
		ALTER TABLE indexed DROP INDEX t;
	END
	server_stop
	start mkeyfile_key_management
	mkeyfile rotate 100 -q -t 11.8-enterprise
	mkeyfile rotate 100 -q --flush "${here[@]}"
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100 100
	rows=$(just_rows)
	server_stop

	run -0 mkeyfile verify --datadir=data -t 11.8-enterprise
	grep -E '^  100 +1 +6 +[0-9]+ +proven +6 InnoDB, on free pages only; an old version, still needed$' <<<"$output"
	before=$(sha256sum keyfile)
	run -4 --separate-stderr mkeyfile remove 100 --old-versions --datadir=data
	[[ ${stderr_lines[0]} == "mkeyfile remove: key ID 100 version 1 is needed for free pages of 6 files, for example 'data/db/"*".ibd'" ]]
	same "hint: start the server, run these statements to rewrite the tables, and shut the server down cleanly; --free-pages overrides this check
  ALTER TABLE \`db\`.\`hundred\` FORCE;
  ALTER TABLE \`db\`.\`indexed\` FORCE;
  EXECUTE IMMEDIATE CONCAT('ALTER TABLE \`', REPLACE(CONVERT(_filename'db' USING utf8mb4), '\`', '\`\`'), '\`.\`', REPLACE(CONVERT(_filename'o@0060d@0027d@002dn@0kme@002ex' USING utf8mb4), '\`', '\`\`'), '\` FORCE');
  ALTER TABLE \`db\`.\`parts\` FORCE;" "$(tail -n +2 <<<"$stderr")"
	sed -n 's/^  //p' <<<"$stderr" >rewrite.sql
	run -4 --separate-stderr mkeyfile remove 100 --old-versions --datadir=data --json
	same "$(<rewrite.sql)" "$(jq -r '.error.statements[]' <<<"$output")"
	jq -nc --arg output "$output" '{command: "remove", status: 4, output: $output}' >result
	"$abs_top_srcdir/tests/json-schema" "$abs_top_srcdir/docs/mkeyfile.schema.json" result
	same "$before" "$(sha256sum keyfile)"
	run -0 --separate-stderr mkeyfile remove 100 --old-versions --datadir=data --free-pages -n
	[[ ${stderr_lines[0]} == "mkeyfile remove: warning: key ID 100 version 1 is needed for free pages of 6 files, "* ]]

	# the reason: without this version, rows can be read, but an import fails
	run -0 mkeyfile remove 100 --old-versions --datadir=data --free-pages -q
	start mkeyfile_key_management
	same "$rows" "$(just_rows)"
	run ! export_and_import hundred
	[[ $output == *"Got error 192"* ]]
	# the printed statements do not need the key
	sql -e 'DROP TABLE IF EXISTS db.copy'
	sql <rewrite.sql
	server_stop
	mv keyfile reduced
	mv keyfile~ keyfile
	run -0 --separate-stderr mkeyfile remove 100 --old-versions --datadir=data
	same '[[1,1],[2,1],[100,3]]' "$(mkeyfile list --json | jq -c '[.keys[] | [.id, .version]]')"
	: >data.log
	start mkeyfile_key_management
	same "$rows" "$(just_rows)"
	same "$(sql -e 'SELECT COUNT(*) FROM db.hundred')" "$(export_and_import hundred)"
	same "" "$(grep -E '\[ERROR\]|corrupt' data.log)"
}

@test "pages that are one version old stay so, and their key is kept" {
	plugin_setup
	start mkeyfile_key_management
	run -0 mkeyfile rotate 100 -q -t 11.8-enterprise --flush "${here[@]}"
	run --separate-stderr mkeyfile status "${here[@]}" --wait --timeout=100 100
	same 1 "$status"
	[[ ${lines[2]} =~ ^"100         2           2           1           ".*"older versions stay until the next rotation"$ ]]
	same "hint: innodb_encryption_rotate_key_age is 1: pages with a key up to 1 version old are not re-encrypted" "$stderr"
	server_stop
	run -4 --separate-stderr mkeyfile remove 100 --old-versions --datadir=data
	[[ ${stderr_lines[0]} == "mkeyfile remove: key ID 100 version 1 is needed by "*" files, for example 'data/db/"* ]]
}

@test "--wait ends at once if nothing re-encrypts" {
	plugin_setup
	start mkeyfile_key_management --innodb-encryption-threads=0
	mkeyfile rotate 100 -q -t 11.8-enterprise
	mkeyfile rotate 100 -q --flush "${here[@]}"
	run --separate-stderr timeout 60 "$MKEYFILE" status "${here[@]}" --wait 100
	same 1 "$status"
	[[ ${lines[2]} == *"not re-encrypted: innodb_encryption_threads is 0" ]]
	same "hint: run SET GLOBAL innodb_encryption_threads = 4" "$stderr"
	sql -e 'SET GLOBAL innodb_encryption_rotate_key_age = 0; SET GLOBAL innodb_encryption_threads = 2'
	run --separate-stderr timeout 60 "$MKEYFILE" status "${here[@]}" --wait 100
	same 1 "$status"
	[[ ${lines[2]} == *"not re-encrypted: innodb_encryption_rotate_key_age is 0" ]]
	same "hint: run SET GLOBAL innodb_encryption_rotate_key_age = 1" "$stderr"
	sql -e 'SET GLOBAL innodb_encryption_rotate_key_age = 1'
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100 100
}

@test "--wait ends at once if innodb_encrypt_tables is OFF, and the hints re-encrypt all tables" {
	plugin_setup
	start mkeyfile_key_management --innodb-encrypt-tables=OFF
	sql db -e 'CREATE SEQUENCE numbers ENGINE=InnoDB ENCRYPTED=YES ENCRYPTION_KEY_ID=100'
	mkeyfile rotate 100 -q -t 11.8-enterprise
	mkeyfile rotate 100 -q --flush "${here[@]}"
	run --separate-stderr timeout 60 "$MKEYFILE" status "${here[@]}" --wait 100
	same 1 "$status"
	[[ ${lines[2]} == "100         3           3           1           "*"  not re-encrypted: innodb_encrypt_tables is OFF" ]]
	same "hint: run ALTER TABLE ... FORCE, ALGORITHM=COPY on each table with ENCRYPTED=YES
hint: or run SET GLOBAL innodb_encrypt_tables = ON, which also encrypts all tables except those with ENCRYPTED=NO" "$stderr"
	run -1 --separate-stderr mkeyfile status "${here[@]}" --json 100
	same stalled "$(jq -r .state <<<"$output")"
	# the statements of the manual rewrite sequences and partitions too
	sed -n '/^SELECT CONCAT.*COPY/,/^\.Ed/{/^\.Ed/!p}' "$abs_top_srcdir/man/mkeyfile-rotation.7" | sql | sql
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100 100
	# the same with the version before the newest: the next rotation does not re-encrypt it
	mkeyfile rotate 100 -q --flush "${here[@]}"
	run -1 --separate-stderr mkeyfile status "${here[@]}" --wait 100
	[[ ${lines[2]} == "100         4           4           3           "*"  not re-encrypted: innodb_encrypt_tables is OFF" ]]
	mkeyfile rotate 100 -q --flush "${here[@]}"
	sql -e 'SET GLOBAL innodb_encrypt_tables = ON'
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100 100
	server_stop
	mkeyfile remove 100 --old-versions --datadir=data -q
	start mkeyfile_key_management --innodb-encrypt-tables=OFF
	same 3000 "$(sql -e 'SELECT COUNT(*) FROM db.hundred LEFT JOIN db.parts USING (i)')"
	same "" "$(grep -E '\[ERROR\]|corrupt' data.log)"
}

# Slows the server's reads down, so that re-encryption takes long.
slow_down() {
	command strace -f -qq -o /dev/null -p "$server_pid" -e trace=pread64 -e inject=pread64:delay_enter=200000 3>&- &
	tracer=$!
	for ((i = 0; i < 100; i++)); do
		[ "$(sed -n 's/^TracerPid:\t//p' "/proc/$server_pid/status")" = 0 ] || return 0
		sleep 0.1
	done
	return 1
}

@test "--wait shows a bar on a terminal, ends after --timeout, and detects the end of the rotation" {
	plugin_setup
	start mkeyfile_key_management --innodb-buffer-pool-size=6M --innodb-buffer-pool-load-at-startup=OFF
	mkeyfile rotate --all -q -t 11.8-enterprise
	slow_down
	mkeyfile rotate --all -q --flush "${here[@]}"
	run --separate-stderr timeout 60 "$MKEYFILE" status "${here[@]}" --wait --timeout=1
	same 1 "$status"
	[[ ${stderr_lines[0]} =~ ^"mkeyfile status: re-encryption is not done after 1 seconds: "[0-9]+" tablespace"(" is"|"s are")" left"$ ]]
	grep -qE 're-encrypting, [0-9]+%, [0-9]+ left$' <<<"$output"
	run timeout 60 env TERM=xterm script -qec "'$MKEYFILE' status --server='$PWD/socket' --wait --timeout=2" /dev/null
	grep -qE 're-encrypting \[[=> ]{30}\] +[0-9]+%, [0-9]+ of [0-9]+ tablespaces left' <<<"$output"
	kill "$tracer"
	wait "$tracer" || :
	run -0 timeout 120 "$MKEYFILE" status "${here[@]}" --wait --timeout=100
}

@test "a server that refuses the changed file continues with the old keys, and rotate says both" {
	plugin_setup
	start mkeyfile_key_management
	rows=$(just_rows)
	mv keyfile.key other.key
	run --separate-stderr mkeyfile rotate 100 --flush "${here[@]}" -t 11.8-enterprise -P other.key
	same 2 "$status"
	grep -q "^mkeyfile rotate: server '$PWD/socket': mkeyfile_key_management: " <<<"$stderr"
	same "hint: the key file was changed" "${stderr_lines[-1]}"
	same 1 "$(status_of newest_version_100)"
	same "$rows" "$(just_rows)"
	mv other.key keyfile.key
	run -1 mkeyfile status "${here[@]}"
}

@test "a read-only server re-encrypts nothing, and --wait does not wait for it" {
	plugin_setup
	start mkeyfile_key_management
	mkeyfile rotate 100 -q -t 11.8-enterprise -f keyfile -P keyfile.key
	mkeyfile rotate 100 -q -f keyfile -P keyfile.key
	server_stop
	start mkeyfile_key_management --innodb-read-only=ON
	run --separate-stderr mkeyfile status "${here[@]}" --wait 100
	same 1 "$status"
	[[ ${lines[2]} == *"  not re-encrypted: innodb_read_only is ON" ]]
	same "hint: restart the server with innodb_read_only = OFF" "$stderr"
}

@test "a server that reads another copy of the key file has not loaded the new version, and rotate says so" {
	plugin_setup
	start mkeyfile_key_management
	cp -p keyfile copy
	run --separate-stderr mkeyfile rotate 100 --flush "${here[@]}" -t 11.8-enterprise -f copy
	same 2 "$status"
	same "mkeyfile rotate: warning: the server reads its keys from another file: '$PWD/keyfile'
mkeyfile rotate: the server has read its key file again, but has not loaded key ID 100 version 2
hint: copy 'copy' to the server's key file '$PWD/keyfile', and run SET GLOBAL mkeyfile_key_management_reload = ON" "$(head -n 3 <<<"$stderr")"
	same "hint: the key file was changed" "${stderr_lines[-1]}"
}

# Enterprise Server is not available here: its part of this rotation is known from its documentation
# only, as mkeyfile-rotation(7) says. This test checks the file at every step, against the documented
# rules and with a server that must refuse the file.
@test "by a new version for Enterprise Server 11.8: the key file at every step" {
	judged() { # number of keys
		run -0 mkeyfile verify -t 11.8-enterprise
		[[ ${lines[0]} == "yes: '$PWD/keyfile' loads on 11.8-enterprise" && ${lines[1]} == "  $1 keys, versioned, "* ]]
		run -1 server_loads "$PWD/keyfile" "$PWD/keyfile.key"
		same "Invalid key at $PWD/keyfile line 2, column 3" "$output"
	}
	run -0 server_loads "$PWD/keyfile" "$PWD/keyfile.key"
	mkeyfile list --json >manifest
	run -0 mkeyfile rotate --all -q -t 11.8-enterprise
	judged 6
	run -0 mkeyfile rotate --all -q
	judged 9
	# the old keys are in the file as version 1
	run -1 mkeyfile diff manifest --json
	same '[0,6,0]' "$(jq -c '[(.missing, .extra, .different) | length]' <<<"$output")"
	# the data still needs these keys
	run -4 mkeyfile remove --all --old-versions --datadir=data
	run -0 mkeyfile remove --all --old-versions --force -q
	judged 3
	same '[3,3,3]' "$(mkeyfile list --json | jq -c '[.keys[].version]')"
}

@test "a replica needs the new ID first, but may use a different key" {
	local log

	start file_key_management
	mariadb-dump --no-defaults -uroot -S "$PWD/socket" --databases db >dump.sql
	rows=$(just_rows)
	mkeyfile rotate 100 --new-id -q "${here[@]}" >move.sql
	server_stop
	start file_key_management
	log=$(sql -e 'SHOW MASTER STATUS' | cut -f 1)
	sql <move.sql
	# the events that the primary sends
	mariadb-binlog --no-defaults -uroot -S "$PWD/socket" --read-from-remote-server "$log" >events.sql
	grep -q 'ENCRYPTION_KEY_ID.*101' events.sql
	server_stop

	server_install "$PWD/replica"
	mkeyfile generate -q --file=replica.keyfile --password-file=keyfile.key 1 2 100
	server_start "$PWD/replica" "$PWD/replica.keyfile" "$PWD/keyfile.key"
	sql <dump.sql
	run ! sql <events.sql
	[[ $output == *ERROR* ]]
	server_stop
	mkeyfile add -q --file=replica.keyfile --password-file=keyfile.key 101
	server_start "$PWD/replica" "$PWD/replica.keyfile" "$PWD/keyfile.key"
	sql <events.sql
	same "$rows" "$(just_rows)"
	run -1 mkeyfile diff --file=replica.keyfile keyfile
	server_stop
	run -0 mkeyfile verify --file=replica.keyfile --datadir=replica
}
