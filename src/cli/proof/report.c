/* SPDX-License-Identifier: MIT */
#include "cli/proof/key_lines.h"
#include "cli/words/color.h"
#include "cli/words/data_words.h"
#include "cli/words/message.h"
#include "core/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* How many files of each answer are listed without --all-files. */
#define LISTED_MAX 20

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static const char *directories_words(const struct proof *proof, char *text, size_t size)
{
	if (proof->what->datadirs.count == 1)
		return proof->what->datadirs.paths[0];
	snprintf(text, size, "%zu directories", proof->what->datadirs.count);
	return text;
}

struct key_counts {
	uint64_t needed;
	uint64_t answers[DATA_ANSWER_COUNT]; /* those that are needed, by answer */
};

static void count_key(void *context, const struct key_line *line)
{
	struct key_counts *counts = context;

	if (!line->need || !line->need->files)
		return;
	counts->needed++;
	counts->answers[key_line_answer(line->need)]++;
}

static void print_part(bool *first, uint64_t count, const char *words)
{
	if (!count)
		return;
	printf("%s%ju %s", *first ? "" : ", ", (uintmax_t)count, words);
	*first = false;
}

static const char *first_word(const struct proof *proof)
{
	enum status status = proof_status(proof);

	if (status == STATUS_FAILED && proof->audit.parts.total)
		return "incomplete";
	return status == STATUS_DONE ? "yes" : status == STATUS_NO ? "no" : "unproven";
}

static enum color first_color(const struct proof *proof)
{
	enum status status = proof_status(proof);

	return status == STATUS_DONE ? COLOR_YES : status == STATUS_NO ? COLOR_NO : COLOR_WARNING;
}

/* Counts the lines of the table by their answer. */
static void print_key_counts(const struct key_counts *keys)
{
	static const enum data_answer order[] = { DATA_MISSING_KEY, DATA_WRONG_KEY, DATA_DAMAGED, DATA_PROVEN,
						  DATA_NOT_PROVABLE };
	bool first = true;

	printf("%ju key%s", (uintmax_t)keys->needed, plural(keys->needed));
	if (keys->needed == keys->answers[DATA_PROVEN])
		return;
	printf(" (");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		print_part(&first, keys->answers[order[i]], answer_words(order[i]));
	putchar(')');
}

static void print_summary(const struct proof *proof)
{
	char text[32];
	struct key_counts keys = { 0 };
	const uint64_t *answers = proof->answers;
	uint64_t encrypted = answers[DATA_PROVEN] + answers[DATA_NOT_PROVABLE] + answers[DATA_DAMAGED] +
			     answers[DATA_WRONG_KEY] + answers[DATA_MISSING_KEY];
	bool first = true;

	key_lines_visit(proof, count_key, &keys);
	print_colored(stdout, first_color(proof), first_word(proof));
	print_colored(stdout, first_color(proof), ":");
	printf(" '");
	print_visibly(stdout, directories_words(proof, text, sizeof(text)));
	printf("': %ju encrypted file%s, ", (uintmax_t)encrypted, plural(encrypted));
	print_key_counts(&keys);
	printf(", ");
	if (encrypted && encrypted == answers[DATA_PROVEN] && keys.needed == keys.answers[DATA_PROVEN] &&
	    proof_status(proof) == STATUS_DONE) {
		puts("all proven");
		return;
	}
	print_part(&first, answers[DATA_MISSING_KEY], answers[DATA_MISSING_KEY] == 1 ? "lacks a key" : "lack a key");
	print_part(&first, answers[DATA_WRONG_KEY],
		   answers[DATA_WRONG_KEY] == 1 ? "needs another key" : "need another key");
	print_part(&first, answers[DATA_DAMAGED], "damaged");
	print_part(&first, answers[DATA_PROVEN], "proven");
	print_part(&first, answers[DATA_NOT_PROVABLE], "not provable");
	puts(first ? "nothing to prove" : "");
}

