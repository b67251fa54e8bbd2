#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mkeyfile-client and false servers: what an impostor learns, and what it can do.
bats_require_minimum_version 1.5.0
load common

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	openssl req -x509 -newkey rsa:2048 -nodes -keyout proven.key -out proven.pem -days 2 -subj /CN=proven \
		-addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1
}

setup_test() {
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	make_keyfile keyfile 1
	printf '[client]\nuser=someone\npassword=the-Password\n' >client.cnf
	impostors=()
}

teardown() {
	[ ${#impostors[@]} = 0 ] || kill "${impostors[@]}" || :
}

# Starts an impostor that records what it receives in the file heard.
impostor() { # option...
	local i

	rm -f port heard
	"$abs_top_srcdir/tests/fake-server" heard "$@" 3>&- &
	impostors+=($!)
	for ((i = 0; i < 300; i++)); do
		if [ -e port ] || [ -S socket ]; then break; fi
		sleep 0.05
	done
	touch heard
	place=$PWD/socket
	[ ! -e port ] || place=127.0.0.1:$(<port)
}

# Asks the impostor for the status of a rotation.
ask() { # option...
	run --separate-stderr timeout 60 "$MKEYFILE" status --defaults-file=client.cnf -f keyfile -t 10.11 --server="$place" \
		--server-timeout=2 "$@"
}

heard_no_password() {
	run ! grep -aqF the-Password heard
}

@test "no spelling in an option file disables TLS: a server without TLS receives nothing" {
	local spelling place
	local spellings=(skip-ssl skip_ssl skip-ssl=1 ssl=0 ssl=OFF ssl=false disable-ssl disable_ssl loose-skip-ssl
		loose_ssl=0 ssl-verify-server-cert=0 skip-ssl-verify-server-cert disable-ssl-verify-server-cert
		ssl-mode=DISABLED protocol=tcp)

	impostor --plugin=mysql_clear_password
	for spelling in "${spellings[@]}"; do
		printf '[client]\nuser=someone\npassword=the-Password\n%s\n' "$spelling" >client.cnf
		ask
		assert_equal 2 "mkeyfile status: server '$place': TLS/SSL error: SSL is required, but the server does not support it
hint: set ssl-ca under [client] in an option file, or use --no-tls on a trusted network" ""
	done
	same "" "$(cat heard)"
}

@test "no spelling in an option file makes a foreign certificate valid" {
	local line place

	impostor --plugin=mysql_clear_password --certificate="$BATS_FILE_TMPDIR/proven"
	for line in skip-ssl ssl-verify-server-cert=0 skip-ssl-verify-server-cert ssl-cipher=ALL; do
		printf '[client]\nuser=someone\npassword=the-Password\n%s\n' "$line" >client.cnf
		ask
		same 2 "$status"
		[[ $stderr = "mkeyfile status: server '$place': TLS/SSL error: "* ]]
	done
	run ! grep -aq someone heard
	heard_no_password
}

@test "ciphers without encryption or without a certificate are refused" {
	local cipher place

	impostor --plugin=mysql_clear_password --certificate="$BATS_FILE_TMPDIR/proven"
	for cipher in eNULL aNULL ALL:COMPLEMENTOFALL; do
		printf '[client]\npassword=the-Password\nssl-ca=%s\ntls-version=TLSv1.2\nssl-cipher=%s@SECLEVEL=0\n' \
			"$BATS_FILE_TMPDIR/proven.pem" $cipher >client.cnf
		ask --user=someone
		same 2 "$status"
	done
	[[ $stderr != *"TLS/SSL error"* ]]
	printf '[client]\npassword=the-Password\nssl-ca=%s\ntls-version=TLSv1.2\nssl-cipher=eNULL@SECLEVEL=0\n' \
		"$BATS_FILE_TMPDIR/proven.pem" >client.cnf
	rm heard
	ask --user=someone
	[[ $stderr = *"TLS/SSL error"* ]]
	[ ! -e heard ] || heard_no_password
}

@test "a clear-text password is sent only over TLS, to a server that has proven its identity" {
	local place

	impostor --plugin=mysql_clear_password --certificate="$BATS_FILE_TMPDIR/proven"
	printf '[client]\nuser=someone\npassword=the-Password\nssl-ca=%s\n' "$BATS_FILE_TMPDIR/proven.pem" >client.cnf
	ask
	same 2 "$status"
	grep -aqF the-Password heard
	ask --no-tls
	refuses_plugin
}

refuses_plugin() {
	assert_equal 2 "mkeyfile status: server '$place': the account's authentication plugin would reveal the password
hint: connect over TCP with TLS, or use an account with another authentication plugin" ""
}

@test "without TLS, no authentication plugin that reveals the password is used" {
	local plugin place

	for plugin in mysql_clear_password sha256_password caching_sha2_password dialog mysql_old_password; do
		impostor --plugin=$plugin
		ask --no-tls
		refuses_plugin
		heard_no_password
		impostor --plugin=$plugin --socket="$PWD/socket"
		ask
		refuses_plugin
		heard_no_password
		rm socket
	done
	impostor --plugin=short-old
	ask --no-tls
	refuses_plugin
	heard_no_password
	impostor --plugin=mysql_native_password
	ask --no-tls
	same 2 "$status"
	heard_no_password
}

@test "a socket must belong to root, the current user or the server's user account" {
	local place uid

	uid=$(id -u nobody)
	impostor --socket="$PWD/socket"
	ask
	[[ $stderr = *forged* ]]
	chown nobody socket
	rm heard
	ask
	assert_equal 2 "mkeyfile status: server '$place': socket '$place' belongs to user $uid, not to root, the current user or the server's user account
hint: set server-user under [mkeyfile] in an option file if the server runs as that user" ""
	ln -s socket link
	place=$PWD/link
	ask
	assert_equal 2 "mkeyfile status: server '$place': socket '$place' belongs to user $uid, not to root, the current user or the server's user account
hint: set server-user under [mkeyfile] in an option file if the server runs as that user" ""
	[ ! -e heard ]
	printf '[mkeyfile]\nserver-user=nobody\n' >>client.cnf
	ask
	[[ $stderr = *forged* ]]
	place=$PWD/keyfile
	ask
	assert_equal 2 "mkeyfile status: server '$place': Can't connect to local server through socket '$place' (88)" ""
}

@test "a server's error message is printed on one line, with control characters visible" {
	local place

	impostor --socket="$PWD/socket"
	ask
	assert_equal 2 "mkeyfile status: server '$place': \\033[2Jcl\\302\\233ear\\012forged: line\\342\\200\\256gnp\\342\\200\\250.\\177" ""
	ask --json
	same "server '$place': "$'\e[2Jcl\302\233ear\nforged: line\342\200\256gnp\342\200\250.\177' "$(jq -r .error.message <<<"$output")"
	same "" "$(tr -d ' -~\n' <<<"$output")"
}

@test "control characters in a server's version, plugin and file names are printed visibly" {
	local place words='\033[2Jcl\302\233ear\012forged: line\342\200\256gnp\342\200\250.\177'

	impostor --socket="$PWD/socket" --answer=names
	ask
	assert_equal 0 "mkeyfile status: warning: the server reads its keys from another file: '$words'" \
		"server $words, keys from $words
ID          FILE        SERVER      OLDEST      TABLESPACES  STATE
1           1           -           -           0            no tablespace uses it"
	ask --json -q
	same "" "$(tr -d ' -~\n' <<<"$output")"
	run --separate-stderr mkeyfile rotate 1 --defaults-file=client.cnf -f keyfile -t 11.8-enterprise --flush --server="$place"
	same "mkeyfile rotate: server $words with $words cannot read its key file again while it runs" "${stderr_lines[1]}"
}

@test "control characters in a table name are printed visibly, and the statement still works" {
	local place words='\033[2Jcl\302\233ear\012forged: line\342\200\256gnp\342\200\250.\177'

	echo "100;$(random_key)" >>keyfile
	impostor --socket="$PWD/socket" --answer=names
	run -0 --separate-stderr mkeyfile rotate 100 --new-id --defaults-file=client.cnf -f keyfile -t 10.11 --server="$place"
	same "-- ALTER TABLE \`sch\`\`\\012$words\`.\`DROP TABLE x; --\\015$words\` ENCRYPTION_KEY_ID=101:" "${lines[6]}"
	[[ ${lines[7]} =~ ^"EXECUTE IMMEDIATE CONVERT(X'"([0-9a-f]+)"' USING utf8mb4);"$ ]]
	same "ALTER TABLE \`sch\`\`"$'\n\e[2Jcl\302\233ear\nforged: line\342\200\256gnp\342\200\250.\177`.`DROP TABLE x; --\r\e[2Jcl\302\233ear\nforged: line\342\200\256gnp\342\200\250.\177` ENCRYPTION_KEY_ID=101' \
		"$(printf %s "${BASH_REMATCH[1]}" | sed 's/../\\x&/g' | xargs -0 printf %b)"
}

# ---- a server that attacks ----

# Runs mkeyfile with its exit status, and prints whether it and its client used little memory.
in_little_memory() {
	python3 -c 'import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], timeout=120).returncode
print("little" if resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 512 * 1024 else "much")
sys.exit(status)' "$@"
}

@test "endless, garbled and slow answers end in an error, in bounded memory and time" {
	local kind place words timeout

	! grep -q __asan_init "$MKEYFILE" || skip "a sanitizer takes its own memory without a limit"
	while IFS=: read -r kind timeout words; do
		impostor --socket="$PWD/socket" --answer="$kind"
		run --separate-stderr in_little_memory "$MKEYFILE" status --defaults-file=client.cnf -f keyfile -t 10.11 \
			--server="$place" --server-timeout="$timeout"
		same "2 little" "$status $output"
		[ -z "$words" ] || same "mkeyfile status: server '$place'$words" "$stderr"
		[[ ${#stderr_lines[@]} = 1 && $stderr = "mkeyfile status: server '$place'"* ]]
		rm socket
	done <<-'END'
		rows:30:: the server's answer is too large
		many-rows:30:: the server's answer is too large
		column-descriptions:30:: Client run out of memory
		column-count:30:
		packet:30:
		garbage:1:
		drip:1: does not answer
	END
}

@test "NULL values and values that are not text do no harm" {
	local place

	impostor --socket="$PWD/socket" --answer=no-values
	ask
	same "server of an unknown version, keys from no plugin" "${lines[0]}"
}

@test "the client inherits no descriptor" {
	local place client

	impostor --socket="$PWD/socket" --answer=silent
	ulimit -n 4096 || skip "no such descriptors"
	"$MKEYFILE" status --defaults-file=client.cnf -f keyfile -t 10.11 --server="$place" --server-timeout=5 \
		5<keyfile 1023<keyfile 1024<keyfile 4000<keyfile 2>/dev/null 3>&- &
	impostors+=($!)
	for ((i = 0; i < 100; i++)); do
		client=$(pgrep -P $! mkeyfile-client) && find "/proc/$client/fd" -lname 'socket:*' | grep -q . && break
		sleep 0.05
	done
	same "" "$(find "/proc/$client/fd" -lname '*keyfile')"
}
