/* SPDX-License-Identifier: MIT */
/* Checksums, ciphers and formats of data at rest, with bytes written by real servers, and
 * with bytes that no server writes. */
#include "helpers.h"

#include "core/cleanup.h"
#include "data/coverage.h"
#include "data/data_file.h"
#include "data/file_names.h"
#include "data/formats/aria.h"
#include "data/formats/binlog.h"
#include "data/formats/bytes.h"
#include "data/formats/codec.h"
#include "data/formats/crc32c.h"
#include "data/formats/innodb.h"
#include "data/formats/prover.h"
#include "data/formats/redo.h"
#include "data/needs.h"
#include "data/reader.h"
#include "data/table_name.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

/* Keys of test servers, which protect nothing. */
static const char keys_text[] = "1;00112233445566778899aabbccddeeff\n"
				"2;0102030405060708090a0b0c0d0e0f101112131415161718\n"
				"100;a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0\n"
				"1;3;8fa1f315267f724ba5c8817b7d518423a299cc60a168bc62a545732814ce4138\n";

struct fixture {
	struct keyfile keyfile;
	struct prover *prover;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct secret text = { 0 };

	assert_non_null(fixture);
	assert_int_equal(secret_copy(&text, keys_text, strlen(keys_text)).code, FAULT_NONE);
	assert_int_equal(keyfile_parse(&text, SYNTAX_VERSIONED, &fixture->keyfile).code, FAULT_NONE);
	assert_int_equal(prover_new(&fixture->keyfile, &fixture->prover).code, FAULT_NONE);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	assert_false(prover_failed(fixture->prover));
	prover_free(fixture->prover);
	keyfile_free(&fixture->keyfile);
	free(fixture);
	return 0;
}

static size_t from_hex(const char *hex, unsigned char *bytes)
{
	size_t size = strlen(hex) / 2;

	key_from_hex((const unsigned char *)hex, size, bytes);
	return size;
}

static void assert_hex(const unsigned char *bytes, const char *hex)
{
	unsigned char expected[256];

	assert_memory_equal(bytes, expected, from_hex(hex, expected));
}

/* ---- checksums ---- */

static void crc32c_has_its_check_value(void **state)
{
	(void)state;
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283U);
	assert_int_equal(crc32c_portable(0, "123456789", 9), 0xe3069283U);
	assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283U);
	assert_int_equal(crc32c(0, "", 0), 0);
}

static void crc32c_is_the_same_in_hardware(void **state)
{
	unsigned char *bytes = malloc(70000);

	(void)state;
	assert_non_null(bytes);
	srandom(1);
	for (size_t i = 0; i < 70000; i++)
		bytes[i] = (unsigned char)random();
	for (size_t size = 0; size < 70000; size += size < 9000 ? 1 : 997)
		assert_int_equal(crc32c(7, bytes + size % 9, size - size % 9 * (size > 9)),
				 crc32c_portable(7, bytes + size % 9, size - size % 9 * (size > 9)));
	free(bytes);
}

/* ---- ciphers ---- */

/* Decrypts a whole range and every part of it, and compares the results. */
static void check_range(struct prover *prover, enum data_cipher cipher, const struct ciphertext *text,
			const char *plain_hex)
{
	unsigned char whole[256];
	unsigned char part[256];

	prover_decrypt(prover, cipher, text, 0, text->size, whole);
	assert_hex(whole, plain_hex);
	for (size_t from = 0; from < text->size; from += CIPHER_BLOCK)
		for (size_t end = from; end <= text->size; end++) {
			prover_decrypt(prover, cipher, text, from, end, part);
			assert_memory_equal(part, whole + from, end - from);
		}
}

static void innodb_ctr(void **state)
{
	struct fixture *fixture = *state;
	unsigned char salt[16];
	unsigned char data[64];
	struct ciphertext text = { .data = data };

	from_hex("2e2e852b11dbce40363d86b66d9292aa", salt);
	from_hex("1b00000003000000c3a0500100000000", text.iv);
	text.size = from_hex(
		"eba10634e58f1c2bf7b90ad1afdb0ee1574028360f053c0c9363d6e6354c931e393ec63f456ca67d3c79bc8867d274ba",
		data);
	assert_true(prover_use_local_key(fixture->prover, 2, 1, salt));
	check_range(fixture->prover, DATA_CIPHER_CTR, &text,
		    "00000000000000000000001b00020094800400000000008c000200010002000000000000000000010000000000000035");
}

static void innodb_cbc(void **state)
{
	struct fixture *fixture = *state;
	unsigned char salt[16];
	unsigned char data[64];
	struct ciphertext text = { .data = data };

	from_hex("e4a2742fbe549fa234b28a549fa71b3b", salt);
	from_hex("08000000030000006dbf5e0000000000", text.iv);
	text.size = from_hex(
		"7c5a8b6105848943b23cfea39c42642a222bd566c465b5a7068dc825101a127a8985a29ac54c72f701816165c4b691e6",
		data);
	assert_true(prover_use_local_key(fixture->prover, 100, 1, salt));
	check_range(fixture->prover, DATA_CIPHER_CBC, &text,
		    "000000000000000000000008001204308046000000000428000200430044000000000000019000010000000000000019");
}

/* With bytes after the last whole block. */
static void aria_cbc(void **state)
{
	struct fixture *fixture = *state;
	unsigned char salt[16];
	unsigned char data[128];
	struct ciphertext text = { .data = data };

	from_hex("440a6b39899149cc7801389a07377cdc", salt);
	from_hex("891dc6dd01000000a451000001000000", text.iv);
	text.size = from_hex(
		"127eadd39c956f670292f0edf61b2f8a56511f8106763a761135e75a07bc5ef083212468d88533c51d90b6c0b3baa3"
		"3631e9fd4b210f21e5bda1ec589b0cfc4447a01704c0cf65145780e8b9cf55ebc455863fd42e69d681b6c35b586691",
		data);
	assert_true(prover_use_local_key(fixture->prover, 1, 1, salt));
	check_range(
		fixture->prover, DATA_CIPHER_CBC, &text,
		"00093132372e302e302e3104726f6f7400000002070c00033a3a3104726f6f7400000002090c00096c6f63616c686f73740b6d"
		"6172696164622e7379730000000200800004726f6f7400000002030c0002766d04726f6f7400000002050c");
}

/* Less than a block, with a key of another version: both ciphers give the same result. */
static void redo_stream(void **state)
{
	struct fixture *fixture = *state;
	unsigned char salt[16];
	unsigned char data[16];
	struct ciphertext text = { .data = data };

	from_hex("495b7d4e580f73d61f83233436451eb5", salt);
	from_hex("000000000025e9d1fa00000000000000", text.iv);
	text.size = from_hex("ced6c59c46901afe5a42", data);
	assert_true(prover_use_local_key(fixture->prover, 1, 3, salt));
	check_range(fixture->prover, DATA_CIPHER_CBC, &text, "0000000000000025e9d1");
	check_range(fixture->prover, DATA_CIPHER_CTR, &text, "0000000000000025e9d1");
}

static void missing_keys(void **state)
{
	struct fixture *fixture = *state;
	const unsigned char salt[16] = { 0 };

	assert_false(prover_use_key(fixture->prover, 1, 2));
	assert_false(prover_use_local_key(fixture->prover, 3, 1, salt));
	assert_true(prover_use_key(fixture->prover, 1, 3));
}

/* ---- answers ---- */

static enum data_answer decide(struct key_use use, enum data_note note)
{
	struct data_file file = { .kind = DATA_INNODB, .note = note };

	use.id = 1;
	use.version = 1;
	file.evidence.uses = &use;
	file.evidence.use_count = 1;
	data_file_decide(&file, NULL, NULL, DATA_RECOVERY_UNKNOWN);
	return file.answer;
}

