#!/usr/bin/env bats
# Byte for byte what openssl enc writes and reads.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_keyfile keyfile 1 2 100
	make_password_file pw
}

# Calls "$@" DIGEST ITERATIONS for everything that a server can be set to.
for_each_kdf() {
	for digest in sha1 sha224 sha256 sha384 sha512; do
		for iterations in 0 1 10000 600000; do
			"$@" $digest $iterations
		done
	done
}

openssl_kdf() { # digest iterations
	echo "-md $1"
	[ "$2" = 0 ] || echo "-pbkdf2 -iter $2"
}

opens_what_mkeyfile_seals() {
	mkeyfile encrypt -P pw -t 12.3 --digest="$1" --pbkdf2="$2" >sealed
	# shellcheck disable=SC2046
	openssl_decrypt pw sealed $(openssl_kdf "$1" "$2") | cmp - keyfile
}

seals_what_mkeyfile_opens() {
	# shellcheck disable=SC2046
	openssl_encrypt pw keyfile sealed $(openssl_kdf "$1" "$2")
	mkeyfile decrypt -f sealed -P pw --digest="$1" --pbkdf2="$2" | cmp - keyfile
}

same_bytes_for_the_same_salt() {
	mkeyfile encrypt -P pw -t 12.3 --digest="$1" --pbkdf2="$2" >sealed
	salt=$(od -An -v -tx1 -j 8 -N 8 sealed | tr -d ' \n')
	# shellcheck disable=SC2046
	{ cat keyfile && openssl_seal pw sealed keyfile $(openssl_kdf "$1" "$2"); } |
		openssl enc -aes-256-cbc $(openssl_kdf "$1" "$2") -S "$salt" -pass file:pw 2>/dev/null |
		cmp - <(tail -c +17 sealed)
}

@test "openssl decrypts files of mkeyfile: every digest, 1 iteration and PBKDF2" {
	for_each_kdf opens_what_mkeyfile_seals
}

@test "mkeyfile decrypts files of openssl: every digest, 1 iteration and PBKDF2" {
	for_each_kdf seals_what_mkeyfile_opens
}

@test "with the same salt, the bytes after the header are identical" {
	for_each_kdf same_bytes_for_the_same_salt
}

@test "key files of every length around the block size" {
	for length in $(seq 0 40); do
		{ cat keyfile; head -c "$length" /dev/zero | tr '\0' '#'; } >padded
		mkeyfile encrypt -f padded -P pw >sealed
		# the seal needs a line of its own
		[ "$length" = 0 ] || echo >>padded
		openssl_decrypt pw sealed | cmp - padded
	done
}

@test "standard input to standard output, and a pipe in between" {
	mkeyfile encrypt -f - -P pw <keyfile | mkeyfile decrypt -f - -P pw | cmp - keyfile
}

@test "--output creates a file with mode 0600" {
	umask 000
	run --separate-stderr mkeyfile encrypt -P pw -o sealed
	assert_equal 0 "encrypted 'keyfile' to 'sealed'" ""
	same 600 "$(stat -c %a sealed)"
	openssl_decrypt pw sealed | cmp - keyfile
	run --separate-stderr mkeyfile decrypt -f sealed -P pw -o plain
	assert_equal 0 "decrypted 'sealed' to 'plain'" ""
	same 600 "$(stat -c %a plain)"
	cmp plain keyfile
}

@test "--output --force replaces the file and keeps the old one" {
	make_keyfile other 1 7
	cp other old
	run --separate-stderr mkeyfile encrypt -P pw -o other --force
	assert_equal 0 "the old content is in 'other~'; if encrypted, it needs the old password
encrypted 'keyfile' to 'other'" ""
	cmp old other~
	openssl_decrypt pw other | cmp - keyfile
}

@test "--in-place keeps owner and mode, in both directions" {
	chmod 640 keyfile
	chown 0:65534 keyfile
	cp keyfile plain
	run --separate-stderr mkeyfile encrypt -P pw --in-place
	assert_equal 0 "encrypted 'keyfile' to 'keyfile'
next: before you restart the server, add to the group [mariadb] of its option file:
      loose_file_key_management_filekey = FILE:$PWD/pw" ""
	openssl_decrypt pw keyfile | cmp - plain
	same '640 0:65534' "$(stat -c '%a %u:%g' keyfile)"
	run -0 mkeyfile decrypt -P pw --in-place -q --backup
	cmp keyfile plain
	openssl_decrypt pw keyfile~ | cmp - plain
}

