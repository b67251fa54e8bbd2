#!/usr/bin/env bats
# Passwords on a terminal.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_keyfile plain 1 2
	password='correct horse battery staple'
	openssl enc -aes-256-cbc -md sha1 -k "$password" -in plain -out keyfile 2>/dev/null
	before=$(snapshot)
}

# Plays steps on a terminal, see tests/terminal.
play() {
	run "$abs_top_srcdir/tests/terminal" "$@"
	# the terminal shows nothing that was typed
	[[ $output != *"$password"* && $output != *'something else'* ]]
}

@test "an existing password is asked for once, without echo" {
	play "expect:Password of 'keyfile': " echo:off "type:$password" -- "$MKEYFILE" list --ids
	same "Password of 'keyfile': 
1
2
exit 0" "$output"
}

@test "a wrong password can be typed three times, and is never shown" {
	wrong=(expect:"Password of 'keyfile': " echo:off 'type:something else')
	right=(expect:"Password of 'keyfile': " echo:off "type:$password")
	again="Password of 'keyfile': 
wrong password for 'keyfile', try again
"
	play "${wrong[@]}" "${wrong[@]}" "${wrong[@]}" -- "$MKEYFILE" list
	same "${again}${again}Password of 'keyfile': 
mkeyfile list: cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: run 'mkeyfile verify' to try other digests and iteration counts
exit 3" "$output"
	play "${wrong[@]}" "${wrong[@]}" "${right[@]}" -- "$MKEYFILE" list --ids
	same "${again}${again}Password of 'keyfile': 
1
2
exit 0" "$output"
	play "${wrong[@]}" "${right[@]}" -- "$MKEYFILE" decrypt -o copy
	same "${again}Password of 'keyfile': 
decrypted 'keyfile' to 'copy'
exit 0" "$output"
	play "${wrong[@]}" "${right[@]}" -- "$MKEYFILE" verify --server-user="$(id -un)"
	[[ $output = "${again}Password of 'keyfile': 
yes: 'keyfile' loads on every server"*"exit 0" ]]
	play "${wrong[@]}" "${right[@]}" -- "$MKEYFILE" passwd --new-password-file=new --new-digest=sha1
	same "exit 0" "${lines[-1]}"
	same "wrong password for 'keyfile', try again" "${lines[1]}"
	run -0 mkeyfile list --ids -P new
}

@test "diff asks three times for the password of the other file" {
	wrong=(expect:"Password of 'keyfile': " echo:off 'type:something else')
	play "${wrong[@]}" "${wrong[@]}" "expect:Password of 'keyfile': " echo:off "type:$password" -- "$MKEYFILE" diff -f plain keyfile
	same "exit 0" "${lines[-1]}"
}

@test "diff tries other digests only after the last password" {
	openssl enc -aes-256-cbc -md sha256 -k "$password" -in plain -out keyfile 2>/dev/null
	right=(expect:"Password of 'keyfile': " echo:off "type:$password")
	play "${right[@]}" "${right[@]}" "${right[@]}" -- "$MKEYFILE" diff -f plain keyfile
	same 2 "$(grep -c "^wrong password for 'keyfile', try again" <<<"$output")"
	[[ $output == *"same: 'plain' and 'keyfile' contain the same 2 keys"*"exit 0" ]]
}

@test "an empty password counts as a try" {
	nothing=("expect:Password of 'keyfile': " echo:off type:)
	play "${nothing[@]}" "${nothing[@]}" "${nothing[@]}" -- "$MKEYFILE" list
	same "mkeyfile list: 'the terminal' contains no password
exit 2" "$(tail -n 2 <<<"$output")"
	play "${nothing[@]}" "expect:Password of" echo:off "type:$password" -- "$MKEYFILE" list --ids
	same "exit 0" "${lines[-1]}"
}

@test "a password of 256 characters is accepted, and one of 257 is refused, not truncated" {
	long=$(printf %0256d 1)
	openssl enc -aes-256-cbc -md sha1 -k "$long" -in plain -out keyfile 2>/dev/null
	play expect:Password echo:off "type:$long" -- "$MKEYFILE" list --ids
	same "exit 0" "${lines[3]}"
	play expect:Password echo:off "type:${long}0" -- "$MKEYFILE" list --ids
	same "mkeyfile list: the password in 'the terminal' is longer than 256 bytes, the most that a server reads" "${lines[1]}"
	same "exit 2" "${lines[2]}"
}

@test "a new password is asked for twice" {
	play "expect:New password for 'plain': " echo:off "type:$password" "expect:Again, new password for 'plain': " \
		echo:off "type:$password" -- "$MKEYFILE" encrypt -f plain -o sealed
	same "New password for 'plain': 
Again, new password for 'plain': 
encrypted 'plain' to 'sealed'
exit 0" "$output"
	run -0 mkeyfile list --ids -f sealed --password-command="echo '$password'"
}

@test "two different new passwords" {
	differ=(expect:New echo:off "type:$password" expect:Again echo:off "type:$password.")
	play "${differ[@]}" "${differ[@]}" "${differ[@]}" -- "$MKEYFILE" encrypt -f plain -o sealed
	same "the passwords do not match, try again" "${lines[5]}"
	same "mkeyfile encrypt: the passwords do not match" "${lines[8]}"
	same "exit 2" "${lines[9]}"
	same "$before" "$(snapshot)"
	play "${differ[@]}" expect:New echo:off "type:$password" expect:Again echo:off "type:$password" \
		-- "$MKEYFILE" encrypt -f plain -o sealed
	same "exit 0" "${lines[-1]}"
	run -0 mkeyfile list --ids -f sealed --password-command="echo '$password'"
}

@test "echo is back after INT, TERM, HUP and ^C" {
	for signal in INT TERM HUP QUIT; do
		play expect:Password echo:off signal:$signal -- "$MKEYFILE" add 7
		[[ $output = *"killed $signal" ]]
		[[ $output != *'echo is off'* ]]
	done
	play expect:Password echo:off key:C -- "$MKEYFILE" add 7
	[[ $output = *'killed INT' ]]
	same "$before" "$(snapshot)"
}

@test "echo is back while stopped by TSTP and ^Z, off again after CONT" {
	for stop in signal:TSTP key:Z; do
		play expect:Password echo:off $stop stopped echo:on continue expect:Password echo:off "type:$password" \
			-- "$MKEYFILE" list --ids
		same "exit 0" "${lines[-1]}"
		same "2" "${lines[-2]}"
	done
}

@test "a terminal is refused as output, unless use '-o -' to write to the terminal anyway" {
	for command in 'encrypt -f plain' 'decrypt'; do
		# shellcheck disable=SC2086
		play -- "$MKEYFILE" $command
		same "mkeyfile ${command%% *}: refusing to write a key file to a terminal
hint: use --output=FILE or --in-place, or use '-o -' to write to the terminal anyway
exit 4" "$output"
		# shellcheck disable=SC2086
		play -- "$MKEYFILE" $command -o /dev/tty --password-command="echo '$password'"
		same "mkeyfile ${command%% *}: refusing to write a key file to the terminal '/dev/tty'
hint: use '-o -' to write to the terminal anyway
exit 4" "$output"
	done
	play expect:Password echo:off "type:$password" -- "$MKEYFILE" decrypt -o -
	same "$(printf "Password of 'keyfile': \n%s\nexit 0" "$(cat plain)")" "$output"
}

@test "verify shows progress while it tries other digests and iteration counts" {
	# trying everything takes more than a second on any machine
	printf 'file:/another password\nof two lines\n' >given
	chmod 600 given
	export TERM=xterm
	play "expect:trying other digests and iteration counts: " expect:% -- timeout --foreground 3 "$MKEYFILE" verify -P given
	[[ $output = *"exit 124" ]]
	same "$before" "$(rm given && snapshot)"
	run mkeyfile verify -P plain --no-probe --quiet
	[[ $output != *trying* ]]
}
