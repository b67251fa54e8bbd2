#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Real Galera clusters of two and three nodes.
bats_require_minimum_version 1.5.0
load common
load data
load plugin
load cluster

setup() {
	[ -n "${MKEYFILE_TEST_LONG-}" ] || skip 'starts a cluster; MKEYFILE_TEST_LONG=1 runs this test'
	cd "$BATS_TEST_TMPDIR" || return
	cluster_setup
}

teardown() {
	cluster_end
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
		kill -0 "${nodes[2]}"
		proof_of 2 without
		[ "$status" = 1 ] || same 2 "$status"
		! node_is_synced 2 || break
	done
	node_is_synced 2
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

	node_stop 2
	proof_of 2 keys
	same 0 "$status"
	contains "$output" "note: 'n2/GRA_"
	proof_of 2 without
	same 1 "$status"
	run -4 mkeyfile remove -q --no-defaults --file=removable --server-user=root 100 --datadir=n2
	run -0 mkeyfile remove -q --no-defaults --file=removable --server-user=root 102 --datadir=n2
}

use_own_plugin() {
	[ -e "$abs_top_builddir/mkeyfile_key_management.so" ] || skip 'requires the server plugin'
	plugin_setup
	export MKEYFILE_TARGET=10.11+plugin
}

# Starts two nodes with the same keys.
start_two() {
	data_keys keys1
	cp -p keys1 keys2
	data_install "$PWD/n1"
	node_start 1 --wsrep-new-cluster
	node_wait 1
	node_start 2
	node_wait 2
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

	use_own_plugin
	start_two
	on 1 "CREATE DATABASE db; USE db;
		CREATE TABLE t (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO t SELECT seq, REPEAT('a plain secret ', 50) FROM seq_1_to_100;
		CREATE TABLE u LIKE t; INSERT INTO u SELECT * FROM t"
	grep -qaF 'a plain secret a plain secret' n1/galera.cache
	mkeyfile verify --no-defaults -q -f keys1 --server-user=root --datadir=n1 --coverage --json |
		jq -e '.data.coverage.items[] | select(.part == "galera" and .clear_bytes > 2000000).path == "n1/galera.cache"'

	# a new ID: only the log of the node and the last SELECT of the statements show it
	mkeyfile rotate -q -f keys1 100 --new-id=103 >move.sql
	reload_on 1
	on 1 'ALTER TABLE db.t ENCRYPTION_KEY_ID=103'
	for page in mkeyfile-rotation mkeyfile-troubleshooting; do
		eventually grep -F "$(page_line $page 'Ignoring error')" n2.log
	done
	compgen -G 'n2/GRA_*.log'
	node_is_synced 2
	last=$(on 1 "$(cat move.sql)" | tail -n 1)
	same "-- still uses key 100: db/u" "$(on 1 "$last")"
	same "-- still uses key 100: db/t -- still uses key 100: db/u" "$(on 2 "$last" | sort | xargs)"
	on 1 "INSERT INTO db.t VALUES (1000, 'later')"
	eventually answers 2 101 'SELECT COUNT(*) FROM db.t'
	run -1 mkeyfile diff -q -f keys1 keys2
	cp keys1 keys2
	node_stop 2
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
	node_is_synced 2
	run -1 mkeyfile diff -q -f keys1 keys2

	# the node rejoins with an incremental state transfer, but not with a full one
	node_stop 2
	on 1 "INSERT INTO db.t VALUES (1002, 'later')"
	node_start 2
	node_wait 2
	answers 2 103 'SELECT COUNT(*) FROM db.t'
	node_stop 2
	rm -r n2
	: >n2.log
	node_start 2
	node_await_end 2
	for page in mkeyfile-rotation mkeyfile-troubleshooting; do
		grep -F "$(page_line $page 'Application state transfer failed')" n2.log
	done
	grep -F "InnoDB: File './ibdata1' is corrupted" n2.log
	node_is_synced 1
	cp keys1 keys2
	node_start 2
	node_wait 2
	same 103 "$(on 2 'SELECT COUNT(*) FROM db.t')"
}

# ---- whole rotations, on three nodes under load ----

# Starts two nodes with tables, and rows of 12 MB.
cluster_of_two() {
	# shellcheck disable=SC2034 # for node_start
	cache_size=64M
	start_two
	on 1 "CREATE DATABASE db; USE db;
		CREATE TABLE t (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE u (i INT PRIMARY KEY AUTO_INCREMENT, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=101;
		INSERT INTO u(t) SELECT REPEAT('a plain secret ', 50) FROM seq_1_to_12000;
		CREATE TABLE aria (i INT PRIMARY KEY, t TEXT) ENGINE=Aria"
	load_to 1 100000
	load_to 2 200000
}

# What status shows about all nodes, with the key file of node 1. Node 1 finds the others.
cluster_status() { # option...
	run --separate-stderr mkeyfile status --no-defaults --user=root --file=keys1 --server="$PWD/n1.socket" --cluster --no-tls "$@"
}

# The state of a node for a key ID in that table.
state_of() { # number key-id
	awk -v host="127.0.0.1:$(node_port "$1")" -v id="$2" '$1 == host && $2 == id { $1 = $2 = $3 = $4 = $5 = $6 = ""; print }' \
		<<<"$output" | sed 's/^ *//'
}

# Checks that all nodes have the same rows.
same_rows() {
	local node rows

	rows=$(on 1 'CHECKSUM TABLE db.t, db.u')
	for node in 2 3; do
		eventually answers $node "$rows" 'CHECKSUM TABLE db.t, db.u'
	done
}

# Writes what InnoDB does not re-encrypt by itself again: binary logs, after the redo log was created
# with another size.
restart_with_new_logs() { # number
	node_stop "$1"
	node_start "$1" --innodb-log-file-size=12M
	node_wait "$1"
	on "$1" 'FLUSH BINARY LOGS'
	on "$1" "PURGE BINARY LOGS TO '$(on "$1" 'SHOW MASTER STATUS' | cut -f 1)'"
	node_stop "$1"
}

remove_on() { # number option...
	local number=$1
	shift
	run --separate-stderr mkeyfile remove --no-defaults --server-user=root --file="keys$number" --datadir="n$number" "$@"
}

# Whether a node received an incremental or a full state transfer since its log was emptied.
received_part() { # number
	grep -q 'IST received' "n$1.log"
	run -1 grep -F 'Proceeding with SST' "n$1.log"
}

received_all() { # number
	grep -qF 'Proceeding with SST' "n$1.log"
}

# Two new versions of every key in the file of node 1.
rotate_twice() {
	mkeyfile rotate -q --no-defaults -f keys1 --all
	mkeyfile rotate -q --no-defaults -f keys1 --all
}

@test "three nodes rotate by version under load, with state transfers, a kill, and a removal on each node" {
	local node newest keys

	use_own_plugin
	cluster_of_two
	# the third node is down
	cluster_status
	same 2 "$status"
	contains "$stderr" 'mkeyfile status: 1 of the 3 nodes in wsrep_cluster_address is not connected, and is not asked'
	run -0 mkeyfile status --no-defaults --file=keys1 --server="$PWD/n1.socket" --server="$PWD/n2.socket"

	# the other node would lack the new versions
	run -4 --separate-stderr mkeyfile rotate --no-defaults -f keys1 --all --flush --server="$PWD/n1.socket"
	cmp keys1 keys2

	# node 2 has the versions first, and a fresh node joins while both re-encrypt
	rotate_twice
	cp keys1 keys2
	reload_on 2
	cluster_status
	same 1 "$status"
	same 'the server must read the file again' "$(state_of 1 100)"
	contains "$stderr" "warning: server '127.0.0.1:$(node_port 1)' has not loaded key ID 1 version 3"
	reload_on 1
	cp keys1 keys3
	node_start 3
	node_wait 3
	received_all 3
	cluster_status --wait --timeout=200
	same 0 "$status"
	same 'up to date' "$(state_of 3 101)"
	# the server then shows no other node
	on 1 'SET GLOBAL wsrep_on = OFF'
	cluster_status
	same 2 "$status"
	contains "$stderr" 'mkeyfile status: the node shows the addresses of 0 of 3 nodes'
	on 1 'SET GLOBAL wsrep_on = ON'

	# node 3 lacks the next versions: it replicates, and receives an incremental transfer
	rotate_twice
	cp keys1 keys2
	for node in 1 2 3; do
		reload_on $node
	done
	cluster_status 100
	same 1 "$status"
	same 'the server must read the file again' "$(state_of 3 100)"
	same "mkeyfile status: warning: server '127.0.0.1:$(node_port 3)' has not loaded key ID 100 version 5" "${stderr_lines[0]}"
	node_stop 3
	: >n3.log
	node_start 3
	node_wait 3
	received_part 3
	cluster_status 100
	same 1 "$status"

	# other keys under the same versions: only the fingerprint shows it, and the file of node 1 is refused
	cp keys3 lacking
	mkeyfile rotate -q --no-defaults -f keys3 --all
	mkeyfile rotate -q --no-defaults -f keys3 --all
	cp keys3 other
	reload_on 3
	cluster_status
	same 1 "$status"
	contains "$stderr" "warning: on server '127.0.0.1:$(node_port 3)', the loaded keys differ from the keys in 'keys1'"
	cluster_status --json
	same other-keys "$(jq -r --arg host "127.0.0.1:$(node_port 3)" '.servers[] | select(.host == $host) | .state' <<<"$output")"
	cp keys1 keys3
	run ! reload_on 3

	# in both cases, the node receives no full transfer, until it has the keys
	for keys in lacking other; do
		cp $keys keys3
		kill "${nodes[3]}" 2>/dev/null || :
		wait "${nodes[3]}" || :
		rm -r n3
		: >n3.log
		node_start 3
		node_await_end 3
		grep -F "$(page_line mkeyfile-rotation 'Application state transfer failed')" n3.log
		node_is_synced 1
		node_is_synced 2
		proof_of 3 $keys
		same 1 "$status"
		proof_of 3 keys1
		[ "$status" != 1 ]
	done
	cp keys1 keys3
	node_start 3
	node_wait 3
	cluster_status --wait --timeout=200
	same 0 "$status"

	# a node is killed while it re-encrypts; its data has old and new versions, and it continues
	rotate_twice
	cp keys1 keys2
	cp keys1 keys3
	on 2 'SET GLOBAL innodb_encryption_threads = 0'
	for node in 1 2 3; do
		reload_on $node
	done
	newest=$(on 2 "SELECT MAX(CURRENT_KEY_VERSION) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION")
	on 2 'SET GLOBAL innodb_encryption_threads = 1'
	eventually answers 2 1 "SELECT COUNT(*) > 0 FROM information_schema.INNODB_TABLESPACES_ENCRYPTION
		WHERE MIN_KEY_VERSION = $newest OR KEY_ROTATION_PAGE_NUMBER > 0"
	node_stop 2 KILL
	eventually answers 1 $'wsrep_cluster_size\t2' "SHOW STATUS LIKE 'wsrep_cluster_size'"
	cluster_status 100
	same "127.0.0.1:$(node_port 1) 127.0.0.1:$(node_port 3)" "$(sed -n "s/^server '\([^']*\)'.*/\1/p" <<<"$output" | sort | xargs)"
	: >n2.log
	node_start 2
	node_wait 2
	received_part 2
	cluster_status --wait --timeout=200
	same 0 "$status"

	load_end
	for node in 1 2 3; do
		check_load $node
	done
	same_rows
	# Aria tables are rewritten on all nodes by statements on one node
	on 1 "SELECT CONCAT('ALTER TABLE \`', TABLE_SCHEMA, '\`.\`', TABLE_NAME, '\` FORCE;') FROM information_schema.TABLES
		WHERE ENGINE = 'Aria' AND TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA <> 'information_schema'" | data_sql "$PWD/n1"
	for node in 1 2 3; do
		restart_with_new_logs $node
		remove_on $node --all --old-versions
		same 0 "$status"
		node_start $node --innodb-log-file-size=12M
		node_wait $node
	done
	cluster_status
	same 0 "$status"
	same '1 2 100 101 102' "$(mkeyfile list --no-defaults -f keys3 --ids | xargs)"
	same '[[1,7],[2,7],[100,7],[101,7],[102,7]]' "$(mkeyfile list --no-defaults -f keys3 --json | jq -c '[.keys[] | [.id, .version]]')"
	run -0 mkeyfile diff -q --no-defaults -f keys1 keys3
	same_rows
	for node in 1 2 3; do
		node_stop $node
		proof_of $node keys$node
		same 0 "$status"
	done
}

@test "three nodes of the server's own plugin rotate to a new ID under load, and one lacks the ID" {
	local node last

	cluster_of_two
	cp keys1 keys3
	node_start 3
	node_wait 3
	mkeyfile rotate -q --no-defaults -f keys1 100 --new-id=103 >move.sql
	cp keys1 keys2

	# restart one node at a time; no node shows a key that no table uses
	for node in 2 1; do
		node_stop $node
		node_start $node
		node_wait $node
	done
	load_to 1 300000
	cluster_status 100 103
	same 0 "$status"
	same 'no tablespace uses it' "$(state_of 3 103)"

	# node 3 ignores the statement, and status shows it
	on 1 "$(cat move.sql)" | sed '/^--/d' | data_sql "$PWD/n1"
	eventually grep -F "$(page_line mkeyfile-rotation 'Ignoring error')" n3.log
	eventually answers 2 1 "SELECT COUNT(*) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION WHERE CURRENT_KEY_ID = 103"
	cluster_status 100 103
	same 1 "$status"
	same 'up to date' "$(state_of 2 103)"
	same 'other nodes have more tablespaces with it' "$(state_of 3 103)"
	contains "$stderr" "hint: on server '127.0.0.1:$(node_port 3)', look for 'Ignoring error' in the error logs of all nodes"
	node_is_synced 3

	# without the ID, a full transfer succeeds, but the node leaves the cluster at the first row
	node_stop 3
	rm -r n3
	: >n3.log
	node_start 3
	eventually grep -F "$(page_line mkeyfile-rotation 'Inconsistency detected')" n3.log
	received_all 3
	grep -F "InnoDB: File './db/t.ibd' is corrupted" n3.log
	eventually answers 1 $'wsrep_cluster_size\t2' "SHOW STATUS LIKE 'wsrep_cluster_size'"
	node_stop 3
	proof_of 3 keys3
	same 1 "$status"
	cp keys1 keys3
	node_start 3
	node_wait 3
	cluster_status 100 103
	same 0 "$status"

	load_end
	for node in 1 2 3; do
		check_load $node
	done
	same_rows
	for node in 1 2 3; do
		node_stop $node
		remove_on $node 100
		same 0 "$status"
		node_start $node
		node_wait $node
	done
	same_rows
	for node in 1 2 3; do
		node_stop $node
		proof_of $node keys$node
		same 0 "$status"
	done
}
