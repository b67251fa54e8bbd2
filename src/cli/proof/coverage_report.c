/* SPDX-License-Identifier: MIT */
#include "cli/proof/prove.h"
#include "cli/words/bytes_text.h"
#include "cli/words/color.h"
#include "cli/words/data_words.h"
#include "cli/words/json.h"
#include "cli/words/message.h"

#include <stdio.h>
#include <string.h>

/* How many tables and files are listed without --all-files. */
#define LISTED_MAX 20

/* ---- as text ---- */

static void print_summary(const struct data_coverage *coverage)
{
	char text[BYTES_TEXT];
	const struct coverage *bytes = &coverage->all.bytes;
	unsigned int share = coverage_share(bytes);

	print_colored(stdout, bytes->clear ? COLOR_WARNING : COLOR_YES, "coverage:");
	printf(" %u.%u%% of the data is encrypted; %s is in clear text", share / 10, share % 10,
	       bytes->clear ? bytes_text(bytes->clear, text) : "nothing");
	if (bytes->unknown)
		printf("; %s is unknown", bytes_text(bytes->unknown, text));
	puts(coverage->estimated ? " (estimated)" : "");
}

static void print_bytes(uint64_t bytes)
{
	char text[BYTES_TEXT];

	printf("  %10s", bytes ? bytes_text(bytes, text) : "-");
}

static void print_part(enum coverage_part part, const struct coverage_total *total)
{
	const char *setting = coverage_setting(part);

	if (!total->bytes.clear && !total->bytes.encrypted && !total->bytes.unknown)
		return;
	print_bytes(total->bytes.clear);
	print_bytes(total->bytes.encrypted);
	print_bytes(total->bytes.unknown);
	printf("  %-20s  %s\n", coverage_words(part), setting ? setting : "-");
}

static void print_item_name(const struct coverage_item *item)
{
	printf("%s '", coverage_item_words(item->part));
	if (!item->table) {
		print_visibly(stdout, item->path);
	} else {
		print_visibly(stdout, item->database);
		putchar('.');
		print_visibly(stdout, item->table);
	}
	putchar('\'');
	if (!item->partition)
		return;
	printf(", partition '");
	print_visibly(stdout, item->partition);
	putchar('\'');
}

static void print_clear(const struct coverage_item *item)
{
	const struct coverage *bytes = &item->bytes;
	char text[BYTES_TEXT];

	print_colored(stdout, COLOR_WARNING, "clear text:");
	putchar(' ');
	print_item_name(item);
	printf(": %s", bytes_text(bytes->clear, text));
	if (bytes->encrypted)
		printf(" of %s", bytes_text(bytes->clear + bytes->encrypted, text));
	puts(item->estimated ? " (estimated)" : "");
}

static void print_unknown(const struct coverage_item *item)
{
	char text[BYTES_TEXT];

	print_colored(stdout, COLOR_WARNING, "unknown:");
	putchar(' ');
	print_item_name(item);
	printf(": %s%s\n", bytes_text(item->bytes.unknown, text), item->unreadable ? ", unreadable" : "");
}

static bool is_clear(const struct coverage_item *item)
{
	return item->bytes.clear;
}

/* The ends of index pages, in nearly every Aria table. */
static bool is_memory(const struct coverage_item *item)
{
	return item->part == COVERAGE_ARIA && item->bytes.unknown && !item->unreadable && item->bytes.encrypted;
}

static bool is_unknown(const struct coverage_item *item)
{
	return (item->bytes.unknown || item->unreadable) && !is_memory(item);
}

static void print_memory(const struct data_coverage *coverage)
{
	struct coverage_total total = { 0 };
	char text[BYTES_TEXT];

	for (size_t i = 0; i < coverage->count; i++) {
		if (!is_memory(&coverage->items[i]))
			continue;
		total.files++;
		coverage_add(&total.bytes, &coverage->items[i].bytes);
	}
	if (!total.files)
		return;
	print_colored(stdout, COLOR_WARNING, "unknown:");
	printf(" the ends of index pages in %ju encrypted Aria table%s: %s from the server's memory\n",
	       (uintmax_t)total.files, total.files == 1 ? "" : "s", bytes_text(total.bytes.unknown, text));
}

