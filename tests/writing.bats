#!/usr/bin/env bats
# How every file is written: never torn, nothing lost, nothing left over.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_keyfile keyfile 1 2 100
	make_password_file pw
}

teardown() {
	[ -z "${holder-}" ] || kill "$holder" 2>/dev/null || :
}

no_litter() {
	run -1 grep -F .mkeyfile- <(ls -A)
}

@test "owner, mode, ACL and extended attributes are kept" {
	chown 65534:4 keyfile
	chmod 640 keyfile
	setfacl -m u:1:r keyfile
	setfattr -n user.note -v 'of db1' keyfile
	setfattr -n security.selinux -v system_u:object_r:mysqld_etc_t:s0 keyfile
	attributes=$(stat -c '%a %u:%g' keyfile; getfacl -cn keyfile; getfattr -dm - keyfile)
	run -0 mkeyfile add 7 -q --trust-owner=nobody
	same "$attributes" "$(stat -c '%a %u:%g' keyfile; getfacl -cn keyfile; getfattr -dm - keyfile)"
}

@test "a default ACL of the directory does not grant access to a new file" {
	setfacl -d -m u:1:rw .
	run -0 mkeyfile generate -q -f new --new-password-file=new.key
	chmod 640 new new.key
	same "$(printf 'user::rw-\ngroup::r--\nother::---')" "$(getfacl -cn new | sed '/^$/d')"
	same "$(printf 'user::rw-\ngroup::r--\nother::---')" "$(getfacl -cn new.key | sed '/^$/d')"
}

@test "a default ACL of the directory does not grant access to a replaced file" {
	setfacl -d -m u:1:rw .
	chmod 640 keyfile
	acl=$(getfacl -cn keyfile)
	run -0 mkeyfile add 7 -q
	same "$acl" "$(getfacl -cn keyfile)"
}

@test "symbolic links are followed and kept" {
	mkdir deep
	mv keyfile deep/real
	ln -s real deep/link
	ln -s deep/link keyfile
	run -0 mkeyfile add 7 -q
	same deep/link "$(readlink keyfile)"
	same real "$(readlink deep/link)"
	run -0 grep -c '^7;' deep/real
	ln -s nowhere dangling
	run_refused 4 "mkeyfile generate: 'dangling' already exists" generate -f dangling
}

@test "a hard link causes a warning" {
	ln keyfile other
	cp keyfile old
	run --separate-stderr mkeyfile add 7 -q
	assert_equal 0 "" ""
	cmp other old
	ln -f keyfile other
	run --separate-stderr mkeyfile add 8
	same "mkeyfile add: warning: 'keyfile' has 2 hard links: the other links keep the old content" "${stderr_lines[0]}"
}

# ---- locking ----

# Locks a file as another process would, for up to SECONDS.
hold() { # file seconds
	flock --no-fork "$1" sleep "$2" 3>&- &
	holder=$!
	for ((i = 0; i < 3000; i++)); do
		flock -n "$1" true || return 0
		sleep 0.01
	done
	return 1
}

@test "a locked file: the error gives the holder, and the file is unchanged" {
	hold keyfile 60
	lock_pid=$(sed -n "s/^[0-9]*: FLOCK *ADVISORY *WRITE \([0-9]*\) .*:$(stat -c %i keyfile) .*/\1/p" /proc/locks)
	run_refused 5 "mkeyfile add: 'keyfile' is locked by process $lock_pid
hint: use --lock-timeout=SECONDS to wait longer" add 7 --lock-timeout=0
	run_refused 5 "mkeyfile generate: 'keyfile' is locked by process $lock_pid
hint: use --lock-timeout=SECONDS to wait longer" generate --force --lock-timeout=0
	# reading requires no lock
	run -0 mkeyfile list
}

@test "a locked file whose holder is unknown" {
	! grep -q __asan_init "$MKEYFILE" || skip "a sanitizer reads /proc itself"
	hold keyfile 60
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount -t tmpfs none /proc && "$MKEYFILE" add 7 --lock-timeout=0'
	assert_equal 5 "mkeyfile add: 'keyfile' is locked by another process
hint: use --lock-timeout=SECONDS to wait longer" ""
}

@test "a waiting writer gets its turn" {
	hold keyfile 1
	run -0 mkeyfile add 7 -q --lock-timeout=30
}

@test "the lock timeout lasts as long as requested" {
	hold keyfile 60
	for ((i = 0; i < 3; i++)); do
		before=$(date +%s%N)
		run -5 mkeyfile add 7 --lock-timeout=1
		[ $((($(date +%s%N) - before) / 1000000)) -ge 1000 ]
	done
}

