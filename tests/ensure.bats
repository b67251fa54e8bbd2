#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ensure: brings the files to a state, and a second run changes nothing.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
}

ids() { # [option...]
	mkeyfile list --ids "$@" | paste -sd ' '
}

# Runs the same command twice. The first run changes something, the second one nothing, not
# even a timestamp.
ensure_twice() { # argument...
	local before

	run -0 --separate-stderr mkeyfile ensure --json "$@"
	same true "$(jq .changed <<<"$output")"
	before=$(snapshot && stat -c '%n %i %y %z' -- *)
	run -0 --separate-stderr mkeyfile ensure --json "$@"
	same "'keyfile' needs no change" "$stderr"
	same '{"changed":false,"keys":[]}' "$(jq -c '{changed, keys}' <<<"$output")"
	same "$before" "$(snapshot && stat -c '%n %i %y %z' -- *)"
}

@test "a new file, missing IDs, and no change" {
	run -0 --separate-stderr mkeyfile ensure
	same "created 'keyfile'" "${stderr_lines[0]}"
	same "next: add the key file to the server's option file ('mkeyfile config' prints the section)" "${stderr_lines[3]}"
	same "1 2" "$(ids)"
	same "600 $(id -u):$(id -g)" "$(stat -c '%a %u:%g' keyfile)"
	cp keyfile old
	run -0 --separate-stderr mkeyfile ensure 100 2 101 --size=128
	same "changed 'keyfile'" "${stderr_lines[0]}"
	[[ ${stderr_lines[1]} == "  key ID 100 version 1, 128 bits, fingerprint "* ]]
	[[ ${stderr_lines[3]} == "next: copy the key file to every server of the cluster"* ]]
	same "1 2 100 101" "$(ids)"
	cmp old <(head -n 4 keyfile)
	rm old
	ensure_twice 102
	same keyfile "$(ls -A)"
}

@test "key ID 1 is always added" {
	ensure_twice 100
	same "1 100" "$(ids)"
	make_keyfile keyfile 7
	ensure_twice 100
	same "1 7 100" "$(ids)"
}

@test "an encrypted file, with a new or an existing password file" {
	ensure_twice --new-password-file=keyfile.key 1 100
	run -0 openssl_decrypt keyfile.key keyfile
	same "1 100" "$(key_lines <<<"$output" | cut -d ';' -f 1 | paste -sd ' ')"
	same '600 600' "$(stat -c %a keyfile keyfile.key | xargs)"
	cp keyfile.key before
	ensure_twice --new-password-file=keyfile.key 1 100 101
	ensure_twice --password-file=keyfile.key 102
	cmp before keyfile.key
	# the password file exists, but the key file does not, as after an interrupted run
	rm keyfile before
	ensure_twice --new-password-file=keyfile.key
	openssl_decrypt keyfile.key keyfile | grep -q '^1;'
}

@test "a plain file is encrypted with all of its keys if there is a password" {
	make_keyfile keyfile 1 7
	echo '# of db1' >>keyfile
	cp keyfile plain
	run -0 --separate-stderr mkeyfile ensure --new-password-file=keyfile.key 7
	same "created 'keyfile.key', a password file
changed 'keyfile', encrypted
  the file was not encrypted
next: before you restart the server, add to the group [mariadb] of its option file:
      loose_file_key_management_filekey = FILE:$PWD/keyfile.key" "$stderr"
	openssl_decrypt keyfile.key keyfile >opened
	cmp plain opened
	# and with an existing password file and new IDs
	mv plain keyfile
	rm opened
	ensure_twice --new-password-file=keyfile.key 7 8
	run -0 openssl_decrypt keyfile.key keyfile
	same "1 7 8" "$(grep -v '#' <<<"$output" | cut -d ';' -f 1 | paste -sd ' ')"
	same $'keyfile\nkeyfile.key' "$(ls -A)"
	# uses the environment and the server's option files, which then need no change
	make_keyfile keyfile 1
	MKEYFILE_PASSWORD_FILE=keyfile.key ensure_twice 1
	openssl_decrypt keyfile.key keyfile | grep -q '^1;'
	make_keyfile keyfile 1
	printf '%s\n' '[mysqld]' 'plugin_load_add = file_key_management' "file_key_management_filename = $PWD/keyfile" \
		"file_key_management_filekey = FILE:$PWD/keyfile.key" "user = $(id -un)" >my.cnf
	unset MKEYFILE_PRINT_DEFAULTS MKEYFILE_FILE
	run -0 --separate-stderr mkeyfile ensure 1 --defaults-file=my.cnf
	same "changed '$PWD/keyfile', encrypted
  the file was not encrypted" "$(tail -n 2 <<<"$stderr")"
	openssl_decrypt keyfile.key keyfile | grep -q '^1;'
}

