#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A real Galera cluster of two nodes.
bats_require_minimum_version 1.5.0
load common
load data
load plugin

setup() {
	[ -n "${MKEYFILE_TEST_LONG-}" ] || skip 'starts a cluster; MKEYFILE_TEST_LONG=1 runs this test'
	[ "$(id -u)" = 0 ] || skip 'requires root, as the servers of a cluster run their scripts as one user'
	provider=$(find /usr/lib/galera /usr/lib64/galera-4 -name libgalera_smm.so 2>/dev/null | head -n 1)
	[ -n "$provider" ] || skip 'requires galera-4'
	cd "$BATS_TEST_TMPDIR" || return
	base=$((20000 + RANDOM % 1000 * 10))
	servers=()
}

teardown() {
	for pid in "${servers[@]}"; do
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}

# Starts node 1 or 2 and returns at once. The scripts of a state transfer read its option file.
# The key file of the node is keys1 or keys2 if there is one, else keys.
node_start() { # number [server option...]
	local number=$1 directory=$PWD/n$1 port=$((base + 5 * ($1 - 1))) keyfile=$PWD/keys
	shift
	[ ! -e "keys$number" ] || keyfile=$PWD/keys$number
	mkdir -p "$directory" "$directory.tmp"
	cat >"n$number.cnf" <<-END
		[mysqld]
		user=root
		datadir=$directory
		socket=$directory.socket
		pid-file=$directory.pid
		tmpdir=$directory.tmp
		bind-address=127.0.0.1
		port=$port
		${plugin_dir:+plugin-dir=$plugin_dir}
		plugin-load-add=$key_plugin
		$key_plugin=FORCE
		$key_plugin-filename=$keyfile
		innodb-encrypt-tables=ON
		innodb-encrypt-log=ON
		innodb-encryption-threads=1
		aria-encrypt-tables=ON
		encrypt-binlog=ON
		log-bin=$directory/binlog
		binlog-format=ROW
		server-id=$number
		innodb-autoinc-lock-mode=2
		innodb-buffer-pool-size=24M
		innodb-log-file-size=8M
		innodb-use-native-aio=OFF
		wsrep-on=ON
		wsrep-provider=$provider
		wsrep-cluster-name=$base
		wsrep-cluster-address=gcomm://127.0.0.1:$((base + 1)),127.0.0.1:$((base + 6))
		wsrep-node-address=127.0.0.1:$((port + 1))
		wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$((port + 1));ist.recv_addr=127.0.0.1:$((port + 2));gcache.size=2M"
		wsrep-sst-method=mariabackup
		wsrep-sst-receive-address=127.0.0.1:$((port + 3))
		wsrep-sst-auth=root:
	END
	TMPDIR=$directory.tmp "$MARIADBD" --defaults-file="n$number.cnf" "$@" >>"$directory.log" 2>&1 3>&- &
	server_pid=$!
	servers[number]=$server_pid
}

is_synced() { # number
	[ "$(data_sql "$PWD/n$1" 2>/dev/null <<<"SHOW STATUS LIKE 'wsrep_local_state_comment'")" = $'wsrep_local_state_comment\tSynced' ]
}

node_wait() { # number
	for ((i = 0; i < 1800; i++)); do
		is_synced "$1" && return 0
		kill -0 "${servers[$1]}" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 30 "n$1.log"
	return 1
}

contains() { # text part
	[[ $1 == *"$2"* ]] || {
		printf '%s\nlacks: %s\n' "$1" "$2"
		false
	}
}

proof_of() { # number key-file
	run mkeyfile verify -q --no-defaults --server-user=root --file="$2" --datadir="n$1"
}

