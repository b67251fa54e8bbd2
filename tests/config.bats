#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# config: a server that is started on what it prints, and on nothing else.
bats_require_minimum_version 1.5.0
load common
load server

setup_test() {
	make_keyfile plain 1 2 100
	make_password_file pw
}

teardown() {
	server_stop
}

@test "a server started on the section reads and writes an encrypted table" {
	mkdir data 'a b"#c\d;'
	server_install "$PWD/data"
	openssl_encrypt pw plain 'a b"#c\d;/keyfile'
	cp -p pw 'a b"#c\d;'
	run -0 --separate-stderr mkeyfile config -f 'a b"#c\d;/keyfile' -P 'a b"#c\d;/pw'
	echo "$output" >section.cnf
	server_start_on "$PWD/data" "$PWD/section.cnf"
	sql -e "CREATE TABLE test.t (a INT) ENGINE=InnoDB ENCRYPTED=YES ENCRYPTION_KEY_ID=100; INSERT INTO test.t VALUES (7)" \
		2>/dev/null || sql -e "CREATE DATABASE test; CREATE TABLE test.t (a INT) ENGINE=InnoDB ENCRYPTED=YES
		ENCRYPTION_KEY_ID=100; INSERT INTO test.t VALUES (7)"
	same $'FORCE_PLUS_PERMANENT\naes_ctr' "$(sql -e "SELECT LOAD_OPTION FROM INFORMATION_SCHEMA.PLUGINS WHERE
		PLUGIN_NAME='file_key_management'; SELECT @@file_key_management_encryption_algorithm")"
	server_stop
	server_start_on "$PWD/data" "$PWD/section.cnf"
	same 7 "$(sql -e 'SELECT a FROM test.t')"
	MKEYFILE_PRINT_DEFAULTS=my_print_defaults run -0 --separate-stderr mkeyfile verify --defaults-file=section.cnf \
		--server-user=root --strict
}

@test "the section of a plain file, of an encrypted one, and with a KDF" {
	run --separate-stderr mkeyfile config -f plain -q
	assert_equal 0 "" "[mariadb]
plugin_load_add = file_key_management
loose_file_key_management = FORCE_PLUS_PERMANENT
loose_file_key_management_filename = $PWD/plain
loose_file_key_management_encryption_algorithm = AES_CTR"
	openssl_encrypt pw plain keyfile -md sha256 -pbkdf2 -iter 1000
	run --separate-stderr mkeyfile config -f keyfile -P ./pw --digest=SHA256 --pbkdf2=1000 -t 12.3 \
		--encryption-algorithm=aes_cbc
	assert_equal 0 "next: save this in an option file, such as /etc/mysql/mariadb.conf.d/60-key-file.cnf
      run 'mkeyfile verify' to check that the server will start with it" "[mariadb]
plugin_load_add = file_key_management
loose_file_key_management = FORCE_PLUS_PERMANENT
loose_file_key_management_filename = $PWD/keyfile
loose_file_key_management_filekey = FILE:$PWD/pw
loose_file_key_management_encryption_algorithm = AES_CBC
loose_file_key_management_digest = sha256
loose_file_key_management_use_pbkdf2 = 1000"
	run -0 --separate-stderr mkeyfile config -f plain -q -j
	same "$PWD/plain" "$(jq -r .settings.loose_file_key_management_filename <<<"$output")"
}

