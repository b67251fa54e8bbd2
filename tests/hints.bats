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
	openssl_decrypt 'my pw' "it's" | key_lines | cut -d ';' -f 1 | xargs
}

@test "a command in a hint works as stated, with the same files" {
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
	[[ $stderr == *"hint: the file opens with --digest=sha1"* ]]
}

@test "a command in a hint repeats the options given before the failed command" {
	make_keyfile prod 1 2 100
	make_keyfile meant 1 2 100
	cp prod expected
	export MKEYFILE_FILE=prod
	obeys 4 0 --file=meant add 100
	same '1 2 100 101' "$(key_lines meant | cut -d ';' -f 1 | xargs)"
	# the later one counts, also after --
	obeys 4 0 --file=prod --target=10.11 -- add 100 --file=meant
	same '1 2 100 101 102' "$(key_lines meant | cut -d ';' -f 1 | xargs)"
	# the group of option files that names the file
	unset MKEYFILE_FILE MKEYFILE_PRINT_DEFAULTS
	printf '[mkeyfile]\nfile = %s/prod\n[mkeyfile-other]\nfile = %s/meant\n' "$PWD" "$PWD" >my.cnf
	obeys 4 0 --defaults-file=my.cnf --defaults-group-suffix=-other add 100
	same '1 2 100 101 102 103' "$(key_lines meant | cut -d ';' -f 1 | xargs)"
	cmp prod expected
}

@test "no hint suggests a command that would change standard input" {
	make_keyfile one 1
	run -0 mkeyfile verify -f one --server-user="$(id -un)"
	[[ $output == *"hint: run 'mkeyfile add 2 "* ]]
	for file in one plain; do
		run mkeyfile verify -f - <"$file"
		run -0 --separate-stderr mkeyfile verify -f - --json <"$file"
		same '[]' "$(jq -c '[.. | .hints? // [] | .[] | select(test("mkeyfile (add|remove|encrypt)"))]' <<<"$output")"
	done
	run mkeyfile verify -f - --server-user="$(id -un)" <one
	[[ $output == *"[no-temporary-key]"* && $output != *hint:* ]]
	run -2 --separate-stderr mkeyfile passwd -f - -o - -P 'my pw' --new-digest=sha512 -t 12.3 <plain
	same "mkeyfile passwd: 'standard input' is not encrypted" "$stderr"
}

@test "the hint for a lost password file names both files" {
	run -2 --separate-stderr mkeyfile ensure -f "it's" --new-password-file='my new pw'
	command=$(hinted_command)
	same "mkeyfile passwd --file='it'\''s' --new-password-file='my new pw'" "$command"
	MKEYFILE_PASSWORD_FILE='my pw' bash -c "$command"
	openssl_decrypt 'my new pw' "it's" | cmp - plain
}

