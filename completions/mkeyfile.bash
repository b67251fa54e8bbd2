# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# bash completion for mkeyfile(1)

_mkeyfile_commands='generate ensure add rotate list encrypt decrypt verify config passwd remove diff status import export seal'

# The options of a command, or of mkeyfile itself if the command is empty.
_mkeyfile_options()
{
	local shared='--file= --password-file= --password-fd= --password-command= --password-timeout= --digest= --pbkdf2=
		--target= --server-user= --trust-owner= --defaults-file= --defaults-group-suffix= --no-defaults --dry-run --quiet --json --color= --no-prompt
		--help --usage --version -f -P -t -n -q -j -V -h'
	local change='--backup --keep= --lock-timeout= --write-in-place='
	local server='--server --user= --defaults-extra-file= --server-timeout= --no-tls'
	local filter='--output= -o'
	local manager='--aws-command= --manager-timeout='
	local output="$filter --in-place --force"

	case $1 in
	generate) echo "--size= -s --force --new-password-file= --keep= --lock-timeout= --write-in-place= --no-dates $shared" ;;
	ensure) echo "--owner= --mode= --size= -s --new-password-file= --lock-timeout= --no-dates $shared" ;;
	add) echo "--size= -s --key-from= --key-version= --created= --if-missing --force $filter $change --no-dates $shared" ;;
	rotate) echo "--all --older-than= --new-id --if-missing --flush --datadir= --server-data --size= -s $server $filter $change --no-dates $shared" ;;
	list) echo "--ids --fingerprint --older-than= $manager $shared" ;;
	encrypt) echo "$output --new-password-file= $change $shared" ;;
	decrypt) echo "$output --no-probe $change $shared" ;;
	verify) echo "--strict --no-probe --datadir= --server-data --full --all-files --coverage --encryption-algorithm= $manager $shared" ;;
	config) echo "--plugin --encryption-algorithm= $shared" ;;
	passwd)
		echo "--new-password-file= --new-password-fd= --new-password-command= --new-digest= --new-pbkdf2=
			$filter --keep= --lock-timeout= --write-in-place= $shared"
		;;
	remove) echo "--key-version= --old-versions --all --datadir= --server-data --if-present --free-pages --force $filter --keep= --lock-timeout= --write-in-place= $shared" ;;
	status) echo "--cluster --wait --timeout= $server $shared" ;;
	import)
		echo "--key-version= --force --datadir= --server-data --new-password-file= $manager --other-password-file= --other-digest= --other-pbkdf2=
			--backup --lock-timeout= --no-dates $shared"
		;;
	export)
		echo "--kms-key-id= --key-version= --force --datadir= --server-data $manager --other-password-file= --other-digest= --other-pbkdf2=
			--backup --lock-timeout= --no-dates $shared"
		;;
	seal) echo "$filter $change $shared" ;;
	diff) echo "--disjoint --other-password-file= --other-digest= --other-pbkdf2= $manager $shared" ;;
	help) echo '--help --usage --version -V -h' ;;
	'') echo "$shared" ;;
	esac
}

