#!/usr/bin/env bats
# Standard output that is closed or full, and what must never be on it.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_keyfile keyfile 1 2 100
	make_password_file pw
	openssl_encrypt pw keyfile sealed
}

run_closed() {
	run --separate-stderr bash -c '"$MKEYFILE" "$@" >&-' -- "$@"
}

run_full() {
	run --separate-stderr bash -c '"$MKEYFILE" "$@" >/dev/full' -- "$@"
}

@test "a closed standard output" {
	for command in 'list' 'list --ids' 'list --json' 'verify' 'verify --json'; do
		# shellcheck disable=SC2086
		run_closed $command
		assert_equal 2 "mkeyfile ${command%% *}: cannot write to standard output: Bad file descriptor" ""
	done
	for command in 'encrypt' 'decrypt -f sealed'; do
		# shellcheck disable=SC2086
		run_closed $command -P pw
		assert_equal 2 "mkeyfile ${command%% *}: cannot write 'standard output': Bad file descriptor" ""
	done
}

@test "a full standard output" {
	for command in 'list' 'list --ids' 'list --json' 'verify' 'verify --json'; do
		# shellcheck disable=SC2086
		run_full $command
		assert_equal 2 "mkeyfile ${command%% *}: cannot write to standard output: No space left on device" ""
	done
	for command in 'encrypt' 'decrypt -f sealed'; do
		# shellcheck disable=SC2086
		run_full $command -P pw
		assert_equal 2 "mkeyfile ${command%% *}: cannot write 'standard output': No space left on device" ""
	done
}

@test "a change whose report cannot be printed is mentioned in the error" {
	run_full rotate 100 --new-id -q
	assert_equal 2 "mkeyfile rotate: cannot write to standard output: No space left on device" ""
	run_full rotate 100 --new-id=300
	[ "$status" = 2 ]
	same "hint: the key file was changed" "${stderr_lines[-1]}"
	run_full add 7 --json -q
	[ "$status" = 2 ]
	run -0 mkeyfile list --ids
	same '1 2 7 100 101 300' "$(xargs <<<"$output")"
}

@test "a command without output works with a closed standard output" {
	run_closed add 7 -q
	assert_equal 0 "" ""
	run_full add 8 -q
	assert_equal 0 "" ""
}

@test "with all standard streams closed, the key file does not become one of them" {
	cp keyfile before
	run -0 bash -c '"$MKEYFILE" add 7 <&- >&- 2>&-'
	head -n 3 keyfile | cmp - before
	run -2 bash -c '"$MKEYFILE" list --json <&- >&- 2>&-'
	run -2 bash -c '"$MKEYFILE" add 100 --file=nowhere <&- >&- 2>&-'
	head -n 3 keyfile | cmp - before
}

@test "no key and no password in any output, argument or error" {
	secrets() {
		key_lines keyfile | cut -d ';' -f 2
		cat pw
	}
	{
		for command in 'list' 'list --json' 'verify' 'verify --json' 'add 7' 'add 8 --json' 'rotate 100' \
			'rotate --all -t 11.8-enterprise --json' 'rotate 100 --new-id' 'add 9 -n' 'add 100' 'generate' \
			'encrypt -o one' 'encrypt -o one' 'decrypt -f sealed -o two' 'decrypt -f sealed -P keyfile'; do
			# shellcheck disable=SC2086
			mkeyfile $command --no-prompt ${command/*-P*/} || :
			# shellcheck disable=SC2086
			MKEYFILE_PASSWORD_FILE=pw mkeyfile $command || :
		done
		for line in 'x;%s\n' '1;%sx\n' '1 %s\n' '%s' '1;%s;%s\n1;%s'; do
			# shellcheck disable=SC2059
			sed -n "s/^1;[0-9;]*\([0-9a-f]\{64\}\).*/\1/p" keyfile | head -n 1 | xargs -I% printf "${line//%s/%}" >broken
			mkeyfile list -f broken || :
			mkeyfile verify -f broken || :
			mkeyfile add 7 -f broken || :
			mkeyfile add 77 --key-from=broken || :
		done
	} >said 2>&1
	[ "$(wc -l <said)" -gt 100 ]
	# any 16 characters of a secret in a row
	secrets | grep -oE '.{16}' >pieces
	run -1 grep -cF -f pieces said
}

@test "no core, no ptrace by the same user" {
	prepare_nobody
	chmod 644 sealed
	mkfifo pipe
	chmod 666 pipe
	ulimit -c unlimited
	"${nobody[@]}" list -f sealed -P pipe &
	reader=$!
	exec 5>pipe
	for ((i = 0; i < 1000; i++)); do
		[ "$(stat -c %u /proc/$reader/environ)" != 0 ] || break
		sleep 0.01
	done
	run setpriv --reuid=65534 --regid=65534 --clear-groups cat /proc/$reader/environ
	[ "$status" != 0 ]
	same 0 "$(awk '/^Max core file size/ { print $5 }' /proc/$reader/limits)"
	kill -ABRT $reader
	exec 5>&-
	status=0
	wait $reader || status=$?
	same 134 $status
	run -1 compgen -G 'core*'
}

@test "a message is written in a few writes, not byte by byte" {
	run -2 strace -o trace -e trace=write "$MKEYFILE" list --no-defaults -f nosuch
	[[ $output == *"mkeyfile list: cannot open 'nosuch': No such file or directory" ]]
	[ "$(grep -c '^write(2, ' trace)" -le 4 ]
}
