/* SPDX-License-Identifier: MIT */
#include "cli/words/message.h"

#include "cli/words/color.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/trust_words.h"
#include "core/cleanup.h"
#include "core/format.h"
#include "core/keyfile.h"
#include "core/password.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static struct {
	const char *name;
	bool quiet;
	bool has_steps;
	bool has_error;
	bool changed;
	bool lost_words; /* a part of a result was not printed: no memory */
	char *given;
	char *given_target;
	bool is_input;
	bool writes_in_place;
} said = { .name = "mkeyfile" };

void message_start(const char *name)
{
	said.name = name;
}

void message_set_quiet(bool quiet)
{
	said.quiet = quiet;
}

void message_set_json(bool json)
{
	document_use(json);
}

void message_set_given(char *words, char *target)
{
	free(said.given);
	free(said.given_target);
	said.given = words;
	said.given_target = target;
}

const char *message_given(void)
{
	return said.given ? said.given : "";
}

const char *message_given_target(void)
{
	return said.given_target ? said.given_target : "";
}

void message_set_input(void)
{
	said.is_input = true;
}

void message_set_writes_in_place(void)
{
	said.writes_in_place = true;
}

const char *hint_with_given(const char *hint)
{
	static char *words;
	const char *place = hint ? strstr(hint, "%s") : NULL;

	if (!place)
		return hint;
	if (said.is_input)
		return NULL;
	free(words);
	words = format_text("%.*s%s%s", (int)(place - hint), hint, message_given(), place + 2);
	return words ? words : "";
}

void message_changed(void)
{
	said.changed = true;
}

/* Size in bytes of the character at text, which is not at its end, and its code point; 0: not
 * UTF-8 (RFC 3629). */