@test "--in-place prints the lines for the server's option file, as config does" {
	mkdir 'my dir'
	mv pw 'my dir'
	run --separate-stderr mkeyfile encrypt -P 'my dir/pw' --in-place -t 12.3 --digest=sha256 --pbkdf2=9
	assert_equal 0 "encrypted 'keyfile' to 'keyfile'
next: before you restart the server, add to the group [mariadb] of its option file:
      loose_file_key_management_filekey = \"FILE:$PWD/my dir/pw\"
      loose_file_key_management_digest = sha256
      loose_file_key_management_use_pbkdf2 = 9" ""
	settings=$(grep '^ ' <<<"$stderr" | sed 's/^ *//')
	run -0 mkeyfile config -P 'my dir/pw' -t 12.3 --digest=sha256 --pbkdf2=9
	same "$settings" "$(grep 'filekey\|digest\|pbkdf2' <<<"$output")"
	run --separate-stderr mkeyfile decrypt --in-place -P 'my dir/pw' --digest=sha256 --pbkdf2=9 -t 10.11+plugin
	assert_equal 0 "decrypted 'keyfile' to 'keyfile'
next: before you restart the server, remove from its option file:
${settings//loose_/      loose_mkey}" ""
	# a password that is not in a file
	run --separate-stderr mkeyfile encrypt --password-command="cat 'my dir/pw'" --in-place -t 10.11
	assert_equal 0 "encrypted 'keyfile' to 'keyfile'
next: before you restart the server, write the password to a file that only the server's user account can read, and add to the group [mariadb] of its option file:
      loose_file_key_management_filekey = FILE:/path/of/the/password/file" ""
	run --separate-stderr mkeyfile decrypt --password-command="cat 'my dir/pw'" --in-place
	assert_equal 0 "decrypted 'keyfile' to 'keyfile'
next: before you restart the server, remove from its option file:
      loose_file_key_management_filekey" ""
	run --separate-stderr mkeyfile encrypt -P 'my dir/pw' --in-place -t maxscale
	assert_equal 0 "encrypted 'keyfile' to 'keyfile'" ""
}

@test "encrypt --new-password-file" {
	run --separate-stderr mkeyfile encrypt --in-place --new-password-file=keyfile.key
	[ "$status" = 0 ]
	[[ $(cat keyfile.key) =~ ^[0-9a-f]{256}$ ]]
	same 600 "$(stat -c %a keyfile.key)"
	run -0 mkeyfile list --ids -P keyfile.key
	same $'1\n2\n100' "$output"
	make_keyfile other 1
	run_refused 4 "mkeyfile encrypt: 'keyfile.key' already exists" encrypt -f other -o sealed --new-password-file=keyfile.key
}

@test "as root, a new password file belongs to the server's user account" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	chown nobody keyfile
	run -0 mkeyfile encrypt -q --in-place --new-password-file=keyfile.key --server-user=nobody
	same "600 nobody 600 nobody" "$(stat -c '%a %U' keyfile keyfile.key | xargs)"
	# in a pipe, too
	run -0 mkeyfile decrypt -q --in-place -P keyfile.key --server-user=nobody
	mkeyfile encrypt -f - --new-password-file=piped.key --server-user=nobody <keyfile >piped
	same "600 nobody" "$(stat -c '%a %U' piped.key)"
	openssl_decrypt piped.key piped | cmp - keyfile
}

@test "encrypt refuses files that the target would not load" {
	make_keyfile keyfile '1;1'
	run_refused 4 "mkeyfile encrypt: 'keyfile' would not load on 10.11: Invalid key at keyfile line 1, column 3" \
		encrypt -P pw -t 10.11
	run -0 mkeyfile encrypt -P pw -t 11.8-enterprise -o sealed -q
	run_refused 4 "mkeyfile encrypt: 'keyfile' could not be decrypted by 11.8-enterprise, which supports only sha1 with 1 iteration, not sha1, PBKDF2 with 10000 iterations" \
		encrypt -P pw -t 11.8-enterprise --pbkdf2=10000
}

@test "decrypt never leaves plain keys in a file that others can read" {
	run -0 mkeyfile encrypt -P pw --in-place -q
	for mode in 644 620 604; do
		chmod $mode keyfile
		run_refused 4 "mkeyfile decrypt: 'keyfile' has mode 0$mode: other users could read the plain keys, or its group could change them
hint: set its mode to 600, or to 640 with the server's group" decrypt -P pw --in-place
		make_keyfile other 1
		chmod $mode other
		run_refused 4 "mkeyfile decrypt: 'other' has mode 0$mode: other users could read the plain keys, or its group could change them
hint: set its mode to 600, or to 640 with the server's group" decrypt -P pw -o other --force
	done
}

