/* SPDX-License-Identifier: MIT */
#include "cli/usage.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_SHOWN 12 /* digits of a key ID, and a typing error or two */
#define WORD_SHOWN 4
#define OPTION_SHOWN 12
#define KEY_DIGITS 32 /* of the shortest key */
#define BASE64_DIGITS 20
#define WORD_MAX 40
#define CLUSTER_SHOWN 4
#define HIDDEN "..."
#define BLANKS " \t\r\n"

/* ---- what may be repeated ---- */

static size_t least_of(size_t one, size_t two, size_t three)
{
	size_t least = one < two ? one : two;

	return least < three ? least : three;
}

/* The number of characters to insert, delete or replace (Levenshtein); at most WORD_MAX
 * characters of each count. */
static size_t distance(const char *one, size_t one_size, const char *other, size_t other_size)
{
	size_t row[WORD_MAX + 1];

	for (size_t j = 0; j <= other_size; j++)
		row[j] = j;
	for (size_t i = 1; i <= one_size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= other_size; j++) {
			size_t replaced = diagonal + (tolower(one[i - 1]) != tolower(other[j - 1]));

			diagonal = row[j];
			row[j] = least_of(row[j] + 1, row[j - 1] + 1, replaced);
		}
	}
	return row[other_size];
}

static bool spans_are_near(const char *one, size_t one_size, const char *other, size_t other_size)
{
	size_t shorter = one_size < other_size ? one_size : other_size;

	if (one_size > WORD_MAX || other_size > WORD_MAX)
		return false;
	return distance(one, one_size, other, other_size) <= (shorter < 5 ? 1 : 2);
}

bool is_near(const char *text, const char *word)
{
	return spans_are_near(text, strlen(text), word, strlen(word));
}

const char *shown(const char *text)
{
	size_t size = strlen(text);
	bool is_number = text[strspn(text, "0123456789+-. ")] == '\0';

	return size <= WORD_SHOWN || (is_number && size <= NUMBER_SHOWN) ? text : HIDDEN;
}

const char *shown_near(const char *text, const char *words)
{
	size_t size;

	for (const char *word = words; *word; word += size + (word[size] == ' ')) {
		size = strcspn(word, " ");
		if (spans_are_near(text, strlen(text), word, size))
			return text;
	}
	return shown(text);
}

/* 16 or 32 bytes end in padding; the 32 characters of 24 bytes could be a word. One or
 * two may have been taken for short options. */
static bool is_base64_key(const char *text)
{
	size_t digits = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

	return digits >= BASE64_DIGITS && (!strcmp(text + digits, "=") || !strcmp(text + digits, "=="));
}

static bool is_key(const char *text)
{
	size_t digits;

	text += strspn(text, BLANKS);
	if (!strncasecmp(text, "0x", 2))
		text += 2;
	digits = strspn(text, "0123456789abcdefABCDEF");
	return (digits >= KEY_DIGITS && !text[digits + strspn(text + digits, BLANKS)]) || is_base64_key(text);
}

bool looks_like_a_key(const char *text)
{
	bool found = is_key(text);

	/* with a key ID and version, or as the value of an option */
	for (const char *at = text; !found && (at = strpbrk(at, ";:=,?@#")); at++)
		found = is_key(at + 1);
	return found;
}

/* ---- the command line, word by word ---- */

enum item_kind {
	ITEM_ARGUMENT,
	ITEM_OPTION,
	ITEM_UNKNOWN,
	ITEM_AMBIGUOUS,
	ITEM_UNKNOWN_LETTER,
	ITEM_VALUE_MISSING,
	ITEM_VALUE_UNWANTED,
};

struct item {
	enum item_kind kind;
	const char *word;		  /* of argv */
	const struct argp_option *option; /* NULL: an argument, or unknown; else the first of those that fit */
	size_t name_size;		  /* as written, of a long option; 0: a letter */
	char letter;
	const char *value; /* an argument, or an option's; else NULL */
};

#define KNOWN_MAX 96