@test "--plugin: the section for mkeyfile's plugin, and how to go back" {
	openssl_encrypt pw plain keyfile
	run --separate-stderr mkeyfile config -f keyfile -P pw -q --plugin
	assert_equal 0 "" "[mariadb]
plugin_load_add = mkeyfile_key_management
loose_mkeyfile_key_management = FORCE_PLUS_PERMANENT
loose_mkeyfile_key_management_filename = $PWD/keyfile
loose_mkeyfile_key_management_filekey = FILE:$PWD/pw
loose_mkeyfile_key_management_encryption_algorithm = AES_CTR
# To switch back while the file has no key versions, replace the lines above with:
# [mariadb]
# plugin_load_add = file_key_management
# loose_file_key_management = FORCE_PLUS_PERMANENT
# loose_file_key_management_filename = $PWD/keyfile
# loose_file_key_management_filekey = FILE:$PWD/pw
# loose_file_key_management_encryption_algorithm = AES_CTR"
	run -0 --separate-stderr mkeyfile config -f keyfile -P pw -q -t 11.4+plugin --json
	same file_key_management "$(jq -r .way_back.plugin_load_add <<<"$output")"
	# no way back from versions, or from what file_key_management cannot open everywhere
	make_keyfile versioned '1;1' '1;2'
	run -0 --separate-stderr mkeyfile config -f versioned -q --plugin
	run -1 grep '^#' <<<"$output"
	openssl_encrypt pw plain keyfile -md sha256
	run -0 --separate-stderr mkeyfile config -f keyfile -P pw --digest=sha256 -q -t 10.6 --plugin
	[[ $output = *"loose_mkeyfile_key_management_digest = sha256"* ]]
	run -1 grep '^#' <<<"$output"
	run_refused 4 "mkeyfile config: mkeyfile's plugin requires MariaDB 10.6 or later, not 10.5" \
		config -f plain --plugin -t 10.5
}

@test "settings that the target does not support, or a file that it does not load" {
	openssl_encrypt pw plain keyfile -md sha256
	run_refused 4 "mkeyfile config: 'keyfile' could not be decrypted by 10.11, which supports only sha1 with 1 iteration, not sha256, 1 iteration" \
		config -f keyfile -P pw --digest=sha256 -t 10.11
	make_keyfile versioned '1;1' '1;2'
	run_refused 4 "mkeyfile config: 'versioned' would not load on 11.8: Invalid key at versioned line 1, column 3" \
		config -f versioned -t 11.8
	run_refused 4 "mkeyfile config: maxscale does not have the settings of a MariaDB server
hint: set key_manager = file and file.keyfile = 'plain' in the section [maxscale], for a plain key file" config -f plain -t maxscale
}

@test "files that a server cannot use" {
	openssl_encrypt pw plain keyfile
	run_refused 4 "mkeyfile config: the server reads the password from a file, but no password file was given
hint: use --password-file=FILE" config -f keyfile --password-command='cat pw'
	run_refused 4 "mkeyfile config: the server reads the password from a file, but no password file was given
hint: use --password-file=FILE" config -f keyfile
	run_refused 64 "mkeyfile config: a server cannot read standard input: use --file=FILE" config -f -
	(umask 077 && echo "another password of mine" >wrong)
	run_refused 3 "mkeyfile config: cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: run 'mkeyfile verify --file=keyfile --password-file=wrong' to try other digests and iteration counts" config -f keyfile -P wrong
	run_refused 4 "mkeyfile config: the server cannot open '/dev/fd/7', which is a pipe of this process
hint: use a file name" config -f keyfile -P /dev/fd/7 7< <(cat pw)
	run_refused 4 "mkeyfile config: the server cannot open '/dev/fd/7', which is a pipe of this process
hint: use a file name" config -f /dev/fd/7 7< <(cat plain)
	run -0 mkeyfile config -f keyfile -P /dev/fd/7 -q 7<pw
	[[ $output == *"filekey = FILE:$PWD/pw"* ]]
	name=$'line\nbreak'
	cp -p plain "$name"
	run_refused 4 "mkeyfile config: the path of 'line\\012break' contains a line break, which option files do not allow" config -f "$name"
	run -64 --separate-stderr mkeyfile config -f plain --encryption-algorithm=rot13
}