@test "an encrypted file without its password is not changed" {
	make_password_file right
	make_password_file wrong
	make_keyfile plain 1 2
	openssl_encrypt right plain keyfile
	run_refused 3 "mkeyfile ensure: cannot decrypt 'keyfile': wrong password, wrong digest or iteration count, or damaged file
hint: run 'mkeyfile verify' to try other digests and iteration counts" ensure --new-password-file=wrong 7
	run_refused 2 "mkeyfile ensure: 'keyfile' is encrypted, and its password file 'absent' does not exist
hint: restore 'absent', or run 'mkeyfile passwd --new-password-file=absent' with the current password" \
		ensure --new-password-file=absent 7
	run_refused 2 "mkeyfile ensure: cannot ask for the password of 'keyfile': no terminal is available
hint: use --password-file, --password-fd, --password-command or MKEYFILE_PASSWORD_FILE" ensure 7
	printf 'two\nlines of a password\n' >lines
	chmod 600 lines
	run_refused 4 "mkeyfile ensure: the password in 'lines' has more than one line; openssl would read only the first" \
		ensure -f plain --new-password-file=lines
}

@test "owner and mode: of new files, and of existing ones without a new file" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	ensure_twice --new-password-file=keyfile.key --owner=nobody --trust-owner=nobody
	same "600 nobody:$(id -gn nobody)" "$(stat -c '%a %U:%G' keyfile keyfile.key | uniq)"
	inodes=$(stat -c %i keyfile keyfile.key)
	content=$(sha256sum keyfile keyfile.key)
	run -0 --separate-stderr mkeyfile ensure --new-password-file=keyfile.key --owner=root:daemon --mode=0640 --trust-owner=nobody
	same "changed 'keyfile'
  owner root:daemon
  mode 0640
changed 'keyfile.key'
  owner root:daemon
  mode 0640" "$stderr"
	same "640 root:daemon" "$(stat -c '%a %U:%G' keyfile keyfile.key | uniq)"
	# without a group, an existing file keeps its group
	ensure_twice --new-password-file=keyfile.key --owner=nobody --trust-owner=nobody
	same "640 nobody:daemon" "$(stat -c '%a %U:%G' keyfile keyfile.key | uniq)"
	ensure_twice --new-password-file=keyfile.key --mode=400 --trust-owner=nobody
	same "400 nobody:daemon" "$(stat -c '%a %U:%G' keyfile keyfile.key | uniq)"
	same "$inodes" "$(stat -c %i keyfile keyfile.key)"
	same "$content" "$(sha256sum keyfile keyfile.key)"
	# together with new keys, in one replacement
	ensure_twice --new-password-file=keyfile.key --owner=0:0 --mode=0600 --trust-owner=nobody 9
	same "600 root:root" "$(stat -c '%a %U:%G' keyfile keyfile.key | uniq)"
	same "1 2 9" "$(ids -P keyfile.key)"
}

@test "as root, new files belong to the server's user account" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	ensure_twice --new-password-file=keyfile.key --server-user=nobody
	same "600 nobody:$(id -gn nobody)" "$(stat -c '%a %U:%G' keyfile keyfile.key | uniq)"
	# an existing file keeps its owner without --owner
	chown root keyfile
	run -0 mkeyfile ensure -q --new-password-file=keyfile.key --server-user=nobody 3
	same "root nobody" "$(stat -c %U keyfile keyfile.key | xargs)"
}

