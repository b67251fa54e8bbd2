/* SPDX-License-Identifier: MIT */
#include "core/date.h"
#include "helpers.h"

static void test_date_parse(void **state)
{
	static const struct {
		const char *text;
		bool parses;
	} rows[] = {
		{ "2026-11-30T19:23:13Z", true },    { "1970-01-01T00:00:00Z", true },
		{ "9999-12-31T23:59:59Z", true },    { "2024-02-29T00:00:00Z", true },
		{ "2000-02-29T00:00:00Z", true },    { "2025-02-29T00:00:00Z", false },
		{ "1900-02-29T00:00:00Z", false },   { "2026-11-31T00:00:00Z", false },
		{ "2026-00-30T00:00:00Z", false },   { "2026-13-30T00:00:00Z", false },
		{ "2026-11-00T00:00:00Z", false },   { "2026-11-30T24:00:00Z", false },
		{ "2026-11-30T00:60:00Z", false },   { "2026-11-30T00:00:60Z", false },
		{ "2026-11-30 19:23:13Z", false },   { "2026-11-30t19:23:13z", false },
		{ "2026-11-30T19:23:13", false },    { "2026-11-30T19:23:13+00:00", false },
		{ "2026-11-30T19:23:13.5Z", false }, { "2026-11-30", false },
		{ "+026-11-30T19:23:13Z", false },   { "", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct date date = { "" };

		expect_number(rows[i].text, "parsed", date_parse(rows[i].text, strlen(rows[i].text), &date),
			      rows[i].parses);
		expect_text(rows[i].text, date.text, rows[i].parses ? rows[i].text : "");
	}
}

static void test_age_parse(void **state)
{
	static const struct {
		const char *text;
		uint32_t number; /* 0: does not parse */
		char unit;
	} rows[] = {
		{ "365d", 365, 'd' },
		{ "8w", 8, 'w' },
		{ "12m", 12, 'm' },
		{ "1y", 1, 'y' },
		{ "1d", 1, 'd' },
		{ "007d", 7, 'd' },
		{ "36500d", 36500, 'd' },
		{ "36501d", 0, 0 },
		{ "5200w", 5200, 'w' },
		{ "5201w", 0, 0 },
		{ "1200m", 1200, 'm' },
		{ "1201m", 0, 0 },
		{ "100y", 100, 'y' },
		{ "101y", 0, 0 },
		{ "0d", 0, 0 },
		{ "", 0, 0 },
		{ "d", 0, 0 },
		{ "365", 0, 0 },
		{ "365D", 0, 0 },
		{ "1h", 0, 0 },
		{ "1 d", 0, 0 },
		{ " 1d", 0, 0 },
		{ "-1d", 0, 0 },
		{ "1d1w", 0, 0 },
		{ "1.5y", 0, 0 },
		{ "99999999999999999999d", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct age age = { 0 };

		expect_number(rows[i].text, "parsed", age_parse(rows[i].text, &age), rows[i].number > 0);
		expect_number(rows[i].text, "number", age.number, rows[i].number);
		expect_number(rows[i].text, "unit", (uint64_t)age.unit, (uint64_t)rows[i].unit);
	}
}

/* 1709208000 is 2024-02-29T12:00:00Z, 1743422400 is 2025-03-31T12:00:00Z. */
static void test_age_limit(void **state)
{
	static const struct {
		time_t now;
		const char *age;
		const char *oldest;
		const char *newest;
	} rows[] = {
		{ 1709208000, "1d", "2024-02-28T12:00:00Z", "2024-03-01T12:00:00Z" },
		{ 1709208000, "365d", "2023-03-01T12:00:00Z", "2024-03-01T12:00:00Z" },
		{ 1709208000, "2w", "2024-02-15T12:00:00Z", "2024-03-01T12:00:00Z" },
		{ 1709208000, "1m", "2024-01-29T12:00:00Z", "2024-03-01T12:00:00Z" },
		{ 1709208000, "1y", "2023-02-28T12:00:00Z", "2024-03-01T12:00:00Z" },
		{ 1709208000, "4y", "2020-02-29T12:00:00Z", "2024-03-01T12:00:00Z" },
		{ 1709208000, "14m", "2022-12-29T12:00:00Z", "2024-03-01T12:00:00Z" },
		{ 1743422400, "1m", "2025-02-28T12:00:00Z", "2025-04-01T12:00:00Z" },
		{ 1743422400, "3m", "2024-12-31T12:00:00Z", "2025-04-01T12:00:00Z" },
		{ 1743422400, "100y", "1925-03-31T12:00:00Z", "2025-04-01T12:00:00Z" },
		{ 1743422400, "36500d", "1925-04-25T12:00:00Z", "2025-04-01T12:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct age_limit limit;
		struct age age = { 0 };

		expect_number(rows[i].age, "parsed", age_parse(rows[i].age, &age), true);
		limit = age_limit_at(rows[i].now, age);
		expect_text(rows[i].age, limit.oldest.text, rows[i].oldest);
		expect_text(rows[i].age, limit.newest.text, rows[i].newest);
	}
}

static void test_age_limit_includes(void **state)
{
	static const struct age_limit limit = { { "2025-01-01T00:00:00Z" }, { "2026-01-02T00:00:00Z" } };
	static const struct {
		struct date date;
		bool included;
	} rows[] = {
		{ { "2025-01-01T00:00:00Z" }, true },
		{ { "2024-12-31T23:59:59Z" }, false },
		{ { "2026-01-02T00:00:00Z" }, true },
		{ { "2026-01-02T00:00:01Z" }, false },
		{ { "" }, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		expect_number(rows[i].date.text, "included", age_limit_includes(&limit, &rows[i].date),
			      rows[i].included);
}

static void test_date_now(void **state)
{
	const struct date now = date_now();
	struct date parsed = { "" };

	(void)state;
	assert_true(date_parse(now.text, strlen(now.text), &parsed));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_date_parse), cmocka_unit_test(test_age_parse),
		cmocka_unit_test(test_age_limit),  cmocka_unit_test(test_age_limit_includes),
		cmocka_unit_test(test_date_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
