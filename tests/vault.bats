#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Keys in Vault: what mkeyfile-vault asks a server for, and what it makes of the answers.
bats_require_minimum_version 1.5.0
load common
load vault

setup_test() {
	vault_reset
	unset place token seconds
}

usual_hint="run 'vault status' to see whether Vault runs and answers at this address"
mount_hint='use the URL of a KV version 2 mount: https://HOST:8200/v1/MOUNT'

@test "read: all live versions of all secrets that are named by a key ID, sorted by number" {
	local a b c d e

	a=$(random_key) b=$(openssl rand -hex 16) c=$(openssl rand -hex 24) d=$(random_key) e=$(random_key)
	vault_put 1 "$a"
	vault_put 1 "${b^^}"
	vault_put 20 "$c"
	vault_put 3 "$d"
	vault_put 4294967295 "$e"
	for name in 0 01 1x -1 4294967296 99999999999999999999 app; do
		vault_put $name secret
	done
	ask_helper read </dev/null
	assert_no_problem
	same "1;1;$a
1;2;$b
3;1;$d
20;1;$c
4294967295;1;$e" "$keys"
	same 5 "$(jq .keys <<<"$answer")"
}

@test "read: named key IDs need no list, and a version alone is read" {
	local a b

	a=$(random_key) b=$(random_key)
	vault_put 1 "$a"
	vault_put 1 "$b"
	vault_put 2 "$a"
	: >"$vault/log"
	ask_helper read '"ids":[1,7],"version":2' </dev/null
	assert_no_problem
	same "1;2;$b" "$keys"
	same 'GET sys/mounts/kv/tune
GET kv/config
POST sys/capabilities-self
GET kv/metadata/1
GET kv/data/1?version=2
GET kv/metadata/7' "$(vault_log)"
}

@test "read: an empty mount has no keys" {
	ask_helper read </dev/null
	assert_no_problem
	same '' "$keys"
}

@test "read: a secret that is not a key is an error, unless others are named" {
	local a content

	a=$(random_key)
	vault_put 1 "$a"
	for content in '{"data":"abc"}' '{"key":"x"}' '{"data":5}' "{\"data\":\"${a}00\"}" "{\"data\":\"g${a:1}\"}"; do
		vault_ask POST kv/data/7 "{\"data\":$content}" >/dev/null
		ask_helper read '"ids":[7]' </dev/null
		assert_problem "version $(vault_ask GET kv/metadata/7 | jq .data.current_version) of the secret 'kv/7' is not a key of 32, 48 or 64 hex digits in the field 'data'" \
			'list the key IDs to read, so that other secrets are skipped'
		vault_ask POST kv/destroy/7 '{"versions":[1,2,3,4,5]}'
	done
	ask_helper read '"ids":[1]' </dev/null
	same "1;1;$a" "$keys"
}

@test "read: findings about versions that are gone, or will be" {
	local i

	for ((i = 0; i < 12; i++)); do
		vault_put 1 "$(random_key)"
	done
	vault_put 2 "$(random_key)"
	vault_put 2 "$(random_key)"
	vault_ask POST kv/delete/2 '{"versions":[1]}'
	ask_helper read </dev/null
	same 11 "$(jq .keys <<<"$answer")"
	same '{"name":"vault-max-versions","id":1,"version":0,"number":10,"count":2}
{"name":"vault-version-destroyed","id":1,"version":1,"number":0,"count":3}
{"name":"vault-token-can-write","id":0,"version":0,"number":0,"count":1}' "$(jq -c '.findings[]' <<<"$answer")"
	vault_ask POST kv/metadata/1 '{"max_versions":19}'
	vault_ask POST kv/config '{"max_versions":18}'
	vault_ask POST kv/config '{"delete_version_after":"24h"}'
	token=lister ask_helper read </dev/null
	same '{"name":"vault-max-versions","id":1,"version":0,"number":19,"count":1}
{"name":"vault-delete-after","id":1,"version":0,"number":0,"count":2}
{"name":"vault-version-destroyed","id":1,"version":1,"number":0,"count":3}' "$(jq -c '.findings[]' <<<"$answer")"
	# a version that was written in between keeps its date after any later setting
	vault_put 2 "$(random_key)"
	vault_ask POST kv/config '{"delete_version_after":"-1s"}'
	token=lister ask_helper read '"ids":[2]' </dev/null
	same '{"name":"vault-delete-after","id":2,"version":0,"number":0,"count":1}
{"name":"vault-version-destroyed","id":2,"version":1,"number":0,"count":1}' "$(jq -c '.findings[]' <<<"$answer")"
}

