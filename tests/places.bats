#!/usr/bin/env bats
# Places where a key file is hard to change: mount points, volumes, flags, other
# people's directories, files that another process is writing.
bats_require_minimum_version 1.5.0
load common

setup_test() {
	export MKEYFILE_FILE=keyfile
	make_keyfile keyfile 1 2 100
	make_password_file pw
}

teardown() {
	[ -z "${holder-}" ] || kill -KILL "$holder" 2>/dev/null || :
}

# Runs a script in a mount namespace of its own: no mount is left.
in_own_mounts() {
	run --separate-stderr unshare --mount bash -e -c "$1"
}

no_litter() {
	run -1 grep -F .mkeyfile- <(find . -name '.*')
}

@test "--write-in-place changes a file that is a mount point" {
	cp keyfile old
	mkdir saved
	in_own_mounts 'mount --bind keyfile keyfile
		"$MKEYFILE" add 7 -q --write-in-place=saved/keyfile; stat -c %i keyfile >inode'
	assert_equal 0 "" ""
	same "$(cat inode)" "$(stat -c %i keyfile)"
	cmp old saved/keyfile
	same 600 "$(stat -c %a saved/keyfile)"
	head -n 3 keyfile | cmp - old
	run -0 grep -c '^7;' keyfile
	# what is said, and an encrypted file
	openssl_encrypt pw keyfile sealed
	cp sealed old
	run --separate-stderr mkeyfile add 8 -f sealed -P pw --write-in-place=saved/sealed
	same 0 "$status"
	same "the old content is in 'saved/sealed'; if encrypted, it needs the old password" "${stderr_lines[0]}"
	cmp old saved/sealed
	openssl_decrypt pw sealed | grep -q '^8;'
	run -1 compgen -G 'saved/.*.mkeyfile*'
}

@test "writing in place: a shorter file, a longer file" {
	{ head -c 10000 /dev/zero | tr '\0' '#' && echo; } >>keyfile
	cp keyfile old
	openssl_encrypt pw keyfile sealed
	run -0 mkeyfile encrypt -q --in-place -P pw --write-in-place=one
	openssl_decrypt pw keyfile | cmp - old
	cmp one old
	run -0 mkeyfile decrypt -q --in-place -P pw --write-in-place=two
	cmp keyfile old
	run -0 mkeyfile generate -q --force --write-in-place=three
	cmp three old
	same 2 "$(key_lines keyfile | wc -l)"
	[ ! -e keyfile~ ]
}

@test "writing in place: refusals" {
	run_refused 64 "mkeyfile add: --backup and --write-in-place cannot be used together: the latter keeps its own backup" \
		add 7 --backup --write-in-place=saved
	run_refused 64 "mkeyfile add: a file name is empty" add 7 --write-in-place=
	run_refused 64 "mkeyfile generate: --write-in-place requires --force: a new file needs no backup" \
		generate -f new --write-in-place=saved
	run_refused 64 "mkeyfile encrypt: --write-in-place requires --in-place or --force: a new file needs no backup" \
		encrypt -P pw -o new --write-in-place=saved
	run_refused 4 "mkeyfile add: 'pw' already exists" add 7 --write-in-place=pw
	run_refused 2 "mkeyfile add: cannot open 'nowhere/saved': No such file or directory" add 7 --write-in-place=nowhere/saved
	chmod 644 keyfile
	chmod 1777 .
	before=$(snapshot)
	run --separate-stderr as_nobody add 7 --write-in-place=saved
	assert_equal 2 "mkeyfile add: cannot write 'keyfile': Permission denied" ""
	same "$before" "$(snapshot)"
}

@test "writing in place: a dry run changes nothing" {
	before=$(snapshot)
	run -0 mkeyfile add 7 -n --write-in-place=saved
	same "$before" "$(snapshot)"
}

@test "writing in place: a full disk is detected before anything changes" {
	mkdir small
	head -c 4000 /dev/zero | tr '\0' '#' >>keyfile
	# it fills one page nearly, and the new line needs another
	truncate -s 4090 keyfile
	in_own_mounts 'mount -t tmpfs -o size=16k,mode=700 none small; cp keyfile small/keyfile; cd small
		head -c 100000 /dev/zero >filler 2>/dev/null || :; sha256sum keyfile >../sums
		status=0; "$MKEYFILE" add 7 --write-in-place=../saved || status=$?
		sha256sum -c ../sums >/dev/null; exit $status'
	assert_equal 2 "mkeyfile add: cannot write 'keyfile': No space left on device" ""
	[ ! -e saved ]
}