@test "suggests the server's user account as owner if it cannot read the files" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	local group
	group=$(id -gn nobody)

	next() { # argument...
		rm -f keyfile keyfile.key
		run -0 --separate-stderr mkeyfile ensure --server-user=nobody "$@"
		grep '^next' <<<"$stderr" | head -n 1
	}
	local named="next: add the key file to the server's option file ('mkeyfile config' prints the section)"
	local chown="next: make the key file readable by the server's user account (chown nobody keyfile), and add it to the server's option file ('mkeyfile config' prints the section)"
	same "$named" "$(next)"
	same "$named" "$(next --owner=nobody)"
	same "$named" "$(next --owner="root:$group" --mode=0640)"
	same "$chown" "$(next --owner="root:$group")"
	same "$chown" "$(next --owner=root:root --mode=0640)"
	# and an existing password file
	make_password_file pw
	same "next: make both files readable by the server's user account (chown nobody keyfile pw), and add them to the server's option file ('mkeyfile config' prints the section)" \
		"$(next --new-password-file=pw)"
}

@test "invalid owners and modes" {
	make_keyfile keyfile 1 2
	for mode in 0644 644 0660 0200 0700 00600 6000 rw '' 0; do
		run -64 --separate-stderr mkeyfile ensure --mode="$mode"
		[[ $stderr == "mkeyfile ensure: invalid mode '"*"': use 0400, 0440, 0600 or 0640" ]]
	done
	run_refused 4 "mkeyfile ensure: files of user 'daemon' are not trusted
hint: use --server-user=daemon if the server runs as that user, or --trust-owner=daemon" ensure --owner=daemon
	run_refused 64 "mkeyfile ensure: user 'rot' does not exist" ensure --owner=rot
	run_refused 64 "mkeyfile ensure: user '' does not exist" ensure --owner=:root
	run_refused 64 "mkeyfile ensure: group '' does not exist" ensure --owner=root:
	[ "$(id -u)" = 0 ] || skip 'the rest needs root'
	mkdir own
	chown nobody own
	cd own
	run -0 as_nobody ensure -q -f keyfile
	chmod 640 keyfile
	before=$(snapshot)
	run_denied() { # argument...
		for dry in '' --dry-run; do
			run -2 --separate-stderr as_nobody ensure "$@" ${dry:+"$dry"}
			same "mkeyfile ensure: cannot change the owner, group or mode of '$2': Operation not permitted" "$stderr"
			same "$before" "$(snapshot)"
		done
	}
	run_denied -f keyfile --owner=root
	run_denied -f keyfile --owner=root:root --mode=0440
	run_denied -f keyfile --owner=nobody:root
	run_denied -f keyfile --owner=root 9
	run_denied -f second --owner=root
	run_denied -f second --owner=nobody:root
	chown root:nogroup keyfile
	before=$(snapshot)
	run_denied -f keyfile --mode=0440
}

@test "a link of the server's user account cannot redirect a change of owner or mode" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" .
	local words="user 'nobody' owns symbolic link '$PWD/my/LINK' and could redirect the owner or mode change to another file
hint: check which file the link points to, and use the path of that file"
	local owner=(--server-user=nobody --owner=nobody)

	mkdir my root
	make_password_file root/token
	make_keyfile root/other 1
	ln -s ../root/token my/pw
	ln -s ../root/other my/key
	ln -s ../root my/root
	ln -s /proc/self/fd/7 my/descriptor
	chown -R -h nobody my
	for dry in '' --dry-run; do
		run_refused 4 "mkeyfile ensure: refusing 'my/pw': ${words/LINK/pw}" \
			ensure -f my/k --new-password-file=my/pw "${owner[@]}" ${dry:+"$dry"}
		run_refused 4 "mkeyfile ensure: refusing 'my/key': ${words/LINK/key}" \
			ensure -f my/key "${owner[@]}" 1 ${dry:+"$dry"}
		run_refused 4 "mkeyfile ensure: refusing 'my/key': ${words/LINK/key}" \
			ensure -f my/key "${owner[@]}" 1 9 ${dry:+"$dry"}
		run_refused 4 "mkeyfile ensure: refusing 'my/key': ${words/LINK/key}" \
			ensure -f my/key --server-user=nobody --mode=0640 1 ${dry:+"$dry"}
		run_refused 4 "mkeyfile ensure: refusing 'my/descriptor': ${words/LINK/descriptor}" \
			ensure -f my/descriptor "${owner[@]}" 1 ${dry:+"$dry"} 7<root/other
		# files that root creates belong to the server's user account
		run_refused 4 "mkeyfile ensure: refusing 'my/root/new': ${words/LINK/root}" \
			ensure -f my/root/new --server-user=nobody ${dry:+"$dry"}
		run_refused 4 "mkeyfile generate: refusing 'my/root/new': ${words/LINK/root}" \
			generate -f my/root/new --server-user=nobody ${dry:+"$dry"}
		run_refused 4 "mkeyfile generate: refusing 'my/root/new': ${words/LINK/root}" \
			generate -f k --new-password-file=my/root/new --server-user=nobody ${dry:+"$dry"}
	done
	# a file with this owner and mode needs no change
	run -0 --separate-stderr mkeyfile ensure -f my/key --server-user=nobody --owner=root --mode=0600 1
	same "'my/key' needs no change" "$stderr"
	chown -h root my/key
	run -0 mkeyfile ensure -q -f my/key "${owner[@]}" 1
	same "600 nobody" "$(stat -c '%a %U' root/other)"
	ln root/other root/name
	run_refused 4 "mkeyfile ensure: refusing 'root/other': file '$PWD/root/other' has another hard link, which would get the same owner and mode