struct walk {
	const struct argp_option *known[KNOWN_MAX];
	size_t known_count;
	int argc;
	char **argv;
	int index;	     /* of the next word */
	const char *letters; /* left of a word of short options */
	bool arguments_only;
};

/* argp adds --program-name and --HANG, which are not for users. */
static const struct argp_option built_in[] = {
	{ "help", '?', NULL, 0, NULL, 0 },
	{ "usage", 0, NULL, 0, NULL, 0 },
	{ "version", 'V', NULL, 0, NULL, 0 },
	{ 0 },
};

static bool is_built_in(const struct argp_option *option)
{
	return option >= built_in && option < built_in + sizeof(built_in) / sizeof(built_in[0]);
}

/* Titles of groups have neither a name nor a key. */
static void add_known(struct walk *walk, const struct argp_option *options)
{
	for (; options && (options->name || options->key || options->doc); options++)
		if ((options->name || options->key) && walk->known_count < KNOWN_MAX)
			walk->known[walk->known_count++] = options;
}

static void add_tree(struct walk *walk, const struct argp *argp)
{
	add_known(walk, argp->options);
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		add_tree(walk, child->argp);
}

static struct walk walk_start(const struct argp *argp, int argc, char **argv)
{
	struct walk walk = { .argc = argc, .argv = argv, .index = 1 };

	add_tree(&walk, argp);
	add_known(&walk, built_in);
	return walk;
}

/* How many options the item's name fits; item->option becomes the first. */
static size_t find_long(const struct walk *walk, const char *name, struct item *item)
{
	size_t count = 0;

	for (size_t i = 0; i < walk->known_count; i++) {
		const struct argp_option *option = walk->known[i];

		if (!option->name || strncmp(option->name, name, item->name_size) != 0)
			continue;
		if (strlen(option->name) == item->name_size) {
			item->option = option;
			return 1;
		}
		if (!count++)
			item->option = option;
	}
	return count;
}

static const char *next_word(struct walk *walk)
{
	return walk->index < walk->argc ? walk->argv[walk->index++] : NULL;
}

static void take_long(struct walk *walk, struct item *item)
{
	const char *name = item->word + 2;
	const char *value;
	size_t count;

	item->name_size = strcspn(name, "=");
	value = name[item->name_size] ? name + item->name_size + 1 : NULL;
	count = find_long(walk, name, item);
	if (count != 1) {
		item->kind = count ? ITEM_AMBIGUOUS : ITEM_UNKNOWN;
		return;
	}
	item->kind = ITEM_OPTION;
	if (value && !item->option->arg)
		item->kind = ITEM_VALUE_UNWANTED;
	else if (!value && item->option->arg && !(item->option->flags & OPTION_ARG_OPTIONAL))
		value = next_word(walk);
	if (item->option->arg && !(item->option->flags & OPTION_ARG_OPTIONAL) && !value)
		item->kind = ITEM_VALUE_MISSING;
	item->value = value;
}

static void take_letter(struct walk *walk, struct item *item)
{
	item->kind = ITEM_UNKNOWN_LETTER;
	item->letter = *walk->letters++;
	for (size_t i = 0; i < walk->known_count && !item->option; i++)
		if (walk->known[i]->key == item->letter)
			item->option = walk->known[i];
	if (!item->option)
		return;
	item->kind = ITEM_OPTION;
	if (!item->option->arg)
		return;
	if (*walk->letters)
		item->value = walk->letters;
	else if (!(item->option->flags & OPTION_ARG_OPTIONAL))
		item->value = next_word(walk);
	walk->letters = NULL;
	if (!item->value && !(item->option->flags & OPTION_ARG_OPTIONAL))
		item->kind = ITEM_VALUE_MISSING;
}