@test "verify never says yes to a joining node without a key that the node needs, and remove works on the node" {
	data_keys keys
	data_remove_key keys 100 >without
	chmod 600 without
	data_install "$PWD/n1"
	node_start 1 --wsrep-new-cluster
	node_wait 1
	data_sql "$PWD/n1" <<-END
		CREATE DATABASE db;
		USE db;
		CREATE TABLE t (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO t SELECT seq, REPEAT('a plain secret ', 50) FROM seq_1_to_5000;
		FLUSH TABLES t FOR EXPORT;
		UNLOCK TABLES;
	END

	node_start 2
	for ((i = 0; i < 1800; i++)); do
		kill -0 "${servers[2]}"
		proof_of 2 without
		[ "$status" = 1 ] || same 2 "$status"
		! is_synced 2 || break
	done
	is_synced 2
	grep -q 'State transfer required' n2.log
	proof_of 2 without
	same 1 "$status"
	proof_of 2 keys
	same 0 "$status"
	contains "$output" "note: 'n2/galera.cache' contains rows in clear text: Galera encrypts neither its cache nor failed write sets"
	cp keys removable
	run -4 mkeyfile remove -q --no-defaults --file=removable --server-user=root 102 --datadir=n2

	# a failed write set
	data_sql "$PWD/n2" <<<'SET SESSION wsrep_on = OFF; CREATE TABLE db.here (i INT PRIMARY KEY);'
	data_sql "$PWD/n1" <<<'CREATE TABLE db.here (i INT PRIMARY KEY);'
	for ((i = 0; i < 300; i++)); do
		! compgen -G 'n2/GRA_*.log' >/dev/null || break
		sleep 0.1
	done

	kill "${servers[2]}"
	wait "${servers[2]}" || :
	proof_of 2 keys
	same 0 "$status"
	contains "$output" "note: 'n2/GRA_"
	proof_of 2 without
	same 1 "$status"
	run -4 mkeyfile remove -q --no-defaults --file=removable --server-user=root 100 --datadir=n2
	run -0 mkeyfile remove -q --no-defaults --file=removable --server-user=root 102 --datadir=n2
}

on() { # number SQL
	data_sql "$PWD/n$1" <<<"$2"
}

# Waits until a command succeeds.
eventually() { # command...
	local i
	for ((i = 0; i < 1800; i++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	"$@"
}

# Whether a node answers this to SQL.
answers() { # number answer SQL
	[ "$(on "$1" "$3")" = "$2" ]
}

# The line of a manual page with this beginning.
page_line() { # page beginning
	sed 's/^\.Dl //' "$abs_top_srcdir/man/$1.7" | grep "^$2"
}

reload_on() { # number
	on "$1" 'SET GLOBAL mkeyfile_key_management_reload = ON'
}

encryption="SELECT CONCAT(MIN(MIN_KEY_VERSION), ' ', MAX(CURRENT_KEY_VERSION)) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION
	WHERE NAME IN ('db/t', 'db/u', 'innodb_system')"

@test "a node that lacks a key behaves as mkeyfile-rotation(7) and mkeyfile-troubleshooting(7) say" {
	local page last

	[ -e "$abs_top_builddir/mkeyfile_key_management.so" ] || skip 'requires the server plugin'
	plugin_setup
	export MKEYFILE_TARGET=10.11+plugin
	data_keys keys1
	cp -p keys1 keys2
	data_install "$PWD/n1"
	node_start 1 --wsrep-new-cluster
	node_wait 1
	node_start 2
	node_wait 2
	on 1 "CREATE DATABASE db; USE db;
		CREATE TABLE t (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO t SELECT seq, REPEAT('a plain secret ', 50) FROM seq_1_to_100;
		CREATE TABLE u LIKE t; INSERT INTO u SELECT * FROM t"
	grep -qaF 'a plain secret a plain secret' n1/galera.cache

	# a new ID: only the log of the node and the last SELECT of the statements show it
	mkeyfile rotate -q -f keys1 100 --new-id=103 >move.sql
	reload_on 1
	on 1 'ALTER TABLE db.t ENCRYPTION_KEY_ID=103'
	for page in mkeyfile-rotation mkeyfile-troubleshooting; do
		eventually grep -F "$(page_line $page 'Ignoring error')" n2.log
	done
	compgen -G 'n2/GRA_*.log'
	is_synced 2
	last=$(on 1 "$(cat move.sql)" | tail -n 1)
	same "-- still uses key 100: db/u" "$(on 1 "$last")"
	same "-- still uses key 100: db/t -- still uses key 100: db/u" "$(on 2 "$last" | sort | xargs)"
	on 1 "INSERT INTO db.t VALUES (1000, 'later')"
	eventually answers 2 101 'SELECT COUNT(*) FROM db.t'
	run -1 mkeyfile diff -q -f keys1 keys2
	cp keys1 keys2
	kill "${servers[2]}"
	wait "${servers[2]}" || :
	node_start 2
	node_wait 2
	on 1 'ALTER TABLE db.t ENCRYPTION_KEY_ID=103'
	eventually answers 2 "-- still uses key 100: db/u" "$last"

	# one new version, and then two more on one node alone
	mkeyfile rotate -q -f keys1 --all
	cp keys1 keys2
	reload_on 1
	reload_on 2
	for node in 1 2; do
		same 1 "$(on $node 'SELECT @@innodb_encryption_rotate_key_age')"
		eventually answers $node '1 2' "$encryption"
	done
	mkeyfile rotate -q -f keys1 --all
	mkeyfile rotate -q -f keys1 --all
	reload_on 1
	eventually answers 1 '4 4' "$encryption"
	same '1 2' "$(on 2 "$encryption")"
	on 1 "INSERT INTO db.t VALUES (1001, 'later')"
	eventually answers 2 102 'SELECT COUNT(*) FROM db.t'
	is_synced 2
	run -1 mkeyfile diff -q -f keys1 keys2

	# the node rejoins with an incremental state transfer, but not with a full one
	kill "${servers[2]}"
	wait "${servers[2]}" || :
	on 1 "INSERT INTO db.t VALUES (1002, 'later')"
	node_start 2
	node_wait 2
	answers 2 103 'SELECT COUNT(*) FROM db.t'
	kill "${servers[2]}"
	wait "${servers[2]}" || :
	rm -r n2
	: >n2.log
	node_start 2
	for ((i = 0; i < 1800; i++)); do
		kill -0 "${servers[2]}" 2>/dev/null || break
		sleep 0.1
	done
	run -1 kill -0 "${servers[2]}"
	for page in mkeyfile-rotation mkeyfile-troubleshooting; do
		grep -F "$(page_line $page 'Application state transfer failed')" n2.log
	done
	grep -F "InnoDB: File './ibdata1' is corrupted" n2.log
	is_synced 1
	cp keys1 keys2
	node_start 2
	node_wait 2
	same 103 "$(on 2 'SELECT COUNT(*) FROM db.t')"
}