@test "write: max_versions first, check-and-set, gaps filled and destroyed, all read back" {
	{
		echo "1;1;$(random_key)"
		echo "1;3;$(openssl rand -hex 16)"
		echo "700;1;$(openssl rand -hex 24)"
	} >keys
	ask_helper write <keys
	assert_no_problem
	same 3 "$(jq .written <<<"$answer")"
	same 'GET sys/mounts/kv/tune
GET kv/config
GET kv/metadata/1
GET kv/metadata/700
GET kv/metadata/1
POST kv/metadata/1
POST kv/data/1
POST kv/data/1
POST kv/destroy/1
POST kv/data/1
GET kv/metadata/700
POST kv/metadata/700
POST kv/data/700
GET kv/data/1?version=1
GET kv/data/1?version=3
GET kv/data/700?version=1' "$(vault_log)"
	same "$(cat keys)" "$(vault_keys)"
	same '1000 true' "$(vault_ask GET kv/metadata/1 | jq -r '"\(.data.max_versions) \(.data.versions["2"].destroyed)"')"
	# and what is there is not written again
	: >"$vault/log"
	ask_helper write <keys
	same 0 "$(jq .written <<<"$answer")"
	run ! grep -q POST "$vault/log"
}

@test "write: more than a thousand versions get twice the room, and a higher limit stays" {
	local i

	vault_ask POST kv/metadata/2 '{"max_versions":5000}'
	for ((i = 1; i <= 12; i++)); do
		echo "2;$i;$(random_key)"
	done >keys
	ask_helper write <keys
	same 12 "$(jq .written <<<"$answer")"
	same 5000 "$(vault_ask GET kv/metadata/2 | jq .data.max_versions)"
	same "$(cat keys)" "$(vault_keys)"
}

@test "check and write: another key in the place of one is refused, and nothing changes" {
	local a b before action

	a=$(random_key) b=$(random_key)
	vault_put 2 "$a"
	vault_put 3 "$a"
	before=$(vault_keys)
	printf '%s\n' "1;1;$b" "2;1;$a" "3;1;$b" >keys
	for action in check write; do
		: >"$vault/log"
		ask_helper $action <keys
		assert_problem 'key ID 3 version 1 has a different key in Vault' \
			'check which of the two keys your data uses; Vault cannot replace a version' true
		run ! grep -q POST "$vault/log"
	done
	same "$before" "$(vault_keys)"
}

@test "check: versions that Vault cannot write any more are refused" {
	local a number

	a=$(random_key)
	for number in {1..12}; do
		vault_put 1 "$a"
	done
	vault_ask POST kv/destroy/1 '{"versions":[4]}'
	vault_ask POST kv/delete/1 '{"versions":[5]}'
	for number in 2 4; do
		ask_helper check <<<"1;$number;$a"
		assert_problem "key ID 1 version $number is destroyed in Vault, which cannot write it again" \
			'use another mount, or export newer versions only' true
	done
	ask_helper check <<<"1;5;$a"
	assert_problem 'key ID 1 version 5 is deleted in Vault' "run 'vault kv undelete -mount=kv -versions=5 1'" true
	ask_helper check <<<"9;4000000000;$a"
	assert_problem 'key ID 9 would need 3999999999 placeholder versions, because Vault counts versions from 1' \
		'move the data to a new key ID, which starts at version 1' true
	vault_ask POST kv/metadata/9 '{"delete_version_after":"90m"}'
	ask_helper check <<<"9;1;$a"
	assert_problem 'Vault deletes versions of key ID 9 after some time (delete_version_after)' \
		"run 'vault write kv/config delete_version_after=-1s' first" true
	vault_ask POST kv/config '{"delete_version_after":"-1s"}'
	ask_helper check <<<"9;1;$a"
	assert_no_problem
}

@test "write: interrupted at any request, before or after it has its effect, the same command finishes it" {
	local kind number expected count

	{
		echo "1;1;$(random_key)"
		echo "1;4;$(random_key)"
		echo "2;1;$(random_key)"
	} >keys
	ask_helper write <keys
	expected=$(vault_keys)
	same "$(cat keys)" "$expected"
	count=$(grep -c POST "$vault/log")
	same 9 "$count"
	for kind in close after-close; do
		for ((number = 1; number <= count; number++)); do
			vault_reset
			vault_fault POST . "$number-" $kind
			ask_helper write <keys
			assert_problem 'the server closed the connection before its answer was complete' "$usual_hint"
			rm "$vault/fault"
			ask_helper write <keys
			assert_no_problem
			same "$expected" "$(vault_keys)"
			same '2 3' "$(vault_ask GET kv/metadata/1 |
				jq -r '.data.versions | to_entries | map(select(.value.destroyed).key) | sort | join(" ")')"
		done
	done
}

