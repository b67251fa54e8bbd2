/* SPDX-License-Identifier: MIT */
#include "helpers.h"
#include "server/target.h"

#include <stdlib.h>

/* Server versions, and the value of --target for their profile. */
static const struct {
	const char *target;
	const char *option; /* NULL: not a server with file_key_management */
} rows[] = {
	/* as SELECT VERSION() prints it */
	{ "10.1.4-MariaDB", "10.11" },
	{ "10.2.44-MariaDB-log", "10.11" },
	{ "10.11.19-MariaDB-0+deb12u1-log", "10.11" },
	{ "10.11.19-MariaDB-0+deb12u1", "10.11" },
	{ "5.5.5-10.5.8-MariaDB", "10.11" },
	{ "5.5.5-10.6.20-16-MariaDB-enterprise-log", "10.6-enterprise" },
	{ "11.4.13-MariaDB-ubu2404", "10.11" },
	{ "11.7.2-MariaDB", "10.11" },
	{ "11.8.0-MariaDB", "11.8" },
	{ "11.8.9-MariaDB", "11.8" },
	{ "12.0.0-MariaDB", "11.8" },
	{ "12.0.1-MariaDB", "12.3" },
	{ "12.3.3-MariaDB-debug", "12.3" },
	{ "13.0.1-MariaDB", "12.3" },
	{ "10.4.34-27-MariaDB-enterprise", "10.6-enterprise" },
	{ "10.6.19-15-MariaDB-enterprise", "10.6-enterprise" },
	{ "11.4.7-4-MariaDB-enterprise-log", "10.6-enterprise" },
	{ "11.8.3-1-MariaDB-enterprise", "11.8-enterprise" },
	{ "11.8.3-1-MariaDB-ENTERPRISE", "11.8-enterprise" },
	/* as people shorten it */
	{ "10.1", "10.11" },
	{ "10.1.4", "10.11" },
	{ "10.6", "10.11" },
	{ "10.11", "10.11" },
	{ "11.7", "10.11" },
	{ "11.8", "11.8" },
	{ "12.0", "12.3" },
	{ "12.0.0", "11.8" },
	{ "12.0.1", "12.3" },
	{ "12.3", "12.3" },
	{ "10.6-enterprise", "10.6-enterprise" },
	{ "11.8-enterprise", "11.8-enterprise" },
	{ "11.8-Enterprise", "11.8-enterprise" },
	{ "maxscale", "maxscale" },
	{ "MaxScale", "maxscale" },
	{ "maxscale-24.02", "maxscale" },
	/* not servers with file_key_management */
	{ "10.1.3", NULL },
	{ "10.1.3-MariaDB", NULL },
	{ "10.0.38-MariaDB", NULL },
	{ "10.0", NULL },
	{ "5.5.68-MariaDB", NULL },
	{ "5.5.5-10.0.38-MariaDB", NULL },
	{ "8.0.35", NULL },
	{ "8.4", NULL },
	{ "9.1.0-commercial", NULL },
	{ "10.0-enterprise", NULL },
	/* our plugin in a server */
	{ "10.6+plugin", "10.11+plugin" },
	{ "10.11+plugin", "10.11+plugin" },
	{ "10.11.19+plugin", "10.11+plugin" },
	{ "10.11.19-MariaDB-0+deb12u1+plugin", "10.11+plugin" },
	{ "5.5.5-10.6.20-MariaDB+plugin", "10.11+plugin" },
	{ "11.8-enterprise+PLUGIN", "10.11+plugin" },
	{ "10.5+plugin", NULL },
	{ "10.1+plugin", NULL },
	{ "maxscale+plugin", NULL },
	{ "10.11+plugin-log", "10.11" },
	{ "11.-1", NULL },
	{ "11.8.-1", NULL },
	{ "10.+6", NULL },
	{ "10. 11", NULL },
	{ " 10.11", NULL },
	{ "10.111", NULL },
	{ "maxscalefoo", NULL },
	{ "10.11.3+maria~deb12", "10.11" },
	/* not versions */
	{ "", NULL },
	{ " ", NULL },
	{ "garbage", NULL },
	{ "MariaDB", NULL },
	{ "enterprise", NULL },
	{ "10", NULL },
	{ "10.", NULL },
	{ "10.x", NULL },
	{ ".11", NULL },
	{ "10.11.", NULL },
	{ "10.11.x", NULL },
	{ "10.11x", NULL },
	{ "10.11 ", NULL },
	{ " 10.11", NULL },
	{ "10.111", NULL },
	{ "100.11", NULL },
	{ "10,11", NULL },
	{ "10.11.19.1", NULL },
	{ "v10.11", NULL },
	{ "-10.11", NULL },
	{ "+10.11", NULL },
	{ "5.5.5-", NULL },
};

static void test_profiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct server_profile profile;
		bool found = target_profile(rows[i].target, &profile);

		if (rows[i].option)
			expect_text(rows[i].target, found ? profile.option : NULL, rows[i].option);
		else if (found)
			fail_msg("'%s' is taken for %s", rows[i].target, profile.name);
	}
}

