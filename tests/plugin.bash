# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # server.bash reads plugin_dir, key_plugin and server_preload
# A real server with our own plugin, on one data directory that is created once for each
# test file. Requires common.bash and server.bash.

: "${MARIADB_BACKUP:=mariadb-backup}"

# The options of all servers in these tests.
server_options=(--innodb-log-file-size=8M --innodb-encryption-threads=2)

# Creates $PWD/plugins with the server's own plugins and ours.
plugin_setup() {
	local plugin=${abs_top_builddir:?}/mkeyfile_key_management.so own

	own=$(server_plugin_dir)
	mkdir plugins
	ln -s "$own"/*.so "$plugin" plugins/
	plugin_dir=$PWD/plugins
	key_plugin=mkeyfile_key_management
	# a sanitized plugin needs the sanitizer in the server; ignore the server's own leaks
	if nm -D "$plugin" | grep -q __asan_init; then
		server_preload=$(gcc -print-file-name=libasan.so)
		export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	fi
}

# Creates a separate data directory for each test.
copy_data() { # directory
	cp -a --reflink=auto --sparse=always "$BATS_FILE_TMPDIR/data" "$1"
}

# start PLUGIN [option...]: starts a server on data and keyfile, with PLUGIN for the keys
start() {
	local key_plugin=$1 password=

	[ "$1" != mkeyfile_key_management ] || plugin_requires
	shift
	# when a server starts, it deletes the temporary tables of other servers in the same directory
	mkdir -p tmp
	[ ! -e keyfile.key ] || password=$PWD/keyfile.key
	server_start "$PWD/data" "$PWD/keyfile" ${password:+"$password"} -- --tmpdir="$PWD/tmp" "${server_options[@]}" "$@"
}

reload() {
	sql -e 'SET GLOBAL mkeyfile_key_management_reload = ON'
}

status_of() { # name after the plugin's
	sql -e "SHOW GLOBAL STATUS LIKE 'mkeyfile_key_management_$1'" | cut -f 2
}

# Prints a digest of every row of every table in db.
all_rows() {
	mariadb-dump --no-defaults -uroot -S "$PWD/socket" --skip-comments --order-by-primary --skip-lock-tables db |
		sha256sum
}

# A digest of all rows, without the table definitions, which contain the key ID.
just_rows() {
	mariadb-dump --no-defaults -uroot -S "$PWD/socket" --compact --no-create-info --order-by-primary --skip-lock-tables db |
		sha256sum
}

# The statements in the manual that rewrite every Aria table.
aria_statements() {
	sql -e "SELECT CONCAT('ALTER TABLE \`', TABLE_SCHEMA, '\`.\`', TABLE_NAME, '\` FORCE;')
		FROM INFORMATION_SCHEMA.TABLES WHERE ENGINE = 'Aria' AND TABLE_TYPE = 'BASE TABLE'
		AND TABLE_SCHEMA <> 'information_schema'"
}

# Removes all binary logs except the current one.
purge_binary_logs() {
	sql -e 'FLUSH BINARY LOGS'
	sql -e "PURGE BINARY LOGS TO '$(sql -e 'SHOW MASTER STATUS' | cut -f 1)'"
}

# Creates a table of each kind, with rows.
make_tables() {
	sql <<-'END'
		CREATE DATABASE db;
		USE db;
		CREATE TABLE one (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=1;
		CREATE TABLE hundred (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE packed (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100 PAGE_COMPRESSED=1;
		CREATE TABLE zipped (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100 ROW_FORMAT=COMPRESSED;
		CREATE TABLE parts (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100
			PARTITION BY HASH(i) PARTITIONS 3;
		CREATE TABLE aria (i INT PRIMARY KEY, t TEXT) ENGINE=Aria;
		INSERT INTO one SELECT seq, REPEAT(MD5(seq), 40) FROM seq_1_to_3000;
		INSERT INTO hundred SELECT * FROM one;
		INSERT INTO packed SELECT * FROM one;
		INSERT INTO zipped SELECT * FROM one;
		INSERT INTO parts SELECT * FROM one;
		INSERT INTO aria SELECT * FROM one;
	END
}

# Sorts and groups rows on disk, in encrypted temporary files and tables.
use_temporary_files() {
	sql db <<-'END'
		SET SESSION tmp_memory_table_size = 0, sort_buffer_size = 65536;
		CREATE TEMPORARY TABLE mine ENGINE=InnoDB SELECT * FROM one;
		CREATE TEMPORARY TABLE aria_mine ENGINE=Aria SELECT * FROM mine;
		SELECT COUNT(*), MD5(GROUP_CONCAT(t)) FROM (SELECT t FROM aria_mine ORDER BY t LIMIT 500) AS sorted;
		SELECT COUNT(*) FROM (SELECT t, COUNT(*) FROM mine GROUP BY t) AS grouped;
		DROP TEMPORARY TABLE mine, aria_mine;
	END
}

# Prints the lowest and the newest key version in the tablespaces of a key ID.
lowest_version() { # key-id
	sql -e "SELECT MIN(min_key_version), MAX(current_key_version)
		FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE current_key_id = $1 AND min_key_version > 0"
}

# Waits until InnoDB has re-encrypted every tablespace of the IDs.
wait_for_version() { # version key-id...
	local version=$1 id i
	shift
	for id; do
		for ((i = 0; i < 600; i++)); do
			[ "$(lowest_version "$id")" != "$version"$'\t'"$version" ] || continue 2
			sleep 0.1
		done
		echo "key ID $id is at $(lowest_version "$id"), not at $version"
		return 1
	done
}

# ---- a load ----

# Inserts rows until the file "stop" exists or the server stops, and records which rows the
# server has acknowledged.
write_rows() { # table first
	local i=$2

	while [ ! -e stop ]; do
		printf 'INSERT INTO db.%s VALUES (%d, REPEAT(MD5(%d), 40)); SELECT %d;\n' "$1" "$i" "$i" "$i"
		i=$((i + 1))
	done | sql --unbuffered >"acknowledged.$1.$2" 2>/dev/null 3>&-
}

read_rows() { # table
	while [ ! -e stop ]; do
		sql -e "SELECT COUNT(*) FROM db.$1 WHERE t <> REPEAT(MD5(i), 40)" >>wrong 2>/dev/null 3>&- || return
	done
}

load_start() {
	rm -f stop wrong acknowledged.*
	load_pids=()
	for table in one hundred aria; do
		write_rows $table 100000 3>&- &
		load_pids+=($!)
		write_rows $table 200000 3>&- &
		load_pids+=($!)
		read_rows $table 3>&- &
		load_pids+=($!)
	done
	wait_for_rows
}

# Waits until the server has acknowledged a row of every writer.
wait_for_rows() {
	local i list

	for ((i = 0; i < 300; i++)); do
		for list in acknowledged.{one,hundred,aria}.{1,2}00000; do
			[ -s "$list" ] || { sleep 0.1; continue 2; }
		done
		return 0
	done
	echo 'the load does not start'
	return 1
}

load_stop() {
	touch stop
	wait "${load_pids[@]}" || :
}

# Checks that every acknowledged row is there, and that every row has its original content.
# After a server was killed, Aria lacks the rows that it had not flushed.
check_rows() { # table...
	local table list

	[ -s wrong ]
	same "" "$(sort -u wrong | grep -vx 0)"
	for table; do
		same 0 "$(sql -e "SELECT COUNT(*) FROM db.$table WHERE t <> REPEAT(MD5(i), 40)")"
		for list in acknowledged."$table".*; do
			[ -s "$list" ]
			same "" "$(comm -23 <(sort "$list") <(sql -e "SELECT i FROM db.$table" | sort))"
		done
	done
}