@test "8 writers x 10 keys: none is lost" {
	for writer in 1 2 3 4 5 6 7 8; do
		for number in 0 1 2 3 4 5 6 7 8 9; do
			"$MKEYFILE" add "1$writer$number" -q --lock-timeout=60 </dev/null || exit 1
		done &
		writers="${writers-} $!"
	done
	for writer in $writers; do
		wait "$writer"
	done
	run -0 mkeyfile list --ids
	same "$(printf '1\n2\n'; seq 110 189; true)" "$(sed '/^100$/d' <<<"$output")"
	no_litter
}

# start_and_stop CALL NUMBER [STRACE OPTION...] -- ARGUMENT...: runs mkeyfile until it has made
# this call NUMBER times, and stops it there.
start_and_stop() {
	local call=$1 number=$2 options=()
	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	rm -f calls
	env ASAN_OPTIONS=detect_leaks=0 strace -o calls "${options[@]}" -e trace=openat,read,fsync,linkat,renameat,renameat2,unlinkat \
		-e inject="$call:signal=STOP:when=$number" "$MKEYFILE" "${@:2}" 2>words 3>&- &
	holder=$!
	await_stop
}

# Prints how often the command reads before it exchanges. The last read is its last check of the
# old content.
reads_before_exchange() {
	cp -p keyfile copy
	strace -o calls -e trace=read,renameat2 "$MKEYFILE" -f copy "$@" -q
	sed '/^renameat2/,$d' calls | grep -c '^read'
}

@test "the change of an editor that ignores the lock is kept, whenever it is made" {
	reads=$(reads_before_exchange add 7)
	for moment in "fsync 1" "read $reads"; do
		for change in 'echo "# theirs" >>keyfile' '{ cat keyfile; echo "# theirs"; } >new && mv new keyfile'; do
			make_keyfile keyfile 1 2 100
			# shellcheck disable=SC2086
			start_and_stop $moment -- add 7
			sh -c "$change"
			go_on
			same 2 "$ended"
			same "mkeyfile add: 'keyfile' was changed by another program while this command ran; that change was kept and yours was not applied
hint: run the command again" "$(cat words)"
			run -0 grep -c theirs keyfile
			run -1 grep '^7;' keyfile
			no_litter
		done
	done
}

@test "the change of such an editor is kept on a file system without exchange, too" {
	start_and_stop linkat 1 -e inject=renameat2:error=EINVAL -- add 7
	echo '# theirs' >>keyfile
	go_on
	same 2 "$ended"
	run -0 grep -c theirs keyfile
	no_litter
}

@test "a backup that turns out to be of another program's file is removed again" {
	reads=$(reads_before_exchange add 7)
	start_and_stop read "$reads" -- add 7 --backup
	{ cat keyfile; echo '# theirs'; } >new && mv new keyfile
	go_on
	same 2 "$ended"
	[ ! -e keyfile~ ]
	run -0 grep -c theirs keyfile
	strace -o calls -e trace=fsync -e inject=fsync:error=EIO:when=2 "$MKEYFILE" add 7 --backup 2>words || :
	[ ! -e keyfile~ ]
}

@test "on a file system without exchange, the rename is guarded as well" {
	strace -f -o calls -e trace=renameat2 -e inject=renameat2:error=EINVAL "$MKEYFILE" add 7 -q --backup
	run -0 grep -c '^7;' keyfile
	run -1 grep '^7;' keyfile~
	strace -f -o calls -e trace=renameat2 -e inject=renameat2:error=EINVAL "$MKEYFILE" generate -q -f new
	run -0 mkeyfile list -f new
	no_litter
}

@test "an access change by another program is not reverted" {
	start_and_stop fsync 1 -- add 7 -q
	chmod 640 keyfile
	chown 65534 keyfile
	go_on
	same 2 "$ended"
	same '640 65534' "$(stat -c '%a %u' keyfile)"
	same "mkeyfile add: 'keyfile' was changed by another program while this command ran; that change was kept and yours was not applied" \
		"$(head -n 1 words)"
	run -1 grep '^7;' keyfile
	no_litter
}

@test "a change of the mode, owner or group alone is not reverted" {
	for change in 'chmod 640' 'chown 65534' 'chgrp 65534'; do
		make_keyfile keyfile 1 2 100
		chown 0:0 keyfile
		start_and_stop fsync 1 -- add 7 -q
		$change keyfile
		changed=$(stat -c '%a %u %g' keyfile)
		go_on
		same "2 $changed" "$ended $(stat -c '%a %u %g' keyfile)"
		no_litter
	done
}

