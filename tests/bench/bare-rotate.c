/* SPDX-License-Identifier: MIT */
/* bare-rotate FILE PASSWORD_FILE: appends one key to an encrypted key file with
 * the same calls to libcrypto and to the file system as mkeyfile rotate, but
 * without its checks. It shows what these checks cost. Do not use it on real keys. */
#include <fcntl.h>
#include <libgen.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MOST 65536
#define HEADER 16
#define NEED(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			perror("bare-rotate: " #condition);                                                            \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

static unsigned char password[300], old[MOST], text[MOST], encrypted[MOST], again[MOST], key[32], derived[60];
static int password_size;

static void derive(const unsigned char *salt)
{
	unsigned char input[20 + sizeof(password) + 8];
	EVP_MD *md = EVP_MD_fetch(NULL, "sha1", NULL);

	NEED(md);
	for (int at = 0, before = 0; at < 60; at += 20, before = 20) {
		memcpy(input, derived + at - before, (size_t)before);
		memcpy(input + before, password, (size_t)password_size);
		memcpy(input + before + password_size, salt, 8);
		NEED(EVP_Digest(input, (size_t)(before + password_size) + 8, derived + at, NULL, md, NULL));
	}
	EVP_MD_free(md);
}

static int crypt_body(int encrypt, const unsigned char *in, int size, unsigned char *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int most, last;

	NEED(cipher && context);
	NEED(EVP_CipherInit_ex2(context, cipher, derived, derived + 32, encrypt, NULL));
	NEED(EVP_CipherUpdate(context, out, &most, in, size));
	NEED(EVP_CipherFinal_ex(context, out + most, &last));
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return most + last;
}

static int read_file(const char *path, unsigned char *data, int most)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(file, data, (size_t)most);

	NEED(size > 0);
	close(file);
	return (int)size;
}

int main(int argc, char **argv)
{
	char temporary[256], born_as[256], names[4096], *name;
	int directory, file, new_file, size;
	ssize_t old_size;
	struct stat status;

	NEED(argc == 3);
	name = basename(argv[1]);
	directory = open(dirname(strdup(argv[1])), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	NEED(!flock(file, LOCK_EX | LOCK_NB) && !fstat(file, &status));
	old_size = read(file, old, MOST / 2);
	NEED(old_size > HEADER);
	password_size = read_file(argv[2], password, 257);
	password_size -= password[password_size - 1] == '\n';
	derive(old + 8);
	size = crypt_body(0, old + HEADER, (int)old_size - HEADER, text);

	NEED(RAND_priv_bytes(key, sizeof(key)) == 1);
	size += sprintf((char *)text + size, "100;2;");
	for (size_t i = 0; i < sizeof(key); i++)
		size += sprintf((char *)text + size, "%02x", key[i]);
	text[size++] = '\n';

	memcpy(encrypted, "Salted__", 8);
	NEED(RAND_bytes(encrypted + 8, 8) == 1);
	derive(encrypted + 8);
	size = crypt_body(1, text, size, encrypted + HEADER);
	NEED(!memcmp(text, again, (size_t)crypt_body(0, encrypted + HEADER, size, again)));
	size += HEADER;

	snprintf(born_as, sizeof(born_as), ".%s.born", name);
	new_file = openat(directory, born_as, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	NEED(!flock(new_file, LOCK_EX | LOCK_NB));
	fremovexattr(new_file, "system.posix_acl_access");
	NEED(!fchmod(new_file, 0600) && !fstat(new_file, &status));
	snprintf(temporary, sizeof(temporary), ".%s.%lx", name, status.st_ino);
	NEED(!renameat(directory, born_as, directory, temporary) && !fstat(file, &status));
	NEED(!fchown(new_file, status.st_uid, status.st_gid) && !fchmod(new_file, status.st_mode & 07777));
	NEED(flistxattr(file, names, sizeof(names)) >= 0);
	NEED(write(new_file, encrypted, (size_t)size) == size && !lseek(new_file, 0, SEEK_SET));
	NEED(read(new_file, again, MOST) == size && !memcmp(again, encrypted, (size_t)size) && !fsync(new_file));
	NEED(!fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) && !lseek(file, 0, SEEK_SET));
	NEED(read(file, again, MOST) == old_size && !memcmp(again, old, (size_t)old_size));
	NEED(!renameat2(directory, temporary, directory, name, RENAME_EXCHANGE) && !lseek(file, 0, SEEK_SET));
	NEED(read(file, again, MOST) == old_size && !memcmp(again, old, (size_t)old_size));
	NEED(!unlinkat(directory, temporary, 0) && !fsync(directory));
	return 0;
}