@test "hints convert other forms of key files and keys into usable ones" {
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
	# under the same digest and iteration count
	openssl_encrypt 'my pw' plain unsalted -md sha256 -nosalt
	openssl_encrypt 'my pw' plain derived -md sha512 -pbkdf2 -iter 9 -nosalt
	for arguments in 'unsalted --digest=sha256' 'derived --digest=sha512 --pbkdf2=9'; do
		rm -f NEW
		# shellcheck disable=SC2086
		run -2 --separate-stderr mkeyfile --target=12.3 list -P 'my pw' -f $arguments
		bash -c "$(sed -n "s/^hint: run '\(.*\)' to .*/\1/p" <<<"$stderr")" 2>/dev/null
		# shellcheck disable=SC2086
		mkeyfile list -f NEW -P 'my pw' ${arguments#* } | cmp - expected
	done
	rm NEW
	run -2 --separate-stderr mkeyfile ensure -f unsalted --new-password-file='my pw' -t 12.3 --digest=sha256
	bash -c "$(sed -n "s/^hint: run '\(.*\)' to .*/\1/p" <<<"$stderr")" 2>/dev/null
	mkeyfile list -f NEW -P 'my pw' --digest=sha256 | cmp - expected
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
	# as the same version, and by force where that was asked for
	make_keyfile versions '1;1' '7;1'
	run -2 --separate-stderr mkeyfile add 7 --key-from=base64 --key-version=3 -f versions
	bash -c "$(sed -n "s/^hint: run '\(.*\)' to .*/\1/p" <<<"$stderr")"
	same "7;3;$key" "$(tail -n 1 versions)"
	head -c 32 /dev/zero | base64 >zeros
	run -2 --separate-stderr mkeyfile add 8 --key-from=zeros --force -f versions
	bash -c "$(sed -n "s/^hint: run '\(.*\)' to .*/\1/p" <<<"$stderr")"
	same "8;1;$(printf '%064d' 0)" "$(tail -n 1 versions)"
	# which has no place for a key on standard input that has something else
	run -2 --separate-stderr mkeyfile add 9 --key-from=base64 -f - -o - <plain
	[[ $stderr == *"'base64' is not a key"* && $stderr != *hint:* ]]
	run -2 --separate-stderr mkeyfile add 9 --key-from=base64 -f "it's" -P - <'my pw'
	[[ $stderr == *"'base64' is not a key"* && $stderr != *hint:* ]]
}

# Ten and more for each command, as people make them.
mistakes() {
	cat <<-'END'
		generate
		generate -f k
		generate -f new 2 3
		generate -f new 0
		generate -f new 1 1
		generate -f new --size=512
		generate -f new 1-5
		generate -f new --password-file=none
		generate -f nodir/new
		generate -f new -P empty
		generate -f new --new-password-file=k.key
		generate -f dir
		generate -f dangling
		generate -f new --force --keep=0
		add
		add 7
		add 100 -f k -P k.key
		add 7 -f k
		add 7 -f k -P w.key
		add 7 -f none
		add 7 -f bad
		add 7 -f k -P none
		add 7 --key=0123 -f k
		add 7 --key-from=none -f p
		add 7 8 --key-from=k.key -f p
		add 7 --key-from=k.key -f p
		add 7 --key-version=2 -f p
		add abc -f p
		add 7 -f fifo --password-timeout=1
		add 7 -f truncated -P k.key
		add 7 -f dangling
		rotate
		rotate 100
		rotate 100 -f p
		rotate 7 -f p -t 11.8-enterprise
		rotate 1 --new-id -f p
		rotate 2 --new-id -f p
		rotate 100 --new-id=1 -f p
		rotate 100 --new-id=100 -f p
		rotate 100 --newid -f p
		rotate --all 100 -f p
		rotate 100 --server -f p
		rotate 100 --new-id --datadir=strange -f p
		rotate 100 --new-id --datadir=none -f p
		rotate 100 -f v -t 10.11
		list
		list -f none
		list -f k
		list -f k --no-prompt
		list -f k -P w.key
		list -f k -P k.key --digest=sha256
		list -f k -P k.key --digest=md5
		list 100 -f k -P k.key
		list -f k -P k.key extra
		list -f k --password=foo
		list -f k -p foo
		list -f k --pasword-file=k.key
		list -f empty
		list -f dir
		list -f k -P dir
		encrypt
		encrypt -f k -P k.key
		encrypt -f p
		encrypt -f p -o out
		encrypt -f p -P k.key -o k
		encrypt -f p -P k.key -o p
		encrypt -f p -P k.key --in-place -o x
		encrypt -f p -P empty -o x
		encrypt -f p --new-password-file=k.key -o x
		encrypt -f bad -P k.key -o x
		encrypt -f p -P k.key -o x --digest=sha256 -t 10.11
		encrypt -f p -P k.key -o nodir/x
		decrypt
		decrypt -f p -P k.key -o x
		decrypt -f k -o x
		decrypt -f k -P w.key -o x --no-probe
		decrypt -f k -P k.key -o p
		decrypt -f k -P k.key -o k
		decrypt -f truncated -P k.key -o x
		decrypt -f k -P k.key --pbkdf2=10 -o x --no-probe
		decrypt -f none -P k.key
		decrypt -f k -P k.key --json
		verify
		verify -f none
		verify -f k -P w.key --server-user=root --no-probe
		verify -f k --server-user=root
		verify -f k -P k.key --server-user=nosuch
		verify -f k -P k.key --server-user=root --datadir=none
		verify -f k -P k.key --server-user=root --datadir=dir
		verify -f k -P k.key --server-user=root --datadir=strange
		verify -f k -P k.key --full
		verify -f p -P k.key --server-user=root
		verify -f bad --server-user=root
		verify -f v --server-user=root -t 10.11
		verify -f k -P k.key -t 9.9
		verify -f p k
		verify -f k -P empty --server-user=root
		config
		config -f k
		config -f k -P k.key -t maxscale
		config -f - -P k.key
		config -f v -t 10.11
		config -f k -P k.key --encryption-algorithm=AES_GCM
		config -f k -P k.key --plugin -t 10.5
		config -f none
		config -f k -P w.key
		config -f bad
		passwd
		passwd -f p -P k.key --new-password-file=n
		passwd -f k
		passwd -f k -P w.key --new-password-file=n
		passwd -f k -P k.key --new-password-file=k
		passwd -f k -P k.key --new-password-file=empty
		passwd -f k -P k.key --new-digest=sha512
		passwd -f k -P k.key --new-digest=sha1
		passwd -f k -P k.key --new-password-file=sh.key
		passwd -f k -P k.key --new-password=foo
		passwd -f k -P k.key --new-password-fd=9
		remove
		remove 100 -f p
		remove 1 -f p --force
		remove 7 -f p --force
		remove 100 -f p --datadir=strange
		remove 100 -f p --datadir=none
		remove 100 --key-version=1 -f v --force
		remove 100 --all -f p
		remove --all -f p
		remove --old-versions -f v
		diff
		diff p
		diff -f p none
		diff -f p k
		diff -f k -P k.key p
		diff -f k -P k.key bad
		diff -f p -
		diff -f p dir
		diff -f p a b
		diff -f p k --other-password-file=w.key --other-digest=sha1
		ensure
		ensure -f p
		ensure 1 2 -f k
		ensure 1 2 -f k -P w.key
		ensure 5 -f p --owner=nosuch
		ensure 1 -f p --mode=999
		ensure 2 -f new2
		lst
		help foo
		--file p list
		version x
		status -f none --server
		status --wait --timeout=0 -f p
		status
		status --timeout=x
		status --timeout=5 -f p
		status -f p --user=x
		status p
		status -f empty
		status -f k
		status -f k --no-prompt
		status -f bad
		config p
		passwd p
		ensure abc
		ensure 1 1
		ensure -f dir
		ensure 1 2 -f bad
		ensure 5 -f k --no-prompt
	END
}

# The files that mistakes are about, in this directory.
make_files() {
	make_keyfile p 1 2 100
	make_keyfile v '1;1' '2;1' '100;1'
	make_password_file k.key
	openssl_encrypt k.key p k
	umask 077
	echo 'another password of mine' >w.key
	echo 'a password that anyone can change' >sh.key
	chmod 666 sh.key
	: >empty
	echo x >bad
	head -c 20 k >truncated
	ln -s nowhere dangling
	mkdir dir strange
	echo x >strange/file
	mkfifo fifo
}

@test "no mistake gets more than two hints, and their commands and options exist" {
	local line command wrong=()
	mkdir fresh
	(cd fresh && make_files)
	while read -r line; do
		rm -rf work
		cp -a fresh work
		# shellcheck disable=SC2086
		(cd work && mkeyfile $line <empty >../said 2>&1) || :
		[ "$(grep -c '^hint: ' said)" -le 2 ] || wrong+=("$line")
		sed -n "s/^hint: .*\(run\|mean\) '\(mkeyfile [^']*\)'.*/\2/p" said >>hinted
	done < <(mistakes)
	while read -r command; do
		bash -c "$command --help" >/dev/null 2>&1 || wrong+=("$command")
	done < <(sort -u hinted)
	[ "$(sort -u hinted | wc -l)" -gt 5 ]
	printf '%s\n' "${wrong[@]}"
	[ "${#wrong[@]}" = 0 ]
}
