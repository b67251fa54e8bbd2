#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
}

next_steps() {
	printf "next: add the key file to the server's option file ('mkeyfile config' prints the section)\n"
	printf '      keep a copy of the key file in a safe place: without it, the data is lost'
}

@test "without IDs: IDs 1 and 2, 256 bits, mode 0600" {
	umask 000
	run --separate-stderr mkeyfile generate
	first=$(sed -n 's/^1;//p' keyfile)
	second=$(sed -n 's/^2;//p' keyfile)
	assert_equal 0 "created 'keyfile'
  key ID 1 version 1, 256 bits, fingerprint $(fingerprint "$first")
  key ID 2 version 1, 256 bits, fingerprint $(fingerprint "$second")
$(next_steps)" ""
	run -0 cat keyfile
	[[ $output =~ ^$(date_line '1;1')$'\n'1\;[0-9a-f]{64}$'\n'$(date_line '2;1')$'\n'2\;[0-9a-f]{64}$ ]]
	[ "$first" != "$second" ]
	same "600 $(id -u):$(id -g)" "$(stat -c '%a %u:%g' keyfile)"
	same keyfile "$(ls -A)"
}

@test "smallest and largest sizes and IDs" {
	for bits in 128 192 256; do
		run -0 mkeyfile generate -q -f "k$bits" -s $bits 1 4294967295
		[[ $(key_lines "k$bits") =~ ^1\;[0-9a-f]{$((bits / 4))}$'\n'4294967295\;[0-9a-f]{$((bits / 4))}$ ]]
	done
	run_refused 64 "mkeyfile generate: key ID 1 is missing: no server loads a key file without it" generate 2 3
}

@test "versioned only if the target supports versions" {
	for target in 10.11 11.8 12.3 10.6-enterprise maxscale; do
		run -0 mkeyfile generate -q -f "k$target" -t "$target"
		run -0 grep -cE '^[12];[0-9a-f]{64}$' "k$target"
		same 2 "$output"
	done
	for target in 11.8-enterprise 11.8.3-1-MariaDB-enterprise-log; do
		run -0 mkeyfile generate -q -f "k$target" -t "$target"
		run -0 grep -cE '^[12];1;[0-9a-f]{64}$' "k$target"
		same 2 "$output"
	done
}

@test "--new-password-file creates a password file and an encrypted key file" {
	umask 000
	run --separate-stderr mkeyfile generate --new-password-file=keyfile.key 1
	key=$(openssl_decrypt keyfile.key keyfile | sed -n 's/^1;//p')
	assert_equal 0 "created 'keyfile.key', a password file
created 'keyfile', encrypted
  key ID 1 version 1, 256 bits, fingerprint $(fingerprint "$key")
next: add both files to the server's option file ('mkeyfile config' prints the section)
      keep copies of the key file and of the password in two separate safe places: without them, the data is lost" ""
	[[ $(cat keyfile.key) =~ ^[0-9a-f]{256}$ ]]
	same 257 "$(stat -c %s keyfile.key)"
	same '600 600' "$(stat -c %a keyfile keyfile.key | xargs)"
	same 'Salted__' "$(head -c 8 keyfile)"
}

@test "--new-password-file overrides the environment and refuses an existing file" {
	make_password_file other
	export MKEYFILE_PASSWORD_FILE=other
	run -0 mkeyfile generate -q --new-password-file=keyfile.key
	run -0 openssl_decrypt keyfile.key keyfile
	run_refused 4 "mkeyfile generate: 'keyfile.key' already exists" generate -f second --new-password-file=keyfile.key
}

@test "the new password file is removed if the key file cannot be written" {
	mkdir keydir
	run_refused 4 "mkeyfile generate: 'keydir' already exists" generate -f keydir --new-password-file=keyfile.key
	run_refused 4 "mkeyfile generate: 'kf' could not be decrypted by 10.11, which supports only sha1 with 1 iteration, not sha256, 1 iteration" \
		generate -f kf --new-password-file=keyfile.key --digest=sha256 -t 10.11
}

