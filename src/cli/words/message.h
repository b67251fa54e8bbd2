/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/words/exit_status.h"
#include "core/fault.h"
#include "core/trust.h"

#include <stdio.h>

/* All messages on standard error: "mkeyfile rotate: cannot open 'F': reason", in lower case, without
 * a period. Never key material, since messages go through stdio. */

#define PRINTF_LIKE(words, first) __attribute__((format(printf, words, first)))

/* name: "mkeyfile" or "mkeyfile COMMAND"; it must outlive the program. */
void message_start(const char *name);

/* --quiet: only errors are printed. --json: the object on standard output has errors, warnings,
 * hints and steps as well. */
void message_set_quiet(bool quiet);
void message_set_json(bool json);

enum message_kind {
	MESSAGE_ERROR,
	MESSAGE_WARNING,
	MESSAGE_HINT, /* the next step after an error or a warning */
	MESSAGE_NOTE, /* without a prefix: what was changed */
	MESSAGE_STEP, /* what is left to do after the change, said after "next: "; in JSON, a member of "steps" */
};

void message_say(enum message_kind kind, const char *format, ...) PRINTF_LIKE(2, 3);

#define message_error(...) message_say(MESSAGE_ERROR, __VA_ARGS__)
#define message_warning(...) message_say(MESSAGE_WARNING, __VA_ARGS__)
#define message_hint(...) message_say(MESSAGE_HINT, __VA_ARGS__)
#define message_note(...) message_say(MESSAGE_NOTE, __VA_ARGS__)
#define message_step(...) message_say(MESSAGE_STEP, __VA_ARGS__)

/* The options that a command in a hint needs for the same files, " --file=F", as parser_retype
 * found them; and those of them that set the target, for a command with other files.
 * message_set_given takes both over; NULL: none. */
void message_set_given(char *words, char *target);
const char *message_given(void);
const char *message_given_target(void);
/* The key file is standard input, so that no command in a hint can change it. */
void message_set_input(void);
/* The command has --write-in-place, so that a hint may suggest it. */
void message_set_writes_in_place(void);
/* The hint, with these options in place of a %s. Valid until the next call; NULL for NULL, and for
 * a command that would change standard input. */
const char *hint_with_given(const char *hint);
/* An SQL statement that the operator has to run first: printed on a separate line if is_printed,
 * and always added to JSON. */
void message_sql(const char *sql, bool is_printed);

/* Prints text that may contain a file name or the words of a server. Control characters, line
 * breaks, characters that change the direction of text, and bytes that are not UTF-8 are printed
 * in octal, as \ooo. */
void print_visibly(FILE *stream, const char *text);

/* The same as text: malloc(3)ed, or NULL without memory. */
char *visible_text(const char *text);

/* Prints a line of a result on standard output, as print_visibly does. Only line breaks in format
 * itself break lines. */
void print_result(const char *format, ...) PRINTF_LIKE(1, 2);

/* Whether print_visibly prints text unchanged. */
bool is_visible(const char *text);

/* Prints an error, or a warning if the check is overridden. Takes ownership of words; NULL: no
 * memory. */
MUST_CHECK enum status refuse_unless(bool overridden, char *words);

/* Errors and hints of several commands. */
#define NO_KEY_ID "no key ID given"
#define ALL_AND_IDS "--all and key IDs cannot be used together"
#define TERMINAL_REFUSED "refusing to write a key file to a terminal"
#define DANGLING_LINK "'%s' is a symbolic link to a file that does not exist"
#define STANDARD_INPUT_AS_FILE "standard input cannot be changed: use --file=FILE"

/* Prints an error of the command line, and returns STATUS_USAGE. */
enum status usage_error(const char *words);

/* Prints what a fault of the file (or password source) at path means, and returns its exit status.
 * FAULT_NONE prints nothing and gives STATUS_DONE. */
MUST_CHECK enum status message_fault(struct fault fault, const char *path);

/* The same for another program that was run for its output. */
MUST_CHECK enum status message_program_fault(struct fault fault, const char *program);

/* Prints why the file at path is refused, or that an option file is ignored, with a hint. */
void message_untrusted(const char *path, const struct refusal_of_trust *refusal);
void message_ignored(const char *path, const struct refusal_of_trust *refusal);

/* Tells message_finish that the key file was changed, even if a later step fails. */
void message_changed(void);

/* Prints the object of --json, with the error if there was a message_error and status is not
 * STATUS_DONE. Then closes standard output; if this fails, the status is STATUS_FAILED. Returns the
 * final status. */
enum status message_finish(enum status status);

/* Milliseconds of work before progress is shown. */
#define PROGRESS_AFTER 1000

/* Clears a progress line from the terminal. */
void message_clear_line(void);