static void answers(void **state)
{
	(void)state;
	assert_int_equal(decide((struct key_use){ .pages = 9, .proven = 3 }, 0), DATA_PROVEN);
	assert_int_equal(decide((struct key_use){ .pages = 9, .sound = 3 }, 0), DATA_MISSING_KEY);
	assert_int_equal(decide((struct key_use){ .pages = 9, .refuted = 3 }, 0), DATA_WRONG_KEY);
	assert_int_equal(decide((struct key_use){ .pages = 9, .proven = 8, .damaged = 1 }, 0), DATA_DAMAGED);
	assert_int_equal(decide((struct key_use){ .pages = 9, .unproved = 3 }, 0), DATA_NOT_PROVABLE);
	assert_int_equal(decide((struct key_use){ .residual = 9 }, 0), DATA_NOT_ENCRYPTED);
	/* a page without a checksum is damaged if the key decrypts the others */
	assert_int_equal(decide((struct key_use){ .pages = 9, .proven = 8, .refuted = 1 }, 0), DATA_DAMAGED);
	/* an intact page that the key fails to decrypt needs another key */
	assert_int_equal(decide((struct key_use){ .pages = 9, .proven = 8, .refuted = 1, .strict_refuted = 1 }, 0),
			 DATA_WRONG_KEY);
	/* one page with a missing version, which another version decrypts */
	assert_int_equal(decide((struct key_use){ .pages = 1, .sound = 1, .other_version = 2, .other_proven = 1 }, 0),
			 DATA_DAMAGED);
	assert_int_equal(decide((struct key_use){ .pages = 2, .sound = 2, .other_version = 2, .other_proven = 2 }, 0),
			 DATA_MISSING_KEY);
	assert_int_equal(decide((struct key_use){ .pages = 2, .damaged = 2 }, 0), DATA_DAMAGED);
	assert_int_equal(decide((struct key_use){ 0 }, DATA_NOTE_NO_HEAD), DATA_DAMAGED);
	assert_int_equal(decide((struct key_use){ 0 }, DATA_NOTE_ZERO), DATA_NOT_PROVABLE);
	assert_int_equal(decide((struct key_use){ 0 }, DATA_NOTE_EMPTY), DATA_NOT_ENCRYPTED);
}

/* Settles the needs of these files. */
static struct data_needs settle(struct data_file *files, size_t count, bool live)
{
	struct data_needs needs = { 0 };

	assert_int_equal(data_needs_collect(files, count, live, &needs).code, FAULT_NONE);
	data_needs_settle(&needs);
	return needs;
}

static void a_single_page_is_damaged_if_the_key_is_known(void **state)
{
	struct key_use proven = { .id = 1, .version = 1, .pages = 9, .proven = 3 };
	struct key_use refuted = { .id = 1, .version = 1, .pages = 1, .refuted = 1 };
	struct data_file files[] = {
		{ .path = "two", .kind = DATA_ARIA_DATA, .evidence = { &refuted, 1, .pages = 1 } },
		{ .path = "one", .kind = DATA_ARIA_DATA, .evidence = { &proven, 1, .pages = 9 } },
	};
	struct data_needs needs = settle(files, 1, false);

	(void)state;
	assert_int_equal(files[0].answer, DATA_WRONG_KEY);
	data_needs_free(&needs);
	needs = settle(files, 2, false);
	assert_int_equal(files[0].answer, DATA_DAMAGED);
	assert_int_equal(files[1].answer, DATA_PROVEN);
	assert_int_equal(needs.count, 1);
	assert_int_equal(needs.needs[0].files, 2);
	assert_int_equal(needs.needs[0].answers[DATA_PROVEN], 1);
	assert_int_equal(needs.needs[0].answers[DATA_DAMAGED], 1);
	assert_int_equal(needs.needs[0].answers[DATA_WRONG_KEY], 0);
	assert_string_equal(data_need_example(&needs, &needs.needs[0]), "two");
	data_needs_free(&needs);
}

static void needs_keep_their_order(void **state)
{
	struct key_use uses[200];
	struct data_file files[200];
	struct data_needs needs;

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		uses[i] = (struct key_use){ .id = i * 7 % 20 + 1, .version = i * 13 % 10 + 1, .pages = i % 3 };
		files[i] =
			(struct data_file){ .path = "f", .kind = DATA_INNODB, .evidence = { &uses[i], 1, .pages = 1 } };
	}
	needs = settle(files, 200, false);
	for (size_t i = 1; i < needs.count; i++)
		assert_true(needs.needs[i - 1].id < needs.needs[i].id ||
			    (needs.needs[i - 1].id == needs.needs[i].id &&
			     needs.needs[i - 1].version < needs.needs[i].version));
	assert_non_null(data_needs_find(&needs, needs.needs[5].id, needs.needs[5].version));
	assert_null(data_needs_find(&needs, 21, 1));
	data_needs_free(&needs);
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(classify_name("a/db/t#P#p0.ibd"), NAME_INNODB);
	assert_int_equal(classify_name("undo001"), NAME_INNODB);
	assert_int_equal(classify_name("ibdata12"), NAME_INNODB);
	assert_int_equal(classify_name("ibtmp1"), NAME_TEMPORARY);
	assert_int_equal(classify_name("host.lower-test"), NAME_TEMPORARY);
	/* tables with such names */
	assert_int_equal(classify_name("db/ibtmp1.ibd"), NAME_INNODB);
	assert_int_equal(classify_name("db/ibtmp1x.MAI"), NAME_ARIA_INDEX);
	assert_int_equal(classify_name("db/ibdata1.frm"), NAME_PLAIN);
	assert_int_equal(classify_name("db/ibdata2.MAD"), NAME_ARIA_DATA);
	assert_int_equal(classify_name("ibdata1.meta"), NAME_PLAIN);
	assert_int_equal(classify_name("a/galera.cache"), NAME_CLEAR_TEXT);
	assert_int_equal(classify_name("gcache.page.000001"), NAME_CLEAR_TEXT);
	assert_int_equal(classify_name("galera.cache.ibd"), NAME_INNODB);
	assert_int_equal(classify_name("donor_galera_info"), NAME_PLAIN);
	assert_int_equal(classify_name("slow.log.3.gz"), NAME_PLAIN);
	assert_int_equal(classify_name("t.ibd.gz"), NAME_PACKED);
	assert_int_equal(classify_name("GRA_11_3_v2.log"), NAME_CLEAR_TEXT);
	assert_int_equal(classify_name("GRA_11.log"), NAME_PLAIN);
	assert_int_equal(classify_name("wsrep_sst_binlog.tar"), NAME_PLAIN);
	assert_int_equal(classify_name("db/ib_logfile0.ibd"), NAME_INNODB);
	assert_int_equal(classify_name("db/ib_logfile0.frm"), NAME_PLAIN);
	assert_int_equal(classify_name("db/undo001.MAD"), NAME_ARIA_DATA);
	assert_int_equal(classify_name("ib_logfile101"), NAME_REDO_LOG);
	assert_int_equal(classify_name("db/#sql-temptable-1-2-3.MAI"), NAME_TEMPORARY);
	assert_int_equal(classify_name("db/#sql-alter-1-2.ibd"), NAME_INNODB);
	assert_int_equal(classify_name("t.ibd.delta"), NAME_INCREMENTAL);
	assert_int_equal(classify_name("t.ibd.qp"), NAME_PACKED);
	assert_int_equal(classify_name("aria_log.00000001"), NAME_PLAIN);
	assert_int_equal(classify_name("what"), NAME_OTHER);
	assert_int_equal(classify_name("server_audit.log.1"), NAME_PLAIN);
	assert_true(is_later_system_name("y/ibdata2"));
	assert_false(is_later_system_name("y/ibdata1"));
	assert_false(is_later_system_name("y/ibdata2.ibd"));
	assert_true(are_in_same_directory("a/one", "a/two"));
	assert_false(are_in_same_directory("a/one", "b/two"));
	assert_false(are_in_same_directory("a/one", "one"));
	assert_null(with_suffix("a.b/none", ".MAI"));
}

