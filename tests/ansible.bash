# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Three servers on this host as three hosts of Ansible, for the role in ansible/. Each host and the
# controller has a Python of its own, which counts the steps and fails at a chosen one.

# ansible-playbook's own settings; the collection is the one in the source tree.
ansible_environment() {
	mkdir -p home collections/ansible_collections/mkeyfile
	ln -sfn "$abs_top_srcdir/ansible" collections/ansible_collections/mkeyfile/mariadb
	export HOME=$PWD/home ANSIBLE_REMOTE_TEMP=$PWD/home/tmp ANSIBLE_LOCALHOST_WARNING=false LC_ALL=C.UTF-8
	# newer releases of Ansible warn about the interpreter that they find
	export ANSIBLE_PYTHON_INTERPRETER=auto_silent
	export ANSIBLE_COLLECTIONS_PATH=$PWD/collections ANSIBLE_PIPELINING=1 ANSIBLE_NOCOLOR=1 ANSIBLE_DEPRECATION_WARNINGS=0
	export ANSIBLE_INVENTORY=$PWD/inventory.ini
	# the option files of the hosts count
	unset MKEYFILE_PRINT_DEFAULTS
}

# Writes a Python that counts its runs. If fail-at has the number of a run, that run fails, and with
# a file "after" it first does what it should.
ansible_python() { # directory
	mkdir -p "$1"
	cat >"$1/python" <<-END
		#!/bin/sh
		read -r step <$PWD/$1/step
		read -r fail <$PWD/$1/fail-at
		echo \$((step + 1)) >$PWD/$1/step
		if [ \$((step + 1)) = "\$fail" ]; then
			[ ! -e $PWD/after ] || /usr/bin/python3 "\$@" >/dev/null
			echo 'this step fails' >&2
			exit 1
		fi
		exec /usr/bin/python3 "\$@"
	END
	chmod +x "$1/python"
	ansible_fail_at "$1" 0
}

# Makes step N of a host fail, counted from now; 0: none.
ansible_fail_at() { # host N
	echo 0 >"$1/step"
	echo "$2" >"$1/fail-at"
}

# Makes a host with a server that has no keys yet.
ansible_host() { # name server-id
	local host=$PWD/$1

	mkdir -p "$1/conf.d" "$1/tmp"
	cat >"$1/my.cnf" <<-END
		[mariadb]
		user = root
		datadir = $host/data
		tmpdir = $host/tmp
		socket = $host/socket
		pid_file = $host/server.pid
		skip_networking
		log_bin = $host/data/binlog
		server_id = $2
		innodb_use_native_aio = OFF
		innodb_buffer_pool_size = 8M
		innodb_log_file_size = 4M
		innodb_encryption_threads = 1
		${plugin_dir:+plugin_dir = $plugin_dir}
		!includedir $host/conf.d
	END
	cat >"$1/stop" <<-END
		#!/bin/sh
		# as a service manager does, returns when the server has ended
		[ -s $host/server.pid ] || exit 0
		echo $1 stop >>$PWD/served
		pid=\$(cat $host/server.pid)
		kill \$pid 2>/dev/null
		while kill -0 \$pid 2>/dev/null; do sleep 0.05; done
		rm -f $host/server.pid
	END
	cat >"$1/restart" <<-END
		#!/bin/sh
		$host/stop
		echo $1 start >>$PWD/served
		setsid ${MARIADBD:?} --defaults-file=$host/my.cnf >>$host/log 2>&1 </dev/null 3>&- &
		pid=\$!
		for i in \$(seq 1200); do
			mariadb-admin --no-defaults -uroot -S $host/socket ping >/dev/null 2>&1 && exit
			kill -0 \$pid 2>/dev/null || exit 1
			sleep 0.05
		done
		exit 1
	END
	chmod +x "$1/stop" "$1/restart"
	mkdir -p host_vars
	cat >"host_vars/$1.yml" <<-END
		ansible_connection: local
		ansible_python_interpreter: $host/python
		mkeyfile_file: $host/keys/keyfile
		mkeyfile_password_file: $host/password/keyfile.key
		mkeyfile_option_file: $host/conf.d/keys.cnf
		mkeyfile_owner: root
		mkeyfile_group: root
		mkeyfile_primary: true
		mkeyfile_delay: 0
		mkeyfile_options: [--defaults-file=$host/my.cnf]
		mkeyfile_server: [--server=$host/socket, --user=root]
		mkeyfile_client: [mariadb, --no-defaults, -uroot, --socket=$host/socket]
		mkeyfile_stop: [$host/stop]
		mkeyfile_restart: [$host/restart]
	END
	ansible_python "$1"
}

# Makes hosts and starts their servers, each of which is a primary.
ansible_group() { # name...
	local host

	server_install "$PWD/data"
	for host; do
		ansible_host "$host" "${host#db}"
		cp -a data "$host/data"
		"$host/restart"
	done
	rm -r data
	ansible_python controller
	mkdir -p group_vars master passwords
	cat >group_vars/all.yml <<-END
		mkeyfile_master: $PWD/master/keyfile
		mkeyfile_master_password: $PWD/passwords/keyfile.key
		mkeyfile_ids: [1, 2, 100]
	END
	printf '%s\n' '[database]' "$@" '[controller]' "localhost ansible_connection=local ansible_python_interpreter=$PWD/controller/python" >inventory.ini
	: >served
}

# Runs a task file of the role on the group. The output and the status are in $output and $status.
role() { # tasks [option...]
	local tasks=$1
	shift
	printf '%s\n' '- hosts: database' '  gather_facts: false' '  tasks:' '    - ansible.builtin.import_role:' \
		'        name: mkeyfile.mariadb.mkeyfile' "        tasks_from: $tasks" >"$tasks.yml"
	run ansible-playbook "$tasks.yml" "$@"
	# for a test that fails
	grep -aE -A 5 '^(ERROR|fatal|failed)' <<<"$output" | cut -c 1-1500 || :
}

on() { # host statement
	mariadb --no-defaults -uroot -S "$PWD/$1/socket" --skip-column-names --batch -e "$2"
}

# Stops all servers of the group.
ansible_stop() {
	local host

	for host in ./*/stop; do
		[ ! -x "$host" ] || "$host"
	done
}
