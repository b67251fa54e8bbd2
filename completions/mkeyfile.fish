# SPDX-License-Identifier: MIT
# fish completion for mkeyfile(1). Takes commands, options and their descriptions
# from --help and 'help options'; this file has only the values of options.

# Prints the help of mkeyfile, or of a command, and the common options: those of
# all commands, or of one.
function __mkeyfile_help # [command]
    command mkeyfile $argv --help </dev/null 2>/dev/null
    command mkeyfile help options $argv </dev/null 2>/dev/null | sed '/^Options of commands/,$d'
end

# Prints four lines for each option of mkeyfile, or of a command: "-s, " or
# nothing, its long name, what follows the name ("=FILE", "[=ID]" or nothing), and
# its description.
function __mkeyfile_read_options # [command]
    set -l lines
    for line in (__mkeyfile_help $argv)
        # joins an option with the continuation lines of its description
        if string match -qr '^ {2,6}(-.,|--)' -- $line
            set -a lines $line
        else if string match -qr '^ {20}' -- $line; and set -q lines[1]
            set lines[-1] "$lines[-1] "(string trim -- $line)
        end
    end
    for line in $lines
        string match -gr '^ +((?:-., )?)--([a-z0-9-]+)((?:\[?=[A-Z]+\]?)?) *(.*)$' -- $line
    end
end

# Prints what completes the value of an option, without candidates if mkeyfile
# cannot know the values.
function __mkeyfile_value_of # option
    switch $argv[1]
        case file password-file new-password-file other-password-file key-from write-in-place output \
            defaults-file defaults-extra-file
            printf '%s\n' --require-parameter --force-files
        case datadir
            printf '%s\n' --exclusive --arguments '(__mkeyfile_directories)'
        case size
            printf '%s\n' --exclusive --arguments '128 192 256'
        case digest new-digest other-digest
            printf '%s\n' --exclusive --arguments 'sha1 sha224 sha256 sha384 sha512'
        case color
            printf '%s\n' --exclusive --arguments 'auto always never'
        case mode
            printf '%s\n' --exclusive --arguments '0400 0440 0600 0640'
        case server-user trust-owner owner
            printf '%s\n' --exclusive --arguments '(__fish_complete_users)'
        case plugin
            printf '%s\n' --exclusive --arguments 'mkeyfile file hashicorp aws'
        case encryption-algorithm
            printf '%s\n' --exclusive --arguments 'AES_CTR AES_CBC'
        case target
            set -l targets auto 10.6 10.11 11.4 11.8 12.3 10.6-enterprise 11.4-enterprise 11.8-enterprise 10.6+plugin \
                10.11+plugin 11.4+plugin 11.8+plugin maxscale
            printf '%s\n' --exclusive --arguments "$targets"
        case '*'
            echo --exclusive
    end
end

# The function of fish treats "--datadir=" as part of the path.
function __mkeyfile_directories
    __fish_complete_directories (commandline -ct | string replace -r '^--[a-z-]+=' '')
end

# Offers the options of a command, or those of mkeyfile itself. Notes each in
# __mkeyfile_options, as argparse wants them.
function __mkeyfile_add_options # [command]
    set -l condition
    set -q argv[1]; and set condition --condition "__mkeyfile_command_is $argv[1]"
    __mkeyfile_read_options $argv | while read -l short; and read -l long; and read -l value; and read -l text
        set -l names --long-option $long
        set -l note $long
        if test -n "$short"
            set -l letter (string sub --start 2 --length 1 -- $short)
            set -a names --short-option $letter
            # argparse has no letter for -?
            string match -qr '[a-zA-Z]' -- $letter; and set note $letter/$long
        end
        switch $value
            case '=*'
                set -a names (__mkeyfile_value_of $long)
                set note "$note="
            case '[=*'
                set note "$note=?"
        end
        # the common options are already there
        contains -- $note $__mkeyfile_shared; and continue
        complete --command mkeyfile $condition $names --description $text
        set -q argv[1]; or set -ga __mkeyfile_shared $note
        contains -- $note $__mkeyfile_options; or set -ga __mkeyfile_options $note
    end
