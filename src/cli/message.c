/* SPDX-License-Identifier: MIT */
#include "cli/message.h"

#include "cli/json.h"
#include "cli/trust_words.h"
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
	bool json;
	bool changed;
	char *error;
	json_t *hints;
	json_t *sql;
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
	said.json = json;
}

void message_changed(void)
{
	said.changed = true;
}

/* Bytes of the character at text, which is not its end, and its code point; 0: it is
 * not UTF-8 (RFC 3629). */
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

/* Control characters, and those that end a line or turn the order of others (UAX 9). */
static bool is_obeyed(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* Bytes of the character at text that a terminal would not simply show; 0: it would. */
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

/* What needs no change goes out at once: standard error has no buffer. */
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

static size_t count_lines(const char *text)
{
	size_t count = 0;

	while ((text = strchr(text, '\n'))) {
		count++;
		text++;
	}
	return count;
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
			/* lines are the format's own: a name, or what a server says, starts none */
			print_text(stderr, words, count_lines(words) == count_lines(format));
		else
			vfprintf(stderr, format, arguments);
		fputc('\n', stderr);
	}
	return words;
}

void message_error_list(const char *format, va_list arguments)
{
	char *words;

	fprintf(stderr, "%s: ", said.name);
	words = say(false, format, arguments);
	if (said.error)
		free(words);
	else
		said.error = words;
}

void message_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message_error_list(format, arguments);
	va_end(arguments);
}

void message_warning(const char *format, ...)
{
	va_list arguments;

	if (!said.quiet)
		fprintf(stderr, "%s: warning: ", said.name);
	va_start(arguments, format);
	free(say(said.quiet, format, arguments));
	va_end(arguments);
}

void message_hint(const char *format, ...)
{
	va_list arguments;
	char *words;

	if (!said.quiet)
		fputs("hint: ", stderr);
	va_start(arguments, format);
	words = say(said.quiet, format, arguments);
	va_end(arguments);
	if (said.error && words) {
		if (!said.hints)
			said.hints = json_array();
		json_array_append_new(said.hints, json_text(words));
	}
	free(words);
}

void message_note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	free(say(said.quiet, format, arguments));
	va_end(arguments);
}

void message_sql(const char *sql, bool is_printed)
{
	if (is_printed)
		message_note("  %s", sql);
	if (!said.sql)
		said.sql = json_array();
	json_array_append_new(said.sql, json_text(sql));
}

enum status usage_error(const char *words)
{
	message_error("%s", words);
	return STATUS_USAGE;
}

/* ---- words for the core's faults ---- */

static void say_system_fault(const char *what, const char *path, int error_number)
{
	message_error("cannot %s '%s': %s", what, path, strerror(error_number));
}

/* What became of another program, called name. */
static void say_program_failed(const char *name, int wait_status)
{
	if (wait_status < 0)
		message_error("cannot run %s: %s", name, strerror(-wait_status));
	else if (WIFSIGNALED(wait_status))
		message_error("%s was ended by signal %d", name, WTERMSIG(wait_status));
	else
		message_error("%s failed with status %d", name, WEXITSTATUS(wait_status));
}

static void say_busy(const char *path, pid_t holder)
{
	if (holder)
		message_error("'%s' is locked by process %d", path, (int)holder);
	else
		message_error("'%s' is locked by another process", path);
	message_hint("--lock-timeout=SECONDS waits longer");
}

static void say_mount_point(const char *path)
{
	message_error("'%s' is a mount point and cannot be replaced by renaming", path);
	message_hint("change the file on the host that is mounted here, then restart the container");
	message_hint("--write-in-place=BACKUP writes into it, once its old content is safe in BACKUP");
}

static void say_torn(const char *path, int error_number)
{
	message_error("'%s' is damaged: cannot write it: %s", path, strerror(error_number));
	message_hint("bring its old content back from the backup");
}

/* Faults that nothing but the file, its name and errno explain. */
static bool say_file_fault(struct fault fault, const char *path)
{
	static const struct {
		enum fault_code code;
		const char *what;
	} failures[] = {
		{ FAULT_OPEN, "open" },
		{ FAULT_READ, "read" },
		{ FAULT_LOCK, "lock" },
		{ FAULT_CREATE, "create a temporary file beside" },
		{ FAULT_DIRECTORY, "create files beside" },
		{ FAULT_OWNER, "keep the owner and group of" },
		{ FAULT_ATTRIBUTES, "keep mode, ACL and extended attributes of" },
		{ FAULT_WRITE, "write" },
		{ FAULT_READ_BACK, "read back what was written for" },
		{ FAULT_PUBLISH, "replace" },
		{ FAULT_BACKUP, "keep a backup of" },
		{ FAULT_OLD_LEFT, "remove the old content of" },
	};

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].code == fault.code) {
			say_system_fault(failures[i].what, path, fault.error_number);
			return true;
		}
	}
	return false;
}