static void test_options_match_their_profiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < server_profile_count; i++) {
		struct server_profile profile;

		assert_true(target_profile(server_profiles[i].option, &profile));
		assert_string_equal(profile.name, server_profiles[i].name);
		assert_false(profile.cuts_long_password);
		assert_int_not_equal(profile.blank_password, BLANK_PASSWORD_CRASHES);
	}
}

static void test_oldest_first(void **state)
{
	(void)state;
	for (size_t i = 1; i < server_profile_count; i++)
		if (server_profiles[i].edition == server_profiles[i - 1].edition)
			assert_true(server_profiles[i].from > server_profiles[i - 1].from);
}

static void test_what_servers_read(void **state)
{
	static const struct {
		const char *target;
		enum keyfile_syntax syntax;
		bool reads_kdf;
	} servers[] = {
		{ "10.11", SYNTAX_UNVERSIONED, false },		{ "11.8", SYNTAX_UNVERSIONED, false },
		{ "12.0.0", SYNTAX_UNVERSIONED, false },	{ "12.0.1", SYNTAX_UNVERSIONED, true },
		{ "13.0", SYNTAX_UNVERSIONED, true },		{ "11.4-enterprise", SYNTAX_UNVERSIONED, false },
		{ "11.8-enterprise", SYNTAX_VERSIONED, false }, { "10.11+plugin", SYNTAX_VERSIONED, true },
		{ "maxscale", SYNTAX_UNVERSIONED, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(servers); i++) {
		struct server_profile profile;

		assert_true(target_profile(servers[i].target, &profile));
		expect_number(servers[i].target, "syntax", profile.syntax, servers[i].syntax);
		expect_number(servers[i].target, "reads_kdf", profile.reads_kdf, servers[i].reads_kdf);
	}
}

/* What releases before the fix do. */
static void test_releases(void **state)
{
	static const struct {
		const char *target;
		bool cuts_long_password;
		bool crashes_on_blank_password;
	} releases[] = {
		{ "10.1.48", true, false },
		{ "10.2", true, false },
		{ "10.3.36", true, false },
		{ "10.3.37", false, false },
		{ "10.5.23", false, false },
		{ "10.6.10", true, true },
		{ "10.6.11", false, true },
		{ "10.6.27-MariaDB", false, true },
		{ "10.6.28-MariaDB", false, false },
		{ "10.10.1", true, true },
		{ "10.10.2", false, true },
		{ "10.11.1", false, true },
		{ "10.11.18", false, true },
		{ "10.11.19", false, false },
		{ "10.11", false, false },
		{ "11.0.2", false, true },
		{ "11.4.12", false, true },
		{ "11.4.13", false, false },
		{ "11.7", false, true },
		{ "11.8.8", false, true },
		{ "11.8.9", false, false },
		{ "12.2", false, true },
		{ "12.3.2", false, true },
		{ "12.3.3", false, false },
		{ "13.0.1", false, false },
		{ "maxscale", false, false },
		{ "10.6.10-6-MariaDB-enterprise", true, true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(releases); i++) {
		struct server_profile profile;

		assert_true(target_profile(releases[i].target, &profile));
		expect_number(releases[i].target, "cuts", profile.cuts_long_password, releases[i].cuts_long_password);
		expect_number(releases[i].target, "crashes", profile.blank_password == BLANK_PASSWORD_CRASHES,
			      releases[i].crashes_on_blank_password);
	}
}

static void test_banners(void **state)
{
	static const struct {
		const char *banner;
		const char *target;
	} banners[] = {
		{ "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)\n",
		  "10.11.19-MariaDB-0+deb12u1" },
		{ "/usr/sbin/mysqld  Ver 8.0.35 for Linux on x86_64 (MySQL Community Server - GPL)\n", "8.0.35" },
		{ "mariadbd  Ver 11.8.3-1-MariaDB-enterprise", "11.8.3-1-MariaDB-enterprise" },
		{ "mariadbd  Ver \n", "" },
		{ "", NULL },
		{ "Version 10.11", NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(banners); i++) {
		char *target = target_of_version_banner(banners[i].banner);

		if (banners[i].target)
			expect_text(banners[i].banner, target, banners[i].target);
		else
			assert_null(target);
		free(target);
	}
}

static void test_reads_kdf(void **state)
{
	static const struct kdf others[] = {
		{ DIGEST_SHA1, 1 },
		{ DIGEST_SHA1, 10000 },
		{ DIGEST_SHA256, 0 },
		{ DIGEST_SHA512, 600000 },
	};

	(void)state;
	for (size_t i = 0; i < server_profile_count; i++) {
		const struct server_profile *profile = &server_profiles[i];

		expect_number(profile->option, "reads sha1", server_reads_kdf(profile, (struct kdf){ DIGEST_SHA1, 0 }),
			      true);
		for (size_t j = 0; j < LENGTH(others); j++)
			expect_number(profile->option, "reads others", server_reads_kdf(profile, others[j]),
				      profile->reads_kdf);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),     cmocka_unit_test(test_options_match_their_profiles),
		cmocka_unit_test(test_oldest_first), cmocka_unit_test(test_what_servers_read),
		cmocka_unit_test(test_reads_kdf),    cmocka_unit_test(test_releases),
		cmocka_unit_test(test_banners),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
