#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples in README.md and docs/ show what the programs print.
bats_require_minimum_version 1.5.0
load common
load server

teardown() {
	local file
	for file in ./*/server.pid; do
		[ ! -s "$file" ] || kill "$(cat "$file")" || :
	done
	[ -z "${reader-}" ] || kill "$reader" 2>/dev/null || :
}

# Runs the examples of a page, and compares the output with the page. With
# MKEYFILE_UPDATE_DOCS=1, updates the page first.
same_as_shown() { # page
	local page=$abs_top_srcdir/$1

	"$abs_top_srcdir/tests/docs-session" run "$page" >"$BATS_TEST_TMPDIR/page"
	[ -z "${MKEYFILE_UPDATE_DOCS-}" ] || cp "$BATS_TEST_TMPDIR/page" "$page"
	diff -u <("$abs_top_srcdir/tests/docs-session" mask <"$page") \
		<("$abs_top_srcdir/tests/docs-session" mask <"$BATS_TEST_TMPDIR/page")
}

page_file() { # page name
	"$abs_top_srcdir/tests/docs-session" file "$abs_top_srcdir/docs/$1.md" "$2" >"$2"
}

@test "docs-session: a page with wrong output fails" {
	printf '%s\n' '```console' '$ echo one' 'two' '$ cat <<END' '> 0123456789abcdef' '> END' '```' 'end' >page
	run -0 "$abs_top_srcdir/tests/docs-session" run page
	same '```console
$ echo one
one
$ cat <<END
> 0123456789abcdef
> END
0123456789abcdef
```
end' "$output"
	run -1 diff page <(echo "$output")
	same 'FP1 FP2 FP1' "$("$abs_top_srcdir/tests/docs-session" mask <<<'0123456789abcdef 00000000aaaaaaaa 0123456789abcdef')"
}

@test "the session in README.md" {
	[ "$(grep -cx '```console' "$abs_top_srcdir/README.md")" = 1 ]
	same_as_shown README.md
}

@test "the picture in README.md" {
	[ "$(grep -c '(docs/session.svg)' "$abs_top_srcdir/README.md")" = 1 ]
	run -0 "$abs_top_srcdir/scripts/picture" session.svg
	[ -z "${MKEYFILE_UPDATE_DOCS-}" ] || cp session.svg "$abs_top_srcdir/docs/session.svg"
	diff -u <("$abs_top_srcdir/tests/docs-session" mask <"$abs_top_srcdir/docs/session.svg") \
		<("$abs_top_srcdir/tests/docs-session" mask <session.svg)
	# fingerprints have 16 digits, keys at least 32
	run -1 grep -E '[0-9a-fA-F]{17}' "$abs_top_srcdir/docs/session.svg"
}

@test "docs: from the shell recipe to mkeyfile" {
	same_as_shown docs/shell-recipe.md
}

# Creates a server of user root with a separate option file and all tables encrypted.
make_server() { # name
	mkdir "$1" "$1/tmp"
	cp -p keyfile keyfile.key "$1/"
	mkeyfile config -q -f "$1/keyfile" -P "$1/keyfile.key" >"$1/my.cnf"
	cat >>"$1/my.cnf" <<-END
		user = root
		datadir = $PWD/$1/data
		tmpdir = $PWD/$1/tmp
		socket = $PWD/$1/socket
		pid_file = $PWD/$1/server.pid
		skip_networking
		log_bin = $PWD/$1/data/binlog
		server_id = ${1#db}
		innodb_encrypt_tables = ON
		innodb_encrypt_log = ON
		innodb_encryption_threads = 1
		innodb_use_native_aio = OFF
		innodb_buffer_pool_size = 16M
	END
	cat >"$1/restart" <<-END
		#!/bin/sh
		# like a service manager: stop, start, return
		echo $1 >>$PWD/restarted
		if [ -s $PWD/$1/server.pid ]; then
			pid=\$(cat $PWD/$1/server.pid)
			kill \$pid
			while kill -0 \$pid 2>/dev/null; do sleep 0.1; done
		fi
		setsid $MARIADBD --defaults-file=$PWD/$1/my.cnf >>$PWD/$1/log 2>&1 </dev/null 3>&- &
		for i in \$(seq 600); do
			mariadb-admin --no-defaults -uroot -S $PWD/$1/socket ping >/dev/null 2>&1 && exit
			sleep 0.1
		done
		exit 1
	END
	chmod +x "$1/restart"
}

on() { # server statement
	mariadb --no-defaults -uroot -S "$PWD/$1/socket" --skip-column-names --batch -e "$2"
}

@test "docs: the Ansible playbook, on two servers" {
	local host

	"$MKEYFILE" generate -q -f keyfile --new-password-file=keyfile.key 1 2 100
	server_install "$PWD/data"
	for host in db1 db2; do
		make_server $host
		cp -a data $host/data
		$host/restart
		on $host "CREATE DATABASE db; CREATE TABLE db.t (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
			INSERT INTO db.t VALUES (1), (2), (3)"
		mkdir -p host_vars
		cat >host_vars/$host.yml <<-END
			ansible_connection: local
			key_file: $PWD/$host/keyfile
			password_file: $PWD/$host/keyfile.key
			server_user: $(id -un)
			datadir: $PWD/$host/data
			restart: $PWD/$host/restart
			client: mariadb --no-defaults -uroot -S $PWD/$host/socket
		END
	done
	rm restarted
	export HOME=$PWD/home ANSIBLE_REMOTE_TEMP=$PWD/home/tmp ANSIBLE_LOCALHOST_WARNING=false LC_ALL=C.UTF-8
	export ANSIBLE_LOG_PATH=$PWD/ansible.log
	mkdir home
	same_as_shown docs/deployment.md || { grep -E "^(TASK|fatal)|FAILED" ansible.log || :; return 1; }

	# rotated once, and restarted one after the other
	same $'db1\ndb2' "$(cat restarted)"
	for host in db1 db2; do
		run -0 mkeyfile diff -f keyfile -P keyfile.key $host/keyfile
		[ ! -e $host/keyfile.new ]
		same 600 "$(stat -c %a $host/keyfile)"
		same "1 2 3" "$(on $host 'SELECT i FROM db.t' | xargs)"
		# the server has the new key
		on $host "CREATE TABLE db.later (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=101"
		run -1 grep -F '[ERROR]' $host/log
	done
	grep -qi "encryption_key_id.*=.101" <<<"$(on db1 'SHOW CREATE TABLE db.t')"
	grep -qi "encryption_key_id.*=.*100" <<<"$(on db2 'SHOW CREATE TABLE db.t')"

	# a master copy without a key that the data needs is not installed on any server
	"$MKEYFILE" generate -q -f less -P keyfile.key 1 2
	: >restarted
	run -2 ansible-playbook -i inventory.ini rotate-key.yml --skip-tags rotate -e master="$PWD/less" -e master_password="$PWD/keyfile.key"
	same "" "$(cat restarted)"
	for host in db1 db2; do
		run -0 mkeyfile diff -f keyfile -P keyfile.key $host/keyfile
	done
}

# Prints a Secret with one value as kubectl does.
as_secret() { # name key <value
	base64 -w0 | jq -R --arg name "$1" --arg key "$2" \
		'{apiVersion: "v1", kind: "Secret", metadata: {name: $name, resourceVersion: "7"}, data: {($key): .}}'
}

@test "docs: Kubernetes Secrets, standard input and output only" {
	"$MKEYFILE" generate -q -f keyfile --new-password-file=keyfile.key 1 2 100
	"$MKEYFILE" generate -q -f plain 1 100
	as_secret mariadb-keys keyfile <keyfile >secret.json
	as_secret mariadb-keys-password keyfile.key <keyfile.key >password.json
	as_secret plain keyfile <plain >plain.json
	rm keyfile keyfile.key
	same_as_shown docs/kubernetes.md
	# kubectl compares this version with the version of the current Secret
	same '"7"' "$(jq .metadata.resourceVersion new.json)"
	grep -q ENCRYPTION_KEY_ID=101 move.sql
	jq -e '.kind == "Secret" and .metadata.name == "mariadb-keys"' new.json
	# new.json has the old keys and the new key, encrypted with the same password
	jq -r '.data["keyfile.key"]' password.json | base64 -d >key
	jq -r .data.keyfile new.json | base64 -d >new
	same "1 2 100 101" "$(openssl_decrypt key new | cut -d ';' -f 1 | xargs)"
	jq -r .data.keyfile encrypted.json | base64 -d >encrypted
	cmp plain <(openssl_decrypt key encrypted)
}

# Creates a unit of docs/systemd.md with the paths and the user of this test.
unit_here() { # name
	page_file systemd "$1"
	sed -i "s|/usr/bin/mkeyfile|$MKEYFILE|g; s|/etc/mysql/keys|$PWD|g; s|/run/mariadb-keys|$PWD/run|g
		s|mysql mysql|$(id -un) $(id -gn)|; s|^User=mysql|User=$(id -un)|" "$1"
}

@test "docs: systemd's units, and the commands in them" {
	local unit words

	mkdir units
	for unit in mariadb-keys.service mariadb-keys.conf; do
		unit_here $unit
	done
	for unit in password.conf keys.conf; do
		page_file systemd $unit
		mkdir -p units/mariadb.service.d
		mv $unit units/mariadb.service.d/
	done
	mv mariadb-keys.service units/
	printf '[Service]\nExecStart=/bin/true\n' >units/mariadb.service
	words=$(SYSTEMD_UNIT_PATH=$PWD/units: systemd-analyze --man=no verify units/mariadb-keys.service units/mariadb.service 2>&1)
	same "" "$words"

	# the pipe
	systemd-tmpfiles --create "$PWD/mariadb-keys.conf"
	same "fifo 600" "$(stat -c '%F %a' run/pipe)"

	# systemd decrypts a credential unchanged; a null key leaves no files on this machine
	"$MKEYFILE" generate -q -f keyfile --new-password-file=keyfile.key 1 2 100
	systemd-creds encrypt --with-key=tpm2-absent --name=keyfile.key keyfile.key sealed 2>/dev/null
	mkdir -m 700 credentials
	export CREDENTIALS_DIRECTORY=$PWD/credentials
	systemd-creds decrypt --name=keyfile.key sealed "$CREDENTIALS_DIRECTORY/keyfile.key" 2>/dev/null
	cmp keyfile.key "$CREDENTIALS_DIRECTORY/keyfile.key"
	rm keyfile.key

	# the unit writes the keys to a reader of the pipe, such as the server
	cat run/pipe >served 3>&- &
	reader=$!
	sed -n "s|%d|$CREDENTIALS_DIRECTORY|; s/^ExecStart=//p" units/mariadb-keys.service >start
	[ "$(wc -l <start)" = 1 ]
	run -0 timeout 60 sh start
	same "" "$output"
	wait "$reader"
	cmp served <(openssl_decrypt "$CREDENTIALS_DIRECTORY/keyfile.key" keyfile)

	# the server reads its password from the credential
	run -0 server_loads "$PWD/keyfile" "$CREDENTIALS_DIRECTORY/keyfile.key"

	# rotate reads the password from systemd, through a pipe
	grep -F -e "--password-command='systemd-creds decrypt --name=keyfile.key /etc/credstore.encrypted/keyfile.key -'" \
		"$abs_top_srcdir/docs/systemd.md"
	run -0 mkeyfile rotate 100 --new-id -f keyfile --password-command="systemd-creds decrypt --name=keyfile.key '$PWD/sealed' - 2>/dev/null"
	same "1 2 100 101" "$(openssl_decrypt "$CREDENTIALS_DIRECTORY/keyfile.key" keyfile | cut -d ';' -f 1 | xargs)"
}

@test "docs: README.md links every page, and no link is broken" {
	local page link

	cd "$abs_top_srcdir"
	for page in docs/*.md; do
		grep -qF "($page)" README.md || { echo "README.md does not link $page" && false; }
	done
	for page in README.md docs/*.md; do
		while read -r link; do
			[ -e "$(dirname "$page")/$link" ] || { echo "$page: no $link" && false; }
		done < <(grep -oE '\]\([^)#:]+\)' "$page" | sed 's/^](//; s/)$//')
	done
}
