#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The role in ansible/, with three servers on this host. The tests use the same servers in order.
# Only scripts/check --all runs this file, because it takes minutes.
# bats file_tags=deep,minutes
bats_require_minimum_version 1.5.0
load common
load server
load ansible
load plugin

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	TMPDIR=$BATS_FILE_TMPDIR
	plugin_setup
	ansible_group db1 db2 db3
}

setup_test() {
	cd "$BATS_FILE_TMPDIR" || return
	ansible_environment
	export ANSIBLE_LOG_PATH=$PWD/ansible.log
	: >served
}

teardown_file() {
	cd "$BATS_FILE_TMPDIR" || return
	ansible_stop
}

# Succeeds if no host changed or failed in the last run.
nothing_changed() {
	same 0 "$status"
	same "changed=0 changed=0 changed=0" "$(sed -n 's/^db[123].* \(changed=[0-9]*\).*/\1/p' <<<"$output" | xargs)"
}

# Succeeds if all hosts have the keys of the master copy, as one file, and nothing is left over.
all_same() {
	local host

	for host in db1 db2 db3; do
		cmp master/keyfile $host/keys/keyfile
		cmp passwords/keyfile.key $host/password/keyfile.key
		same "600 600" "$(stat -c %a $host/keys/keyfile $host/password/keyfile.key | xargs)"
		same keyfile "$(find $host/keys -type f ! -name '*~' -printf '%f\n')"
		same "keyfile.key" "$(ls $host/password)"
		run -0 mkeyfile verify -q --defaults-file=$host/my.cnf --server-user=root --target=auto
	done
}

one_after_the_other=$'db1 stop\ndb1 start\ndb2 stop\ndb2 start\ndb3 stop\ndb3 start'

@test "ansible-lint is clean" {
	cp -r "$abs_top_srcdir/ansible" lint
	cd lint
	git init -q .
	run ansible-lint --offline -q
	same "" "$output"
	same 0 "$status"
}

@test "check mode changes nothing before the first installation" {
	role main --check
	same 0 "$status"
	same "" "$(find master passwords -type f)"
	[ ! -e db1/keys ]
	same "" "$(cat served)"
}

@test "first installation" {
	role main -vvv --diff
	same 0 "$status"
	all_same
	same "1 2 100" "$(mkeyfile list --ids -f master/keyfile -P passwords/keyfile.key | xargs)"
	same "$one_after_the_other" "$(cat served)"
	for host in db1 db2 db3; do
		on $host "CREATE DATABASE d; CREATE TABLE d.t (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100; INSERT INTO d.t VALUES (1)"
	done

	: >served
	role main
	nothing_changed
	role main --check --diff
	nothing_changed
	same "" "$(cat served)"
}

@test "owner, mode and option file are restored" {
	chmod 640 db2/keys/keyfile
	sed -i '$d' db3/conf.d/keys.cnf
	role main --check
	same 0 "$status"
	same 640 "$(stat -c %a db2/keys/keyfile)"
	same "" "$(cat served)"
	role main -vvv --diff
	same 0 "$status"
	all_same
	same $'db3 stop\ndb3 start' "$(cat served)"
}

@test "rotation to a new ID" {
	role rotate --check -e mkeyfile_rotate=100 -e mkeyfile_new_id=101
	same 0 "$status"
	same "1 2 100" "$(mkeyfile list --ids -f master/keyfile -P passwords/keyfile.key | xargs)"
	role rotate -vvv --diff -e mkeyfile_rotate=100 -e mkeyfile_new_id=101 -e mkeyfile_default_id=101
	same 0 "$status"
	all_same
	same "$one_after_the_other" "$(cat served)"
	for host in db1 db2 db3; do
		grep -qi "encryption_key_id.*=.\{0,1\}101" <<<"$(on $host 'SHOW CREATE TABLE d.t')"
		same 101 "$(on $host 'SELECT @@GLOBAL.innodb_default_encryption_key_id')"
		same 1 "$(on $host 'SELECT i FROM d.t')"
	done
	echo "mkeyfile_default_id: 101" >>group_vars/all.yml

	: >served
	role rotate -e mkeyfile_rotate=100 -e mkeyfile_new_id=101
	nothing_changed
	same "" "$(cat served)"
}