@test "warns of a new password that is weak, or that openssl reads differently" {
	echo short >pw
	run --separate-stderr mkeyfile encrypt -P pw -o sealed
	[ "$status" = 0 ]
	same "mkeyfile encrypt: warning: the password is shorter than 16 bytes" "${stderr_lines[0]}"
	printf 'sixteen letters.\r\n' >pw
	run --separate-stderr mkeyfile generate -P pw -f other
	[ "$status" = 0 ]
	same "mkeyfile generate: warning: the password ends with a carriage return" "${stderr_lines[0]}"
}

@test "decrypted text with a key in it is never called a wrong password" {
	printf '# Schl\xfcssel\n1;%s\n2;\x01x\n' "$(random_key)" >plain
	openssl_encrypt pw plain sealed
	run_refused 2 "mkeyfile decrypt: 'sealed' is not a key file: invalid key at line 3, column 3
hint: use --force to write the plain text anyway: the password is right" decrypt -f sealed -P pw
	mkeyfile decrypt -f sealed -P pw --force | cmp - plain
}

@test "a named pipe as output: the plain text never reaches a disk" {
	run -0 mkeyfile encrypt -P pw -o sealed -q
	mkfifo pipe
	cat pipe >received &
	run -0 mkeyfile decrypt -f sealed -P pw -o pipe -q
	wait
	cmp received keyfile
	[ -p pipe ]
}

@test "a named pipe as output, for a server that cannot read pipes" {
	run -0 mkeyfile encrypt -P pw -o sealed -q
	mkfifo pipe
	cat pipe >received &
	run --separate-stderr mkeyfile decrypt -f sealed -P pw -o pipe -t 10.11
	wait
	assert_equal 0 "mkeyfile decrypt: warning: 'pipe' is a named pipe, from which 10.11 cannot read a key file
decrypted 'sealed' to 'pipe'" ""
	cat pipe >received &
	run --separate-stderr mkeyfile decrypt -f sealed -P pw -o pipe -t 11.8
	wait
	assert_equal 0 "decrypted 'sealed' to 'pipe'" ""
}

@test "a signal ends the wait for a pipe without a reader, and nothing is created" {
	mkfifo pipe
	for signal in TERM HUP; do
		# whoever runs the tests may have them ignored
		env --default-signal "$MKEYFILE" encrypt -o pipe --new-password-file=new.key 3>&- &
		writer=$!
		for ((i = 0; i < 1000; i++)); do
			grep -q '^S' <(cut -d ' ' -f 3 /proc/$writer/stat) && break
			sleep 0.01
		done
		kill -$signal $writer
		ended=0
		wait $writer || ended=$?
		[ $ended -gt 128 ]
		[ ! -e new.key ]
	done
}

@test "encrypt to standard output reports the new password file" {
	run --separate-stderr bash -c '"$MKEYFILE" encrypt --new-password-file=new.key >sealed'
	assert_equal 0 "created 'new.key', a password file" ""
	openssl_decrypt new.key sealed | cmp - keyfile
}

@test "a dry run writes nothing, but decrypts the file" {
	run -0 mkeyfile encrypt -P pw -o sealed -q
	before=$(snapshot)
	run --separate-stderr mkeyfile decrypt -f sealed -P pw -o plain -n
	assert_equal 0 "would decrypt 'sealed' to 'plain'" ""
	run --separate-stderr mkeyfile decrypt -f sealed -P pw -n
	assert_equal 0 "would decrypt 'sealed' to standard output" ""
	run --separate-stderr mkeyfile encrypt -P pw -n --in-place
	assert_equal 0 "would encrypt 'keyfile' to 'keyfile'" ""
	same "$before" "$(snapshot)"
}

@test "--json" {
	run --separate-stderr mkeyfile encrypt -P pw -o sealed -q --json
	same '{"path":"keyfile","changed":true,"dry_run":false,"encrypted":true,"backup":null,"steps":[],"output":"sealed","warnings":[],"hints":[]}' "$(jq -c . <<<"$output")"
}

# bats test_tags=deep
@test "2,000 wrong passwords: none is accepted, none is called malformed" {
	run -0 mkeyfile encrypt -P pw -o sealed -q
	for ((i = 0; i < 2000; i++)); do
		status=0
		"$MKEYFILE" decrypt -f sealed --no-probe -q -P - <<<"wrong $i" >/dev/null 2>&1 || status=$?
		[ $status = 3 ]
	done
}