@test "no hint suggests --force for the server's key file" {
	make_keyfile keyfile 1 2
	printf '[mariadb]\nplugin_load_add = file_key_management\nloose_file_key_management_filename = %s\n' "$PWD/keyfile" >my.cnf
	unset MKEYFILE_PRINT_DEFAULTS
	run_refused 4 "mkeyfile generate: '$PWD/keyfile' already exists
hint: run 'mkeyfile add' to add keys: the server uses this file" generate --file="$PWD/keyfile" --defaults-file="$PWD/my.cnf"
	run_refused 4 "mkeyfile generate: 'keyfile' already exists
hint: run 'mkeyfile add' to add keys: the server uses this file" generate -f keyfile --defaults-file="$PWD/my.cnf"
}

@test "encrypts with a password from each source" {
	make_password_file pw
	MKEYFILE_PASSWORD_FILE=pw run -0 mkeyfile generate -q -f k1
	run -0 mkeyfile generate -q -f k2 -P pw
	run -0 mkeyfile generate -q -f k3 --password-fd=3 3<pw
	run -0 mkeyfile generate -q -f k4 --password-command='cat pw'
	run -0 mkeyfile generate -q -f k5 -P - <pw
	for file in k1 k2 k3 k4 k5; do
		openssl_decrypt pw $file | grep -q '^1;'
	done
}

@test "--force replaces, and keeps the old file with its owner and mode" {
	make_keyfile keyfile 1 7
	chmod 640 keyfile
	chown 65534:65534 keyfile
	cp -p keyfile old
	run --separate-stderr mkeyfile generate --force --trust-owner=nobody
	[ "$status" = 0 ]
	same "the old content is in 'keyfile~'; if encrypted, it needs the old password" "${stderr_lines[0]}"
	cmp old keyfile~
	same "$(stat -c '%a %u:%g' old)" "$(stat -c '%a %u:%g' keyfile~)"
	same "$(stat -c '%a %u:%g' old)" "$(stat -c '%a %u:%g' keyfile)"
	run -0 mkeyfile list --ids --trust-owner=nobody
	same $'1\n2' "$output"
}

@test "--force refuses to write plain keys to a file that others can read" {
	make_keyfile keyfile 1
	chmod 644 keyfile
	run_refused 4 "mkeyfile generate: 'keyfile' has mode 0644: other users could read the plain keys, or its group could change them
hint: set its mode to 600, or to 640 with the server's group" generate --force
	run -0 mkeyfile generate --force -q --new-password-file=keyfile.key
}

@test "reports files of an interrupted run, and removes empty ones" {
	mkfifo .keyfile.mkeyfile-1-2
	touch .keyfile.mkeyfile-0-3
	run -0 --separate-stderr mkeyfile generate
	same "mkeyfile generate: warning: '.keyfile.mkeyfile-1-2', in the same directory, was left by an interrupted run
hint: compare '.keyfile.mkeyfile-1-2' with this file before you delete it, since it may contain other keys" "$(head -n 2 <<<"$stderr")"
	same ".keyfile.mkeyfile-1-2
keyfile" "$(ls -A)"
}

@test "a path that ends in a slash" {
	run_refused 2 "mkeyfile generate: cannot open 'new/': Is a directory" generate -f new/
}

@test "--force never overwrites the backup of an earlier --force" {
	run -0 mkeyfile generate -q
	run -0 mkeyfile generate -q --force
	cp keyfile~ first
	cp keyfile second
	run -0 --separate-stderr mkeyfile generate --force --json
	same keyfile.~1~ "$(jq -r .backup <<<"$output")"
	cmp first keyfile~
	cmp second keyfile.~1~
	# and under a password that opens both
	make_password_file pw
	openssl_encrypt pw first keyfile
	openssl_encrypt pw first keyfile~
	cp keyfile third
	run -0 --separate-stderr mkeyfile generate --force -P pw --json
	same keyfile~ "$(jq -r .backup <<<"$output")"
	cmp third keyfile~
	run_refused 64 "mkeyfile generate: --keep requires --force: a new file needs no backup" generate --keep=1
}

@test "--force without an existing file" {
	run -0 mkeyfile generate -q --force
	same keyfile "$(ls -A)"
}

