#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# When keys were made: what commands record, and what follows from it.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_password_file pw
}

# Runs mkeyfile at a fixed time.
at() { # "YYYY-MM-DD HH:MM:SS" argument...
	local now=$1
	shift
	TZ=UTC ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0:detect_leaks=0 \
		faketime -f "$now" "$MKEYFILE" "$@"
}

# The lines of a key file, or of standard input, with KEY in place of each key.
shape() { # [file]
	sed -E 's/[0-9a-f]{32,}/KEY/' "$@"
}

# Creates a key file with the dates of some of its keys.
make_dated() { # file "ID;VERSION[ DATE]"...
	local file=$1 key
	shift
	for key; do
		[ "${key% *}" = "$key" ] || echo "# mkeyfile created $key"
		echo "${key% *};$(random_key)"
	done >"$file"
	chmod 600 "$file"
}

@test "generate, add and rotate record the date of each new key on the line before it" {
	run -0 at '2024-05-31 16:00:01' generate -q 1 100
	run -0 at '2025-06-01 00:00:00' add -q 7
	same '# mkeyfile created 1;1 2024-05-31T16:00:01Z
1;KEY
# mkeyfile created 100;1 2024-05-31T16:00:01Z
100;KEY
# mkeyfile created 7;1 2025-06-01T00:00:00Z
7;KEY' "$(shape keyfile)"
	run -0 at '2025-06-02 00:00:00' rotate -q 100 --target=10.11+plugin
	run -0 at '2025-06-03 23:59:59' rotate -q 7 --new-id --target=10.11+plugin
	same '# mkeyfile created 1;1 2024-05-31T16:00:01Z
1;1;KEY
# mkeyfile created 100;1 2024-05-31T16:00:01Z
100;1;KEY
# mkeyfile created 7;1 2025-06-01T00:00:00Z
7;1;KEY
# mkeyfile created 100;2 2025-06-02T00:00:00Z
100;2;KEY
# mkeyfile created 8;1 2025-06-03T23:59:59Z
8;1;KEY' "$(shape keyfile)"
	run -0 at '2025-06-04 00:00:00' list -q
	[[ ${lines[2]} == *"  2025-06-01" ]]
	[[ ${lines[4]} == *"  2025-06-02" ]]
	run -0 at '2025-06-04 00:00:00' list --json -q
	same '[["1;1","2024-05-31T16:00:01Z"],["7;1","2025-06-01T00:00:00Z"],["8;1","2025-06-03T23:59:59Z"],["100;1","2024-05-31T16:00:01Z"],["100;2","2025-06-02T00:00:00Z"]]' \
		"$(jq -c '[.keys[] | ["\(.id);\(.version)", .created]]' <<<"$output")"
}

@test "in an encrypted file, dates are encrypted, and no change of password or form loses one" {
	run -0 at '2024-05-31 16:00:01' generate -q --new-password-file=key 1 2
	run -1 grep -a created keyfile
	run -0 at '2025-06-01 00:00:00' ensure 1 100 -P key
	openssl_decrypt key keyfile >plain
	same '# mkeyfile created 1;1 2024-05-31T16:00:01Z
1;KEY
# mkeyfile created 2;1 2024-05-31T16:00:01Z
2;KEY
# mkeyfile created 100;1 2025-06-01T00:00:00Z
100;KEY' "$(shape plain)"
	run -0 mkeyfile passwd -q -P key --new-password-file=new
	cmp plain <(openssl_decrypt new keyfile)
	run -0 mkeyfile decrypt -q -P new -o decrypted
	cmp plain decrypted
	run -0 mkeyfile encrypt -q -f decrypted -P pw -o again
	cmp plain <(openssl_decrypt pw again)
}

@test "no dates with --no-dates, or with dates = off in the option files" {
	run -0 mkeyfile generate -q --no-dates 1 100
	printf '[mkeyfile]\ndates = off\n' >my.cnf
	unset MKEYFILE_PRINT_DEFAULTS
	run -0 mkeyfile --defaults-file=my.cnf add -q 7
	run -0 mkeyfile --defaults-file=my.cnf ensure -q 8
	run -0 mkeyfile --defaults-file=my.cnf rotate -q 8 --new-id
	same $'1;KEY\n100;KEY\n7;KEY\n8;KEY\n9;KEY' "$(shape keyfile)"
	run -0 mkeyfile --defaults-file=my.cnf list --json -q
	same '[null]' "$(jq -c '[.keys[].created] | unique' <<<"$output")"
	# what is given on the command line counts
	random_key >imported
	run -0 mkeyfile --defaults-file=my.cnf add -q 10 --key-from=imported --created=2024-05-31
	same 2024-05-31T00:00:00Z "$(date_of '10;1' keyfile)"
	printf '[mkeyfile]\ndates = ON\n' >my.cnf
	run -0 mkeyfile --defaults-file=my.cnf add -q 11
	run -0 grep -cxE "$(date_line '11;1')" keyfile
	printf '[mkeyfile]\ndates = never\n' >my.cnf
	run_refused 64 "mkeyfile list: the group [mkeyfile] of the option files has an unknown option or an invalid value: 'dates'
hint: use --no-defaults to ignore the option files" --defaults-file=my.cnf list
}

