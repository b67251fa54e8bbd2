#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# passwd: openssl opens every file that it writes. If it is killed at any point, a
# matching pair of key file and password file remains.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	# reads every KDF
	export MKEYFILE_TARGET=12.3
	export MKEYFILE_FILE=keyfile
	make_password_file pw
	make_keyfile plain 1 2 100
	echo '# a comment' >>plain
	openssl_encrypt pw plain keyfile
}

names_in() { # directory
	find "$1" -mindepth 1 -printf '%f\n' | sort | xargs
}

# opens FILE PASSWORD_FILE [openssl options]: openssl decrypts FILE to the plain text.
opens() {
	openssl_decrypt "$2" "$1" "${@:3}" | cmp -s - plain
}

copy="      copy"
to_all="to every server of the cluster (a running server keeps what it has read)"
still_opens="the old password still opens 'keyfile~': after the server has started with the new password, run
      rm keyfile~"

@test "a new password file, created or existing" {
	cp keyfile before
	run --separate-stderr mkeyfile passwd -P pw --new-password-file=new
	assert_equal 0 "created 'new', a password file
the old content is in 'keyfile~'; if encrypted, it needs the old password
changed 'keyfile': a new password, sha1, 1 iteration
next: make 'new' readable by the server's user account (chown --reference=pw, chmod --reference=pw)
      before you restart the server, set in its option file:
      file_key_management_filekey = FILE:$PWD/new
$copy both files $to_all
$still_opens" ""
	opens keyfile new
	[ "$(stat -c %s new)" = 257 ]
	same 600 "$(stat -c %a new)"
	cmp keyfile~ before
	rm keyfile~
	make_password_file prepared
	cp prepared copy
	run --separate-stderr mkeyfile passwd -P new --new-password-file=prepared -q
	assert_equal 0 "" ""
	opens keyfile prepared
	cmp prepared copy
}

@test "new content in the same password file keeps owner, mode and the server's settings" {
	chmod 640 pw
	chown 65534:4 pw
	cp -p keyfile old-keyfile
	cp -p pw old-pw
	run --separate-stderr mkeyfile passwd -P pw --new-password-file=./pw --trust-owner=nobody
	assert_equal 0 "the old content is in 'keyfile~'; if encrypted, it needs the old password
the old password is in 'pw~'
changed 'keyfile': a new password, sha1, 1 iteration
changed 'pw', its password file
next: the server's settings need no change
$copy both files $to_all
$still_opens pw~" ""
	opens keyfile pw
	same '640 65534:4' "$(stat -c '%a %u:%g' pw)"
	cmp keyfile~ old-keyfile
	cmp pw~ old-pw
	opens keyfile~ pw~
	run -1 cmp pw pw~
	same "keyfile keyfile~ old-keyfile old-pw plain pw pw~" "$(names_in .)"
}

@test "a link to the password file is kept" {
	mkdir secret
	mv pw secret/real
	ln -s secret/real pw
	run -0 mkeyfile passwd -P pw --new-password-file=pw -q
	same secret/real "$(readlink pw)"
	opens keyfile pw
	opens keyfile~ secret/real~
}

@test "other sources of the new password" {
	make_password_file new
	run --separate-stderr mkeyfile passwd -P pw --new-password-fd=5 5<new
	assert_equal 0 "the old content is in 'keyfile~'; if encrypted, it needs the old password
changed 'keyfile': a new password, sha1, 1 iteration
next: before you restart the server, change the password that file_key_management_filekey specifies
$copy the key file $to_all
$still_opens" ""
	opens keyfile new
	mv keyfile~ keyfile
	run -0 mkeyfile passwd -P pw --new-password-command="cat new" -q
	opens keyfile new
	mv keyfile~ keyfile
	run -0 mkeyfile passwd --password-fd=5 --new-password-fd=6 -q 5<pw 6<new
	opens keyfile new
	mv keyfile~ keyfile
	run -0 mkeyfile passwd -P - --new-password-command="cat new" -q <pw
	opens keyfile new
}

@test "the terminal asks for the new password twice, after checking the old one" {
	run -0 "$abs_top_srcdir/tests/terminal" "expect:Password of 'keyfile': " echo:off "type:$(cat pw)" \
		"expect:New password for 'keyfile': " 'type:a new password of mine' \
		"expect:Again, new password for 'keyfile': " 'type:a new password of mine' -- "$MKEYFILE" passwd
	[[ $output == *"exit 0" ]]
	printf 'a new password of mine\n' >new
	opens keyfile new
}

