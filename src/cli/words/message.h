/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/words/exit_status.h"
#include "core/fault.h"
#include "core/trust.h"

#include <stdio.h>

/* All words on standard error: "mkeyfile rotate: cannot open 'F': reason",
 * lower case, no full stop. Never key material: these go through stdio. */

#define PRINTF_LIKE(words, first) __attribute__((format(printf, words, first)))

/* name: "mkeyfile" or "mkeyfile COMMAND"; it must outlive the program. */
void message_start(const char *name);

/* --quiet: only errors are said. --json: the object on standard output has
 * errors, warnings, hints and steps as well. */
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

/* The options that a command in a hint needs to mean the same files, " --file=F", as
 * parser_retype found them, and those of them that name the target, for a command that
 * means other files. message_set_given takes both over; NULL: none. */
void message_set_given(char *words, char *target);
const char *message_given(void);
const char *message_given_target(void);
/* The key file is standard input, which no command in a hint can change. */
void message_set_input(void);
/* The command has --write-in-place, which hints may name. */
void message_set_writes_in_place(void);
/* The hint, with these options in place of the %s that it may have. Good until the next
 * call; NULL for NULL, and for a command that would change standard input. */
const char *hint_with_given(const char *hint);
/* A statement that clears the way, on a line of its own, and in any case for JSON. */
void message_sql(const char *sql, bool is_printed);

/* Prints text, of which a file name or a server's words may be a part. What a terminal
 * would obey, the end of a line, what turns the order of characters, and bytes that are
 * not UTF-8 become \ooo, in octal. */
void print_visibly(FILE *stream, const char *text);

/* The same as text: malloc(3)ed, or NULL without memory. */
char *visible_text(const char *text);

/* Prints a line of a result on standard output, visibly but for the ends of lines that
 * format itself has. */
void print_result(const char *format, ...) PRINTF_LIKE(1, 2);

/* Whether text has nothing of that kind. */
bool is_visible(const char *text);

/* Prints an error, or a warning if the check is overridden. Takes ownership of words; NULL: no
 * memory. */
MUST_CHECK enum status refuse_unless(bool overridden, char *words);

/* An error of the command line: says it and returns STATUS_USAGE. */
enum status usage_error(const char *words);

/* Says what a fault of the file (or password source) at path means and returns the exit
 * status that goes with it: STATUS_DONE, and no word, for none. */
MUST_CHECK enum status message_fault(struct fault fault, const char *path);

/* The same of another program that was run for what it prints. */
MUST_CHECK enum status message_program_fault(struct fault fault, const char *program);

/* Says why the file at path is refused, or that an option file is ignored, and what can
 * be done about it. */
void message_untrusted(const char *path, const struct refusal_of_trust *refusal);
void message_ignored(const char *path, const struct refusal_of_trust *refusal);

/* Tells message_finish that the change was made, whatever comes after. */
void message_changed(void);

/* Prints the object of --json, with an error when status is one that follows a
 * message_error, and closes standard output, whose failure turns any status
 * into STATUS_FAILED. Returns the final status. */
enum status message_finish(enum status status);

/* Milliseconds of work before progress is shown. */
#define PROGRESS_AFTER 1000

/* Takes a line that shows progress from the terminal. */
void message_clear_line(void);