@test "a mode that is changed while a password is typed is kept" {
	openssl_encrypt pw keyfile sealed
	chmod 644 sealed
	mkfifo typed
	"$MKEYFILE" add 7 -q -f sealed -P typed &
	writer=$!
	exec 5>typed
	chmod 600 sealed
	cat pw >&5
	exec 5>&-
	wait $writer
	same 600 "$(stat -c %a sealed)"
	run -0 mkeyfile list -f sealed -P pw
}

@test "another program's change that cannot be restored is reported and never removed" {
	reads=$(reads_before_exchange add 7)
	key=$(random_key)
	for change in 'echo "777;$key" >>keyfile' '{ cat keyfile; echo "777;$key"; } >new && mv new keyfile'; do
		make_keyfile keyfile 1 2 100
		start_and_stop read "$reads" -e inject=renameat2:error=EIO:when=2 -- add 7
		eval "$change"
		go_on
		same 2 "$ended"
		left=$(compgen -G '.keyfile.mkeyfile-*')
		same "mkeyfile add: 'keyfile' was changed by another program while this command ran, and that change cannot be restored: Input/output error
hint: the other content is in '$left', in the same directory
hint: the key file was changed" "$(cat words)"
		run -0 grep -cF "777;$key" "$left"
		run -0 grep -c '^7;' keyfile
		# the next runs report the file and keep it
		run --separate-stderr mkeyfile add 8
		same 0 "$status"
		same "mkeyfile add: warning: '$left', in the same directory, was left by an interrupted run
hint: compare '$left' with this file before you delete it, since it may contain other keys" "$(grep -A 1 warning <<<"$stderr")"
		run -0 grep -cF "777;$key" "$left"
		# until its keys are in the key file as well
		echo "777;$key" >>keyfile
		run -0 mkeyfile add 9 -q
		no_litter
	done
}

@test "only files with temporary names count as leftovers" {
	for name in .keyfile.mkeyfile- .keyfile.mkeyfile-0 .keyfile.mkeyfile-0-0 .keyfile.mkeyfile-x-y .keyfile.mkeyfile-1-2-3; do
		echo "5;$(random_key)" >$name
	done
	run -0 mkeyfile add 7 -q
	same '.keyfile.mkeyfile- .keyfile.mkeyfile-0 .keyfile.mkeyfile-0-0 .keyfile.mkeyfile-1-2-3 .keyfile.mkeyfile-x-y' \
		"$(compgen -G '.keyfile.mkeyfile-*' | sort | xargs)"
}

@test "a run killed before its backup is done loses nothing, and the next run continues" {
	cp -p keyfile old
	for call in linkat fsync renameat2 unlinkat; do
		for number in 1 2 3; do
			cp -p old keyfile
			rm -f keyfile~
			ended=0
			strace -o calls -e trace=$call -e inject=$call:signal=KILL:when=$number \
				"$MKEYFILE" generate --force -q || ended=$?
			if [ "$ended" = 0 ]; then
				cmp -s old keyfile~
				continue
			fi
			cmp -s old keyfile || cmp -s old keyfile~
			# and it stays so after the next runs
			run -0 mkeyfile add 77 -q
			grep -qF "$(head -n 1 old)" keyfile || cmp -s old keyfile~
			no_litter
		done
	done
}

@test "earlier content left by a killed run is removed only when the file has all of its keys" {
	openssl_encrypt pw keyfile sealed
	kill_before_unlink() {
		strace -o calls -e trace=unlinkat -e inject=unlinkat:signal=KILL:when=1 "$MKEYFILE" "$@" || :
		compgen -G '.*.mkeyfile-*' >/dev/null
	}
	kill_before_unlink add 7 -q
	kill_before_unlink add 7 -q -f sealed -P pw
	run -0 mkeyfile add 8 -q
	run -0 mkeyfile add 8 -q -f sealed -P pw
	no_litter
	# the only copy of a key: every run keeps the file
	kill_before_unlink add 9 -q
	sed -i '/^100;/d' keyfile
	run -0 mkeyfile add 10 -q
	run -0 grep -c '^100;' .keyfile.mkeyfile-*
}

