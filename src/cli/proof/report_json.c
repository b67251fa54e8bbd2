/* SPDX-License-Identifier: MIT */
#include "cli/proof/key_lines.h"
#include "cli/words/data_words.h"
#include "cli/words/document.h"
#include "cli/words/json.h"
#include "cli/words/message.h"
#include "core/cleanup.h"

#include <stdlib.h>
#include <string.h>

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Adds a count as a member, with the underscores of member names. */
static void set_count(json_t *object, const char *name, uint64_t count)
{
	char member[32];
	size_t size = strlen(name);

	for (size_t i = 0; i <= size && i < sizeof(member); i++)
		member[i] = (char)(name[i] == '-' ? '_' : name[i]);
	json_object_set_new(object, member, number(count));
}

static json_t *answers_json(const uint64_t answers[DATA_ANSWER_COUNT])
{
	json_t *object = json_object();

	for (int i = 0; i < DATA_ANSWER_COUNT; i++)
		set_count(object, answer_name((enum data_answer)i), answers[i]);
	return object;
}

static json_t *need_kinds_json(const struct data_need *need)
{
	json_t *object = json_object();

	for (int i = 0; need && i < DATA_KIND_COUNT; i++)
		if (need->kinds[i])
			set_count(object, kind_name((enum data_kind)i), need->kinds[i]);
	return object;
}

struct needs_json {
	const struct proof *proof;
	json_t *array;
};

static void add_need_json(void *context, const struct key_line *line)
{
	struct needs_json *needs = context;
	const struct data_need *need = line->need;
	bool needed = need && need->files;
	json_t *object = json_object();

	json_object_set_new(object, "id", number(line->id));
	json_object_set_new(object, "version", line->version ? number(line->version) : json_null());
	json_object_set_new(object, "in_key_file", json_boolean(line->in_keyfile));
	json_object_set_new(object, "needed",
			    needed || proof_is_complete(needs->proof) ? json_boolean(needed) : json_null());
	json_object_set_new(object, "answer",
			    need && needed ? json_string(answer_name(key_line_answer(need))) : json_null());
	json_object_set_new(object, "old", json_boolean(line->old));
	json_object_set_new(object, "file_count", number(need ? need->files : 0));
	json_object_set_new(object, "free_page_file_count", number(need ? need->free_files : 0));
	json_object_set_new(object, "pages", number(need ? need->pages : 0));
	json_object_set_new(object, "free_pages", number(need ? need->free_pages : 0));
	json_object_set_new(object, "residual_pages", number(need ? need->residual : 0));
	json_object_set_new(object, "kinds", need_kinds_json(need));
	json_object_set_new(object, "example",
			    need ? json_text(data_need_example(&needs->proof->audit.needs, need)) : json_null());
	json_array_append_new(needs->array, object);
}

