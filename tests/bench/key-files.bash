# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2153,SC2154
# Key files: rotate compared with the shell recipe and with a bare program, growth with the
# number of keys, and key look-ups in the server plugin.

# random_keys FIRST COUNT VERSION: prints lines of random 256-bit keys, without versions if VERSION is empty
random_keys() {
	openssl rand -hex $((32 * $2)) | fold -w 64 |
		awk -v first="$1" -v version="$3" '{ print (NR - 1 + first) ";" (version ? version ";" : "") $0 }'
}

make_files() {
	openssl rand -hex 32 >"$work/password"
	{
		random_keys 1 2 1
		random_keys 100 1 1
	} >"$work/three.plain"
	openssl enc -aes-256-cbc -md sha1 -pass "file:$work/password" -in "$work/three.plain" \
		-out "$work/three" 2>/dev/null
	cp "$work/three" "$work/password" "$memory"
	random_keys 1 14900 '' >"$work/large"
	head -c 65536 "$work/large" | sed '$d' >"$work/small"
	random_keys 1 7000 1 >"$work/many"
	head -n $((7000 / 16)) "$work/many" >"$work/few"
}

# Every run of both programs starts from the same small file.
bench_rotate() {
	local place=$1 directory=$2 mkeyfile recipe bare
	local file=$directory/keyfile password=$directory/password

	read -r mkeyfile recipe bare < <(medians 20 10 "cp $directory/three $file" \
		"$MKEYFILE rotate 100 -q -f $file -P $password" \
		"$here/recipe $file $password" \
		"$BARE_ROTATE $file $password")
	ratio_row "rotate, openssl recipe, $place" 0.4 "$mkeyfile" "$recipe"
	ratio_row "rotate, bare C program, $place" 1.5 "$mkeyfile" "$bare"
}

# instructions COMMAND...: prints how many instructions a run executes, or those in the
# functions in the array only
only=()
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "${only[@]/#/--toggle-collect=}" "$@" >/dev/null 2>"$work/callgrind" ||
		die "$(cat "$work/callgrind")"
	sed -n 's/.*Collected : //p' "$work/callgrind"
}

# Compares the cost of more iterations in rotate and in a program that derives the key once.
# It counts instructions, which do not depend on the load of the machine.
bench_derivations() {
	local few=1000 many=11000 iterations file=$memory/keyfile
	local -A ours theirs

	for iterations in "$few" "$many"; do
		openssl enc -aes-256-cbc -md sha1 -pbkdf2 -iter "$iterations" -pass "file:$work/password" \
			-in "$work/three.plain" -out "$file"
		theirs[$iterations]=$(instructions openssl enc -d -aes-256-cbc -md sha1 -pbkdf2 -iter "$iterations" \
			-pass "file:$work/password" -in "$file")
		ours[$iterations]=$(instructions "$MKEYFILE" rotate 100 -q -f "$file" -P "$work/password" \
			--target=10.11+plugin --pbkdf2="$iterations")
	done
	row 'rotate, derivations of the key' "$(awk -v ours=$((ours[$many] - ours[$few])) \
		-v theirs=$((theirs[$many] - theirs[$few])) 'BEGIN { printf "%.2f", ours / theirs }')" 2 \
		'instructions, to openssl enc -d'
}

# Compares rotate with rotate without dates and without the functions of the seal. Counts
# instructions.
bench_seal() {
	local file=$memory/keyfile all undated seal
	local -a command=("$MKEYFILE" rotate 100 -q -f "$file" -P "$work/password" --target=10.11+plugin)

	"$MKEYFILE" encrypt -q -f "$work/three.plain" -P "$work/password" -o "$file" --force
	all=$(instructions "${command[@]}")
	undated=$(instructions "${command[@]}" --no-dates)
	only=(seal_check seal_append)
	seal=$(instructions "${command[@]}" --no-dates)
	only=()
	row 'rotate, dates and seal' "$(awk -v all="$all" -v without=$((undated - seal)) \
		'BEGIN { printf "%.2f", all / without }')" 1.05 'instructions, to neither'
}

bench_growth_of_reading() {
	local command large small

	for command in list verify; do
		# the server's own account has no access here
		read -r large small < <(medians 3 10 '' "$MKEYFILE $command -q -f $work/large --server-user=$(id -u)" \
			"$MKEYFILE $command -q -f $work/small --server-user=$(id -u)")
		ratio_row "$command, 14,900 keys to 1/16" 20 "$large" "$small"
		row "$command, 14,900 keys, MiB" "$(peak_mib "$MKEYFILE" "$command" -f "$work/large" --server-user="$(id -u)")" 64 'peak memory'
	done
}

bench_growth_of_rotating() {
	local many few
	# with dates, the file would be larger than servers allow
	local rotate="$MKEYFILE rotate --all --no-dates -q -f $memory/keyfile"

	read -r many < <(medians 2 10 "cp $work/many $memory/keyfile" "$rotate")
	read -r few < <(medians 2 10 "cp $work/few $memory/keyfile" "$rotate")
	ratio_row 'rotate --all, 7,000 keys to 1/16' 20 "$many" "$few"
	cp "$work/many" "$memory/keyfile"
	row 'rotate --all, 7,000 keys, MiB' \
		"$(peak_mib "$MKEYFILE" rotate --all --no-dates -f "$memory/keyfile")" 64 'peak memory'
}

# The time to look up one of 10,000 keys in the server plugin: nanoseconds, medians of 9 runs.
bench_look_up() {
	local round key newest

	random_keys 1 10000 '' >"$work/ten-thousand"
	for ((round = 0; round < 9; round++)); do
		"$PLUGIN_HOST" lookup "$work/ten-thousand" 1000000 || die 'plugin-host failed'
	done >"$work/look-ups"
	key=$(cut -d' ' -f1 "$work/look-ups" | sort -n | sed -n 5p)
	newest=$(cut -d' ' -f2 "$work/look-ups" | sort -n | sed -n 5p)
	row 'plugin, key of 10,000, ns' "$key" 1000 "bare copy: $(cut -d' ' -f3 "$work/look-ups" | sort -n | sed -n 5p)"
	row 'plugin, newest version, ns' "$newest" 1000 '-'
}

bench_key_files() {
	export MKEYFILE_TARGET=11.8-enterprise
	make_files
	bench_rotate disk "$work"
	bench_rotate memory "$memory"
	bench_derivations
	bench_seal
	bench_growth_of_reading
	bench_growth_of_rotating
	unset MKEYFILE_TARGET
}
