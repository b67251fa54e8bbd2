# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Functions for all parts of the benchmark: medians, and the rows of the table.

rows=()
missed=0

die() {
	echo "bench: $*" >&2
	exit 1
}

# medians ROUNDS RUNS PREPARE COMMAND...: prints the median of each command in milliseconds.
# The commands take turns, so that load on the machine affects all of them.
medians() {
	local rounds=$1 prepare=$3 round result
	local options=(-N --style none --warmup 1 --runs "$2")

	shift 3
	[[ -z $prepare ]] || options+=(--prepare "$prepare")
	for ((round = 0; round < rounds; round++)); do
		hyperfine "${options[@]}" --export-json "$work/round-$round.json" "$@" \
			>/dev/null 2>"$work/hyperfine.err" || die "$(cat "$work/hyperfine.err"), of: $*"
	done
	result=$(jq -rs 'def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;
		[range(.[0].results | length) as $i | [.[].results[$i].times[]] | median * 1000 | tostring]
		| join(" ")' "$work"/round-*.json)
	# clean up before the next measurement
	rm "$work"/round-*.json
	echo "$result"
}

# peak_mib COMMAND...: prints the peak memory of one run
peak_mib() {
	/usr/bin/time -f %M -o "$work/peak" "$@" >/dev/null 2>"$work/error" || die "$(cat "$work/error")"
	awk '{ printf "%.1f", $1 / 1024 }' "$work/peak"
}

# row WHAT VALUE GOAL DETAIL: adds a line to the table; VALUE must not be above GOAL
row() {
	local verdict

	verdict=$(awk -v value="$2" -v goal="$3" 'BEGIN { print value <= goal ? "yes" : "NO" }')
	[[ $verdict == yes ]] || missed=$((missed + 1))
	rows+=("$(printf '%s\t%.2f\t%s\t%s\t%s' "$1" "$2" "$3" "$verdict" "$4")")
}

# ratio_row WHAT GOAL ONE OTHER: adds the ratio of two medians in milliseconds
ratio_row() {
	row "$1" "$(awk -v one="$3" -v other="$4" 'BEGIN { print one / other }')" "$2" \
		"$(printf '%.2f ms / %.2f ms' "$3" "$4")"
}

load_average() {
	cut -d' ' -f1 /proc/loadavg
}

file_system() {
	df --output=fstype "$1" | tail -n 1
}

# print_machine LOAD: the load average at the start
print_machine() {
	printf '%s, %s cores, load %s to %s; Linux %s; %s; disk: %s, memory: %s\n\n' \
		"$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)" "$(nproc)" "$1" "$(load_average)" \
		"$(uname -r)" "$(openssl version | cut -d' ' -f1,2)" "$(file_system "$work")" "$(file_system "$memory")"
}

print_table() {
	{
		printf 'what\tmeasured\tgoal\tmet\tmedians\n'
		printf '%s\n' "${rows[@]}"
	} | column -t -s $'\t'
	[[ $missed -eq 0 ]] || printf '\n%d missed\n' "$missed"
}
