/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Dates and ages of keys. */

#define DATE_SIZE 20 /* bytes of "2026-11-30T19:23:13Z" */

/* A time in UTC in one form of RFC 3339, "2026-11-30T19:23:13Z", or "" if the time is unknown. Such
 * texts sort by time. */
struct date {
	char text[DATE_SIZE + 1];
};

/* The current time, "" if the clock shows a year after 9999. */
struct date date_now(void);

/* Parses exactly this form, with a day that exists. size: bytes of text. */
bool date_parse(const char *text, size_t size, struct date *ret_date);

static inline bool date_is_known(const struct date *date)
{
	return date->text[0];
}

/* How long ago: "365d", "8w", "12m", "1y". Months and years are those of the calendar. */
struct age {
	uint32_t number; /* 0: not given */
	char unit;	 /* 'd', 'w', 'm' (months) or 'y' */
};

/* The longest age, in years. */
#define AGE_YEARS_MAX 100

/* Parses an age from 1 day to AGE_YEARS_MAX years. */
bool age_parse(const char *text, struct age *ret_age);

/* The dates of things that are not older than an age. */
struct age_limit {
	struct date oldest;
	struct date newest; /* tomorrow, because clocks differ: later dates are wrong */
};

struct age_limit age_limit_at(time_t now, struct age age);
struct age_limit age_limit_now(struct age age);

/* Whether date is known and within the limit. */
bool age_limit_includes(const struct age_limit *limit, const struct date *date);