@test "write: another client that writes at the same time is noticed" {
	vault_fault POST kv/data/1 1-1 status 400
	ask_helper write <<<"1;1;$(random_key)"
	assert_problem "the server answered with status 400 for 'kv/data/1': this went wrong" "$mount_hint"
	vault_fault POST kv/metadata/2 1-1 intrude
	ask_helper write <<<"2;1;$(random_key)"
	assert_problem 'key ID 2 was changed by another client while this command ran' 'run the same command again'
}

@test "write: a request that libcurl repeats over a new connection is not taken for another client's" {
	{
		echo "1;1;$(random_key)"
		echo "1;3;$(random_key)"
	} >keys
	for number in 1 2 4; do
		vault_reset
		vault_fault POST kv/data "$number-$number" after-close
		ask_helper write <keys
		assert_no_problem
		same "$(cat keys)" "$(vault_keys)"
	done
}

@test "write: what does not read back is an error" {
	vault_fault GET kv/data/1 1-1 json '{"data":{"data":{"data":"00000000000000000000000000000000"},"metadata":{"version":1}}}'
	ask_helper write <<<"1;1;$(random_key)"
	assert_problem 'key ID 1 version 1 does not read back as it was written' null
}

@test "a server that is too busy is waited for as long as it asks, within bounds" {
	local a

	a=$(random_key)
	vault_put 1 "$a"
	vault_fault GET kv/data 1-2 busy 1
	ask_helper read </dev/null
	assert_no_problem
	same "1;1;$a" "$keys"
	same 3 "$(grep -cF 'kv/data/1?version=1' "$vault/log")"
	vault_fault GET kv/data 1- busy 121
	ask_helper read </dev/null
	assert_problem 'the server rejects too many requests: request path quota exceeded' 'run the same command again later'
	vault_fault GET kv/data 1- busy-for-ever
	ask_helper read </dev/null
	assert_problem 'the server rejects too many requests: request path quota exceeded' 'run the same command again later'
}

@test "every other answer is an error with what to do" {
	local kind words hint

	vault_put 1 "$(random_key)"
	while IFS='|' read -r kind words hint; do
		vault_fault GET kv/data/1 1- "$kind"
		seconds=1
		# shellcheck disable=SC2034 # for ask_helper
		[[ $kind = hang* ]] || seconds=20
		ask_helper read </dev/null
		assert_problem "$words" "$hint"
	done <<-END
		status 500|the server answered with status 500 for 'kv/data/1': this went wrong|read the log of the Vault server, then run the same command again
		status 503|the server is not available (status 503): this went wrong|run 'vault status' to see whether Vault is sealed or on standby
		status 400|the server answered with status 400 for 'kv/data/1': this went wrong|$mount_hint
		status 403|permission denied for 'kv/data/1'|set VAULT_TOKEN to a token that is valid and has a policy with read on 'kv/data/1'
		redirect https://other:8200/v1/kv|the server redirects to 'https://other:8200/v1/kv'|use the address of the active Vault server
		redirect https://other/?the-token|the server redirects to another address|use the address of the active Vault server
		garbage|the answer for 'kv/data/1?version=1' is not from a Vault server|$mount_hint
		json {}|the answer for 'kv/data/1?version=1' is not from a Vault server|$mount_hint
		json []|the answer for 'kv/data/1?version=1' is not from a Vault server|$mount_hint
		huge|the server's answer is larger than 16777216 bytes|$usual_hint
		many|the answer for 'kv/data/1?version=1' is not from a Vault server|$mount_hint
		truncate|the server closed the connection before its answer was complete|$usual_hint
		noise|the server does not respond as Vault does: Unsupported protocol|$usual_hint
		close|the server closed the connection before its answer was complete|$usual_hint
		hang 5|the server did not answer within 1 seconds|$usual_hint
	END
}

@test "a secret whose current version is not a number of a version is not silently empty" {
	local metadata

	vault_put 1 "$(random_key)"
	for metadata in '{"versions":{"1":{}}}' '{"versions":{},"current_version":4294967296}' \
		'{"versions":{},"current_version":-1}'; do
		vault_fault GET kv/metadata/1 1- json "{\"data\":$metadata}"
		ask_helper read </dev/null
		assert_problem "the answer for 'kv/metadata/1' is not from a Vault server" "$mount_hint"
	done
}

@test "a version that is gone between two requests is not read, and not silently" {
	vault_put 1 "$(random_key)"
	vault_fault GET kv/data/1 1- status 404
	ask_helper read </dev/null
	assert_no_problem
	same '' "$keys"
	same 1 "$(jq '.findings[] | select(.name == "vault-version-destroyed").count' <<<"$answer")"
}

