#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Errors of the command line: no secret on the screen, and an object with --json.
# shellcheck disable=SC2030,SC2031 # each test has an environment of its own
bats_require_minimum_version 1.5.0
load common

setup_test() {
	make_keyfile keyfile 1 2 100
	cp keyfile other
	make_password_file pw
	said=$TMPDIR/said objects=$TMPDIR/objects
	export MKEYFILE_FILE=keyfile
	commands=(generate 'ensure 7' 'add 7' 'rotate 100' list encrypt decrypt verify config passwd 'remove 100' status 'diff other' help)
}

# A key, a password as passwd makes them, a base64 key (as a short option a file's name), and a password as people make them:
# no option has its first letter.
make_secrets() {
	secrets=("$(random_key)" "$(openssl rand -hex 128)" "P$(openssl rand -base64 32 | cut -c 2-)" "Z$(openssl rand -hex 5)#r")
}

# tell ARGUMENT...: one more usage error of this command, with what it says.
tell() {
	local status=0
	"$MKEYFILE" "$@" </dev/null >>"$objects" 2>>"$said" || status=$?
	count=$((count + 1))
	# not the arguments, which have a secret in them
	[ $status = 64 ] || { echo "status $status, not 64, in case $count: $1 $2" | sed 's/=.*//' && return 1; }
}

nothing_shown() {
	for secret in "${secrets[@]}"; do
		# in whole, or the most of it
		run -1 grep -F -e "$secret" -e "${secret:1}" -e "${secret:0:-1}" "$said" "$objects"
	done
	same "$before" "$(snapshot)"
}

# Every place for a word, with the secret in it.
places() { # secret
	local name
	for name in key hex secret pas pass password passwd pw passphrase filekey new new-password "$1" \
		size digest pbkdf2 password-fd password-timeout target lock-timeout key-version new-id timeout \
		server-timeout encryption-algorithm new-digest new-pbkdf2 new-password-fd other-digest other-pbkdf2 \
		json quiet no-defaults server-user color; do
		printf '%s\n' "--$name=$1"
	done
	printf '%s\n' "--$1" "-$1" "-k$1" "-p$1" "-jq$1" "--server=root:$1@host"
}

@test "no message repeats a secret, wherever it is on the command line" {
	local secrets before count=0 secret command place some
	make_secrets
	truncate -s 0 "$said" "$objects"
	before=$(snapshot)
	for secret in "${secrets[@]}"; do
		# all commands with the first and the last secret
		[[ $secret = "${secrets[1]}" || $secret = "${secrets[2]}" ]] && some=2 || some=13
		while read -r place; do
			for command in "${commands[@]:0:some}"; do
				# shellcheck disable=SC2086
				tell $command "$place"
			done
		done < <(places "$secret")
	done
	[ $count -gt 1000 ]
	nothing_shown
}

@test "a secret as a separate word, and before the command" {
	local secrets before count=0 secret command place
	make_secrets
	truncate -s 0 "$said" "$objects"
	before=$(snapshot)
	for secret in "${secrets[@]}"; do
		for command in "${commands[@]}"; do
			# the last but one takes a file, and with two it has too many
			# shellcheck disable=SC2086
			tell $command "$secret"
			# shellcheck disable=SC2086
			tell $command -- "$secret"
			# shellcheck disable=SC2086
			tell $command --secret "$secret"
			# shellcheck disable=SC2086
			tell $command --password "$secret"
			# shellcheck disable=SC2086
			tell "$secret" $command
		done
		tell "$secret"
		tell -- "$secret"
		for place in "--hex=$secret" "--$secret" "-$secret" "-k$secret" "--pas=$secret" "--digest=$secret" "--json=$secret" \
			"--password-fd=$secret" "--pbkdf2=$secret" "--program-name=$secret"; do
			tell "$place" list
		done
	done
	nothing_shown
}

@test "a key in place of a file name" {
	local secrets before count=0 secret hex
	make_secrets
	truncate -s 0 "$said" "$objects"
	before=$(snapshot)
	for secret in "${secrets[@]:0:3}" "7;${secrets[0]}" "7;1;${secrets[0]}" "0x${secrets[0]}" " ${secrets[0]}" "--key=${secrets[0]}"; do
		tell list -f "$secret"
		tell list "-f$secret"
		tell list --file="$secret"
		tell list -P "$secret"
		tell add 7 --key-from="$secret"
		tell add 7 --write-in-place="$secret"
		tell encrypt -P pw -o "$secret"
		tell generate -f new --new-password-file="$secret"
		tell passwd -P pw --new-password-file="$secret"
		tell verify --datadir="$secret"
		tell verify --defaults-file="$secret"
		tell diff "$secret"
		MKEYFILE_FILE=$secret tell list
		MKEYFILE_PASSWORD_FILE=$secret tell list
	done
	nothing_shown
	hex=${secrets[0]}
	run_refused 64 "mkeyfile list: a key or password is not accepted as an argument: any user of this host can see arguments
hint: use --key-from, --password-file, --password-fd or --password-command
hint: put ./ before a file name that consists of hex digits only" list -f "$hex"
	mv keyfile "$hex"
	run -0 mkeyfile list --ids -f "./$hex"
}

