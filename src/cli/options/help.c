/* SPDX-License-Identifier: MIT */
#include "cli/options/help.h"

#include <string.h>

#define WIDTH 80
#define COLUMN_MAX 34 /* the last column in which descriptions may begin */
#define NAME_SIZE 64

/* ---- options ---- */

/* "  -s, --size=BITS"; returns its length. */
static size_t format_option(const struct option_spec *spec, char name[NAME_SIZE])
{
	char letter[] = "    ";
	const char *argument = spec->argument ? spec->argument : "";
	const char *equals = !spec->argument ? "" : spec->optional ? "[=" : "=";

	if (spec->letter)
		snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
	snprintf(name, NAME_SIZE, "  %s--%s%s%s%s", letter, spec->name, equals, argument, spec->optional ? "]" : "");
	return strlen(name);
}

/* Wraps text between words, indented to column. */
static void print_words(FILE *stream, const char *text, size_t column)
{
	size_t room = WIDTH - column;

	while (strlen(text) > room) {
		size_t size = room;

		while (size && text[size] != ' ')
			size--;
		if (!size)
			break;
		fprintf(stream, "%.*s\n%*s", (int)size, text, (int)column, "");
		text += size + 1;
	}
	fprintf(stream, "%s\n", text);
}

static void print_option(FILE *stream, const struct option_spec *spec, size_t column)
{
	char name[NAME_SIZE];
	size_t length = format_option(spec, name);

	fputs(name, stream);
	if (length + 2 > column) {
		fputc('\n', stream);
		length = 0;
	}
	fprintf(stream, "%*s", (int)(column - length), "");
	print_words(stream, spec->help, column);
}

static size_t find_column(const struct parser *parser, bool is_common)
{
	size_t column = 0;

	for (size_t i = 0; i < parser->table_count; i++) {
		const struct option_table *table = parser->tables[i].table;

		for (const struct option_spec *spec = table->specs; spec->name && table->is_common == is_common;
		     spec++) {
			char name[NAME_SIZE];
			size_t length = format_option(spec, name) + 2;

			column = length > column ? length : column;
		}
	}
	return column < COLUMN_MAX ? column : COLUMN_MAX;
}

/* Operands come last in a table. */
static void print_options(FILE *stream, const struct parser *parser, bool is_common)
{
	size_t column = find_column(parser, is_common);

	for (size_t i = 0; i < parser->table_count; i++) {
		const struct option_table *table = parser->tables[i].table;

		for (const struct option_spec *spec = table->specs; spec->name && table->is_common == is_common; spec++)
			print_option(stream, spec, column);
	}
}

/* ---- screens ---- */

static void print_usage(FILE *stream, const struct parser *parser)
{
	const char *form = parser->operands;
	const char *before = "Usage:";

	do {
		size_t size = strcspn(form, "|");

		fprintf(stream, "%s %s [OPTION...]%s%.*s\n", before, parser->program, size ? " " : "", (int)size, form);
		form += size + (form[size] == '|');
		before = "  or: ";
	} while (*form);
}

static void print_examples(FILE *stream, const struct parser *parser, size_t count)
{
	fprintf(stream, "%s:\n", count == 1 ? "Example" : "Examples");
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "  %s\n", parser->examples[i]);
}

static void print_screen(FILE *stream, const struct parser *parser, enum help_form form)
{
	if (form == HELP_SCREEN)
		print_usage(stream, parser);
	fprintf(stream, "%s\n", parser->description);
	/* the list of commands is long: no blank lines around it */
	if (parser->commands)
		fprintf(stream, "Commands:\n%s", parser->commands);
	else
		fputc('\n', stream);
	print_examples(stream, parser, form == HELP_BRIEF ? 1 : HELP_EXAMPLES);
	if (!parser->commands)
		fputc('\n', stream);
	if (find_column(parser, false)) {
		fputs("Options:\n", stream);
		print_options(stream, parser, false);
		fputc('\n', stream);
	}
	if (parser->commands)
		fputs("For more, run 'mkeyfile help COMMAND' or 'mkeyfile help options'.\n", stream);
	else
		fputs("Run 'mkeyfile help options' for the common options.\n", stream);
}

void help_print(FILE *stream, const struct parser *parser, enum help_form form)
{
	if (form == HELP_USAGE)
		print_usage(stream, parser);
	else if (parser->lists_common)
		print_options(stream, parser, true);
	else
		print_screen(stream, parser, form);
}