hint: remove the other hard links, or replace the file with a copy" \
		ensure -f root/other --server-user=nobody --owner=root 1
}

@test "a mode replaces an ACL, which could let others read the file" {
	local replaced

	for replaced in '' 9; do
		make_keyfile keyfile 1 2
		setfacl -m u:65534:r,m::- keyfile
		ensure_twice --mode=0640 1 ${replaced:+"$replaced"}
		same $'user::rw-\ngroup::r--\nother::---' "$(getfacl -cE keyfile | head -n 3)"
		same 640 "$(stat -c %a keyfile)"
	done
	# even if the mode is already right
	setfacl -m u:65534:r,m::r keyfile
	same 640 "$(stat -c %a keyfile)"
	run -0 --separate-stderr mkeyfile ensure --dry-run --mode=0640
	same "would change 'keyfile'
  mode 0640" "$stderr"
	ensure_twice --mode=0640
	# without a mode, an ACL is kept
	setfacl -m u:65534:r keyfile
	run -0 mkeyfile ensure -q 1 10
	getfacl -cn keyfile | grep -qx user:65534:r--
}

# Makes two files, and sets options to those that change their mode.
prepare_modes() {
	rm -f keyfile pw
	make_keyfile keyfile 1 2
	make_password_file pw
	openssl_encrypt pw keyfile sealed
	mv sealed keyfile
	chmod 600 keyfile pw
	options=(--new-password-file=pw --mode=0400)
}

@test "a signal waits until both files have their modes and keys" {
	local signal ids

	for signal in TERM HUP; do
		for ids in '' 9; do
			prepare_modes
			run -0 strace -o trace -P "$PWD/pw" -e trace=fchmod -e inject=fchmod:signal=$signal:when=1 \
				"$MKEYFILE" ensure -q "${options[@]}" ${ids:+"$ids"}
			grep -q "^--- SIG$signal" trace
			same '400 400' "$(stat -c %a keyfile pw | xargs)"
			same "1 2${ids:+ $ids}" "$(ids -P pw)"
		done
	done
}

@test "the password file keeps its mode if the key file cannot be written" {
	prepare_modes
	before=$(snapshot)
	run -2 --separate-stderr strace -o /dev/null -e trace=fsync -e inject=fsync:error=ENOSPC:when=1 \
		"$MKEYFILE" ensure -q "${options[@]}" 9
	same "mkeyfile ensure: cannot write 'keyfile': No space left on device" "$stderr"
	same "$before" "$(snapshot)"
}

@test "a failure after the first of two files reports the change" {
	prepare_modes
	run -2 --separate-stderr strace -o /dev/null -e trace=fchmod -e inject=fchmod:error=EROFS:when=2 \
		"$MKEYFILE" ensure "${options[@]}"
	same "mkeyfile ensure: cannot change the owner, group or mode of 'keyfile': Read-only file system
hint: the key file was changed" "$stderr"
	same '600 400' "$(stat -c %a keyfile pw | xargs)"
	# and so does one that is found late
	prepare_modes
	run -2 --separate-stderr strace -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=1 \
		"$MKEYFILE" ensure "${options[@]}"
	same "mkeyfile ensure: cannot change the owner, group or mode of 'pw': Input/output error
hint: the key file was changed" "$stderr"
	same '600 400' "$(stat -c %a keyfile pw | xargs)"
}