@test "the default key of new tables must not be the old key, or missing" {
	role rotate -e mkeyfile_rotate=101 -e mkeyfile_new_id=102
	[ "$status" != 0 ]
	grep -q 'innodb_default_encryption_key_id is 101; set mkeyfile_default_id' <<<"$output"
	role main -e mkeyfile_default_id=999
	[ "$status" != 0 ]
	grep -q 'mkeyfile_default_id is 999, which is not in the master copy' <<<"$output"
	same "1 2 100 101" "$(mkeyfile list --ids -f master/keyfile -P passwords/keyfile.key | xargs)"
}

@test "a new password" {
	mv passwords/keyfile.key passwords/old.key
	role passwd --check -e mkeyfile_old_password="$PWD/passwords/old.key"
	same 0 "$status"
	[ ! -e passwords/keyfile.key ]
	role passwd -vvv --diff -e mkeyfile_old_password="$PWD/passwords/old.key"
	same 0 "$status"
	all_same
	same "" "$(cat served)"
	role passwd -e mkeyfile_old_password="$PWD/passwords/old.key"
	nothing_changed

	# as after a run that was interrupted between the key file and the password file
	cp passwords/old.key db2/password/keyfile.key
	for check in --check ''; do
		role passwd -e mkeyfile_old_password="$PWD/passwords/old.key" $check
		same 0 "$status"
	done
	all_same

	# the same, and before the next run the master copy gets another password
	: >served
	cp passwords/old.key db2/password/keyfile.key
	mv passwords/keyfile.key db2/password/keyfile.key.new
	mkeyfile passwd -q --no-defaults -f master/keyfile -P db2/password/keyfile.key.new \
		--new-password-file=passwords/keyfile.key
	role main
	same 0 "$status"
	all_same
	same "" "$(cat served)"
}

@test "a key is removed when the data of every host allows it" {
	on db3 "CREATE TABLE d.old (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100"
	role remove -e '{mkeyfile_remove: [100]}' -e '{mkeyfile_ids: [1, 2]}'
	[ "$status" != 0 ]
	grep -q "key ID 100 version 1 is needed by 1 file" <<<"$output"
	all_same
	same "1 2 100 101" "$(mkeyfile list --ids -f master/keyfile -P passwords/keyfile.key | xargs)"
	# the server that refused is running again
	same 0 "$(on db3 'SELECT COUNT(*) FROM d.old')"
	on db3 "ALTER TABLE d.old ENCRYPTION_KEY_ID=101"

	: >served
	role remove -vvv --diff -e '{mkeyfile_remove: [100]}' -e '{mkeyfile_ids: [1, 2]}'
	same 0 "$status"
	all_same
	same "1 2 101" "$(mkeyfile list --ids -f master/keyfile -P passwords/keyfile.key | xargs)"
	# once for the proof, and once for the removal
	same "$one_after_the_other
$one_after_the_other" "$(uniq served)"
	echo 'mkeyfile_ids: [1, 2]' >>host_vars/db1.yml
	echo 'mkeyfile_ids: [1, 2]' >>host_vars/db2.yml
	echo 'mkeyfile_ids: [1, 2]' >>host_vars/db3.yml
	role remove -e '{mkeyfile_remove: [100]}'
	nothing_changed
}

@test "a key that only one host has is never overwritten" {
	mkeyfile add -q --no-defaults --server-user=root 200 -f db2/keys/keyfile -P db2/password/keyfile.key
	before=$(mkeyfile list --no-defaults -f db2/keys/keyfile -P db2/password/keyfile.key)
	role main
	[ "$status" != 0 ]
	grep -q 'The key file of this host has keys that the master copy lacks' <<<"$output"
	same "$before" "$(mkeyfile list --no-defaults -f db2/keys/keyfile -P db2/password/keyfile.key)"
	cp -p db1/keys/keyfile db2/keys/keyfile
	role main
	nothing_changed
}

