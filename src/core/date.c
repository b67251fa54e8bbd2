/* SPDX-License-Identifier: MIT */
#include "core/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_DAY 86400
#define DAYS_PER_YEAR 365
#define WEEKS_PER_YEAR 52
#define MONTHS_PER_YEAR 12
#define TM_YEAR_BASE 1900

static int days_of_month(int year, int month)
{
	static const int days[MONTHS_PER_YEAR] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month] + (month == 1 && is_leap);
}

static struct date format_date(const struct tm *time)
{
	struct date date = { "" };
	char text[80];
	int size = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", time->tm_year + TM_YEAR_BASE,
			    time->tm_mon + 1, time->tm_mday, time->tm_hour, time->tm_min, time->tm_sec);

	if (size == DATE_SIZE)
		memcpy(date.text, text, DATE_SIZE + 1);
	return date;
}

static struct date date_of(time_t time)
{
	struct tm parts;

	return gmtime_r(&time, &parts) ? format_date(&parts) : (struct date){ "" };
}

struct date date_now(void)
{
	return date_of(time(NULL));
}

/* Parses the digits of the pattern, and compares its other characters. */
static bool parse_parts(const char *text, int parts[6])
{
	static const char pattern[] = "dddd-dd-ddTdd:dd:ddZ";
	size_t part = 0;

	for (size_t i = 0; i < DATE_SIZE; i++) {
		if (pattern[i] != 'd') {
			part++;
			if (text[i] != pattern[i])
				return false;
		} else if (text[i] < '0' || text[i] > '9') {
			return false;
		} else {
			parts[part] = 10 * parts[part] + (text[i] - '0');
		}
	}
	return true;
}

bool date_parse(const char *text, size_t size, struct date *ret_date)
{
	int parts[6] = { 0 };

	if (size != DATE_SIZE || !parse_parts(text, parts) || parts[1] < 1 || parts[1] > MONTHS_PER_YEAR ||
	    parts[2] < 1 || parts[2] > days_of_month(parts[0], parts[1] - 1) || parts[3] > 23 || parts[4] > 59 ||
	    parts[5] > 59)
		return false;
	memcpy(ret_date->text, text, DATE_SIZE);
	ret_date->text[DATE_SIZE] = '\0';
	return true;
}

bool age_parse(const char *text, struct age *ret_age)
{
	static const struct {
		char unit;
		uint32_t per_year;
	} units[] = { { 'd', DAYS_PER_YEAR }, { 'w', WEEKS_PER_YEAR }, { 'm', MONTHS_PER_YEAR }, { 'y', 1 } };
	size_t digits = strspn(text, "0123456789");
	unsigned long number = digits && digits < 9 ? strtoul(text, NULL, 10) : 0;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text[digits] == units[i].unit && !text[digits + 1] && number &&
		    number <= (unsigned long)AGE_YEARS_MAX * units[i].per_year) {
			*ret_age = (struct age){ (uint32_t)number, units[i].unit };
			return true;
		}
	return false;
}

/* The same day of an earlier month, or the last day of a shorter month. */
static struct date months_before(const struct tm *now, int months)
{
	int month = MONTHS_PER_YEAR * (now->tm_year + TM_YEAR_BASE) + now->tm_mon - months;
	struct tm then = *now;
	int days = days_of_month(month / MONTHS_PER_YEAR, month % MONTHS_PER_YEAR);

	then.tm_year = month / MONTHS_PER_YEAR - TM_YEAR_BASE;
	then.tm_mon = month % MONTHS_PER_YEAR;
	then.tm_mday = now->tm_mday < days ? now->tm_mday : days;
	return format_date(&then);
}

/* The days of AGE_YEARS_MAX have more seconds than 31 bits can hold, but the result is in range. */
static struct date days_before(time_t now, uint32_t days)
{
	return date_of((time_t)(now - (int64_t)days * SECONDS_PER_DAY));
}

static struct date date_before(time_t now, struct age age)
{
	struct tm parts;

	if (age.unit == 'd' || age.unit == 'w')
		return days_before(now, age.unit == 'w' ? 7 * age.number : age.number);
	if (!gmtime_r(&now, &parts))
		return (struct date){ "" };
	return months_before(&parts, (int)age.number * (age.unit == 'y' ? MONTHS_PER_YEAR : 1));
}

struct age_limit age_limit_at(time_t now, struct age age)
{
	return (struct age_limit){ date_before(now, age), date_of(now + SECONDS_PER_DAY) };
}

struct age_limit age_limit_now(struct age age)
{
	return age_limit_at(time(NULL), age);
}

bool age_limit_includes(const struct age_limit *limit, const struct date *date)
{
	return date_is_known(date) && strcmp(limit->oldest.text, date->text) <= 0 &&
	       strcmp(date->text, limit->newest.text) <= 0;
}