/* ---- system tablespaces with several files ---- */

static struct data_file system_file(const char *path, uint64_t first_page, uint64_t pages, bool written)
{
	return (struct data_file){
		.path = path,
		.kind = DATA_INNODB,
		.system = { .tablespace = { 1, 10 }, .first_page = first_page, .pages = pages, .written = written },
	};
}

/* files[0] is the first file of a system tablespace. */
static void check_lack(const struct data_file *files, size_t count, bool lacks)
{
	struct data_file all[6];
	struct data_needs needs;

	memcpy(all, files, count * sizeof(*files));
	needs = settle(all, count, false);
	assert_int_equal(needs.unsure, lacks);
	if (lacks)
		assert_string_equal(data_needs_path(&needs, needs.unsure_example), "first");
	assert_int_equal(all[0].note, lacks ? DATA_NOTE_NO_REST : DATA_NOTE_NONE);
	assert_int_equal(all[0].answer, lacks ? DATA_NOT_PROVABLE : DATA_NOT_ENCRYPTED);
	assert_int_equal(needs.undecided, lacks);
	data_needs_free(&needs);
}

/* Files of 768, 256 and 256 pages, of which the first 1,200 were used. */
static void a_system_tablespace_lacks_files(void **state)
{
	struct data_file files[] = {
		system_file("first", 0, 768, true),    system_file("second", 768, 256, true),
		system_file("copy", 768, 256, true),   system_file("zero", 0, 256, false),
		system_file("other", 1024, 256, true), system_file("third", 1024, 256, true),
	};

	(void)state;
	files[0].system.pages_in_all = 1280;
	files[0].system.pages_in_use = 1200;
	files[4].system.tablespace.inode = 20;
	check_lack(files, 5, true);
	check_lack(files, 6, false);
}

static void unused_pages_may_be_zero(void **state)
{
	struct data_file files[] = { system_file("first", 0, 768, true), system_file("zero", 0, 512, false) };

	(void)state;
	files[0].system.pages_in_all = 1280;
	files[0].system.pages_in_use = 700;
	check_lack(files, 1, true);
	check_lack(files, 2, false);
}

/* Checks the answer of files[0], whose redo log is files[2]. */
static void check_answer(const struct data_file files[static 4], size_t count, bool live, enum data_answer answer,
			 bool open)
{
	struct data_file all[4];
	struct data_needs needs;

	memcpy(all, files, sizeof(all));
	needs = settle(all, count, live);
	assert_int_equal(all[0].answer, answer);
	assert_int_equal(needs.undecided, open);
	data_needs_free(&needs);
}

static void a_truncated_file_is_damaged_if_nothing_completes_it(void **state)
{
	struct data_file files[] = {
		{ .path = "t.ibd", .kind = DATA_INNODB, .note = DATA_NOTE_CUT_OFF },
		system_file("first", 0, 768, true),
		{ .path = "ib_logfile0", .kind = DATA_REDO_LOG, .evidence.clean = true },
		system_file("other", 0, 768, true),
	};
	struct data_file *log = &files[2];

	(void)state;
	files[1].system.pages_in_all = files[3].system.pages_in_all = 768;
	files[3].system.tablespace.inode = 20;
	files[3].directory = log->directory = 1;
	check_answer(files, 2, false, DATA_NOT_PROVABLE, true);
	/* the log of another server */
	check_answer(files, 4, false, DATA_NOT_PROVABLE, true);
	/* a log in a separate directory */
	log->directory = 2;
	check_answer(files, 3, false, DATA_DAMAGED, false);
	log->note = DATA_NOTE_UNCLEAN;
	log->evidence.clean = false;
	check_answer(files, 3, false, DATA_NOT_PROVABLE, true);
	files[0].redo_says = REDO_SAYS_NOTHING;
	check_answer(files, 3, false, DATA_DAMAGED, false);
	files[0].redo_says = REDO_SAYS_CHANGED;
	check_answer(files, 3, false, DATA_NOT_ENCRYPTED, false);
	files[0].redo_says = REDO_CANNOT_SAY;
	/* its own log */
	log->directory = 0;
	log->note = DATA_NOTE_NONE;
	log->evidence.clean = true;
	check_answer(files, 3, false, DATA_DAMAGED, false);
	check_answer(files, 3, true, DATA_NOT_PROVABLE, true);
}

static void a_truncated_undo_tablespace_is_created_again_or_undecided(void **state)
{
	struct data_file files[] = {
		{ .path = "undo001", .kind = DATA_INNODB, .evidence.unexplained = 1 },
		system_file("first", 0, 768, true),
		{ .path = "ib_logfile0", .kind = DATA_REDO_LOG, .note = DATA_NOTE_UNCLEAN },
		system_file("other", 0, 768, true),
	};

	(void)state;
	files[0].redo_says = REDO_SAYS_MADE;
	check_answer(files, 3, false, DATA_NOT_PROVABLE, false);
	check_answer(files, 3, true, DATA_NOT_PROVABLE, false);
	/* the undo tablespace was truncated before the checkpoint */
	files[0].redo_says = REDO_SAYS_CHANGED;
	check_answer(files, 3, false, DATA_NOT_PROVABLE, true);
	check_answer(files, 3, true, DATA_NOT_PROVABLE, false);
	files[0].redo_says = REDO_SAYS_NOTHING;
	check_answer(files, 3, false, DATA_NOT_PROVABLE, true);
	/* the same in a table's file is damage */
	files[0].path = "t.ibd";
	check_answer(files, 3, false, DATA_DAMAGED, false);
}

static struct data_file tablespace(uint32_t directory, uint32_t id, uint64_t inode, uint64_t newest_lsn)
{
	return (struct data_file){
		.path = "t.ibd",
		.kind = DATA_INNODB,
		.directory = directory,
		.space_id = id,
		.space.inode = inode,
		.evidence.newest_lsn = newest_lsn,
	};
}

static struct data_file redo_log(uint32_t directory, uint64_t end_lsn)
{
	return (struct data_file){
		.path = "ib_logfile0",
		.kind = DATA_REDO_LOG,
		.directory = directory,
		.evidence = { .clean = true, .newest_lsn = end_lsn },
	};
}

static void check_redo_log(const struct data_file *files, size_t count, enum data_redo_log found)
{
	struct data_file all[4];
	DATA_NEEDS struct data_needs needs = { 0 };

	memcpy(all, files, count * sizeof(*files));
	assert_int_equal(data_needs_collect(all, count, false, &needs).code, FAULT_NONE);
	assert_int_equal(data_needs_find_redo_log(&needs, 0), found);
	assert_int_equal(data_needs_recovery(&needs, 0),
			 found == DATA_REDO_LOG_FOUND ? DATA_RECOVERY_NONE : DATA_RECOVERY_UNKNOWN);
	needs.live = true;
	assert_int_equal(data_needs_recovery(&needs, 0), DATA_RECOVERY_LIVE);
}

