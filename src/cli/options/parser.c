/* SPDX-License-Identifier: MIT */
#include "cli/options/parser.h"

#include "cli/options/help.h"
#include "cli/options/repeatable.h"
#include "cli/words/color.h"
#include "cli/words/message.h"
#include "cli/words/shell_word.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_REPEATED 12
#define CLUSTER_REPEATED 4
#define WORDS_SIZE 512

/* ---- values ---- */

static char refusal[WORDS_SIZE];

enum status option_refuse(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(refusal, sizeof(refusal), format, arguments);
	va_end(arguments);
	return STATUS_USAGE;
}

enum status option_take_flag(const struct option_spec *spec, const char *value, void *place)
{
	(void)spec;
	(void)value;
	*(bool *)place = true;
	return STATUS_DONE;
}

/* Refuses a second operand. */
enum status option_take_text(const struct option_spec *spec, const char *value, void *place)
{
	const char **text = place;

	if (!spec->name && *text)
		return option_refuse("too many arguments");
	*text = value;
	return STATUS_DONE;
}

bool parse_decimal(const char *text, uint32_t least, uint32_t most, uint32_t *ret_number)
{
	unsigned long long number;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number < least || number > most)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

enum status option_take_number(const struct option_spec *spec, const char *value, void *place)
{
	if (parse_decimal(value, spec->least, spec->most, place))
		return STATUS_DONE;
	return option_refuse("invalid value '%s' for --%s: use a number from %u to %u", repeatable(value), spec->name,
			     spec->least, spec->most);
}

static enum status take(const struct parser_known *known, const char *value)
{
	char *input = known->input;

	if (known->spec->given)
		*(bool *)(input + known->spec->given) = true;
	return known->spec->take(known->spec, value, input + known->spec->offset);
}

static bool is_set(const struct option_spec *spec, const void *input)
{
	const unsigned char *bytes = (const unsigned char *)input + spec->offset;

	if (spec->given)
		return *((const bool *)input + spec->given);
	for (size_t i = 0; i < spec->size; i++)
		if (bytes[i] != spec->unset)
			return true;
	return false;
}

/* ---- the tables ---- */

const struct option_table parser_help_table = {
	.specs =
		(const struct option_spec[]){
			{ "help", 'h', .help = "Show help for mkeyfile or COMMAND" },
			{ "usage", .help = "Show only the usage line" },
			{ "version", 'V', .help = "Print the version" },
			{ 0 },
		},
	.is_common = true,
};

static bool is_built_in(const struct parser_known *known)
{
	return !known->spec->take;
}

void parser_add(struct parser *parser, const struct option_table *table, void *input)
{
	parser->tables[parser->table_count].table = table;
	parser->tables[parser->table_count++].input = input;
	for (const struct option_spec *spec = table->specs; spec->name || spec->argument; spec++)
		parser->known[parser->known_count++] = (struct parser_known){ spec, input };
}

void parser_free(const struct parser *parser)
{
	for (size_t i = 0; i < parser->table_count; i++)
		if (parser->tables[i].table->free)
			parser->tables[i].table->free(parser->tables[i].input);
	for (size_t i = 0; i < parser->known_count; i++)
		if (parser->known[i].spec->free)
			parser->known[i].spec->free((char *)parser->known[i].input + parser->known[i].spec->offset);
}

/* ---- splitting the command line ---- */

enum item_kind {
	ITEM_OPERAND,
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
	const struct parser_known *known; /* NULL: an operand, or unknown; else the first match */
	size_t name_size;		  /* of a long option, as given; 0: a letter */
	char letter;
	const char *value; /* an operand, or an option's; else NULL */
};

struct walk {
	const struct parser *parser;
	int argc;
	char **argv;
	int index;	     /* of the next word */
	const char *letters; /* the rest of a word of short options */
	bool operands_only;
};

static struct walk walk_start(const struct parser *parser, int argc, char **argv)
{
	return (struct walk){ .parser = parser, .argc = argc, .argv = argv, .index = 1 };
}

