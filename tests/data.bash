# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Data directories of a real server, with everything encrypted.

# if not run by Bats
declare -F load >/dev/null || load() {
	# shellcheck disable=SC1090
	. "$(dirname "${BASH_SOURCE[0]}")/$1.bash"
}
load server

# data_install DIRECTORY [server option...]
data_install() {
	local directory=$1
	shift
	# when a server starts, it deletes the temporary tables of other servers in the same directory
	mkdir -p "$directory.tmp"
	TMPDIR=$directory.tmp mariadb-install-db --no-defaults --user=root --datadir="$directory" --auth-root-authentication-method=normal \
		--skip-test-db --force --skip-name-resolve --innodb-use-native-aio=OFF "$@" \
		>"$directory.install.log" 2>&1 || { grep -v '^ *$' "$directory.install.log" | head -n 40; return 1; }
}

# data_start DIRECTORY KEY-FILE [server option...]: if KEY-FILE is empty, loads no plugin;
# the options can do that.
data_start() {
	local directory=$1 keyfile=$2 plugin=()
	shift 2
	[ -z "$keyfile" ] || plugin=(--plugin-load-add=file_key_management --file-key-management=FORCE
		--file-key-management-filename="$keyfile")
	mkdir -p "$directory.tmp"
	"$MARIADBD" --no-defaults --user=root --tmpdir="$directory.tmp" --datadir="$directory" --socket="$directory.socket" --skip-networking \
		--pid-file="$directory.pid" "${plugin[@]}" --innodb-encrypt-tables=ON --innodb-encrypt-log=ON \
		--innodb-encryption-threads=2 --innodb-encrypt-temporary-tables=ON --encrypt-tmp-files=ON \
		--encrypt-tmp-disk-tables=ON --aria-encrypt-tables=ON --encrypt-binlog=ON \
		--log-bin="$directory/binlog" --server-id=1 --innodb-buffer-pool-size=24M \
		--innodb-log-file-size=8M --innodb-use-native-aio=OFF "$@" >>"$directory.log" 2>&1 3>&- &
	server_pid=$!
	for ((i = 0; i < 600; i++)); do
		mariadb-admin --no-defaults -uroot -S "$directory.socket" ping >/dev/null 2>&1 && return 0
		kill -0 $server_pid 2>/dev/null || break
		sleep 0.05
	done
	tail -n 20 "$directory.log"
	return 1
}

data_sql() { # directory
	mariadb --no-defaults -uroot -S "$1.socket" --skip-column-names --raw --batch
}

# Creates keys of all sizes, including a key that no data needs.
data_keys() { # file
	printf '1;%s\n2;%s\n100;%s\n101;%s\n102;%s\n' "$(openssl rand -hex "${2-32}")" "$(openssl rand -hex 32)" \
		"$(openssl rand -hex 16)" "$(openssl rand -hex 24)" "$(openssl rand -hex 32)" >"$1"
	chmod 600 "$1"
}