static bool say_plain_fault(struct fault fault, const char *path)
{
	switch (fault.code) {
	case FAULT_MEMORY:
		message_error("out of memory");
		return true;
	case FAULT_RANDOM:
		message_error("the random generator failed: no key was made");
		return true;
	case FAULT_THREAD:
		message_error("cannot start a thread: %s", strerror(fault.error_number));
		return true;
	case FAULT_ALGORITHM:
		message_error("digest or cipher not available: OpenSSL's configuration does not allow it");
		return true;
	case FAULT_NOT_REGULAR:
		message_error("'%s' is not a regular file", path);
		return true;
	case FAULT_PIPE_TIMEOUT:
		message_error("cannot read '%s': the named pipe was not written in time", path);
		message_hint("use --password-timeout=SECONDS to allow more time (0: no limit)");
		return true;
	case FAULT_TOO_LARGE:
		message_error("'%s' is larger than %d bytes, which is all that a server reads", path, KEYFILE_MAX_SIZE);
		return true;
	case FAULT_READ_ONLY:
		message_error("'%s' is on a file system that is mounted read-only", path);
		return true;
	case FAULT_IMMUTABLE:
		message_error("'%s' or its directory is immutable or append-only", path);
		message_hint("lsattr shows it, chattr -i or -a takes it off");
		return true;
	case FAULT_INTERRUPTED:
		message_error("interrupted by a signal: '%s' was not changed", path);
		return true;
	default:
		return false;
	}
}

static bool say_keyfile_fault(struct fault fault, const char *path)
{
	static const struct {
		enum fault_code code;
		const char *what;
	} reasons[] = {
		{ FAULT_SYNTAX, "syntax error" },
		{ FAULT_KEY_ID, "invalid key ID" },
		{ FAULT_KEY_VERSION, "invalid key version" },
		{ FAULT_KEY, "invalid key" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].code == fault.code) {
			message_error("'%s' is no key file: %s at line %u, column %u", path, reasons[i].what,
				      fault.line, fault.column);
			return true;
		}
	}
	if (fault.code == FAULT_SYSTEM_KEY)
		message_error("'%s' has no key ID 1, which every server needs", path);
	else if (fault.code == FAULT_NOT_A_KEYFILE)
		message_error("'%s' holds no key", path);
	else
		return false;
	return true;
}

static bool say_secret_fault(struct fault fault, const char *path)
{
	switch (fault.code) {
	case FAULT_NOT_ENCRYPTED:
		message_error("'%s' is not encrypted", path);
		return true;
	case FAULT_TRUNCATED:
		message_error("'%s' is damaged: an encrypted key file is not cut in the middle of a block", path);
		return true;
	case FAULT_WRONG_PASSWORD:
		message_error("'%s' does not open: wrong password, wrong digest or iteration count, or damaged", path);
		return true;
	case FAULT_PASSWORD_EMPTY:
	case FAULT_PASSWORD_BLANK:
		message_error("'%s' holds no password", path);
		return true;
	case FAULT_PASSWORD_TOO_LONG:
		message_error("the password in '%s' is longer than %d bytes, which no server reads", path,
			      PASSWORD_MAX_SIZE);
		return true;
	case FAULT_PASSWORD_NUL:
		message_error("the password in '%s' has a NUL byte, where the server would cut it", path);
		return true;
	case FAULT_PASSWORD_NEWLINE:
		message_error("the password in '%s' has more than one line, which openssl would cut", path);
		return true;
	case FAULT_COMMAND_FAILED:
		/* without the command, which may have a password in it */
		say_program_failed("the password command", fault.error_number);
		return true;
	case FAULT_TIMEOUT:
		message_error("the password command did not end in time");
		message_hint("--password-timeout=SECONDS gives it more time, 0 all it wants");
		return true;
	default:
		return false;
	}
}

static void say_refusal(bool is_error, const char *path, const struct refusal_of_trust *refusal)
{
	char *words = refusal_words(refusal);
	char *fix = refusal_fix(refusal);

	if (is_error)
		message_error("refusing '%s': %s", path, words ? words : "out of memory");
	else
		message_warning("ignoring option file '%s': %s", path, words ? words : "out of memory");
	if (fix)
		message_hint("%s", fix);
	free(words);
	free(fix);
}

