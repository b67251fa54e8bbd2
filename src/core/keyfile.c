/* SPDX-License-Identifier: MIT */
#include "core/keyfile.h"

#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_DIGITS_MAX ((size_t)10)
#define DATE_LINE_MAX_SIZE (sizeof(DATE_LINE_START) + 2 * (VERSION_DIGITS_MAX + 1) + DATE_SIZE)

/* Reads text byte by byte as the server does: the end looks like a NUL. */
struct cursor {
	const unsigned char *text;
	size_t size;
	size_t offset;
	size_t line_start;
	unsigned int line;
};

static unsigned char peek(const struct cursor *cursor, size_t ahead)
{
	return cursor->offset + ahead < cursor->size ? cursor->text[cursor->offset + ahead] : '\0';
}

/* isspace(3) in the C locale, except newline. */
static bool is_blank(unsigned char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f' || byte == '\r';
}

static bool is_digit(unsigned char byte)
{
	return byte >= '0' && byte <= '9';
}

static struct fault fault_here(enum fault_code code, const struct cursor *cursor)
{
	return fault_at(code, cursor->line, (unsigned int)(cursor->offset - cursor->line_start) + 1);
}

/* Parses decimal digits up to the value most. The cursor stays on the digit that overflows. */
static bool parse_number(struct cursor *cursor, uint32_t most, uint32_t *ret_number)
{
	uint64_t number = 0;

	while (is_digit(peek(cursor, 0))) {
		number = number * 10 + (uint64_t)(peek(cursor, 0) - '0');
		if (number > most)
			return false;
		cursor->offset++;
	}
	*ret_number = (uint32_t)number;
	return number >= 1;
}

/* Whether the cursor is at digits before a semicolon that are too few to be a key. */
static bool at_version(const struct cursor *cursor)
{
	size_t digits = 0;

	while (is_digit(peek(cursor, digits)))
		digits++;
	return digits && digits < 32 && peek(cursor, digits) == ';';
}

static struct fault parse_key(struct cursor *cursor, struct entry *entry)
{
	entry->key_offset = cursor->offset;
	entry->key_size = 0;
	while (entry->key_size < KEY_MAX_SIZE && hex_digit_value(peek(cursor, 0)) >= 0 &&
	       hex_digit_value(peek(cursor, 1)) >= 0) {
		entry->key_size++;
		cursor->offset += 2;
	}
	if (hex_digit_value(peek(cursor, 0)) >= 0 || !key_size_is_valid(entry->key_size))
		return fault_here(FAULT_KEY, cursor);
	return fault_none();
}

static struct fault parse_entry(struct cursor *cursor, enum keyfile_syntax syntax, struct entry *entry)
{
	*entry = (struct entry){ .line = cursor->line, .version = 1 };
	if (!is_digit(peek(cursor, 0)))
		return fault_here(FAULT_SYNTAX, cursor);
	if (!parse_number(cursor, KEY_ID_MAX, &entry->id))
		return fault_here(FAULT_KEY_ID, cursor);
	if (peek(cursor, 0) != ';')
		return fault_here(FAULT_SYNTAX, cursor);
	cursor->offset++;
	entry->version_offset = cursor->offset;
	if (syntax == SYNTAX_VERSIONED && at_version(cursor)) {
		entry->versioned = true;
		if (!parse_number(cursor, KEY_VERSION_MAX, &entry->version))
			return fault_here(FAULT_KEY_VERSION, cursor);
		cursor->offset++;
	}
	return parse_key(cursor, entry);
}

static size_t skip_rest_of_line(struct cursor *cursor)
{
	size_t ignored = 0;
	size_t blanks = 0;

	for (; peek(cursor, 0) && peek(cursor, 0) != '\n'; cursor->offset++) {
		blanks++;
		if (!is_blank(peek(cursor, 0))) {
			ignored += blanks;
			blanks = 0;
		}
	}
	if (peek(cursor, 0) == '\n')
		cursor->offset++;
	return ignored;
}

/* Parses "ID;VERSION DATE", after which the cursor is somewhere on the line. */
static bool parse_date(struct cursor *cursor, struct date_line *date)
{
	if (!parse_number(cursor, KEY_ID_MAX, &date->id) || peek(cursor, 0) != ';')
		return false;
	cursor->offset++;
	if (!parse_number(cursor, KEY_VERSION_MAX, &date->version) || peek(cursor, 0) != ' ')
		return false;
	cursor->offset++;
	if (cursor->size - cursor->offset < DATE_SIZE ||
	    !date_parse((const char *)cursor->text + cursor->offset, DATE_SIZE, &date->date))
		return false;
	cursor->offset += DATE_SIZE;
	return true;
}