/* The order is getopt_long(3)'s, without POSIXLY_CORRECT. */
static bool next_item(struct walk *walk, struct item *item)
{
	bool again = walk->letters && *walk->letters;

	*item = (struct item){ .word = again ? walk->argv[walk->index - 1] : next_word(walk) };
	if (item->word && !again && !walk->arguments_only && !strcmp(item->word, "--")) {
		walk->arguments_only = true;
		item->word = next_word(walk);
	}
	if (!item->word)
		return false;
	if (again) {
		take_letter(walk, item);
	} else if (walk->arguments_only || item->word[0] != '-' || !item->word[1]) {
		item->value = item->word;
	} else if (item->word[1] == '-') {
		take_long(walk, item);
	} else {
		walk->letters = item->word + 1;
		take_letter(walk, item);
	}
	return true;
}

static bool is_near_known(const struct walk *walk, const char *name, size_t size)
{
	for (size_t i = 0; i < walk->known_count; i++) {
		const char *known = walk->known[i]->name;

		if (known && (spans_are_near(name, size, known, strlen(known)) || !strncmp(name, known, size)))
			return true;
	}
	return false;
}

/* Options are words, keys and good passwords are not. */
static bool is_plain_word(const char *name, size_t size)
{
	return size <= OPTION_SHOWN && strspn(name, "abcdefghijklmnopqrstuvwxyz-_") >= size;
}

static const char *shown_name(const struct walk *walk, const char *name, size_t *ret_size)
{
	size_t size = strcspn(name, "=");
	bool is_shown = is_plain_word(name, size) || is_near_known(walk, name, size);

	*ret_size = is_shown ? size : strlen(HIDDEN);
	return is_shown ? name : HIDDEN;
}

const char *shown_option(const struct argp *argp, const char *name, size_t *ret_size)
{
	const struct walk walk = walk_start(argp, 0, NULL);

	return shown_name(&walk, name, ret_size);
}

/* ---- refusals ---- */

__attribute__((noreturn)) static void end_usage(void)
{
	exit((int)message_finish(STATUS_USAGE));
}

void refuse_usage(const struct argp_state *state, const char *format, ...)
{
	va_list arguments;

	if (state->flags & ARGP_NO_ERRS)
		return;
	va_start(arguments, format);
	message_error_list(format, arguments);
	va_end(arguments);
	argp_state_help(state, stderr, ARGP_HELP_SEE);
	end_usage();
}

__attribute__((noreturn, format(printf, 3, 4))) static void refuse(const struct argp *argp, char *program,
								   const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message_error_list(format, arguments);
	va_end(arguments);
	argp_help(argp, stderr, ARGP_HELP_SEE, program);
	end_usage();
}

__attribute__((noreturn)) static void refuse_password(void)
{
	message_error("a password is never an argument, since every user of the host can see it there");
	message_hint("--password-file, --password-fd and --password-command name where it is");
	end_usage();
}

__attribute__((noreturn)) static void refuse_key(void)
{
	message_error("a key or password is never an argument, since every user of the host can see it there");
	message_hint("--key-from, --password-file, --password-fd and --password-command name where it is");
	message_hint("put ./ before the name of a file that is hex digits alone");
	end_usage();
}

static bool has_word(const char *name, size_t size, const char *word)
{
	for (size_t i = 0; i + strlen(word) <= size; i++)
		if (!strncasecmp(name + i, word, strlen(word)))
			return true;
	return false;
}

/* "--password-f" and "--new-password-fi" name a source, and nothing shorter does:
 * --new=SECRET would be taken for the name of a file. */
static bool may_mean_a_password(const struct walk *walk, const struct item *item)
{
	const char *full = item->option ? item->option->name : "";
	const char *source = strstr(full, "password-");

	if (item->kind == ITEM_UNKNOWN_LETTER)
		return item->letter == 'p';
	if (!item->name_size)
		return false;
	if (source)
		return item->name_size <= (size_t)(source - full) + strlen("password") &&
		       (item->kind != ITEM_AMBIGUOUS || item->name_size > (size_t)(source - full) + 1);
	return item->kind == ITEM_UNKNOWN && !is_near_known(walk, item->word + 2, item->name_size) &&
	       (has_word(item->word + 2, item->name_size, "pass") ||
		has_word(item->word + 2, item->name_size, "phrase") || has_word(item->word + 2, item->name_size, "pw"));
}