@test "a server that repeats the key or the token in an error is not quoted" {
	vault_fault POST kv/data/1 1- echo
	ask_helper write <<<"1;1;$(random_key)"
	assert_problem "the server answered with status 500 for 'kv/data/1'" \
		'read the log of the Vault server, then run the same command again'
}

@test "tokens that may not do all of it: what is missing is named" {
	local a

	a=$(random_key)
	vault_put 1 "$a"
	token=stranger ask_helper read </dev/null
	assert_problem "permission denied for 'kv/metadata/'" \
		"set VAULT_TOKEN to a token that is valid and has a policy with list on 'kv/metadata/'"
	token=server ask_helper read '"ids":[1]' </dev/null
	assert_problem "permission denied for 'kv/metadata/1'" \
		"set VAULT_TOKEN to a token that is valid and has a policy with read on 'kv/metadata/1'"
	token=lister ask_helper write <<<"2;1;$a"
	assert_problem "permission denied for 'kv/metadata/2'" \
		"set VAULT_TOKEN to a token that is valid and has a policy with create and update on 'kv/metadata/2'"
	token=lister ask_helper check <<<"2;1;$a"
	assert_problem "permission denied for 'kv/data/2'" \
		"set VAULT_TOKEN to a token that is valid and has a policy with create and update on 'kv/data/2'"
	token=operator ask_helper check <<<"2;1;$a"
	assert_no_problem
	# without the settings of the mount
	token=operator ask_helper write <<<"2;1;$a"
	assert_no_problem
	same "1;1;$a
2;1;$a" "$(vault_keys)"
}

@test "a mount that is not KV version 2 is an error" {
	local name

	for name in kv1 other/place; do
		place=$VAULT_ADDR/v1/$name ask_helper read </dev/null
		assert_problem "the mount '$name' has no KV version 2 secrets engine" \
			"run 'vault secrets enable -path=$name -version=2 kv' to create one"
	done
	# sys/mounts is denied: nothing is written that another engine would take for a secret
	place=$VAULT_ADDR/v1/kv1 token=operator ask_helper write <<<"1;1;$(random_key)"
	assert_problem "the mount 'kv1' has no KV version 2 secrets engine" \
		"run 'vault secrets enable -path=kv1 -version=2 kv' to create one"
	run -1 grep POST "$vault/log"
}

@test "addresses: a URL as the server's plugin has it, or a mount with VAULT_ADDR" {
	local a address_hint='use vault:https://HOST:8200/v1/MOUNT, or set VAULT_ADDR and use vault:MOUNT' words place

	a=$(random_key)
	vault_put 1 "$a"
	for place in "$url" "$url/" kv kv/ /kv; do
		ask_helper read </dev/null
		same "1;1;$a" "$keys"
	done
	VAULT_ADDR=$VAULT_ADDR/ place=kv ask_helper read </dev/null
	same "1;1;$a" "$keys"
	VAULT_ADDR='' place=kv ask_helper read </dev/null
	assert_problem 'VAULT_ADDR is not set' "$address_hint"
	while IFS='|' read -r place words; do
		ask_helper read </dev/null
		assert_problem "$words" "$address_hint"
	done <<-'END'
		https://127.0.0.1:1/kv|the URL has no /v1/ before the mount
		https://127.0.0.1:1/path/v1/kv|the URL has no /v1/ before the mount
		https://127.0.0.1:1/v1/|the URL has no mount after /v1/
		https://127.0.0.1:1/v1/a b|the URL is not valid
		https://127.0.0.1:1/v1/a%20b|the name of the mount has characters that are not supported
		https://127.0.0.1:1/v1/a/../b|the name of the mount has characters that are not supported
		https://user@127.0.0.1:1/v1/kv|the URL has more than a host, a port, and a path
		https://127.0.0.1:1/v1/kv?x=y|the URL has more than a host, a port, and a path
		ftp://127.0.0.1/v1/kv|the URL does not begin with https://
		file:///v1/kv|the URL does not begin with https://
		http://192.0.2.1:1/v1/kv|the URL begins with http://, which would send the keys over the network unencrypted
		http://127.0.0.1.2:1/v1/kv|the URL begins with http://, which would send the keys over the network unencrypted
		http://127.example.com/v1/kv|the URL begins with http://, which would send the keys over the network unencrypted
		http://localhost.example.com/v1/kv|the URL begins with http://, which would send the keys over the network unencrypted
	END
	# shellcheck disable=SC2034 # for ask_helper
	for place in http://127.0.0.1:1/v1/kv http://localhost:1/v1/kv 'http://[::1]:1/v1/kv' https://127.0.0.1:1/v1/kv; do
		ask_helper read </dev/null
		assert_problem "cannot reach the server: Couldn't connect to server" "$usual_hint"
	done
}