static struct fault parse_comment(struct cursor *cursor, struct keyfile *keyfile)
{
	const size_t start_size = strlen(DATE_LINE_START);
	struct date_line date = { .line = cursor->line, .start = cursor->line_start };
	struct date_line *added;
	bool is_date;

	if (cursor->size - cursor->offset < start_size ||
	    memcmp(cursor->text + cursor->offset, DATE_LINE_START, start_size)) {
		skip_rest_of_line(cursor);
		return fault_none();
	}
	cursor->offset += start_size;
	is_date = parse_date(cursor, &date);
	if (skip_rest_of_line(cursor) || !is_date)
		date.date = (struct date){ "" };
	date.end = cursor->offset;
	added = array_add(&keyfile->dates, &keyfile->date_count, sizeof(*added));
	if (!added)
		return fault_of(FAULT_MEMORY);
	*added = date;
	return fault_none();
}

static struct fault parse_line(struct cursor *cursor, enum keyfile_syntax syntax, struct keyfile *keyfile)
{
	struct entry *entry = &keyfile->entries[keyfile->count];
	struct fault fault;

	cursor->line++;
	cursor->line_start = cursor->offset;
	while (is_blank(peek(cursor, 0)))
		cursor->offset++;
	if (peek(cursor, 0) == '#')
		return parse_comment(cursor, keyfile);
	if (peek(cursor, 0) != '\n') {
		fault = parse_entry(cursor, syntax, entry);
		if (fault.code)
			return fault;
		keyfile->has_versions |= entry->versioned;
		keyfile->count++;
	}
	entry->ignored = skip_rest_of_line(cursor);
	return fault_none();
}

static int compare_entries(const void *one, const void *other)
{
	const struct entry *a = *(struct entry *const *)one;
	const struct entry *b = *(struct entry *const *)other;
	int order = key_compare(a->id, a->version, b->id, b->version);

	return order ? order : a->line < b->line ? -1 : a->line > b->line;
}

static struct fault sort_entries(struct keyfile *keyfile)
{
	keyfile->sorted = calloc(keyfile->count + 1, sizeof(struct entry *));
	if (!keyfile->sorted)
		return fault_of(FAULT_MEMORY);
	for (size_t i = 0; i < keyfile->count; i++)
		keyfile->sorted[i] = &keyfile->entries[i];
	qsort(keyfile->sorted, keyfile->count, sizeof(struct entry *), compare_entries);
	return fault_none();
}

