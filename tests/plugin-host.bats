#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The server plugin without a server: threads, memory, and files of all kinds. With
# MKEYFILE_TEST_LONG=1, 10,000 reloads and more files.
# bats file_tags=deep,plain
bats_require_minimum_version 1.5.0
load common
: "${abs_top_srcdir:?}" "${abs_top_builddir:?}"

host=$abs_top_builddir/tests/plugin-host

@test "64 threads read keys during reloads under ThreadSanitizer" {
	local reloads=500

	[ -z "${MKEYFILE_TEST_LONG-}" ] || reloads=10000
	# shellcheck disable=SC2086 # a list of flags
	gcc -std=gnu11 -O1 -g -fsanitize=thread -include "$abs_top_builddir/config.h" -I "$abs_top_srcdir/src" \
		${SERVER_PLUGIN_CPPFLAGS:?} -o host "$abs_top_srcdir/tests/plugin-host.c" "$abs_top_srcdir"/src/plugin/*.c \
		"$abs_top_srcdir"/src/core/*.c -lcrypto -pthread
	run -0 ./host race keyfile 64 $reloads
	same "64 threads, $reloads reloads, $((reloads / 7)) refused, $((2 + reloads / 100)) versions" "$output"
}

@test "starts, reloads, refusals and the shutdown leak nothing and access no invalid memory" {
	local checker=(valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite)

	# a sanitized build checks this itself
	nm "$host" | grep -q __asan_init && checker=()
	run -0 "${checker[@]}" "$host" race keyfile 8 50
	same '8 threads, 50 reloads, 7 refused, 2 versions' "$output"
	make_keyfile plain 1 2 100
	make_password_file password
	openssl_encrypt password plain sealed
	echo x >bad
	run -0 "${checker[@]}" "$host" load sealed password
	run -0 "${checker[@]}" "$host" load plain
	run -1 "${checker[@]}" "$host" load sealed plain
	run -1 "${checker[@]}" "$host" load bad
}

@test "aes_ctr: CTR without padding, GCM or CTR with padding, refused if CTR is missing" {
	make_keyfile keyfile 1
	run -0 "$host" cipher keyfile ctr-gcm
	same 'ctr gcm 17' "${lines[1]}"
	run -0 "$host" cipher keyfile ctr
	same 'ctr ctr 1' "${lines[1]}"
	run -1 "$host" cipher keyfile none
	same "mkeyfile_key_management: This server's TLS library does not support aes_ctr" "$output"
}

# says FILE PASSWORD "words": checks that the plugin does not start and prints these words last
says() {
	run -1 "$host" load "$1" ${2:+"$2"}
	same "$3" "${lines[-1]}"
}

@test "every refusal has its message" {
	local key

	key=$(random_key)
	make_password_file password
	says gone '' "File 'gone' not found (Errcode: 2 \"No such file or directory\")"
	mkdir directory
	says directory '' "Error reading file 'directory' (Errcode: 27 \"File too large\")"
	mkfifo pipe
	says pipe '' 'mkeyfile_key_management: Cannot read pipe: it is not a regular file'
	: >empty
	says empty '' 'System key id 1 is missing at empty line 0, column 1'
	echo "2;$key" >file
	says file '' 'System key id 1 is missing at file line 1, column 1'
	echo "1:$key" >file
	says file '' 'Syntax error at file line 1, column 2'
	echo "0;$key" >file
	says file '' 'Invalid key id at file line 1, column 2'
	printf '1;%s\n1;0;%s\n' "$key" "$key" >file
	says file '' 'Invalid key version at file line 2, column 4'
	echo "1;2;${key}0" >file
	says file '' 'Invalid key at file line 1, column 69'
	head -c 1048577 /dev/zero >file
	says file '' "Error reading file 'file' (Errcode: 27 \"File too large\")"

	echo "1;$key" >file
	says file password 'Cannot decrypt file. Not encrypted'
	openssl_encrypt password file sealed
	says sealed '' 'Cannot decrypt sealed. Wrong key?'
	same 'mkeyfile_key_management: sealed is encrypted, but mkeyfile_key_management_filekey is not set' "${lines[0]}"
	echo wrong >other
	says sealed other 'Cannot decrypt sealed. Wrong key?'
	truncate -s 40 sealed
	says sealed password 'Cannot decrypt sealed. Wrong key?'
	echo '# nothing' >file
	openssl_encrypt password file sealed
	says sealed password 'System key id 1 is missing at sealed line 1, column 1'
	echo "1;$key;x;y" >file
	echo '5;5;5' >>file
	openssl_encrypt password file sealed
	says sealed password 'Invalid key at sealed line 2, column 5'
	says sealed gone "File 'gone' not found (Errcode: 2 \"No such file or directory\")"
	: >blank
	says sealed blank "Error reading file 'blank' (Errcode: 0 \"Internal error/check (Not system error)\")"
	echo >blank
	says sealed blank 'mkeyfile_key_management: Cannot read blank: it contains no password'
	printf '%257s' x >long
	says sealed long 'Cannot read long, the filekey is too long, max secret size is 256B'
}

# Checks that the plugin accepts a file exactly when mkeyfile says so, and otherwise prints the
# words that mkeyfile predicts.
agree() { # file [password-file]
	local words verdict

	if words=$("$host" load "$1" ${2:+"$2"} 2>&1); then
		verdict="yes: '$1' loads on 10.11+plugin"
	else
		verdict=${words##*$'\n'}
		verdict="no: ${verdict#mkeyfile_key_management: }"
	fi
	same "$verdict" "$(mkeyfile verify -q --no-prompt --no-probe -t 10.11+plugin -f "$1" ${2:+-P "$2"} 2>/dev/null | head -n 1)"
}

@test "plugin and verify agree on every file kept by other tests" {
	local file password

	shopt -s nullglob
	for file in "$abs_top_srcdir"/tests/differential.d/*.keyfile "$abs_top_srcdir"/tests/fuzz/corpus/keyfile/*; do
		password=${file%.keyfile}.password
		[ -e "$password" ] || password=
		agree "$file" "$password"
	done
}

@test "plugin and verify agree on damaged files" {
	local count=50 round byte name
	local bytes=('\0' '\n' '\r' ';' '#' ' ' 0 9 a g '\377' -)

	[ -z "${MKEYFILE_TEST_LONG-}" ] || count=1000
	RANDOM=1
	make_password_file password
	{
		make_keyfile plain 1 '1;2' 2 '100;7'
		echo '# a comment'
		echo "7;$(random_key)"
	} >>plain.more
	cat plain.more >>plain
	openssl_encrypt password plain sealed
	for ((round = 0; round < count; round++)); do
		for name in plain sealed; do
			cp $name damaged
			byte=${bytes[RANDOM % ${#bytes[@]}]}
			# shellcheck disable=SC2059 # an escape
			printf "$byte" | dd of=damaged bs=1 conv=notrunc seek=$((RANDOM % $(stat -c %s $name))) status=none
			((RANDOM % 4)) || truncate -s $((RANDOM % $(stat -c %s $name))) damaged
			agree damaged "$([ $name = plain ] || echo password)"
		done
	done
}
