#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# verify --datadir on real data directories. MKEYFILE_TEST_LONG=1 adds the whole matrix
# of formats, and larger tests.
bats_require_minimum_version 1.5.0
load common
load data

setup_file() {
	local id
	cd "$BATS_FILE_TMPDIR" || return
	# two directories, which together cover both page formats, ciphers and sizes of the system key
	data_keys "$PWD/new.keys" 32
	data_make "$PWD/new" 16 1500 "$PWD/new.keys"
	data_keys "$PWD/old.keys" 16
	data_make "$PWD/old" 4 1500 "$PWD/old.keys" --innodb-checksum-algorithm=crc32 \
		--loose-file-key-management-encryption-algorithm=aes_ctr
}

setup_test() {
	DATA=$BATS_FILE_TMPDIR
	: "${DATA:?}"
}

teardown() {
	server_stop
	server_pid=${master_pid-}
	server_stop
}

# prove KEY-FILE DIRECTORY [option...]: runs verify --datadir and sets json to its member "data"
prove() {
	local keys=$1 directory=$2
	shift 2
	run --separate-stderr mkeyfile verify -q -j -f "$keys" --datadir="$directory" "$@"
	same "" "$stderr"
	json=$(jq .data <<<"$output")
}

# Prints the answers of files that need this key: "answer count", sorted.
answers() { # id [version]
	jq -r --argjson id "$1" --argjson version "${2-1}" \
		'.files[] | select(any(.uses[]; .id == $id and .version == $version and .pages > 0)) | .answer' <<<"$json" |
		sort | uniq -c | awk '{ print $2, $1 }'
}

key_answer() { # id [version]
	jq -r --argjson id "$1" --argjson version "${2-1}" \
		'.needs[] | select(.id == $id and .version == $version) | .answer // "not needed"' <<<"$json"
}

# Prints the names of files that match a query.
files() { # query
	jq -r ".files[] | select($1) | .path" <<<"$json" | sed 's|.*/||' | sort | tr '\n' ' '
}

# Prints one digest of the names, sizes, access and modification times of all files.
untouched() { # directory
	(cd "$1" && find . -type f -printf '%p %s %T@ %C@ %A@\n' | sort) | sha256sum
}

# Checks that a directory is proven with its key file. For each key, checks that it is refuted
# with a key file that lacks the key, has a different one in its place, or has two swapped.
prove_and_refute() { # directory
	local directory=$1 depth id other before
	before=$(untouched "$directory")
	for depth in '' --full; do
		prove "$directory.keys" "$directory" $depth
		same 0 "$status"
		same 'true' "$(jq .opens <<<"$json")"
		same '' "$(files '.answer != "proven" and .answer != "not-encrypted"')"
		for id in 1 100 101; do
			same proven "$(key_answer $id)"
		done
		for id in 2 102; do
			same 'not needed' "$(key_answer $id)"
		done
	done
	[ "$(answers 1 | cut -d' ' -f2)" -ge 20 ]
	for id in 1 100 101; do
		other=$((id == 101 ? 1 : 101))
		data_remove_key "$directory.keys" $id >lacks
		data_replace_key "$directory.keys" $id >replaced
		awk -F';' -v a=$id -v b=102 '{ key[$1] = $2; id[NR] = $1 } END { swap = key[a]; key[a] = key[b]; key[b] = swap
			for (i = 1; i <= NR; i++) print id[i] ";" key[id[i]] }' "$directory.keys" >swapped
		chmod 600 lacks replaced swapped
		for depth in '' --full; do
			prove lacks "$directory" $depth
			same 1 "$status"
			same missing-key "$(key_answer $id)"
			same missing-key "$(answers $id | cut -d' ' -f1)"
			same proven "$(answers $other | cut -d' ' -f1)"
			for keys in replaced swapped; do
				prove $keys "$directory" $depth
				same 1 "$status"
				same wrong-key "$(key_answer $id)"
				same wrong-key "$(answers $id | cut -d' ' -f1)"
				same proven "$(answers $other | cut -d' ' -f1)"
			done
		done
	done
	same "$before" "$(untouched "$directory")"
}

@test "full_crc32, 16k, aes_cbc: every kind of file is proven, and refuted for each wrong key" {
	prove_and_refute "$DATA/new"
	prove "$DATA/new.keys" "$DATA/new"
	same '["AES_CBC"]' "$(jq -c .algorithms <<<"$json")"
	same 'aria-data aria-index binary-log innodb plain redo-log' \
		"$(jq -r '.files[].kind' <<<"$json" | sort -u | tr '\n' ' ' | sed 's/ $//')"
	same 'ib_logfile0 ' "$(files '.kind == "redo-log" and .answer == "proven"')"
	same 'binlog.000001 binlog.000002 ' "$(files '.kind == "binary-log" and .answer == "proven"')"
	same 'aria.MAD aria_lossy.MAD aria_unchecked.MAD ' "$(files '.kind == "aria-data" and .answer == "proven"')"
	same 'aria_plain.MAD ' "$(files '.kind == "aria-data" and .answer != "proven" and (.path | contains("/db/aria_p"))')"
	same 'ibdata1 ' "$(files '.answer == "proven" and (.path | contains("/ibdata"))')"
}

@test "the older format, 4k, aes_ctr: every kind of file is proven, and refuted for each wrong key" {
	prove_and_refute "$DATA/old"
	prove "$DATA/old.keys" "$DATA/old"
	same '["AES_CTR"]' "$(jq -c .algorithms <<<"$json")"
}

@test "the wrong encryption algorithm proves nothing" {
	prove "$DATA/new.keys" "$DATA/new" --encryption-algorithm=aes_ctr
	same 1 "$status"
	same wrong-key "$(key_answer 100)"
	run -1 --separate-stderr mkeyfile verify -f "$DATA/new.keys" --datadir="$DATA/new" --encryption-algorithm=aes_ctr
	grep -xF 'hint: omit --encryption-algorithm: only AES_CTR was tried' <<<"$output"
	run -1 grep -E '^hint: (restore|look for)' <<<"$output"
	prove "$DATA/new.keys" "$DATA/new" --encryption-algorithm=AES_CBC
	same 0 "$status"
}