/* Prints the items of one part that are of interest, up to the limit. */
static void print_items(const struct proof *proof, enum coverage_part part,
			bool (*is_listed)(const struct coverage_item *item),
			void (*print)(const struct coverage_item *item))
{
	const struct data_coverage *coverage = &proof->coverage;
	uint64_t count = 0;

	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_item *item = &coverage->items[i];

		if (item->part != part || !is_listed(item))
			continue;
		if (count++ < LISTED_MAX || proof->what->all_files)
			print(item);
	}
	if (count > LISTED_MAX && !proof->what->all_files)
		printf("%s: %ju more; --all-files lists them\n", coverage_words(part), (uintmax_t)(count - LISTED_MAX));
}

void coverage_print(const struct proof *proof)
{
	const struct data_coverage *coverage = &proof->coverage;

	print_summary(coverage);
	printf("  %10s  %10s  %10s  %-20s  %s\n", "CLEAR TEXT", "ENCRYPTED", "UNKNOWN", "PART", "ENCRYPTED BY");
	for (int part = 0; part < COVERAGE_PART_COUNT; part++)
		print_part((enum coverage_part)part, &coverage->parts[part]);
	for (int part = 0; part < COVERAGE_PART_COUNT; part++)
		print_items(proof, (enum coverage_part)part, is_clear, print_clear);
	for (int part = 0; part < COVERAGE_PART_COUNT; part++)
		print_items(proof, (enum coverage_part)part, is_unknown, print_unknown);
	print_memory(coverage);
}

/* ---- as JSON ---- */

static void set_number(json_t *object, const char *name, uint64_t value)
{
	json_object_set_new(object, name, json_integer((json_int_t)value));
}

static json_t *bytes_json(const struct coverage *bytes)
{
	json_t *object = json_object();

	set_number(object, "clear_bytes", bytes->clear);
	set_number(object, "encrypted_bytes", bytes->encrypted);
	set_number(object, "unknown_bytes", bytes->unknown);
	return object;
}

json_t *file_coverage_json(const struct data_file *file)
{
	struct coverage bytes = data_file_coverage(file);

	coverage_add(&bytes, &file->evidence.double_write);
	return bytes_json(&bytes);
}

static json_t *part_json(enum coverage_part part, const struct coverage_total *total)
{
	const char *setting = coverage_setting(part);
	json_t *object = bytes_json(&total->bytes);

	json_object_set_new(object, "part", json_string(coverage_name(part)));
	json_object_set_new(object, "setting", json_text_or_null(setting));
	set_number(object, "file_count", total->files);
	return object;
}

static json_t *item_json(const struct coverage_item *item)
{
	const char *setting = coverage_setting(item->part);
	json_t *object = bytes_json(&item->bytes);

	json_object_set_new(object, "part", json_string(coverage_name(item->part)));
	json_object_set_new(object, "setting", json_text_or_null(setting));
	json_object_set_new(object, "database", json_text_or_null(item->database));
	json_object_set_new(object, "table", json_text_or_null(item->table));
	json_object_set_new(object, "partition", json_text_or_null(item->partition));
	json_object_set_new(object, "path", json_text(item->path));
	json_object_set_new(object, "unreadable", json_boolean(item->unreadable));
	json_object_set_new(object, "estimated", json_boolean(item->estimated));
	return object;
}

static json_t *summary_json(const struct data_coverage *coverage)
{
	json_t *object = bytes_json(&coverage->all.bytes);
	json_t *parts = json_array();

	for (int part = 0; part < COVERAGE_PART_COUNT; part++)
		if (coverage->parts[part].files)
			json_array_append_new(parts, part_json((enum coverage_part)part, &coverage->parts[part]));
	json_object_set_new(object, "encrypted_percent", json_real(coverage_share(&coverage->all.bytes) / 10.0));
	json_object_set_new(object, "estimated", json_boolean(coverage->estimated));
	json_object_set_new(object, "parts", parts);
	return object;
}

/* Prints the items one by one, since as JSON they need far more memory. */
void coverage_print_json(const struct proof *proof)
{
	const struct data_coverage *coverage = &proof->coverage;
	json_t *summary;

	if (!proof->what->coverage) {
		fputs(",\n  \"coverage\": null", stdout);
		return;
	}
	summary = summary_json(coverage);
	fputs(",\n  \"coverage\": {", stdout);
	dump_json(summary, stdout, JSON_INDENT(2) | JSON_EMBED | JSON_REAL_PRECISION(4));
	json_decref(summary);
	fputs(",\n  \"items\": [", stdout);
	for (size_t i = 0; i < coverage->count; i++) {
		json_t *item = item_json(&coverage->items[i]);

		fputs(i ? ",\n    " : "\n    ", stdout);
		dump_json(item, stdout, JSON_COMPACT);
		json_decref(item);
	}
	fputs("]}", stdout);
}