void message_untrusted(const char *path, const struct refusal_of_trust *refusal)
{
	say_refusal(true, path, refusal);
}

void message_ignored(const char *path, const struct refusal_of_trust *refusal)
{
	say_refusal(false, path, refusal);
}

static enum status fault_status(enum fault_code code)
{
	switch (code) {
	case FAULT_NONE:
		return STATUS_DONE;
	case FAULT_WRONG_PASSWORD:
		return STATUS_WRONG_PASSWORD;
	case FAULT_BUSY:
		return STATUS_BUSY;
	case FAULT_EXISTS:
	case FAULT_BACKUP_EXISTS:
	case FAULT_OWNER:
	case FAULT_MOUNT_POINT:
	case FAULT_UNTRUSTED:
	case FAULT_PASSWORD_NUL:
	case FAULT_PASSWORD_NEWLINE:
	case FAULT_SYSTEM_KEY:
		return STATUS_REFUSED;
	default:
		return STATUS_FAILED;
	}
}

enum status message_fault(struct fault fault, const char *path)
{
	if (say_file_fault(fault, path) || say_plain_fault(fault, path) || say_keyfile_fault(fault, path) ||
	    say_secret_fault(fault, path))
		return fault_status(fault.code);
	if (fault.code == FAULT_BUSY) {
		say_busy(path, fault.holder);
	} else if (fault.code == FAULT_MOUNT_POINT) {
		say_mount_point(path);
	} else if (fault.code == FAULT_UNTRUSTED) {
		message_untrusted(path, trust_refusal());
	} else if (fault.code == FAULT_TORN) {
		say_torn(path, fault.error_number);
	} else if (fault.code == FAULT_EXISTS) {
		message_error("'%s' exists", path);
	} else if (fault.code == FAULT_BACKUP_EXISTS) {
		message_error("the backup '%s~' exists, and may be the only copy of older keys", path);
		message_hint("move it to a safe place first");
	} else if (fault.code == FAULT_CHANGED) {
		message_error("'%s' was changed by somebody else meanwhile; their change was kept, yours was not made",
			      path);
		message_hint("run the command again");
	} else if (fault.code == FAULT_STRANDED) {
		message_error("'%s' was changed by somebody else meanwhile, and their change cannot be put back: %s",
			      path, strerror(fault.error_number));
	} else if (fault.code == FAULT_DIRECTORY_SYNC) {
		message_error(
			"'%s' has its new content, but it may not survive a power cut: cannot sync its directory: %s",
			path, strerror(fault.error_number));
	}
	return fault_status(fault.code);
}

enum status message_program_fault(struct fault fault, const char *program)
{
	char *name = NULL;

	if (fault.code != FAULT_COMMAND_FAILED && fault.code != FAULT_TIMEOUT)
		return message_fault(fault, program);
	if (fault.code == FAULT_TIMEOUT) {
		message_error("'%s' did not end in time", program);
	} else if (asprintf(&name, "'%s'", program) >= 0) {
		say_program_failed(name, fault.error_number);
		free(name);
	}
	return fault_status(fault.code);
}

/* ---- the end ---- */

static void print_error_object(enum status status)
{
	json_t *object = json_object();
	json_t *error = json_object();

	json_object_set_new(error, "status", json_integer((json_int_t)status));
	json_object_set_new(error, "message", json_text(said.error));
	json_object_set(error, "hints", said.hints ? said.hints : json_null());
	if (said.sql)
		json_object_set(error, "sql", said.sql);
	json_object_set_new(object, "error", error);
	print_json(object);
}

static bool close_standard_output(void)
{
	bool failed_before = ferror(stdout);

	/* a closed descriptor is no failure unless something was to go there */
	return (!fclose(stdout) || errno == EBADF) && !failed_before;
}

enum status message_finish(enum status status)
{
	if (said.json && status != STATUS_DONE && said.error)
		print_error_object(status);
	if (fflush(stdout) || !close_standard_output()) {
		message_error("cannot write standard output: %s", strerror(errno));
		status = STATUS_FAILED;
	}
	if (json_memory_failed() && (status == STATUS_DONE || !said.error)) {
		message_error("out of memory");
		status = STATUS_FAILED;
	}
	if (status != STATUS_DONE && said.changed)
		message_hint("the change itself is made");
	free(said.error);
	json_decref(said.hints);
	json_decref(said.sql);
	return status;
}
