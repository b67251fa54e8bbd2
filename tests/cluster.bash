# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A Galera cluster of up to four nodes on this host, in the current directory: the data of node 1
# is in n1, its log is n1.log, and its key file is keys1 if there is one, else keys. Requires
# data.bash.

# Skips the test, unless a cluster can run here.
cluster_setup() {
	[ "$(id -u)" = 0 ] || skip 'requires root, as the servers of a cluster run their scripts as one user'
	provider=$(find /usr/lib/galera /usr/lib64/galera-4 -name libgalera_smm.so 2>/dev/null | head -n 1)
	[ -n "$provider" ] || skip 'requires galera-4'
	# the port of the first client
	base=$((20000 + RANDOM % 1000 * 10))
	nodes=()
	load_pids=()
	# of the cache of transactions, from which a node gets an incremental state transfer
	cache_size=2M
}

cluster_end() {
	local pid

	for pid in "${nodes[@]}"; do
		touch stop
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}

# The port for the clients of a node. The next ones are for the group, for incremental and for full
# state transfers.
node_port() { # number
	echo $((base + 5 * ($1 - 1)))
}

# The transaction that the data of a stopped node ends with; nothing without data.
node_position() { # number
	[ ! -e "n$1/ibdata1" ] || TMPDIR=$PWD/n$1.tmp "$MARIADBD" --defaults-file="n$1.cnf" --wsrep-recover 2>&1 |
		sed -n 's/.*WSREP: Recovered position: //p'
}

# Starts a node and returns at once. The scripts of a state transfer read its option file.
node_start() { # number [server option...]
	local number=$1 directory=$PWD/n$1 port keyfile=$PWD/keys position
	port=$(node_port "$1")
	shift
	[ ! -e "keys$number" ] || keyfile=$PWD/keys$number
	mkdir -p "$directory" "$directory.tmp"
	cat >"n$number.cnf" <<-END_OF_FILE
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
		innodb-encrypt-temporary-tables=ON
		innodb-encryption-threads=1
		encrypt-tmp-files=ON
		encrypt-tmp-disk-tables=ON
		aria-encrypt-tables=ON
		encrypt-binlog=ON
		log-bin=$directory/binlog
		log-slave-updates=ON
		binlog-format=ROW
		server-id=$number
		innodb-autoinc-lock-mode=2
		innodb-buffer-pool-size=24M
		innodb-log-file-size=8M
		innodb-use-native-aio=OFF
		wsrep-on=ON
		wsrep-provider=$provider
		wsrep-cluster-name=$base
		wsrep-cluster-address=gcomm://127.0.0.1:$((base + 1)),127.0.0.1:$((base + 6)),127.0.0.1:$((base + 11))
		wsrep-node-address=127.0.0.1:$((port + 1))
		wsrep-node-incoming-address=127.0.0.1:$port
		wsrep-node-name=node$number
		wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$((port + 1));ist.recv_addr=127.0.0.1:$((port + 2));gcache.size=$cache_size"
		wsrep-sst-method=mariabackup
		wsrep-sst-receive-address=127.0.0.1:$((port + 3))
		wsrep-sst-auth=root:
		[sst]
		sst-log-archive=0
	END_OF_FILE
	# as the service does, so that a node that was killed can ask for an incremental transfer
	position=$(node_position "$number")
	TMPDIR=$directory.tmp "$MARIADBD" --defaults-file="n$number.cnf" ${position:+--wsrep-start-position="$position"} "$@" \
		>>"$directory.log" 2>&1 3>&- &
	server_pid=$!
	nodes[number]=$server_pid
}

node_is_synced() { # number
	[ "$(data_sql "$PWD/n$1" 2>/dev/null <<<"SHOW STATUS LIKE 'wsrep_local_state_comment'")" = $'wsrep_local_state_comment\tSynced' ]
}

node_wait() { # number
	for ((i = 0; i < 1800; i++)); do
		node_is_synced "$1" && return 0
		kill -0 "${nodes[$1]}" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 30 "n$1.log"
	return 1
}

# Waits until a node has exited.
node_await_end() { # number
	for ((i = 0; i < 1800; i++)); do
		kill -0 "${nodes[$1]}" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

# Stops a node cleanly, or with another signal.
node_stop() { # number [signal]
	kill "-${2-TERM}" "${nodes[$1]}"
	wait "${nodes[$1]}" || :
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

# ---- a load ----

# Inserts rows into db.t until the file "stop" exists or the node stops, and records which rows the
# node has acknowledged.
write_to() { # number first
	local i=$2

	while [ ! -e stop ]; do
		printf 'INSERT INTO db.t VALUES (%d, REPEAT(MD5(%d), 20)); SELECT %d;\n' "$i" "$i" "$i"
		i=$((i + 1))
		sleep 0.01
	done | mariadb --no-defaults -uroot -S "$PWD/n$1.socket" --skip-column-names --raw --batch --unbuffered \
		>"acknowledged.$2" 2>/dev/null 3>&-
}

load_to() { # number first
	write_to "$@" 3>&- &
	load_pids+=($!)
	eventually test -s "acknowledged.$2"
}

load_end() {
	touch stop
	wait "${load_pids[@]}" || :
	load_pids=()
}

# Checks that a node has every acknowledged row, with its content.
check_load() { # number
	local list

	same 0 "$(on "$1" 'SELECT COUNT(*) FROM db.t WHERE t <> REPEAT(MD5(i), 20)')"
	for list in acknowledged.*; do
		[ -s "$list" ]
		same "" "$(comm -23 <(sort "$list") <(on "$1" 'SELECT i FROM db.t' | sort))"
	done
}