static void print_others(const struct proof *proof)
{
	bool first = true;

	printf("  %ju file%s in all", (uintmax_t)proof->audit.needs.file_count, plural(proof->audit.needs.file_count));
	if (proof->answers[DATA_NOT_ENCRYPTED] || proof->answers[DATA_UNKNOWN_KIND] || proof->answers[DATA_UNREADABLE])
		printf(": ");
	print_part(&first, proof->answers[DATA_NOT_ENCRYPTED], "not encrypted");
	print_part(&first, proof->answers[DATA_UNKNOWN_KIND], "of unknown kind");
	print_part(&first, proof->answers[DATA_UNREADABLE], "unreadable");
	printf("%s\n", proof->what->full ? "; every page was read" : "; a sample of the pages was checked");
	if (proof->audit.needs.live)
		printf("  a server is running on this data%s\n",
		       proof->busy ? "" : "; no page changed during the read");
	if (proof->busy)
		printf("  %ju page%s kept changing and could not be checked\n", (uintmax_t)proof->busy,
		       plural(proof->busy));
}

static void print_unfit_algorithm(const struct proof *proof)
{
	const char *algorithm = proof_unfit_algorithm(proof);

	if (!algorithm)
		return;
	if (proof->what->only_cbc) {
		printf("  the data is encrypted with AES_CTR, but %s reads only AES_CBC\n", proof->what->only_cbc);
		puts("hint: decrypt the data, set the encryption algorithm to AES_CBC, and encrypt the data again");
		return;
	}
	printf("  the data is encrypted with %s, but the server's option files say %s\n",
	       strcmp(algorithm, "AES_CTR") ? "AES_CTR" : "AES_CBC", algorithm);
	printf("hint: set %s_encryption_algorithm to the algorithm of the data\n",
	       key_plugin_name(proof->host->settings.plugin));
}

static void print_kinds(const struct data_need *need)
{
	bool first = true;

	for (int kind = 0; kind < DATA_KIND_COUNT; kind++) {
		if (!need->kinds[kind])
			continue;
		printf("%s%ju %s", first ? "" : ", ", (uintmax_t)need->kinds[kind], kind_words((enum data_kind)kind));
		first = false;
	}
}

static const char *key_line_words(const struct proof *proof, const struct key_line *line)
{
	if (line->need && line->need->files)
		return answer_words(key_line_answer(line->need));
	if (!proof_is_complete(proof))
		return "not seen";
	return line->need ? "residual" : "not needed";
}

static void print_needed_by(const struct key_line *line)
{
	const struct data_need *need = line->need;

	if (need && need->files) {
		print_kinds(need);
		if (need->free_files == need->files)
			printf(", on free pages only");
		else if (need->free_files)
			printf(", %ju of them on free pages only", (uintmax_t)need->free_files);
		if (line->old)
			printf("; an old version, still needed");
	} else if (need) {
		printf("%ju free page%s that nothing needs", (uintmax_t)need->residual, plural(need->residual));
	}
}

static void print_key(void *context, const struct key_line *line)
{
	const struct proof *proof = context;
	const char *words = key_line_words(proof, line);
	char version[16] = "any";

	if (line->version)
		snprintf(version, sizeof(version), "%u", line->version);
	printf("  %-10u  %-10s  %8ju  %10ju  ", line->id, version, (uintmax_t)(line->need ? line->need->files : 0),
	       (uintmax_t)(line->need ? line->need->pages : 0));
	if (line->need)
		printf("%-12s  ", words);
	else
		printf("%s", words);
	print_needed_by(line);
	putchar('\n');
}

