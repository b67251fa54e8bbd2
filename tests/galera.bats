#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A real Galera cluster of two nodes.
bats_require_minimum_version 1.5.0
load common
load data

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

# Starts node 1 or 2 and returns at once. The scripts of a state transfer read the option file.
node_start() { # number [server option...]
	local number=$1 directory=$PWD/n$1 port=$((base + 5 * ($1 - 1)))
	shift
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
		plugin-load-add=file_key_management
		file-key-management=FORCE
		file-key-management-filename=$PWD/keys
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
		printf '%s\nhas not: %s\n' "$1" "$2"
		false
	}
}

proof_of() { # number key-file
	run mkeyfile verify -q --no-defaults --server-user=root --file="$2" --datadir="n$1"
}

@test "a node that joins a cluster never gets a yes without a key that it needs, and remove works on it" {
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
	contains "$output" "note: 'n2/galera.cache' holds rows in clear text: Galera encrypts neither its cache nor failed write sets"
	cp keys removable
	run -4 mkeyfile remove -q --no-defaults --file=removable --server-user=root 102 --datadir=n2

	# a write set that fails
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