/* A command may have anything in it, and no message repeats it. */
static bool is_key_among_words(const struct item *item)
{
	if (!item->name_size && item->kind != ITEM_ARGUMENT && looks_like_a_key(item->word + 1))
		return true;
	if (item->option && item->option->name && strstr(item->option->name, "command"))
		return false;
	return item->value && looks_like_a_key(item->value);
}

__attribute__((noreturn)) static void refuse_unknown(const struct walk *walk, const struct argp *argp,
						     const struct item *item)
{
	size_t size;
	const char *name = shown_name(walk, item->word + 2, &size);

	refuse(argp, walk->argv[0], "unrecognized option '--%.*s'", (int)size, name);
}

static void refuse_ambiguous(const struct walk *walk, const struct argp *argp, const struct item *item)
{
	char possible[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < walk->known_count; i++) {
		const char *known = walk->known[i]->name;

		if (known && !strncmp(known, item->word + 2, item->name_size) && used < sizeof(possible))
			used += (size_t)snprintf(possible + used, sizeof(possible) - used, " '--%s'", known);
	}
	refuse(argp, walk->argv[0], "option '--%.*s' is ambiguous; possibilities:%s", (int)item->name_size,
	       item->word + 2, possible);
}

static void check_item(const struct walk *walk, const struct argp *argp, const struct item *item)
{
	char *program = walk->argv[0];

	if (may_mean_a_password(walk, item))
		refuse_password();
	if (is_key_among_words(item))
		refuse_key();
	if (item->kind == ITEM_UNKNOWN)
		refuse_unknown(walk, argp, item);
	if (item->kind == ITEM_AMBIGUOUS)
		refuse_ambiguous(walk, argp, item);
	if (item->kind == ITEM_VALUE_UNWANTED)
		refuse(argp, program, "option '--%s' doesn't allow an argument", item->option->name);
	if (item->kind == ITEM_VALUE_MISSING && item->name_size)
		refuse(argp, program, "option '--%s' requires an argument", item->option->name);
	if (item->kind == ITEM_VALUE_MISSING)
		refuse(argp, program, "option requires an argument -- '%c'", item->letter);
	/* more letters are no options, but a word with one hyphen */
	if (item->kind == ITEM_UNKNOWN_LETTER && strlen(item->word) > CLUSTER_SHOWN)
		refuse(argp, program, "invalid option -- '" HIDDEN "'");
	if (item->kind == ITEM_UNKNOWN_LETTER)
		refuse(argp, program, "invalid option -- '%c'", item->letter);
}

/* An option without its value takes --json for it, and that is an error in most cases: the
 * object is wanted even so. */
static bool is_json(const struct item *item)
{
	const char *value = item->value ? item->value : "";

	if (item->option && item->option->key == 'j' && item->kind != ITEM_AMBIGUOUS)
		return true;
	return item->kind == ITEM_OPTION &&
	       (!strcmp(value, "-j") || (strlen(value) > strlen("--") && !strncmp("--json", value, strlen(value))));
}

static bool finds_json(struct walk walk, bool only_before)
{
	struct item item;
	bool found = false;

	while (next_item(&walk, &item) && !(only_before && item.kind == ITEM_ARGUMENT))
		found |= is_json(&item);
	return found;
}

bool asks_for_json(const struct argp *shared, int argc, char **argv)
{
	return finds_json(walk_start(shared, argc, argv), false);
}

void check_command_line(const struct argp *argp, int argc, char **argv, bool only_before)
{
	struct walk walk = walk_start(argp, argc, argv);
	struct item item;

	if (finds_json(walk, only_before))
		message_set_json(true);
	while (next_item(&walk, &item)) {
		/* argp prints what these ask for, and ends */
		if (item.kind == ITEM_OPTION && is_built_in(item.option))
			return;
		check_item(&walk, argp, &item);
		if (only_before && item.kind == ITEM_ARGUMENT)
			return;
	}
}