@test "an interrupted or failed generate with a new password file leaves both files or neither" {
	for fault in fsync:signal=TERM renameat2:signal=INT write:signal=HUP openat:signal=TERM fsync:error=EIO \
		renameat2:error=EIO write:error=ENOSPC close:error=EIO; do
		for number in 1 2 3 4 5 6; do
			rm -f new new.key
			ended=0
			strace -o calls -e trace="${fault%%:*}" -e inject="$fault:when=$number" \
				"$MKEYFILE" generate -q -f new --new-password-file=new.key 2>words || ended=$?
			if [ -e new ]; then
				run -0 mkeyfile list -f new -P new.key
			else
				[ "$ended" != 0 ]
				run -1 compgen -G 'new*'
				run -1 compgen -G '.new*'
			fi
		done
	done
}

# ---- files that cannot be replaced are refused before a password prompt ----

@test "a directory in which another user cannot create files" {
	chown 65534 keyfile
	before=$(snapshot)
	run --separate-stderr as_nobody add 7
	assert_equal 2 "mkeyfile add: cannot create files in the directory of 'keyfile': Permission denied" ""
	run --separate-stderr as_nobody generate -f new
	assert_equal 2 "mkeyfile generate: cannot create files in the directory of 'new': Permission denied" ""
	same "$before" "$(snapshot)"
}

@test "an owner that cannot be preserved" {
	chmod 644 keyfile
	chmod 1777 .
	before=$(snapshot)
	run --separate-stderr as_nobody add 7
	assert_equal 4 "mkeyfile add: warning: 'keyfile' has mode 0644: other users can read its keys, or its group can change them
mkeyfile add: cannot preserve the owner and group of 'keyfile': Operation not permitted" ""
	same "$before" "$(snapshot)"
}

# Runs a script in a separate mount namespace, with this directory writable.
in_own_mounts() {
	run --separate-stderr unshare --mount sh -e -c "$1"
}

@test "a read-only mount, a mount point" {
	before=$(snapshot)
	# shellcheck disable=SC2016
	in_own_mounts 'mount --bind . . && mount -o remount,ro,bind . && cd . && cd "$PWD" && "$MKEYFILE" add 7'
	assert_equal 2 "mkeyfile add: 'keyfile' is on a file system that is mounted read-only" ""
	# shellcheck disable=SC2016
	in_own_mounts 'mount --bind keyfile keyfile && "$MKEYFILE" add 7'
	assert_equal 4 "mkeyfile add: 'keyfile' is a mount point and cannot be replaced
hint: change the file on the host, then restart the container that mounts it
hint: use --write-in-place=BACKUP to copy the file to BACKUP and then overwrite it in place" ""
	# an option that ensure lacks
	# shellcheck disable=SC2016
	in_own_mounts 'mount --bind keyfile keyfile && "$MKEYFILE" ensure 7'
	assert_equal 4 "mkeyfile ensure: 'keyfile' is a mount point and cannot be replaced
hint: change the file on the host, then restart the container that mounts it" ""
	same "$before" "$(snapshot)"
}

@test "on a full disk, nothing is changed and nothing is left over" {
	mkdir small
	# shellcheck disable=SC2016
	in_own_mounts 'mount -t tmpfs -o size=16k,mode=700 none small && cp keyfile small/keyfile && cd small &&
		head -c 100000 /dev/zero >filler 2>/dev/null || : ; sha256sum keyfile >../sums; ls -A >../names
		status=0; "$MKEYFILE" add 7 || status=$?
		sha256sum -c ../sums >/dev/null; ls -A | cmp - ../names; exit $status'
	assert_equal 2 "mkeyfile add: cannot write 'keyfile': No space left on device" ""
	# shellcheck disable=SC2016
	in_own_mounts 'mount -t tmpfs -o size=16k,mode=700 none small && cd small &&
		head -c 100000 /dev/zero >filler 2>/dev/null || :
		status=0; "$MKEYFILE" generate --new-password-file=key || status=$?
		[ "$(ls -A)" = filler ]; exit $status'
	assert_equal 2 "mkeyfile generate: cannot write 'key': No space left on device" ""
}

@test "no inodes, a file size limit" {
	mkdir small
	# shellcheck disable=SC2016
	in_own_mounts 'mount -t tmpfs -o nr_inodes=2,mode=700 none small && cp keyfile small/keyfile && cd small &&
		"$MKEYFILE" add 7'
	assert_equal 2 "mkeyfile add: cannot create a temporary file next to 'keyfile': No space left on device" ""
	head -c 10000 /dev/zero | tr '\0' '#' >>keyfile
	before=$(snapshot)
	run --separate-stderr bash -c 'ulimit -f 8; exec "$MKEYFILE" add 7'
	assert_equal 2 "mkeyfile add: cannot write 'keyfile': File too large" ""
	same "$before" "$(snapshot)"
}

# ---- faults and signals ----