# Every way to derive an AES key, as options of mkeyfile and of openssl.
kdfs=("sha1:0:-md sha1" "sha224:0:-md sha224" "sha256:0:-md sha256" "sha384:0:-md sha384" "sha512:0:-md sha512"
	"sha1:1:-md sha1 -pbkdf2 -iter 1" "sha512:1000:-md sha512 -pbkdf2 -iter 1000")

@test "changes every digest and iteration count, with and without the password" {
	for ((i = 0; i < ${#kdfs[@]}; i++)); do
		from=${kdfs[i]}
		# to the same and the neighboring ones; in a long run, to every one
		others=("$from" "${kdfs[(i + 1) % ${#kdfs[@]}]}" "${kdfs[(i + 5) % ${#kdfs[@]}]}")
		[ "${MKEYFILE_TEST_LONG-}" != 1 ] || others=("${kdfs[@]}")
		for to in "${others[@]}"; do
			IFS=: read -r old_digest old_iterations old_openssl <<<"$from"
			IFS=: read -r new_digest new_iterations new_openssl <<<"$to"
			options=(-q -P pw "--digest=$old_digest" "--pbkdf2=$old_iterations")
			new_options=("--new-digest=$new_digest" "--new-pbkdf2=$new_iterations")
			# shellcheck disable=SC2086
			openssl_encrypt pw plain keyfile $old_openssl
			if [ "$from" != "$to" ]; then
				mkeyfile passwd "${options[@]}" "${new_options[@]}"
				# shellcheck disable=SC2086
				opens keyfile pw $new_openssl
				mv keyfile~ keyfile
			fi
			rm -f new
			mkeyfile passwd "${options[@]}" "${new_options[@]}" --new-password-file=new
			# shellcheck disable=SC2086
			opens keyfile new $new_openssl
			rm keyfile~
		done
	done
}

@test "the setting of a password file is quoted for an option file" {
	mkdir 'my dir'
	run -0 --separate-stderr mkeyfile passwd -P pw --new-password-file='my dir/new'
	grep -xF "      file_key_management_filekey = \"FILE:$PWD/my dir/new\"" <<<"$stderr"
	run -0 --separate-stderr mkeyfile passwd -P 'my dir/new' --new-password-file=other
	grep -qxF "next: make 'other' readable by the server's user account (chown --reference='my dir/new', chmod --reference='my dir/new')" <<<"$stderr"
	run -0 --separate-stderr mkeyfile passwd -P other --new-password-file="it's"
	run -0 --separate-stderr mkeyfile passwd -P "it's" --new-password-file=another
	grep -qF "(chown --reference='it'\''s', chmod --reference='it'\''s')" <<<"$stderr"
}

@test "without a target, a KDF that the installed server cannot read is refused" {
	unset MKEYFILE_TARGET
	mkdir programs
	printf '#!/bin/sh\necho "mariadbd  Ver $VERSION for debian-linux-gnu on x86_64"\n' >programs/mariadbd
	chmod 755 programs/mariadbd
	export VERSION=10.11.19-MariaDB-0+deb12u1
	PATH=$PWD/programs:$PATH
	hint="hint: use --target=12.3 if the server is 12.0.1 or later, or --target=10.11+plugin if it uses mkeyfile's plugin"
	run_refused 4 "mkeyfile passwd: 'keyfile' could not be decrypted by $VERSION, which supports only sha1 with 1 iteration, not sha512, 1 iteration
$hint" passwd -P pw --new-digest=sha512
	run_refused 4 "mkeyfile passwd: 'keyfile' could not be decrypted by $VERSION, which supports only sha1 with 1 iteration, not sha1, PBKDF2 with 9 iterations
$hint" passwd -P pw --new-pbkdf2=9 --new-password-file=new
	run_refused 4 "mkeyfile generate: 'new' could not be decrypted by $VERSION, which supports only sha1 with 1 iteration, not sha256, 1 iteration
$hint" generate -f new --new-password-file=new.key --digest=sha256
	run_refused 4 "mkeyfile encrypt: 'plain' could not be decrypted by $VERSION, which supports only sha1 with 1 iteration, not sha256, PBKDF2 with 1000 iterations
$hint" encrypt -f plain -P pw --in-place --digest=sha256 --pbkdf2=1000
	# before a password is asked for
	run_refused 4 "mkeyfile encrypt: 'standard input' could not be decrypted by $VERSION, which supports only sha1 with 1 iteration, not sha256, 1 iteration
$hint" encrypt -f - --digest=sha256 <plain
	run -0 mkeyfile generate -n -f new --new-password-file=new.key --digest=sha256 --target=10.11+plugin
	run -0 mkeyfile encrypt -n -f plain -P pw --in-place --digest=sha256 --pbkdf2=1000 --target=10.11+plugin
	run -0 mkeyfile passwd -P pw -n --new-digest=sha512 --target=12.3
	# a KDF that every server reads needs no installed server
	run -0 mkeyfile passwd -P pw -n --new-password-file=new
	export VERSION=12.3.1-MariaDB
	run -0 mkeyfile passwd -P pw -n --new-digest=sha512
	run -0 mkeyfile generate -n -f new --new-password-file=new.key --digest=sha256
}

@test "the digest or iteration count that is not given stays unchanged" {
	openssl_encrypt pw plain keyfile -md sha256 -pbkdf2 -iter 100
	run --separate-stderr mkeyfile passwd -P pw --digest=sha256 --pbkdf2=100 --new-pbkdf2=200
	assert_equal 0 "the old content is in 'keyfile~'; if encrypted, it needs the old password
changed 'keyfile': the same password, sha256, PBKDF2 with 200 iterations
next: before you restart the server, set in its option file:
      loose_file_key_management_use_pbkdf2 = 200
$copy the key file $to_all" ""
	opens keyfile pw -md sha256 -pbkdf2 -iter 200
	rm keyfile~
	run --separate-stderr mkeyfile passwd -P pw --digest=sha256 --pbkdf2=200 --new-password-file=new -t 12.3
	same 0 "$status"
	run -1 grep loose_ <<<"$stderr"
	opens keyfile new -md sha256 -pbkdf2 -iter 200
}

@test "the settings of mkeyfile's own plugin" {
	run --separate-stderr mkeyfile passwd -P pw --new-password-file=new --new-digest=sha256 -t 10.11+plugin
	same 0 "$status"
	grep -qx "      mkeyfile_key_management_filekey = FILE:$PWD/new" <<<"$stderr"
	grep -qx "      loose_mkeyfile_key_management_digest = sha256" <<<"$stderr"
}

@test "a KDF that the target does not support is refused" {
	run_refused 4 "mkeyfile passwd: 'keyfile' could not be decrypted by 10.11, which supports only sha1 with 1 iteration, not sha256, 1 iteration" \
		passwd -P pw --new-digest=sha256 -t 10.11
}

@test "--json" {
	run --separate-stderr mkeyfile passwd -P pw --new-password-file=new --new-digest=sha256 -t 12.3 -q --json
	same 0 "$status"
	same "$(jq -S . <<END
{ "path": "keyfile", "changed": true, "dry_run": false, "encrypted": true, "backup": "keyfile~", "password_backup": null,
  "finished": false, "settings": {
    "loose_file_key_management_filekey": "FILE:$PWD/new", "loose_file_key_management_digest": "sha256",
    "loose_file_key_management_use_pbkdf2": "0" },
  "warnings": [], "hints": [] }
END
	)" "$(jq -S 'del(.steps)' <<<"$output")"
	same "make 'new' readable by the server's user account (chown --reference=pw, chmod --reference=pw)
before you restart the server, set in its option file:" "$(jq -r '.steps[:2][]' <<<"$output")"
}

@test "a dry run changes nothing, but reports refusals" {
	before=$(snapshot)
	for file in new pw; do
		run -0 --separate-stderr mkeyfile passwd -P pw --new-password-file=$file -n
		same "would keep the old content in 'keyfile~'
would change 'keyfile': a new password, sha1, 1 iteration" "$(grep -v 'password.file\|old password' <<<"$stderr")"
	done
	run -4 mkeyfile passwd -P pw --new-password-file=pw -n --new-digest=sha256 -t 10.11
	same "$before" "$(snapshot)"
}

# ---- bad input ----

@test "the wrong old password" {
	make_password_file wrong
	for way in --new-password-file=new --new-password-file=wrong --new-digest=sha512 --new-password-fd=5; do
		run_refused 3 "mkeyfile passwd: cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: run 'mkeyfile verify --password-file=wrong' to try other digests and iteration counts" passwd -P wrong $way 5<pw
	done
	run_refused 3 "mkeyfile passwd: cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: run 'mkeyfile verify --password-file=pw --digest=sha224' to try other digests and iteration counts" passwd -P pw --digest=sha224 --new-password-file=pw
}

@test "a change to the same password and KDF is refused" {
	cp pw same
	run_refused 4 "mkeyfile passwd: the new password of 'keyfile' is identical to the old one" passwd -P pw --new-password-file=same
	run_refused 4 "mkeyfile passwd: the new password of 'keyfile' is identical to the old one" passwd -P pw --new-password-fd=5 5<pw
	run_refused 4 "mkeyfile passwd: 'keyfile' already uses sha1, 1 iteration" passwd -P pw --new-digest=sha1 --new-pbkdf2=0
}

@test "a plain file has no password to change" {
	run_refused 2 "mkeyfile passwd: 'plain' is not encrypted
hint: run 'mkeyfile encrypt --in-place --file=plain --password-file=pw' to encrypt it" passwd -f plain -P pw --new-password-file=new
}

@test "passwords that a server or openssl would truncate" {
	printf 'a\nb\n' >new
	run_refused 4 "mkeyfile passwd: the password in 'new' has more than one line; openssl would read only the first" \
		passwd -P pw --new-password-file=new
	true >new
	run_refused 2 "mkeyfile passwd: 'new' contains no password" passwd -P pw --new-password-file=new
	run_refused 2 "mkeyfile passwd: 'the password command' contains no password" passwd -P pw --new-password-command=true
	run_refused 2 "mkeyfile passwd: the password command failed with status 1" passwd -P pw --new-password-command=false
}

@test "a short new password gets a warning" {
	echo short >new
	run --separate-stderr mkeyfile passwd -P pw --new-password-file=new
	same 0 "$status"
	[[ ${stderr_lines[0]} == "mkeyfile passwd: warning: "*short* ]]
}

@test "a second passwd replaces a backup that the backup of the password file opens" {
	for i in 1 2 3 4; do
		cp keyfile old-keyfile
		cp pw old-pw
		run -0 --separate-stderr mkeyfile passwd -P pw --new-password-file=pw --json
		same "keyfile~" "$(jq -r .backup <<<"$output")"
		backup=$(jq -r .password_backup <<<"$output")
		cmp keyfile~ old-keyfile
		cmp "$backup" old-pw
	done
	same "keyfile keyfile~ old-keyfile old-pw plain pw pw.~1~ pw.~2~ pw.~3~ pw~" "$(names_in .)"
	same "      rm keyfile~ pw.~3~" "$(tail -n 1 <<<"$stderr")"
	# with other iterations and another digest, too
	run -0 mkeyfile passwd -q -P pw --new-digest=sha256
	run -0 mkeyfile passwd -q -P pw --digest=sha256 --new-digest=sha512 --new-pbkdf2=1000
	run -0 mkeyfile passwd -q -P pw --digest=sha512 --pbkdf2=1000 --new-pbkdf2=0 --new-digest=sha1
	[ ! -e keyfile.~1~ ]
	rm -f keyfile*
	openssl_encrypt pw plain "keyfile of 'db1'"
	run -0 --separate-stderr mkeyfile passwd -f "keyfile of 'db1'" -P pw --new-password-file=new
	eval "$(tail -n 1 <<<"$stderr")"
	same "keyfile of 'db1'" "$(echo keyfile*)"
}

@test "a backup that no password opens, or with other keys, is kept" {
	make_password_file lost
	openssl_encrypt lost plain keyfile~
	cp keyfile~ kept
	cp keyfile old-keyfile
	run -0 --separate-stderr mkeyfile passwd -P pw --new-password-file=new --json
	same "keyfile.~1~ null" "$(jq -r '"\(.backup) \(.password_backup)"' <<<"$output")"
	cmp kept keyfile~
	cmp old-keyfile keyfile.~1~
	run -0 --separate-stderr mkeyfile passwd -P new --new-password-file=new -n
	same "would keep the old content in 'keyfile.~2~'
the backup 'keyfile~' was kept: it may contain keys that are not in the file
would keep the old password in 'new~'" "$(head -n 3 <<<"$stderr")"
	echo "another password" >new~
	run -0 --separate-stderr mkeyfile passwd -P new --new-password-file=new
	same "the old password is in 'new.~1~'
the backup 'new~' was kept: it may contain another password" "$(sed -n '3,4p' <<<"$stderr")"
	same "another password" "$(cat new~)"
}

@test "the report keeps a password that may open an earlier backup" {
	run -0 mkeyfile remove -q -P pw --force 100
	cp keyfile~ kept
	cp pw old-pw
	run -0 --separate-stderr mkeyfile passwd -P pw --new-password-file=pw
	same "      rm keyfile.~1~
      but keep 'pw~', which may open an earlier backup" "$(tail -n 2 <<<"$stderr")"
	cmp kept keyfile~
	rm keyfile.~1~
	openssl_decrypt pw~ keyfile~ | cmp - plain
}

@test "files and directories that cannot be written" {
	run_refused 2 "mkeyfile passwd: cannot open 'none/new': No such file or directory" passwd -P pw --new-password-file=none/new
	mkdir -m 755 locked
	cp pw locked/
	chown 65534 . keyfile pw plain
	chmod 644 locked/pw
	prepare_nobody
	before=$(snapshot)
	run --separate-stderr as_nobody passwd -P locked/pw --new-password-file=locked/pw
	assert_equal 2 "mkeyfile passwd: cannot create files in the directory of '$PWD/locked/pw.new': Permission denied" ""
	run --separate-stderr as_nobody passwd -P pw --new-password-file=locked/new
	assert_equal 2 "mkeyfile passwd: cannot create files in the directory of 'locked/new': Permission denied" ""
	same "$before" "$(snapshot)"
}

@test "reports leftover files, and warns of hard links once" {
	ln keyfile other-keyfile
	ln pw other-pw
	run -0 --separate-stderr mkeyfile passwd -P pw --new-password-file=new
	same "mkeyfile passwd: warning: 'keyfile' has 2 hard links: the other links keep the old content" "$(grep warning: <<<"$stderr")"
	rm keyfile~ new
	openssl_encrypt pw plain keyfile
	ln -f keyfile other-keyfile
	run -0 --separate-stderr mkeyfile passwd -P pw --new-digest=sha256
	same 1 "$(grep -c 'has 2 hard links' <<<"$stderr")"
	rm -f keyfile~
	openssl_encrypt pw plain keyfile
	ln -f keyfile other-keyfile
	mkfifo .keyfile.mkeyfile-1-2 .pw.mkeyfile-3-4
	run -0 --separate-stderr mkeyfile passwd -P pw --new-password-file=pw
	local other='with this file before you delete it, since it may contain other keys'
	same "mkeyfile passwd: warning: 'keyfile' has 2 hard links: the other links keep the old content
mkeyfile passwd: warning: 'pw' has 2 hard links: the other links keep the old content
the old content is in 'keyfile~'; if encrypted, it needs the old password
mkeyfile passwd: warning: '.keyfile.mkeyfile-1-2', in the same directory, was left by an interrupted run
hint: compare '.keyfile.mkeyfile-1-2' $other
the old password is in 'pw~'
mkeyfile passwd: warning: '.pw.mkeyfile-3-4', in the same directory, was left by an interrupted run
hint: compare '.pw.mkeyfile-3-4' $other" "$(head -n 8 <<<"$stderr")"
	opens keyfile pw
}

@test "reports old content that cannot be removed" {
	rm -f .*.mkeyfile-*
	for new in pw new; do
		run --separate-stderr strace -o /dev/null -e inject=unlinkat:error=EPERM "$MKEYFILE" passwd --no-defaults -P pw --new-password-file=$new
		same 2 "$status"
		left=$(compgen -G '.keyfile.mkeyfile-*')
		[[ $stderr == *"mkeyfile passwd: cannot delete the old content of 'keyfile': Operation not permitted
"*"hint: the other content is in '$left', in the same directory"* ]] || { echo "$stderr" && false; }
		opens "$left" pw
		rm -f .*.mkeyfile-* keyfile~ pw.new pw~
		openssl_encrypt pw plain keyfile
	done
}

@test "usage" {
	run_refused 64 "mkeyfile passwd: --new-password-file, --new-password-fd and --new-password-command cannot be used together" \
		passwd -P pw --new-password-file=new --new-password-fd=5
	run_refused 64 "mkeyfile passwd: standard input cannot be changed: use --file=FILE or --output=-" passwd -f - -P pw --new-password-file=new
	run_refused 64 "mkeyfile passwd: the key file and the password file must be different files" passwd -P pw --new-password-file=keyfile
	run_refused 64 "mkeyfile passwd: --new-password-file requires a file name" passwd -P pw --new-password-file=-
	run_refused 64 "mkeyfile passwd: the old and the new password cannot come from the same descriptor" \
		passwd --password-fd=5 --new-password-fd=5 5<pw
	run_refused 64 "mkeyfile passwd: the old and the new password cannot both come from standard input" passwd -P - --new-password-fd=0
	run_refused 2 "mkeyfile passwd: cannot read 'file descriptor 77': Bad file descriptor" passwd -P pw --new-password-fd=77
	run_refused 64 "mkeyfile passwd: a password is not accepted as an argument: any user of this host can see arguments
hint: use --password-file, --password-fd or --password-command" passwd -P pw --new-password=secret
}

# ---- killed at any moment ----

changing='openat,write,fsync,linkat,link,renameat,renameat2,unlinkat,unlink,fchmod,fchown,fsetxattr,ftruncate'

# The moments at which a run is about to change something on the disk, as CALL NUMBER.
# MKEYFILE_TEST_LONG=1 includes all other system calls, which change nothing.
moments() { # argument...
	local trace=$changing
	[ "${MKEYFILE_TEST_LONG-}" != 1 ] || trace=all
	strace -o trace -e trace=$trace "$MKEYFILE" "$@" >/dev/null 2>&1 || return
	sed -n 's/^\([a-z0-9_]*\)(.*/\1 &/p' trace | awk -v long="${MKEYFILE_TEST_LONG-}" '
		$1 == "execve" || $1 == "exit_group" { next }
		{ n[$1]++ }
		long == 1 || $1 != "openat" || /O_CREAT|O_TMPFILE/ { print $1, n[$1] }'
}

restore() {
	rm -rf ./run
	mkdir run
	cp -p keyfile pw run/
}

# run_killed NEW_FILE NEW_KDF ARGUMENT...: kills the command at each moment. Then a
# matching pair opens, and the same command finishes the change.
run_killed() {
	local new=$1 kdf=$2 call number kills=0
	shift 2
	restore
	moments "$@" >moments
	[ "$(wc -l <moments)" -ge 15 ]
	while read -r call number <&7; do
		restore
		run strace -o trace -e trace="$call" -e inject="$call:signal=KILL:when=$number" "$MKEYFILE" "$@"
		[ "$status" = 137 ] || continue
		kills=$((kills + 1))
		# shellcheck disable=SC2086
		if ! opens run/keyfile run/pw && ! { [ -e "$new" ] && opens run/keyfile "$new" $kdf; } &&
			! { [ "$new" = run/pw.new ] && opens run/keyfile run/pw $kdf; }; then
			echo "no pair opens after $call $number" && ls -la run && return 1
		fi
		# with all done but the last sync, the same command would be another change
		if [ "$new" != run/pw.new ] || [ -e run/pw.new ] || cmp -s run/pw pw; then
			run -0 "$MKEYFILE" "$@"
		fi
		# shellcheck disable=SC2086
		opens run/keyfile "${new%.new}" $kdf || { echo "not finished after $call $number" && return 1; }
		[ "$new" != run/pw.new ] || opens run/keyfile~ run/pw~
		opens run/keyfile~ "$(ls run/pw~ 2>/dev/null || echo run/pw)"
		[ ! -e run/pw.new ]
		run -1 grep -F .mkeyfile- <(ls -A run)
	done 7<moments
	[ $kills -ge 15 ]
}

# bats test_tags=deep
@test "killed at any moment: another password file" {
	run_killed run/new "-md sha1" passwd -f run/keyfile -P run/pw --new-password-file=run/new
}

# bats test_tags=deep
@test "killed at any moment: the same password file and another KDF" {
	run_killed run/pw.new "-md sha256 -pbkdf2 -iter 10" passwd -f run/keyfile -P run/pw --new-password-file=run/pw \
		--new-digest=sha256 --new-pbkdf2=10
}

# bats test_tags=deep
@test "killed at any moment: only the KDF" {
	run_killed run/pw "-md sha256" passwd -f run/keyfile -P run/pw --new-digest=sha256
}

# bats test_tags=deep
@test "an error at any moment leaves a matching pair, and the same command finishes the change" {
	restore
	options=(passwd -f run/keyfile -P run/pw --new-password-file=run/pw)
	moments "${options[@]}" >moments
	while read -r call number <&7; do
		restore
		run strace -o trace -e trace="$call" -e inject="$call:error=EIO:when=$number" "$MKEYFILE" "${options[@]}"
		# never reports a change that was not made
		[ "$status" != 0 ] || { opens run/keyfile run/pw && run -1 cmp run/pw pw; }
		[ "$status" != 0 ] || continue
		opens run/keyfile run/pw || opens run/keyfile run/pw.new || { echo "no pair after $call $number" && return 1; }
		# a failure before the change leaves no files
		if cmp -s run/keyfile keyfile && cmp -s run/pw pw && [ ! -e run/pw.new ]; then
			same "keyfile pw" "$(names_in run)"
		fi
	done 7<moments
}

@test "both files are written before either is replaced" {
	restore
	options=(passwd -f run/keyfile -P run/pw --new-password-file=run/pw -q)
	strace -y -o trace -e trace=write,renameat2 "$MKEYFILE" "${options[@]}"
	same "3 write 3 renameat2" "$(sed -n 's/^\(write\)(.*mkeyfile-.*/\1/p;s/^\(renameat2\)(.*/\1/p' trace | uniq -c | xargs)"
	last=$(grep -c '^write(' trace)
	restore
	run -2 strace -o trace -e trace=write -e inject="write:error=ENOSPC:when=$last" "$MKEYFILE" "${options[@]}"
	cmp run/keyfile keyfile
	cmp run/pw pw
	same "keyfile pw" "$(names_in run)"
}

@test "a signal between the two files waits for the second one" {
	restore
	options=(passwd -f run/keyfile -P run/pw --new-password-file=run/pw)
	for call in 'linkat 1' 'renameat2 2' 'renameat2 3'; do
		for signal in TERM INT HUP; do
			restore
			# shellcheck disable=SC2086
			set -- $call
			run strace -o trace -e trace="$1" -e inject="$1:signal=$signal:when=$2" "$MKEYFILE" "${options[@]}"
			if [ "$status" = 0 ]; then
				opens run/keyfile run/pw
				[ ! -e run/pw.new ]
				run -1 cmp -s run/keyfile keyfile
			else
				cmp run/keyfile keyfile
				same "keyfile pw" "$(names_in run)"
			fi
		done
	done
}

@test "suggests the next step when the second file cannot be written" {
	restore
	moments passwd -f run/keyfile -P run/pw --new-password-file=run/pw >moments
	restore
	last=$(sed -n 's/^renameat2 //p' moments | tail -n 1)
	run --separate-stderr strace -o trace -e trace=renameat2 -e inject="renameat2:error=EIO:when=$last" \
		"$MKEYFILE" passwd -f run/keyfile -P run/pw --new-password-file=run/pw
	assert_equal 2 "mkeyfile passwd: cannot replace 'run/pw': Input/output error
hint: run the same command again to finish the change with the new password in '$PWD/run/pw.new'
the old content is in 'run/keyfile~'; if encrypted, it needs the old password
hint: the key file was changed" ""
	opens run/keyfile run/pw.new
	run --separate-stderr mkeyfile passwd -f run/keyfile -P run/pw --new-password-file=run/pw
	assert_equal 0 "the new password is already in '$PWD/run/pw.new', from an interrupted run
the old password is in 'run/pw~'
'run/keyfile' already uses the new password, from an interrupted run
changed 'run/pw', its password file
next: the server's settings need no change
$copy both files $to_all" ""
	opens run/keyfile run/pw
}
