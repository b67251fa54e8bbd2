#!/usr/bin/env bats
# A real server loads what mkeyfile writes, with everything encrypted.
bats_require_minimum_version 1.5.0
load common
load server

setup_test() {
	export MKEYFILE_FILE=$PWD/keyfile
}

teardown() {
	server_stop
}

@test "the server loads every file that generate, add, encrypt, decrypt and rotate --new-id write" {
	for size in 128 192 256; do
		mkeyfile generate -q -f plain$size -s $size 1 2 100
		mkeyfile add -q -f plain$size -s $size 7 4294967294
		mkeyfile rotate -q -f plain$size --new-id 100 >sql
		run -0 server_loads "$PWD/plain$size"
		mkeyfile encrypt -q -f plain$size -o sealed$size --new-password-file=key$size
		run -0 server_loads "$PWD/sealed$size" "$PWD/key$size"
		mkeyfile add -q -f sealed$size -P key$size 8
		mkeyfile rotate -q -f sealed$size -P key$size --new-id --all >sql
		run -0 server_loads "$PWD/sealed$size" "$PWD/key$size"
		mkeyfile decrypt -q -f sealed$size -P key$size --in-place
		run -0 server_loads "$PWD/sealed$size"
		mkeyfile generate -q -f made$size --new-password-file=made$size.key -s $size
		run -0 server_loads "$PWD/made$size" "$PWD/made$size.key"
	done
}

# Checks that the server of a release loads a plain and an encrypted key file.
loads_on_release() { # release version
	server_release "$1"
	[[ $("$MARIADBD" --version) = *" Ver $2."* ]]
	mkeyfile generate -q -f plain 1 2 100
	same 3 "$(grep -cE '^# mkeyfile created [0-9]+;1 20' plain)"
	run -0 server_loads "$PWD/plain"
	# without effect: of another key, malformed, repeated, with CR LF, at the end without a line break
	printf '# mkeyfile created 7;1 2020-01-01T00:00:00Z\n#mkeyfile created\n# mkeyfile created 1;1 x\r\n# mkeyfile created 2;1 2020-01-01T00:00:00Z' >>plain
	run -0 server_loads "$PWD/plain"
	mkeyfile encrypt -q -f plain -o sealed --new-password-file=key
	run -0 server_loads "$PWD/sealed" "$PWD/key"
	echo '1;1;x' >keyfile
	run -1 server_loads "$PWD/keyfile"
	same "Invalid key at $PWD/keyfile line 1, column 3" "$output"
}

# bats test_tags=releases
@test "the server of bullseye loads what mkeyfile writes" {
	loads_on_release bullseye 10.5
}

# bats test_tags=releases
@test "the server of trixie loads what mkeyfile writes" {
	loads_on_release trixie 11.8
}

@test "server_loads fails for a file that does not load" {
	echo '1;1;x' >keyfile
	run -1 server_loads "$PWD/keyfile"
	same "Invalid key at $PWD/keyfile line 1, column 3" "$output"
}

@test "the server refuses a file with versions, as rotate says" {
	mkeyfile generate -q
	run -0 mkeyfile rotate -q 1 -t 11.8-enterprise
	run -1 server_loads "$PWD/keyfile"
	same "Invalid key at $PWD/keyfile line 2, column 3" "$output"
	run --separate-stderr mkeyfile verify -t 10.11
	same "no: $(server_loads "$PWD/keyfile" || :)" "${lines[0]}"
}

# Checks the content that every table in the next test must always have.
all_rows() {
	sql -e 'SELECT COUNT(*), SUM(i), MD5(GROUP_CONCAT(t ORDER BY i)) FROM db.standard
		UNION ALL SELECT COUNT(*), SUM(i), MD5(GROUP_CONCAT(t ORDER BY i)) FROM db.`named key`
		UNION ALL SELECT COUNT(*), SUM(i), MD5(GROUP_CONCAT(t ORDER BY i)) FROM db.parts
		UNION ALL SELECT COUNT(*), SUM(i), MD5(GROUP_CONCAT(t ORDER BY i)) FROM db.by_default
		UNION ALL SELECT COUNT(*), SUM(i), MD5(GROUP_CONCAT(t ORDER BY i)) FROM db.aria'
}

restart() {
	server_stop
	server_start "$PWD/data" "$PWD/keyfile" "$PWD/keyfile.key" -- --innodb-default-encryption-key-id="${1-1}"
}

@test "after a new ID and a successor, tables and logs have all rows" {
	mkeyfile generate -q --new-password-file=keyfile.key 1 2
	export MKEYFILE_PASSWORD_FILE=keyfile.key
	server_install "$PWD/data"

	# add a key for a new table while no server is running
	mkeyfile add -q 100
	restart 100
	sql <<-'END'
		CREATE DATABASE db;
		USE db;
		SET SESSION innodb_default_encryption_key_id = 1;
		CREATE TABLE db.standard (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES;
		SET SESSION innodb_default_encryption_key_id = 100;
		CREATE TABLE db.`named key` (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE db.by_default (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES;
		CREATE TABLE db.parts (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100
			PARTITION BY HASH(i) PARTITIONS 3;
		CREATE TABLE db.aria (i INT PRIMARY KEY, t TEXT) ENGINE=Aria;
		INSERT INTO db.standard SELECT seq, REPEAT('a plain secret ', 20) FROM seq_1_to_500;
		INSERT INTO db.`named key` SELECT * FROM db.standard;
		INSERT INTO db.by_default SELECT * FROM db.standard;
		INSERT INTO db.parts SELECT * FROM db.standard;
		INSERT INTO db.aria SELECT * FROM db.standard;
		CREATE TEMPORARY TABLE db.sorted ENGINE=Aria SELECT t, COUNT(*) FROM db.standard GROUP BY t, i;
		SET GLOBAL innodb_max_dirty_pages_pct = 0;
		FLUSH BINARY LOGS;
	END
	rows=$(all_rows)
	same 5 "$(grep -c '^500' <<<"$rows")"
	restart 100
	same "$rows" "$(all_rows)"

	# the redo log, binary log and Aria table are encrypted too: the disk has no plain row
	server_stop
	run -1 grep -rlaF --exclude='aria_log.*' 'a plain secret a plain secret' data
	restart 100

	# create a successor for ID 100, and run each statement that rotate prints
	mkeyfile rotate -q --new-id 100 >rotate.sql
	same $'1\n2\n100\n101' "$(mkeyfile list --ids)"
	restart 100
	sql <rotate.sql >printed
	same 101 "$(sql -e 'SELECT @@GLOBAL.innodb_default_encryption_key_id')"
	same 'ALTER TABLE `db`.`by_default` ENCRYPTION_KEY_ID=101;
ALTER TABLE `db`.`named key` ENCRYPTION_KEY_ID=101;
ALTER TABLE `db`.`parts` ENCRYPTION_KEY_ID=101;' "$(grep '^ALTER' printed | sort)"
	sql <printed
	restart 101
	same "$rows" "$(all_rows)"
	same "" "$(sql <rotate.sql | sql)"
	same 5 "$(sql -e 'SELECT COUNT(*) FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION
		WHERE CURRENT_KEY_ID = 101 AND NAME LIKE "db/%"')"

	# after a crash, the current file decrypts the redo log
	sql -e 'INSERT INTO db.standard VALUES (1000, "after the rotation")'
	kill_server
	restart 101
	same 'after the rotation' "$(sql -e 'SELECT t FROM db.standard WHERE i = 1000')"
}
