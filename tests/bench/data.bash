# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# verify --datadir, on tablespaces that a real server encrypted.

# server.bash keeps temporary files in the directory of a test
export BATS_FILE_TMPDIR=$work
# shellcheck source=SCRIPTDIR/../data.bash
. "$here/../data.bash"

# Prints the command that drops one file from the page cache before a run.
drop_cache() {
	echo "dd if=$1 iflag=nocache count=0 status=none"
}

make_tablespaces() {
	data_keys "$work/keys"
	data_install "$work/data"
	data_start "$work/data" "$work/keys" --skip-log-bin --innodb-buffer-pool-size=256M --innodb-log-file-size=256M \
		--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0
	data_sql "$work/data" <<-'END'
		CREATE DATABASE db; USE db;
		CREATE TABLE large (i INT PRIMARY KEY, t VARBINARY(8000)) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE part (i INT PRIMARY KEY, t VARBINARY(8000)) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		CREATE TABLE small (i INT PRIMARY KEY) ENCRYPTED=YES ENCRYPTION_KEY_ID=100;
		INSERT INTO large SELECT seq, CONCAT(REPEAT(MD5(seq), 220), REPEAT('x', 400)) FROM seq_1_to_140000;
		INSERT INTO part SELECT * FROM large WHERE i <= 9000;
		INSERT INTO small VALUES (1);
	END
	data_wait_encrypted "$work/data"
	server_stop
	mkdir "$work/tablespace" "$work/part" "$work/tablespaces"
	mv "$work/data/db/large.ibd" "$work/tablespace"
	mv "$work/data/db/part.ibd" "$work/part"
	[[ $(stat -c %s "$work/tablespace/large.ibd") -ge $((1 << 30)) ]] || die 'the tablespace is smaller than 1 GiB'
}

# 100,000 names of 100 tablespaces: hard links, because names and first pages take the time
make_many() {
	python3 - "$work/data/db/small.ibd" "$work/tablespaces" <<-'END'
		import os, shutil, sys
		for directory in range(100):
		    path = f"{sys.argv[2]}/{directory}"
		    os.mkdir(path)
		    shutil.copy(sys.argv[1], f"{path}/0.ibd")
		    for number in range(1, 1000):
		        os.link(f"{path}/0.ibd", f"{path}/{number}.ibd")
	END
}

verify() { # directory [option...]
	echo "$MKEYFILE verify -q -f $work/keys --server-user=$(id -u) --datadir $*"
}

verify_peak_mib() { # directory [option...]
	# shellcheck disable=SC2046 # a command line of words
	peak_mib $(verify "$@")
}

bench_large() {
	local file=$work/tablespace/large.ibd sample full check part cat coverage
	cat "$file" "$work/part/part.ibd" >/dev/null
	read -r sample full check part < <(medians 5 3 '' "$(verify "$work/tablespace")" "$(verify "$work/tablespace" --full)" \
		"innochecksum $file" "$(verify "$work/part" --full)")
	ratio_row 'verify --datadir, a sample, to innochecksum' 0.5 "$sample" "$check"
	ratio_row 'verify --datadir --full to innochecksum' 1.0 "$full" "$check"
	row "--full, time to bytes: $(stat -c %s "$file" | numfmt --to=iec) to $(stat -c %s "$work/part/part.ibd" | numfmt --to=iec)" \
		"$(awk -v a="$full" -v b="$part" -v c="$(stat -c %s "$file")" -v d="$(stat -c %s "$work/part/part.ibd")" \
			'BEGIN { print a / b / (c / d) }')" 1.3 'time ratio to size ratio'
	read -r sample coverage < <(medians 9 3 '' "$(verify "$work/tablespace")" "$(verify "$work/tablespace" --coverage)")
	ratio_row '--coverage to a sample without it' 1.1 "$coverage" "$sample"
	read -r sample full cat < <(medians 9 3 "$(drop_cache "$file")" "$(verify "$work/tablespace")" \
		"$(verify "$work/tablespace" --full)" "cat $file")
	ratio_row 'cold cache: a sample to cat' 1.1 "$sample" "$cat"
	ratio_row 'cold cache: --full to cat' 1.1 "$full" "$cat"
	row '--full, MiB' "$(verify_peak_mib "$work/tablespace" --full)" 64 'peak memory'
}

bench_many() {
	local time coverage
	read -r time coverage < <(medians 5 3 '' "$(verify "$work/tablespaces")" "$(verify "$work/tablespaces" --coverage)")
	row '100,000 small tablespaces, MiB' "$(verify_peak_mib "$work/tablespaces" -j)" 64 \
		"$(awk -v time="$time" 'BEGIN { printf "%.0f files per second", 100000 / time * 1000 }')"
	ratio_row '--coverage, 100,000 small tablespaces' 1.25 "$coverage" "$time"
}


bench_data() {
	make_tablespaces
	make_many
	bench_large
	bench_many
}