static void print_use(const struct data_file *file, const struct key_use *use, enum data_answer answer)
{
	printf("; ID %u version %u: %ju %s", use->id, use->version, (uintmax_t)use->pages,
	       piece_words(file->kind, use->pages));
	if (use->free.pages + use->residual)
		printf(", %ju free", (uintmax_t)(use->free.pages + use->residual));
	if (use->free.proven)
		printf(" (%ju proven)", (uintmax_t)use->free.proven);
	if (use->free.refuted)
		printf(" (%ju that the key does not decrypt)", (uintmax_t)use->free.refuted);
	if (use->proven)
		printf(", %ju proven", (uintmax_t)use->proven);
	if (use->refuted)
		printf(", %ju %s", (uintmax_t)use->refuted,
		       answer == DATA_WRONG_KEY ? "that the key does not decrypt" : "damaged");
	if (use->damaged)
		printf(", %ju damaged", (uintmax_t)use->damaged);
	if (use->sound || use->free.sound)
		printf(", no such key");
	if (use->other_proven)
		printf(" (the key of version %u decrypts %s)", use->other_version, use->pages == 1 ? "it" : "them");
	if (use->refuted || use->damaged)
		printf(", the first at %s %ju", piece_words(file->kind, 1), (uintmax_t)use->first_bad);
}

static enum color answer_color(enum data_answer answer)
{
	switch (answer) {
	case DATA_MISSING_KEY:
	case DATA_WRONG_KEY:
	case DATA_DAMAGED:
		return COLOR_NO;
	case DATA_UNREADABLE:
		return COLOR_WARNING;
	default:
		return COLOR_NONE;
	}
}

static void print_file(const struct data_file *file)
{
	HEAP char *note = note_words(file);

	print_colored(stdout, answer_color(file->answer), answer_words(file->answer));
	print_colored(stdout, answer_color(file->answer), ":");
	printf(" '");
	print_visibly(stdout, file->path);
	printf("': %s", kind_words(file->kind));
	for (size_t i = 0; i < file->evidence.use_count; i++)
		print_use(file, &file->evidence.uses[i], file->answer);
	if (file->declared && !file->evidence.use_count)
		printf("; ID %u", file->declared_id);
	if (file->evidence.plain_damaged)
		printf("; %ju damaged page%s that %s not encrypted, the first at page %ju",
		       (uintmax_t)file->evidence.plain_damaged, plural(file->evidence.plain_damaged),
		       file->evidence.plain_damaged == 1 ? "is" : "are", (uintmax_t)file->evidence.first_bad);
	if (file->evidence.unexplained)
		printf("; %ju page%s seem%s encrypted, although the first page does not say so",
		       (uintmax_t)file->evidence.unexplained, plural(file->evidence.unexplained),
		       file->evidence.unexplained == 1 ? "s" : "");
	if (file->fault.code && !file->target)
		printf("; %s", file->fault.error_number ? strerror(file->fault.error_number) : "not a regular file");
	if (note) {
		printf("; ");
		print_visibly(stdout, note);
	}
	putchar('\n');
}

/* Prints at most that many files with this answer. answer: -1 means any. */
static void print_files_that(const struct proof *proof, int answer, uint64_t most)
{
	const struct data_needs *needs = &proof->audit.needs;

	for (size_t i = 0; most && i < needs->file_count; i++) {
		if (answer >= 0 && (int)needs->files[i].answer != answer)
			continue;
		print_file(&needs->files[i]);
		most--;
	}
}

static void print_files(const struct proof *proof)
{
	static const enum data_answer worst_first[] = { DATA_MISSING_KEY, DATA_WRONG_KEY,    DATA_DAMAGED,
							DATA_UNREADABLE,  DATA_NOT_PROVABLE, DATA_UNKNOWN_KIND };

	if (proof->what->all_files) {
		print_files_that(proof, -1, UINT64_MAX);
		return;
	}
	for (size_t i = 0; i < sizeof(worst_first) / sizeof(worst_first[0]); i++) {
		uint64_t count = proof->answers[worst_first[i]];

		if (!count)
			continue;
		print_files_that(proof, (int)worst_first[i], LISTED_MAX);
		if (count > LISTED_MAX)
			printf("%s: %ju more file%s; --all-files lists them\n", answer_words(worst_first[i]),
			       (uintmax_t)(count - LISTED_MAX), plural(count - LISTED_MAX));
	}
}

