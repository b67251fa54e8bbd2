#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# import and export: keys are copied between key files, and to and from AWS KMS.
bats_require_minimum_version 1.5.0
load common
load server

# Stopped servers' data: a table under 100 and system tables under 1, with both algorithms.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make_keyfile keyfile 1 100
	server_install "$PWD/cbc"
	cp -rp cbc ctr
	local algorithm
	for algorithm in cbc ctr; do
		server_start "$PWD/$algorithm" "$PWD/keyfile" -- "--file-key-management-encryption-algorithm=aes_$algorithm"
		sql -e 'CREATE DATABASE t; CREATE TABLE t.a (i INT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100; INSERT INTO t.a VALUES (1)'
		server_stop
	done
}

setup_test() {
	export MKEYFILE_FILE=keyfile
	mkdir bin aws
	ln -s "$abs_top_srcdir/tests/fake-aws" bin/aws
	PATH=$PWD/bin:$PATH
	make_password_file pw
}

print_of() { # ID[;VERSION] file
	fingerprint "$(sed -n "s/^$1;//p" "$2")"
}

line_of() { # ID VERSION fingerprint
	echo "  key ID $1 version $2, 256 bits, fingerprint $3"
}

exports() { # argument...
	run --separate-stderr mkeyfile export aws:aws --kms-key-id=alias/db "$@"
}

# ---- key files ----