static void a_redo_log_ends_after_the_pages_that_it_wrote(void **state)
{
	struct data_file files[] = { tablespace(0, 3, 10, 1000), redo_log(0, 1000), redo_log(1, 1500),
				     redo_log(2, 2000) };

	(void)state;
	check_redo_log(files, 2, DATA_REDO_LOG_FOUND);
	/* an old log, then also one or two of other directories */
	files[0].evidence.newest_lsn = 1001;
	check_redo_log(files, 2, DATA_REDO_LOG_OLD);
	check_redo_log(files, 3, DATA_REDO_LOG_FOUND);
	check_redo_log(files, 4, DATA_REDO_LOG_SEVERAL);
	files[0].evidence.newest_lsn = 1501;
	check_redo_log(files, 4, DATA_REDO_LOG_FOUND);
	files[0].evidence.newest_lsn = 2001;
	check_redo_log(files, 4, DATA_REDO_LOG_OLD);
}

static void a_redo_log_of_another_server_is_not_used(void **state)
{
	struct data_file files[] = { tablespace(0, 3, 10, 1000), tablespace(1, 3, 11, 900), redo_log(1, 1500) };

	(void)state;
	check_redo_log(files, 3, DATA_REDO_LOG_NONE);
	/* the same file, found twice */
	files[1].space.inode = 10;
	check_redo_log(files, 3, DATA_REDO_LOG_FOUND);
	files[1].space.inode = 11;
	files[1].space_id = 4;
	check_redo_log(files, 3, DATA_REDO_LOG_FOUND);
}

static void a_damaged_free_page_does_not_remove_the_need_of_a_key(void **state)
{
	const struct key_use use = { .id = 1, .version = 1, .pages = 1, .proven = 1, .residual = 1, .damaged = 1 };

	(void)state;
	assert_true(key_use_is_needed(&use));
}

/* ---- redo logs ---- */

/* Makes a source from bytes in memory. */
static struct source source_of(const unsigned char *bytes, size_t size)
{
	char name[] = "/tmp/mkeyfile-test-XXXXXX";
	struct source source = SOURCE_CLOSED;
	int file = mkstemp(name);

	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, size), size);
	assert_int_equal(source_open(AT_FDCWD, name, &source).code, FAULT_NONE);
	close(file);
	unlink(name);
	return source;
}

/* A growing relay log, encrypted with AES-CTR from the third event on. */
struct relay_log {
	unsigned char bytes[65536];
	size_t size;
	bool checksums;
	struct prover *prover;
};

static unsigned char *add_event(struct relay_log *log, unsigned char type, size_t size, bool checksum)
{
	unsigned char *event = log->bytes + log->size;

	event[4] = type;
	put_le32(event + 5, 1);
	put_le32(event + 9, (uint32_t)size);
	if (checksum)
		put_le32(event + size - 4, (uint32_t)crc32(0, event, (uInt)(size - 4)));
	log->size += size;
	return event;
}

/* Encrypting is the same as decrypting. */
static void encrypt_event(struct relay_log *log, unsigned char *event)
{
	uint32_t size = le32(event + 9);
	unsigned char data[200];
	struct ciphertext text = { .data = data, .size = size - 4 };

	put_le32(text.iv + 12, (uint32_t)(event - log->bytes));
	memcpy(event + 9, event, 4);
	memcpy(data, event + 4, size - 4);
	prover_decrypt(log->prover, DATA_CIPHER_CTR, &text, 0, size - 4, event + 4);
	memcpy(event, event + 9, 4);
	put_le32(event + 9, size);
}

static unsigned char *add_description(struct relay_log *log, bool checksums)
{
	unsigned char *event = log->bytes + log->size;

	event[17] = 0x40;
	event[19] = 4;
	event[19 + 56] = 19;
	event[100 - 5] = checksums;
	log->checksums = checksums;
	return add_event(log, 15, 100, true);
}

static void add_events(struct relay_log *log, int count)
{
	for (int i = 0; i < count; i++)
		encrypt_event(log, add_event(log, 2, 30, log->checksums));
}

static void start_relay_log(struct relay_log *log, struct prover *prover)
{
	*log = (struct relay_log){ .bytes = { 0xfe, 'b', 'i', 'n' }, .size = 4, .prover = prover };
	assert_true(prover_use_key(prover, 1, 1));
	add_description(log, true);
	log->bytes[log->size + 19] = 1;
	put_le32(log->bytes + log->size + 20, 1);
	add_event(log, 164, 40, true);
}

static void a_relay_log_follows_its_descriptions(void **state)
{
	struct fixture *fixture = *state;
	struct scan_rules rules = { .ciphers = 3 };
	struct scan scan;
	struct relay_log log;

	assert_int_equal(scan_new(&rules, &fixture->keyfile, &scan).code, FAULT_NONE);
	start_relay_log(&log, fixture->prover);
	/* after the sample at the head, and then up to the next sample */
	add_events(&log, 5);
	encrypt_event(&log, add_description(&log, false));
	add_events(&log, 600);
	encrypt_event(&log, add_description(&log, true));
	add_events(&log, 500);
	for (int full = 0; full < 2; full++) {
		struct binlog_file file = { 0 };
		struct evidence evidence = { 0 };

		rules.full = full;
		assert_true(binlog_read_head(log.bytes, log.size, &file));
		assert_true(file.encrypted && file.relay && !file.damaged);
		file.source = source_of(log.bytes, log.size);
		assert_int_equal(binlog_scan(&scan, &file, &evidence).code, FAULT_NONE);
		assert_int_equal(evidence.use_count, 1);
		assert_int_equal(evidence.uses[0].proven, full ? 1107 : 3 + 2 + 2);
		assert_int_equal(evidence.uses[0].pages, 1107);
		assert_int_equal(evidence.uses[0].refuted + evidence.uses[0].unproved, 0);
		assert_int_equal(evidence.proven_by_cipher, 1U << DATA_CIPHER_CTR);
		evidence_free(&evidence);
		source_close(&file.source);
	}
	scan_free(&scan);
}

static void pages_of_a_temporary_tablespace(void **state)
{
	enum { PAGE = 4096, SPACE_AT = 34 };
	static unsigned char pages[5 * PAGE];
	struct scan_rules rules = { .coverage = true };
	struct innodb_file file = { .space = { .page_size = PAGE, .full_crc32 = true } };
	struct coverage coverage = { 0 };
	struct scan scan;

	(void)state;
	assert_int_equal(scan_new(&rules, NULL, &scan).code, FAULT_NONE);
	put_be32(pages + SPACE_AT, INNODB_TEMPORARY_SPACE);
	put_be32(pages + PAGE + SPACE_AT, INNODB_TEMPORARY_SPACE);
	put_be32(pages + 2 * PAGE + SPACE_AT, 4711);
	put_be32(pages + 4 * PAGE + SPACE_AT, 4711);
	for (uint32_t i = 0; i < 5; i++)
		pages[i * PAGE + 25] = i ? 6 : 8; /* the type: a system page, and the first page */
	memset(pages + 3 * PAGE, 0, PAGE);
	file.paged.source = source_of(pages, sizeof(pages));
	innodb_cover_temporary(&scan, &file, 0, 4, &coverage);
	assert_int_equal(coverage.clear, PAGE);
	assert_int_equal(coverage.encrypted, PAGE);
	assert_int_equal(coverage.unknown, 0);
	/* for the progress, pages without data count, too */
	assert_int_equal(rules.bytes_done, 4 * PAGE);
	source_close(&file.paged.source);
	scan_free(&scan);
}

#define LOG_SIZE 65536U
#define LOG_START 12288U
#define LOG_FIRST_LSN 10000U
#define BLOCK_SIZE 512U

static const unsigned char log_salt[CIPHER_BLOCK] = "a salt of a log";
static const unsigned char log_nonce[8] = "a nonce";

/* A redo log that the tests write. */
struct log {
	struct scan_rules rules;
	struct scan scan;
	unsigned char bytes[LOG_SIZE];
	size_t size;
	uint64_t lsn;
	uint64_t checkpoint_lsn;
	enum redo_format format;
};