@test "an imported key has only the date that is given" {
	make_keyfile keyfile '1;1'
	random_key >imported
	run -0 mkeyfile add -q 100 --key-from=imported
	same '' "$(date_of '100;1' keyfile)"
	random_key >imported
	run -0 mkeyfile add -q 100 --key-version=3 --key-from=imported --created=2024-02-29T23:59:59Z
	same 2024-02-29T23:59:59Z "$(date_of '100;3' keyfile)"
	for date in 2023-02-29 24-01-01 2024-5-1; do
		run_refused 64 "mkeyfile add: invalid date '$date': use a date such as 2024-05-31 or 2024-05-31T16:00:00Z" \
			add 7 --key-from=imported --created="$date"
	done
	for date in 2024-05-31T16:00 '2024-05-31 16:00:01Z' ''; do
		run -64 --separate-stderr mkeyfile add 7 --key-from=imported --created="$date"
		[[ $stderr == *"': use a date such as 2024-05-31 or 2024-05-31T16:00:00Z" ]]
	done
	run_refused 64 'mkeyfile add: --created is in the future' add 7 --key-from=imported --created=9999-12-31
	run_refused 64 'mkeyfile add: --created requires --key-from: a new key gets the current date' add 7 --created=2024-05-31
}

@test "import and export copy the dates of another key file, and invent none" {
	make_dated other '1;1 2020-01-01T00:00:00Z' '100;1' '100;2 2021-01-01T00:00:00Z'
	run -0 mkeyfile import other -q --target=10.11+plugin
	same '# mkeyfile created 1;1 2020-01-01T00:00:00Z
1;1;KEY
100;1;KEY
# mkeyfile created 100;2 2021-01-01T00:00:00Z
100;2;KEY' "$(shape keyfile)"
	run -0 mkeyfile export copy -q --target=10.11+plugin
	cmp keyfile copy
	run -0 mkeyfile export bare -q --target=10.11+plugin --no-dates --json
	same '[null]' "$(jq -c '[.keys[].created] | unique' <<<"$output")"
	same $'1;1;KEY\n100;1;KEY\n100;2;KEY' "$(shape bare)"
	# keys that are the same are the same, with any date
	run -0 mkeyfile diff bare
	run -0 --separate-stderr mkeyfile import bare
	same "'keyfile' already has all 3 keys of 'bare'" "$stderr"
	same "$(mkeyfile list --fingerprint -f bare)" "$(mkeyfile list --fingerprint)"
	# so is the list of another host, with dates or from a release without them
	mkeyfile list --json -q >manifest
	run -0 mkeyfile diff -f bare manifest
	jq 'del(.keys[].created)' manifest >old
	run -0 mkeyfile diff old
	jq '.keys[0].created = "today"' manifest >bad
	run_refused 2 "mkeyfile diff: 'bad' is JSON, but not the output of 'mkeyfile list --json'" diff bad
}

@test "remove removes the dates of its keys only, and a new key never gets an old date" {
	make_dated keyfile '1;1 2020-01-01T00:00:00Z' '100;1 2021-01-01T00:00:00Z' '100;2 2022-01-01T00:00:00Z'
	run -0 mkeyfile remove -q --force 100 --old-versions
	same '# mkeyfile created 1;1 2020-01-01T00:00:00Z
1;1;KEY
# mkeyfile created 100;2 2022-01-01T00:00:00Z
100;2;KEY' "$(shape keyfile)"
	# someone removes a key with an editor
	sed -i '/^100;/d' keyfile
	run -0 mkeyfile add -q 100 --no-dates
	run -0 mkeyfile rotate -q 100 --no-dates
	same '# mkeyfile created 1;1 2020-01-01T00:00:00Z
1;1;KEY
100;1;KEY
100;2;KEY' "$(shape keyfile)"
	# a comment that resembles a date stays
	printf '%s\n' '# mkeyfile created 7;1 for the shop' '# mkeyfile created 7;1 2021-01-01T00:00:00Z by Bob' >>keyfile
	run -0 mkeyfile add -q 7 --no-dates
	same '# mkeyfile created 7;1 for the shop
# mkeyfile created 7;1 2021-01-01T00:00:00Z by Bob
7;1;KEY' "$(shape keyfile | tail -n 3)"
}