@test "a server whose certificate is not verified gets no token" {
	local cert_hint='set VAULT_CACERT to the file with the CA certificate of the Vault server'

	VAULT_CACERT='' VAULT_SKIP_VERIFY=1 ask_helper read </dev/null
	[[ $(jq -r .error.message <<<"$answer") = 'cannot verify the server: '* ]]
	same "$cert_hint" "$(jq -r .error.hint <<<"$answer")"
	place=${url/127.0.0.1/localhost} ask_helper read </dev/null
	[[ $(jq -r .error.message <<<"$answer") = 'cannot verify the server: '* ]]
	VAULT_CACERT=/nonexistent ask_helper read </dev/null
	same "$cert_hint" "$(jq -r .error.hint <<<"$answer")"
	same '' "$(vault_log)"
}

@test "VAULT_NAMESPACE goes with every request" {
	VAULT_NAMESPACE=team/one ask_helper read </dev/null
	assert_no_problem
	grep -qx 'namespace team/one' "$vault/log"
	VAULT_NAMESPACE=$'team\nX-Other: header' ask_helper read </dev/null
	assert_problem 'VAULT_NAMESPACE contains a line break' null
}

@test "mkeyfile verify: a server cannot send a namespace" {
	vault_put 1 "$(random_key)"
	vault_ask POST kv/metadata/1 '{"max_versions":100}'
	export VAULT_TOKEN=lister
	run -0 --separate-stderr mkeyfile verify -f vault:kv -t 10.11 --strict
	VAULT_NAMESPACE=team run -1 --separate-stderr mkeyfile verify -f vault:kv -t 10.11 --strict
	[[ $output = *"
warning: VAULT_NAMESPACE is set, but hashicorp_key_management cannot send a namespace [vault-namespace]
hint: use a mount in the root namespace for the keys of a server"* ]]
}

@test "a request that is none ends the helper" {
	local text

	for text in '' '{}' $'[]\ntoken\n' $'{}\ntoken\n1;1;abc\n' $'{}\ntoken\n1;1' $'{}\ntoken\n0;1;00000000000000000000000000000000\n' \
		$'{}\ntoken\n2;1;00000000000000000000000000000000\n1;1;00000000000000000000000000000000\n'; do
		run -2 "$helper" <<<"${text%$'\n'}"
		same '' "$output"
	done
}

@test "nothing of a key or the token is left in the memory of the helper at its end" {
	local memscan=$abs_top_builddir/tests/faults/memscan action tracer pid i call

	[ -x "$memscan" ] || skip 'memscan is not built'
	! grep -q __asan_init "$helper" || skip "a sanitizer's shadow memory is too large to search"
	case $(uname -m) in
	x86_64) call=231 ;;
	aarch64) call=94 ;;
	*) skip 'unknown machine' ;;
	esac
	for i in 1 2 3; do
		echo "$i;1;$(random_key)"
	done >keys
	cut -d ';' -f 3 keys >secrets
	cut -d ';' -f 3 keys | tr -d '\n' | od -An -tx1 -v | tr -d ' \n' >>secrets
	printf '\n%s\n' "$(printf the-token | od -An -tx1 | tr -d ' \n')" >>secrets
	for action in write read; do
		{
			printf '{"action":"%s","place":"%s","timeout":20}\nthe-token\n' $action "$url"
			[ $action = read ] || cat keys
		} >request
		env -u VAULT_TOKEN ASAN_OPTIONS=detect_leaks=0 strace -o /dev/null -e trace=exit_group -e inject=exit_group:delay_enter=60s "$helper" <request >answer 3>&- &
		tracer=$!
		for ((i = 0; i < 3000; i++)); do
			pid=$(pgrep -P $tracer mkeyfile-vault) && grep -q "^$call " "/proc/$pid/syscall" 2>/dev/null && break
			sleep 0.01
		done
		run -0 "$memscan" "$pid" secrets
		same '' "$output"
		kill -9 $tracer "$pid"
		wait $tracer || :
		same null "$(head -n 1 answer | jq -c .error)"
	done
	same "$(cat keys)" "$(tail -n +2 answer)"
}

