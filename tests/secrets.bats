#!/usr/bin/env bats
# No secret is shown: in memory at exit, to children, in arguments, in writes, or with hostile input.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	suites=$abs_top_srcdir/tests/faults
	built=$abs_top_builddir/tests
	export PYTHONDONTWRITEBYTECODE=1
}

refuse_sanitized() {
	! grep -q __asan_init "$MKEYFILE" || skip "a sanitizer's shadow memory is too large to search"
}

# All pieces of 16 hex digits, none of which must be found.
pieces() { # file...
	cat "$@" | sed 's/^[0-9;]*;//' | grep -oE '[0-9a-f]{16}'
}

# bats test_tags=deep,plain
@test "no key or password is in memory at exit, after success or any fault" {
	refuse_sanitized
	list=$suites/command-lines
	run -0 "$suites/at-exit" "$built/faults/memscan" <"$list"
	same "$(wc -l <"$list") runs, 0 with a secret in memory" "$output"
	# and after faults of every kind
	run "$suites/faults" --every=199 --memscan="$built/faults/memscan"
	[[ ${lines[-1]} =~ ^[1-9][0-9]*\ faults,\ 0\ not\ survived$ ]] || { echo "$output" && false; }
}

@test "the search finds a key that is in memory" {
	refuse_sanitized
	echo '0 add -f plain 7' >list
	run -1 "$suites/at-exit" "$built/faults/memscan" --editor="$built/faults/bad-editor careless" <list
	[[ ${lines[0]} == *'in memory: '*' pieces in '* ]]
	run -1 "$suites/faults" --command=add --every=3 --editor="$built/faults/bad-editor careless" --memscan="$built/faults/memscan"
	[[ $output == *'in memory: '* ]]
}

@test "a password command gets no secret, in its arguments or environment" {
	make_keyfile keyfile 1 2 100
	make_password_file pw
	openssl_encrypt pw keyfile sealed
	run -0 mkeyfile add -q -f sealed --password-command='cat pw; cat /proc/self/environ /proc/$PPID/cmdline /proc/$$/cmdline >seen; ls -l /proc/$$/fd >open' 7
	[ -s seen ]
	run -1 grep -aF -f <(pieces keyfile pw) seen
	# and no descriptor of the key file
	run -1 grep -F sealed open
}

@test "keys and passwords are written to the key file and nowhere else" {
	make_keyfile keyfile 1 2 100
	make_password_file pw
	openssl_encrypt pw keyfile sealed
	cp sealed other
	for arguments in 'add -f sealed -P pw 7' 'rotate -f sealed -P pw -t 11.8-enterprise 100' 'list -f sealed -P pw' \
		'verify -f sealed -P pw' 'encrypt -f keyfile -P pw -o new' 'list -f sealed -P keyfile' 'list -f keyfile' 'diff -f sealed -P pw keyfile' \
		'diff -f keyfile sealed --other-password-file=pw --json' 'remove -f sealed -P pw --force 2' \
		'passwd -f other -P pw --new-password-file=made' 'passwd -f other -P made --new-password-file=pw'; do
		# shellcheck disable=SC2086
		strace -f -o trace -s 99999 -e trace=write,writev,pwrite64,pwritev,sendto,sendmsg,execve "$MKEYFILE" $arguments \
			>said 2>&1 || :
		grep -q 'write(' trace
		run -1 grep -cF -f <(pieces keyfile pw) trace
	done
	# the plain text is written to its temporary file only
	strace -o trace -y -s 99999 -e trace=write,writev,pwrite64 "$MKEYFILE" add -f keyfile 7 >said 2>&1
	same 1 "$(grep -cF -f <(pieces keyfile) trace)"
	grep -F -f <(pieces keyfile) trace | grep -q '/\.keyfile\.mkeyfile-[^>]*>, "'
}

# ---- hostile input ----

@test "the corpora of the fuzz targets" {
	for target in keyfile format envelope target; do
		corpus=$target
		[ $target != format ] || corpus=keyfile
		run -0 "$built/fuzz/replay-$target" "$abs_top_srcdir/tests/fuzz/corpus/$corpus"/*
		same "$(find "$abs_top_srcdir/tests/fuzz/corpus/$corpus" -type f | wc -l) inputs" "$output"
	done
	# what a replay says of a bad corpus
	run -64 "$built/fuzz/replay-keyfile"
	run -2 "$built/fuzz/replay-keyfile" nowhere
}

@test "none of 20,000 wrong passwords is accepted" {
	run -0 "$built/faults/wrong-passwords" 20000
	[[ $output =~ ^20000\ wrong\ passwords:\ [1-9][0-9]*\ passed\ the\ padding,\ 0\ were\ accepted$ ]]
}