@test "verify notes dates without effect, and no command fails because of one" {
	{
		echo '# mkeyfile created 1;1 2020-01-01T00:00:00Z'
		echo "1;1;$(random_key)"
		echo '# mkeyfile created 1;1 2021-01-01T00:00:00Z'
		echo '# mkeyfile created 2;1 yesterday'
		echo "2;1;$(random_key)"
		echo '# mkeyfile created 7;1 2021-01-01T00:00:00Z'
		echo '# mkeyfile created 2;1 2999-01-01T00:00:00Z'
		echo '# mkeyfile is a program'
	} >keyfile
	chmod 600 keyfile
	run -0 --separate-stderr mkeyfile verify --strict --server-user="$(id -un)" -t 10.11+plugin
	same "yes: 'keyfile' loads on 10.11+plugin
  2 keys, versioned, not encrypted
note: line 1: the date of key ID 1 version 1 is repeated on line 3; mkeyfile uses the last one [unused-date]
hint: remove the line, or correct its date: mkeyfile(5) describes the format
note: line 4: the date on this line is malformed; mkeyfile ignores the line [unused-date]
hint: remove the line, or correct its date: mkeyfile(5) describes the format
note: line 6: this line has the date of key ID 7 version 1, which is not in the file [unused-date]
hint: remove the line, or correct its date: mkeyfile(5) describes the format
note: line 7: the date of key ID 2 version 1 is in the future; mkeyfile treats the age as unknown [unused-date]
hint: remove the line, or correct its date: mkeyfile(5) describes the format" "$output"
	run -0 mkeyfile list -q
	[[ ${lines[1]} == *"  2021-01-01  system" ]]
	cp keyfile before
	run -0 mkeyfile rotate 1 -q
	head -n 8 keyfile | cmp - before
	run -0 mkeyfile remove 2 -q --force
	same '# mkeyfile created 7;1 2021-01-01T00:00:00Z' "$(grep '^# mkeyfile created 7' keyfile)"
}

@test "a file that only dates make too large is refused with the reason" {
	ids=$(seq 1 14900)
	# shellcheck disable=SC2086 # numbers
	run_refused 4 "mkeyfile generate: 'keyfile' would be larger than 1048576 bytes, the most that a server reads
hint: use --no-dates to omit the dates of the new keys, which make the file too large" generate $ids
	# shellcheck disable=SC2086
	run -0 mkeyfile generate -q --no-dates $ids
	run_refused 4 "mkeyfile add: 'keyfile' would be larger than 1048576 bytes, the most that a server reads" \
		add $(seq 15001 15200)
	# shellcheck disable=SC2046
	run -0 mkeyfile generate -q -f dated $(seq 1 8900)
	[ "$(stat -c %s dated)" -le 1048576 ]
	same 8900 "$(grep -c '^# mkeyfile created' dated)"
	# the new key and the seal just fit; encryption rounds up to whole blocks
	{ echo "1;$(random_key)"; head -c $((1048576 - 168 - 67 - 1)) /dev/zero | tr '\0' '#'; echo; } >full
	openssl_encrypt pw full keyfile
	run_refused 4 "mkeyfile add: 'keyfile' would be larger than 1048576 bytes, the most that a server reads
hint: use --no-dates to omit the dates of the new keys, which make the file too large" add 7 -P pw
	run -0 mkeyfile add -q 7 -P pw --no-dates
	same 1048576 "$(stat -c %s keyfile)"
}

# ---- policy ----

make_ages() {
	make_dated keyfile '1;1 2023-01-01T00:00:00Z' '2;1' '100;1 2020-01-01T00:00:00Z' '100;2 2024-03-01T00:00:00Z' \
		'101;1 2030-01-01T00:00:00Z'
}

@test "list --older-than lists keys that are older or of unknown age, with status 1" {
	make_ages
	run -1 --separate-stderr at '2024-06-01 00:00:00' list --older-than=1y
	same '' "$stderr"
	same 'ID 1 2 101' "$(awk '{ print $1 }' <<<"$output" | xargs)"
	same 'CREATED 2023-01-01 unknown 2030-01-01' "$(awk '{ print $5 }' <<<"$output" | xargs)"
	run -1 at '2024-06-01 00:00:00' list --older-than=1m --ids
	same $'1\n2\n100\n101' "$output"
	run -1 at '2024-06-01 00:00:00' list --older-than=1y --json -q
	same '[[1,2,101],4]' "$(jq -c '[[.older[].id], ([.keys[].id] | unique | length)]' <<<"$output")"
	# the limit itself is not older
	make_dated keyfile '1;1 2023-06-01T12:00:00Z'
	run -0 --separate-stderr at '2024-05-31 12:00:00' list --older-than=365d
	assert_equal 0 '' ''
	run -1 at '2024-05-31 12:00:01' list --older-than=365d --ids
	run -0 at '2024-06-01 12:00:00' list --older-than=1y --ids
	run -0 at '2024-06-01 12:00:00' list --older-than=12m --json
	same '[]' "$(jq -c .older <<<"$output")"
	run -0 at '2023-07-27 12:00:00' list --older-than=8w --ids
	run -1 at '2023-07-27 12:00:01' list --older-than=8w --ids
	# a slow clock, by up to a day, makes no key old
	run -0 at '2023-05-31 13:00:00' list --older-than=1d
	for age in 365 1h 0d -1d 101y ''; do
		run_refused 64 "mkeyfile list: invalid age '$age': use a number with d, w, m (months) or y, up to 100y" list --older-than="$age"
	done
	run_refused 64 'mkeyfile list: --fingerprint and --older-than cannot be used together' list --fingerprint --older-than=1y
}

