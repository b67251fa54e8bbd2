#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Keys that move between key managers, with real servers as referees: every row is read under each of them.
bats_require_minimum_version 1.5.0
load common
load server
load plugin
load vault

setup_test() {
	[ -e "$abs_top_builddir/mkeyfile_key_management.so" ] || skip 'configured without the server plugin'
	vault_reset
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
}

teardown() {
	server_stop
}

# What all servers here encrypt.
encryption='innodb_encrypt_tables=ON
innodb_encrypt_log=ON
innodb_encryption_threads=2
innodb_encryption_rotate_key_age=1
innodb_encrypt_temporary_tables=ON
encrypt_tmp_files=ON
aria_encrypt_tables=ON
encrypt_binlog=ON
log_bin=binlog
server_id=1
innodb_log_file_size=8M'

# Starts the server with the section that 'mkeyfile config' prints.
start_with() { # option...
	run -0 --separate-stderr mkeyfile config -q "$@"
	# shellcheck disable=SC2154 # run sets it
	printf '%s\n%s\n' "$output" "$encryption" >server.cnf
	server_start_on "$PWD/data" "$PWD/server.cnf"
}

has_hashicorp() {
	server_has_plugin hashicorp_key_management || skip "requires mariadb-plugin-hashicorp-key-management"
}

make_rows() {
	sql <<-'END'
		CREATE DATABASE db; USE db;
		CREATE TABLE db.t (a INT PRIMARY KEY, b VARCHAR(100)) ENGINE=InnoDB ENCRYPTED=YES;
		CREATE TABLE db.k (a INT PRIMARY KEY, b VARCHAR(100)) ENGINE=InnoDB ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE db.aria (a INT PRIMARY KEY, b VARCHAR(100)) ENGINE=Aria;
		INSERT INTO db.t SELECT seq, REPEAT('x', seq % 100) FROM seq_1_to_2000;
		INSERT INTO db.k SELECT seq, REPEAT('y', seq % 100) FROM seq_1_to_2000;
		INSERT INTO db.aria SELECT seq, REPEAT('z', seq % 100) FROM seq_1_to_2000;
	END
}

# Every row, and every event of the binary logs.
read_all() {
	all_rows
	sql -e 'SHOW BINARY LOGS' | cut -f 1 | while read -r log; do
		sql -e "SHOW BINLOG EVENTS IN '$log'" >events
		grep -qF 'Format_desc' events || return 1
	done
}

# Until no page of the table has a version below this one.
await_version() { # table version
	local tries

	for ((tries = 0; tries < 6000; tries++)); do
		[ "$(sql -e "SELECT MIN_KEY_VERSION FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE NAME='$1'")" != "$2" ] || return 0
		sleep 0.1
	done
	return 1
}

# Moves a data directory from file_key_management to Vault, rotates keys there, and moves it on to our plugin. The
# server is killed each time, so that the next one has to read the redo log.
there_and_back() {
	local before id

	make_keyfile keyfile 1 2 100
	server_install "$PWD/data"
	start_with -f keyfile --encryption-algorithm=AES_CBC
	make_rows
	before=$(read_all)
	kill_server
	run -0 --separate-stderr mkeyfile export -f keyfile --datadir=data vault:kv
	run -0 --separate-stderr mkeyfile verify -q --file=vault:kv --datadir=data -t 10.11
	start_with -f "vault:$url"
	same hashicorp_key_management \
		"$(sql -e "SELECT PLUGIN_NAME FROM INFORMATION_SCHEMA.PLUGINS WHERE PLUGIN_TYPE='ENCRYPTION'")"
	same "$before" "$(read_all)"
	# InnoDB re-encrypts pages when their key is more than one version old
	for id in 1 1 100 100; do
		vault_put $id "$(random_key)"
	done
	server_stop
	start_with -f "vault:$url"
	sql -e "USE db; CREATE TABLE db.newer (a INT PRIMARY KEY) ENGINE=InnoDB ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO db.newer SELECT seq FROM seq_1_to_2000;
		CREATE TABLE db.newaria (a INT PRIMARY KEY) ENGINE=Aria; INSERT INTO db.newaria SELECT seq FROM seq_1_to_2000"
	# opens its tablespace
	same 2000 "$(sql -e 'SELECT COUNT(*) FROM db.k')"
	await_version db/k 3
	before=$(read_all)
	kill_server
	run -1 --separate-stderr mkeyfile verify -q -f keyfile --datadir=data -t 10.11+plugin --server-user=root
	grep -qE '^  100 +3 .* missing ' <<<"$output"
	run -0 --separate-stderr mkeyfile import -f keyfile --datadir=data -t 10.11+plugin vault:kv
	same "$(vault_keys)" "$(sort -t ';' -k 1n,1 -k 2n,2 keyfile)"
	run -0 --separate-stderr mkeyfile verify -q -f keyfile --datadir=data -t 10.11+plugin --server-user=root
	plugin_setup
	start_with -f keyfile --plugin=mkeyfile --encryption-algorithm=AES_CBC
	same "$before" "$(read_all)"
}

