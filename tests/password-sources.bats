#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_keyfile plain 1 2 100
	make_password_file pw
	openssl_encrypt pw plain keyfile
}

opens() { # ARGUMENT...
	run --separate-stderr mkeyfile list --ids "$@"
	assert_equal 0 "" $'1\n2\n100'
}

@test "a file, the environment, standard input, a descriptor, a command" {
	opens -P pw
	opens --password-file=pw
	opens -P - <pw
	opens --password-fd=0 <pw
	opens --password-fd=7 7<pw
	opens --password-command='cat pw'
	opens -P <(cat pw)
	MKEYFILE_PASSWORD_FILE=pw opens
}

@test "an option overrides the environment" {
	export MKEYFILE_PASSWORD_FILE=nowhere
	opens -P pw
	opens --password-command='cat pw'
	opens --password-fd=3 3<pw
}

@test "an empty environment variable counts as unset" {
	MKEYFILE_PASSWORD_FILE='' opens -P pw
	run_refused 2 "mkeyfile list: cannot ask for the password of 'keyfile': --no-prompt is set
hint: use --password-file, --password-fd, --password-command or MKEYFILE_PASSWORD_FILE" list --no-prompt
}

@test "a descriptor that is not open" {
	run_refused 2 "mkeyfile list: cannot read 'file descriptor 9': Bad file descriptor" list --password-fd=9 9<&-
}

@test "a named pipe without a writer, or with a writer that does not finish, times out" {
	local command words="timed out waiting for data from the named pipe
hint: use --password-timeout=SECONDS to allow more time (0: no limit)"

	make_keyfile plain 1
	mkfifo pipe
	while read -r command; do
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile ${command%% *}: cannot read 'pipe': $words" $command --password-timeout=1
	done <<-'END'
		list -f pipe
		list -P pipe
		verify -f pipe -t 10.11
		encrypt -f plain -P pipe
		diff -f plain pipe
		add 9 -f plain --key-from=pipe
	END
	for command in 'list -f pipe' 'list -P pipe' 'diff -f plain pipe'; do
		{ echo '# nothing' && sleep 60; } >pipe 3>&- &
		# shellcheck disable=SC2086
		run_refused 2 "mkeyfile ${command%% *}: cannot read 'pipe': $words" $command --password-timeout=1
		pkill -P $! sleep || :
		wait $! || :
	done
}

@test "a named pipe is read to the end of its last writer, in several pieces, however late the first" {
	mkfifo pipe
	{ sleep 0.3; head -c 100 pw; sleep 0.3; tail -c +101 pw; } >pipe 3>&- &
	opens -P pipe
	wait $!
	make_keyfile plain 1 2
	{ sleep 0.3; head -n 1 plain; sleep 0.3; tail -n +2 plain; } >pipe 3>&- &
	run -0 mkeyfile list --ids -f pipe
	same $'1\n2' "$output"
	wait $!
	(: >pipe) 3>&- &
	run_refused 2 "mkeyfile list: 'pipe' contains no password" list -P pipe
}

@test "a command that fails, dies, prints nothing, too much, or two lines" {
	run_refused 2 "mkeyfile list: the password command failed with status 3" list --password-command='exit 3'
	run_refused 2 "mkeyfile list: the password command failed with status 1" \
		list --password-command='cat pw; false'
	# shellcheck disable=SC2016
	run_refused 2 'mkeyfile list: the password command was killed by signal 9' \
		list --password-command='kill -9 $$'
	run_refused 2 "mkeyfile list: 'the password command' contains no password" list --password-command=true
	run_refused 2 "mkeyfile list: the password in 'the password command' is longer than 256 bytes, the most that a server reads" \
		list --password-command=yes
	# as in a file, only the first 257 bytes count
	opens --password-command='cat pw pw pw'
	run_refused 3 "mkeyfile list: warning: the password contains a line break
hint: use a password of one line: openssl enc reads only the first line, the server reads all lines
mkeyfile list: cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: run 'mkeyfile verify' to try other digests and iteration counts" list --password-command='echo one; echo two'
}

@test "a command gets the original environment and an empty standard input" {
	# shellcheck disable=SC2016
	OPENSSL_CONF=/dev/null OPENSSL_MODULES=$PWD opens \
		--password-command='[ "$OPENSSL_CONF" = /dev/null ] && [ "$OPENSSL_MODULES" = "$PWD" ] && ! read -r line && cat pw'
	opens -f - --password-command='cat >/dev/null; cat pw' <keyfile
}

@test "SIGPIPE has its default effect in a command" {
	opens --password-command='{ yes; echo "$?" >status_of_yes; } | head -n 0; cat pw'
	same 141 "$(cat status_of_yes)"
}

@test "OpenSSL's environment cannot load code into mkeyfile" {
	printf 'openssl_conf = init\n[init]\nproviders = p\n[p]\nevil = evil\n[evil]\nmodule = %s/evil.so\nactivate = 1\n' \
		"$PWD" >evil.cnf
	export OPENSSL_CONF=$PWD/evil.cnf OPENSSL_CONF_INCLUDE=$PWD OPENSSL_MODULES=$PWD OPENSSL_ENGINES=$PWD
	strace -f -e trace=openat,open -o calls "$MKEYFILE" list --ids -P pw
	run -1 grep -F evil calls
	# the trap is a real one
	strace -f -e trace=openat,open -o calls openssl dgst -sha256 pw || :
	run -0 grep -F evil calls
}

@test "the password is never an argument or in the environment of a child" {
	# shellcheck disable=SC2016
	opens --password-command='tr "\0" "\n" </proc/$PPID/cmdline >arguments; env >environment; cat pw'
	run -1 grep -qF "$(cat pw)" arguments environment
}