/* Counts the options that match the item's name, and sets item->known to the first. */
static size_t find_long(const struct parser *parser, const char *name, struct item *item)
{
	size_t count = 0;

	for (size_t i = 0; i < parser->known_count; i++) {
		const struct parser_known *known = &parser->known[i];

		if (!known->spec->name || strncmp(known->spec->name, name, item->name_size) != 0)
			continue;
		if (strlen(known->spec->name) == item->name_size) {
			item->known = known;
			return 1;
		}
		if (!count++)
			item->known = known;
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
	const struct option_spec *spec;
	const char *value;
	size_t count;

	item->name_size = strcspn(name, "=");
	value = name[item->name_size] ? name + item->name_size + 1 : NULL;
	count = find_long(walk->parser, name, item);
	if (count != 1) {
		item->kind = count ? ITEM_AMBIGUOUS : ITEM_UNKNOWN;
		return;
	}
	spec = item->known->spec;
	item->kind = ITEM_OPTION;
	if (value && !spec->argument)
		item->kind = ITEM_VALUE_UNWANTED;
	else if (!value && spec->argument && !spec->optional)
		value = next_word(walk);
	if (spec->argument && !spec->optional && !value)
		item->kind = ITEM_VALUE_MISSING;
	item->value = value;
}

static void take_letter(struct walk *walk, struct item *item)
{
	const struct parser *parser = walk->parser;

	item->kind = ITEM_UNKNOWN_LETTER;
	item->letter = *walk->letters++;
	for (size_t i = 0; i < parser->known_count && !item->known; i++)
		/* -? prints help as well, as it does for the server's programs */
		if (parser->known[i].spec->letter == (item->letter == '?' ? 'h' : item->letter))
			item->known = &parser->known[i];
	if (!item->known)
		return;
	item->kind = ITEM_OPTION;
	if (!item->known->spec->argument)
		return;
	if (*walk->letters)
		item->value = walk->letters;
	else
		item->value = next_word(walk);
	walk->letters = NULL;
	if (!item->value)
		item->kind = ITEM_VALUE_MISSING;
}

/* Splits words in the same order as getopt_long(3) without POSIXLY_CORRECT. */
static bool next_item(struct walk *walk, struct item *item)
{
	bool again = walk->letters && *walk->letters;

	*item = (struct item){ .word = again ? walk->argv[walk->index - 1] : next_word(walk) };
	if (item->word && !again && !walk->operands_only && !strcmp(item->word, "--")) {
		walk->operands_only = true;
		item->word = next_word(walk);
	}
	if (!item->word)
		return false;
	if (again) {
		take_letter(walk, item);
	} else if (walk->operands_only || item->word[0] != '-' || !item->word[1]) {
		item->value = item->word;
	} else if (item->word[1] == '-') {
		take_long(walk, item);
	} else {
		walk->letters = item->word + 1;
		take_letter(walk, item);
	}
	return true;
}

static bool is_near_known(const struct parser *parser, const char *name, size_t size)
{
	for (size_t i = 0; i < parser->known_count; i++) {
		const char *known = parser->known[i].spec->name;

		if (known && (spans_are_near(name, size, known, strlen(known)) || !strncmp(name, known, size)))
			return true;
	}
	return false;
}

/* Options are plain words; keys and good passwords are not. */
static bool is_plain_word(const char *name, size_t size)
{
	return size <= OPTION_REPEATED && strspn(name, "abcdefghijklmnopqrstuvwxyz-_") >= size;
}

const char *parser_repeatable(const struct parser *parser, const char *name, size_t *ret_size)
{
	size_t size = strcspn(name, "=");
	bool is_repeatable = is_plain_word(name, size) || is_near_known(parser, name, size);

	*ret_size = is_repeatable ? size : strlen(REPEATABLE_HIDDEN);
	return is_repeatable ? name : REPEATABLE_HIDDEN;
}

/* ---- refusing words ---- */

static enum status refuse_password(void)
{
	enum status status =
		usage_error("a password is not accepted as an argument: any user of this host can see arguments");

	message_hint("use --password-file, --password-fd or --password-command");
	return status;
}

static enum status refuse_key(void)
{
	enum status status = usage_error(
		"a key or password is not accepted as an argument: any user of this host can see arguments");

	message_hint("use --key-from, --password-file, --password-fd or --password-command");
	message_hint("put ./ before a file name that consists of hex digits only");
	return status;
}

static bool has_word(const char *name, size_t size, const char *word)
{
	for (size_t i = 0; i + strlen(word) <= size; i++)
		if (!strncasecmp(name + i, word, strlen(word)))
			return true;
	return false;
}

/* Abbreviations shorter than "--password-f" and "--new-password-fi" may come with a password:
 * --new=SECRET would be a file name. */
static bool may_mean_a_password(const struct parser *parser, const struct item *item)
{
	const char *name = item->word + 2;
	const char *full = item->known && item->known->spec->name ? item->known->spec->name : "";
	const char *source = strstr(full, "password-");

	if (item->kind == ITEM_UNKNOWN_LETTER)
		return item->letter == 'p';
	if (!item->name_size)
		return false;
	if (source)
		return item->name_size <= (size_t)(source - full) + strlen("password") &&
		       (item->kind != ITEM_AMBIGUOUS || item->name_size > (size_t)(source - full) + 1);
	return item->kind == ITEM_UNKNOWN && !is_near_known(parser, name, item->name_size) &&
	       (has_word(name, item->name_size, "pass") || has_word(name, item->name_size, "phrase") ||
		has_word(name, item->name_size, "pw"));
}

/* Values of --password-command may contain anything, and no message repeats them. */
static bool is_key_among_words(const struct item *item)
{
	if (!item->name_size && item->kind != ITEM_OPERAND && looks_like_a_key(item->word + 1))
		return true;
	if (item->known && item->known->spec->name && strstr(item->known->spec->name, "command"))
		return false;
	return item->value && looks_like_a_key(item->value);
}

static void refuse_ambiguous(const struct parser *parser, const struct item *item)
{
	char possible[WORDS_SIZE / 2] = "";
	size_t used = 0;

	for (size_t i = 0; i < parser->known_count; i++) {
		const char *known = parser->known[i].spec->name;

		if (known && !strncmp(known, item->word + 2, item->name_size) && used < sizeof(possible))
			used += (size_t)snprintf(possible + used, sizeof(possible) - used, " '--%s'", known);
	}
	option_refuse("option '--%.*s' is ambiguous; possibilities:%s", (int)item->name_size, item->word + 2, possible);
}

const char *parser_nearest(const struct parser *parser, const char *name, size_t size)
{
	const char *nearest = NULL;
	size_t least = NOT_NEAR;

	for (size_t i = 0; i < parser->known_count; i++) {
		const char *known = parser->known[i].spec->name;
		size_t errors = known ? typing_errors(name, size, known, strlen(known)) : NOT_NEAR;

		if (errors < least) {
			least = errors;
			nearest = known;
		}
	}
	/* without errors, only upper and lower case differ */
	return least || strncmp(name, nearest, size) ? nearest : NULL;
}

static void hint_at_options(const struct parser *parser, const struct item *item)
{
	const char *nearest =
		item->kind == ITEM_UNKNOWN ? parser_nearest(parser, item->word + 2, item->name_size) : NULL;

	if (nearest)
		message_hint("did you mean '--%s'?", nearest);
	else if (parser->commands)
		message_hint("run 'mkeyfile help options' to list the options");
	else
		message_hint("run '%s --help' to list the options", parser->program);
}

/* The messages of getopt(3), which would repeat more of the word. */
static enum status refuse_item(const struct parser *parser, const struct item *item)
{
	size_t size = 0;
	const char *name = parser_repeatable(parser, item->word + 2, &size);

	if (item->kind == ITEM_UNKNOWN)
		option_refuse("unrecognized option '--%.*s'", (int)size, name);
	else if (item->kind == ITEM_AMBIGUOUS)
		refuse_ambiguous(parser, item);
	else if (item->kind == ITEM_VALUE_UNWANTED)
		option_refuse("option '--%s' doesn't allow an argument", item->known->spec->name);
	else if (item->kind == ITEM_VALUE_MISSING && item->name_size)
		option_refuse("option '--%s' requires an argument", item->known->spec->name);
	else if (item->kind == ITEM_VALUE_MISSING)
		option_refuse("option requires an argument -- '%c'", item->letter);
	/* more letters are a word with one hyphen, not short options */
	else if (strlen(item->word) > CLUSTER_REPEATED)
		option_refuse("invalid option -- '" REPEATABLE_HIDDEN "'");
	else
		option_refuse("invalid option -- '%c'", item->letter);
	usage_error(refusal);
	if (item->kind == ITEM_UNKNOWN || item->kind == ITEM_UNKNOWN_LETTER)
		hint_at_options(parser, item);
	return STATUS_USAGE;
}

/* An option without its value takes --json as its value, usually an error. That error is
 * printed as an object, too. */
static bool is_json(const struct item *item)
{
	const char *value = item->value ? item->value : "";

	if (item->known && item->known->spec->letter == 'j' && item->kind != ITEM_AMBIGUOUS)
		return true;
	return item->kind == ITEM_OPTION &&
	       (!strcmp(value, "-j") || (strlen(value) > strlen("--") && !strncmp("--json", value, strlen(value))));
}

static bool is_quiet(const struct item *item)
{
	return item->kind == ITEM_OPTION && item->known->spec->letter == 'q';
}

/* Applies --json, --quiet and --color before errors of the command line are printed. */
static void hear(struct walk walk, bool only_before)
{
	struct item item;
	enum color_when when;

	while (next_item(&walk, &item) && !(only_before && item.kind == ITEM_OPERAND)) {
		const char *name = item.kind == ITEM_OPTION ? item.known->spec->name : "";

		if (is_json(&item))
			message_set_json(true);
		if (is_quiet(&item))
			message_set_quiet(true);
		if (!strcmp(name, "color") && color_when_from_name(item.value, &when))
			color_set(when);
	}
}

void parser_hear(const struct parser *parser, int argc, char **argv)
{
	hear(walk_start(parser, argc, argv), false);
}

/* ---- parsing ---- */

/* A reader that closes the pipe early is not an error. */
static void allow_closed_pipe(void)
{
	signal(SIGPIPE, SIG_DFL);
}

void parser_print_help(const struct parser *parser)
{
	allow_closed_pipe();
	help_print(stdout, parser, HELP_SCREEN);
}

void parser_print_version(void)
{
	allow_closed_pipe();
	puts(PACKAGE_STRING);
}

static void print_built_in(const struct parser *parser, const struct option_spec *spec)
{
	allow_closed_pipe();
	if (spec->letter == 'V')
		parser_print_version();
	else
		help_print(stdout, parser, spec->letter ? HELP_SCREEN : HELP_USAGE);
}

/* Checks all words before any value is stored. */
static enum status check_words(const struct parser *parser, struct walk walk, bool only_before)
{
	struct item item;

	hear(walk, only_before);
	while (next_item(&walk, &item)) {
		if (item.kind == ITEM_OPTION && is_built_in(item.known))
			break;
		if (may_mean_a_password(parser, &item))
			return refuse_password();
		if (is_key_among_words(&item))
			return refuse_key();
		if (item.kind != ITEM_OPERAND && item.kind != ITEM_OPTION)
			return refuse_item(parser, &item);
		if (item.kind == ITEM_OPERAND && only_before)
			break;
	}
	return STATUS_DONE;
}

static const struct parser_known *find_operand(const struct parser *parser)
{
	for (size_t i = 0; i < parser->known_count; i++)
		if (!parser->known[i].spec->name)
			return &parser->known[i];
	return NULL;
}

static enum status take_item(const struct parser *parser, const struct item *item)
{
	const struct parser_known *known = item->kind == ITEM_OPERAND ? find_operand(parser) : item->known;

	return known ? take(known, item->value) : option_refuse("too many arguments");
}

/* An invalid operand may be the value of the option before it. */
static void refuse_value(const struct item *item, const struct item *before)
{
	const struct option_spec *spec = before->known ? before->known->spec : NULL;

	usage_error(refusal);
	if (item->kind == ITEM_OPERAND && spec && spec->optional && !before->value)
		message_hint("did you mean '--%s=%s'?", spec->name, spec->argument);
}

enum status parser_parse(struct parser *parser, int argc, char **argv, int *ret_operand)
{
	struct walk walk = walk_start(parser, argc, argv);
	struct item item;
	struct item before = { 0 };
	enum status status = check_words(parser, walk, ret_operand);

	while (!status && next_item(&walk, &item)) {
		if (item.kind == ITEM_OPTION && is_built_in(item.known)) {
			print_built_in(parser, item.known->spec);
			parser->is_finished = true;
			break;
		}
		if (item.kind == ITEM_OPERAND && ret_operand) {
			*ret_operand = walk.index - 1;
			break;
		}
		status = take_item(parser, &item);
		if (status == STATUS_USAGE)
			refuse_value(&item, &before);
		before = item;
	}
	return status;
}

enum status parser_take(const struct parser *parser, char *argument)
{
	char *argv[] = { NULL, argument, NULL };
	struct walk walk = walk_start(parser, 2, argv);
	struct item item;

	if (!next_item(&walk, &item) || item.kind != ITEM_OPTION || is_built_in(item.known))
		return STATUS_USAGE;
	return take(item.known, item.value);
}

/* Writes the long form of an option as one shell word. */
static void retype_item(FILE *stream, const struct item *item)
{
	bool is_stream = item->value && !strcmp(item->value, "-");
	char *word = item->value && !is_stream ? shell_word(item->value) : NULL;
	/* after "=", a value may begin with "-" and needs no "./" */
	const char *value = word && *item->value == '-' ? word + strlen("./") : word;

	fprintf(stream, " --%s%s%s", item->known->spec->name, item->value ? "=" : "",
		value	    ? value
		: is_stream ? "-"
			    : "");
	free(word);
}

static bool is_retyped(const struct item *item, const char *only)
{
	return item->kind == ITEM_OPTION && item->known->spec->is_in_hints &&
	       (!only || !strcmp(item->known->spec->name, only));
}

char *parser_retype(const struct parser *parser, int argc, char **argv, const char *only)
{
	struct walk walk = walk_start(parser, argc, argv);
	struct item item;
	char *words = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&words, &size);

	while (stream && next_item(&walk, &item))
		if (is_retyped(&item, only))
			retype_item(stream, &item);
	return stream && !fclose(stream) ? words : NULL;
}

