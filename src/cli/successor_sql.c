/* SPDX-License-Identifier: MIT */
#include "cli/successor_sql.h"

#include <stdio.h>

char *successor_sql(uint32_t id, uint32_t successor)
{
	char *sql;
	int size = asprintf(
		&sql,
		"-- Key ID %1$u to its successor %2$u. Run this when every server has been restarted with the new key file.\n"
		"-- New tables that name no key take the successor (set it in the option file as well):\n"
		"SET GLOBAL innodb_default_encryption_key_id =\n"
		"  IF(@@GLOBAL.innodb_default_encryption_key_id = %1$u, %2$u, @@GLOBAL.innodb_default_encryption_key_id);\n"
		"-- This prints a statement for each table to move; run what it prints (mariadb --skip-column-names --raw):\n"
		"SELECT CONCAT('ALTER TABLE `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'),\n"
		"              '` ENCRYPTION_KEY_ID=%2$u;')\n"
		"  FROM INFORMATION_SCHEMA.TABLES\n"
		" WHERE ENGINE = 'InnoDB' AND CREATE_OPTIONS RLIKE '`encryption_key_id`=.?%1$u([^0-9]|$)';\n"
		"-- Tables that still use key %1$u; none when all are moved:\n"
		"SELECT NAME FROM INFORMATION_SCHEMA.INNODB_TABLESPACES_ENCRYPTION WHERE CURRENT_KEY_ID = %1$u;\n",
		id, successor);

	return size < 0 ? NULL : sql;
}
