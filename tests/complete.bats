#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a data directory lacks, and where a server keeps its data.
bats_require_minimum_version 1.5.0
load common
load data

# A directory with everything that has a .frm file and no .ibd file.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	data_keys keys
	data_install "$PWD/data" --innodb-undo-tablespaces=2
	cp -a data fresh
	data_start "$PWD/data" "$PWD/keys" --innodb-undo-tablespaces=2 --relay-log=relay
	data_sql "$PWD/data" <<-END
		CREATE DATABASE db;
		CREATE DATABASE none;
		CREATE DATABASE IF NOT EXISTS sys;
		USE db;
		CREATE TABLE t (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO t VALUES (1);
		CREATE TABLE gone (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=101;
		DROP TABLE gone;
		SET GLOBAL innodb_file_per_table = OFF;
		CREATE TABLE within (i INT PRIMARY KEY);
		CREATE TABLE within_old (i INT PRIMARY KEY) ROW_FORMAT=REDUNDANT;
		SET GLOBAL innodb_file_per_table = ON;
		CREATE TABLE discarded (i INT PRIMARY KEY);
		ALTER TABLE discarded DISCARD TABLESPACE;
		CREATE TABLE discarded_old (i INT PRIMARY KEY) ROW_FORMAT=REDUNDANT;
		ALTER TABLE discarded_old DISCARD TABLESPACE;
		CREATE TABLE parts (i INT PRIMARY KEY) PARTITION BY HASH(i) PARTITIONS 2;
		CREATE TABLE versions (i INT) WITH SYSTEM VERSIONING
			PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION pn CURRENT);
		CREATE TABLE \`a-b c\` (i INT PRIMARY KEY);
		CREATE TABLE often (i INT PRIMARY KEY);
		CREATE TABLE far (i INT PRIMARY KEY) DATA DIRECTORY='$PWD/far';
		CREATE TABLE words (i INT PRIMARY KEY, t TEXT, FULLTEXT(t));
		CREATE TABLE aria (i INT PRIMARY KEY) ENGINE=Aria;
		CREATE TABLE aria_parts (i INT PRIMARY KEY) ENGINE=Aria PARTITION BY HASH(i) PARTITIONS 2;
		CREATE TABLE isam (i INT) ENGINE=MyISAM;
		CREATE TABLE merged (i INT) ENGINE=MRG_MyISAM UNION=(isam);
		CREATE TABLE memory (i INT) ENGINE=MEMORY;
		CREATE TABLE csv (i INT NOT NULL) ENGINE=CSV;
		CREATE SEQUENCE numbers;
		CREATE SEQUENCE aria_numbers ENGINE=Aria;
		CREATE VIEW seen AS SELECT * FROM t;
		CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='x';
		START SLAVE;
		FLUSH BINARY LOGS;
	END
	data_wait_encrypted "$PWD/data"
	server_stop
}

setup_test() {
	DATA=$BATS_FILE_TMPDIR
	: "${DATA:?}"
	export MKEYFILE_FILE=$DATA/keys
}

teardown() {
	server_stop
}

# A copy of the data directory
copy() {
	rm -rf copy
	cp -a --sparse=always "$DATA/data" copy
}

# lacks LINE...: what verify says is missing, and remove refuses to do
lacks() { # [option...] -- line...
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	run --separate-stderr mkeyfile verify -q --no-defaults --server-user=root --datadir=copy "${options[@]}"
	same "$(printf '%s\n' "$@")" "$(grep -E '^(incomplete|hint: (add --datadir|mount))' <<<"$output" | grep -v ' encrypted file')"
	same $(($# > 0 ? 2 : 0)) "$status"
	run --separate-stderr mkeyfile remove -q -n --no-defaults 102 --datadir=copy "${options[@]}"
	same $(($# > 0 ? 4 : 0)) "$status"
	[ $# = 0 ] || same "mkeyfile remove: the data is incomplete: ${1#incomplete: }" "${stderr_lines[0]}"
}

elsewhere() { # setting
	printf '%s' "hint: add --datadir with the directory that $1 sets, or use --server-data"
}

# far_counts BACKUP: of a table with DATA DIRECTORY, the backup's own file counts, and not that of the server, which the
# link names
far_counts() {
	[ -e "$1/db" ] || return 0
	same "$DATA/far/db/far.ibd" "$(<"$1/db/far.isl")"
	run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir="$1"
	same "$1/db/far.ibd" "$(jq -r '.data.files[].path | select(endswith("far.ibd"))' <<<"$output")"
	mv "$1/db/far.ibd" far.lost
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir="$1"
	contains "$output" "incomplete: the table file '$1/db/far.ibd' is missing"
	run --separate-stderr mkeyfile remove -q -n --no-defaults 102 --datadir="$1"
	same 4 "$status"
	# in a directory that a server was started on, the link counts
	: >"$1/multi-master.info"
	run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir="$1"
	same "$DATA/far/db/far.ibd" "$(jq -r '.data.files[].path | select(endswith("far.ibd"))' <<<"$output")"
	rm "$1/multi-master.info"
	mv far.lost "$1/db/far.ibd"
}

# rename_far BACKUP: what mariadb-backup leaves when db.old is renamed to db.far while it runs
rename_far() {
	[ -e "$1/db" ] || return 0
	mv "$1/db/far.ibd" "$1/db/old.ibd"
	printf db/far >"$1/db/old.ren"
	run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir="$1"
	same "0 0 $1/db/old.ibd" "$(jq -r '.data | "\(.missing_part_count) \(.unsure_file_count) \(.files[].path | select(endswith("old.ibd")))"' <<<"$output")"
	mv "$1/db/old.ibd" old.lost
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir="$1"
	contains "$output" "incomplete: the table file '$1/db/far.ibd' is missing"
	mv old.lost "$1/db/old.ibd"
}

@test "a whole data directory lacks nothing, and neither does a backup" {
	copy
	lacks --
	run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir=copy
	same '0 []' "$(jq -r '"\(.data.missing_part_count) \(.data.missing_parts)"' <<<"$output")"
	data_start "$PWD/copy" "$DATA/keys" --innodb-undo-tablespaces=2 --relay-log=relay
	mariadb-backup --no-defaults --backup --user=root --socket="$PWD/copy.socket" --datadir="$PWD/copy" --target-dir=backup \
		--innodb-log-file-size=8M >backup.log 2>&1
	mariadb-backup --no-defaults --backup --databases=mysql --user=root --socket="$PWD/copy.socket" --datadir="$PWD/copy" \
		--innodb-log-file-size=8M --target-dir=partial >>backup.log 2>&1
	mariadb-backup --no-defaults --backup --databases=db --user=root --socket="$PWD/copy.socket" --datadir="$PWD/copy" \
		--innodb-log-file-size=8M --target-dir=without-mysql >>backup.log 2>&1
	[ ! -e without-mysql/mysql ]
	for depth in '' /..; do
		run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir="copy$depth"
		same 'true 0' "$(jq -r '"\(.data.live) \(.data.missing_part_count)"' <<<"$output")"
		run --separate-stderr mkeyfile remove -q -n --no-defaults 102 --datadir="copy$depth"
		same 4 "$status"
		same "mkeyfile remove: a server is running on the data: the keys it needs may change at any moment" "${stderr_lines[0]}"
	done
	server_stop
	for backup in backup partial without-mysql; do
		run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir=$backup
		same 0 "$(jq -r .data.missing_part_count <<<"$output")"
		far_counts $backup
		rename_far $backup
		mariadb-backup --defaults-file=$backup/backup-my.cnf --prepare --target-dir=$backup >>backup.log 2>&1
		far_counts $backup
		# of a table that is not in the list
		[ ! -e $backup/db ] || cp $backup/db/far.isl $backup/db/stale.isl
		run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir=$backup
		same 0 "$(jq -r .data.missing_part_count <<<"$output")"
		run -0 mkeyfile remove -q -n --no-defaults 102 --datadir=$backup
	done
}

@test "a server that starts while its data is read counts as running" {
	local counts
	copy
	run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir=copy
	counts=$(jq -r '"\(.data.missing_part_count) \(.data.file_count) \(.data.bytes)"' <<<"$output")
	# the second look for a lock finds one
	run -0 --separate-stderr strace -f -o trace -P copy/ibdata1 -e trace=fcntl -e inject=fcntl:retval=0:when=2+ \
		"$MKEYFILE" verify -q -j --no-defaults --server-user=root --datadir=copy
	grep -q INJECTED trace
	# the data was read again, all of it, and counts once
	same "true $counts" "$(jq -r '"\(.data.live) \(.data.missing_part_count) \(.data.file_count) \(.data.bytes)"' <<<"$output")"
	[ "$(grep -c F_GETLK trace)" -ge 3 ]
	run -4 --separate-stderr strace -f -o trace -P copy/ibdata1 -e trace=fcntl -e inject=fcntl:retval=0:when=2+ \
		"$MKEYFILE" remove -q -n --no-defaults 102 --datadir=copy
	same "mkeyfile remove: a server is running on the data: the keys it needs may change at any moment" "$(grep -v ^strace: <<<"$stderr" | head -1)"
	# before its first lock, a server makes and removes this file
	touch copy/host.lower-test
	run -0 --separate-stderr strace -f -o trace -P copy/host.lower-test -e trace=openat -e inject=openat:error=ENOENT \
		"$MKEYFILE" verify -q -j --no-defaults --server-user=root --datadir=copy
	grep -q INJECTED trace
	same '0 0' "$(jq -r '"\(.data.answers.unreadable) \(.data.unsure_file_count)"' <<<"$output")"
}

@test "each part that is missing is named, with the setting that moves it" {
	copy
	mkdir elsewhere
	# what file setting
	while IFS='|' read -r words file setting; do
		mv copy/"$file" elsewhere
		lacks -- "incomplete: $words" "$(elsewhere "$setting")"
		lacks --datadir=elsewhere --
		# a part of another server does not count
		lacks --datadir="$DATA/data" -- "incomplete: $words" "$(elsewhere "$setting")"
		mv elsewhere/"$file" copy
	done <<-END
		'copy' has no system tablespace (ibdata1)|ibdata1|innodb_data_home_dir
		'copy/ibdata1' lists an undo tablespace that is missing: space ID 2|undo002|innodb_undo_directory
		'copy' has no redo log (ib_logfile0)|ib_logfile0|innodb_log_group_home_dir
		'copy' has no Aria log (aria_log_control)|aria_log_control|aria_log_dir_path
	END
}

@test "logs listed in an index file" {
	copy
	mkdir elsewhere
	mv copy/binlog.000001 elsewhere
	lacks -- "incomplete: 'copy/binlog.index' lists the log '$DATA/data/binlog.000001', which is missing" "$(elsewhere log_bin)"
	lacks --datadir=elsewhere --
	# a log that exists, but is not read
	sed -i "s|^.*/|../elsewhere/|" copy/binlog.index
	lacks -- "incomplete: 'copy/binlog.index' lists the log '../elsewhere/binlog.000001', which is missing" "$(elsewhere log_bin)"
	lacks --datadir=elsewhere --
	# a link is followed
	sed -i "s|^.*/|./logs/|" copy/binlog.index
	ln -s ../elsewhere copy/logs
	lacks --
	rm copy/logs
	mv elsewhere/* copy
	rm copy/relay.000001
	lacks -- "incomplete: 'copy/relay.index' lists the log './relay.000001', which is missing" \
		"incomplete: 'copy/relay-log.info' lists the log './relay.000001', which is missing" "$(elsewhere relay_log)"
}

@test "relay-log.info: the log of the primary is not missing, and an index of any name is one of relay logs" {
	local log=./relay.000001
	copy
	# the second form is that of old servers
	for lines in "5\n$log\n4\nprimary.000042\n17\n0" "$log\n4\nprimary.000042\n17" '5\n\n4\nprimary.000042\n17\n0' '5'; do
		printf '%b\n' "$lines" >copy/relay-log-other.info
		lacks --
	done
	rm copy/relay*
	echo /srv/far.000001 >copy/far.index
	lacks -- "incomplete: 'copy/far.index' lists the log '/srv/far.000001', which is missing" "$(elsewhere log_bin)"
	printf '5\n/srv/far.000002\n4\n' >copy/relay-log-other.info
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "incomplete: 'copy/far.index' lists the log '/srv/far.000001', which is missing"
	contains "$output" "incomplete: 'copy/relay-log-other.info' lists the log '/srv/far.000002', which is missing"
	same "$(elsewhere relay_log)" "$(grep '^hint: add' <<<"$output")"
	# the name of the directory says nothing
	rm copy/far.index copy/relay-log-other.info copy/binlog.000001
	mv copy relay
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=relay
	same "$(elsewhere log_bin)" "$(grep '^hint: add' <<<"$output")"
}

@test "a log in the data directory of another server is not the one that an index file lists" {
	copy
	mv copy other
	copy
	rm copy/binlog.000001
	lacks --datadir=other -- "incomplete: 'copy/binlog.index' lists the log '$DATA/data/binlog.000001', which is missing" \
		"$(elsewhere log_bin)"
	# the directory of the logs only
	mkdir logs
	mv other/binlog.* logs
	lacks --datadir=logs --
}

@test "a large file with the name of an index file, and without lines, is not read into memory" {
	! grep -q __asan_init "$MKEYFILE" || skip 'AddressSanitizer needs more memory'
	copy
	truncate -s 800M copy/large.index
	run -0 python3 - "$MKEYFILE" verify -q --no-defaults --server-user=root --datadir=copy <<-'END'
		import resource, subprocess, sys
		status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
		print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 400000)
	END
	same '0 True' "$output"
}

@test "a log that the server deletes while its index file is read is not missing" {
	copy
	env ASAN_OPTIONS=detect_leaks=0 strace -f -o calls -P "$PWD/copy/relay.index" -e trace=read -e inject=read:signal=STOP:when=1 \
		"$MKEYFILE" verify -q --no-defaults --server-user=root --datadir="$PWD/copy" >words 2>&1 3>&- &
	# shellcheck disable=SC2034 # await_stop and go_on read it
	holder=$!
	await_stop
	grep -v '000001$' copy/relay.index >index || :
	mv index copy/relay.index
	rm copy/relay.000001
	printf '5\n\n4\n' >copy/relay-log.info
	go_on
	same 0 "$ended"
}

@test "tables without their file, according to the system tablespace and .frm files" {
	local hint='hint: mount the file system, or restore the files'
	local only=("incomplete: the table file 'copy/db/only.ibd' is missing")
	! server_before_10_6 || only=()
	copy
	rm copy/db/t.ibd 'copy/db/parts#P#p0.ibd' copy/db/far.isl copy/db/numbers.* copy/db/a@002db@0020c.ibd
	cp copy/db/t.frm copy/db/only.frm
	rm copy/db/aria.MAI copy/db/aria.MAD
	lacks -- "incomplete: the table file 'copy/db/a@002db@0020c.ibd' is missing" \
		"incomplete: the table file 'copy/db/far.ibd' is missing" \
		"incomplete: the table file 'copy/db/numbers.ibd' is missing" \
		"incomplete: the table file 'copy/db/parts#P#p0.ibd' is missing" \
		"incomplete: the table file 'copy/db/t.ibd' is missing" \
		"incomplete: the table file 'copy/db/aria.MAI' is missing" "${only[@]}" "$hint"
	# a crash of 10.5 leaves such a .frm file: "Table 'db.only' doesn't exist in engine"
	copy
	cp copy/db/t.frm copy/db/only.frm
	lacks -- ${only:+"${only[@]}" "$hint"}
	change_block copy/ib_logfile0 512 16 "4d6172696144422031302e352e323300"
	lacks --
	rm copy/db/t.ibd copy/db/aria.MAI copy/db/aria.MAD
	lacks -- "incomplete: the table file 'copy/db/t.ibd' is missing" \
		"incomplete: the table file 'copy/db/aria.MAI' is missing" "$hint"
	# a crash in the middle of statements that the next start ends
	copy
	rm copy/db/aria.MAI copy/db/aria.MAD
	cp copy/db/t.frm copy/db/only.frm
	: >copy/ddl_recovery.log
	lacks --
	mkdir copy/db2
	printf '%s' "$PWD/nowhere/db2/#sql-ib99.ibd" >'copy/db2/#sql-ib99.isl'
	run -0 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	# 10.5 fails to rename such a table
	! server_before_10_6 || return 0
	data_start "$PWD/copy" "$DATA/keys" --innodb-undo-tablespaces=2 --relay-log=relay
	same "" "$(grep '#sql-ib' copy.log)"
	data_sql "$PWD/copy" <<-END
		CREATE TABLE db.split (i INT PRIMARY KEY) PARTITION BY HASH(i)
			(PARTITION p0 DATA DIRECTORY='$PWD/split', PARTITION p1);
		RENAME TABLE db.split TO db2.split;
		ALTER TABLE db2.split ADD COLUMN j INT, ALGORITHM=COPY;
		DROP TABLE db2.split;
	END
	server_stop
	# the server left links
	same "$PWD/split/db/split#P#p0.ibd gone" "$(<'copy/db/split#P#p0.isl') $([ -e split/db/split#P#p0.ibd ] || echo gone)"
	rm copy/db/only.frm copy/db/aria.frm
	run -0 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	# a link of no table, and one of a table that the server has
	mv 'copy/db2/#sql-ib99.isl' copy/db2/t.isl
	run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir=copy
	same 'copy/db/split#P#p0.isl copy/db2/#sql-backup copy/db2/t.isl' "$(jq -r '.data.files[] |
		select(.note == "leftover-link" and .answer == "not-encrypted").path | sub("backup-.*"; "backup")' <<<"$output" | xargs)"
	run -0 mkeyfile remove -q -n --no-defaults 102 --datadir=copy
	run -1 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy --file=<(data_replace_key "$DATA/keys" 1)
	contains "$output" "unreadable: 'copy/db2/t.isl': unknown; a link to '$PWD/nowhere/db2/#sql-ib99.ibd', which is missing: mount or restore that file, or delete the link if the server has no such table"
	printf '%s/\033[31mnowhere.ibd' "$PWD" >copy/db/far.isl
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "unreadable: 'copy/db/far.isl': unknown; a link to '$PWD/\\033[31mnowhere.ibd', which is missing: mount"
	same 1 "$(grep -c '^unreadable' <<<"$output")"
	run --separate-stderr mkeyfile remove -q -n --no-defaults 102 --datadir=copy
	same 4 "$status"
	same "mkeyfile remove: 1 file may need keys that mkeyfile cannot determine, for example 'copy/db/far.isl'" "${stderr_lines[0]}"
	mkdir -p moved/db
	copy
	mv copy/db/t.ibd moved/db
	lacks --datadir=moved --
	# an unclean redo log may still create and drop the tables that it names
	data_start "$PWD/copy" "$DATA/keys" --innodb-undo-tablespaces=2 --relay-log=relay
	data_sql "$PWD/copy" <<-END
		CREATE TABLE db.more (i INT PRIMARY KEY);
		INSERT INTO db.more VALUES (1);
		RENAME TABLE db.often TO db.one, db.one TO db.two, db.two TO db.three;
	END
	kill_server
	# the statement that was interrupted makes a new table of the first name
	cp copy/db/three.frm copy/db/often.frm
	rm copy/db/more.ibd copy/db/words.ibd
	run --separate-stderr mkeyfile verify -q -j --no-defaults --server-user=root --datadir=copy
	same 'db/t.ibd db/words.ibd' "$(jq -r '.data.missing_parts[] | select(.part == "table") | .name' <<<"$output" | sort | xargs)"
}

# leftovers: what verify, which says yes, counts as damaged and unsure, and the leftovers
leftovers() {
	run -0 --separate-stderr mkeyfile verify -q -j --no-defaults --server-user=root --datadir=copy
	jq -r '"\(.data.answers.damaged) \(.data.unsure_file_count)", (.data.files[] | select(.note == "leftover") | "\(.answer) \(.path)")' \
		<<<"$output" >left
	xargs <left
}

@test "a file of zeros without a table was left by an interrupted statement" {
	local note="note: 'copy/db/FTS_0000000000000783_0000000000000b98_INDEX_5.ibd' and others contain no data: interrupted statements left them, and they block new tables of their names"
	local fts=FTS_0000000000000783_0000000000000b98_INDEX_5.ibd file
	copy
	truncate -s 0 copy/db/empty.ibd
	truncate -s 64K copy/db/zero.ibd "copy/db/$fts"
	cp copy/db/t.frm copy/db/zero.frm
	same "0 0 not-encrypted copy/db/$fts not-encrypted copy/db/empty.ibd not-encrypted copy/db/zero.ibd" "$(leftovers)"
	lacks --
	run -0 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "$note"
	# not without the list of tables
	run -1 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy --file=<(data_replace_key "$DATA/keys" 1)
	contains "$output" "not provable: 'copy/db/empty.ibd': InnoDB"
	mv copy/ibdata1 .
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "not provable: 'copy/db/empty.ibd': InnoDB" \
		"incomplete: 'copy' has no system tablespace (ibdata1)"
	mv ibdata1 copy
	mkdir lone
	cp -r copy/db lone
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=lone
	contains "$output" "not provable: 'lone/db/empty.ibd': InnoDB"
	# nor where the file is that of another directory
	run mkeyfile verify -q -j --no-defaults --server-user=root --datadir=copy --datadir=lone
	same '' "$(jq -r '.data.files[] | select(.note == "leftover") | .path' <<<"$output" | grep lone)"
	[ "$status" != 0 ]
	rm copy/db/empty.ibd "copy/db/$fts"
	# one that the server lists, or that is not zero to its end
	for file in copy/db/t.ibd copy/db/words.ibd; do
		cp $file kept
		truncate -s 0 $file
		truncate -s 64K $file
		run -1 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
		contains "$output" "damaged: '$file': InnoDB; the first page does not match the kind of file"
		run -4 mkeyfile remove -q -n --no-defaults 102 --datadir=copy
		cp kept $file
	done
	printf x >>copy/db/zero.ibd
	run -1 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "damaged: 'copy/db/zero.ibd': InnoDB; the first page does not match the kind of file"
	truncate -s 64K copy/db/zero.ibd

	# the same while a server runs, and after a crash
	data_start "$PWD/copy" "$DATA/keys" --innodb-undo-tablespaces=2 --relay-log=relay
	same '0 0 not-encrypted copy/db/zero.ibd' "$(leftovers)"
	# which may be about to write it
	run -0 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	same '' "$(grep 'an interrupted statement' <<<"$output")"
	data_sql "$PWD/copy" <<<'CREATE TABLE db.more (i INT PRIMARY KEY); INSERT INTO db.more VALUES (1)'
	kill_server
	truncate -s 0 copy/db/empty.ibd
	same '0 0 not-encrypted copy/db/empty.ibd not-encrypted copy/db/zero.ibd' "$(leftovers)"
	truncate -s 0 copy/db/t.ibd
	run -1 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "damaged: 'copy/db/t.ibd': InnoDB; the first page does not match the kind of file"
}

@test "a database directory that is not mounted" {
	local hint='hint: mount the file system, or restore the files'
	copy
	rm -r copy/sys/* copy/none/*
	lacks -- "incomplete: the database directory 'copy/none' contains no files" \
		"incomplete: the database directory 'copy/sys' contains no files" "$hint"
	mkdir copy/sys/lost+found
	lacks -- "incomplete: the database directory 'copy/none' contains no files" \
		"incomplete: the database directory 'copy/sys' contains no files" "$hint"
	copy
	mkdir copy/lost+found copy/.sst copy/#innodb copy/tmp copy/mysqltmp
	lacks --
}

@test "a server without InnoDB needs none of its parts" {
	copy
	rm -r copy/ib* copy/undo* copy/db
	lacks -- "incomplete: 'copy' has no system tablespace (ibdata1)" "$(elsewhere innodb_data_home_dir)" \
		"incomplete: 'copy' has no redo log (ib_logfile0)" "$(elsewhere innodb_log_group_home_dir)"
	rm -f copy/mysql/*.ibd copy/mysql/innodb_* copy/mysql/gtid_slave_pos.frm copy/mysql/transaction_registry.frm
	lacks --
}

@test "a directory that is not a data directory is not judged as one" {
	mkdir files logs
	cp -a "$DATA"/data/db/t.ibd files
	cp -a "$DATA"/data/binlog.000001 logs
	for directory in files logs "$DATA/data/db"; do
		run -0 mkeyfile verify -q --no-defaults --server-user=root --datadir="$directory"
		same "note: no data directory was found, so missing files cannot be detected" "${lines[-1]}"
		run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir="$directory"
		same 0 "$(jq -r .data.missing_part_count <<<"$output")"
	done
	# and what has a part of one is
	copy
	mv copy/ibdata1 logs
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=logs
	contains "$output" "incomplete: the data directory that 'logs' belongs to was not given"
	contains "$output" "$(elsewhere datadir)"
}

@test "two data directories in one: each has its own parts" {
	mkdir both
	cp -a --sparse=always "$DATA/data" both/one
	cp -a --sparse=always "$DATA/data" both/two
	run -0 mkeyfile verify -q --no-defaults --server-user=root --datadir=both
	rm both/two/undo001 both/two/ib_logfile0
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=both
	contains "$output" "incomplete: 'both/two/ibdata1' lists an undo tablespace that is missing: space ID 1"
	contains "$output" "incomplete: 'both/two' has no redo log (ib_logfile0)"
	same "" "$(grep -F both/one <<<"$output")"
}

@test "the additional files of a Galera node are known, and its cache is reported" {
	copy
	truncate -s 2M copy/galera.cache
	printf 'rows' >copy/galera.cache
	cp copy/galera.cache copy/gcache.page.000001
	for name in donor_galera_info grastate.dat gvwstate.dat wsrep_sst.pid rsync_sst.conf rsync_sst_complete \
		backup_sst_complete xtrabackup_galera_info mariadb_backup_galera_info xtrabackup_galera_info_SST \
		wsrep_sst_binlog.tar tables_flushed mariabackup.move.log GRA_1_2_v2.log stunnel.conf \
		server_audit.log.1 sql_errors.log.2 slow.log.3.gz host.err.old host.err-20260101 core core.123 auto.cnf x.pem \
		debian-10.11.flag mysql_upgrade_info ddl_recovery.log mysql.sock.lock .mysql_history binlog.~rec~ \
		innodb_status.12; do
		echo text >"copy/$name"
	done
	mkdir copy/lost+found copy/.sst
	lacks --
	run -0 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "note: 'copy/GRA_1_2_v2.log' contains rows in clear text: Galera encrypts neither its cache nor failed write sets"
	run -0 mkeyfile verify -q -j --no-defaults --server-user=root --datadir=copy
	same 'copy/GRA_1_2_v2.log copy/galera.cache copy/gcache.page.000001' \
		"$(jq -r '.data.files[] | select(.note == "clear-text") | .path' <<<"$output" | sort | xargs)"
	cp "$DATA/keys" removable
	chmod 600 removable
	run -0 mkeyfile remove -q --no-defaults --file=removable --server-user=root 102 --datadir=copy
	run -4 mkeyfile remove -q --no-defaults --file=removable --server-user=root 100 --datadir=copy
}

# The states of a joiner's directory, as measured on clusters with both methods
@test "a Galera node is incomplete until its state transfer has ended" {
	local transfer="incomplete: the Galera state transfer into 'copy' is incomplete"
	mkdir empty
	echo cache >empty/galera.cache
	printf '# GALERA saved state\nuuid:    00000000-0000-0000-0000-000000000000\nseqno:   -1\n' >empty/grastate.dat

	rm -rf copy
	cp -a empty copy
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "incomplete: 'copy' has no system tablespace (ibdata1)"
	touch copy/sst_in_progress
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy
	contains "$output" "$transfer"

	# mariadb-backup: everything goes to .sst first, and the table with key 100 comes late
	mkdir copy/.sst
	cp -a "$DATA/data/mysql" "$DATA/data/ibdata1" copy/.sst
	lacks -- "$transfer"
	run -2 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy --file=<(data_remove_key "$DATA/keys" 100)
	contains "$output" "hint: wait until the node is Synced, or verify the data of its donor"
	cp "$DATA/keys" removable
	chmod 600 removable
	run -4 --separate-stderr mkeyfile remove --no-defaults --file=removable --server-user=root 102 --datadir=copy
	contains "$stderr" "mkeyfile remove: the data is incomplete: ${transfer#incomplete: }"
	contains "$stderr" 'hint: start the node, and shut it down when it is Synced; --force overrides this check'
	# a joiner whose donor has failed deletes sst_in_progress
	rm copy/sst_in_progress
	lacks -- "$transfer"
	run --separate-stderr -2 mkeyfile verify -q -j --no-defaults --server-user=root --datadir=copy
	same state-transfer "$(jq -r '.data.missing_parts[].part' <<<"$output")"

	# rsync: into the data directory, until the very end
	copy
	cp empty/* copy
	touch copy/sst_in_progress copy/rsync_sst_complete
	lacks -- "$transfer"
	# both have ended
	rm copy/sst_in_progress
	mkdir copy/.sst
	lacks --
	# grastate.dat may be elsewhere
	rm copy/grastate.dat copy/galera.cache
	run -0 mkeyfile verify -q --no-defaults --server-user=root --datadir=copy --datadir=empty
}

@test "no file of the kernel is read through a link" {
	copy
	ln -s /proc copy/proc
	ln -s /sys/kernel copy/sys/kernel
	ln -s /proc/version copy/version
	printf /proc/kmsg >copy/db/kernel.isl
	run --separate-stderr timeout 60 mkeyfile verify -j -q --no-defaults --server-user=root --datadir=copy
	same 2 "$status"
	same '/proc/kmsg copy/version' \
		"$(jq -r '.data.files[] | select(.answer == "unreadable") | .path' <<<"$output" | sort | xargs)"
	same '' "$(jq -r '.data.files[] | select(.path | startswith("copy/proc") or startswith("copy/sys/kernel")) | .path' <<<"$output")"
}

# A server whose parts are in directories of their own, stopped
spread_out() {
	local i
	mkdir home log undo aria bin index relay relay-index
	cat >my.cnf <<-END
		[mariadb]
		plugin_load_add = file_key_management
		file_key_management_filename = $PWD/keyfile
		datadir = $PWD/spread
		innodb-data-home-dir = $PWD/home/
		innodb_data_file_path = ibdata1:12M;more:4M:autoextend
		innodb_log_group_home_dir = $PWD/log
		loose-innodb_undo_directory = ../undo
		innodb_undo_tablespaces = 2
		aria-log-dir-path = $PWD/aria
		log_bin = $PWD/bin/binlog
		log_bin_index = $PWD/index/binlog
		relay_log = $PWD/relay/relay
		relay_log_index = $PWD/relay-index/relay
		innodb_encrypt_tables = ON
		encrypt_binlog = ON
		innodb_encrypt_log = ON
		aria_encrypt_tables = ON
		innodb_use_native_aio = OFF
		server_id = 1
		innodb_log_file_size = 8M
	END
	cp "$DATA/keys" keyfile
	chmod 600 keyfile
	mariadb-install-db --defaults-file="$PWD/my.cnf" --user=root --auth-root-authentication-method=normal \
		--skip-test-db --force --skip-name-resolve >install.log 2>&1
	"$MARIADBD" --defaults-file="$PWD/my.cnf" --user=root --socket="$PWD/socket" --skip-networking \
		--pid-file="$PWD/pid" >>server.log 2>&1 3>&- &
	# shellcheck disable=SC2034 # server_stop reads it
	server_pid=$!
	for ((i = 0; i < 600; i++)); do
		mariadb-admin --no-defaults -uroot -S "$PWD/socket" ping >/dev/null 2>&1 && break
		sleep 0.05
	done
	mariadb --no-defaults -uroot -S "$PWD/socket" <<-END
		CREATE DATABASE db;
		CREATE TABLE db.t (i INT PRIMARY KEY) ENCRYPTION_KEY_ID=100;
		CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='x';
		START SLAVE;
	END
	server_stop
}

@test "--server-data: every directory that the option files set" {
	unset MKEYFILE_FILE
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	spread_out
	run --separate-stderr mkeyfile verify -j --defaults-file=my.cnf --server-user=root --server-data
	same "$PWD/spread $PWD/home $PWD/log $PWD/spread/../undo $PWD/aria $PWD/bin $PWD/index $PWD/relay $PWD/relay-index" \
		"$(jq -r '.data.directories | join(" ")' <<<"$output")"
	same '0 true' "$(jq -r '"\(.data.missing_part_count) \(.data.opens)"' <<<"$output")"
	same 0 "$status"
	contains "$stderr" "the server's data: '$PWD/spread' (datadir)"
	contains "$stderr" "the server's data: '$PWD/spread/../undo' (innodb_undo_directory)"
	contains "$stderr" "the server's data: '$PWD/relay-index' (relay_log_index)"
	run -0 mkeyfile remove -n --defaults-file=my.cnf --server-data 102
	run --separate-stderr mkeyfile remove -n -q --defaults-file=my.cnf --server-data 100
	same 4 "$status"
	contains "$stderr" "key ID 100 version 1 is needed by 1 file, for example '$PWD/spread/db/t.ibd'"
	run --separate-stderr mkeyfile rotate -n --defaults-file=my.cnf --server-data --new-id 100
	same 0 "$status"
	contains "$output" 'ALTER TABLE `db`.`t` ENCRYPTION_KEY_ID='
	# the data directory alone says what it lacks
	run --separate-stderr mkeyfile remove -n -q --defaults-file=my.cnf --datadir=spread 102
	same 4 "$status"
	same "mkeyfile remove: the data is incomplete: 'spread' has no system tablespace (ibdata1)" "${stderr_lines[0]}"
	for place in home log aria bin index relay relay-index; do
		mkdir hidden
		mv $place/* hidden
		run --separate-stderr mkeyfile verify -q --defaults-file=my.cnf --server-user=root --server-data
		same 2 "$status"
		contains "$stderr" "/$place'"
		contains "$stderr" "contains no files"
		run --separate-stderr mkeyfile remove -n -q --defaults-file=my.cnf --server-data 102
		same 2 "$status"
		mv hidden/* $place
		rmdir hidden
	done
	run --separate-stderr mkeyfile verify -q --defaults-file=my.cnf --server-user=root --server-data --datadir="$DATA/fresh"
	same 0 "$status"
	# the key of new tables, in the option files alone
	echo 'innodb-default-encryption-key-id=102' >>my.cnf
	run --separate-stderr mkeyfile remove -n -q --defaults-file=my.cnf --server-data 102
	same "4 mkeyfile remove: key ID 102 is the key of new tables: the server's option files set innodb_default_encryption_key_id to it" \
		"$status ${stderr_lines[0]}"
	run -0 mkeyfile verify -q --defaults-file=my.cnf --server-user=root --server-data --strict
	sed -i 's/innodb-default-enc.*/loose_innodb-default-e = 103/' my.cnf
	run -0 mkeyfile remove -n -q --defaults-file=my.cnf --server-data 102
	run -1 mkeyfile verify -q --defaults-file=my.cnf --server-user=root --server-data --strict
	contains "$output" "warning: innodb_default_encryption_key_id is set to 103, but key ID 103 is not in the key file [no-default-key]"
	sed -i '/innodb-default-e/d' my.cnf
	# undo tablespaces that the system tablespace names, and a directory for some that there are not
	mv undo elsewhere
	mkdir undo
	run --separate-stderr mkeyfile verify -q --defaults-file=my.cnf --server-user=root --server-data
	same 2 "$status"
	contains "$output" "lists an undo tablespace that is missing"
	run -4 mkeyfile remove -n -q --defaults-file=my.cnf --server-data 102
	cp -r "$DATA/fresh" fresh
	printf '[mariadbd]\ndatadir=%s\ninnodb_undo_directory=%s\nplugin_load_add=file_key_management\nfile_key_management_filename=%s\n' \
		"$PWD/fresh" "$PWD/undo" "$PWD/keyfile" >fresh.cnf
	run -0 mkeyfile verify -q --defaults-file=fresh.cnf --server-user=root --server-data
	run -0 mkeyfile remove -n -q --defaults-file=fresh.cnf --server-data 102
}

@test "--server-data: usage" {
	for options in 'verify' 'remove 102' 'rotate --new-id 102'; do
		# shellcheck disable=SC2086
		run_refused 64 "mkeyfile ${options%% *}: --server-data requires the option files, which --no-defaults skips" $options --no-defaults --server-data
	done
	run -64 mkeyfile rotate 100 --server-data
	run -64 mkeyfile rotate 100 --new-id --server-data --server
}