void parser_fill(const struct parser *parser, const void *from, void *to)
{
	for (size_t i = 0; i < parser->known_count; i++) {
		const struct option_spec *spec = parser->known[i].spec;

		if (is_set(spec, from) && !is_set(spec, to))
			memcpy((char *)to + spec->offset, (const char *)from + spec->offset, spec->size);
	}
}

bool parser_has_path(const struct parser *parser, bool (*is_wanted)(const char *path))
{
	for (size_t i = 0; i < parser->known_count; i++) {
		const struct parser_known *known = &parser->known[i];
		const char *path = NULL;

		if (known->spec->is_path)
			path = *(const char **)((char *)known->input + known->spec->offset);
		if (path && is_wanted(path))
			return true;
	}
	return false;
}

/* ---- contradictions ---- */

static bool name_is_set(const struct parser *parser, const char *name, size_t size)
{
	for (size_t i = 0; i < parser->known_count; i++) {
		const struct option_spec *spec = parser->known[i].spec;
		const char *known = spec->name ? spec->name : spec->argument;

		if (strlen(known) == size && !strncmp(known, name, size))
			return !is_built_in(&parser->known[i]) && is_set(spec, parser->known[i].input);
	}
	return false;
}

static size_t count_set(const struct parser *parser, const char *names)
{
	size_t count = 0;
	size_t size;

	for (const char *name = names; *name; name += size + (name[size] == ' ')) {
		size = strcspn(name, " ");
		count += name_is_set(parser, name, size);
	}
	return count;
}

static bool is_violated(const struct parser *parser, const struct conflict *conflict)
{
	size_t count = count_set(parser, conflict->options);

	if (conflict->rule == REQUIRE)
		return !count;
	if (conflict->rule == NEED)
		return count && !count_set(parser, conflict->others);
	return conflict->others ? count && count_set(parser, conflict->others) : count > 1;
}

enum status parser_check(const struct parser *parser)
{
	for (size_t i = 0; i < parser->table_count; i++) {
		const struct conflict *conflict = parser->tables[i].table->conflicts;

		for (; conflict && conflict->rule; conflict++)
			if (is_violated(parser, conflict))
				return usage_error(conflict->words);
	}
	return STATUS_DONE;
}