@test "a dry run creates nothing and shows no fingerprints" {
	run --separate-stderr mkeyfile generate --dry-run --new-password-file=keyfile.key 1
	assert_equal 0 "would create 'keyfile.key', a password file
would create 'keyfile', encrypted
  key ID 1 version 1, 256 bits" ""
	same "" "$(ls -A)"
	run -0 mkeyfile generate -q
	run_refused 4 "mkeyfile generate: 'keyfile' already exists
hint: use --force to replace the file and keep the old one as a backup" generate -n
	before=$(snapshot)
	run -0 mkeyfile generate -n --force
	same "$before" "$(snapshot)"
}

@test "--quiet prints nothing, --json prints the result for scripts" {
	run --separate-stderr mkeyfile generate -q
	assert_equal 0 "" ""
	run --separate-stderr mkeyfile generate -q --json -f other 1
	same "$(jq -S . <<END
{ "path": "other", "changed": true, "dry_run": false, "encrypted": false, "backup": null, "keys": [
  { "id": 1, "version": 1, "role": "system", "bits": 256, "fingerprint": "$(fingerprint "$(sed -n 's/^1;//p' other)")",
    "created": "$(date_of '1;1' other)" } ],
  "warnings": [], "hints": [] }
END
	)" "$(jq -S 'del(.steps)' <<<"$output")"
	same "$(next_steps | sed -E 's/^(next:|     ) //')" "$(jq -r '.steps[]' <<<"$output")"
}

@test "as root, new files belong to the server's user account" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	run -0 --separate-stderr mkeyfile generate --new-password-file=keyfile.key --server-user=nobody
	grep -qxF "next: add both files to the server's option file ('mkeyfile config' prints the section)" <<<"$stderr"
	for file in keyfile keyfile.key; do
		same "600 nobody:$(id -gn nobody)" "$(stat -c '%a %U:%G' $file)"
	done
	# which the option files also set
	printf '[mysqld]\nuser = nobody\n' >my.cnf
	unset MKEYFILE_PRINT_DEFAULTS
	run -0 mkeyfile generate -q -f named --defaults-file=my.cnf
	same "600 nobody" "$(stat -c '%a %U' named)"
	run -0 mkeyfile generate -q -f usual --no-defaults
	same "600 $(id -un mysql 2>/dev/null || id -un)" "$(stat -c '%a %U' usual)"
	# a number without a name has no group
	run -0 mkeyfile generate -q -f number --server-user=54321
	same "600 54321:$(id -g)" "$(stat -c '%a %u:%g' number)"
	# an existing file keeps its owner
	run -0 mkeyfile generate -q -f number --force --server-user=54321 --trust-owner=nobody
	same "600 54321:$(id -g)" "$(stat -c '%a %u:%g' number)"
}

@test "where the owner cannot be set, as in some containers, new files belong to the caller" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	run -0 --separate-stderr strace -o calls -e trace="/^fchown(32)?$" -e inject="/^fchown(32)?$:error=EPERM" \
		"$MKEYFILE" generate --new-password-file=keyfile.key --server-user=nobody
	grep -q 'INJECTED' calls
	grep -qxF "next: make both files readable by the server's user account (chown nobody keyfile keyfile.key), and add them to the server's option file ('mkeyfile config' prints the section)" <<<"$stderr"
	same "600 0 600 0" "$(stat -c '%a %u' keyfile keyfile.key | xargs)"
	# with names quoted for a shell
	run -0 --separate-stderr strace -o calls -e trace="/^fchown(32)?$" -e inject="/^fchown(32)?$:error=EPERM" \
		"$MKEYFILE" generate --file="it's" --new-password-file='my key' --server-user=nobody
	same "chown nobody 'it'\''s' 'my key'" "$(sed -n 's/^next: .* (\(.*\)), and .*/\1/p' <<<"$stderr")"
}

@test "files that another user creates belong to that user" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	mkdir of-nobody
	chown nobody of-nobody
	cd of-nobody
	run -0 as_nobody generate -q -f keyfile --server-user=mysql
	same "600 65534" "$(stat -c '%a %u' keyfile)"
}