# Prints the SQL that creates a table of each kind: ROW_FORMAT, engine, key ID.
data_tables() { # page-size-in-KiB rows
	local zipped=
	[ "$1" -gt 16 ] || zipped="CREATE TABLE zip (i INT PRIMARY KEY, t TEXT, KEY(t(20))) ENCRYPTED=YES ENCRYPTION_KEY_ID=100
			ROW_FORMAT=COMPRESSED;
		INSERT INTO zip SELECT * FROM source;"
	cat <<-END
		CREATE DATABASE db;
		USE db;
		CREATE TABLE source (i INT PRIMARY KEY, t TEXT) ENGINE=MyISAM;
		INSERT INTO source SELECT seq, REPEAT(CONCAT('a plain secret ', seq), 12) FROM seq_1_to_$2;
		CREATE TABLE dynamic_ (i INT PRIMARY KEY, t TEXT, KEY(t(20))) ENCRYPTED=YES ROW_FORMAT=DYNAMIC;
		CREATE TABLE compact_ (i INT PRIMARY KEY, t TEXT, KEY(t(20))) ENCRYPTED=YES ENCRYPTION_KEY_ID=101 ROW_FORMAT=COMPACT;
		CREATE TABLE redundant_ (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=101 ROW_FORMAT=REDUNDANT;
		CREATE TABLE blobs (i INT PRIMARY KEY, t LONGTEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE fulltext_ (i INT PRIMARY KEY, t TEXT, FULLTEXT(t)) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE parts (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=101
			PARTITION BY HASH(i) PARTITIONS 2;
		CREATE TABLE plain (i INT PRIMARY KEY, t TEXT) ENCRYPTED=NO;
		CREATE TABLE pages (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100 PAGE_COMPRESSED=1;
		CREATE TABLE aria (i INT PRIMARY KEY, t TEXT, KEY(t(20))) ENGINE=Aria;
		CREATE TABLE aria_lossy (i INT PRIMARY KEY, t TEXT) ENGINE=Aria TRANSACTIONAL=0;
		CREATE TABLE aria_unchecked (i INT PRIMARY KEY, t TEXT) ENGINE=Aria PAGE_CHECKSUM=0;
		CREATE TABLE aria_plain (i INT PRIMARY KEY, t TEXT) ENGINE=Aria ROW_FORMAT=DYNAMIC;
		CREATE TABLE aria_empty (i INT PRIMARY KEY, t TEXT) ENGINE=Aria;
		$zipped
		INSERT INTO dynamic_ SELECT * FROM source;
		INSERT INTO compact_ SELECT * FROM source;
		INSERT INTO redundant_ SELECT * FROM source;
		INSERT INTO blobs SELECT seq, REPEAT('a plain secret ', 10000) FROM seq_1_to_5;
		INSERT INTO fulltext_ SELECT * FROM source LIMIT 50;
		INSERT INTO parts SELECT * FROM source;
		INSERT INTO plain SELECT * FROM source;
		INSERT INTO pages SELECT * FROM source;
		INSERT INTO aria SELECT * FROM source;
		INSERT INTO aria_lossy SELECT * FROM source;
		INSERT INTO aria_unchecked SELECT * FROM source;
		INSERT INTO aria_plain SELECT * FROM source;
		DELETE FROM compact_ WHERE i % 3 = 0;
		DELETE FROM aria WHERE i % 3 = 0;
		FLUSH BINARY LOGS;
		UPDATE dynamic_ SET t = CONCAT(t, 'x') WHERE i % 7 = 0;
		SET GLOBAL innodb_max_dirty_pages_pct = 0;
	END
}

# Waits until all tablespaces are encrypted, including the system tablespace.
data_wait_encrypted() { # directory
	local i
	for ((i = 0; i < 200; i++)); do
		[ "$(data_sql "$1" <<<"SELECT COUNT(*) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION
			WHERE MIN_KEY_VERSION = 0 AND NAME NOT LIKE 'db/plain' OR ROTATING_OR_FLUSHING <> 0")" = 0 ] && return 0
		sleep 0.05
	done
	return 1
}

# data_make DIRECTORY KIB ROWS KEY-FILE [server option...]: creates the data directory of a stopped server
data_make() {
	local directory=$1 kib=$2 rows=$3 keyfile=$4
	shift 4
	data_install "$directory" --innodb-page-size="${kib}k" "$@"
	data_start "$directory" "$keyfile" --innodb-page-size="${kib}k" "$@"
	data_tables "$kib" "$rows" | data_sql "$directory"
	data_wait_encrypted "$directory"
	server_stop
}

# Prints the key file with another key of the same size under one ID.
data_replace_key() { # file id >new-file
	awk -F';' -v id="$2" -v key="$(openssl rand -hex 32)" \
		'$1 == id { $0 = $1 ";" substr(key, 1, length($2)) } { print }' "$1"
}

# Prints the key file without one ID.
data_remove_key() { # file id >new-file
	grep -v "^$2;" "$1"
}

# flip_bit FILE BYTE BIT
flip_bit() {
	python3 - "$@" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as file:
		    file.seek(int(sys.argv[2]))
		    byte = file.read(1)[0] ^ 1 << int(sys.argv[3])
		    file.seek(-1, 1)
		    file.write(bytes([byte]))
	END
}

# change_block FILE SIZE OFFSET HEX: changes the first SIZE bytes, and sets their last four bytes
# to the CRC-32C of the others
change_block() {
	python3 - "$@" <<-'END'
		import sys
		def crc32c(data):
		    crc = 0xffffffff
		    for byte in data:
		        crc ^= byte
		        for _ in range(8):
		            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
		    return crc ^ 0xffffffff
		path, size, offset, new = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), bytes.fromhex(sys.argv[4])
		with open(path, "r+b") as file:
		    block = bytearray(file.read(size))
		    block[offset:offset + len(new)] = new
		    block[-4:] = crc32c(block[:-4]).to_bytes(4, "big")
		    file.seek(0)
		    file.write(block)
	END
}

# change_page0 FILE OFFSET HEX: changes page 0 of a tablespace with 16 KiB pages and full_crc32
change_page0() {
	change_block "$1" 16384 "$2" "$3"
}
