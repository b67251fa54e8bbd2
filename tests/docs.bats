#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples in README.md and docs/ show what the programs print.
bats_require_minimum_version 1.5.0
load common
load server
load ansible

teardown() {
	ansible_stop
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
	same 'YYYY-MM-DD' "$("$abs_top_srcdir/tests/docs-session" mask <<<2026-11-30)"
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

# bats test_tags=deep,plain
@test "docs: the Ansible role, on two servers" {
	local host

	ansible_environment
	ansible_group db1 db2
	mkeyfile generate -q --server-user=root -f master/keyfile --new-password-file=passwords/keyfile.key 1 2 100
	for host in db1 db2; do
		cat >>host_vars/$host.yml <<-END
			mkeyfile_master: $PWD/master/keyfile
			mkeyfile_master_password: $PWD/passwords/keyfile.key
		END
		# the state that the first playbook makes
		mkdir $host/keys $host/password
		cp -p master/keyfile $host/keys/
		cp -p passwords/keyfile.key $host/password/
		mkeyfile config -q -f $host/keys/keyfile -P $host/password/keyfile.key >$host/conf.d/keys.cnf
		echo 'innodb_default_encryption_key_id = 100' >>$host/conf.d/keys.cnf
		$host/restart
		on $host "CREATE DATABASE d; CREATE TABLE d.t (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
			INSERT INTO d.t VALUES (1), (2), (3)"
	done
	: >served
	unset ANSIBLE_INVENTORY
	export ANSIBLE_LOG_PATH=$PWD/ansible.log
	same_as_shown docs/deployment.md || { grep -E "^(TASK|fatal)|FAILED" ansible.log || :; return 1; }
	ansible-playbook -i inventory.ini install.yml --syntax-check

	# rotated once, and restarted one after the other
	same $'db1 stop\ndb1 start\ndb2 stop\ndb2 start' "$(cat served)"
	for host in db1 db2; do
		cmp master/keyfile $host/keys/keyfile
		same keyfile "$(ls $host/keys)"
		same "1 2 3" "$(on $host 'SELECT i FROM d.t' | xargs)"
		grep -qi "encryption_key_id.*=.\{0,1\}101" <<<"$(on $host 'SHOW CREATE TABLE d.t')"
	done
}

# Prints how many connections the server counts as aborted.
aborted() { # host
	on "$1" "SHOW GLOBAL STATUS WHERE Variable_name IN ('Aborted_connects', 'Aborted_clients')"
}

# Asks a server for its status many times. The server must not count or log an aborted connection.
ask_often() { # host times
	local before i

	before=$(aborted "$1")
	for ((i = 0; i < $2; i++)); do
		mkeyfile status -q --no-defaults -f keyfile -P password/keyfile.key --server="$PWD/$1/socket" --user=root >/dev/null
	done
	same "$before" "$(aborted "$1")"
	run -1 grep -i 'aborted' "$1/log"
}

# Starts a server with the keys of a new key file.
start_monitored() {
	mkdir -m 700 password
	"$MKEYFILE" generate -q --server-user=root -f keyfile --new-password-file=password/keyfile.key 1 2 100
	server_install "$PWD/data"
	ansible_host db1 1
	mv data db1/data
	mkeyfile config -q -f keyfile -P password/keyfile.key >db1/conf.d/keys.cnf
	echo 'log_warnings = 9' >>db1/conf.d/keys.cnf
	db1/restart
	on db1 "CREATE DATABASE d; CREATE TABLE d.t (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100"
}

@test "docs: monitoring with Nagios, systemd and Prometheus" {
	start_monitored
	export MKEYFILE_FILE=keyfile MKEYFILE_PASSWORD_FILE=password/keyfile.key MYSQL_UNIX_PORT=$PWD/db1/socket
	same_as_shown docs/monitoring.md
	shellcheck check_mkeyfile mkeyfile-metrics
	same 644 "$(stat -c %a collector/mkeyfile.prom)"
	same mkeyfile.prom "$(ls collector)"
	# a file name with a separator of Nagios, and output that is not JSON
	cp keyfile 'key|file'
	run -2 ./check_mkeyfile verify --file='key|file' --password-file=/dev/null
	run -1 grep -F '|' <<<"$output"
	mkdir bad
	printf '%s\n' '#!/bin/sh' 'echo {' >bad/mkeyfile
	chmod +x bad/mkeyfile
	run ! env PATH="$PWD/bad:$PATH" sh mkeyfile-metrics collector
	same mkeyfile.prom "$(ls collector)"
	# the format of the textfile collector
	run -1 grep -vE '^(# TYPE [a-z_]+ gauge|[a-z_]+(\{[a-z]+="[a-z0-9]+"\})? [0-9]+)$' collector/mkeyfile.prom
	/usr/bin/python3 -c 'import sys, yaml; yaml.safe_load(sys.stdin)' <mkeyfile-rules.yml

	mkdir units
	sed -i "s|/usr/bin/mkeyfile|$MKEYFILE|" mkeyfile-check.service
	mv mkeyfile-*.service mkeyfile-*.timer units/
	printf '[Service]\nExecStart=/bin/true\n' >units/mariadb.service
	run -0 env SYSTEMD_UNIT_PATH="$PWD/units:" systemd-analyze --man=no verify units/mkeyfile-check.timer units/mkeyfile-check.service
	same "" "$output"
	ask_often db1 50
}

# bats test_tags=deep,minutes
@test "docs: 1000 checks leave no aborted connection" {
	start_monitored
	ask_often db1 1000
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
	same "1 2 100 101" "$(openssl_decrypt key new | key_lines | cut -d ';' -f 1 | xargs)"
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
	same "1 2 100 101" "$(openssl_decrypt "$CREDENTIALS_DIRECTORY/keyfile.key" keyfile | key_lines | cut -d ';' -f 1 | xargs)"
}

@test "docs: systemd's timer for old keys" {
	local unit words

	mkdir units
	for unit in mkeyfile-age.service mkeyfile-age.timer; do
		unit_here $unit
		mv $unit units/
	done
	words=$(SYSTEMD_UNIT_PATH=$PWD/units: systemd-analyze --man=no verify units/mkeyfile-age.service units/mkeyfile-age.timer 2>&1)
	same "" "$words"
	make_keyfile plain 1 2 100
	make_password_file keyfile.key
	mkdir -m 700 credentials
	mv keyfile.key credentials/
	sed -n "s|%d|$PWD/credentials|; s/^ExecStart=//p" units/mkeyfile-age.service >start
	[ "$(wc -l <start)" = 1 ]
	# keys of unknown age, then new keys
	mkeyfile encrypt -q -f plain -o keyfile -P credentials/keyfile.key
	run -1 sh start
	same 'ID 1 2 100' "$(awk '{ print $1 }' <<<"$output" | xargs)"
	mkeyfile generate -q --force -f keyfile -P credentials/keyfile.key 1 2 100
	run -0 sh start
	same '' "$output"
	# as the page says, to rotate
	sed 's/ list / rotate /; s/$/ --target=10.11+plugin --quiet/' start >rotate
	run -0 sh rotate
	same '1 2 100' "$(openssl_decrypt credentials/keyfile.key keyfile | key_lines | cut -d ';' -f 1 | xargs)"
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