@test "import adds what the key file lacks, byte for byte after what is there, and a second run changes nothing" {
	make_keyfile keyfile 1 2
	make_keyfile other 1 100
	{ echo '# mine' && cat keyfile; } >with-comment
	mv with-comment keyfile
	chmod 640 keyfile
	cp -p keyfile before
	run --separate-stderr mkeyfile import other 100
	assert_equal 0 "changed 'keyfile'
$(line_of 100 1 "$(print_of 100 other)")
next: copy the key file to every server of the cluster, then restart each server (or run FLUSH FILE_KEY_MANAGEMENT_KEYS on Enterprise Server 11.8, SET GLOBAL mkeyfile_key_management_reload = ON with mkeyfile's plugin)" ""
	{ cat before && grep '^100;' other; } | cmp - keyfile
	same 640 "$(stat -c %a keyfile)"
	run_refused 0 "'keyfile' already has the key of 'other'" import other 100
}

@test "import creates the key file: plain, with the password that is given, or with a new password file" {
	make_keyfile other 1 2
	run --separate-stderr mkeyfile import other
	[ "$status" = 0 ]
	[[ $stderr == "created 'keyfile'
$(line_of 1 1 "$(print_of 1 other)")
$(line_of 2 1 "$(print_of 2 other)")"* ]]
	cmp other keyfile
	same 600 "$(stat -c %a keyfile)"
	run -0 mkeyfile import other -f sealed -P pw
	openssl_decrypt pw sealed | cmp - other
	run --separate-stderr mkeyfile import other -f new --new-password-file=new.key
	[ "$status" = 0 ]
	[[ $stderr == "created 'new.key', a password file
created 'new', encrypted"* ]]
	openssl_decrypt new.key new | cmp - other
	run_refused 64 "mkeyfile import: --new-password-file is for a key file that does not exist yet" \
		import other --new-password-file=newer.key
	run_refused 4 "mkeyfile import: 'third' would not load on any server: System key id 1 is missing at third line 1, column 1
hint: add key ID 1, which every server requires" import other 2 -f third
}

@test "an encrypted source opens with its own password or with that of the key file" {
	make_keyfile plain 1 2 100
	make_password_file other.pw
	openssl_encrypt other.pw plain other -md sha512
	openssl_encrypt pw plain same
	run -0 mkeyfile generate -q -P pw 7 1
	run_refused 3 "mkeyfile import: cannot decrypt 'other': wrong password, wrong digest or iteration count, or damaged file
hint: use --other-password-file, --other-digest and --other-pbkdf2 for this file" import -P pw other 2
	run -0 mkeyfile import -P pw other 2 --other-password-file=other.pw
	run -0 mkeyfile import -P pw same 100
	same "$(grep -E '^(2|100);' plain)" "$(openssl_decrypt pw keyfile | grep -E '^(2|100);')"
	run -0 mkeyfile import -f copy - <plain
	cmp copy plain
	run_refused 64 "mkeyfile import: standard input cannot be changed: use --file=FILE" import -f - plain
	run_refused 64 "mkeyfile import: only one of the files and passwords can come from standard input" import -P - -
}

@test "another key under the same ID and version changes nothing, and all of them are listed" {
	make_keyfile keyfile 1 2 100
	make_keyfile other 1 2 7
	grep '^2;' keyfile >>other
	words="mkeyfile import: key ID 1 version 1 differs: fingerprint $(print_of 1 other) in 'other', $(print_of 1 keyfile) in 'keyfile'"
	hint="hint: run 'mkeyfile verify --datadir=DIR' with each of them to find out which key the data needs"
	run_refused 4 "$words
$hint" import other
	run_refused 4 "$words
$hint" import other --dry-run
	run -4 --separate-stderr mkeyfile import other --json
	same "$(print_of 1 other) $(print_of 1 keyfile) false 4" \
		"$(jq -r '"\(.conflicts[0].source.fingerprint) \(.conflicts[0].target.fingerprint) \(.changed) \(.error.status)"' <<<"$output")"
	run -4 --separate-stderr mkeyfile export other
	[[ $stderr == *"key ID 1 version 1 differs: fingerprint $(print_of 1 keyfile) in 'keyfile', $(print_of 1 other) in 'other'"* ]]
	run -0 mkeyfile import other 2 7
}

@test "named IDs and versions have to be there" {
	make_keyfile other '1;1' '100;1' '100;2'
	: >empty
	run_refused 2 "mkeyfile import: key ID 5 is not in 'other'" import other 1 5
	run_refused 2 "mkeyfile import: key ID 100 version 3 is not in 'other'" import other 100 --key-version=3
	run_refused 64 "mkeyfile import: --key-version requires exactly one key ID" import other --key-version=3
	run_refused 2 "mkeyfile import: cannot open 'none': No such file or directory" import none
	run_refused 2 "mkeyfile import: 'aws:aws' contains no keys" import aws:aws
	run_refused 64 "mkeyfile import: no source given" import
	run_refused 64 "mkeyfile export: no target given" export
}

@test "versions above 1 go where they are read" {
	make_keyfile keyfile 1
	make_keyfile other '1;1' '100;1' '100;2'
	run_refused 4 "mkeyfile import: 'keyfile' would get key versions, and most servers would refuse to start with it
hint: use --target=11.8-enterprise if Enterprise Server 11.8 reads this file, or --target=10.11+plugin if mkeyfile's plugin does" \
		import other 100
	run_refused 4 "mkeyfile import: 'keyfile' would get key versions, and 10.11 would refuse to start with it
hint: use --target=10.11+plugin if mkeyfile's plugin reads this file" import other 100 --target=10.11
	run -0 mkeyfile import other 100 --target=10.11+plugin --backup
	same "$(sed 's/^1;/&1;/' keyfile~)
$(grep '^100;' other)" "$(cat keyfile)"
	make_keyfile keyfile 1
	run -0 mkeyfile import other 100 --key-version=1
	same "100;$(sed -n 's/^100;1;//p' other)" "$(tail -n 1 keyfile)"
}

@test "export to another key file: the copy of an encrypted one is encrypted" {
	make_keyfile plain 1 2 100
	openssl_encrypt pw plain keyfile
	make_password_file other.pw
	run --separate-stderr mkeyfile export -P pw new
	[ "$status" = 0 ]
	[[ $stderr == "created 'new', encrypted"* ]]
	openssl_decrypt pw new | cmp - plain
	run -0 mkeyfile export -P pw newer --other-password-file=other.pw 1 100
	openssl_decrypt other.pw newer | cmp - <(grep -v '^2;' plain)
	run -0 mkeyfile export -P pw newer --other-password-file=other.pw
	run -0 mkeyfile diff -P pw newer --other-password-file=other.pw
	run_refused 0 "'newer' already has all 3 keys of 'keyfile'" export -P pw newer --other-password-file=other.pw
	run_refused 0 "would create 'third', encrypted
$(line_of 2 1 "$(print_of 2 plain)")" export -P pw third 2 1 --dry-run || true
	run_refused 64 "mkeyfile export: cannot export keys to standard output: use a file name" export -P pw -
}

# ---- AWS KMS ----

@test "export to AWS KMS writes the files of the plugin, and import reads them" {
	make_keyfile keyfile '1;1' '100;1' '100;2'
	chown 65534:65534 aws 2>/dev/null || true
	exports --trust-owner=65534
	assert_equal 0 "changed 'aws:aws'
$(line_of 1 1 "$(print_of '1;1' keyfile)")
$(line_of 100 1 "$(print_of '100;1' keyfile)")
$(line_of 100 2 "$(print_of '100;2' keyfile)")
next: run 'mkeyfile verify --file=aws:aws --server-data' to prove that the keys decrypt the data
      configure aws_key_management in the server's option file instead of the plugin that reads the key file, and restart the server
      keep the key file until all backups from before the restart have expired: these backups need its keys" ""
	same "aws-kms-key.1.1 444 $(stat -c %u:%g aws)
aws-kms-key.100.1 444 $(stat -c %u:%g aws)
aws-kms-key.100.2 444 $(stat -c %u:%g aws)" "$(stat -c '%n %a %u:%g' aws/* | sed 's|aws/||')"
	same 'a blob: ' "$(head -c 8 aws/aws-kms-key.1.1)"
	run -0 mkeyfile import aws:aws -f back --target=11.8-enterprise --trust-owner=65534
	cmp back keyfile
	exports --trust-owner=65534
	assert_equal 0 "'aws:aws' already has all 3 keys of 'keyfile'" ""
	run -0 mkeyfile rotate -q 100
	umask 027
	exports 100 --trust-owner=65534
	[[ $stderr == *"
      export the other key IDs that the data needs
      configure aws_key_management"* ]]
	same '440' "$(stat -c %a aws/aws-kms-key.100.3)"
}

@test "a dry run asks, and writes nothing" {
	make_keyfile keyfile 1
	run_refused 0 "would change 'aws:aws'
$(line_of 1 1 "$(print_of 1 keyfile)")" export aws:aws --kms-key-id=alias/db --dry-run
	run_refused 64 "mkeyfile export: an export to AWS KMS requires --kms-key-id, the KMS key that encrypts the keys" export aws:aws --dry-run
	run_refused 2 "mkeyfile export: cannot open 'none': No such file or directory" export aws:none --kms-key-id=alias/db
}

@test "names that the plugin would cut are refused, and names that it has cut stop an import" {
	make_keyfile keyfile 1 10000 100000
	run_refused 4 "mkeyfile export: cannot write aws-kms-key.100000.1: aws_key_management truncates the name to aws-kms-key.100000. and would find no key
hint: move the tables to a shorter key ID first, or list the key IDs to export without 100000" \
		export aws:aws --kms-key-id=alias/db
	exports 1 10000
	[ "$status" = 0 ]
	cp aws/aws-kms-key.1.1 aws/aws-kms-key.100000.
	run_refused 2 "mkeyfile import: the name of 'aws/aws-kms-key.100000.' is not aws-kms-key.ID.VERSION
hint: list the key IDs to import without this one: the plugin truncates names longer than 19 characters" import aws:aws -f new
	run -0 mkeyfile import aws:aws -f new 1 10000
}

@test "any failure of the aws command leaves whole files or none, and loses no key" {
	make_keyfile keyfile 1 2
	exports 1
	cp keyfile before
	local fault words seconds
	declare -A said=(
		[fails]="An error occurred (AccessDeniedException)
mkeyfile COMMAND: cannot OPERATION 'aws/aws-kms-key.@.1' with AWS KMS
mkeyfile COMMAND: 'aws kms OPERATION' failed with status 254
hint: check with 'aws sts get-caller-identity' that the command reaches AWS"
		[dies]="mkeyfile COMMAND: cannot OPERATION 'aws/aws-kms-key.@.1' with AWS KMS
mkeyfile COMMAND: 'aws kms OPERATION' was killed by signal 9
hint: check with 'aws sts get-caller-identity' that the command reaches AWS"
		[hangs]="mkeyfile COMMAND: cannot OPERATION 'aws/aws-kms-key.@.1' with AWS KMS
mkeyfile COMMAND: 'aws kms OPERATION' timed out
hint: use --manager-timeout=SECONDS to allow more time"
		[empty]="mkeyfile COMMAND: cannot OPERATION 'aws/aws-kms-key.@.1': the answer from AWS KMS is not base64"
		[garbage]="mkeyfile COMMAND: cannot OPERATION 'aws/aws-kms-key.@.1': the answer from AWS KMS is not base64"
	)
	for fault in fails dies hangs empty garbage; do
		seconds=600
		[ $fault != hangs ] || seconds=1
		words=${said[$fault]//COMMAND/export}
		words=${words//OPERATION/encrypt}
		FAKE_AWS=encrypt-$fault run_refused 2 "${words//@/2}" export aws:aws --kms-key-id=alias/db 2 --manager-timeout=$seconds
		words=${said[$fault]//COMMAND/import}
		words=${words//OPERATION/decrypt}
		FAKE_AWS=decrypt-$fault run_refused 2 "${words//@/1}" import aws:aws -f new --manager-timeout=$seconds
	done
	FAKE_AWS=decrypt-half run_refused 2 "mkeyfile import: 'aws/aws-kms-key.1.1' decrypts to 15 bytes: a key has 16, 24 or 32" \
		import aws:aws -f new
	for fault in encrypt-half encrypt-other decrypt-half decrypt-other encrypt-endless decrypt-endless; do
		FAKE_AWS=$fault exports 2
		[ "$status" = 2 ]
	done
	same "aws-kms-key.1.1" "$(ls -A aws)"
	cmp before keyfile
	exports 2
	[ "$status" = 0 ]
	run -0 mkeyfile diff aws:aws
}

@test "a file that is not a blob, and a missing aws command" {
	make_keyfile keyfile 1
	: >aws/aws-kms-key.1.1
	run_refused 2 "mkeyfile diff: 'aws/aws-kms-key.1.1' has 0 bytes: AWS KMS did not encrypt it" diff aws:aws
	rm aws/aws-kms-key.1.1
	mkfifo aws/aws-kms-key.1.1
	run_refused 2 "mkeyfile diff: 'aws/aws-kms-key.1.1' is not a regular file" diff aws:aws
	rm aws/aws-kms-key.1.1
	head -c 7000 /dev/zero >aws/aws-kms-key.1.1
	run_refused 2 "mkeyfile diff: 'aws/aws-kms-key.1.1' has 7000 bytes: AWS KMS did not encrypt it" diff aws:aws
	echo 'a blob: ' >aws/aws-kms-key.1.1
	run -2 --separate-stderr mkeyfile diff aws:aws --aws-command=no-such-aws
	[[ $stderr == *"mkeyfile diff: cannot decrypt 'aws/aws-kms-key.1.1' with AWS KMS
mkeyfile diff: 'aws kms decrypt' failed with status 127
hint: install the AWS command line interface, or use --aws-command=COMMAND to name it" ]]
}

@test "a full disk leaves no part of a file" {
	make_keyfile keyfile 1 2
	# what bats reads is a file, too
	run -2 bash -o pipefail -c "(ulimit -f 0 && exec setsid --wait '$MKEYFILE' export aws:aws --kms-key-id=alias/db) 2>&1 | cat"
	[[ $output == *"cannot write 'aws/aws-kms-key.1.1': File too large"* ]]
	same "" "$(ls -A aws)"
}

@test "an export that is killed leaves whole files, and the same command writes the others" {
	make_keyfile keyfile 1 2 3
	run strace -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=KILL:when=2 \
		"$MKEYFILE" export aws:aws --kms-key-id=alias/db
	[ "$(find aws -name 'aws-kms-key.*' | wc -l)" -lt 3 ]
	same "" "$(find aws -name 'aws-kms-key.*' ! -size 40c)"
	exports
	[ "$status" = 0 ]
	same "aws-kms-key.1.1 aws-kms-key.2.1 aws-kms-key.3.1" "$(find aws -type f -printf '%f\n' | sort | paste -sd ' ')"
	run -0 mkeyfile diff aws:aws
}

@test "no key is in an argument, in the environment of the aws command, or in a file" {
	make_keyfile keyfile 1 2
	export FAKE_AWS_LOG=$PWD/log
	exports --json
	run -0 --separate-stderr mkeyfile import aws:aws -f new -P pw --json
	run -0 mkeyfile list --file=aws:aws
	local id key form
	for id in 1 2; do
		key=$(sed -n "s/^$id;//p" keyfile)
		for form in "$key" "$(basenc --base16 -d <<<"${key^^}" | base64 -w 0)"; do
			run -1 grep -rqaiF -e "$form" log aws new "$BATS_TEST_TMPDIR/tmp"
		done
	done
	[ "$(grep -c 'kms encrypt' log)" = 2 ]
	[ "$(grep -c 'kms decrypt' log)" = 6 ]
}

@test "a history of the aws command would contain the keys" {
	make_keyfile keyfile 1
	exports
	words="the AWS configuration sets cli_history to 'enabled': the history would contain the keys
hint: run 'aws configure set cli_history disabled', or use another profile"
	export FAKE_AWS=history
	run_refused 4 "mkeyfile import: $words" import aws:aws -f new
	rm -f aws/*
	run_refused 4 "mkeyfile export: $words" export aws:aws --kms-key-id=alias/db
}

@test "list, verify and diff read AWS KMS, other commands refuse it" {
	make_keyfile keyfile '1;1' '2;1' '100;1' '100;2'
	exports
	run -0 --separate-stderr mkeyfile list --file=aws:aws
	same "$(mkeyfile list 2>/dev/null)" "$output"
	run -0 --separate-stderr mkeyfile diff aws:aws
	same "same: 'keyfile' and 'aws:aws' contain the same 4 keys, fingerprint $(mkeyfile list --fingerprint)" "$output"
	run --separate-stderr mkeyfile verify --file=aws:aws
	assert_equal 0 "" "yes: 'aws:aws' loads with aws_key_management
  4 keys"
	run -0 --separate-stderr mkeyfile verify --file=aws:aws --json
	same '["aws:aws",true,[],4]' "$(jq -c '[.path, .accepted, .servers, (.keys | length)]' <<<"$output")"
	rm aws/aws-kms-key.1.1
	run --separate-stderr mkeyfile verify --file=aws:aws
	assert_equal 1 "" "no: 'aws:aws' has no key ID 1, which every server needs
  3 keys"
	run_refused 64 "mkeyfile rotate: 'aws:aws' is not a key file
hint: use 'mkeyfile import' to copy keys to a key file: only list, verify and diff read other key managers" \
		rotate --file=aws:aws 100
}

# ---- data ----

# Of this file's server.
take_keyfile() {
	cp -p "$BATS_FILE_TMPDIR/keyfile" keyfile
	data=$BATS_FILE_TMPDIR/cbc
}

@test "data that needs what the target would lack is refused, and nothing is written" {
	take_keyfile
	run_refused 4 "mkeyfile export: 'aws:aws' would lack key ID 100 version 1, which 1 file such as '$data/t/a.ibd' needs
hint: --force overrides this check" \
		export aws:aws --kms-key-id=alias/db 1 --datadir="$data"
	run -0 mkeyfile export aws:aws --kms-key-id=alias/db 1 --datadir="$data" --force
	# with what is there
	run -0 mkeyfile export aws:aws --kms-key-id=alias/db 100 --datadir="$data"
	run -0 mkeyfile import aws:aws -f new --datadir="$data"
	run -0 mkeyfile verify --file=aws:aws --datadir="$data"
	rm aws/aws-kms-key.100.1
	run_refused 4 "mkeyfile import: 'third' would lack key ID 100 version 1, which 1 file such as '$data/t/a.ibd' needs
hint: --force overrides this check" \
		import aws:aws -f third --datadir="$data"
	run -1 mkeyfile verify --file=aws:aws --datadir="$data"
	[ ! -e third ]
}

@test "a key that does not decrypt the data is refused" {
	take_keyfile
	make_keyfile other 1 100
	run -4 --separate-stderr mkeyfile import other -f new --datadir="$data"
	[[ $stderr == *"mkeyfile import: key ID 100 version 1 fails to decrypt 1 file such as '$data/t/a.ibd'
hint: --force overrides this check" ]]
	[ ! -e new ]
	run -0 mkeyfile import keyfile -f new --datadir="$data"
}

@test "a damaged file leaves open whether the keys decrypt all of the data" {
	take_keyfile
	cp -al "$data" damaged
	cp damaged/t/a.ibd a.ibd
	printf damage | dd of=a.ibd bs=1 seek=50000 conv=notrunc status=none
	mv a.ibd damaged/t/a.ibd
	run -2 --separate-stderr mkeyfile import keyfile -f new --datadir=damaged
	[[ $stderr == *"mkeyfile import: cannot tell whether the keys decrypt all of the data
"* ]]
	[ ! -e new ]
}

@test "data under AES_CTR does not go to AWS KMS" {
	take_keyfile
	data=$BATS_FILE_TMPDIR/ctr
	exports --datadir="$data"
	[ "$status" = 4 ]
	[[ $stderr == "mkeyfile export: "*" encrypted with AES_CTR, but aws_key_management reads only AES_CBC
"*"  '$data/t/a.ibd'
"*"hint: decrypt the data, set the encryption algorithm to AES_CBC, and encrypt the data again: see mkeyfile-migrate(7)
hint: --force overrides this check" ]]
	same "" "$(ls -A aws)"
	run -0 mkeyfile export other --datadir="$data"
	run -0 mkeyfile export aws:aws --kms-key-id=alias/db --datadir="$data" --force
	run -1 --separate-stderr mkeyfile verify --file=aws:aws --datadir="$data"
	[[ $output == *"
  the data is encrypted with AES_CTR, but aws_key_management reads only AES_CBC
hint: decrypt the data, set the encryption algorithm to AES_CBC, and encrypt the data again"* ]]
	run -1 --separate-stderr mkeyfile verify --file=aws:aws --datadir="$data" --json
	same AES_CBC "$(jq -r .data.unfit_algorithm <<<"$output")"
	run -0 mkeyfile verify --datadir="$data"
}

@test "option files that set AES_CTR rule out an export, too" {
	take_keyfile
	printf '[mariadbd]\nplugin_load_add = file_key_management\nfile_key_management_filename = %s\n%s\n' "$PWD/keyfile" \
		'file_key_management_encryption_algorithm = aes_ctr' >my.cnf
	unset MKEYFILE_PRINT_DEFAULTS MKEYFILE_FILE
	run -4 --separate-stderr mkeyfile export aws:aws --kms-key-id=alias/db --defaults-file=my.cnf
	[[ $stderr == *"mkeyfile export: the server's option files set AES_CTR, but aws_key_management reads only AES_CBC
hint: decrypt the data, set the encryption algorithm to AES_CBC, and encrypt the data again: see mkeyfile-migrate(7)
hint: use --server-data if the data is encrypted with AES_CBC anyway
hint: --force overrides this check" ]]
	run -0 mkeyfile export aws:aws --kms-key-id=alias/db --defaults-file=my.cnf --datadir="$data"
}

@test "the key file of a server that sets the other algorithm than the data has is refused" {
	take_keyfile
	mv keyfile other
	printf '[mariadbd]\nplugin_load_add = file_key_management\nfile_key_management_filename = %s\n%s\n' "$PWD/keyfile" \
		'file_key_management_encryption_algorithm = aes_ctr' >my.cnf
	unset MKEYFILE_PRINT_DEFAULTS MKEYFILE_FILE
	run -4 --separate-stderr mkeyfile import other --defaults-file=my.cnf --datadir="$data"
	[[ $stderr == *"mkeyfile import: the data is encrypted with AES_CBC, but the server's option files set AES_CTR
hint: set file_key_management_encryption_algorithm to the algorithm of the data
"* ]]
	[ ! -e keyfile ]
	run -0 mkeyfile import other --defaults-file=my.cnf --datadir="$BATS_FILE_TMPDIR/ctr" --dry-run
	run -0 mkeyfile import other --defaults-file=my.cnf --dry-run
	# what other plugins encrypt needs no look
	run -0 mkeyfile export aws:aws --kms-key-id=alias/db --file=other --no-defaults
	run -4 --separate-stderr mkeyfile import aws:aws --defaults-file=my.cnf
	[[ $stderr == *"mkeyfile import: the server's option files set AES_CTR, but aws_key_management encrypts with AES_CBC
hint: set file_key_management_encryption_algorithm to AES_CBC
hint: --force overrides this check" ]]
	[ ! -e keyfile ]
	run -0 mkeyfile import aws:aws --defaults-file=my.cnf --force
	cmp keyfile other
}

# ---- the real command ----

# Sets aws to the real command, which asks the KMS at this port.
use_real_aws() { # port
	export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=secret AWS_DEFAULT_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true HOME=$PWD
	aws=(--aws-command="aws --endpoint-url=http://127.0.0.1:$1" --manager-timeout=600)
}

@test "the real aws command and a KMS: keys go there and come back, and a second client decrypts them" {
	local emulator=$abs_top_srcdir/tests/kms-emulator aws
	rm bin/aws
	command -v aws >/dev/null || skip 'requires awscli'
	"$emulator" new alias/db >new 2>/dev/null || skip 'requires python3-cryptography'
	"$emulator" serve "$PWD" 3>&- &
	kms_pid=$!
	while [ ! -e port ]; do
		kill -0 $kms_pid
		sleep 0.05
	done
	use_real_aws "$(cat port)"
	make_keyfile keyfile 1
	exports "${aws[@]}"
	[ "$status" = 0 ]
	same "$(print_of 1 keyfile)" "$(fingerprint "$("$emulator" open aws/aws-kms-key.1.1)")"
	# as the plugin makes a key
	base64 -d new >aws/aws-kms-key.2.1
	run -0 --separate-stderr mkeyfile import aws:aws "${aws[@]}"
	same "2;$("$emulator" open aws/aws-kms-key.2.1)" "$(tail -n 1 keyfile)"
	echo other >aws/aws-kms-key.2.1
	run -2 --separate-stderr mkeyfile import aws:aws 2 -f third "${aws[@]}"
	[[ $stderr == *"(InvalidCiphertextException)"*"cannot decrypt 'aws/aws-kms-key.2.1' with AWS KMS"* ]]
}

@test "the KMS of python3-moto: keys go there and come back" {
	local aws i port
	command -v moto_server >/dev/null || server_release trixie
	command -v moto_server >/dev/null || skip 'requires python3-moto, which scripts/server-root trixie installs'
	rm bin/aws
	command -v aws >/dev/null || skip 'requires awscli'
	port=$((20000 + RANDOM % 10000))
	moto_server -H 127.0.0.1 -p $port >moto.log 2>&1 3>&- &
	kms_pid=$!
	for ((i = 0; i < 1200; i++)); do
		! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
		kill -0 $kms_pid
		sleep 0.1
	done
	use_real_aws $port
	key=$(aws --endpoint-url="http://127.0.0.1:$port" kms create-key --query KeyMetadata.KeyId --output text)
	make_keyfile keyfile 1
	run -0 mkeyfile export aws:aws --kms-key-id="$key" "${aws[@]}"
	run -0 mkeyfile import aws:aws -f back "${aws[@]}"
	cmp keyfile back
}

teardown() {
	server_stop
	[ -z "${kms_pid-}" ] || { kill -KILL "$kms_pid" && wait "$kms_pid"; } 2>/dev/null || true
}