@test "writing in place: a failure restores the old content, or reports that it cannot" {
	cp keyfile old
	for fault in write:error=EIO:when=2 fsync:error=EIO:when=3 ftruncate:error=EIO:when=1 fallocate:error=ENOSPC:when=1; do
		run --separate-stderr strace -o trace -e "inject=$fault" "$MKEYFILE" add 7 --write-in-place=saved
		same "2 mkeyfile add: cannot write 'keyfile': $([[ $fault == *ENOSPC* ]] && echo 'No space left on device' || echo 'Input/output error')" "$status $stderr"
		cmp keyfile old
		[ ! -e saved ]
	done
	run --separate-stderr strace -o trace -e inject=write:error=EIO:when=2+ "$MKEYFILE" add 7 --write-in-place=saved
	# its own words cannot be written either
	same 2 "$status"
	cmp saved old
	run --separate-stderr strace -o trace -e inject=fsync:error=EIO:when=3+ "$MKEYFILE" add 7 --write-in-place=again
	assert_equal 2 "mkeyfile add: 'keyfile' is damaged: cannot finish writing: Input/output error
hint: restore the old content from the backup
the old content is in 'again'; if encrypted, it needs the old password" ""
	cmp again old
}

@test "a directory that any user can write to" {
	chmod 777 .
	words="refusing 'keyfile': any user can rename files in directory '$PWD'
hint: run 'chmod o-w $PWD'"
	run_refused 4 "mkeyfile add: $words" add 7
	run_refused 4 "mkeyfile add: $words" add 7 --lock-timeout=0
	mkdir elsewhere
	run_refused 4 "mkeyfile add: ${words/keyfile/elsewhere\/saved}" add 7 --write-in-place=elsewhere/saved
	run_refused 4 "mkeyfile generate: ${words/keyfile/new}" generate -f new
	run_refused 4 "mkeyfile generate: ${words/keyfile/new.key}" generate -f "$TMPDIR/new" --new-password-file=new.key
	run_refused 4 "mkeyfile list: $words" list
	chown 65534 .
	chmod 1777 .
	run_refused 4 "mkeyfile add: refusing 'keyfile': user 'nobody' owns directory '$PWD'
hint: run 'chown root $PWD', or use --trust-owner=nobody" add 7
	chown 0 .
	run -0 mkeyfile add 7 -q
	run -0 mkeyfile generate -q -f new
	chmod 775 .
	run -0 mkeyfile add 8 -q
}

@test "warns of a file in a Kubernetes volume" {
	mkdir -p volume/..2026_01_02_03_04_05.678
	mv keyfile volume/..2026_01_02_03_04_05.678/
	ln -s ..2026_01_02_03_04_05.678 volume/..data
	ln -s ..data/keyfile volume/keyfile
	ln -s volume/keyfile keyfile
	for file in keyfile volume/keyfile volume/..data/keyfile volume/..2026_01_02_03_04_05.678/keyfile; do
		run --separate-stderr mkeyfile add 7 -n -f $file
		same 0 "$status"
		same "mkeyfile add: warning: '$file' is in a Kubernetes volume ('..data'), whose next update will undo this change
hint: change the Kubernetes Secret instead" "$(head -n 2 <<<"$stderr")"
	done
	run -0 mkeyfile add 7 -q
	same ..data/keyfile "$(readlink volume/keyfile)"
	run -0 grep -c '^7;' volume/..data/keyfile
	# a name that only looks so
	mkdir ..other
	make_keyfile ..other/keyfile 1
	run --separate-stderr mkeyfile add 7 -n -f ..other/keyfile
	[[ $stderr != *Kubernetes* ]]
}

@test "immutable and append-only, the file or its directory" {
	truncate -s 2M image
	mkfs.ext4 -q image
	mkdir disk
	cp keyfile old
	in_own_mounts 'mount -o loop image disk; mkdir disk/etc; cp -p keyfile disk/etc/; export MKEYFILE_FILE=disk/etc/keyfile
		trap "chattr -R -ia disk/etc" EXIT
		for flag in i a; do for place in disk/etc/keyfile disk/etc; do
			chattr +$flag $place
			for extra in "" --write-in-place=saved; do
				status=0; "$MKEYFILE" add 7 $extra || status=$?
				[ $status = 2 ]; cmp disk/etc/keyfile old; [ "$(ls -A disk/etc)" = keyfile ]; [ ! -e saved ]
			done
			chattr -$flag $place
		done; done'
	same 0 "$status"
	same "$(yes "mkeyfile add: 'disk/etc/keyfile' or its directory is immutable or append-only" | head -n 8)" \
		"$(sed '/^hint/d' <<<"$stderr")"
}