@test "a change of owner and mode never gives access to others in between" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	make_keyfile keyfile 1 2
	calls() { # mode argument...
		chown root:daemon keyfile
		chmod "$1" keyfile
		run -0 strace -o calls -e trace=fchmod,fchown,fremovexattr "$MKEYFILE" ensure -q "${@:2}"
		sed -nE 's/^(f[a-z]*\()[0-9]*(,.*\)) += 0$/\1N\2/p' calls
	}
	same 'fchown(N, 0, 3)
fchmod(N, 0640)' "$(calls 0600 --owner=root:sys --mode=0640)"
	same 'fchmod(N, 0600)
fchown(N, 0, 3)
fchmod(N, 0600)' "$(calls 0640 --owner=root:sys --mode=0600)"
	same 'fchmod(N, 0400)
fchown(N, 0, 3)
fchmod(N, 0440)' "$(calls 0604 --owner=root:sys --mode=0440)"
	# the group's bits are the mask of an ACL
	setfacl -m u:65534:r keyfile
	same 'fchmod(N, 0600)
fchown(N, 0, 3)
fremovexattr(N, "system.posix_acl_access")
fchmod(N, 0640)' "$(calls 0640 --owner=root:sys --mode=0640)"
}

@test "a dry run reports what would change, and changes nothing" {
	run_dry() { # words argument...
		local words=$1 before
		shift
		before=$(snapshot)
		run -0 --separate-stderr mkeyfile ensure --dry-run --json "$@"
		same "$words" "$stderr"
		same "$before" "$(snapshot)"
	}

	run_dry "would create 'keyfile.key', a password file
would create 'keyfile', encrypted
  key ID 1 version 1, 256 bits
  key ID 9 version 1, 256 bits" --new-password-file=keyfile.key 9
	same '[true,true,null]' "$(jq -c '[.changed, .dry_run, .keys[0].fingerprint]' <<<"$output")"
	make_keyfile keyfile 1 2
	run_dry "would change 'keyfile'
  key ID 7 version 1, 256 bits
  mode 0640" 7 --mode=0640
	run_dry "would change 'keyfile'
  mode 0640" --mode=0640
	same '[true,true,[]]' "$(jq -c '[.changed, .dry_run, .keys]' <<<"$output")"
	run_dry "would create 'keyfile.key', a password file
would change 'keyfile', encrypted
  the file was not encrypted" --new-password-file=keyfile.key
	run_dry "'keyfile' needs no change"
	same '[false,true]' "$(jq -c '[.changed, .dry_run]' <<<"$output")"
}

@test "missing directories, links, and files that are not regular" {
	run_refused 2 "mkeyfile ensure: cannot open 'none/keyfile': No such file or directory
hint: create the directory first" ensure -f none/keyfile
	ln -s target keyfile
	run_refused 2 "mkeyfile ensure: cannot open 'keyfile': No such file or directory
hint: 'keyfile' is a symbolic link to a file that does not exist" ensure
	make_keyfile target 1 2
	ensure_twice 7 --mode=0640
	[ -L keyfile ]
	same 640 "$(stat -c %a target)"
	same "1 2 7" "$(ids -f target)"
	mkdir directory
	run_refused 2 "mkeyfile ensure: 'directory' is not a regular file" ensure -f directory
	run_refused 2 "mkeyfile ensure: 'directory' is not a regular file" ensure --new-password-file=directory
	: >empty
	run_refused 2 "mkeyfile ensure: 'empty' contains no key" ensure -f empty
	run_refused 64 "mkeyfile ensure: standard input cannot be changed: use --file=FILE" ensure -f -
	run_refused 64 "mkeyfile ensure: the key file and the password file must be different files" \
		ensure --new-password-file=keyfile
}

@test "a file that cannot be replaced is accepted if nothing changes" {
	[ "$(id -u)" = 0 ] || skip 'needs root'
	mkdir own
	chown nobody own
	cd own
	run -0 as_nobody ensure -q --file=keyfile --new-password-file=keyfile.key 7
	chown root .
	before=$(snapshot)
	run -0 --separate-stderr as_nobody ensure --file=keyfile --new-password-file=keyfile.key 7
	same "'keyfile' needs no change" "$stderr"
	run -2 --separate-stderr as_nobody ensure --file=keyfile --new-password-file=keyfile.key 8 --mode=0400
	same "mkeyfile ensure: cannot create files in the directory of 'keyfile': Permission denied" "$stderr"
	same "$before" "$(snapshot)"
	# owner and mode need no directory
	run -0 as_nobody ensure -q --file=keyfile --new-password-file=keyfile.key 7 --mode=0400
	same "400 400" "$(stat -c %a keyfile keyfile.key | xargs)"
}