@test "--plugin: the plugins by their names, and what contradicts the key file" {
	local name

	for name in file FILE file_key_management; do
		run -0 --separate-stderr mkeyfile config -f plain -q --plugin=$name -t 11.4+plugin
		same 'plugin_load_add = file_key_management' "$(sed -n 2p <<<"$output")"
	done
	run -0 --separate-stderr mkeyfile config -f plain -q --plugin=mkeyfile_key_management
	same 'plugin_load_add = mkeyfile_key_management' "$(sed -n 2p <<<"$output")"
	make_keyfile versioned '1;1' '1;2'
	run_refused 4 "mkeyfile config: 'versioned' would not load on 11.4: Invalid key at versioned line 1, column 3" \
		config -f versioned --plugin=file -t 11.4+plugin
	run_refused 64 "mkeyfile config: unknown plugin 'hashicrop': use mkeyfile, file, hashicorp or aws" \
		config -f plain --plugin=hashicrop
	run_refused 64 "mkeyfile config: use --file=vault:https://HOST:8200/v1/MOUNT with --plugin=hashicorp" \
		config -f plain --plugin=hashicorp
	run_refused 64 "mkeyfile config: use --file=aws:DIR with --plugin=aws, where DIR is the data directory" \
		config -f vault:kv --plugin=aws
	run_refused 64 "mkeyfile config: use --file=FILE to choose a key file for this plugin" config -f vault:kv --plugin
	run_refused 4 "mkeyfile config: hashicorp_key_management does not support AES_CTR" \
		config -f vault:kv --encryption-algorithm=AES_CTR
	export VAULT_ADDR=https://vault.example:8200
	for place in https://vault.example/kv https://vault.example/path/v1/kv ftp://vault.example/v1/kv; do
		run_refused 2 "mkeyfile config: '$place' is not the URL of a mount
hint: use --file=vault:https://HOST:8200/v1/MOUNT" config -f "vault:$place"
	done
	run_refused 2 "mkeyfile config: '$VAULT_ADDR/v1/' is not the URL of a mount
hint: use --file=vault:https://HOST:8200/v1/MOUNT" config -f vault:/
	unset VAULT_ADDR
	run_refused 2 "mkeyfile config: VAULT_ADDR is not set
hint: use --file=vault:https://HOST:8200/v1/MOUNT, or set VAULT_ADDR" config -f vault:kv
}

@test "the sections for Vault and AWS KMS, without a token, and the steps of a move" {
	local url=https://vault.example:8200/v1/kv

	touch ca.pem
	export VAULT_TOKEN=the-token VAULT_ADDR=https://vault.example:8200/
	VAULT_CACERT=ca.pem run --separate-stderr mkeyfile config --file=vault:kv --encryption-algorithm=AES_CBC
	assert_equal 0 "next: run 'mkeyfile export --datadir=DIR vault:kv' to copy the keys there
      run 'mkeyfile verify --file=vault:kv --datadir=DIR' to check them
      stop the server, and replace the settings of the other plugin in its option files with this section
      set VAULT_TOKEN for the server, or loose_hashicorp_key_management_token in a file that only the server can read
      start the server, and keep the key file until no backup needs it: see mkeyfile-migrate(7)" "[mariadb]
plugin_load_add = hashicorp_key_management
loose_hashicorp_key_management = FORCE_PLUS_PERMANENT
loose_hashicorp_key_management_vault_url = $url
loose_hashicorp_key_management_vault_ca = $PWD/ca.pem"
	run --separate-stderr mkeyfile config --file="vault:$url/" --plugin=hashicorp -j
	same "$url" "$(jq -r .settings.loose_hashicorp_key_management_vault_url <<<"$output")"
	same '5 null' "$(jq -r '"\(.steps | length) \(.way_back)"' <<<"$output")"
	run --separate-stderr mkeyfile config --file=aws:data -q
	assert_equal 0 '' "[mariadb]
plugin_load_add = aws_key_management
loose_aws_key_management = FORCE_PLUS_PERMANENT"
}

@test "without an algorithm, a note says what AES_CTR rules out" {
	run -0 --separate-stderr mkeyfile config -f plain
	same "note: data encrypted with AES_CTR can never move to Vault or AWS KMS;
      use --encryption-algorithm=AES_CBC to keep that move possible" "$(head -n 2 <<<"$stderr")"
	run -0 --separate-stderr mkeyfile config -f plain --encryption-algorithm=AES_CTR
	run ! grep -q Vault <<<"$stderr"
}