/* The first key that is missing or wrong. */
struct bad_key {
	enum data_answer answer;
	const struct data_need *need;
};

static void find_bad_key(void *context, const struct key_line *line)
{
	struct bad_key *bad = context;

	if (!bad->need && line->need && line->need->files && key_line_answer(line->need) == bad->answer)
		bad->need = line->need;
}

static const struct data_need *first_bad_key(const struct proof *proof, enum data_answer answer)
{
	struct bad_key bad = { .answer = answer };

	key_lines_visit(proof, find_bad_key, &bad);
	return bad.need;
}

/* Suggests no version for a file without versions. */
static void print_import_hint(const struct keyfile *keyfile, const struct data_need *need)
{
	printf("hint: look for a key file with ID %u", need->id);
	if (need->version)
		printf(" version %u", need->version);
	printf(", and import its key with 'mkeyfile add --key-from=FILE");
	if (need->version > 1 || (need->version && keyfile && keyfile->has_versions))
		printf(" --key-version=%u", need->version);
	printf(" %u'\n", need->id);
}

static void print_recovery_hint(const struct data_needs *needs)
{
	for (size_t i = 0; i < needs->directory_count; i++) {
		if (!needs->directories[i].has_incomplete || data_needs_recovery(needs, i) != DATA_RECOVERY_UNKNOWN)
			continue;
		puts(data_needs_find_redo_log(needs, i) == DATA_REDO_LOG_FOUND
			     ? "hint: the redo log does not show whether the server would complete these files at its next start"
			     : "hint: no redo log was found: add --datadir with its directory if the server keeps the redo log elsewhere");
		return;
	}
}

static void print_redo_log_hints(const struct proof *proof)
{
	for (size_t i = 0; i < proof->audit.needs.directory_count; i++) {
		enum data_redo_log log = data_needs_find_redo_log(&proof->audit.needs, i);
		HEAP char *words = NULL;

		if (!proof->audit.needs.directories[i].has_tablespace ||
		    (log != DATA_REDO_LOG_OLD && log != DATA_REDO_LOG_SEVERAL))
			continue;
		words = redo_log_words(log, proof->what->datadirs.paths[i]);
		printf("not provable: ");
		print_visibly(stdout, words ? words : "");
		printf("\nhint: %s\n", redo_log_hint(log));
	}
}

static void print_unsure(const struct data_needs *needs)
{
	uint64_t unsure = needs->unsure;
	const char *example = unsure ? data_needs_path(needs, needs->unsure_example) : NULL;

	if (needs->pending) {
		HEAP char *words = pending_words(data_needs_path(needs, needs->pending_example));

		printf("note: ");
		print_visibly(stdout, words ? words : "");
		putchar('\n');
	}
	if (!unsure)
		return;
	print_recovery_hint(needs);
	printf("note: more keys may be needed: ");
	if (needs->unsure_note == DATA_NOTE_UNREAD) {
		HEAP char *words = pending_words(example);

		print_visibly(stdout, words ? words : "");
		puts(", and these changes cannot be read");
		return;
	}
	putchar('\'');
	print_visibly(stdout, example);
	printf("'%s could not be read completely (see above)\n", unsure > 1 ? " and others" : "");
}

/* Not while a server is running, which may be about to write the file. */
static void print_leftover(const struct data_needs *needs)
{
	if (!needs->leftover_count || needs->live)
		return;
	printf("note: '");
	print_visibly(stdout, data_needs_path(needs, needs->leftover_example));
	puts(needs->leftover_count > 1
		     ? "' and others contain no data: interrupted statements left them, and they block new tables of their names"
		     : "' contains no data: an interrupted statement left the file, and it blocks a new table of its name");
}

static void print_clear_text(const struct proof *proof)
{
	if (!proof->clear_text)
		return;
	printf("note: '");
	print_visibly(stdout, proof->clear_text);
	puts("' contains rows in clear text: Galera encrypts neither its cache nor failed write sets");
}