# its environment has no option that keeps a sanitizer from failing under strace
# bats test_tags=plain
@test "mkeyfile: mkeyfile-vault gets only variables that concern Vault, without the token" {
	local a

	a=$(random_key)
	vault_put 1 "$a"
	vault_ask POST kv/metadata/1 '{"max_versions":100}'
	echo "1;$a" >keyfile
	chmod 600 keyfile
	SSLKEYLOGFILE=$PWD/log LD_LIBRARY_PATH=$PWD CURL_CA_BUNDLE=/x run -0 --separate-stderr strace -f -v -s 100000 -o calls \
		-e trace=execve,open,openat,creat "$MKEYFILE" diff -f keyfile "vault:$url"
	assert_equal 0 '' "same: 'keyfile' and 'vault:$url' contain the same 1 key, fingerprint $(whole_fingerprint keyfile)"
	run ! grep -qF -e "$a" -e "O_CREAT" calls
	grep -F 'mkeyfile-vault"]' calls >execve
	run ! grep -qE 'the-token|SSLKEYLOGFILE|LD_LIBRARY|CURL_CA|HOME=' execve
	grep -q 'VAULT_ADDR=' execve
	same "calls
execve
keyfile" "$(ls)"
}

@test "mkeyfile: the token comes from VAULT_TOKEN, or from a file of a trusted user" {
	vault_put 1 "$(random_key)"
	vault_ask POST kv/metadata/1 '{"max_versions":100}'
	vault_keys | sed 's/;1;/;/' >keyfile
	chmod 600 keyfile
	mkdir home
	unset VAULT_TOKEN
	export HOME=$PWD/home
	run_refused 2 "mkeyfile diff: no token for Vault was found: VAULT_TOKEN is not set, and '~/.vault-token' cannot be used
hint: run 'vault login', or set VAULT_TOKEN" diff -f keyfile "vault:$url"
	echo the-token >home/.vault-token
	chmod 600 home/.vault-token
	run -0 mkeyfile diff -f keyfile vault:kv
	VAULT_TOKEN=$'two\nlines' run_refused 2 "mkeyfile diff: no token for Vault was found: VAULT_TOKEN is not set, and '~/.vault-token' cannot be used
hint: run 'vault login', or set VAULT_TOKEN" diff -f keyfile "vault:$url"
	[ "$(id -u)" = 0 ] || return 0
	chown 65534 home/.vault-token
	run -4 --separate-stderr mkeyfile diff -f keyfile vault:kv
	[[ $stderr = *"home/.vault-token'"* ]]
	VAULT_TOKEN=the-token run -0 mkeyfile diff -f keyfile vault:kv
	cp "$VAULT_CACERT" ca.pem
	chown 65534 ca.pem
	VAULT_TOKEN=the-token VAULT_CACERT=$PWD/ca.pem run -4 --separate-stderr mkeyfile diff -f keyfile vault:kv
	[[ $stderr = *"ca.pem'"* ]]
}

@test "mkeyfile: an error of the server is an error of the command, with a hint" {
	make_keyfile keyfile 1
	vault_fault GET kv/config 1- status 500
	run_refused 2 "mkeyfile diff: 'vault:kv': the server answered with status 500 for 'kv/config': this went wrong
hint: read the log of the Vault server, then run the same command again" diff -f keyfile vault:kv
	vault_fault GET kv/config 1- status 500$'\e'
	vault_fault GET tune 1- redirect https://$'\e'[2J/
	run -2 --separate-stderr mkeyfile diff -f keyfile vault:kv
	[[ $stderr != *$'\e'* ]]
}