@test "the algorithm in the option files must be that of the data" {
	cp "$DATA/old.keys" keyfile
	chmod 600 keyfile
	section() { # more lines
		printf '[mariadb]\nplugin_load_add = file_key_management\nfile_key_management_filename = %s/keyfile\n' "$PWD"
		printf '%s\n' "$@"
	}
	export MKEYFILE_PRINT_DEFAULTS=my_print_defaults
	section >my.cnf
	run -1 --separate-stderr mkeyfile verify --defaults-file=my.cnf --datadir "$DATA/old" --server-user=root
	[[ $output = *"
  the data is encrypted with AES_CTR, but the server's option files say AES_CBC
hint: set file_key_management_encryption_algorithm to the algorithm of the data
"* ]]
	section 'loose_file_key_management_encryption_algorithm = aes_ctr' >my.cnf
	run -0 --separate-stderr mkeyfile verify --defaults-file=my.cnf --datadir "$DATA/old" --server-user=root --json
	same '[["AES_CTR"],null]' "$(jq -c '[.data.algorithms, .data.unfit_algorithm]' <<<"$output")"
	# the server's settings do not apply to a key file that is not the server's
	run -0 --separate-stderr mkeyfile verify --defaults-file=my.cnf --datadir "$DATA/new" --server-user=root \
		-f "$DATA/new.keys"
}

@test "the report of a missing key says which key, what needs it, and what to do" {
	mkdir -p copy/db
	cp "$DATA"/new/db/{compact_,parts*,dynamic_}.ibd copy/db
	data_remove_key "$DATA/new.keys" 101 >keyfile
	chmod 600 keyfile
	run -1 --separate-stderr mkeyfile verify -f keyfile --datadir copy
	same '' "$stderr"
	pages=$(sed -n "s/.*compact_.ibd.*: \([0-9]* pages.*\), no such key/\1/p" <<<"$output")
	[ "${pages%% *}" -gt 10 ]
	same "no: 'copy': 4 encrypted files, 2 keys (1 missing key, 1 proven), 3 lack a key, 1 proven" "${lines[2]}"
	grep -E '^  101 +1 +3 +[0-9]+ +missing key +3 InnoDB$' <<<"$output"
	grep -E '^  1 +1 +1 +[0-9]+ +proven +1 InnoDB$' <<<"$output"
	grep -E '^  102 +1 +0 +0 +not needed$' <<<"$output"
	grep -xF "missing key: 'copy/db/compact_.ibd': InnoDB; ID 101 version 1: $pages, no such key" <<<"$output"
	grep -xF "hint: do not drop or repair any table: the data is intact, even if the server calls it corrupted" <<<"$output"
	grep -xF "hint: look for a key file with ID 101 version 1, and import its key with 'mkeyfile add --key-from=FILE 101'" <<<"$output"
}

@test "with a key file that lacks a key the server reports corruption, with the right one it reads the data" {
	cp -a "$DATA/new" data
	data_remove_key "$DATA/new.keys" 101 >keyfile
	data_start "$PWD/data" "$PWD/keyfile"
	run data_sql "$PWD/data" <<<'SELECT COUNT(*) FROM db.compact_'
	[ "$status" != 0 ]
	server_stop
	data_start "$PWD/data" "$DATA/new.keys"
	same 1000 "$(data_sql "$PWD/data" <<<'SELECT COUNT(*) FROM db.compact_')"
}

# Checks that the guard, without keys, and verify, with keys, agree.
same_needs() { # key-file directory
	local unsure
	prove "$1" "$2"
	unsure=$(jq .unsure_file_count <<<"$json")
	# the redo log of 10.5 shows a clean shutdown only with its key
	! server_before_10_6 || unsure=$((unsure + 1))
	same "$(jq -r '.needs[] | select(.needed or .residual_pages > 0) |
		"\(.id) \(.version) \(.file_count) \(.pages) \(.free_pages) \(.residual_pages)"' <<<"$json")
unsure $unsure" "$("$abs_top_builddir/tests/print-needs" "$2" | grep -v '^1 0 ')"
}

@test "the keys that a directory needs are found without any key" {
	same_needs "$DATA/new.keys" "$DATA/new"
	same_needs "$DATA/old.keys" "$DATA/old"
	data_remove_key "$DATA/new.keys" 101 >keyfile
	chmod 600 keyfile
	same_needs keyfile "$DATA/new"
	run -1 "$abs_top_builddir/tests/print-needs" nowhere
}

@test "unreadable, unknown and packed files are reported" {
	mkdir -p copy/db copy/closed
	cp "$DATA"/new/db/dynamic_.ibd copy/db
	echo hello >copy/what
	echo packed >copy/db/t.ibd.qp
	head -c 65536 /dev/zero >copy/db/new.ibd
	head -c 65536 /dev/urandom >copy/db/noise.ibd
	cp "$DATA/new/db/aria.MAD" copy/db/alone.MAD
	ln -s nowhere copy/dangling
	mkfifo copy/pipe
	prove "$DATA/new.keys" copy
	same 1 "$status"
	same 'alone.MAD not-provable no-index
dangling unreadable null
dynamic_.ibd proven null
new.ibd not-provable zero-head
noise.ibd damaged no-head
t.ibd.qp unknown-kind packed
what unknown-kind null' "$(jq -r '.files[] | "\(.path) \(.answer) \(.note)"' <<<"$json" | sed 's|.*/||' | sort)"
	rm copy/db/noise.ibd
	prove "$DATA/new.keys" copy
	same 2 "$status"
	rm copy/dangling
	prove "$DATA/new.keys" copy
	same '2 4' "$status $(jq .unsure_file_count <<<"$json")"
	rm copy/db/new.ibd
	prove "$DATA/new.keys" copy
	same '2 3' "$status $(jq .unsure_file_count <<<"$json")"
	rm copy/db/t.ibd.qp
	prove "$DATA/new.keys" copy
	same '0 2' "$status $(jq .unsure_file_count <<<"$json")"
	run_refused 2 "mkeyfile verify: cannot open 'none': No such file or directory" verify -f "$DATA/new.keys" --datadir none
	run_refused 64 'mkeyfile verify: --full, --all-files, --coverage and --encryption-algorithm require --datadir or --server-data' \
		verify -f "$DATA/new.keys" --full
}

@test "reading a directory as its owner, not root, changes no access times" {
	[ "$(id -u)" = 0 ] || skip 'only root can change its user ID'
	cp -a "$DATA/new" copy
	cp "$DATA/new.keys" keyfile
	chown -R nobody copy keyfile
	before=$(untouched copy)
	run -0 as_nobody verify -q -f keyfile --datadir copy --full
	same "$before" "$(untouched copy)"
	# a file of another user
	chown -R root copy
	chmod -R go+rX copy
	chmod 600 copy/db/dynamic_.ibd
	run -2 as_nobody verify -q -f keyfile --datadir copy
	[[ $output == *"unreadable: 'copy/db/dynamic_.ibd': "*"Permission denied"* ]]
}

@test "files outside the page cache are read in one piece, with identical answers" {
	for kind in new old; do
		prove "$DATA/$kind.keys" "$DATA/$kind"
		cached=$json
		run --separate-stderr strace -f -o trace -e trace=pread64,preadv2 -e inject=preadv2:error=EAGAIN \
			"$MKEYFILE" verify -q -j -f "$DATA/$kind.keys" --datadir="$DATA/$kind"
		same 0 "$status"
		same "$cached" "$(jq .data <<<"$output")"
		grep -q 'preadv2.*INJECTED' trace
		# the length of a page header; of an undo tablespace, only the first one is read
		run -1 grep -E 'pread64\(.*, 38, [1-9]' trace
	done
}

@test "several threads read one large file" {
	mkdir large
	cp "$DATA/new/db/dynamic_.ibd" large
	head -c 128M /dev/zero >>large/dynamic_.ibd
	# the walk of the directory ends before the file is opened
	run -0 strace -f -o trace -P large/dynamic_.ibd -e trace=openat,pread64 -e inject=openat:delay_exit=200000 \
		"$MKEYFILE" verify -q -f "$DATA/new.keys" --datadir=large --full
	grep -q 'openat.*DELAYED' trace
	[ "$(awk '/pread64/ { print $1 }' trace | sort -u | wc -l)" -ge 2 ]
}

@test "one flipped bit is damage, neither a wrong key nor a proof" {
	local count=70 kind
	[ -z "${MKEYFILE_TEST_LONG-}" ] || count=1000
	for kind in new old; do
		mkdir -p $kind/db
		cp "$DATA/$kind"/db/{dynamic_,compact_,redundant_,zip,pages}.ibd "$DATA/$kind"/db/aria{,_lossy,_unchecked}.MA? $kind/db
		cp "$DATA/$kind/binlog.000001" $kind
		run "$abs_top_srcdir/tests/flip-bits" $count "$RANDOM" "$DATA/$kind.keys" $kind \
			$kind/db/*.ibd $kind/db/*.MA? $kind/binlog.000001
		echo "$output"
		same "$count bits, 0 not reported as damage" "${lines[-1]}"
		# places where a flipped bit may leave the decompressed page unchanged
		run "$abs_top_srcdir/tests/flip-bits" $count "$RANDOM" "$DATA/$kind.keys" $kind $kind/db/pages.ibd
		echo "$output"
		same "$count bits, 0 not reported as damage" "${lines[-1]}"
	done
}

@test "the end of a longer page after a compressed one is not damage" {
	mkdir db
	cp "$DATA/new/db/pages.ibd" db
	run -0 python3 - db/pages.ibd <<-'END'
		import struct, sys
		with open(sys.argv[1], "r+b") as file:
		    data = file.read()
		    for at in range(16384, len(data), 16384):
		        if struct.unpack_from(">I", data, at)[0] and data[at + 24] & 0x80:
		            file.seek(at + 16383)
		            file.write(b"x")
		            print(at)
	END
	[ "${#lines[@]}" -gt 0 ]
	prove "$DATA/new.keys" "$PWD/db" --full
	same 'proven 0' "$(jq -r '.files[0].answer' <<<"$json") $status"
}

@test "a damaged page among intact ones is located, and the key counts as right" {
	mkdir db
	cp "$DATA/new/db/dynamic_.ibd" db
	printf '\xff' | dd of=db/dynamic_.ibd bs=1 seek=$((3 * 16384 + 9000)) conv=notrunc status=none
	run -1 --separate-stderr mkeyfile verify -f "$DATA/new.keys" --datadir db --full
	grep -E "^no: 'db': 1 encrypted file, 1 key( \(1 damaged\))?, 1 damaged$" <<<"$output"
	grep -E "^damaged: 'db/dynamic_.ibd': InnoDB; ID 1 version 1: [0-9]+ pages.*, 1 damaged, the first at page 3$" <<<"$output"
	grep -xF "hint: restore damaged files from a backup: no key can decrypt them" <<<"$output"
}

@test "tables with the names of other files, new tables, and freed pages" {
	data_keys keys
	data_install "$PWD/data"
	data_start "$PWD/data" "$PWD/keys"
	data_sql "$PWD/data" <<-'END'
		CREATE DATABASE db; USE db;
		CREATE TABLE ibtmp1 (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=102;
		CREATE TABLE ibdata1 (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=102;
		CREATE TABLE ib_logfile0 (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=102;
		CREATE TABLE ibdata2 (i INT PRIMARY KEY) ENGINE=Aria;
		INSERT INTO ibtmp1 VALUES (1);
		INSERT INTO ibdata2 VALUES (1);
		CREATE TABLE freed (i INT PRIMARY KEY, t TEXT) ENGINE=Aria;
		INSERT INTO freed SELECT seq, REPEAT('x', 500) FROM seq_1_to_2000;
		DELETE FROM freed WHERE i < 1500;
		CREATE TABLE fresh (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO fresh SELECT seq, REPEAT('x', 1000) FROM seq_1_to_3000;
	END
	# page 0 of the largest file is still only in the redo log
	for server in live killed; do
		prove keys "$PWD/data"
		same 0 "$status"
		same '' "$(files '.answer == "damaged"')"
		[[ $server = killed ]] || kill_server
	done
	data_start "$PWD/data" "$PWD/keys"
	server_stop
	for depth in '' --full; do
		prove keys "$PWD/data" $depth
		same 0 "$status"
		same 'freed.MAD freed.MAI fresh.ibd ib_logfile0.ibd ibdata1.ibd ibdata2.MAD ibdata2.MAI ibtmp1.ibd ' \
			"$(files '.answer == "proven" and (.path | contains("/db/"))')"
		same proven "$(key_answer 102)"
	done
	run -4 mkeyfile remove -f keys --datadir "$PWD/data" 102
	same "mkeyfile remove: key ID 102 version 1 is needed by 3 files, for example '$PWD/data/db/ib_logfile0.ibd'" "${lines[0]}"
	# truncated files
	truncate -s 1M data/db/fresh.ibd
	truncate -s 0 data/db/ibdata1.ibd
	prove keys "$PWD/data" --full
	same 1 "$status"
	same 'fresh.ibd cut-off
ibdata1.ibd no-head' "$(jq -r '.files[] | select(.answer == "damaged") | "\(.path) \(.note)"' <<<"$json" | sed 's|.*/||')"
}

@test "a file with a damaged head never counts as unencrypted, and its key IDs are not trusted" {
	mkdir -p db aria
	cp "$DATA/new/db/compact_.ibd" db
	cp "$DATA"/new/db/aria.MA? aria
	# the key ID, and the bytes that say there is one
	for place in 10456 10428; do
		cp "$DATA/new/db/compact_.ibd" db
		flip_bit db/compact_.ibd $place 1
		prove "$DATA/new.keys" "$PWD/db"
		same 'damaged 1 1' "$(jq -r '"\(.files[0].answer) \(.unsure_file_count)"' <<<"$json") $status"
	done
	cp "$DATA/new/db/compact_.ibd" db
	change_page0 db/compact_.ibd 10428 000000000000
	prove "$DATA/new.keys" "$PWD/db"
	same 'not-provable 1 2' "$(jq -r '"\(.files[0].answer) \(.unsure_file_count)"' <<<"$json") $status"
	cp "$DATA/new/ib_logfile0" db
	prove "$DATA/new.keys" "$PWD/db"
	same 1 "$status"
	same 'compact_.ibd ' "$(files '.answer == "damaged"')"
	[[ $(mkeyfile verify -f "$DATA/new.keys" --datadir db) == *' pages seem encrypted, although the first page does not say so'* ]]
	# all bytes that lead to the crypt block of an Aria table
	head=$((0x$(od -An -tx1 -j 6 -N 2 aria/aria.MAI | tr -d " ")))
	for byte in 7 11 13 15 17 18 19 22 $((head - 22)) $((head - 21)); do
		cp "$DATA"/new/db/aria.MAI aria
		flip_bit aria/aria.MAI $byte $((RANDOM % 8))
		prove "$DATA/new.keys" "$PWD/aria"
		same 1 "$status"
		same 'damaged not-provable' "$(jq -r '.files[].answer' <<<"$json" | sort | xargs)"
	done
}

# Copies one page over another, or flips one bit, in a tablespace with this page size.
change_pages() { # file page-size from to | file page-size byte
	python3 - "$@" <<-'END'
		import sys
		size, *rest = map(int, sys.argv[2:])
		with open(sys.argv[1], "r+b") as file:
		    data = bytearray(file.read())
		    if len(rest) == 2:
		        data[rest[1] * size:(rest[1] + 1) * size] = data[rest[0] * size:(rest[0] + 1) * size]
		    else:
		        data[rest[0]] ^= 4
		    file.seek(0)
		    file.write(data)
	END
}

@test "an unencrypted page is damaged if it belongs elsewhere" {
	local kind size table
	mkdir db
	for kind in new old; do
		size=16384
		[[ $kind = new ]] || size=4096
		# a page of another place, also page 0, another space ID, and in the old format the end of the LSN
		for change in "plain 4 5" "plain 0 4" "compact_ 0 4" "plain $((4 * size + 37))" "plain $((5 * size - 2))" \
			"plain $((size - 2))" "compact_ $((size - 2))"; do
			table=${change%% *}
			cp "$DATA/$kind/db/$table.ibd" db/t.ibd
			prove "$DATA/$kind.keys" db --full
			same 0 "$status"
			# shellcheck disable=SC2086
			change_pages db/t.ibd $size ${change#* }
			prove "$DATA/$kind.keys" db --full
			same "1 damaged after $kind $change" "$status $(jq -r '.files[0].answer' <<<"$json") after $kind $change"
		done
	done
}

@test "on a running server, not every unchanged bad page costs a pause" {
	local pid pauses
	mkdir db
	cp "$DATA/new/ibdata1" db/ibdata9
	python3 - db/ibdata9 <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as file:
		    data = bytearray(file.read())
		    # mark no page as free
		    for at in range(150, 150 + 12 * 40, 40):
		        data[at + 20:at + 40] = b"\0\0\0\2" + bytes(16)
		    for at in range(16384 * 200, len(data), 16384):
		        data[at + 100] ^= 1
		    file.seek(0)
		    file.write(data)
	END
	coproc holder { python3 -c 'import fcntl, sys
file = open("db/ibdata9", "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()' 3>&-; }
	pid=$holder_PID
	read -r <&"${holder[0]}"
	run -1 timeout 60 strace -f -o trace -e trace=clock_nanosleep,nanosleep \
		"$MKEYFILE" verify -q --no-defaults -j -f "$DATA/new.keys" --datadir db --full
	kill "$pid"
	wait "$pid" || true
	same true "$(jq .data.live <<<"$output")"
	[ "$(jq '.data.files[0].damaged_plain_pages' <<<"$output")" -ge 250 ]
	pauses=$(grep -c 'nanosleep(' trace)
	[ "$pauses" -ge 10 ]
	[ "$pauses" -le 120 ]
}

@test "a file that cannot be read to its end is reported, regardless of the other files" {
	local depth link
	mkdir log
	cp "$DATA/new/binlog.000001" log
	run -2 --separate-stderr strace -f -o trace -P log/binlog.000001 -e trace=pread64 -e inject=pread64:error=EIO:when=2 \
		"$MKEYFILE" verify -f "$DATA/new.keys" --datadir log
	grep -q INJECTED trace
	[[ $output == *"unreadable: 'log/binlog.000001': "*'; Input/output error'* ]]
	run -1 grep -F 'hint: run the command as root' <<<"$output"
	# a file that was truncated after it was opened
	mkdir -p db links
	cp "$DATA/new/db/compact_.ibd" db
	for depth in '' --full; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr strace -f -o trace -P db/compact_.ibd -e trace=pread64 -e inject=pread64:retval=0:when=3+ \
			"$MKEYFILE" verify -f "$DATA/new.keys" --datadir db $depth
		grep -q INJECTED trace
		[[ $output == *"unreadable: 'db/compact_.ibd': "*'; No data available'* ]]
	done
	# files that depend on another file
	cp "$DATA"/new/db/aria.MAD links
	mkdir links/aria.MAI
	prove "$DATA/new.keys" links
	same '2 aria.MAD unreadable no-index' "$status $(answers_of .)"
	# a link file, unless a backup has the tablespace next to it
	rm -r links/*
	for link in "$PWD/nowhere.ibd" nowhere.ibd '' "/$(printf '%5000s' x | tr ' ' x)"; do
		printf %s "$link" >links/compact_.isl
		rm -f links/compact_.ibd
		prove "$DATA/new.keys" links
		same '2 unreadable' "$status $(jq -r '.files[] | select(.answer != "not-encrypted").answer' <<<"$json")"
		cp db/compact_.ibd links
		prove "$DATA/new.keys" links
		[[ $link == "$PWD"/* ]] || { same 2 "$status"; continue; }
		same '0 proven' "$status $(jq -r '.files[] | select(.answer != "not-encrypted").answer' <<<"$json")"
	done
	# the file next to it is not the one that the server reads
	printf %s "$PWD/db/compact_.ibd" >links/compact_.isl
	cp "$DATA/new/db/dynamic_.ibd" links/compact_.ibd
	prove "$DATA/new.keys" links
	same 2 "$(jq '[.files[] | select(.answer == "proven")] | length' <<<"$json")"
	rm links/compact_.ibd
	printf '%s\n' "$PWD/db/compact_.ibd" >links/compact_.isl
	# with only the thread that walks
	run -2 --separate-stderr strace -o trace -P links/compact_.isl -e trace=openat -e inject=openat:error=EIO:when=1 \
		"$MKEYFILE" verify -f "$DATA/new.keys" --datadir links
	grep -q INJECTED trace
	[[ $output == *"unreadable: 'links/compact_.isl': "*'; Input/output error'* ]]
}

@test "hostile directories: circular links, holes, and names with terminal escapes" {
	local one other
	mkdir -p links/{a,b,c,d,e,f,g,h,i,j,k,l} hole
	for one in links/*; do
		for other in {a..l}; do
			[ "${one##*/}" = "$other" ] || ln -s "../$other" "$one/$other"
		done
	done
	cp "$DATA/new/db/dynamic_.ibd" links/a
	run -0 timeout 60 "$MKEYFILE" verify -q -j -f "$DATA/new.keys" --datadir links
	same 1 "$(jq '.data.files | length' <<<"$output")"
	cp "$DATA/new/db/dynamic_.ibd" hole
	truncate -s 1T hole/dynamic_.ibd
	for depth in '' --full; do
		run -0 timeout 60 "$MKEYFILE" verify -q -j -f "$DATA/new.keys" --datadir hole $depth
		same 'proven 1099511627776' "$(jq -r '.data.files[0] | "\(.answer) \(.bytes)"' <<<"$output")"
	done
	rm hole/dynamic_.ibd
	truncate -s 4T hole/zero.ibd
	run -2 timeout 60 "$MKEYFILE" verify -q -j -f "$DATA/new.keys" --datadir hole
	same 'zero-head 4398046511104' "$(jq -r '.data.files[0] | "\(.note) \(.bytes)"' <<<"$output")"
	rm hole/zero.ibd
	# next to a system tablespace it could be one of its files
	cp "$DATA/new/ibdata1" hole
	truncate -s 1M hole/ibdata1
	printf 'something' >hole/what
	truncate -s 1T hole/what
	printf 'something' | dd of=hole/what bs=1 seek=500G conv=notrunc status=none
	run -2 timeout 60 "$MKEYFILE" verify -q -j -f "$DATA/new.keys" --datadir hole
	same 'unknown-kind' "$(jq -r '.data.files[] | select(.path == "hole/what").answer' <<<"$output")"
	mkdir names
	echo x >names/$'a\033[31m\nyes: all proven'
	run -2 --separate-stderr mkeyfile verify -f "$DATA/new.keys" --datadir names
	assert_equal 2 "mkeyfile verify: 'names' is not a data directory: it contains no InnoDB or Aria file, no binary log and no redo log
hint: use --server-data for the data directory of this host's server, or choose another directory with --datadir=DIR" ""
	cp "$DATA/new/db/plain.ibd" names
	run -0 mkeyfile verify -f "$DATA/new.keys" --datadir names
	grep -xF "unknown kind: 'names/a\\033[31m\\012yes: all proven': unknown" <<<"$output"
	# terminal commands outside ASCII
	echo x >names/$'b\302\233'
	run -0 mkeyfile verify -q -j -f "$DATA/new.keys" --datadir names
	same 3 "$(jq '.data.files | length' <<<"$output")"
	run -1 grep -P '[^\x09\x0a\x20-\x7e]' <<<"$output"
	mkdir nothing
	run -2 mkeyfile verify -q -f "$DATA/new.keys" --datadir names --datadir nothing
	same "mkeyfile verify: 'nothing' contains no files and is not a data directory" "${lines[-1]}"
}

# Sets algorithm, and the options for a server on a directory of setup_file.
options_of() { # kind
	algorithm=aes_cbc
	options=()
	[ "$1" = old ] || return 0
	algorithm=aes_ctr
	options=(--innodb-page-size=4k --innodb-checksum-algorithm=crc32
		--loose-file-key-management-encryption-algorithm="$algorithm")
}

# Prints the end of the event at this offset of a binary log.
event_end() { # log offset
	echo $(($2 + $(od -An -tu4 -j $(($2 + 9)) -N 4 "$1")))
}

# Prints the checksum algorithms in the heads of binary logs: 0 is none, 1 is CRC-32.
checksums_of() { # log...
	local log
	for log; do
		od -An -tu1 -j $(($(event_end "$log" 4) - 5)) -N 1 "$log"
	done | xargs
}

# Checks that all logs are proven, in full and by samples, with the right algorithm only. With
# a different key none is proven, and logs with at least this many events are refuted.
prove_logs() { # directory kind events
	local depth
	options_of "$2"
	data_replace_key "$DATA/$2.keys" 1 >replaced
	chmod 600 replaced
	for depth in '' --full; do
		prove "$DATA/$2.keys" "$1" $depth
		same '' "$(files '.answer != "proven"')"
		same 0 "$status"
		same "[\"${algorithm^^}\"]" "$(jq -c .algorithms <<<"$json")"
		prove replaced "$1" $depth
		same 1 "$status"
		same wrong-key "$(key_answer 1)"
		same '' "$(files '.answer != "wrong-key" and (.answer != "not-provable" or .uses[0].pages >= '"$3"')')"
	done
}

@test "binary logs without checksums" {
	local kind
	for kind in new old; do
		options_of $kind
		cp -a "$DATA/$kind" $kind
		data_start "$PWD/$kind" "$DATA/$kind.keys" "${options[@]}" --binlog-checksum=NONE
		data_sql "$PWD/$kind" <<<'UPDATE db.plain SET t = "x"; FLUSH BINARY LOGS; SET GLOBAL binlog_checksum = CRC32'
		server_stop
		mkdir $kind-logs
		cp $kind/binlog.00000[345] $kind-logs
		same '0 0 1' "$(checksums_of $kind-logs/binlog.00000[345])"
		prove_logs $kind-logs $kind 1
	done
}

# Replaces the first number of the server version in the head of a binary log.
change_version() { # log number
	printf '%s' "$2" | dd of="$1" bs=1 seek=25 conv=notrunc status=none
}

@test "binary logs of servers that had no checksums are not encrypted" {
	local log count=0
	[ -d /usr/share/mysql/mysql-test ] || skip 'requires the package mariadb-test'
	mkdir logs
	# of MySQL 4.0 to 5.5; the server's program decides whether they are damaged
	for log in /usr/share/mysql/mysql-test/{,suite/binlog/}std_data/*.*; do
		grep -qs '^.bin' "$log" || continue
		[[ $(head -c 60 "$log" | strings -n 5) =~ (^|$'\n')[45]\.[0-9]\. ]] || continue
		# a server of another release does not see the original
		cp "$log" printable
		mariadb-binlog --no-defaults --local-load="$PWD" printable >printed 2>&1 && ! grep -q '^ERROR' printed || continue
		mv printable "logs/$((++count)).log"
	done
	((count >= 10))
	prove "$DATA/new.keys" logs --full
	same '' "$(files '.kind != "binary-log" or .answer != "not-encrypted"')"
	same "$count" "$(jq '.files | length' <<<"$json")"
	same 0 "$status"

	# none of these servers encrypted, and later ones always wrote a checksum
	mkdir changed
	cp "$DATA/new/binlog.000001" changed/encrypted
	change_version changed/encrypted 05.1
	cp /usr/share/mysql/mysql-test/std_data/bug16266.000001 changed/later
	change_version changed/later 5.6.1
	prove "$DATA/new.keys" changed
	same 'encrypted later ' "$(files '.answer == "damaged"')"
}

@test "a truncated binary log is proven as far as it goes" {
	local kind log size first
	for kind in new old; do
		mkdir $kind
		log=$DATA/$kind/binlog.000001
		size=$(stat -c %s "$log")
		# the header of the first encrypted event, and one byte
		first=$(event_end "$log" "$(event_end "$log" 4)")
		for at in $((first + 20)) $((size / 3)) $((size / 2)) $((size - 1)); do
			head -c "$at" "$log" >"$kind/log.$at"
		done
		prove_logs $kind $kind 1
	done
}

# Runs eight transactions on the master and waits for the replica.
replicated() {
	local place i
	for i in {1..8}; do
		echo "UPDATE db.plain SET t = CONCAT('$i', SUBSTR(t, 2)) WHERE i = 1;"
	done | data_sql "$PWD/master"
	place=$(data_sql "$PWD/master" <<<'SHOW MASTER STATUS' | awk '{ print "\"" $1 "\", " $2 }')
	[ "$(data_sql "$PWD/replica" <<<"SELECT MASTER_POS_WAIT($place, 60) >= 0")" = 1 ]
}

# Makes two copies of a directory a master and a replica with these checksums. Copies the
# binary logs of the master and the relay logs of the replica to logs.
replicate() { # kind master-checksum replica-checksum
	local keys=$DATA/$1.keys port
	options_of "$1"
	rm -rf master replica logs
	cp -a "$DATA/$1" master
	cp -a "$DATA/$1" replica
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	data_start "$PWD/master" "$keys" "${options[@]}" --binlog-checksum="$2" --skip-networking=0 \
		--bind-address=127.0.0.1 --port="$port"
	master_pid=$server_pid
	options+=(--binlog-checksum="$3" --server-id=2 --relay-log="$PWD/replica/relay" --relay-log-purge=0)
	data_start "$PWD/replica" "$keys" "${options[@]}"
	data_sql "$PWD/master" <<-'END'
		CREATE USER replica@localhost, replica@127.0.0.1;
		GRANT REPLICATION SLAVE ON *.* TO replica@localhost, replica@127.0.0.1;
	END
	data_sql "$PWD/replica" <<-END
		CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$port, MASTER_USER='replica',
			MASTER_LOG_FILE='binlog.000003', MASTER_LOG_POS=4;
		START SLAVE;
	END
	replicated
	# a new log on the master, then a start in the middle of one
	data_sql "$PWD/master" <<<'FLUSH BINARY LOGS'
	replicated
	data_sql "$PWD/replica" <<<'STOP SLAVE; START SLAVE'
	replicated
	data_sql "$PWD/master" <<<"SET GLOBAL binlog_checksum = $3"
	replicated
	server_stop
	# a relay log with only its end
	data_start "$PWD/replica" "$keys" "${options[@]}" --skip-slave-start
	server_stop
	server_pid=$master_pid
	server_stop
	master_pid=
	mkdir logs
	# without the indexes of positions by GTID, binlog.000001.idx
	cp master/binlog.0*[0-9] replica/relay.0*[0-9] logs
}

@test "relay logs of a master whose checksum setting differs from the replica's" {
	replicate new NONE CRC32
	same '1 1 0 0' "$(checksums_of logs/relay.00000[1-4])"
	prove_logs logs new 20
	same true "$(jq '.files[] | select(.path | endswith("relay.000004")) | .uses[0].pages >= 20' <<<"$json")"
	replicate old CRC32 NONE
	same '0 0 1 1' "$(checksums_of logs/relay.00000[1-4])"
	prove_logs logs old 20
	# data shorter than a block does not tell the algorithm
	mkdir end
	relays=(logs/relay.0*)
	mv "${relays[-1]}" end
	prove "$DATA/old.keys" end
	same 'proven []' "$(jq -r '"\(.files[].answer) \(.algorithms)"' <<<"$json")"
	flip_head logs/relay.000003 "$DATA/old.keys"
}

# Flips each bit of the two events before the encrypted ones. None of these logs is proven or
# looks unencrypted, except that byte 21 has the flag of a log in use.
flip_head() { # log key-file
	rm -rf flipped
	mkdir flipped
	python3 - "$1" <<-'END'
		import struct, sys
		with open(sys.argv[1], "rb") as file:
		    data = bytearray(file.read())
		end = 4
		for _ in range(2):
		    end += struct.unpack_from("<I", data, end + 9)[0]
		for bit in range(8 * 4, 8 * end):
		    data[bit // 8] ^= 1 << bit % 8
		    with open(f"flipped/log.{bit // 8}.{bit % 8}", "wb") as file:
		        file.write(data)
		    data[bit // 8] ^= 1 << bit % 8
	END
	prove "$2" flipped --full
	same 'log.21.0 ' "$(files '.answer == "proven"')"
	same 'damaged proven ' "$(jq -r '.files[].answer' <<<"$json" | sort -u | tr '\n' ' ')"
}

@test "a flipped bit in the head of an encrypted binary log never makes it look unencrypted" {
	local kind
	for kind in new old; do
		head -c 700 "$DATA/$kind/binlog.000001" >log
		flip_head log "$DATA/$kind.keys"
		head -c 2000 "$DATA/$kind/binlog.000001" >log
		flip_head log "$DATA/$kind.keys"
	done
}

@test "key versions: old and new pages in one file, with each version proven or missing" {
	local kind keys id
	server_has_plugin debug_key_management || skip 'requires debug_key_management of mariadb-test'
	for id in 1 2 3; do
		# as debug_key_management has them
		printf '1;%d;%08x%024d\n' $id $id 0
	done >all
	grep -v '^1;1;' all >no1
	grep -v '^1;2;' all >no2
	chmod 600 all no1 no2
	for kind in full_crc32 ${MKEYFILE_TEST_LONG:+crc32}; do
		data_install "$PWD/$kind" --innodb-checksum-algorithm="$kind"
		data_start "$PWD/$kind" '' --innodb-checksum-algorithm="$kind" --plugin-load-add=debug_key_management \
			--plugin-maturity=experimental
		data_sql "$PWD/$kind" <<-'END'
			CREATE DATABASE db; USE db;
			CREATE TABLE source (i INT PRIMARY KEY, t TEXT) ENGINE=MyISAM;
			INSERT INTO source SELECT seq, REPEAT(CONCAT('a plain secret ', seq), 12) FROM seq_1_to_2000;
			CREATE TABLE a (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES;
			CREATE TABLE untouched (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES;
			CREATE TABLE freed (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES;
			CREATE TABLE b (i INT PRIMARY KEY, t TEXT) ENGINE=Aria;
			INSERT INTO a SELECT * FROM source;
			INSERT INTO untouched SELECT * FROM source;
			INSERT INTO freed SELECT * FROM source;
			INSERT INTO b SELECT * FROM source;
		END
		data_wait_encrypted "$PWD/$kind"
		# during a load; pages get the version that is current when they are written
		data_sql "$PWD/$kind" <<-'END'
			FLUSH TABLES db.a, db.untouched, db.freed FOR EXPORT;
			UNLOCK TABLES;
			FLUSH TABLES db.b;
			SET GLOBAL innodb_encryption_threads = 0;
			SET GLOBAL debug_key_management_version = 2;
			USE db;
			UPDATE a SET t = CONCAT('x', t) WHERE i < 500;
			UPDATE b SET t = CONCAT('x', t) WHERE i < 500;
			DELETE FROM freed WHERE i > 500;
			FLUSH BINARY LOGS;
			SET GLOBAL innodb_max_dirty_pages_pct = 0;
			SELECT SLEEP(1) INTO @x;
		END
		server_stop
		for depth in '' --full; do
			prove all "$PWD/$kind" $depth
			same 0 "$status"
			same proven "$(key_answer 1 1)"
			same proven "$(key_answer 1 2)"
			same 'not needed' "$(key_answer 1 3)"
			same true "$(jq '.needs[] | select(.version == 1) | .old and .needed' <<<"$json")"
			both=$(files '[.uses[] | select(.pages > 0) | .version] == [1, 2]')
			[[ $both == *a.ibd* && $both == *b.MAD* ]]
			[[ $(files '[.uses[].version] == [1]') == *untouched.ibd* ]]
			prove no1 "$PWD/$kind" $depth
			same 1 "$status"
			same missing-key "$(key_answer 1 1)"
			same proven "$(key_answer 1 2)"
			grep -xF "hint: look for a key file with ID 1 version 1, and import its key with 'mkeyfile add --key-from=FILE --key-version=1 1'" \
				<<<"$(mkeyfile verify -f no1 --datadir "$PWD/$kind")"
			# the redo log keeps the key with which it was created
			[[ $(files '.answer == "missing-key"') == *a.ibd*ib_logfile0*untouched.ibd* ]]
			prove no2 "$PWD/$kind" $depth
			same 1 "$status"
			same missing-key "$(key_answer 1 2)"
			[[ $(files '.answer == "missing-key"') == *a.ibd*binlog.000002* ]]
		done
	done
}

# Overwrites a byte of each free page with this version, in a tablespace with full_crc32 and
# 16 KiB pages, and prints the number of pages.
break_free_pages() { # file version
	python3 - "$@" <<-'END'
		import struct, sys
		name, version = sys.argv[1], int(sys.argv[2])
		count = 0
		with open(name, "r+b") as file:
		    data = file.read()
		    for at in range(16384, len(data), 16384):
		        page = at // 16384
		        entry = 150 + page // 64 * 40
		        free = data[entry + 24 + page % 64 // 4] >> 2 * (page % 4) & 1 or not any(data[entry + 20:entry + 24])
		        if free and struct.unpack_from(">I", data, at)[0] == version:
		            file.seek(at + 9000)
		            file.write(bytes([data[at + 9000] ^ 1]))
		            count += 1
		print(count)
	END
}

@test "a version on free pages of a table is needed, unless the pages do not identify a key" {
	server_has_plugin debug_key_management || skip 'requires debug_key_management of mariadb-test'
	# all versions of ID 1, as debug_key_management has them
	for id in 1 2 3 4; do printf '1;%d;%08x%024d\n' $id $id 0; done >all
	chmod 600 all
	data_install "$PWD/data"
	data_start "$PWD/data" '' --plugin-load-add=debug_key_management --plugin-maturity=experimental
	data_sql "$PWD/data" <<-'END'
		CREATE DATABASE db; USE db;
		CREATE TABLE freed (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES;
		INSERT INTO freed SELECT seq, REPEAT('a plain secret ', 100) FROM seq_1_to_3000;
		CREATE TABLE zipped (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4;
		INSERT INTO zipped SELECT numbers.seq, GROUP_CONCAT(SHA2(RAND(), 512) SEPARATOR '')
			FROM seq_1_to_500 AS numbers, seq_1_to_10 GROUP BY numbers.seq;
		SET GLOBAL innodb_max_dirty_pages_pct = 0;
		FLUSH TABLES db.freed, db.zipped FOR EXPORT;
		UNLOCK TABLES;
		DELETE FROM freed WHERE i > 100;
		DELETE FROM zipped WHERE i > 10;
		SET GLOBAL innodb_max_purge_lag_wait = 0;
		FLUSH TABLES db.freed, db.zipped FOR EXPORT;
		UNLOCK TABLES;
		SET GLOBAL debug_key_management_version = 4;
	END
	for ((i = 0; i < 200; i++)); do
		[ "$(data_sql "$PWD/data" <<<"SELECT MIN(MIN_KEY_VERSION) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION
			WHERE NAME IN ('db/freed', 'db/zipped')")" = 4 ] && break
		sleep 0.1
	done
	sleep 1
	server_stop
	mkdir only zip
	cp -a data/db/freed.ibd only
	cp -a data/db/zipped.ibd zip
	# a page of the older format has no checksum of all bytes on disk
	prove all "$PWD/zip"
	same '0 proven true' "$status $(key_answer 1 1) $(jq '.needs[] | select(.version == 1) | .free_pages > 3' <<<"$json")"
	sed 's/^1;1;00000001/1;1;0000000f/' all >keyfile
	chmod 600 keyfile
	prove keyfile "$PWD/zip"
	same '1 wrong-key' "$status $(key_answer 1 1)"
	for depth in "" --full; do
		# shellcheck disable=SC2086
		prove all "$PWD/only" $depth
		same 0 "$status"
		same 'proven proven' "$(key_answer 1 4) $(key_answer 1 1)"
		same 'true 1 1 true 0' "$(jq -r '.needs[] | select(.version == 1) |
			"\(.needed) \(.file_count) \(.free_page_file_count) \(.pages == .free_pages and .pages > 0) \(.residual_pages)"' <<<"$json")"
		# a missing key, and a different one
		grep -v '^1;1;' all >keyfile
		chmod 600 keyfile
		# shellcheck disable=SC2086
		prove keyfile "$PWD/only" $depth
		same '1 missing-key' "$status $(key_answer 1 1)"
		sed 's/^1;1;00000001/1;1;0000000f/' all >keyfile
		# shellcheck disable=SC2086
		prove keyfile "$PWD/only" $depth
		same '1 wrong-key' "$status $(key_answer 1 1)"
	done
	same "1 1 1 $(jq '.needs[] | select(.version == 1) | "\(.pages) \(.free_pages) 0"' -r <<<"$json")" \
		"$("$abs_top_builddir/tests/print-needs" only | grep '^1 1 ')"
	run -0 mkeyfile verify -f all --datadir only
	grep -E '^  1 +1 +1 +[0-9]+ +proven +1 InnoDB, on free pages only; an old version, still needed$' <<<"$output"
	grep -xF "hint: run ALTER TABLE ... FORCE to rewrite a table without its free pages ('mkeyfile remove' prints the statements)" <<<"$output"
	# free pages may never have been written completely: that is not damage, and needs no key
	[ "$(break_free_pages only/freed.ibd 1)" -gt 3 ]
	grep -v '^1;1;' all >keyfile
	for depth in "" --full; do
		for key in all keyfile; do
			# shellcheck disable=SC2086
			prove $key "$PWD/only" $depth
			same '0 ' "$status $(files '.answer == "damaged"')"
			same '4 proven' "$(jq -r '.needs[] | select(.needed) | "\(.version) \(.answer)"' <<<"$json")"
		done
	done
}

@test "a decrypted table still needs its key ID, unless it is never encrypted" {
	data_keys keys
	data_install "$PWD/data"
	data_start "$PWD/data" "$PWD/keys"
	data_sql "$PWD/data" <<-'END'
		CREATE DATABASE db; USE db;
		CREATE TABLE decrypted (i INT PRIMARY KEY) ENCRYPTION_KEY_ID=100;
		INSERT INTO decrypted VALUES (1);
		CREATE TABLE never (i INT PRIMARY KEY) ENCRYPTED=NO ENCRYPTION_KEY_ID=101;
		SET GLOBAL innodb_encrypt_tables = OFF;
	END
	for ((i = 0; i < 600; i++)); do
		[ "$(data_sql "$PWD/data" <<<"SELECT MIN_KEY_VERSION + ENCRYPTION_SCHEME + ROTATING_OR_FLUSHING
			FROM information_schema.INNODB_TABLESPACES_ENCRYPTION WHERE NAME = 'db/decrypted'")" = 0 ] && break
		sleep 0.1
	done
	server_stop
	prove keys "$PWD/data"
	same '0 not-provable' "$status $(jq -r '.needs[] | select(.id == 100 and .needed) | .answer' <<<"$json")"
	same 'decrypted.ibd no-page' "$(jq -r '.files[] | select(.id == 100) | "\(.path) \(.note)"' <<<"$json" | sed 's|.*/||')"
	run -4 mkeyfile remove 100 -f keys --datadir=data
	same "mkeyfile remove: key ID 100 is the key of 1 file without an encrypted page, such as 'data/db/decrypted.ibd'" "${lines[0]}"
	run -0 mkeyfile remove 101 102 -f keys --datadir=data -q
	# with a server that does not encrypt, the key can be removed, and nothing is wrong
	run -0 mkeyfile remove 100 -f keys --datadir=data -q --force
	prove keys "$PWD/data"
	same 0 "$status"
	data_start "$PWD/data" "$PWD/keys" --innodb-encrypt-tables=OFF
	same 1 "$(data_sql "$PWD/data" <<<'TRUNCATE db.never; ALTER TABLE db.decrypted FORCE; SELECT * FROM db.decrypted')"
	# but not with a server that encrypts
	data_sql "$PWD/data" <<<'SET GLOBAL innodb_encrypt_tables = ON'
	run ! data_sql "$PWD/data" <<<'TRUNCATE db.decrypted'
	[[ $output == *'Got error 140 "Wrong create options" from storage engine InnoDB'* ]]
	server_stop
}

# Checks that the first line, the table and the JSON object agree.
same_report() { # key-file directory
	local text key_words words=() rest
	prove "$1" "$2"
	text=$(mkeyfile verify -q -f "$1" --datadir="$2" || :)
	same "$(jq -r '.needs[] | "\(.id) \(.version // "any") \(.file_count) \(.pages) \(.answer // "-")"' <<<"$json" | tr - ' ')" \
		"$(sed -n '/^  ID  /,/^[^ ]/p' <<<"$text" | sed -n 's/^  \([0-9]\)/\1/p' | cut -c 1-58 |
			sed -E 's/(not needed|not seen|residual) *$/-/; s/ +/ /g; s/ $//' | tr - ' ')"
	key_words=$(jq -r '[.needs[] | select(.needed == true)] as $k | [("missing-key", "wrong-key", "damaged", "proven", "not-provable") as $a |
		{ a: $a, n: ([$k[] | select(.answer == $a)] | length) } | select(.n > 0) | "\(.n) \(.a | sub("-"; " "))"] |
		($k | length | tostring) + (if ($k | length) == 1 then " key" else " keys" end) +
		(if all($k[]; .answer == "proven") then "" else " (" + join(", ") + ")" end)' <<<"$json")
	mapfile -t words < <(jq -r '.answers | "\(.missing_key) lacks? a key", "\(.wrong_key) needs? another key", "\(.damaged) damaged",
		"\(.proven) proven", "\(.not_provable) not provable"' <<<"$json" | grep -v '^0 ')
	case $(jq -r '[.needs[] | select(.needed) | .answer == "proven"] | all' <<<"$json")" ${words[*]}" in
	"true "[0-9]*" proven") words=('all proven') ;;
	esac
	[ "${#words[@]}" -gt 0 ] || words=('nothing to prove')
	rest=$(printf ', %s' "${words[@]}")
	key_words=${key_words//[()]/.}
	grep -E "^(yes|no|unproven|incomplete): '$2': $(jq '.answers | .proven + .not_provable + .damaged + .wrong_key + .missing_key' <<<"$json") encrypted files?, $key_words$rest\$" <<<"$text" || {
		echo "no first line with: $key_words$rest"
		echo "$text"
		return 1
	}
}

@test "the first line agrees with the table and the JSON object" {
	local kind id
	for kind in new old; do
		same_report "$DATA/$kind.keys" "$DATA/$kind"
		for id in 1 100 101; do
			data_remove_key "$DATA/$kind.keys" $id >keyfile
			chmod 600 keyfile
			same_report keyfile "$DATA/$kind"
			data_replace_key "$DATA/$kind.keys" $id >keyfile
			same_report keyfile "$DATA/$kind"
		done
	done
	# a key that files declare, but no page uses
	mkdir empty
	cp "$DATA"/new/db/aria_empty.MA? empty
	same_report "$DATA/new.keys" empty
	same 'any 1 not-provable' "$(jq -r '.needs[] | select(.needed) | "\(.version // "any") \(.file_count) \(.answer)"' <<<"$json")"
	cp "$DATA/new/db/compact_.ibd" empty
	same_report "$DATA/new.keys" empty
	# if nothing is encrypted, or nothing can be read, no key is reported as not needed
	mkdir plain packed
	cp "$DATA/new/db/plain.ibd" plain
	same_report "$DATA/new.keys" plain
	same false "$(jq -r '.needs[0].needed' <<<"$json")"
	head -c 70000 /dev/urandom >packed/all.xbstream
	same_report "$DATA/new.keys" packed
	same 'null null' "$(jq -r '.needs[0] | "\(.needed) \(.answer)"' <<<"$json")"
	run mkeyfile verify -q -f "$DATA/new.keys" --datadir=packed
	grep -E '^  102 +1 +0 +0 +not seen$' <<<"$output"
	run -1 grep 'not needed' <<<"$output"
	# a running server has pages in memory
	cp -a "$DATA/new" data
	data_start "$PWD/data" "$DATA/new.keys"
	run mkeyfile verify -q -f "$DATA/new.keys" --datadir=data
	grep -E '^  102 +1 +0 +0 +not seen$' <<<"$output"
	run -1 grep 'not needed' <<<"$output"
}

# bats test_tags=deep
@test "truncated undo tablespaces keep encrypted free pages although page 0 no longer says so" {
	local checksum i grow
	grow="USE db; BEGIN; REPLACE INTO t SELECT seq, REPEAT(MD5(RAND()), 10) FROM seq_1_to_30000;
		UPDATE t SET t = CONCAT(t, REPEAT('x', 200)); COMMIT"
	data_keys keys
	for checksum in full_crc32 crc32; do
		local options=(--innodb-checksum-algorithm="$checksum" --innodb-undo-tablespaces=2 --innodb-purge-rseg-truncate-frequency=1
			--innodb-max-undo-log-size=10485760 --log-warnings=4 --innodb-max-dirty-pages-pct=0)
		data_install "$PWD/$checksum" --innodb-checksum-algorithm="$checksum" --innodb-undo-tablespaces=2
		data_start "$PWD/$checksum" "$PWD/keys" "${options[@]}"
		data_sql "$PWD/$checksum" <<<'CREATE DATABASE db; USE db; CREATE TABLE t (i INT PRIMARY KEY, t TEXT, KEY(t(50)))'
		for i in 1 2 3; do
			data_sql "$PWD/$checksum" <<<"$grow"
		done
		data_wait_encrypted "$PWD/$checksum"
		data_sql "$PWD/$checksum" <<<'SET GLOBAL innodb_encrypt_tables = OFF; SET GLOBAL innodb_undo_log_truncate = ON'
		for ((i = 0; i < 12; i++)); do
			data_sql "$PWD/$checksum" <<<"$grow"
			[ "$(grep -c 'Truncated .*undo' $checksum.log)" -lt 2 ] || break
		done
		grep -q 'Truncated .*undo' $checksum.log
		prove keys $checksum --full
		same '0 ' "$status $(files '.answer == "damaged"')"
		# pages are encrypted again before page 0 says so
		data_sql "$PWD/$checksum" <<<'SET GLOBAL innodb_encrypt_tables = ON'
		for i in 1 2 3 4 5; do
			prove keys $checksum --full
			same '0 ' "$status $(files '.answer == "damaged"')"
		done
		kill_server
		prove keys $checksum --full
		same '' "$(files '.answer == "damaged"')"
		# if the truncation was before the checkpoint, a server may not start
		[ "$status" = 0 ] || { same 2 "$status" && continue; }
		data_start "$PWD/$checksum" "$PWD/keys" "${options[@]}" --innodb-encrypt-tables=OFF
		server_stop
		prove keys $checksum --full
		same '0 0' "$status $(jq .unsure_file_count <<<"$json")"
	done
}

@test "on a running server, nothing counts as wrong or damaged, and no lock is taken" {
	cp -a "$DATA/new" data
	data_start "$PWD/data" "$DATA/new.keys"
	data_sql "$PWD/data" <<-'SQL' &
		USE db;
		SET GLOBAL innodb_max_dirty_pages_pct = 0;
		DELIMITER //
		BEGIN NOT ATOMIC
			DECLARE i INT DEFAULT 0;
			WHILE i < 60 DO
				UPDATE dynamic_ SET t = CONCAT(i, SUBSTR(t, 3));
				UPDATE aria SET t = CONCAT(i, SUBSTR(t, 3)) WHERE i % 3 = 1;
				REPLACE INTO compact_ SELECT i, t FROM source WHERE i % 2 = 0;
				SET i = i + 1;
			END WHILE;
		END //
	SQL
	load=$!
	for depth in '' --full '' --full; do
		prove "$DATA/new.keys" "$PWD/data" $depth
		same "" "$(files '.answer != "proven" and .answer != "not-encrypted"')"
		same 0 "$status"
		same true "$(jq .live <<<"$json")"
		data_remove_key "$DATA/new.keys" 101 >keyfile
		prove keyfile "$PWD/data"
		same 1 "$status"
		same missing-key "$(key_answer 101)"
	done
	wait $load
	# and the server did not notice
	same 1500 "$(data_sql "$PWD/data" <<<'SELECT COUNT(*) FROM db.dynamic_')"
	server_stop
	data_start "$PWD/data" "$DATA/new.keys"
}

# Writes changes that are not in the tablespaces yet when the server is killed.
write_late() { # directory
	data_sql "$1" <<-'END'
		USE db;
		CREATE TABLE late (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=102;
		INSERT INTO late SELECT * FROM source LIMIT 300;
		UPDATE dynamic_ SET t = CONCAT('y', t) WHERE i < 100;
	END
}

@test "after a crash, all files are proven, and so is what the redo log will create" {
	cp -a "$DATA/new" data
	data_start "$PWD/data" "$DATA/new.keys"
	write_late "$PWD/data"
	kill_server
	prove "$DATA/new.keys" "$PWD/data" --full
	same 0 "$status"
	same 'ib_logfile0 unclean' "$(jq -r '.files[] | select(.kind == "redo-log") | "\(.path) \(.note)"' <<<"$json" | sed 's|.*/||')"
	same 0 "$(jq .unsure_file_count <<<"$json")"
	mkeyfile verify -f "$DATA/new.keys" --datadir data |
		grep -xF "note: 'data/ib_logfile0' has pending changes, which the server applies when it starts"
	data_replace_key "$DATA/new.keys" 1 >keyfile
	chmod 600 keyfile
	prove keyfile "$PWD/data"
	same wrong-key "$(jq -r '.files[] | select(.kind == "redo-log") | .answer' <<<"$json")"
}

@test "after a crash, the same holds with an unencrypted redo log, until a clean shutdown" {
	cp -a "$DATA/new" data
	data_start "$PWD/data" "$DATA/new.keys" --innodb-encrypt-log=OFF
	write_late "$PWD/data"
	log_says() { # status answer note
		prove "$DATA/new.keys" "$PWD/data"
		same "$*" "$status $(jq -r '.files[] | select(.kind == "redo-log") | "\(.answer) \(.note)"' <<<"$json")"
	}
	log_says 0 not-encrypted null
	kill_server
	log_says 0 not-encrypted unclean
	same 'ib_logfile0 ' "$(files '.note == "unclean"')"
	same 0 "$(jq .unsure_file_count <<<"$json")"
	run -0 "$abs_top_builddir/tests/print-needs" "$PWD/data"
	[ "${lines[-1]#unsure }" -gt 0 ]
	data_start "$PWD/data" "$DATA/new.keys" --innodb-encrypt-log=OFF
	server_stop
	log_says 0 not-encrypted null
	same 0 "$(jq .unsure_file_count <<<"$json")"
	# the blocks of 10.5 are elsewhere in the log
	! server_before_10_6 || return 0
	# without the log's records, and without its checkpoints
	cp data/ib_logfile0 whole
	dd if=/dev/zero of=data/ib_logfile0 bs=4096 seek=3 count=2045 conv=notrunc status=none
	log_says 1 damaged unread
	cp whole data/ib_logfile0
	dd if=/dev/zero of=data/ib_logfile0 bs=4096 seek=1 count=2 conv=notrunc status=none
	log_says 1 damaged no-head
}

# Prints "name answer note" for each tablespace in db.
new_tables() { # keys directory...
	local keys=$1 first=$2
	shift 2
	prove "$keys" "$first" "$@"
	jq -r '.files[] | select(.path | test("/db/[a-z]*[.]ibd$")) | "\(.path | sub(".*/"; "")) \(.answer) \(.note // "-")"' \
		<<<"$json" | sort
}

@test "changes only in the redo log: each key that they use, and what the records do not explain" {
	! server_before_10_6 || skip '10.5 writes the first pages of a new table at once'
	local name id
	data_keys keys
	data_install "$PWD/data"
	cp data/ib_logfile0 old.log
	# a shutdown writes pages newer than this log; afterwards, pages stay in memory
	data_start "$PWD/data" "$PWD/keys"
	data_sql "$PWD/data" <<<'CREATE DATABASE db; CREATE TABLE mysql.t (i INT) ENGINE=InnoDB'
	server_stop
	data_start "$PWD/data" "$PWD/keys" --innodb-encryption-threads=0
	data_sql "$PWD/data" <<-'END'
		USE db;
		CREATE TABLE one (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE two (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=101;
		CREATE TABLE plain (i INT PRIMARY KEY) ENCRYPTED=NO;
		CREATE TABLE dropped (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=102;
		DROP TABLE dropped;
		INSERT INTO two VALUES (1, 'x');
		RENAME TABLE one TO uno;
		CREATE TABLE new (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
	END
	kill_server
	same 'new.ibd not-encrypted empty-tablespace
plain.ibd not-encrypted empty-tablespace
two.ibd not-encrypted empty-tablespace
uno.ibd not-encrypted empty-tablespace' "$(new_tables keys data)"
	prove keys data
	same 0 "$status"
	# recovery creates a missing file, and replaces an invalid page 0
	cp -a data less
	rm less/db/new.ibd
	head -c 16384 /dev/urandom | dd of=less/db/two.ibd conv=notrunc status=none
	for name in data less; do
		prove keys "$name"
		same 0 "$status"
		for id in 100 101; do
			data_remove_key keys $id >lacks
			chmod 600 lacks
			prove lacks "$name"
			same 1 "$status"
			same "$([ $id = 100 ] && echo new.ibd uno || echo two).ibd " "$(files '.answer == "missing-key"')"
		done
		# a dropped table needs no key
		data_remove_key keys 102 >lacks
		prove lacks "$name"
		same 0 "$status"
	done
	# 10.5 does not create page 0 again
	cp -a data older
	change_block older/ib_logfile0 512 16 "4d6172696144422031302e352e3233$(printf '%034d' 0)"
	same 'new.ibd damaged no-head
plain.ibd damaged no-head
two.ibd damaged no-head
uno.ibd damaged no-head' "$(new_tables keys older)"
	# no record is about the other table of zeros
	cp -a data more
	cp data/db/uno.ibd more/db/other.ibd
	dd if=/dev/urandom of=more/db/other.ibd bs=16384 seek=4 count=2 conv=notrunc status=none
	prove keys more
	same '1 other.ibd damaged no-head' "$status $(answers_of '^other.ibd$')"
	# an old log, left after the log was moved, with and without the current one
	cp -a data moved
	mkdir log
	mv moved/ib_logfile0 log
	cp old.log moved/ib_logfile0
	prove keys moved
	same 2 "$status"
	run -2 mkeyfile verify -q --no-defaults --server-user=root -f keys --datadir moved
	grep -xF "not provable: the redo log ends before the newest page of the tablespaces in 'moved': the tablespaces were written with another redo log" <<<"$output"
	# nor does the log of another server count
	prove keys moved --datadir data
	same 2 "$status"
	data_start "$PWD/less" "$PWD/keys"
	same 'db.two	check	status	OK
db.new	check	status	OK' "$(data_sql "$PWD/less" <<<'CHECK TABLE db.two, db.new')"
	server_stop
	prove keys less
	same 0 "$status"
}

@test "a backup by mariadb-backup is proven before and after it is prepared" {
	cp -a "$DATA/new" data
	data_start "$PWD/data" "$DATA/new.keys"
	options=(--no-defaults --user=root --socket="$PWD/data.socket" --target-dir="$PWD/backup"
		--innodb-log-file-size=8M)
	mariadb-backup "${options[@]}" --backup --datadir="$PWD/data" >backup.log 2>&1 ||
		{ tail -n 20 backup.log && false; }
	server_stop
	for state in unprepared prepared; do
		for depth in '' --full; do
			prove "$DATA/new.keys" "$PWD/backup" $depth
			same "" "$(files '.answer != "proven" and .answer != "not-encrypted"')"
			same 0 "$status"
			for id in 1 100 101; do
				same proven "$(key_answer $id)"
			done
		done
		for id in 1 100 101; do
			data_remove_key "$DATA/new.keys" $id >lacks
			data_replace_key "$DATA/new.keys" $id >replaced
			chmod 600 lacks replaced
			prove lacks "$PWD/backup"
			same 1 "$status"
			same missing-key "$(key_answer $id)"
			prove replaced "$PWD/backup"
			same 1 "$status"
			same wrong-key "$(key_answer $id)"
		done
		[ $state = unprepared ] || break
		# the copy of a table that was created during the backup, and whose first page was not written yet
		for suffix in ibd new; do
			(head -c 16384 /dev/zero && tail -c +16385 backup/db/dynamic_.ibd) >backup/db/copy.$suffix
			prove "$DATA/new.keys" "$PWD/backup"
			same 1 "$status"
			same "copy.$suffix damaged" "$(answers_of '^copy' | cut -d ' ' -f 1-2)"
			rm backup/db/copy.$suffix
		done
		mariadb-backup --defaults-file="$PWD/backup/backup-my.cnf" --prepare --target-dir="$PWD/backup" \
			>prepare.log 2>&1 || { tail -n 20 prepare.log && false; }
	done
}

@test "several system files, undo tablespaces, a data directory elsewhere, links" {
	data_keys "$PWD/keys"
	local options=(--innodb-data-file-path='ibdata1:12M;ibdata2:4M:autoextend' --innodb-undo-tablespaces=3)
	data_install "$PWD/data" "${options[@]}"
	mkdir elsewhere
	data_start "$PWD/data" "$PWD/keys" "${options[@]}"
	data_sql "$PWD/data" <<-END
		CREATE DATABASE db; USE db;
		SET GLOBAL innodb_file_per_table = OFF;
		CREATE TABLE inside (i INT PRIMARY KEY, t TEXT);
		INSERT INTO inside SELECT seq, REPEAT('a plain secret ', 200) FROM seq_1_to_4000;
		SET GLOBAL innodb_file_per_table = ON;
		CREATE TABLE outside (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100
			DATA DIRECTORY='$PWD/elsewhere';
		INSERT INTO outside SELECT seq, 'x' FROM seq_1_to_100;
		SET GLOBAL innodb_max_dirty_pages_pct = 0;
	END
	data_wait_encrypted "$PWD/data"
	server_stop
	prove keys "$PWD/data" --full
	same 0 "$status"
	same 'ibdata1 ibdata2 undo001 undo002 undo003 ' "$(files '.kind == "innodb" and .answer == "proven" and
		(.path | test("/(ibdata|undo)[^/]*$"))')"
	same '' "$(files '.answer == "unknown-kind"')"
	# the target of an .isl file
	same 'outside.ibd ' "$(files '.path | endswith("outside.ibd")')"
	# a database that is a symbolic link, and one that leads back
	mv data/db db
	ln -s ../db data/db
	ln -s .. db/circle
	prove keys "$PWD/data"
	same 0 "$status"
	same 'inside.frm outside.frm outside.isl ' "$(files '.path | contains("data/db/") and (endswith(".frm") or endswith(".isl"))')"
}

# Prints the answer for each file whose name matches: "name answer note".
answers_of() { # regular-expression
	jq -r --arg names "$1" '.files[] | (.path | sub(".*/"; "")) as $name | select($name | test($names)) |
		"\($name) \(.answer) \(.note // "-")"' <<<"$json" | sort
}

@test "a system tablespace with other names and in several directories, and a redo log elsewhere" {
	local name deep
	data_keys keys
	mkdir x y log
	local options=(--innodb-data-home-dir= --innodb-log-group-home-dir="$PWD/log" --innodb-undo-tablespaces=2
		--innodb-temp-data-file-path='temp1:12M:autoextend'
		--innodb-data-file-path="$PWD/x/one.log:12M;$PWD/y/two:4M;$PWD/data/three:4M:autoextend")
	mkdir data
	data_install "$PWD/data" "${options[@]}"
	# the third file has no pages yet, and the second few
	for deep in '' --full; do
		prove keys "$PWD/data" --datadir x --datadir y --datadir log $deep
		same 0 "$status"
		same '' "$(files '.answer == "damaged" or .answer == "unknown-kind" or .answer == "not-provable"')"
		same 'one.log three two ' "$(files '.kind == "innodb" and (.path | test("[.]ibd$|/undo[0-9]*$") | not)')"
	done
	data_start "$PWD/data" "$PWD/keys" "${options[@]}"
	data_sql "$PWD/data" <<-END
		CREATE DATABASE db; USE db;
		CREATE TABLE mine (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		SET GLOBAL innodb_file_per_table = OFF;
		CREATE TABLE inside (i INT PRIMARY KEY, t TEXT);
		INSERT INTO inside SELECT seq, REPEAT('a plain secret ', 200) FROM seq_1_to_6000;
		SET GLOBAL innodb_max_dirty_pages_pct = 0;
	END
	data_wait_encrypted "$PWD/data"
	prove keys "$PWD/x"
	same 'true' "$(jq .live <<<"$json")"
	data_sql "$PWD/data" <<<'USE db; INSERT INTO mine SELECT seq, "x" FROM seq_1_to_1000'
	kill_server
	# with the log and without it
	prove keys "$PWD/data" --datadir x --datadir y --datadir log
	same 0 "$status"
	same 'one.log three two ' "$(files '.answer == "proven" and (.path | test("/(one.log|two|three)$"))')"
	same '' "$(files '.answer == "damaged" or .answer == "unknown-kind"')"
	# 10.5 does not write its first page
	server_before_10_6 || same 'temp1 ' "$(files '.kind == "temporary" and (.path | endswith("temp1"))')"
	cp data/undo002 whole
	truncate -s 128K data/undo002
	prove keys "$PWD/data" --datadir x --datadir y
	same '2 undo002 not-provable cut-off' "$status $(answers_of '^undo002$')"
	run -2 mkeyfile verify -q --no-defaults --server-user=root -f keys --datadir data --datadir x --datadir y
	grep -xF 'hint: no redo log was found: add --datadir with its directory if the server keeps the redo log elsewhere' <<<"$output"
	cp whole data/undo002
	data_start "$PWD/data" "$PWD/keys" "${options[@]}"
	data_sql "$PWD/data" <<<'DROP TABLE db.mine'
	server_stop
	for deep in '' --full; do
		prove keys "$PWD/data" --datadir x --datadir y --datadir log $deep
		same 0 "$status"
		same 'one.log three two ' "$(files '.answer == "proven" and (.path | test("/(one.log|two|three)$"))')"
		same '' "$(files '.answer == "damaged" or .answer == "unknown-kind" or .answer == "not-provable"')"
		same 0 "$(jq .unsure_file_count <<<"$json")"
	done
	# every page is checked: one damaged page in each file
	for name in x/one.log y/two data/three; do
		cp "$name" whole
		flip_bit "$name" $((200 * 16384 + 9000)) 3
		prove keys "$PWD/data" --datadir x --datadir y --datadir log --full
		same "1 ${name#*/} damaged -" "$status $(answers_of "^${name#*/}$")"
		cp whole "$name"
	done
	# what other directories contain is neither damaged nor ignored
	prove keys "$PWD/x" --datadir log
	same '2 one.log not-provable no-rest' "$status $(answers_of '^one.log$')"
	same 1 "$(jq .unsure_file_count <<<"$json")"
	run -2 mkeyfile remove -f keys --datadir data --datadir x --datadir nowhere --datadir log 102
	same '1' "$(grep -c '^102;' keys)"
	run -4 mkeyfile remove -f keys --datadir x --datadir log 102
	same "mkeyfile remove: the data is incomplete: the data directory that 'x' belongs to was not given" "${lines[0]}"
	mv y/two y/ibdata2
	prove keys "$PWD/y"
	same '2 ibdata2 not-provable no-first-file' "$status $(answers_of '^ibdata2$')"
	prove keys "$PWD/x" --datadir y --datadir data --datadir log
	same '0 ibdata2 proven -' "$status $(answers_of '^ibdata2$')"
	# a key that nothing needs is removed only if the redo log was checked as well
	run -4 mkeyfile remove -f keys --datadir data --datadir x --datadir y 102
	run -0 mkeyfile remove -f keys --datadir data --datadir x --datadir y --datadir log 102
	same '0' "$(grep -c '^102;' keys)"
}

@test "each system tablespace gets its own files, with any layout of the directories" {
	local options=(--innodb-data-home-dir="$PWD/all/one/ib" --innodb-data-file-path='ibdata1:12M;ibdata2:4M:autoextend') server
	data_keys keys
	mkdir -p all/one/ib all/two/ib elsewhere
	for server in one two; do
		options[0]=--innodb-data-home-dir=$PWD/all/$server/ib
		data_install "$PWD/all/$server" "${options[@]}"
		data_start "$PWD/all/$server" "$PWD/keys" "${options[@]}"
		data_sql "$PWD/all/$server" <<-'END'
			CREATE DATABASE db; USE db;
			SET GLOBAL innodb_file_per_table = OFF;
			CREATE TABLE inside (i INT PRIMARY KEY, t TEXT);
			INSERT INTO inside SELECT seq, REPEAT('a plain secret ', 200) FROM seq_1_to_4000;
		END
		data_wait_encrypted "$PWD/all/$server"
		server_stop
	done
	# below the given directory, next to each other, and given twice
	for server in all/one all "all/one --datadir all/one/ib --datadir all"; do
		# shellcheck disable=SC2086
		prove keys $server --full
		same 0 "$status"
		same 0 "$(jq .unsure_file_count <<<"$json")"
		same '' "$(files '.answer | IN("proven", "not-encrypted") | not')"
	done
	same '' "$(files '.kind == "innodb" and (.path | test("[.]ibd$|/(ibdata[12]|undo[0-9]*)$") | not)')"
	# a file of another server does not belong to this one
	mv all/two/ib/ibdata2 elsewhere
	prove keys all/one --datadir elsewhere
	same '2 ibdata2 not-provable no-first-file' "$status $(answers_of '^ibdata2$' | head -n 1)"
	mv elsewhere/ibdata2 elsewhere/other
	prove keys all/one --datadir elsewhere
	same 'other unknown-kind -' "$(answers_of '^other$')"
	prove keys all --datadir elsewhere
	same '0 other proven -' "$status $(answers_of '^other$')"
	# nothing replaces it: neither zeros nor a second copy of another file
	truncate -s 4M all/two/ib/zero.log all/two/ib/reserve
	ln all/one/ib/ibdata2 all/one/ib/again
	prove keys all
	same '2 ibdata1 not-provable no-rest' "$status $(answers_of '^ibdata1$' | head -n 1)"
	run -4 mkeyfile remove -f keys --datadir all 102
	rm all/one/ib/again all/two/ib/zero.log all/two/ib/reserve
	# nor does an empty log replace a redo log
	mv all/two/ib_logfile0 elsewhere/log
	mkdir logs
	cp "$DATA/new/binlog.000001" logs
	touch logs/ib_logfile1 logs/xtrabackup_logfile
	run -4 mkeyfile remove -f keys --datadir all/two --datadir elsewhere 102
	mv elsewhere/other all/two/ib/ibdata2
	run -4 mkeyfile remove -n -f keys --datadir all/two --datadir logs 102
	same "mkeyfile remove: 'all/two' has tablespaces, but not their redo log, which may need keys too" "${lines[0]}"
	mv elsewhere/log all/two/ib_logfile0
	run -0 mkeyfile remove -n -f keys --datadir all/two 102
	# an unreadable file is not damaged
	run -2 strace -f -o trace -P all/two/ib/ibdata2 -e trace=pread64 -e inject=pread64:error=EIO:when=2+ \
		"$MKEYFILE" verify -q --no-defaults --server-user=root -f keys --datadir all/two
	grep -q INJECTED trace
	[[ $output == *"unreadable: 'all/two/ib/ibdata2': "*'; Input/output error'* ]]
	# a disk was full when the server extended the last file
	truncate -s +300K all/two/ib/ibdata2
	prove keys all/two --full
	same '0 ibdata2 proven -' "$status $(answers_of '^ibdata2$')"
	# names do not matter
	mv all/two/ib/ibdata1 all/two/ib/ibdata5
	for server in sys.ibd ibdata1 undo004; do
		mv all/two/ib/ibdata2 "all/two/ib/$server"
		prove keys all/two --full
		same "0 $server proven -" "$status $(answers_of "^$server$")"
		mv "all/two/ib/$server" all/two/ib/ibdata2
	done
	# truncated
	truncate -s 3000K all/two/ib/ibdata2
	prove keys all/two
	same '2 ibdata5 not-provable no-rest' "$status $(answers_of '^ibdata5$')"
	truncate -s 11000K all/two/ib/ibdata5
	for server in whole empty; do
		[[ $server = whole ]] || truncate -s 0 all/two/ib_logfile0
		prove keys all/two
		same '1 ibdata5 damaged cut-off' "$status $(answers_of '^ibdata5$')"
	done
}

@test "server files with names of other kinds are recognized by their content" {
	mkdir db
	cp "$DATA/new/db/compact_.ibd" db/compact.cnf
	cp "$DATA/new/binlog.000001" db/binlog.log.1
	cp "$DATA/new/ibdata1" db/ibtmp1
	echo 'a line of a log' >db/server_audit.log.2
	prove "$DATA/new.keys" "$PWD/db"
	same 2 "$status" # the rest of the server's data is not there
	same 'binlog.log.1 proven -
compact.cnf proven -
ibtmp1 proven -
server_audit.log.2 not-encrypted -' "$(answers_of .)"
}

@test "compressed pages of the older format with the maximum length" {
	local depth
	data_keys keys
	data_install "$PWD/data" --innodb-checksum-algorithm=crc32
	data_start "$PWD/data" "$PWD/keys" --innodb-checksum-algorithm=crc32
	data_sql "$PWD/data" <<-'END'
		CREATE DATABASE db; USE db;
		CREATE TABLE long_ (i INT PRIMARY KEY, b LONGBLOB) ENCRYPTED=YES PAGE_COMPRESSED=1;
		SELECT GROUP_CONCAT(UNHEX(SHA2(RAND(), 512)) SEPARATOR '') INTO @random FROM seq_1_to_256;
		INSERT INTO long_ SELECT seq, SUBSTR(@random, 1, seq) FROM seq_16150_to_16330;
	END
	data_wait_encrypted "$PWD/data"
	server_stop
	# their payload ends in the last 8 bytes
	run -0 python3 - data/db/long_.ibd <<-'END'
		import struct, sys
		with open(sys.argv[1], "rb") as file:
		    data = file.read()
		ends = [42 + struct.unpack_from(">H", data, at + 38)[0] for at in range(0, len(data), 16384)
		        if struct.unpack_from(">H", data, at + 24)[0] == 37401]
		print(max(ends) > 16376)
	END
	same True "$output"
	for depth in '' --full; do
		prove keys data $depth
		same 0 "$status"
		same 'long_.ibd proven -' "$(answers_of '^long_[.]ibd$')"
	done
}

@test "page compression: each algorithm that the server and this build support" {
	local algorithm kind plugins=() algorithms='bzip2 lz4 lzma lzo snappy zlib'
	data_keys "$PWD/keys"
	for algorithm in lz4 lzo lzma bzip2 snappy; do
		plugins+=("--plugin-load-add=provider_$algorithm")
	done
	# those that Debian's 10.5 has built in
	! server_before_10_6 || { plugins=() algorithms='lz4 snappy zlib'; }
	for kind in full_crc32 crc32; do
		data_install "$PWD/$kind" --innodb-checksum-algorithm="$kind"
		data_start "$PWD/$kind" "$PWD/keys" --innodb-checksum-algorithm="$kind" "${plugins[@]}"
		data_sql "$PWD/$kind" <<<'CREATE DATABASE db'
		for algorithm in $algorithms; do
			data_sql "$PWD/$kind" <<-END
				USE db;
				SET GLOBAL innodb_compression_algorithm = $algorithm;
				CREATE TABLE $algorithm (i INT PRIMARY KEY, t TEXT) ENCRYPTED=YES ENCRYPTION_KEY_ID=100 PAGE_COMPRESSED=1;
				INSERT INTO $algorithm SELECT seq, REPEAT(CONCAT('a plain secret ', seq), 12) FROM seq_1_to_1000;
				FLUSH TABLES $algorithm FOR EXPORT;
				UNLOCK TABLES;
			END
		done
		server_stop
		for depth in '' --full; do
			prove keys "$PWD/$kind" $depth
			same 0 "$status"
			same "${algorithms// /.ibd }.ibd " \
				"$(files '.answer == "proven" and (.path | contains("/db/"))')"
			data_replace_key keys 100 >replaced
			chmod 600 replaced
			prove replaced "$PWD/$kind" $depth
			same "${algorithms// /.ibd }.ibd " \
				"$(files '.answer == "wrong-key" and (.path | contains("/db/"))')"
		done
	done
	# when a library cannot be loaded
	: >liblz4.so.1
	LD_LIBRARY_PATH=$PWD prove keys "$PWD/full_crc32"
	same 'lz4.ibd ' "$(files '.answer == "not-provable" and .note == "no-codec"')"
	LD_LIBRARY_PATH=$PWD run mkeyfile verify --file=keys --datadir="$PWD/full_crc32"
	[[ $output =~ lz4.ibd\':.*'; liblz4.so.1 is not installed' ]]
	LD_LIBRARY_PATH=$PWD prove keys "$PWD/crc32"
	same 'lz4.ibd ' "$(files '.answer == "not-provable" and .note == "no-codec"')"
}

@test "the whole matrix: page size, checksum format, algorithm, size of the system key" {
	[ -n "${MKEYFILE_TEST_LONG-}" ] || skip "set MKEYFILE_TEST_LONG=1"
	local kib checksum cipher size name
	for kib in 4 8 16 32 64; do
		for checksum in full_crc32 crc32; do
			for cipher in aes_cbc aes_ctr; do
				size=$((16 + 8 * ((kib + ${#checksum} + ${#cipher}) % 3)))
				name=$PWD/$kib-$checksum-$cipher
				data_keys "$name.keys" $size
				data_make "$name" $kib 2000 "$name.keys" --innodb-checksum-algorithm=$checksum \
					--loose-file-key-management-encryption-algorithm="$cipher"
				prove_and_refute "$name"
				same "[\"${cipher^^}\"]" "$(jq -c .algorithms <<<"$json")"
				rm -r "$name"
			done
		done
	done
}