@test "no message repeats a secret from the group of the option files" {
	local secrets before count=0 secret line
	make_secrets
	truncate -s 0 "$said" "$objects"
	for secret in "${secrets[@]}"; do
		for line in "$secret" "secret=$secret" "digest=$secret" "password=$secret" "target=$secret" "server-user=$secret" \
			"pbkdf2=$secret"; do
			printf '[mkeyfile]\n%s\n' "$line" >options.cnf
			[[ $line != server-user=* ]] || printf 'target=10.11x.x.\n' >>options.cnf
			MKEYFILE_PRINT_DEFAULTS=my_print_defaults tell list --defaults-file=options.cnf
		done
	done
	rm options.cnf
	before=$(snapshot)
	nothing_shown
}

@test "messages name the wrong word" {
	run_refused 64 "mkeyfile add: option '--key' is ambiguous; possibilities: '--key-from' '--key-version'" add 7 --key=x
	run_refused 64 "mkeyfile list: option '--password-f' is ambiguous; possibilities: '--password-file' '--password-fd'" list --password-f=x
	run_refused 64 "mkeyfile list: unrecognized option '--filekey'
hint: run 'mkeyfile list --help' to list the options" list --filekey=x
	run_refused 64 "mkeyfile list: unrecognized option '--defaults-groop-sufix'
hint: did you mean '--defaults-group-suffix'?" list --defaults-groop-sufix=x
	run_refused 64 "mkeyfile list: unrecognized option '--password_file'
hint: did you mean '--password-file'?" list --password_file=x
	run_refused 64 "mkeyfile list: option '--quiet' doesn't allow an argument" list --quiet=x
	run_refused 64 "mkeyfile list: option '--file' requires an argument" list --file
	run_refused 64 "mkeyfile list: option requires an argument -- 'f'" list -qf
	run_refused 64 "mkeyfile list: invalid option -- 'x'
hint: run 'mkeyfile list --help' to list the options" list -nx
	run_refused 64 "mkeyfile list: too many arguments" list 7
	run_refused 64 "mkeyfile: unknown command 'verfy'
hint: did you mean 'mkeyfile verify'?" verfy
	run_refused 64 "mkeyfile: unknown command 'gener'
hint: did you mean 'mkeyfile generate'?" gener
	run_refused 64 "mkeyfile: unknown command 'lsit'
hint: did you mean 'mkeyfile list'?" lsit
	run_refused 64 "mkeyfile: unknown command 'hlep'
hint: did you mean 'mkeyfile help'?" hlep
	run_refused 64 "mkeyfile help: unknown command 'rotat'
hint: did you mean 'mkeyfile rotate'?" help rotat
	run_refused 64 "mkeyfile: unrecognized option '--frobnicate'
hint: run 'mkeyfile help options' to list the options" --frobnicate list
	run_refused 64 "mkeyfile list: unrecognized option '--Quiet'
hint: did you mean '--quiet'?" list --Quiet
	run_refused 64 "mkeyfile: unrecognized option '--dryrun'
hint: did you mean '--dry-run'?" --dryrun list
	run_refused 64 "mkeyfile status: invalid key ID '...': use a number from 1 to 4294967295
hint: did you mean '--server=SERVER'?" status --server db1.example.org
	run_refused 64 "mkeyfile: unknown command '...'
hint: run 'mkeyfile --help' to list the commands" frobnicate
	run_refused 64 "mkeyfile list: unknown digest 'sha265': use sha1, sha224, sha256, sha384 or sha512" list --digest=sha265
	run_refused 64 "mkeyfile status: --server accepts no user or password: use --user=NAME and an option file" status --server=root:secret@db1
}