static struct log *log_new(struct fixture *fixture, enum redo_format format)
{
	struct log *log = calloc(1, sizeof(*log));

	assert_non_null(log);
	*log = (struct log){ .rules.ciphers = 3, .size = LOG_SIZE, .lsn = LOG_FIRST_LSN, .format = format };
	assert_int_equal(scan_new(&log->rules, &fixture->keyfile, &log->scan).code, FAULT_NONE);
	assert_true(prover_use_local_key(log->scan.prover, 1, 1, log_salt));
	return log;
}

static void log_free(struct log *log)
{
	scan_free(&log->scan);
	free(log);
}

/* For less than a block, or with DATA_CIPHER_CTR, decrypting is the same as encrypting. */
static void encrypt(struct log *log, const unsigned char iv[CIPHER_BLOCK], unsigned char *bytes, size_t size)
{
	struct ciphertext text = { .data = bytes, .size = size };
	unsigned char encrypted[BLOCK_SIZE];

	memcpy(text.iv, iv, CIPHER_BLOCK);
	prover_decrypt(log->scan.prover, DATA_CIPHER_CTR, &text, 0, size, encrypted);
	memcpy(bytes, encrypted, size);
}

/* Writes one record as a mini-transaction. */
static void log_mtr(struct log *log, const unsigned char *record, size_t size)
{
	size_t capacity = log->size - LOG_START;
	size_t nonce = log->format == REDO_PLAIN_RECORDS ? 0 : sizeof(log_nonce);
	unsigned char mtr[128];

	memcpy(mtr, record, size);
	mtr[size] = !((log->lsn + size - LOG_FIRST_LSN) / capacity & 1);
	memcpy(mtr + size + 1, log_nonce, nonce);
	put_be32(mtr + size + 1 + nonce, crc32c(crc32c(0, mtr, size), log_nonce, nonce));
	for (size_t i = 0; i < size + 1 + nonce + 4; i++)
		log->bytes[LOG_START + (log->lsn++ - LOG_FIRST_LSN) % capacity] = mtr[i];
}

/* Writes a record whose body, from offset body on, is encrypted. */
static void log_record(struct log *log, const unsigned char *iv_end, unsigned char *record, size_t body, size_t size)
{
	unsigned char iv[CIPHER_BLOCK] = { 0 };

	memcpy(iv, log_nonce, sizeof(log_nonce));
	memcpy(iv + sizeof(log_nonce), iv_end, sizeof(log_nonce));
	if (log->format != REDO_PLAIN_RECORDS)
		encrypt(log, iv, record + body, size - body);
	log_mtr(log, record, size);
}

static void log_checkpoint(struct log *log)
{
	unsigned char record[11] = { 0xfa };

	log->checkpoint_lsn = log->lsn;
	put_be64(record + 3, log->lsn);
	log_record(log, (const unsigned char[8]){ 0xfa }, record, 1, sizeof(record));
}

static void log_file_name(struct log *log)
{
	unsigned char record[] = "\xb0\x02\x05\0./db/table.ibd";

	log_record(log, (const unsigned char[8]){ 0xb0, 2 }, record, 2, sizeof(record) - 1);
}

/* Writes an EXTENDED record in the format REDO_RECORDS. */
static void log_extended(struct log *log)
{
	unsigned char record[] = { 0x23, 5, 3, 1 };

	log_record(log, (const unsigned char[8]){ 0, 0, 0, 5, 0, 0, 0, 3 }, record, 3, sizeof(record));
}

static void log_scan(struct log *log, struct evidence *evidence, bool *ret_unclean)
{
	struct redo_recovery recovery = { 0 };
	struct redo_file file = { 0 };

	redo_read_head(log->bytes, log->size, &file);
	assert_int_equal(file.format, log->format);
	assert_false(file.damaged);
	file.source = source_of(log->bytes, log->size);
	assert_int_equal(redo_read(&log->scan, &file, evidence, &recovery).code, FAULT_NONE);
	*ret_unclean = !recovery.clean;
	redo_changes_free(&recovery.changes);
	source_close(&file.source);
}

/* Writes the head and reads the whole log. */
static void log_read(struct log *log, struct evidence *evidence, bool *ret_unclean)
{
	unsigned char *head = log->bytes;

	put_be32(head, log->format == REDO_STREAM ? 0xf09f979d : 0x50687973);
	put_be64(head + 8, LOG_FIRST_LSN);
	put_be32(head + 48, log->format != REDO_PLAIN_RECORDS);
	put_be32(head + 52, log->format != REDO_PLAIN_RECORDS);
	memcpy(head + 56, log_salt, sizeof(log_salt));
	put_be32(head + 508, crc32c(0, head, 508));
	put_be64(head + 4096, log->checkpoint_lsn);
	put_be64(head + 4104, log->checkpoint_lsn);
	put_be32(head + 4096 + 60, crc32c(0, head + 4096, 60));
	log_scan(log, evidence, ret_unclean);
}

static void only_long_enough_data_tells_the_cipher(void **state)
{
	struct log *log = log_new(*state, REDO_STREAM);
	struct evidence evidence = { 0 };
	bool unclean;

	log_checkpoint(log);
	log_read(log, &evidence, &unclean);
	assert_int_equal(evidence.uses[0].proven, 1);
	assert_int_equal(evidence.proven_by_cipher, 0);
	assert_false(unclean);
	evidence_free(&evidence);
	log_file_name(log);
	log_read(log, &evidence, &unclean);
	assert_int_equal(evidence.uses[0].proven, 1);
	assert_int_equal(evidence.proven_by_cipher, 1U << DATA_CIPHER_CTR);
	assert_true(unclean);
	evidence_free(&evidence);
	log_free(log);
}

/* Eight records prove a key and seven do not, wherever they are. */
static void no_record_counts_twice(void **state)
{
	for (int before = 0; before <= 8; before++)
		for (int after = 0; after <= 8; after++) {
			struct log *log = log_new(*state, REDO_RECORDS);
			struct evidence evidence = { 0 };
			bool unclean;

			for (int i = 0; i < before; i++)
				log_extended(log);
			log_checkpoint(log);
			for (int i = 0; i < after; i++)
				log_extended(log);
			log_read(log, &evidence, &unclean);
			assert_int_equal(evidence.uses[0].pages, 1 + after);
			assert_int_equal(evidence.uses[0].proven, before + after >= 8);
			assert_int_equal(evidence.uses[0].unproved, before + after < 8);
			assert_int_equal(unclean, after > 0);
			evidence_free(&evidence);
			log_free(log);
		}
}

/* The oldest remaining record is partly overwritten. */
static void older_records_of_a_wrapped_log(void **state)
{
	struct log *log = log_new(*state, REDO_RECORDS);
	struct evidence evidence = { 0 };
	bool unclean;

	log->size = LOG_START + 999;
	for (int i = 0; i < 150; i++)
		log_extended(log);
	log_checkpoint(log);
	log_read(log, &evidence, &unclean);
	assert_int_equal(evidence.uses[0].pages, 1);
	assert_int_equal(evidence.uses[0].proven, 1);
	assert_false(unclean);
	evidence_free(&evidence);
	log_free(log);
}

static void a_plain_log_is_clean_or_not(void **state)
{
	struct log *log = log_new(*state, REDO_PLAIN_RECORDS);
	struct evidence evidence = { 0 };
	bool unclean;

	log->size = LOG_START + 1000;
	for (int i = 0; i < 100; i++) {
		log_checkpoint(log);
		log_read(log, &evidence, &unclean);
		assert_false(unclean);
		log_file_name(log);
		log_read(log, &evidence, &unclean);
		assert_true(unclean);
	}
	assert_int_equal(evidence.use_count, 0);
	assert_int_equal(evidence.plain_damaged, 0);
	memset(log->bytes + LOG_START, 0, 1000);
	log_read(log, &evidence, &unclean);
	assert_true(unclean);
	assert_int_equal(evidence.plain_damaged, 1);
	evidence_free(&evidence);
	log_free(log);
}