@test "ext4 and XFS, tmpfs, overlayfs: owner, mode, ACL and attributes are kept" {
	mkdir disk
	truncate -s 2M ext4
	truncate -s 300M xfs
	mkfs.ext4 -q ext4
	mkfs.xfs -q xfs
	setfacl -m u:1:r keyfile
	setfattr -n user.note -v 'of db1' keyfile
	setfattr -n security.selinux -v system_u:object_r:mysqld_etc_t:s0 keyfile
	chown 65534:4 keyfile
	cp keyfile old
	for mount in '-o loop ext4 disk' '-o loop xfs disk' '-t tmpfs none disk' \
		'-t overlay -o lowerdir=lower,upperdir=tmp/upper,workdir=tmp/work none disk'; do
		rm -rf lower tmp
		mkdir lower tmp
		cp -a keyfile lower/
		export mount
		in_own_mounts 'mount -t tmpfs none tmp; mkdir tmp/upper tmp/work; mount $mount
			[ -e disk/keyfile ] || cp -a keyfile disk/
			see() { stat -c "%a %u:%g" disk/keyfile; getfacl -cn disk/keyfile; getfattr -dm - disk/keyfile 2>&1; }
			before=$(see); [[ $before == *user:1:r* && $before == *selinux* ]]
			"$MKEYFILE" add 7 -q -f disk/keyfile --backup --trust-owner=65534
			[ "$before" = "$(see)" ]; cmp disk/keyfile~ old; head -n 3 disk/keyfile | cmp - old; grep -q "^7;" disk/keyfile
			[ "$(find disk -name ".*mkeyfile*")" = "" ]'
		same "$mount 0 " "$mount $status $stderr"
		cmp lower/keyfile old
	done
}

@test "file systems with missing features" {
	for lack in renameat2:error=EINVAL renameat2:error=ENOSYS renameat2:error=EOPNOTSUPP renameat2:error=EPERM \
		flistxattr:error=EOPNOTSUPP flistxattr:error=ENOSYS; do
		make_keyfile keyfile 1 2 100
		cp keyfile old
		run -0 strace -o /dev/null -e "inject=$lack" "$MKEYFILE" add 7 -q
		head -n 3 keyfile | cmp - old
		run -0 grep -c '^7;' keyfile
		# nor hard links
		run -0 strace -o /dev/null -e "inject=$lack" -e inject=linkat:error=EPERM "$MKEYFILE" add 8 -q
		run -0 grep -c '^8;' keyfile
		no_litter
	done
	run -2 strace -o /dev/null -e inject=renameat2:error=EINVAL -e inject=linkat:error=EPERM -e inject=renameat:error=EIO:when=2 \
		"$MKEYFILE" add 9 -q
	no_litter
	for lack in EOPNOTSUPP ENOSYS; do
		rm -f saved
		run -0 strace -o /dev/null -e inject=fallocate:error=$lack "$MKEYFILE" add "2${#lack}" -q --write-in-place=saved
	done
}

@test "another process creates the same file at the same time" {
	before=$(snapshot)
	run --separate-stderr strace -o /dev/null -e inject=renameat2:error=EEXIST "$MKEYFILE" generate -f new -q
	assert_equal 4 "mkeyfile generate: 'new' already exists" ""
	run --separate-stderr strace -o /dev/null -e inject=linkat:error=EEXIST "$MKEYFILE" add 7 -q --backup
	assert_equal 2 "mkeyfile add: cannot keep a backup of 'keyfile': No such file or directory" ""
	run --separate-stderr strace -o /dev/null -e inject=linkat:error=EMLINK "$MKEYFILE" add 7 -q --backup
	assert_equal 2 "mkeyfile add: cannot keep a backup of 'keyfile': Too many links" ""
	same "$before" "$(snapshot)"
}

@test "the caller's own sticky directory, not as root" {
	chown -R 65534:65534 .
	chmod 1777 .
	run -0 as_nobody add 7 -q
	run -0 grep -c '^7;' keyfile
}

@test "a file that only looks like a temporary file is kept and reported" {
	mkfifo .keyfile.mkeyfile-1-2 .keyfile.mkeyfile-3-4
	touch .keyfile.swp
	run --separate-stderr mkeyfile add 7
	same 0 "$status"
	[[ $stderr == *"warning: '.keyfile.mkeyfile-"?-?"', in the same directory, was left by an interrupted run"* ]]
	[ -p .keyfile.mkeyfile-1-2 ] && [ -p .keyfile.mkeyfile-3-4 ] && [ -e .keyfile.swp ]
	# and a directory that only looks like a Kubernetes volume
	mkdir ..other ..third
	ln -s ..third ..data
	make_keyfile ..other/keyfile 1
	run --separate-stderr mkeyfile add 7 -n -f ..other/keyfile
	[[ $stderr != *Kubernetes* ]]
}