@test "an abbreviation of an option is the option, unless it could be meant for a password" {
	openssl_encrypt pw keyfile sealed
	run_refused 2 "mkeyfile list: the password command failed with status 3" list -f sealed --password-c='exit 3'
	run -0 mkeyfile list --ids -f sealed --password-fi=pw
	for word in --new-password=x --new-pass=x --new=x; do
		run_refused 64 "mkeyfile generate: a password is not accepted as an argument: any user of this host can see arguments
hint: use --password-file, --password-fd or --password-command" generate -f new $word
	done
	run -0 mkeyfile generate -q -f new --new-password-f=new.key
	[ -f new.key ]
	# and what follows --help is not looked at
	run -0 mkeyfile list --help --bogus
}

@test "--help, --usage and --version ignore later words, and fail if their output cannot be written" {
	run -0 mkeyfile remove --help
	same "Usage: mkeyfile remove [OPTION...] ID...
  or:  mkeyfile remove [OPTION...] --all" "$(head -n 2 <<<"$output")"
	run -0 mkeyfile list --usage --bogus
	same "Usage: mkeyfile list" "${lines[0]:0:20}"
	run -0 mkeyfile --version list --bogus
	same "$output" "$("$MKEYFILE" list -V)"
	run -2 bash -c '"$MKEYFILE" --help >/dev/full'
	same "mkeyfile: cannot write to standard output: No space left on device" "$output"
	# a reader that has seen enough is not an error
	run -141 bash -c 'exec 3> >(true); wait $!; "$MKEYFILE" --help >&3'
	same "" "$output"
}

# ---- --json ----

# Each of these is an error; $json is where --json is.
wrong_words() {
	cat <<-END
		list --bogus $json
		list -x $json
		list $json --file
		list extra $json
		list --json=x $json
		list --digest=md5 $json
		list --target=5.5 $json
		list --pbkdf2=x $json
		list -P pw --password-fd=3 $json
		list --password=x $json
		list --ids --fingerprint $json
		list --no-defaults --defaults-file=x $json
		list -f - -P - $json
		list --file= $json
		add $json
		add x $json
		add 7 7 $json
		add 7 --size=1 $json
		add 7 8 --key-from=pw $json
		add 7 --key-version=2 $json
		add 7 --force $json
		add 7 --key=x $json
		add 7 -f - $json
		rotate $json
		rotate --all 100 $json
		rotate 1 100 --new-id=7 $json
		rotate 100 --datadir=x $json
		rotate 100 --user=x $json
		generate 2 -f new $json
		generate -f - $json
		generate -f new --new-password-file=new $json
		generate -f new --write-in-place=x $json
		encrypt --in-place -o out -P pw $json
		encrypt -P pw --force $json
		encrypt -P pw $json
		decrypt -P pw $json
		decrypt -P pw --backup -o out $json
		verify extra $json
		verify --full $json
		verify --datadir= $json
		verify --server-user=nosuchuser $json
		config -f - $json
		config --encryption-algorithm=x $json
		passwd -P pw --new-password-file=new --new-password-fd=5 $json
		passwd -P pw --new-password-file=- $json
		passwd --new=x $json
		remove $json
		remove --all $json
		remove 100 --key-version=x $json
		remove 1 2 --key-version=1 $json
		status --timeout=5 $json
		status --server= $json
		status --server --server-timeout=0 $json
		diff $json
		diff other x $json
		frobnicate $json
		$json
		--bogus list $json
		--digest=md5 list $json
		--password=x $json list
	END
}

@test "every usage error is an object on standard output when --json asks, wherever it is" {
	local json count
	for json in --json --js -j -qj; do
		truncate -s 0 "$said" "$objects"
		count=0
		while read -r words; do
			# shellcheck disable=SC2086
			tell $words
		done < <(wrong_words)
		same "$count" "$(jq -s 'map(select(.error.status == 64 and (.error.message | length > 5))) | length' "$objects")"
		[ "$count" = "$(wrong_words | wc -l)" ]
		# the same words as on standard error
		same "$(sed -n 's/^mkeyfile[ a-z]*: //p' "$said")" "$(jq -r .error.message "$objects")"
	done
}

@test "--json before the command, and no object without --json" {
	local json='' count=0
	truncate -s 0 "$said" "$objects"
	while read -r words; do
		# shellcheck disable=SC2086
		tell --json $words
	done < <(wrong_words)
	same "$count" "$(jq -s length "$objects")"
	truncate -s 0 "$said" "$objects"
	while read -r words; do
		# shellcheck disable=SC2086
		tell $words
	done < <(wrong_words | grep -v -e '^[a-z]*crypt' -e --json=)
	same '' "$(cat "$objects")"
	# an argument that only looks like the option
	tell list extra -- --json
	same '' "$(cat "$objects")"
	# the option, where a value was forgotten
	tell list --digest --json
	tell list --password-fd -j
	tell --file --js lst
	same 3 "$(jq -s length "$objects")"
}