@test "from file_key_management to Vault, a rotation there, and on to mkeyfile's plugin" {
	has_hashicorp
	there_and_back
}

# bats test_tags=releases
@test "with 11.8, from file_key_management to Vault, a rotation there, and on to mkeyfile's plugin" {
	server_release trixie
	has_hashicorp
	there_and_back
}

# Prints the InnoDB tablespaces that are still encrypted.
encrypted_spaces() {
	sql -e "SELECT NAME FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE MIN_KEY_VERSION <> 0"
}

# Without the definitions, in which the order of options changes.
checksums() {
	sql -e 'CHECKSUM TABLE db.t, db.k, db.aria EXTENDED'
}

@test "from AES_CTR to AES_CBC, in the steps of mkeyfile-migrate(7), and only then to Vault" {
	local before table tries wanted

	make_keyfile keyfile 1 2 100
	server_install "$PWD/data"
	start_with -f keyfile --encryption-algorithm=AES_CTR
	make_rows
	before=$(checksums)
	run -4 --separate-stderr mkeyfile export -f keyfile --datadir=data vault:kv
	[[ $stderr = *AES_CTR* ]]
	sql -e 'SET GLOBAL innodb_encrypt_tables = OFF; SET GLOBAL innodb_encryption_threads = 4'
	for table in t k; do
		sql -e "ALTER TABLE db.$table ENCRYPTED=NO"
	done
	sql -e 'SET GLOBAL aria_encrypt_tables = OFF'
	sql -e "SELECT CONCAT('ALTER TABLE \`', TABLE_SCHEMA, '\`.\`', TABLE_NAME, '\` FORCE;') FROM INFORMATION_SCHEMA.TABLES
		WHERE ENGINE = 'Aria' AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema')" >rebuild.sql
	sql <rebuild.sql
	for ((tries = 0; tries < 6000; tries++)); do
		[ -n "$(encrypted_spaces)" ] || break
		sleep 0.1
	done
	same '' "$(encrypted_spaces)"
	server_stop
	# without encryption of any kind
	wanted=$encryption
	encryption=$'log_bin=binlog\nserver_id=1\ninnodb_log_file_size=8M'
	start_with -f keyfile --encryption-algorithm=AES_CTR
	sql -e "PURGE BINARY LOGS TO '$(sql -e 'SHOW MASTER STATUS' | cut -f 1)'"
	server_stop
	run -0 --separate-stderr mkeyfile verify -q -f keyfile --datadir=data --server-user=root
	grep -qF "yes: 'data': 0 encrypted files" <<<"$output"
	encryption=$wanted
	start_with -f keyfile --encryption-algorithm=AES_CBC
	sql -e 'ALTER TABLE db.t ENCRYPTED=YES; ALTER TABLE db.k ENCRYPTED=YES; ALTER TABLE db.aria FORCE'
	server_stop
	run -0 --separate-stderr mkeyfile export -f keyfile --datadir=data vault:kv
	server_has_plugin hashicorp_key_management || return 0
	start_with -f "vault:$url"
	same "$before" "$(checksums)"
}