@test "mkeyfile: without the helper, it says what is missing" {
	make_keyfile keyfile 1
	mkdir alone
	cp "$MKEYFILE" alone/mkeyfile
	run --separate-stderr alone/mkeyfile diff -f keyfile vault:kv
	[[ $stderr = "mkeyfile diff: cannot find mkeyfile-vault, which reads and writes keys in Vault
hint: install libcurl and build mkeyfile with --with-vault to get mkeyfile-vault" || -e /usr/local/libexec/mkeyfile/mkeyfile-vault ]]
}

@test "mkeyfile: what is wrong with the keys in Vault is a warning with what to do" {
	local a

	a=$(random_key)
	echo "1;$a" >keyfile
	chmod 600 keyfile
	vault_put 1 "$a"
	vault_put 1 "$a"
	vault_ask POST kv/destroy/1 '{"versions":[2]}'
	vault_ask POST kv/config '{"delete_version_after":"24h"}'
	run -0 --separate-stderr mkeyfile diff -f keyfile vault:kv
	same "mkeyfile diff: warning: key ID 1 is close to its limit of 10 versions, at which Vault deletes the oldest version
hint: run 'vault kv metadata put -mount=MOUNT -max-versions=1000 ID' for each of these key IDs
mkeyfile diff: warning: Vault deletes versions of key ID 1 after some time
hint: run 'vault write MOUNT/config delete_version_after=-1s', then 'vault kv undelete' to clear the dates of versions
mkeyfile diff: warning: key ID 1 version 2 is deleted or destroyed in Vault
hint: run 'vault kv undelete' to restore a deleted version, and verify with --datadir to see what the data needs" "$stderr"
}

# POST requests that change something.
changes() {
	grep POST "$vault/log" | grep -vc capabilities-self || :
}

@test "mkeyfile export and import: a dry run, a copy, a second run, and the way back" {
	make_keyfile keyfile '1;1' '1;3' 100
	run --separate-stderr mkeyfile export -f keyfile -q --dry-run vault:kv
	assert_equal 0 '' ''
	same 0 "$(changes)"
	same '' "$(vault_keys)"
	run -0 --separate-stderr mkeyfile export -f keyfile vault:kv
	same "changed 'vault:kv'" "$(grep changed <<<"$stderr")"
	same "$(sed 's/^100;/100;1;/' keyfile)" "$(vault_keys)"
	: >"$vault/log"
	run -0 --separate-stderr mkeyfile export -f keyfile vault:kv
	same "'vault:kv' already has all 3 keys of 'keyfile'" "$(grep -v -e warning -e hint <<<"$stderr")"
	same 0 "$(changes)"
	make_password_file pw
	run -0 --separate-stderr mkeyfile import -f back -P pw -t 10.11+plugin vault:kv
	run -0 --separate-stderr mkeyfile diff -f back -P pw keyfile
	run -0 --separate-stderr mkeyfile list -f vault:kv --fingerprint
	same "$(whole_fingerprint keyfile)" "$output"
	# one of them, and one that is not there
	run -0 --separate-stderr mkeyfile import -f one -t 10.11+plugin vault:kv 1 --key-version=3
	same "$(sed -n 2p keyfile)" "$(cat one)"
	run_refused 2 "mkeyfile import: key ID 7 is not in 'vault:kv'" import -f back -P pw vault:kv 7
}

@test "mkeyfile export and import: another key under the same version changes nothing, and is shown by fingerprint" {
	local a b before

	a=$(random_key) b=$(random_key)
	printf '%s\n' "1;$a" "2;$a" >keyfile
	chmod 600 keyfile
	vault_put 2 "$b"
	vault_ask POST kv/metadata/2 '{"max_versions":100}'
	: >"$vault/log"
	run_refused 4 "mkeyfile export: key ID 2 version 1 differs: fingerprint $(fingerprint "$a") in 'keyfile', $(fingerprint "$b") in 'vault:kv'
hint: run 'mkeyfile verify --datadir=DIR' with each of them to find out which key the data needs" \
		export -f keyfile vault:kv
	same 0 "$(changes)"
	run_refused 4 "mkeyfile import: key ID 2 version 1 differs: fingerprint $(fingerprint "$b") in 'vault:kv', $(fingerprint "$a") in 'keyfile'
hint: run 'mkeyfile verify --datadir=DIR' with each of them to find out which key the data needs" \
		import -f keyfile vault:kv
	# what Vault cannot take is found out by a dry run, too
	vault_ask POST kv/destroy/2 '{"versions":[1]}'
	run -4 --separate-stderr mkeyfile export -f keyfile --dry-run vault:kv
	[[ $stderr = *"mkeyfile export: 'vault:kv': key ID 2 version 1 is destroyed in Vault, which cannot write it again"* ]]
	same 0 "$(grep POST "$vault/log" | grep -v destroy | grep -vc capabilities-self || :)"
}

@test "mkeyfile export: half of the writes done, and the same command finishes" {
	local kind

	make_keyfile keyfile 1 2 3 4
	for kind in 'status 500' close after-close; do
		vault_reset
		vault_fault POST kv/data 3- "$kind"
		run -2 --separate-stderr mkeyfile export -f keyfile vault:kv
		[[ $stderr = *"hint: "* ]]
		rm "$vault/fault"
		run -0 --separate-stderr mkeyfile export -f keyfile vault:kv
		same "$(sed 's/;/;1;/' keyfile)" "$(vault_keys)"
	done
	# a server that answers no more is not waited for without an end
	vault_reset
	vault_fault POST kv/data 3- hang 20
	run -2 --separate-stderr mkeyfile export -f keyfile --manager-timeout=1 vault:kv
	[[ $stderr = *"the server did not answer within 1 seconds"* ]]
	run -0 mkeyfile list -f keyfile
}

# Waits until mkeyfile, which runs in the background as $!, has a mkeyfile-vault that waits for the server.
await_helper() {
	local tries

	for ((tries = 0; tries < 1200; tries++)); do
		child=$(pgrep -P $! mkeyfile-vault) && grep -q 'POST kv/data/2' "$vault/log" && return 0
		sleep 0.05
	done
	return 1
}

@test "mkeyfile export: a helper that is killed, and one whose mkeyfile is killed" {
	local child ended=0 tries

	make_keyfile keyfile 1 2 3
	vault_fault POST kv/data/2 1- hang 300
	"$MKEYFILE" export -f keyfile --manager-timeout=600 vault:kv 2>words 3>&- &
	await_helper
	kill -9 "$child"
	wait $! || ended=$?
	same 2 $ended
	grep -q "^mkeyfile export: '.*mkeyfile-vault' was killed by signal 9" words
	vault_reset
	vault_fault POST kv/data/2 1- hang 300
	"$MKEYFILE" export -f keyfile --manager-timeout=600 vault:kv 2>words 3>&- &
	await_helper
	kill -9 $!
	wait $! || ended=$?
	same 137 $ended
	for ((tries = 0; tries < 1200; tries++)); do
		kill -0 "$child" 2>/dev/null || break
		sleep 0.05
	done
	run ! kill -0 "$child"
	rm "$vault/fault"
	run -0 mkeyfile export -f keyfile vault:kv
	same "$(sed 's/;/;1;/' keyfile)" "$(vault_keys)"
}

@test "mkeyfile export: a version of the key file never becomes a placeholder" {
	make_keyfile keyfile '1;1' '1;2' '1;4' '2;1'
	for option in --dry-run --force; do
		run -4 --separate-stderr mkeyfile export -f keyfile vault:kv 1 --key-version=4 $option
		same "mkeyfile export: 'vault:kv': key ID 1 version 1 must be written before version 4, because Vault counts versions from 1
hint: export version 1 first, or omit --key-version" "$(grep -v warning <<<"$stderr")"
		same '' "$(vault_keys)"
	done
	for version in 1 2 4; do
		run -0 mkeyfile export -f keyfile vault:kv 1 --key-version=$version
	done
	same "$(grep '^1;' keyfile)" "$(vault_keys)"
}

@test "mkeyfile import: the key file is not touched when Vault fails" {
	local kind before

	make_keyfile keyfile 1
	vault_put 2 "$(random_key)"
	vault_put 3 "$(random_key)"
	for kind in 'status 500' garbage truncate close 'status 403'; do
		vault_fault GET kv/data/3 1- "$kind"
		before=$(snapshot)
		run -2 --separate-stderr mkeyfile import -f keyfile vault:kv
		[[ $stderr = *"hint: "* ]]
		same "$before" "$(snapshot)"
		run -2 --separate-stderr mkeyfile import -f new vault:kv
		[ ! -e new ]
	done
}

# its environment has no option that keeps a sanitizer from failing under strace
# bats test_tags=plain
@test "mkeyfile export and import: no key and no token in arguments, environments, files or messages" {
	local a command

	make_keyfile keyfile 1
	a=$(cut -d ';' -f 2 keyfile)
	unset VAULT_TOKEN
	export HOME=$PWD
	(umask 077 && echo the-token >.vault-token)
	for command in 'export -f keyfile' 'import -f imported'; do
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr strace -f -v -s 100000 -y -o calls \
			-e trace=execve,write,writev,pwrite64 "$MKEYFILE" $command vault:kv
		run ! grep -qF -e "$a" -e the-token <<<"$output$stderr"
		grep -F -e "$a" -e the-token calls >found
		# pipes between the two, and the new key file under its temporary name
		[ -s found ]
		run ! grep -vE 'write\([0-9]+<(pipe:\[[0-9]+\]|[^>]*/\.?imported[^>]*)>' found
		run ! grep -F execve found
	done
}

@test "mkeyfile verify: what Vault may delete is a warning with a name, and --strict makes it a no" {
	vault_put 1 "$(random_key)"
	vault_ask POST kv/config '{"delete_version_after":"24h"}'
	run -0 --separate-stderr mkeyfile verify -f vault:kv -t 10.11 --json
	same 'vault-max-versions
vault-delete-after' "$(jq -r '.warnings[].name' <<<"$output")"
	same vault-token-can-write "$(jq -r '.notes[].name | select(startswith("vault"))' <<<"$output")"
	run -1 --separate-stderr mkeyfile verify -f vault:kv -t 10.11 --strict
	[[ $output = *'warning: Vault deletes versions of key ID 1 after some time [vault-delete-after]'* ]]
	vault_ask POST kv/config '{"delete_version_after":"-1s"}'
	vault_ask POST kv/metadata/1 '{"max_versions":100}'
	VAULT_TOKEN=lister run -0 --separate-stderr mkeyfile verify -f vault:kv -t 10.11 --strict
}