static json_t *uses_json(const struct data_file *file)
{
	json_t *array = json_array();

	for (size_t i = 0; i < file->evidence.use_count; i++) {
		const struct key_use *use = &file->evidence.uses[i];
		json_t *object = json_object();

		json_object_set_new(object, "id", number(use->id));
		json_object_set_new(object, "version", number(use->version));
		json_object_set_new(object, "pages", number(use->pages));
		json_object_set_new(object, "free_pages", number(use->free.pages));
		json_object_set_new(object, "residual_pages", number(use->residual));
		json_object_set_new(object, "proven", number(use->proven + use->free.proven));
		json_object_set_new(object, "refuted", number(use->refuted + use->free.refuted));
		json_object_set_new(object, "damaged", number(use->damaged));
		json_object_set_new(object, "busy", number(use->busy));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *file_json(const struct proof *proof, const struct data_file *file)
{
	json_t *object = json_object();
	HEAP char *note = note_words(file);

	json_object_set_new(object, "path", json_text(file->path));
	json_object_set_new(object, "kind", json_string(kind_name(file->kind)));
	json_object_set_new(object, "answer", json_string(answer_name(file->answer)));
	json_object_set_new(object, "bytes", number(file->size));
	json_object_set_new(object, "id", file->declared ? number(file->declared_id) : json_null());
	json_object_set_new(object, "uses", uses_json(file));
	json_object_set_new(object, "plain_pages", number(file->evidence.plain));
	json_object_set_new(object, "damaged_plain_pages", number(file->evidence.plain_damaged));
	json_object_set_new(object, "unexplained_pages", number(file->evidence.unexplained));
	json_object_set_new(object, "coverage", proof->what->coverage ? file_coverage_json(file) : json_null());
	json_object_set_new(object, "note", file->note ? json_string(note_name(file->note)) : json_null());
	json_object_set_new(object, "message", json_text_or_null(note));
	return object;
}

static json_t *algorithms_json(uint32_t ciphers)
{
	json_t *array = json_array();

	if (ciphers >> DATA_CIPHER_CBC & 1)
		json_array_append_new(array, json_string("AES_CBC"));
	if (ciphers >> DATA_CIPHER_CTR & 1)
		json_array_append_new(array, json_string("AES_CTR"));
	return array;
}

static json_t *parts_json(const struct data_parts *parts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < parts->count; i++) {
		const struct missing_part *part = &parts->items[i];
		const char *setting = part_setting(part->part);
		HEAP char *words = part_words(part);
		json_t *object = json_object();

		json_object_set_new(object, "part", json_string(part_name(part->part)));
		json_object_set_new(object, "path", json_text(part->where));
		json_object_set_new(object, "name", json_text_or_null(part->name));
		json_object_set_new(object, "setting", setting ? json_string(setting) : json_null());
		json_object_set_new(object, "message", json_text_or_null(words));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *data_json(const struct proof *proof)
{
	json_t *object = json_object();
	json_t *directories = json_array();
	struct needs_json needs = { proof, json_array() };
	const char *algorithm = proof_unfit_algorithm(proof);

	for (size_t i = 0; i < proof->what->datadirs.count; i++)
		json_array_append_new(directories, json_text(proof->what->datadirs.paths[i]));
	key_lines_visit(proof, add_need_json, &needs);
	json_object_set_new(object, "directories", directories);
	json_object_set_new(object, "opens", json_boolean(proof_status(proof) == STATUS_DONE));
	json_object_set_new(object, "full", json_boolean(proof->what->full));
	json_object_set_new(object, "live", json_boolean(proof->audit.needs.live));
	json_object_set_new(object, "algorithms", algorithms_json(proof->proven_by_cipher));
	json_object_set_new(object, "unfit_algorithm", algorithm ? json_string(algorithm) : json_null());
	json_object_set_new(object, "file_count", number(proof->audit.needs.file_count));
	json_object_set_new(object, "bytes", number(proof->bytes));
	json_object_set_new(object, "busy_pages", number(proof->busy));
	json_object_set_new(object, "unsure_file_count", number(proof->audit.needs.unsure));
	json_object_set_new(object, "judged", json_boolean(proof->audit.parts.judged));
	json_object_set_new(object, "tables_judged", json_boolean(proof->audit.parts.tables_judged));
	json_object_set_new(object, "missing_part_count", number(proof->audit.parts.total));
	json_object_set_new(object, "missing_parts", parts_json(&proof->audit.parts));
	json_object_set_new(object, "answers", answers_json(proof->answers));
	json_object_set_new(object, "needs", needs.array);
	return object;
}

/* The members of object without its braces, so that more can follow. */
static void print_members(json_t *object)
{
	dump_json(object, stdout, JSON_INDENT(2) | JSON_EMBED);
	json_decref(object);
}

/* Prints the files one by one, since as JSON they need far more memory. */
void proof_print_json(json_t *object, const struct proof *proof)
{
	const struct data_needs *needs = &proof->audit.needs;
	const char *comma = "";

	document_begin(object);
	printf(",\n  \"data\": {");
	print_members(data_json(proof));
	coverage_print_json(proof);
	printf(",\n  \"files\": [");
	for (size_t i = 0; i < needs->file_count; i++) {
		json_t *one = file_json(proof, &needs->files[i]);

		printf("%s\n    ", comma);
		dump_json(one, stdout, JSON_COMPACT);
		json_decref(one);
		comma = ",";
	}
	fputs("]}", stdout);
}
