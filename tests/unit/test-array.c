/* SPDX-License-Identifier: MIT */
#include "core/array.h"
#include "helpers.h"

#include <stdlib.h>

struct item {
	uint32_t id;
	uint32_t seen;
};

static int compare(const void *one, const void *other)
{
	const struct item *a = one;
	const struct item *b = other;

	return a->id < b->id ? -1 : a->id > b->id;
}

static void test_sorted(void **state)
{
	struct item *items = NULL;
	size_t count = 0;

	(void)state;
	assert_null(array_find(items, count, sizeof(*items), &(struct item){ 1, 0 }, compare));
	for (uint32_t i = 0; i < 2000; i++) {
		/* each of 1 to 1000 twice, unsorted */
		struct item one = { .id = i * 7 % 1000 + 1 };
		struct item *found = array_find_or_insert(&items, &count, sizeof(one), &one, compare);

		assert_int_equal(found->id, one.id);
		found->seen++;
	}
	assert_int_equal(count, 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(items[i].id, i + 1);
		assert_int_equal(items[i].seen, 2);
		assert_ptr_equal(array_find(items, count, sizeof(*items), &(struct item){ i + 1, 0 }, compare),
				 &items[i]);
	}
	assert_null(array_find(items, count, sizeof(*items), &(struct item){ 1001, 0 }, compare));
	free(items);
}

static void test_places(void **state)
{
	struct item *items = NULL;
	size_t count = 0;
	struct item *item;

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		item = array_add(&items, &count, sizeof(*item));
		assert_int_equal(item->id, 0);
		*item = (struct item){ i, i };
	}
	item = array_insert(&items, &count, sizeof(*item), 2);
	assert_ptr_equal(item, &items[2]);
	assert_int_equal(item->id + item->seen, 0);
	assert_int_equal(count, 6);
	assert_int_equal(items[1].id, 1);
	assert_int_equal(items[3].id, 2);
	assert_int_equal(items[5].id, 4);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