@test "a run that fails in the middle is completed by the next one" {
	arguments=(-e mkeyfile_rotate=101 -e mkeyfile_new_id=102 -e mkeyfile_default_id=102)
	chmod -x db2/restart
	role rotate "${arguments[@]}"
	[ "$status" != 0 ]
	# db3 was not touched, and no table was moved
	same $'db1 stop\ndb1 start' "$(cat served)"
	grep -qi "encryption_key_id.*=.\{0,1\}101" <<<"$(on db1 'SHOW CREATE TABLE d.t')"

	chmod +x db2/restart
	: >served
	role rotate "${arguments[@]}"
	same 0 "$status"
	all_same
	same $'db2 stop\ndb2 start\ndb3 stop\ndb3 start' "$(cat served)"
	for host in db1 db2 db3; do
		grep -qi "encryption_key_id.*=.\{0,1\}102" <<<"$(on $host 'SHOW CREATE TABLE d.t')"
	done
	role rotate "${arguments[@]}"
	nothing_changed
}

@test "a server that does not run is started before another one is stopped" {
	echo 'mkeyfile_ids: [1, 2, 103]' >>group_vars/all.yml
	sed -i '/^mkeyfile_ids: .1, 2.$/d' host_vars/*.yml
	db2/stop
	: >served
	role main
	same 0 "$status"
	all_same
	same $'db2 start\ndb1 stop\ndb1 start\ndb3 stop\ndb3 start' "$(cat served)"

	# as after a removal that was interrupted
	touch db2/keys/keyfile.restart
	db2/stop
	: >served
	role remove -e mkeyfile_remove=103 -e '{mkeyfile_ids: ["1", "2"]}'
	same 0 "$status"
	all_same
	same "db2 start
$one_after_the_other
$one_after_the_other" "$(uniq served)"
	sed -i 's/1, 2, 103/1, 2/' group_vars/all.yml
}

@test "a key is removed and rotated only in a run with all hosts" {
	arguments=(-e mkeyfile_remove=101 -e '{mkeyfile_ids: [1, 2]}' -e mkeyfile_rotate=102 -e mkeyfile_new_id=104)
	before=$(mkeyfile list -f master/keyfile -P passwords/keyfile.key)
	for tasks in remove rotate; do
		role $tasks "${arguments[@]}" --limit db1
		[ "$status" != 0 ]
		grep -q 'this run has --limit: choose the hosts in the play instead' <<<"$output"

		# db2 fails before the role begins
		ansible_fail_at db2 1
		sed -i 's/gather_facts: false/gather_facts: true/' $tasks.yml
		run ansible-playbook $tasks.yml "${arguments[@]}"
		[ "$status" != 0 ]
		grep -q 'this run does not include db2' <<<"$output"
		ansible_fail_at db2 0

		sed -i 's/gather_facts: true/serial: 2/' $tasks.yml
		run ansible-playbook $tasks.yml "${arguments[@]}"
		[ "$status" != 0 ]
		grep -q 'this run does not include db3' <<<"$output"
	done
	same "$before" "$(mkeyfile list -f master/keyfile -P passwords/keyfile.key)"
	all_same
}

@test "a key that is in use by name is not removed, and texts are numbers" {
	for arguments in '{mkeyfile_remove: ["101"], mkeyfile_ids: [1, 2, 101]}' '{mkeyfile_remove: "102", mkeyfile_default_id: 102}'; do
		role remove -e "$arguments"
		[ "$status" != 0 ]
		grep -q 'mkeyfile_remove has a key ID in common with mkeyfile_ids or mkeyfile_default_id' <<<"$output"
	done
	role main -e '{mkeyfile_ids: "101", mkeyfile_mode: 0640, mkeyfile_option_file: ""}'
	same 0 "$status"
	same "640 640" "$(stat -c %a db1/keys/keyfile db1/password/keyfile.key | xargs)"
	role main
	same 0 "$status"
	all_same
	same "1 2 101 102" "$(mkeyfile list --ids -f master/keyfile -P passwords/keyfile.key | xargs)"
}

@test "copies that an interrupted run left are deleted" {
	cp db2/keys/keyfile db2/keys/keyfile.new
	cp db2/password/keyfile.key db2/password/keyfile.key.new
	role main --check
	same 0 "$status"
	[ -e db2/password/keyfile.key.new ]
	role main
	same 0 "$status"
	all_same
	role main
	nothing_changed
}

@test "names with spaces, commas and brackets, hidden files and symbolic links" {
	mkdir 'a, b'
	mv master/keyfile 'a, b/key file'
	ln -s "$PWD/a, b/key file" master/keyfile
	cp host_vars/db3.yml saved
	sed -i "s|/keys/keyfile|/keys, 2/.keyfile [1]|" host_vars/db3.yml
	role main
	same 0 "$status"
	same $'db3 stop\ndb3 start' "$(cat served)"
	same "$PWD/db3/keys, 2/.keyfile [1]" "$(on db3 'SELECT @@file_key_management_filename')"
	same ".keyfile [1]" "$(ls -A 'db3/keys, 2')"
	role main
	nothing_changed

	mv 'a, b/key file' master/keyfile
	mv saved host_vars/db3.yml
	role main
	same 0 "$status"
	rm -r 'db3/keys, 2'
	all_same
}

@test "tasks on the controller never become another user" {
	printf '%s\n' '#!/bin/sh' "echo \"\$*\" >>$PWD/became" 'while [ "$1" != -c ]; do shift; done' 'exec sh -c "$2"' >become
	chmod +x become
	cp group_vars/all.yml saved
	printf '%s\n' 'ansible_become: true' 'ansible_become_method: su' "ansible_become_exe: $PWD/become" >>group_vars/all.yml
	# otherwise root does not become root
	export ANSIBLE_BECOME_ALLOW_SAME_USER=true
	role main
	nothing_changed
	mv saved group_vars/all.yml
	grep -q db1/python became
	run -1 grep controller/python became
}

@test "with mkeyfile's plugin, versions are added and read without a restart" {
	plugin_requires
	printf '%s\n' 'mkeyfile_config: [--plugin=mkeyfile]' 'mkeyfile_target: 10.11+plugin' >>group_vars/all.yml
	sed -i 's/^mkeyfile_default_id: .*/mkeyfile_default_id: 102/' group_vars/all.yml
	role main
	same 0 "$status"
	same "$one_after_the_other" "$(cat served)"

	: >served
	arguments=(-e mkeyfile_rotate=102 -e mkeyfile_version=3)
	# InnoDB re-encrypts nothing: the role does not wait for it, and shows why
	role rotate "${arguments[@]}"
	same 2 "$status"
	[[ $output == *"SET GLOBAL innodb_encrypt_tables = ON"* && $output != *"FAILED - RETRYING"* ]]
	for host in db1 db2 db3; do
		on $host 'SET GLOBAL innodb_encrypt_tables = ON'
	done
	role rotate -vvv --diff "${arguments[@]}"
	same 0 "$status"
	all_same
	same "" "$(cat served)"
	for host in db1 db2 db3; do
		run -0 mkeyfile status 102 -q --json --defaults-file=$host/my.cnf --server-user=root --server="$PWD/$host/socket" --user=root
		same '{"file_version":3,"server_version":3,"state":"up-to-date"}' "$(jq -c '.ids[0] | {file_version, server_version, state}' <<<"$output")"
	done
	role rotate "${arguments[@]}"
	nothing_changed
}

@test "no key and no password is in a log, a diff or a fact" {
	# every run is in the log, and some of them with -vvv and --diff
	grep -q 'invocation' ansible.log
	for password in passwords/keyfile.key passwords/old.key; do
		for file in master/keyfile master/keyfile~ db?/keys/keyfile~; do
			openssl_decrypt $password "$file" 2>/dev/null | cut -d ';' -f 2 | grep -xE '[0-9a-f]{64}' || :
		done
		cat $password
	done | sort -u >secrets
	[ "$(wc -l <secrets)" -ge 6 ]
	run -1 grep -aFf secrets ansible.log
	run -1 grep -raFf secrets home db1/log db2/log db3/log
	# nor in base64 or upper case
	run -1 grep -aiFf secrets ansible.log
}