static int decode(const unsigned char *text, uint32_t *ret_code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int size = text[0] < 0xc2 || text[0] > 0xf4 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	uint32_t code = size ? text[0] & (0x7fu >> size) : 0;

	*ret_code = text[0];
	if (text[0] < 0x80)
		return 1;
	for (int i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	if (!size || code < lowest[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret_code = code;
	return size;
}

/* Control characters, and characters that break a line or change the direction of text (UAX 9). */
static bool is_obeyed(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* Size in bytes of the character at text if a terminal would do more than show it, else 0. */
static int control_size(const unsigned char *text)
{
	uint32_t code;
	int size = decode(text, &code);

	if (!size)
		return 1;
	return is_obeyed(code) ? size : 0;
}

bool is_visible(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t code;

	for (; *at; at += decode(at, &code))
		if (control_size(at))
			return false;
	return true;
}

/* Prints whole runs of visible characters, since standard error is not buffered. */
static void print_text(FILE *stream, const char *text, bool has_lines)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t code;

	while (*at) {
		const unsigned char *start = at;

		while (*at && ((has_lines && *at == '\n') || !control_size(at)))
			at += decode(at, &code);
		fwrite(start, 1, (size_t)(at - start), stream);
		for (int size = *at ? control_size(at) : 0; size; size--)
			fprintf(stream, "\\%03o", (unsigned int)*at++);
	}
}

void print_visibly(FILE *stream, const char *text)
{
	print_text(stream, text, false);
}

char *visible_text(const char *text)
{
	char *visible = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&visible, &size);

	if (!stream)
		return NULL;
	print_visibly(stream, text);
	if (!fclose(stream))
		return visible;
	free(visible);
	return NULL;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	while ((text = strchr(text, '\n'))) {
		count++;
		text++;
	}
	return count;
}

void print_result(const char *format, ...)
{
	va_list arguments;
	HEAP char *words = NULL;

	va_start(arguments, format);
	if (vasprintf(&words, format, arguments) < 0)
		words = NULL;
	va_end(arguments);
	said.lost_words |= !words;
	if (words)
		print_text(stdout, words, count_lines(words) == count_lines(format));
}

/* Prints the words, with or without memory, and returns them, malloc(3)ed or NULL. */
__attribute__((format(printf, 2, 0))) static char *say(bool silent, const char *format, va_list arguments)
{
	va_list again;
	char *words;

	va_copy(again, arguments);
	if (vasprintf(&words, format, again) < 0)
		words = NULL;
	va_end(again);
	if (!silent) {
		if (words)
			/* only the format may break lines, not a file name or the words of a server */
			print_text(stderr, words, count_lines(words) == count_lines(format));
		else
			vfprintf(stderr, format, arguments);
		fputc('\n', stderr);
	}
	return words;
}

/* The first word of an error or a warning. */
static void print_name(enum color color, const char *end)
{
	char words[sizeof("mkeyfile ") + 64];

	snprintf(words, sizeof(words), "%s%s", said.name, end);
	print_colored(stderr, color, words);
	fputc(' ', stderr);
}

static void print_start(enum message_kind kind)
{
	if (kind == MESSAGE_ERROR)
		print_name(COLOR_ERROR, ":");
	else if (kind == MESSAGE_WARNING)
		print_name(COLOR_WARNING, ": warning:");
	else if (kind == MESSAGE_HINT)
		fputs("hint: ", stderr);
	else if (kind == MESSAGE_STEP)
		fputs(said.has_steps ? "      " : "next: ", stderr);
}

void message_say(enum message_kind kind, const char *format, ...)
{
	bool silent = said.quiet && kind != MESSAGE_ERROR;
	HEAP char *words = NULL;
	va_list arguments;

	if (!silent)
		print_start(kind);
	va_start(arguments, format);
	words = say(silent, format, arguments);
	va_end(arguments);
	said.has_error |= kind == MESSAGE_ERROR;
	said.has_steps |= kind == MESSAGE_STEP;
	if (kind == MESSAGE_ERROR)
		document_add_error(words);
	else if (kind == MESSAGE_WARNING)
		document_add_warning(NULL, 0, words, NULL);
	else if (kind == MESSAGE_HINT && words)
		document_add_hint(words);
	else if (kind == MESSAGE_STEP && words)
		document_add_step(words);
}

void message_sql(const char *sql, bool is_printed)
{
	if (is_printed)
		message_note("  %s", sql);
	document_add_statement(sql);
}

enum status usage_error(const char *words)
{
	message_error("%s", words);
	return STATUS_USAGE;
}

/* ---- messages for the faults of core ---- */

/* Prints how another program failed. */
static void say_program_failed(const char *name, int wait_status)
{
	if (wait_status < 0)
		message_error("cannot run %s: %s", name, strerror(-wait_status));
	else if (WIFSIGNALED(wait_status))
		message_error("%s was killed by signal %d", name, WTERMSIG(wait_status));
	else
		message_error("%s failed with status %d", name, WEXITSTATUS(wait_status));
}

static void say_busy(const char *path, pid_t holder)
{
	if (holder)
		message_error("'%s' is locked by process %d", path, (int)holder);
	else
		message_error("'%s' is locked by another process", path);
	message_hint("use --lock-timeout=SECONDS to wait longer");
}

#define DIGITS(number) DIGITS_OF(number)
#define DIGITS_OF(number) #number

#define NO_PASSWORD " contains no password"
#define MORE_TIME "use --password-timeout=SECONDS to allow more time (0: no limit)"

struct fault_words {
	enum fault_code code;
	enum status status;
	const char *before; /* the path, in quotes */
	const char *after;  /* NULL: the path is not printed */
	bool has_reason;    /* the error of the operating system follows */
	const char *hint;   /* or NULL */
};

/* FAULT_COMMAND_FAILED and FAULT_TIMEOUT are about the password command. The command is not
 * printed, since it may contain a password. */
static const struct fault_words fault_words[] = {
	{ FAULT_OPEN, STATUS_FAILED, "cannot open ", "", true, NULL },
	{ FAULT_READ, STATUS_FAILED, "cannot read ", "", true, NULL },
	{ FAULT_LOCK, STATUS_FAILED, "cannot lock ", "", true, NULL },
	{ FAULT_CREATE, STATUS_FAILED, "cannot create a temporary file next to ", "", true, NULL },
	{ FAULT_DIRECTORY, STATUS_FAILED, "cannot create files in the directory of ", "", true, NULL },
	{ FAULT_OWNER, STATUS_REFUSED, "cannot preserve the owner and group of ", "", true, NULL },
	{ FAULT_ATTRIBUTES, STATUS_FAILED, "cannot preserve the mode, ACL and extended attributes of ", "", true,
	  NULL },
	{ FAULT_ACCESS, STATUS_FAILED, "cannot change the owner, group or mode of ", "", true, NULL },
	{ FAULT_WRITE, STATUS_FAILED, "cannot write ", "", true, NULL },
	{ FAULT_READ_BACK, STATUS_FAILED, "cannot read back the new content of ", "", true, NULL },
	{ FAULT_PUBLISH, STATUS_FAILED, "cannot replace ", "", true, NULL },
	{ FAULT_BACKUP, STATUS_FAILED, "cannot keep a backup of ", "", true, NULL },
	{ FAULT_OLD_LEFT, STATUS_FAILED, "cannot delete the old content of ", "", true, NULL },
	{ FAULT_THREAD, STATUS_FAILED, "cannot start a thread", NULL, true, NULL },
	{ FAULT_MEMORY, STATUS_FAILED, "out of memory", NULL, false, NULL },
	{ FAULT_RANDOM, STATUS_FAILED, "the random number generator failed: no key was created", NULL, false, NULL },
	{ FAULT_ALGORITHM, STATUS_FAILED, "OpenSSL does not provide the digest or cipher", NULL, false, NULL },
	{ FAULT_NOT_REGULAR, STATUS_FAILED, "", " is not a regular file", false, NULL },
	{ FAULT_PIPE_TIMEOUT, STATUS_FAILED, "cannot read ", ": timed out waiting for data from the named pipe", false,
	  MORE_TIME },
	{ FAULT_TOO_LARGE, STATUS_FAILED, "",
	  " is larger than " DIGITS(KEYFILE_MAX_SIZE) " bytes, the most that a server reads", false, NULL },
	{ FAULT_READ_ONLY, STATUS_FAILED, "", " is on a file system that is mounted read-only", false, NULL },
	{ FAULT_IMMUTABLE, STATUS_FAILED, "", " or its directory is immutable or append-only", false,
	  "run 'lsattr' to show the attribute, and 'chattr -i' or 'chattr -a' to remove it" },
	{ FAULT_INTERRUPTED, STATUS_FAILED, "interrupted by a signal: ", " was not changed", false, NULL },
	{ FAULT_EXISTS, STATUS_REFUSED, "", " already exists", false, NULL },
	{ FAULT_TORN, STATUS_FAILED, "", " is damaged: cannot finish writing", true,
	  "restore the old content from the backup" },
	{ FAULT_CHANGED, STATUS_FAILED, "",
	  " was changed by another program while this command ran; that change was kept and yours was not applied",
	  false, "run the command again" },
	{ FAULT_STRANDED, STATUS_FAILED, "",
	  " was changed by another program while this command ran, and that change cannot be restored", true, NULL },
	{ FAULT_DIRECTORY_SYNC, STATUS_FAILED, "",
	  " has the new content, but a power cut may undo the change: cannot sync the directory", true, NULL },
	{ FAULT_SYSTEM_KEY, STATUS_REFUSED, "", " has no key ID 1, which every server needs", false, NULL },
	{ FAULT_NOT_A_KEYFILE, STATUS_FAILED, "", " contains no key", false, NULL },
	{ FAULT_NOT_ENCRYPTED, STATUS_FAILED, "", " is not encrypted", false, NULL },
	{ FAULT_TRUNCATED, STATUS_FAILED, "", " is damaged: the encrypted data ends in the middle of a block", false,
	  NULL },
	{ FAULT_WRONG_PASSWORD, STATUS_WRONG_PASSWORD, "cannot decrypt ",
	  ": wrong password, wrong digest or iteration count, or damaged file", false, NULL },
	{ FAULT_PASSWORD_EMPTY, STATUS_FAILED, "", NO_PASSWORD, false, NULL },
	{ FAULT_PASSWORD_BLANK, STATUS_FAILED, "", NO_PASSWORD, false, NULL },
	{ FAULT_PASSWORD_TOO_LONG, STATUS_FAILED, "the password in ",
	  " is longer than " DIGITS(PASSWORD_MAX_SIZE) " bytes, the most that a server reads", false, NULL },
	{ FAULT_PASSWORD_NUL, STATUS_REFUSED, "the password in ",
	  " contains a NUL byte; the server would ignore everything after it", false, NULL },
	{ FAULT_PASSWORD_NEWLINE, STATUS_REFUSED, "the password in ",
	  " has more than one line; openssl would read only the first", false, NULL },
	{ FAULT_TIMEOUT, STATUS_FAILED, "the password command timed out", NULL, false, MORE_TIME },
};

static enum status say_words(const struct fault_words *words, const char *path, int error_number)
{
	const char *colon = words->has_reason ? ": " : "";
	const char *reason = words->has_reason ? strerror(error_number) : "";

	if (words->after)
		message_error("%s'%s'%s%s%s", words->before, path, words->after, colon, reason);
	else
		message_error("%s%s%s", words->before, colon, reason);
	if (words->hint)
		message_hint("%s", words->hint);
	return words->status;
}

static enum status say_no_keyfile(const char *path, const char *what, struct fault fault)
{
	message_error("'%s' is not a key file: %s at line %u, column %u", path, what, fault.line, fault.column);
	return STATUS_FAILED;
}

static void say_refusal(bool is_error, const char *path, const struct refusal_of_trust *refusal)
{
	HEAP char *words = refusal_words(refusal);
	HEAP char *fix = refusal_fix(refusal);

	if (is_error)
		message_error("refusing '%s': %s", path, words ? words : "out of memory");
	else
		message_warning("ignoring option file '%s': %s", path, words ? words : "out of memory");
	if (fix)
		message_hint("%s", fix);
}

void message_untrusted(const char *path, const struct refusal_of_trust *refusal)
{
	say_refusal(true, path, refusal);
}

void message_ignored(const char *path, const struct refusal_of_trust *refusal)
{
	say_refusal(false, path, refusal);
}

/* Prints faults that need more than a row of the table. */
static enum status say_more(struct fault fault, const char *path)
{
	switch (fault.code) {
	case FAULT_NONE:
		return STATUS_DONE;
	case FAULT_SYNTAX:
		return say_no_keyfile(path, "syntax error", fault);
	case FAULT_KEY_ID:
		return say_no_keyfile(path, "invalid key ID", fault);
	case FAULT_KEY_VERSION:
		return say_no_keyfile(path, "invalid key version", fault);
	case FAULT_KEY:
		return say_no_keyfile(path, "invalid key", fault);
	case FAULT_COMMAND_FAILED:
		say_program_failed("the password command", fault.error_number);
		return STATUS_FAILED;
	case FAULT_BUSY:
		say_busy(path, fault.holder);
		return STATUS_BUSY;
	case FAULT_MOUNT_POINT:
		message_error("'%s' is a mount point and cannot be replaced", path);
		message_hint("change the file on the host, then restart the container that mounts it");
		if (said.writes_in_place)
			message_hint(
				"use --write-in-place=BACKUP to copy the file to BACKUP and then overwrite it in place");
		return STATUS_REFUSED;
	case FAULT_UNTRUSTED:
		message_untrusted(path, trust_refusal());
		return STATUS_REFUSED;
	default:
		return STATUS_FAILED;
	}
}

enum status message_fault(struct fault fault, const char *path)
{
	for (size_t i = 0; i < sizeof(fault_words) / sizeof(fault_words[0]); i++)
		if (fault_words[i].code == fault.code)
			return say_words(&fault_words[i], path, fault.error_number);
	return say_more(fault, path);
}

enum status message_program_fault(struct fault fault, const char *program)
{
	HEAP char *name = NULL;

	if (fault.code != FAULT_COMMAND_FAILED && fault.code != FAULT_TIMEOUT)
		return message_fault(fault, program);
	if (fault.code == FAULT_TIMEOUT) {
		message_error("'%s' timed out", program);
		return STATUS_FAILED;
	}
	name = format_text("'%s'", program);
	if (name)
		say_program_failed(name, fault.error_number);
	return STATUS_FAILED;
}

enum status refuse_unless(bool overridden, char *words)
{
	if (!words)
		return message_fault(fault_of(FAULT_MEMORY), "");
	if (overridden)
		message_warning("%s", words);
	else
		message_error("%s", words);
	free(words);
	return overridden ? STATUS_DONE : STATUS_REFUSED;
}

/* ---- the end ---- */

static void hint_at_change(void)
{
	message_hint("the key file was changed");
}

static bool close_standard_output(void)
{
	bool failed_before = ferror(stdout);

	/* a closed descriptor is a failure only if something was to be written */
	return (!fclose(stdout) || errno == EBADF) && !failed_before;
}

enum status message_finish(enum status status)
{
	bool is_hinted = status != STATUS_DONE && said.changed;

	if (is_hinted)
		hint_at_change();
	document_print(status, said.changed);
	if (fflush(stdout) || !close_standard_output()) {
		message_error("cannot write to standard output: %s", strerror(errno));
		status = STATUS_FAILED;
	}
	if ((json_memory_failed() || said.lost_words) && (status == STATUS_DONE || !said.has_error)) {
		message_error("out of memory");
		status = STATUS_FAILED;
	}
	if (status != STATUS_DONE && said.changed && !is_hinted)
		hint_at_change();
	free(said.given);
	free(said.given_target);
	document_free();
	return status;
}

void message_clear_line(void)
{
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