/* Returns the index of the first sorted entry that does not sort before id and version. */
static size_t lower_bound(const struct keyfile *keyfile, uint32_t id, uint64_t version)
{
	size_t low = 0;
	size_t high = keyfile->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct entry *entry = keyfile->sorted[middle];

		if (entry->id < id || (entry->id == id && entry->version < version))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct entry *find_winner(const struct keyfile *keyfile, uint32_t id, uint32_t version)
{
	size_t end = lower_bound(keyfile, id, (uint64_t)version + 1);
	struct entry *last = end ? keyfile->sorted[end - 1] : NULL;

	return last && last->id == id && last->version == version ? last : NULL;
}

/* The last date of a key counts, and the last key of an ID and version. */
static void match_dates(struct keyfile *keyfile)
{
	for (size_t i = 0; i < keyfile->date_count; i++) {
		struct date_line *date = &keyfile->dates[i];
		struct entry *entry = date_is_known(&date->date) ? find_winner(keyfile, date->id, date->version) : NULL;

		if (entry)
			entry->created = date;
		date->entry = entry;
	}
}

static size_t count_lines(const unsigned char *text, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	return lines;
}

struct fault keyfile_parse(struct secret *text, enum keyfile_syntax syntax, struct keyfile *ret_keyfile)
{
	KEYFILE struct keyfile keyfile = { .text = secret_take(text) };
	struct cursor cursor = { .text = keyfile.text.data };
	struct fault fault;

	if (keyfile.text.size)
		keyfile.read_size = strnlen((const char *)keyfile.text.data, keyfile.text.size);
	cursor.size = keyfile.read_size;
	keyfile.entries = calloc(count_lines(cursor.text, cursor.size), sizeof(struct entry));
	if (!keyfile.entries)
		return fault_of(FAULT_MEMORY);
	while (cursor.offset < cursor.size) {
		fault = parse_line(&cursor, syntax, &keyfile);
		if (fault.code)
			return fault;
	}
	keyfile.lines = cursor.line;
	fault = sort_entries(&keyfile);
	if (fault.code)
		return fault;
	match_dates(&keyfile);
	*ret_keyfile = keyfile;
	keyfile = (struct keyfile){ 0 };
	return fault_none();
}

void keyfile_free(struct keyfile *keyfile)
{
	secret_free(&keyfile->text);
	free(keyfile->entries);
	free(keyfile->sorted);
	free(keyfile->dates);
	*keyfile = (struct keyfile){ 0 };
}

struct entry **keyfile_find(const struct keyfile *keyfile, uint32_t id, size_t *ret_count)
{
	size_t first = lower_bound(keyfile, id, 0);
	size_t end = first;

	while (end < keyfile->count && keyfile->sorted[end]->id == id)
		end++;
	*ret_count = end - first;
	return *ret_count ? &keyfile->sorted[first] : NULL;
}

const struct entry *keyfile_find_version(const struct keyfile *keyfile, uint32_t id, uint32_t version)
{
	return find_winner(keyfile, id, version);
}

struct fault keyfile_check_system_key(const struct keyfile *keyfile)
{
	size_t count;

	if (keyfile_find(keyfile, KEY_ID_SYSTEM, &count))
		return fault_none();
	return fault_at(FAULT_SYSTEM_KEY, keyfile->lines, 1);
}

const struct entry *keyfile_next_duplicate(const struct keyfile *keyfile, const struct entry *previous,
					   const struct entry **ret_winner)
{
	size_t i = previous ? (size_t)(previous - keyfile->entries) + 1 : 0;

	for (; i < keyfile->count; i++) {
		const struct entry *entry = &keyfile->entries[i];

		*ret_winner = keyfile_find_version(keyfile, entry->id, entry->version);
		if (*ret_winner != entry)
			return entry;
	}
	return NULL;
}

void keyfile_key(const struct keyfile *keyfile, const struct entry *entry, unsigned char key[static KEY_MAX_SIZE])
{
	key_from_hex(keyfile->text.data + entry->key_offset, entry->key_size, key);
}

struct fault keyfile_fingerprints(const struct keyfile *keyfile, struct fingerprint **ret_fingerprints)
{
	SECRET struct secret key = { 0 };
	struct fingerprint *fingerprints = calloc(keyfile->count + 1, sizeof(*fingerprints));
	struct fingerprinter *fingerprinter = NULL;
	struct fault fault = fault_of(FAULT_MEMORY);

	if (fingerprints)
		fault = secret_allocate(&key, KEY_MAX_SIZE);
	if (!fault.code)
		fault = fingerprinter_new(&fingerprinter);
	for (size_t i = 0; !fault.code && i < keyfile->count; i++) {
		keyfile_key(keyfile, &keyfile->entries[i], key.data);
		fault = fingerprint_key(fingerprinter, key.data, keyfile->entries[i].key_size, &fingerprints[i]);
	}
	fingerprinter_free(fingerprinter);
	if (fault.code)
		free(fingerprints);
	else
		*ret_fingerprints = fingerprints;
	return fault;
}

/* Appends "ID;" or "ID;VERSION;". */
static void append_ids(struct secret *text, uint32_t id, uint32_t version, bool versioned)
{
	char ids[2 * VERSION_DIGITS_MAX + 3];
	int size =
		versioned ? snprintf(ids, sizeof(ids), "%u;%u;", id, version) : snprintf(ids, sizeof(ids), "%u;", id);

	secret_append(text, ids, (size_t)size);
}

/* Copies the text of a key file from start to end, without some of its dates. */
struct copy {
	const struct keyfile *keyfile;
	struct secret *text;
	size_t copied; /* bytes of the old text that are copied or omitted */
	size_t date;   /* the next date */
	bool (*omits)(const struct date_line *date, const void *context);
	const void *context;
};

static void copy_bytes(struct copy *copy, size_t end)
{
	if (end > copy->copied)
		secret_append(copy->text, copy->keyfile->text.data + copy->copied, end - copy->copied);
	copy->copied = end;
}

/* Copies up to the offset end, which is not inside a line with a date. */
static void copy_until(struct copy *copy, size_t end)
{
	for (; copy->date < copy->keyfile->date_count; copy->date++) {
		const struct date_line *date = &copy->keyfile->dates[copy->date];

		if (date->start >= end)
			break;
		if (!copy->omits(date, copy->context))
			continue;
		copy_bytes(copy, date->start);
		copy->copied = date->end;
	}
	copy_bytes(copy, end);
}

struct added {
	const struct new_key *keys;
	size_t count;
};

/* Only a line that was left without its key can have the date of an added key. A malformed line is
 * not ours. */
static bool is_date_of_added(const struct date_line *date, const void *context)
{
	const struct added *added = context;

	for (size_t i = 0; !date->entry && date_is_known(&date->date) && i < added->count; i++)
		if (date->id == added->keys[i].id && date->version == added->keys[i].version)
			return true;
	return false;
}

static void append_old_text(struct secret *text, const struct keyfile *keyfile, const struct added *added,
			    bool versioned)
{
	struct copy copy = { .keyfile = keyfile, .text = text, .omits = is_date_of_added, .context = added };

	for (size_t i = 0; versioned && i < keyfile->count; i++) {
		const struct entry *entry = &keyfile->entries[i];

		if (entry->versioned)
			continue;
		copy_until(&copy, entry->version_offset);
		secret_append(text, "1;", 2);
	}
	copy_until(&copy, keyfile->text.size);
}

static const char *line_end(const struct keyfile *keyfile)
{
	const unsigned char *newline =
		keyfile->text.size ? memrchr(keyfile->text.data, '\n', keyfile->text.size) : NULL;

	return newline && newline > keyfile->text.data && newline[-1] == '\r' ? "\r\n" : "\n";
}

static void append_date(struct secret *text, const struct new_key *key)
{
	char line[DATE_LINE_MAX_SIZE];
	int size = snprintf(line, sizeof(line), DATE_LINE_START "%u;%u %s", key->id, key->version, key->created.text);

	secret_append(text, line, (size_t)size);
}

static void append_key(struct secret *text, const struct new_key *key, bool versioned)
{
	append_ids(text, key->id, key->version, versioned);
	key_to_hex(key->key, key->size, text->data + text->size);
	text->size += 2 * (size_t)key->size;
}

struct fault keyfile_extend(const struct keyfile *keyfile, const struct new_key *keys, size_t count, bool versioned,
			    struct secret *ret_text)
{
	const size_t longest = DATE_LINE_MAX_SIZE + 2 + 2 * (VERSION_DIGITS_MAX + 1) + (size_t)2 * KEY_MAX_SIZE + 2;
	const struct added added = { keys, count };
	const char *end = line_end(keyfile);
	struct secret *text = ret_text;
	struct fault fault = secret_allocate(text, keyfile->text.size + 2 * keyfile->count + 2 + count * longest);

	if (fault.code)
		return fault;
	append_old_text(text, keyfile, &added, versioned);
	if (text->size && text->data[text->size - 1] != '\n')
		secret_append(text, end, strlen(end));
	for (size_t i = 0; i < count; i++) {
		if (date_is_known(&keys[i].created)) {
			append_date(text, &keys[i]);
			secret_append(text, end, strlen(end));
		}
		append_key(text, &keys[i], versioned);
		secret_append(text, end, strlen(end));
	}
	return fault_none();
}

/* Finds an entry's line, including the line end. */
static void find_line(const struct keyfile *keyfile, const struct entry *entry, size_t *ret_start, size_t *ret_end)
{
	const unsigned char *text = keyfile->text.data;
	const unsigned char *before = memrchr(text, '\n', entry->version_offset);
	const unsigned char *after = memchr(text + entry->key_offset, '\n', keyfile->text.size - entry->key_offset);

	*ret_start = before ? (size_t)(before - text) + 1 : 0;
	*ret_end = after ? (size_t)(after - text) + 1 : keyfile->text.size;
}

static bool is_date_of_removed(const struct date_line *date, const void *context)
{
	(void)context;
	return date->entry && date->entry->removed;
}

struct fault keyfile_reduce(const struct keyfile *keyfile, struct secret *ret_text)
{
	struct fault fault = secret_allocate(ret_text, keyfile->text.size);
	struct copy copy = { .keyfile = keyfile, .text = ret_text, .omits = is_date_of_removed };

	if (fault.code)
		return fault;
	for (size_t i = 0; i < keyfile->count; i++) {
		size_t start;
		size_t end;

		if (!keyfile->entries[i].removed)
			continue;
		find_line(keyfile, &keyfile->entries[i], &start, &end);
		copy_until(&copy, start);
		copy.copied = end;
	}
	copy_until(&copy, keyfile->text.size);
	return fault;
}

static bool same_key(const struct keyfile *one, const struct entry *a, const struct keyfile *other,
		     const struct entry *b)
{
	const unsigned char *one_hex = one->text.data + a->key_offset;
	const unsigned char *other_hex = other->text.data + b->key_offset;
	int difference = 0;

	if (a->key_size != b->key_size)
		return false;
	for (size_t i = 0; i < 2 * a->key_size; i++)
		difference |= hex_digit_value(one_hex[i]) ^ hex_digit_value(other_hex[i]);
	return difference == 0;
}

bool keyfile_keeps(const struct keyfile *newer, const struct keyfile *older)
{
	for (size_t i = 0; i < older->count; i++) {
		const struct entry *old = &older->entries[i];
		const struct entry *kept = keyfile_find_version(newer, old->id, old->version);

		if (old->removed ? kept != NULL : !kept || !same_key(newer, kept, older, old))
			return false;
	}
	return true;
}

size_t keyfile_dates_size(const struct keyfile *keyfile)
{
	size_t size = 0;

	for (size_t i = 0; i < keyfile->date_count; i++)
		size += keyfile->dates[i].end - keyfile->dates[i].start;
	return size;
}