# Makes each system call of a list fail in turn, at each of its uses. Checks that the file is the
# old one or the new one, that the status says which, and that no other file is left.
sweep() { # calls error command...
	local calls=$1 error=$2 call number status
	shift 2
	cp -p keyfile pristine
	for call in $calls; do
		for ((number = 1; number < 60; number++)); do
			cp -p pristine keyfile
			status=0
			strace -o trace -e trace="$call" -e inject="$call:error=$error:when=$number" "$@" >said 2>&1 || status=$?
			grep -q INJECTED trace || break
			# ignore a failure in the sanitizer's own startup
			! grep -qE 'LeakSanitizer has encountered|AddressSanitizer failed to allocate' said || continue
			if cmp -s keyfile pristine; then
				[ "$status" != 0 ] || { echo "$call $number: success, but nothing changed"; return 1; }
			else
				grep -q '^7;' keyfile
				cmp <(head -n 3 pristine) <(head -n 3 keyfile)
				[ "$status" = 0 ] || grep -q 'the key file was changed' said ||
					{ echo "$call $number: status $status, but changed"; cat said; return 1; }
			fi
			if compgen -G '.keyfile.mkeyfile-*' >/dev/null && [ "$call" != unlinkat ]; then
				echo "$call $number: litter"
				return 1
			fi
			rm -f .keyfile.mkeyfile-*
			faults=$((faults + 1))
		done
	done
}

# bats test_tags=deep
@test "every system call of a change fails in turn" {
	faults=0
	sweep 'openat fstat newfstatat read write lseek flock fchown fchmod fsync renameat2 unlinkat close statx mmap
		getrandom fremovexattr flistxattr' EIO "$MKEYFILE" add 7
	sweep 'openat write fsync renameat2 fchmod' ENOSPC "$MKEYFILE" add 7
	[ "$faults" -gt 60 ]
}

@test "a signal before the change stops it with nothing changed, a signal after it comes too late" {
	cp keyfile pristine
	seen=
	local ended
	for signal in TERM INT HUP XCPU; do
		for call in openat read write fsync renameat2; do
			for number in 1 2 3 4; do
				cp -p pristine keyfile
				ended=0
				strace -o trace -e trace="$call" -e inject="$call:signal=$signal:when=$number" \
					"$MKEYFILE" add 7 -q 2>/dev/null || ended=$?
				no_litter
				if cmp -s keyfile pristine; then
					[ "$ended" != 0 ]
					seen="$seen old"
				else
					[ "$ended" = 0 ] || { echo "$signal $call $number: status $ended, but changed"; return 1; }
					grep -q '^7;' keyfile
					seen="$seen new"
				fi
			done
		done
	done
	[[ $seen = *old* && $seen = *new* ]]
}

@test "a signal that is ignored from the start does not stop a change" {
	(
		trap '' HUP
		strace -o trace -e trace=fsync -e inject=fsync:signal=HUP:when=1 "$MKEYFILE" add 7 -q
	)
	grep -q 'SIGHUP' trace
	run -0 grep -c '^7;' keyfile
	no_litter
}

@test "files of a killed run are removed by the next run, files of a running one are not" {
	for call in fchmod write fsync renameat2 unlinkat; do
		strace -o trace -e trace=$call -e inject=$call:signal=KILL:when=1 "$MKEYFILE" add 7 -q || :
		run -0 mkeyfile list --ids
		[ "$(sed '/^7$/d' <<<"$output" | xargs)" = '1 2 100' ]
		sed -i '/^7;/d' keyfile
	done
	run -0 compgen -G '.keyfile.mkeyfile-*'
	touch .keyfile.mkeyfile-0-aaaaaa
	hold .keyfile.mkeyfile-0-aaaaaa 60
	run -0 mkeyfile add 8 -q
	same .keyfile.mkeyfile-0-aaaaaa "$(compgen -G '.keyfile.mkeyfile-*')"
}

@test "the file is synced before it is published, the directory after it" {
	strace -o trace -e trace=write,fsync,renameat2,unlinkat "$MKEYFILE" add 7 -q
	same 'write fsync renameat2 unlinkat fsync' "$(sed -n 's/^\([a-z0-9]*\)(.*/\1/p' trace | xargs)"
}

@test "a write that lies is detected when the file is read back" {
	before=$(sha256sum keyfile)
	run --separate-stderr strace -o trace -e trace=write -e inject=write:retval=300:when=1 "$MKEYFILE" add 7 -q
	assert_equal 2 "mkeyfile add: cannot read back the new content of 'keyfile': Input/output error" ""
	same "$before" "$(sha256sum keyfile)"
	no_litter
}
