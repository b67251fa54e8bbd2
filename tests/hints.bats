#!/usr/bin/env bats
bats_require_minimum_version 1.5.0
load common

# The commands that hints name, run as a shell takes them.

setup_test() {
	make_password_file 'my pw'
	make_keyfile plain 1 2 100 101
	openssl_encrypt 'my pw' plain "it's"
	options=(--file="it's" --password-file='my pw')
}

hinted_command() {
	sed -n "s/^hint: .*\(run\|mean\) '\(mkeyfile .*\)'.*/\2/p" <<<"$stderr" | head -n 1
}

# obeys STATUS HINTED ARGUMENT...: mkeyfile ends with STATUS and has one or two hints; the
# command that the first of them names ends with status HINTED.
obeys() {
	local status_before=$1 status_after=$2 command
	shift 2
	run --separate-stderr mkeyfile "$@"
	same "$status_before" "$status"
	[ "$(grep -c '^hint: ' <<<"$stderr")" -le 2 ]
	command=$(hinted_command)
	echo "$* -> $command"
	[ -n "$command" ]
	run --separate-stderr bash -c "$command" </dev/null
	echo "$stderr"
	same "$status_after" "$status"
}

ids() {
	openssl_decrypt 'my pw' "it's" | cut -d ';' -f 1 | xargs
}

@test "a command that a hint names does what it says, with the same files" {
	obeys 4 0 rotate 100 --target=10.11 "${options[@]}"
	same '1 2 100 101 102' "$(ids)"
	obeys 4 0 rotate 100 -f "it's" -P 'my pw'
	obeys 2 0 rotate 100 --new-id 200 "${options[@]}"
	obeys 2 0 rotate 100 300 -t 11.8-enterprise --dry-run "${options[@]}"
	obeys 4 0 add 100 "${options[@]}"
	obeys 4 0 rotate 1 -t 10.11 "${options[@]}"
	same '1 2 100 101 102 103 200 300 104 105' "$(ids)"
	obeys 2 0 passwd -f plain -P 'my pw' --new-password-file=new
	same Salted__ "$(head -c 8 plain)"
	obeys 3 3 list --digest=sha256 "${options[@]}"
	[[ $stderr == *"hint: it opens with --digest=sha1"* ]]
}

@test "what a hint makes of other forms of a key file and of a key can be used" {
	mkeyfile list "${options[@]}" >expected
	openssl_encrypt 'my pw' plain base64 -md sha1 -a
	openssl_encrypt 'my pw' plain unsalted -md sha1 -nosalt
	for file in base64 unsalted; do
		rm -f NEW
		run -2 --separate-stderr mkeyfile list -f "$file" -P 'my pw'
		(bash -c "$(sed -n "s/^hint: run '\(.*\)' to .*/\1/p" <<<"$stderr")" 2>/dev/null)
		same 600 "$(stat -c %a NEW)"
		mkeyfile list -f NEW -P 'my pw' | cmp - expected
	done
	key=$(printf %02x {128..159})
	# shellcheck disable=SC2001,SC2059
	printf "$(sed 's/../\\x&/g' <<<"$key")" >binary
	base64 binary >base64
	for file in base64 binary; do
		run -2 --separate-stderr mkeyfile add 7 --key-from="$file" "${options[@]}"
		bash -c "$(sed -n "s/^hint: run '\(.*\)' to .*/\1 --dry-run/p" <<<"$stderr")"
	done
	bash -c "$(sed -n "s/^hint: run '\(.*\)' to .*/\1/p" <<<"$stderr")"
	same "7;$key" "$(openssl_decrypt 'my pw' "it's" | tail -n 1)"
}