end

# Whether the words before the typed one have this command ('': none).
function __mkeyfile_command_is # command
    set -l wanted $argv[1]
    set -l words (commandline -opc)[2..-1]
    # the last word may be an option whose value is being typed
    argparse --ignore-unknown $__mkeyfile_options -- $words 2>/dev/null
    or argparse --ignore-unknown $__mkeyfile_options -- $words '' 2>/dev/null
    or return
    test "$argv[1]" = "$wanted"
end

# The IDs in the key file of the words, without those already given; nothing if
# reading the file needs a prompt. Never reads a pipe, since that would consume its
# content.
function __mkeyfile_ids
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    argparse --ignore-unknown $__mkeyfile_options -- $words[2..-1] 2>/dev/null; or return
    set -q _flag_all; and return
    string match -q '*/*' -- $program; or set program mkeyfile

    set -l file $MKEYFILE_FILE
    set -q _flag_file; and set file (string replace -r '^~/' "$HOME/" -- $_flag_file)
    test -z "$file"; or test -f "$file" -a "$file" != -; or return
    set -l password_file $MKEYFILE_PASSWORD_FILE
    set -q _flag_password_file; and set password_file (string replace -r '^~/' "$HOME/" -- $_flag_password_file)
    set -q _flag_password_fd; or set -q _flag_password_command; or set -q _flag_new_password_file
    and set password_file
    test -f "$password_file" -a "$password_file" != -; or set password_file

    set -l arguments
    test -n "$file"; and set -a arguments --file=$file
    test -n "$password_file"; and set -a arguments --password-file=$password_file
    set -q _flag_digest; and set -a arguments --digest=$_flag_digest
    set -q _flag_pbkdf2; and set -a arguments --pbkdf2=$_flag_pbkdf2
    set -q _flag_defaults_file; and set -a arguments --defaults-file=$_flag_defaults_file
    set -q _flag_defaults_group_suffix; and set -a arguments --defaults-group-suffix=$_flag_defaults_group_suffix
    set -q _flag_no_defaults; and set -a arguments --no-defaults
    # many PBKDF2 iterations take longer than anyone waits for a completion
    for id in (MKEYFILE_FILE= MKEYFILE_PASSWORD_FILE= MKEYFILE_TARGET= \
            timeout 5 $program list --ids --no-prompt --quiet $arguments </dev/null 2>/dev/null)
        contains -- $id $argv[2..-1]; or echo $id
    end
end

# Whether the words are 'help', or 'help options' and this is a command.
function __mkeyfile_help_takes # word
    set -l words (commandline -opc)[2..-1]
    test "$words" = help; or test "$words" = 'help options' -a $argv[1] != options
end

set -e __mkeyfile_options __mkeyfile_shared
complete --command mkeyfile --condition '__mkeyfile_help_takes options' --arguments options \
    --description 'list the common options'
complete --command mkeyfile --no-files
__mkeyfile_add_options
for line in (command mkeyfile --help </dev/null 2>/dev/null)
    string match -gr '^  ([a-z]+)(?: [^ ]+)?  +(.*)$' -- $line
end | while read -l name; and read -l text
    complete --command mkeyfile --condition '__mkeyfile_command_is ""' --arguments $name --description $text
    complete --command mkeyfile --condition "__mkeyfile_help_takes $name" --arguments $name --description $text
    __mkeyfile_add_options $name
end
for name in rotate remove status
    complete --command mkeyfile --condition "__mkeyfile_command_is $name" --keep-order --arguments '(__mkeyfile_ids)' \
        --description 'key ID'
end
complete --command mkeyfile --condition '__mkeyfile_command_is ""' --arguments help \
    --description 'open the manual page of a command'
complete --command mkeyfile --condition '__mkeyfile_command_is ""' --arguments version --description 'print the version'
for name in diff import export
    complete --command mkeyfile --condition "__mkeyfile_command_is $name" --force-files
end