@test "a password command that runs for long" {
	printf 'correct horse battery staple\n' >pw
	openssl_encrypt pw keyfile sealed
	run -0 mkeyfile list --ids -f sealed --password-command="cat pw; yes '' | head -c 60000"
	same '1 2 100' "$(xargs <<<"$output")"
	run -0 strace -o /dev/null -e inject=wait4:error=EINTR:when=1 "$MKEYFILE" list --no-defaults --ids -f sealed --password-command='cat pw'
	run --separate-stderr strace -o /dev/null -e inject=wait4:error=ECHILD:when=1 "$MKEYFILE" list --no-defaults -f sealed --password-command='cat pw'
	assert_equal 2 "mkeyfile list: cannot run the password command: No child processes" ""
	# there is an end to patience
	run --separate-stderr mkeyfile list --ids -f sealed --password-command="cat pw; yes '' 2>/dev/null | head -c 300000; exit 3"
	assert_equal 2 "mkeyfile list: the password command failed with status 3" ""
}

@test "attributes that cannot be copied, or are bound to one file" {
	setfacl -m u:1:r keyfile
	setfattr -n user.note -v 'of db1' keyfile
	setfattr -n security.ima -v 0x0401 keyfile || skip "no security.ima here"
	before=$(snapshot)
	for fault in fgetxattr:error=EIO fsetxattr:error=EPERM fchmod:error=EPERM flistxattr:error=EIO; do
		run --separate-stderr strace -o /dev/null -e "inject=$fault" "$MKEYFILE" add 7 -q
		assert_equal 2 "mkeyfile add: cannot preserve the mode, ACL and extended attributes of 'keyfile': $([[ $fault == *EPERM ]] && echo 'Operation not permitted' || echo 'Input/output error')" ""
		same "$before" "$(snapshot)"
	done
	run -0 mkeyfile add 7 -q
	same user.note "$(getfattr -m - keyfile | grep -oE 'user.note|security.ima' | xargs)"
	chown 65534 keyfile
	run --separate-stderr strace -o /dev/null -e inject=fchown:error=EPERM "$MKEYFILE" add 8 -q \
		--trust-owner=nobody
	assert_equal 4 "mkeyfile add: cannot preserve the owner and group of 'keyfile': Operation not permitted" ""
	setfacl -d -m u:1:rw .
	run --separate-stderr strace -o /dev/null -e inject=fremovexattr:error=EPERM "$MKEYFILE" add 8 -q \
		--trust-owner=nobody
	assert_equal 2 "mkeyfile add: cannot preserve the mode, ACL and extended attributes of 'keyfile': Operation not permitted" ""
}

# Runs mkeyfile until it has made a call for the NUMBERth time, and stops it there.
stop_at() { # call number argument...
	local call=$1 number=$2
	shift 2
	rm -f calls
	env ASAN_OPTIONS=detect_leaks=0 strace -o calls -P "$PWD/keyfile" -e trace="$call" \
		-e inject="$call:signal=STOP:when=$number" "$MKEYFILE" "$@" >printed 2>words 3>&- &
	holder=$!
	await_stop
}

@test "a file that grows while it is read" {
	key=$(random_key)
	for number in 1 2; do
		make_keyfile keyfile 1 2 100
		stop_at read $number add 7 -q
		echo "8;$key" >>keyfile
		go_on
		# the line was read with the rest, or noticed later; it is never lost
		run -0 grep -cF "8;$key" keyfile
		[ "$ended" = 0 ] || same "mkeyfile add: 'keyfile' was changed by another program while this command ran; that change was kept and yours was not applied" \
			"$(head -n 1 words)"
		no_litter
	done
	make_keyfile keyfile 1 2 100
	stop_at read 1 list --ids
	head -c 2000000 /dev/zero | tr '\0' '#' >>keyfile
	go_on
	same "2 mkeyfile list: 'keyfile' is larger than 1048576 bytes, the most that a server reads" "$ended $(cat words)"
}

@test "memory that cannot be locked gets one warning, and the command succeeds" {
	! grep -q __asan_init "$MKEYFILE" || skip "AddressSanitizer takes mlock(2) away"
	chown -R 65534:65534 .
	without_locked_memory() (
		ulimit -l 0
		as_nobody "$@"
	)
	run --separate-stderr without_locked_memory add 7 8
	same 0 "$status"
	same 1 "$(grep -c 'memory could not be locked' <<<"$stderr")"
	same "mkeyfile add: warning: memory could not be locked: keys may have reached swap space (see ulimit -l)" "${stderr_lines[-1]}"
	run -0 mkeyfile list --ids --trust-owner=nobody
	same '1 2 7 8 100' "$(xargs <<<"$output")"
}