static bool take(struct redo_changes *changes, struct redo_position *position, const char *record, size_t size)
{
	return redo_changes_take(changes, position, (unsigned char)record[0], (const unsigned char *)record + 1,
				 size - 1);
}

/* A record is its type byte and the bytes after its length. */
#define TAKE(changes, position, record) assert_true(take(changes, position, record, sizeof(record) - 1))

static void records_make_page_0(void **state)
{
	struct redo_changes changes = { 0 };
	struct redo_position position = { 0 };
	const struct redo_space *space;
	unsigned char page[16384];

	(void)state;
	TAKE(&changes, &position, "\x80\x07\0./db/a.ibd");
	TAKE(&changes, &position, "\xa0\x07\0./db/a.ibd\0./db/b.ibd");
	assert_int_equal(changes.count, 1);
	assert_true(changes.spaces[0].created && !changes.spaces[0].changed);
	/* INIT_PAGE, and from offset 24 on: a byte at 37, another page, four bytes at 10452 */
	TAKE(&changes, &position, "\x10\x07\0");
	TAKE(&changes, &position, "\xb0\x0d\xaa");
	TAKE(&changes, &position, "\x30\x07\x03\x30\xbb");
	TAKE(&changes, &position, "\x30\x07\0\xa8\x54\1\2\3\4");
	/* MEMSET: six bytes of two after the byte before the crypt block */
	TAKE(&changes, &position, "\x40\x07\0\xa8\x3b\x06\xcc\xdd");
	space = redo_changes_find(&changes, 7);
	assert_non_null(space);
	assert_null(redo_changes_find(&changes, 6));
	assert_true(space->made && space->changed && !space->deleted && !changes.broken);
	assert_string_equal(space->names[0], "./db/b.ibd");
	assert_string_equal(space->names[1], "./db/a.ibd");
	memset(page, 0xff, sizeof(page));
	redo_space_apply(space, page, sizeof(page));
	assert_int_equal(be32(page + 34), 0x000000aa);
	assert_int_equal(be32(page + 10452), 0x01020304);
	assert_memory_equal(page + 10428, "\xdd\xcc\xdd\xcc\xdd", 6);
	assert_int_equal(page[16383], 0);
	position = (struct redo_position){ 0 };
	TAKE(&changes, &position, "\x90\x07\0./db/b.ibd");
	assert_true(redo_changes_find(&changes, 7)->deleted);
	/* FILE_MODIFY: the same name comes too late; another name may be an existing file */
	TAKE(&changes, &position, "\xb0\x07\0./db/b.ibd");
	assert_true(redo_changes_find(&changes, 7)->deleted);
	TAKE(&changes, &position, "\xb0\x07\0./db/c.ibd");
	assert_false(redo_changes_find(&changes, 7)->deleted);
	redo_changes_free(&changes);
}