static void print_missing(const struct missing_part *part)
{
	HEAP char *words = part_words(part);

	print_colored(stdout, COLOR_WARNING, "incomplete:");
	putchar(' ');
	print_visibly(stdout, words ? words : "");
	putchar('\n');
}

static void print_setting_hint(const struct data_parts *parts, enum part part)
{
	const char *setting = part_setting(part);

	if (parts->missing[part] > PARTS_LISTED)
		printf("incomplete: %ju more of the same kind\n", (uintmax_t)(parts->missing[part] - PARTS_LISTED));
	if (parts->missing[part] && setting)
		printf("hint: " PART_SETTING_HINT "\n", setting);
}

static void print_parts(const struct data_parts *parts)
{
	for (int part = 0; part < PART_COUNT; part++) {
		for (size_t i = 0; i < parts->count; i++)
			if (parts->items[i].part == (enum part)part)
				print_missing(&parts->items[i]);
		print_setting_hint(parts, (enum part)part);
	}
	if (parts->missing[PART_DATABASE] || parts->missing[PART_TABLE])
		puts("hint: " PART_RESTORE_HINT);
	if (parts->missing[PART_TRANSFER])
		puts("hint: wait until the node is Synced, or verify the data of its donor");
	if (!parts->judged && !parts->total)
		puts("note: no data directory was found, so missing files cannot be detected");
}

/* Free pages may need a version long after a rotation is complete. */
static void find_free_only(void *context, const struct key_line *line)
{
	*(bool *)context |= line->old && line->in_keyfile && line->need && line->need->files &&
			    line->need->free_files == line->need->files;
}

static void print_free_pages_hint(const struct proof *proof)
{
	bool found = false;

	key_lines_visit(proof, find_free_only, &found);
	if (found)
		puts("hint: run ALTER TABLE ... FORCE to rewrite a table without its free pages ('mkeyfile remove' prints the statements)");
}

static void print_failure_hints(const struct proof *proof)
{
	const struct data_need *wrong = first_bad_key(proof, DATA_WRONG_KEY);

	/* data of the other algorithm has the same answers */
	if (proof->what->algorithm && (wrong || proof->answers[DATA_DAMAGED])) {
		printf("hint: omit --encryption-algorithm: only %s was tried\n", proof->what->algorithm);
		return;
	}
	if (wrong)
		printf("hint: look for an earlier copy of the key file: key ID %u version %u is not the key that encrypted this "
		       "data\n",
		       wrong->id, wrong->version);
	if (proof->answers[DATA_DAMAGED])
		puts("hint: restore damaged files from a backup: no key can decrypt them");
}

static void print_hints(const struct proof *proof)
{
	const struct data_need *missing = first_bad_key(proof, DATA_MISSING_KEY);

	if (missing) {
		puts("hint: do not drop or repair any table: the data is intact, even if the server calls it corrupted");
		print_import_hint(proof->keyfile, missing);
		puts("hint: see mkeyfile-troubleshooting(7) for the commands that restore a key");
		if (missing->files == missing->free_files)
			puts("hint: or rewrite these tables with ALTER TABLE ... FORCE: only free pages need the key");
	}
	print_failure_hints(proof);
	if (proof->denied)
		puts("hint: run the command as root or as the server's user account");
	print_free_pages_hint(proof);
	print_redo_log_hints(proof);
	print_unsure(&proof->audit.needs);
	print_leftover(&proof->audit.needs);
	print_clear_text(proof);
}

void proof_print(const struct proof *proof)
{
	print_summary(proof);
	print_others(proof);
	print_unfit_algorithm(proof);
	printf("  %-10s  %-10s  %8s  %10s  %-12s  %s\n", "ID", "VERSION", "FILES", "PAGES", "ANSWER", "NEEDED BY");
	key_lines_visit(proof, print_key, (void *)(uintptr_t)proof);
	print_files(proof);
	print_parts(&proof->audit.parts);
	print_hints(proof);
	if (proof->what->coverage)
		coverage_print(proof);
}
