# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The Vault server of the tests, for one file: it is in $BATS_FILE_TMPDIR/vault.

helper=${abs_top_builddir:?}/mkeyfile-vault

setup_file() {
	[ -x "$helper" ] || return 0
	vault_start
}

teardown_file() {
	[ ! -x "$helper" ] || vault_stop "$BATS_FILE_TMPDIR/vault"
}

# Starts it, with a certificate of its own authority.
vault_start() {
	mkdir "$BATS_FILE_TMPDIR/vault"
	cd "$BATS_FILE_TMPDIR/vault" || return
	openssl req -x509 -newkey rsa:2048 -nodes -keyout proven.key -out proven.pem -days 2 -subj /CN=proven \
		-addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1
	vault_run --certificate=proven
}

# Starts one in this directory.
vault_run() { # option...
	local i

	rm -f port
	"$abs_top_srcdir/tests/fake-vault" log "$@" 3>&- &
	echo $! >pid
	for ((i = 0; i < 1200; i++)); do
		[ ! -e port ] || return 0
		sleep 0.05
	done
	return 1
}

vault_stop() { # directory
	kill "$(<"$1/pid")" 2>/dev/null || :
}

# For setup_test: an empty mount, nothing goes wrong, and the settings that 'vault' heeds as well.
vault_reset() {
	[ -x "$helper" ] || skip 'configured without libcurl'
	vault=$BATS_FILE_TMPDIR/vault
	rm -f "$vault/fault"
	vault_ask POST reset >/dev/null
	: >"$vault/log"
	VAULT_ADDR=https://127.0.0.1:$(<"$vault/port")
	VAULT_TOKEN=the-token
	VAULT_CACERT=$vault/proven.pem
	export VAULT_ADDR VAULT_TOKEN VAULT_CACERT
	unset VAULT_NAMESPACE
	url=$VAULT_ADDR/v1/kv
}

vault_ask() { # method path [json]
	local connection

	exec {connection}<>"/dev/tcp/127.0.0.1/$(<"$BATS_FILE_TMPDIR/vault/open-port")"
	printf '%s /v1/%s HTTP/1.1\r\nX-Vault-Token: the-token\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
		"$1" "$2" ${#3} "${3-}" >&"$connection"
	sed $'1,/^\r$/d' <&"$connection"
	exec {connection}>&-
}

# Makes a secret's next version a key: what an operator does with 'vault kv put'.
vault_put() { # id key
	vault_ask POST "kv/data/$1" "{\"data\":{\"data\":\"$2\"}}" >/dev/null
}

# All live versions, as lines of a key file.
vault_keys() {
	vault_ask GET dump
}

# What goes wrong from now on: see fake-vault.
vault_fault() { # method pattern from-to kind [argument]
	echo "$@" >"$vault/fault"
}

# The requests since vault_reset.
vault_log() {
	cat "$vault/log"
}

# Runs mkeyfile-vault; the keys to write are standard input.
ask_helper() { # action [settings]
	{
		printf '{"action":"%s","place":"%s","timeout":%s%s}\n%s\n' "$1" "${place-$url}" "${seconds-20}" \
			"${2:+,$2}" "${token-the-token}"
		cat
	} >request
	run --separate-stderr "$helper" <request
	# shellcheck disable=SC2154 # run sets it
	answer=${output%%$'\n'*}
	keys=
	[ "$answer" = "$output" ] || keys=${output#*$'\n'}
	same '' "$stderr"
	same 0 "$status"
}

# The error of its answer, and the hint.
assert_problem() { # message hint [refused]
	# some of libcurl's words differ in newer releases
	same "$1" "$(jq -r .error.message <<<"$answer" |
		sed "s/Weird server reply/Unsupported protocol/; s/Could not connect/Couldn't connect/")"
	same "$2" "$(jq -r .error.hint <<<"$answer")"
	same "${3:-false}" "$(jq -r .error.refused <<<"$answer")"
	same '' "$keys"
}

assert_no_problem() {
	same null "$(jq -c .error <<<"$answer")"
}