@test "rotate --older-than rotates just those, and changes nothing in a second run" {
	make_ages
	cp keyfile before
	run -0 at '2024-06-01 00:00:00' rotate --older-than=1y -q
	cmp before <(head -n "$(wc -l <before)" keyfile)
	same $'# mkeyfile created 1;2 2024-06-01T00:00:00Z\n1;2;KEY\n# mkeyfile created 2;2 2024-06-01T00:00:00Z\n2;2;KEY\n# mkeyfile created 101;2 2024-06-01T00:00:00Z\n101;2;KEY' \
		"$(tail -n +"$(($(wc -l <before) + 1))" keyfile | shape)"
	run -0 at '2024-06-01 00:00:00' list --older-than=1y
	before=$(snapshot)
	run -0 --separate-stderr at '2024-06-01 00:00:00' rotate --older-than=1y --json
	same "'keyfile' has no key ID older than 1y to rotate" "$stderr"
	same '[false,[],[],false]' "$(jq -c '[.changed, .keys, .successors, .flushed]' <<<"$output")"
	same "$before" "$(snapshot)"
	# of these IDs only
	run -0 at '2025-08-01 00:00:00' rotate 100 7 --older-than=2y -q && return 1
	run -0 at '2025-08-01 00:00:00' rotate 100 1 --older-than=1y -q
	same '100;3 1;3' "$(key_lines keyfile | tail -n 2 | cut -d ';' -f 1,2 | xargs)"
	# new keys without dates would be rotated by each run
	run_refused 64 "mkeyfile rotate: --older-than requires dates: with --no-dates or 'dates = off', each run would rotate the same IDs again" \
		rotate --older-than=1y --no-dates
	printf '[mkeyfile]\ndates = off\n' >off.cnf
	MKEYFILE_PRINT_DEFAULTS='' run -64 mkeyfile --defaults-file="$PWD/off.cnf" rotate --older-than=1y
	# a filter passes on what it read
	at '2025-08-02 00:00:00' rotate --older-than=10y 1 --file=- --output=- <keyfile 2>said | cmp - keyfile
	run_refused 64 'mkeyfile rotate: --older-than and --new-id cannot be used together: the old IDs stay in the file and would be rotated again' \
		rotate --older-than=1y --new-id
	run_refused 64 'mkeyfile rotate: no key ID given' rotate
}

@test "max-age in the option files makes verify warn" {
	make_ages
	printf '[mkeyfile]\nmax-age = 1y\n' >my.cnf
	unset MKEYFILE_PRINT_DEFAULTS
	verify() {
		at '2024-06-01 00:00:00' --defaults-file=my.cnf verify --server-user="$(id -un)" -t 10.11+plugin "$@"
	}
	run -0 --separate-stderr verify
	same "warning: key ID 1 is older than 1y [key-too-old]
hint: run 'mkeyfile rotate --older-than=AGE --defaults-file=my.cnf --server-user=$(id -un) --target=10.11+plugin' for new versions, or 'mkeyfile rotate ID --new-id' to move tables to a new ID
warning: the age of 2 key IDs, for example 2, is unknown [key-age-unknown]
hint: rotate these keys, or add their dates to the key file: mkeyfile(5) describes the format" \
		"$(grep -A 1 ^warning <<<"$output")"
	run -1 verify --strict --json -q
	same '["key-too-old","key-age-unknown"]' "$(jq -c '[.warnings[].name]' <<<"$output")"
	printf '[mkeyfile]\nmax-age = 1m\n' >my.cnf
	run -0 verify
	grep -F 'warning: 2 key IDs, for example 1, are older than 1m [key-too-old]' <<<"$output"
	printf '[mkeyfile]\nmax-age = 100y\n' >my.cnf
	sed -i '/2;1/,$d' keyfile
	run -0 verify --strict
	printf '[mkeyfile]\nmax-age = old\n' >my.cnf
	run_refused 64 "mkeyfile verify: the group [mkeyfile] of the option files has an unknown option or an invalid value: 'max-age'
hint: use --no-defaults to ignore the option files" --defaults-file=my.cnf verify
}