# Sets cur, words and cword from readline's variables, if bash-completion is not
# installed. Joins words without a blank between them, such as "--option=value".
_mkeyfile_join_words()
{
	local i word rest=$COMP_LINE glued

	words=() cword=0
	for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
		word=${COMP_WORDS[i]}
		glued=
		[[ $word && ${#words[@]} -gt 1 && ${rest%%"$word"*} == '' ]] && glued=yes
		rest=${rest#*"$word"}
		if [[ $glued ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
		((i == COMP_CWORD)) && cword=$((${#words[@]} - 1))
	done
	cur=${words[cword]}
	[[ $cur == --?*=* ]] && cur=${cur#*=}
	return 0
}

# Prints a word without the quotes and backslashes that the shell would remove.
# Expands and runs nothing.
_mkeyfile_unquote()
{
	local word=$1 plain='' quote='' char i

	for ((i = 0; i < ${#word}; i++)); do
		char=${word:i:1}
		if [[ $char == "$quote" ]]; then
			quote=
		elif [[ ! $quote && $char == [\"\'] ]]; then
			quote=$char
		elif [[ $char == "\\" && $quote != "'" ]]; then
			i=$((i + 1))
			plain+=${word:i:1}
		else
			plain+=$char
		fi
	done
	printf '%s' "$plain"
}

# The same for a whole word, in which the shell expands a tilde.
_mkeyfile_unquote_word()
{
	# shellcheck disable=SC2088 # this is the tilde that was typed
	if [[ $1 == '~/'* ]]; then
		printf '%s/' "$HOME"
		_mkeyfile_unquote "${1#*/}"
	else
		_mkeyfile_unquote "$1"
	fi
}

# Stores an option that changes the output of 'mkeyfile list'.
_mkeyfile_note_option()
{
	case $1 in
	-f | --file) key_file=$2 ;;
	-P | --password-file) password_file=$2 password_source=file ;;
	--password-fd | --password-command | --new-password-file) password_source=other ;;
	--digest | --pbkdf2 | --defaults-file | --defaults-group-suffix) list_options+=("$1=$2") ;;
	--no-defaults) list_options+=("$1") ;;
	--all) all=yes ;;
	esac
}

# Parses the words. Sets command; pending, the option whose value is being typed;
# named, the arguments; and the variables of _mkeyfile_note_option.
_mkeyfile_read_words()
{
	local i word open='' ended=''

	for ((i = 1; i < ${#words[@]}; i++)); do
		word=${words[i]}
		if ((i == cword)); then
			pending=$open open=''
			[[ ! $pending && ! $ended && $word == --?*=* ]] && pending=${word%%=*}
			[[ ! $ended && ! $pending && $word == -* ]] && typing_option=yes
		elif [[ $open ]]; then
			_mkeyfile_note_option "$open" "$(_mkeyfile_unquote_word "$word")"
			open=
		elif [[ $ended || $word != -?* ]]; then
			if [[ $command ]]; then
				named+=("$(_mkeyfile_unquote "$word")")
			elif ((i < cword)); then
				command=$word
			fi
		elif [[ $word == -- ]]; then
			((i < cword)) && ended=yes
		elif [[ $word == --*=* ]]; then
			_mkeyfile_note_option "${word%%=*}" "$(_mkeyfile_unquote "${word#*=}")"
		elif [[ $word == --* ]]; then
			if [[ " $(_mkeyfile_options "$command") " == *[[:space:]]"$word="[[:space:]]* ]]; then
				open=$word
			else
				_mkeyfile_note_option "$word" ''
			fi
		elif [[ $word == *[fPtso]* ]]; then
			# letters without a value, then a letter whose value is the rest or the next word
			word=${word#"${word%%[fPtso]*}"}
			if [[ ${word:1} ]]; then
				_mkeyfile_note_option "-${word:0:1}" "$(_mkeyfile_unquote "${word:1}")"
			else
				open=-$word
			fi
		fi
	done
}

# The IDs in the key file of the words; nothing if reading the file needs a prompt.
# Never reads a pipe, since that would consume its content.
_mkeyfile_live_ids()
{
	local program arguments=()
	local -x MKEYFILE_FILE=${key_file-${MKEYFILE_FILE-}}
	local -x MKEYFILE_PASSWORD_FILE=${MKEYFILE_PASSWORD_FILE-}
	local -x MKEYFILE_TARGET=

	[[ ! $MKEYFILE_FILE || (-f $MKEYFILE_FILE && $MKEYFILE_FILE != -) ]] || return
	[[ $password_source == file ]] && MKEYFILE_PASSWORD_FILE=$password_file
	[[ $password_source != other && $MKEYFILE_PASSWORD_FILE != - && -f $MKEYFILE_PASSWORD_FILE ]] ||
		MKEYFILE_PASSWORD_FILE=
	program=$(_mkeyfile_unquote_word "${words[0]}")
	[[ $program == */* ]] || program=mkeyfile
	arguments=(list --ids --no-prompt --quiet "${list_options[@]}")
	[[ $MKEYFILE_FILE ]] && arguments+=(--file="$MKEYFILE_FILE")
	[[ $MKEYFILE_PASSWORD_FILE ]] && arguments+=(--password-file="$MKEYFILE_PASSWORD_FILE")
	# many PBKDF2 iterations take longer than anyone waits for a completion
	timeout 5 "$program" "${arguments[@]}" </dev/null 2>/dev/null
}

_mkeyfile_complete_ids()
{
	local id ids=''

	for id in $(_mkeyfile_live_ids); do
		[[ " ${named[*]} " == *" $id "* ]] || ids+="$id "
	done
	compopt -o nosort 2>/dev/null
	_mkeyfile_choose "$ids"
}

# Offers the words in $1 that begin with the typed word.
_mkeyfile_choose()
{
	local word

	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <(compgen -W "$1" -- "$cur")
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
	return 0
}

_mkeyfile_choose_file()
{
	local file

	if declare -F _filedir >/dev/null; then
		_filedir
		return
	fi
	compopt -o filenames 2>/dev/null
	while IFS= read -r file; do
		COMPREPLY+=("$file")
	done < <(compgen -f -- "$(_mkeyfile_unquote_word "$cur")")
}

_mkeyfile_choose_directory()
{
	local directory

	if declare -F _filedir >/dev/null; then
		_filedir -d
		return
	fi
	compopt -o filenames 2>/dev/null
	while IFS= read -r directory; do
		COMPREPLY+=("$directory")
	done < <(compgen -d -- "$(_mkeyfile_unquote_word "$cur")")
}

# Offers the values of an option, or nothing if mkeyfile cannot know them.
_mkeyfile_choose_value()
{
	case $1 in
	-f | --file | -P | --password-file | --new-password-file | --other-password-file | --key-from | --write-in-place | -o | --output | \
		--defaults-file | --defaults-extra-file | --server)
		_mkeyfile_choose_file
		;;
	--datadir)
		_mkeyfile_choose_directory
		;;
	-s | --size)
		_mkeyfile_choose '128 192 256'
		;;
	--digest | --new-digest | --other-digest)
		_mkeyfile_choose 'sha1 sha224 sha256 sha384 sha512'
		;;
	--color)
		_mkeyfile_choose 'auto always never'
		;;
	--mode)
		_mkeyfile_choose '0400 0440 0600 0640'
		;;
	--server-user | --trust-owner | --owner)
		_mkeyfile_choose "$(compgen -u)"
		;;
	--plugin)
		_mkeyfile_choose 'mkeyfile file hashicorp aws'
		;;
	--encryption-algorithm)
		_mkeyfile_choose 'AES_CTR AES_CBC'
		;;
	-t | --target)
		_mkeyfile_choose 'auto 10.6 10.11 11.4 11.8 12.3 10.6-enterprise 11.4-enterprise 11.8-enterprise 10.6+plugin
			10.11+plugin 11.4+plugin 11.8+plugin maxscale'
		;;
	esac
}

_mkeyfile()
{
	# shellcheck disable=SC2034 # _init_completion sets prev and split
	local cur prev words cword split
	local command='' pending='' typing_option='' named=()
	local key_file password_file='' password_source='' list_options=() all=''
	local IFS=$' \t\n'

	COMPREPLY=()
	if declare -F _init_completion >/dev/null; then
		_init_completion -s -n : || return
	else
		_mkeyfile_join_words
	fi
	_mkeyfile_read_words
	if [[ $pending ]]; then
		_mkeyfile_choose_value "$pending"
	elif [[ $typing_option ]]; then
		_mkeyfile_choose "$(_mkeyfile_options "$command")"
	elif [[ ! $command ]]; then
		_mkeyfile_choose "$_mkeyfile_commands help version"
	elif [[ $command == @(diff|import|export) && ${#named[@]} -eq 0 ]]; then
		_mkeyfile_choose_file
	elif [[ $command == @(rotate|remove|status) && ! $all ]]; then
		_mkeyfile_complete_ids
	elif [[ $command == help && ${#named[@]} -eq 0 ]]; then
		_mkeyfile_choose "$_mkeyfile_commands options"
	elif [[ $command == help && ${named[*]} == options ]]; then
		_mkeyfile_choose "$_mkeyfile_commands"
	fi
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$cur"
	fi
} && complete -F _mkeyfile mkeyfile