@test "refuses files that add would refuse" {
	make_keyfile keyfile 1 2 2
	run_refused 4 "mkeyfile ensure: 'keyfile' has key ID 2 version 1 twice, on lines 2 and 3: the server silently uses the last one
hint: check which of the two keys your data uses, and move the other one to a new ID" ensure
	make_keyfile keyfile '1;1' '1;2'
	run -4 --separate-stderr mkeyfile ensure --target=10.11
	[[ ${stderr_lines[0]} == "mkeyfile ensure: 'keyfile' would not load on 10.11: "* ]]
	ensure_twice --target=11.8-enterprise 7
	grep -qxE '7;1;[0-9a-f]{64}' keyfile
	make_keyfile keyfile 1 2
	chmod 644 keyfile
	run -0 --separate-stderr mkeyfile ensure
	same "mkeyfile ensure: warning: 'keyfile' has mode 0644: other users can read its keys, or its group can change them
'keyfile' needs no change" "$stderr"
	ensure_twice --mode=0600
	make_password_file pw
	run_refused 4 "mkeyfile ensure: 'new' could not be decrypted by 10.11, which supports only sha1 with 1 iteration, not sha256, 1 iteration" \
		ensure -f new --new-password-file=new.key --digest=sha256 -t 10.11
}

@test "concurrent runs all succeed and create one complete file" {
	local i pids=()

	for i in {1..8}; do
		"$MKEYFILE" ensure -q --new-password-file=keyfile.key $((100 + i % 4)) --lock-timeout=600 2>"$TMPDIR/$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || { cat "$TMPDIR"/* && false; }
	done
	same "1 100 101 102 103" "$(ids -P keyfile.key)"
	same $'keyfile\nkeyfile.key' "$(ls -A)"
}

run_busy() { # file argument...
	local file=$1 before
	shift
	before=$(snapshot)
	run -5 --separate-stderr mkeyfile ensure --lock-timeout=0 "$@"
	[[ ${stderr_lines[0]} =~ ^"mkeyfile ensure: '$file' is locked by "[a-z0-9\ ]*$ ]]
	same "hint: use --lock-timeout=SECONDS to wait longer" "${stderr_lines[1]}"
	same "$before" "$(snapshot)"
}

@test "concurrent ensure and generate create one file, and ensure succeeds" {
	local i waiting

	for i in {1..10}; do
		"$MKEYFILE" generate -q --new-password-file=keyfile.key 1 2>/dev/null &
		waiting=$!
		run -0 "$MKEYFILE" ensure -q --new-password-file=keyfile.key 1 --lock-timeout=600
		wait $waiting || [ $? = 4 ]
		same 1 "$(ids -P keyfile.key)"
		rm keyfile keyfile.key
	done
}

@test "a run waits for the lock of the file or its directory" {
	make_keyfile keyfile 1 2
	exec 9<keyfile
	flock 9
	run_busy keyfile
	chmod 700 .
	exec 9<.
	flock 9
	run_busy new -f new
	run -5 --separate-stderr mkeyfile generate --lock-timeout=0 -f new
	[[ ${stderr_lines[0]} =~ ^"mkeyfile generate: 'new' is locked by "[a-z0-9\ ]*$ ]]
	exec 9<&-
}

@test "who can read a directory cannot keep others from creating files there" {
	local mode

	exec 9<.
	flock 9
	for mode in 755 750 704; do
		chmod $mode .
		run -0 mkeyfile ensure -q --lock-timeout=0 -f "ensure-$mode"
		run -0 mkeyfile generate -q --lock-timeout=0 -f "generate-$mode" --new-password-file="key-$mode"
	done
	exec 9<&-
}

@test "waits for a password file that another run is about to remove" {
	# as generate does, before its key file exists
	make_password_file keyfile.key
	exec 9<keyfile.key
	flock 9
	run_busy keyfile.key --new-password-file=keyfile.key
	exec 9<&-
}