static void invalid_records(void **state)
{
	static const struct {
		const char *record;
		size_t size;
	} cases[] = {
		{ "\x80\x07\0./db/a.frm", 14 },
		{ "\x80\x07\1./db/a.ibd", 14 },
		{ "\xc0\x07\0./db/a.ibd", 14 },
		{ "\x80\x07\0.ibd", 7 },
		{ "\xa0\x07\0./db/a.ibd", 14 },
		{ "\x80\x07\0a\0b.ibd", 10 },
		{ "\x30\x07\0\x07x", 5 },
		{ "\x30\x07\0\xff\xff", 5 },
		{ "\x30\x07\0\x08", 4 },
		{ "\x40\x07\0\x08\x09", 5 },
		{ "\x10\x07\0x", 4 },
		{ "\x60\x07\0x", 4 },
		{ "\x20\x07\0", 3 },
		{ "\x30\x07", 2 },
		{ "\x30\xf1\0\0\0\0", 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct redo_changes changes = { 0 };
		struct redo_position position = { 0 };

		assert_true(take(&changes, &position, cases[i].record, cases[i].size));
		assert_true(changes.broken);
		redo_changes_free(&changes);
	}
}

/* Makes a log with count blocks as servers from 10.4 to 10.7 write them, starting at lsn. */
static struct log *block_log_new(struct fixture *fixture, uint64_t checkpoint_lsn, uint64_t lsn, int count)
{
	struct log *log = log_new(fixture, REDO_BLOCKS);
	unsigned char *checkpoint = log->bytes + BLOCK_SIZE;

	put_be32(log->bytes, 0x80000068);
	put_be32(log->bytes + 508, crc32c(0, log->bytes, 508));
	put_be64(checkpoint + 8, checkpoint_lsn);
	put_be32(checkpoint + 32, 1);
	memcpy(checkpoint + 36, log_nonce, 4);
	memcpy(checkpoint + 40, log_salt, sizeof(log_salt));
	put_be32(checkpoint + 508, crc32c(0, checkpoint, 508));
	for (int i = 0; i < count; i++, lsn += BLOCK_SIZE) {
		unsigned char *block = log->bytes + (4 + (size_t)i) * BLOCK_SIZE;
		unsigned char iv[CIPHER_BLOCK];

		put_be32(block, (uint32_t)(lsn / BLOCK_SIZE & 0x3fffffff) + 1);
		memcpy(iv, block, 4);
		memcpy(iv + 4, log_nonce, 4);
		put_be64(iv + 8, lsn);
		put_be32(block, be32(block) | (uint32_t)!i << 31);
		block[4] = 2;
		encrypt(log, iv, block + 4, 500);
		put_be32(block + 504, 1);
		put_be32(block + 508, crc32c(0, block, 508));
	}
	return log;
}

static struct key_use block_log_use(struct log *log)
{
	struct evidence evidence = { 0 };
	struct key_use use;
	bool unclean;

	log->rules.full = true;
	log_scan(log, &evidence, &unclean);
	assert_int_equal(evidence.use_count, 1);
	use = evidence.uses[0];
	assert_int_equal(use.version, 1);
	evidence_free(&evidence);
	return use;
}

static void blocks_of_all_lsns_are_proven(void **state)
{
	static const uint64_t boundaries[] = { 1U << 20, UINT64_C(1) << 32, UINT64_C(5) << 32, UINT64_C(1) << 39,
					       UINT64_C(3) << 39 };

	for (size_t i = 0; i < LENGTH(boundaries); i++)
		for (int ahead = -10; ahead <= 10; ahead++) {
			uint64_t checkpoint = boundaries[i] + (uint64_t)(int64_t)(ahead * 512 + 100);
			struct log *log = block_log_new(*state, checkpoint, boundaries[i] - 5 * 512, 10);
			struct key_use use = block_log_use(log);

			assert_int_equal(use.pages, 10);
			assert_int_equal(use.proven, 10);
			log_free(log);
		}
}

static void blocks_without_checksum_and_padding(void **state)
{
	struct log *log = block_log_new(*state, 1U << 20, 1U << 20, 20);
	unsigned char *blocks = log->bytes + (size_t)4 * BLOCK_SIZE;
	struct key_use use;

	/* innodb_log_checksums=OFF; innodb_log_write_ahead_size */
	put_be32(blocks + 508, 0xdeadbeef);
	memset(blocks + (size_t)10 * BLOCK_SIZE, 0, BLOCK_SIZE);
	put_be32(blocks + (size_t)10 * BLOCK_SIZE + 508, crc32c(0, blocks + (size_t)10 * BLOCK_SIZE, 508));
	use = block_log_use(log);
	assert_int_equal(use.pages, 19);
	assert_int_equal(use.proven, 19);
	log_free(log);
}

static void a_log_without_a_whole_block_is_damaged(void **state)
{
	struct log *log = block_log_new(*state, 1U << 20, 1U << 20, 20);
	struct key_use use;

	for (size_t i = 4; i < 23; i++)
		log->bytes[i * BLOCK_SIZE + 100] ^= 1;
	use = block_log_use(log);
	assert_int_equal(use.proven, 1);
	assert_int_equal(use.damaged, 0);
	log->bytes[23 * BLOCK_SIZE + 100] ^= 1;
	use = block_log_use(log);
	assert_int_equal(use.damaged, 1);
	assert_int_equal(key_use_answer(&use, false), DATA_DAMAGED);
	log->rules.live = true;
	use = block_log_use(log);
	assert_int_equal(use.damaged, 0);
	assert_int_equal(use.busy, 1);
	log_free(log);
}

static void write_file(const char *path, const unsigned char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static enum data_answer answer_of(struct scan *scan, const char *path, enum data_note *ret_note)
{
	struct redo_logs redo_logs;
	struct reader_shared shared = { .redo_logs = &redo_logs };
	struct data_file file = { .path = path };
	enum data_note note = DATA_NOTE_NONE;
	struct reader *reader;

	system_files_init(&shared.system_files, NULL, 0);
	redo_logs_init(&redo_logs, NULL, 0);
	assert_int_equal(reader_open(scan, &shared, &file, &reader).code, FAULT_NONE);
	if (reader)
		assert_int_equal(reader_scan(scan, reader, 0, &file.evidence, &note).code, FAULT_NONE);
	reader_close(reader);
	data_file_decide(&file, NULL, NULL, DATA_RECOVERY_UNKNOWN);
	evidence_free(&file.evidence);
	*ret_note = file.note;
	return file.answer;
}

static void the_first_file_of_a_log_has_the_checkpoints(void **state)
{
	struct log *log = block_log_new(*state, 1U << 20, 1U << 20, 20);
	char directory[] = "/tmp/mkeyfile-test-XXXXXX";
	enum data_note note;
	char first[64];
	char second[64];

	assert_non_null(mkdtemp(directory));
	snprintf(first, sizeof(first), "%s/ib_logfile0", directory);
	snprintf(second, sizeof(second), "%s/ib_logfile1", directory);
	write_file(first, log->bytes, LOG_SIZE);
	memset(log->bytes + BLOCK_SIZE, 0, (size_t)3 * BLOCK_SIZE);
	write_file(second, log->bytes, LOG_SIZE);
	assert_int_equal(answer_of(&log->scan, first, &note), DATA_PROVEN);
	assert_int_equal(answer_of(&log->scan, second, &note), DATA_PROVEN);
	unlink(first);
	assert_int_equal(answer_of(&log->scan, second, &note), DATA_NOT_PROVABLE);
	assert_int_equal(note, DATA_NOTE_NO_SUPPORT);
	/* the first file itself needs its own checkpoint */
	assert_int_equal(rename(second, first), 0);
	assert_int_equal(answer_of(&log->scan, first, &note), DATA_DAMAGED);
	unlink(first);
	assert_int_equal(rmdir(directory), 0);
	log_free(log);
}

/* ---- bytes that no server writes ---- */

/* Runs a reader on noise after heads that are nearly valid. Returns how much of the noise
 * was decrypted and refuted. */
static uint64_t try_head(struct scan *scan, unsigned char *bytes, size_t size)
{
	uint64_t refuted = 0;
	struct innodb_file innodb = { .head_source = SOURCE_CLOSED };
	struct aria_file aria = { .is_index = size & 1 };
	struct binlog_file binlog = { 0 };
	struct redo_file redo = { 0 };
	struct evidence evidence = { 0 };
	struct source source = source_of(bytes, size);

	if (innodb_read_head(bytes, size, &innodb.space) == INNODB_HEAD_FITS) {
		innodb.paged.source = source;
		innodb_open(scan, &innodb);
		assert_int_equal(page_scan(scan, &innodb.paged, 0, size / innodb.paged.page_size, &evidence).code, 0);
	}
	if (aria_read_head(bytes, size, &aria.table)) {
		aria.paged.source = source;
		aria_open(&aria, prover_keyfile(scan->prover));
		assert_int_equal(page_scan(scan, &aria.paged, 0, size / aria.paged.page_size, &evidence).code, 0);
	}
	if (binlog_read_head(bytes, size, &binlog) && binlog.encrypted) {
		binlog.source = source;
		assert_int_equal(binlog_scan(scan, &binlog, &evidence).code, FAULT_NONE);
	}
	redo_read_head(bytes, size, &redo);
	if (redo.format != REDO_PLAIN && redo.format != REDO_UNKNOWN && !redo.damaged) {
		struct redo_recovery recovery = { 0 };

		redo.source = source;
		assert_int_equal(redo_read(scan, &redo, &evidence, &recovery).code, FAULT_NONE);
		redo_changes_free(&recovery.changes);
	}
	for (size_t i = 0; i < evidence.use_count; i++) {
		assert_int_equal(evidence.uses[i].proven, 0);
		refuted += evidence.uses[i].refuted;
	}
	evidence_free(&evidence);
	source_close(&source);
	return refuted;
}

static void fill_noise(unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = random() % 4 ? (unsigned char)random() : 0;
}

static void put_be16(unsigned char *bytes, size_t value)
{
	bytes[0] = (unsigned char)(value >> 8);
	bytes[1] = (unsigned char)value;
}

/* Makes pages of a tablespace that name an existing key and have a matching checksum. */
static void forge_pages(unsigned char *bytes, size_t size, size_t crypt_at, uint32_t flags)
{
	size_t page_size = (size_t)512 << (flags & 15);

	put_be32(bytes + crypt_at + 28, 1);
	for (size_t at = page_size; at + page_size <= size; at += page_size) {
		put_be32(bytes + at, 1);
		put_be32(bytes + at + 4, (uint32_t)(at / page_size));
		bytes[at + 24] &= 0x7f;
		put_be32(bytes + at + page_size - 4, crc32c(0, bytes + at, page_size - 4));
	}
}

static void forge_aria(unsigned char *bytes, size_t size)
{
	size_t base = bytes[13];
	size_t block = (size_t)1024 << random() % 6;
	size_t header = base + 108 + 22;

	memcpy(bytes, "\xfe\xfe\x09\x03", 4);
	put_be16(bytes + 6, header);
	put_be16(bytes + 10, 108);
	bytes[12] = 0;
	memset(bytes + 14, 0, 6);
	bytes[22] = 3;
	put_be64(bytes + base + 16, (header + block - 1) / block * block);
	put_be16(bytes + base + 80, 0);
	bytes[base + 91] |= 1;
	put_be16(bytes + base + 100, block);
	bytes[base + 108] = 1;
	bytes[base + 109] = 20;
	/* the version of a data page, or of an index page */
	for (size_t at = block; at + block <= size; at += block) {
		put_le32(bytes + at + 12 + random() % 2, 1);
		put_be16(bytes + at + 19, 100);
	}
}

static void forge_binlog(unsigned char *bytes, size_t size)
{
	memcpy(bytes,
	       "\xfe"
	       "bin",
	       4);
	bytes[8] = 15;
	put_le32(bytes + 13, 100);
	bytes[4 + 17] = 0;
	bytes[4 + 100 - 5] = (unsigned char)(random() % 2);
	put_le32(bytes + 100, (uint32_t)crc32(0, bytes + 4, 96));
	bytes[108] = 164;
	put_le32(bytes + 113, 40);
	bytes[104 + 19] = 1;
	put_le32(bytes + 104 + 20, 1);
	put_le32(bytes + 140, (uint32_t)crc32(0, bytes + 104, 36));
	for (size_t at = 144; at + 100 <= size; at += 100)
		put_le32(bytes + at + 9, 100);
}

/* Makes heads that the readers accept, with noise in every other field. */
static void forge_head(unsigned char *bytes, size_t size, int kind)
{
	static const unsigned char crypt[] = { 0x73, 0x0e, 0x0c, 0x52, 0x45, 0x74, 1, 16 };
	static const uint32_t flags[] = { 0x15, 0x13, 0x55, 0, 0xe1, 0x21 | 6 << 1, 0x17 };
	static const uint32_t redo[] = { 0xf09f979d, 0x50687973, 0xd0485953, 0x80000068, 0x80000067 };
	static const size_t crypt_at[] = { 10428, 1596, 10428, 10428, 1596, 540, 41148 };

	switch (kind % 4) {
	case 0:
		memset(bytes, 0, 60);
		bytes[25] = 8;
		put_be32(bytes + 54, flags[kind / 4 % 7]);
		memcpy(bytes + crypt_at[kind / 4 % 7], crypt, sizeof(crypt));
		if (flags[kind / 4 % 7] & 0x10)
			forge_pages(bytes, size, crypt_at[kind / 4 % 7], flags[kind / 4 % 7]);
		break;
	case 1:
		forge_aria(bytes, size);
		break;
	case 2:
		forge_binlog(bytes, size);
		break;
	default:
		put_be32(bytes, redo[kind / 4 % 5]);
		put_be64(bytes + 8, 10000);
		put_be32(bytes + 48, 1);
		put_be32(bytes + 508, crc32c(0, bytes, 508));
		put_be64(bytes + 512 + 8, 10000);
		put_be32(bytes + 512 + 508, crc32c(0, bytes + 512, 508));
		if (size >= 8192) {
			put_be64(bytes + 4096, 10000);
			put_be64(bytes + 4104, 10000);
			put_be32(bytes + 4096 + 60, crc32c(0, bytes + 4096, 60));
		}
	}
}

static void noise_proves_nothing_and_harms_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct scan_rules rules = { .ciphers = 3 };
	struct scan scan;
	uint64_t refuted[4] = { 0 };
	unsigned char *bytes = malloc(200000);

	assert_non_null(bytes);
	assert_int_equal(scan_new(&rules, &fixture->keyfile, &scan).code, FAULT_NONE);
	srandom(2);
	for (int i = 0; i < 1200; i++) {
		size_t size = 65536 + (size_t)(random() % 100000);

		rules.full = i & 1;
		fill_noise(bytes, size);
		forge_head(bytes, size, i);
		/* also truncate at any point; the sanitizer guards the memory after it */
		if (i % 3 == 0)
			size = (size_t)(random() % (long)size);
		bytes = realloc(bytes, size ? size : 1);
		assert_non_null(bytes);
		refuted[i % 4] += try_head(&scan, bytes, size);
		bytes = realloc(bytes, 200000);
		assert_non_null(bytes);
	}
	/* noise was really decrypted; a redo log (kind 3) decrypts too little of it to count */
	for (int kind = 0; kind < 3; kind++)
		assert_true(refuted[kind] > 100);
	free(bytes);
	scan_free(&scan);
}

static void codecs_survive_noise(void **state)
{
	unsigned char *plain = malloc(16384);
	unsigned char *data = malloc(4096);

	(void)state;
	assert_non_null(plain);
	assert_non_null(data);
	srandom(3);
	for (int i = 0; i < 3000; i++) {
		size_t size = 1 + (size_t)(random() % 4095);

		fill_noise(data, size);
		for (unsigned int codec = 0; codec <= CODEC_LAST + 1; codec++)
			assert_false(codec_decompress(codec, data, size, plain, 16384));
	}
	free(plain);
	free(data);
}

/* The names are those that a server (10.11) gave to files. */
static void names_of_files_are_decoded_as_the_server_does(void **state)
{
	static const struct {
		const char *file;
		const char *name;
	} rows[] = {
		{ "plain_1", "plain_1" },
		{ "a@002db@0024@002e@0040@0020", "a-b$.@ " },
		{ "gr@1i@1je", "gr\303\266\303\237e" },
		{ "@7g", "\317\200" },
		{ "@0gx@0G", "\303\240x\303\200" },
		{ "@4e2d@6587", "\344\270\255\346\226\207" },
		{ "@@a", "\342\223\220" },
		{ "#sql-alter-1-2", "#sql-alter-1-2" },
		/* not names that the server gives */
		{ "a-b", "#mysql50#a-b" },
		{ "a@00", "#mysql50#a@00" },
		{ "a@0000", "#mysql50#a@0000" },
		{ "\303\244", "#mysql50#\303\244" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		HEAP char *name = table_name_decode(rows[i].file, strlen(rows[i].file));

		expect_text(rows[i].file, name, rows[i].name);
	}
}

static void the_share_is_whole_only_without_clear_text(void **state)
{
	static const struct {
		struct coverage bytes;
		unsigned int share;
	} rows[] = {
		{ { 0, 0, 0 }, 1000 },
		{ { 0, 0, 5 }, 1000 },
		{ { 0, 1, 0 }, 0 },
		{ { 1, 2, 0 }, 333 },
		{ { 956974067186755, 0, 0 }, 1000 },
		{ { UINT64_MAX / 2, 1, 0 }, 999 },
		{ { 1, UINT64_MAX / 2, 0 }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		expect_number("share", "tenths", coverage_share(&rows[i].bytes), rows[i].share);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32c_has_its_check_value),
		cmocka_unit_test(crc32c_is_the_same_in_hardware),
		cmocka_unit_test_setup_teardown(innodb_ctr, set_up, tear_down),
		cmocka_unit_test_setup_teardown(innodb_cbc, set_up, tear_down),
		cmocka_unit_test_setup_teardown(aria_cbc, set_up, tear_down),
		cmocka_unit_test_setup_teardown(redo_stream, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_keys, set_up, tear_down),
		cmocka_unit_test(answers),
		cmocka_unit_test(a_single_page_is_damaged_if_the_key_is_known),
		cmocka_unit_test(needs_keep_their_order),
		cmocka_unit_test(names),
		cmocka_unit_test_setup_teardown(only_long_enough_data_tells_the_cipher, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_record_counts_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(older_records_of_a_wrapped_log, set_up, tear_down),
		cmocka_unit_test(a_redo_log_ends_after_the_pages_that_it_wrote),
		cmocka_unit_test(a_redo_log_of_another_server_is_not_used),
		cmocka_unit_test(records_make_page_0),
		cmocka_unit_test(invalid_records),
		cmocka_unit_test_setup_teardown(a_plain_log_is_clean_or_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(blocks_of_all_lsns_are_proven, set_up, tear_down),
		cmocka_unit_test_setup_teardown(blocks_without_checksum_and_padding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_log_without_a_whole_block_is_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_first_file_of_a_log_has_the_checkpoints, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_relay_log_follows_its_descriptions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(noise_proves_nothing_and_harms_nothing, set_up, tear_down),
		cmocka_unit_test(codecs_survive_noise),
		cmocka_unit_test(a_system_tablespace_lacks_files),
		cmocka_unit_test(unused_pages_may_be_zero),
		cmocka_unit_test(a_truncated_file_is_damaged_if_nothing_completes_it),
		cmocka_unit_test(a_truncated_undo_tablespace_is_created_again_or_undecided),
		cmocka_unit_test(a_damaged_free_page_does_not_remove_the_need_of_a_key),
		cmocka_unit_test(pages_of_a_temporary_tablespace),
		cmocka_unit_test(names_of_files_are_decoded_as_the_server_does),
		cmocka_unit_test(the_share_is_whole_only_without_clear_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
