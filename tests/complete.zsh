#!/usr/bin/env zsh
# SPDX-License-Identifier: MIT
# Types lines into an interactive zsh, presses Tab after each, and prints what
# is offered: for each line its candidates, one a line, and a line "--".
# usage: tests/complete.zsh DIRECTORY [LINE...], where DIRECTORY has _mkeyfile
emulate -R zsh
zmodload zsh/zpty zsh/zselect

directory=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf $scratch; zpty -d shell 2>/dev/null' EXIT

# what the shell that is typed at runs first
cat >$scratch/setup <<-'SETUP'
	PS1= PS2=
	unsetopt prompt_cr prompt_sp
	fpath=($directory $fpath)
	autoload -Uz compinit
	compinit -u -d $scratch/dump
	# notes the candidates on their way to the screen
	compadd() {
		local -a candidates
		if [[ -n ${argv[(r)-[OAD]]} ]]; then
			builtin compadd "$@"
			return
		fi
		builtin compadd -A candidates "$@"
		(($#candidates)) && print -rl -- $candidates >>$scratch/offered
		builtin compadd "$@"
	}
	press_tab() {
		_main_complete
		print -r -- -- >>$scratch/offered
		# nothing changes in the line
		compstate[insert]= compstate[list]=
	}
	zle -C press-tab complete-word press_tab
	bindkey '^I' press-tab
	: >$scratch/ready
SETUP

# Waits until a command is true, for 20 seconds, and reads what the shell echoes.
wait_until() {
	local -i i

	for ((i = 0; i < 2000; i++)); do
		"$@" && return
		zpty -rt shell >/dev/null 2>&1
		zselect -t 1
	done
	print -ru2 -- "the shell does not answer"
	exit 1
}

offered_count() {
	[[ -e $scratch/offered && $(grep -cx -e -- $scratch/offered) -ge $1 ]]
}

export scratch directory
zpty shell "TERM=dumb zsh -f -i"
zpty -w shell 'source $scratch/setup'
wait_until test -e $scratch/ready
integer count=0
for line; do
	# ^U: away with the line before
	zpty -n -w shell $'\C-u'"$line"$'\t'
	wait_until offered_count $((++count))
done
cat $scratch/offered
