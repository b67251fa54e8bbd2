/* SPDX-License-Identifier: MIT */
#include "core/secret.h"

#include "core/processor.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Deeper than any call chain of this program and libcrypto. */
#define STACK_WIPE_SIZE (256 * 1024)

#ifdef __has_attribute
#if __has_attribute(uninitialized)
#define UNINITIALIZED __attribute__((uninitialized))
#endif
#endif
#ifndef UNINITIALIZED
#define UNINITIALIZED
#endif

static bool lock_failed;

struct fault secret_allocate(struct secret *secret, size_t capacity)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole = (capacity / page + 1) * page;
	void *data = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		return fault_of(FAULT_MEMORY);
	if (mlock(data, whole))
		lock_failed = true;
	(void)madvise(data, whole, MADV_DONTDUMP);
	/* a forked child that does not exec has zeros here */
	(void)madvise(data, whole, MADV_WIPEONFORK);
	*secret = (struct secret){ .data = data, .capacity = whole };
	return fault_none();
}

struct fault secret_copy(struct secret *secret, const void *data, size_t size)
{
	struct fault fault = secret_allocate(secret, size);

	if (!fault.code)
		secret_append(secret, data, size);
	return fault;
}

struct fault secret_copy_text(struct secret *secret, const void *data, size_t size)
{
	struct fault fault = secret_allocate(secret, size + 1);

	if (!fault.code) {
		secret_append(secret, data, size);
		secret->data[size] = '\0';
	}
	return fault;
}

void secret_free(struct secret *secret)
{
	if (secret->data) {
		explicit_bzero(secret->data, secret->capacity);
		munmap(secret->data, secret->capacity);
	}
	*secret = (struct secret){ 0 };
}

struct secret secret_take(struct secret *secret)
{
	struct secret taken = *secret;

	*secret = (struct secret){ 0 };
	return taken;
}

void secret_append(struct secret *secret, const void *data, size_t size)
{
	if (size > secret->capacity - secret->size)
		abort();
	if (size)
		memcpy(secret->data + secret->size, data, size);
	secret->size += size;
}

bool secret_equals(const struct secret *one, const struct secret *other)
{
	unsigned char difference = 0;

	if (one->size != other->size)
		return false;
	for (size_t i = 0; i < one->size; i++)
		difference |= (unsigned char)(one->data[i] ^ other->data[i]);
	return difference == 0;
}

size_t secret_count_lines(const struct secret *secret, size_t position)
{
	size_t count = 0;

	while (position < secret->size)
		count += secret->data[position++] == '\n';
	return count;
}

bool secret_lock_failed(void)
{
	return lock_failed;
}

#if defined(__x86_64__)

#define CLEAR(number) "vpxorq %%zmm" #number ", %%zmm" #number ", %%zmm" #number "\n\t"

__attribute__((target("avx512f"))) static void wipe_upper_registers(void)
{
	__asm__ volatile(CLEAR(16) CLEAR(17) CLEAR(18) CLEAR(19) CLEAR(20) CLEAR(21) CLEAR(22) CLEAR(23) CLEAR(24)
				 CLEAR(25) CLEAR(26) CLEAR(27) CLEAR(28) CLEAR(29) CLEAR(30) CLEAR(31)::
					 : "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
					   "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
}

/* memcpy(3) and AES leave keys in vector registers until something else uses the
 * registers, and code that runs at the end of the process saves them on the stack.
 * Without this function, tests/faults/faults --memscan (make check-long) finds keys there
 * after "rotate --new-id" whose second fsync(2) fails with EDQUOT. */
static void wipe_registers(void)
{
	if (PROCESSOR_HAS(AVX, "avx"))
		__asm__ volatile("vzeroall" ::
					 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
					   "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	if (PROCESSOR_HAS(AVX512F, "avx512f"))
		wipe_upper_registers();
}

#else

/* The compiler's own attribute, if it has one. It clears all registers that a call may
 * change, but not the parts that the compiler does not know. */
#if defined(__has_attribute) && __has_attribute(zero_call_used_regs)
__attribute__((noinline, zero_call_used_regs("all")))
#endif
static void
wipe_registers(void)
{
}

#endif

/* Pages that the process has never touched remain so: touching them takes longer than wiping the
 * others. */
static void wipe_touched(unsigned char *memory, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *end = memory + size;
	unsigned char resident;

	for (unsigned char *next; memory < end; memory = next) {
		unsigned char *start = memory - (uintptr_t)memory % page;

		next = start + page < end ? start + page : end;
		if (mincore(start, page, &resident) ? errno != ENOMEM : resident & 1)
			explicit_bzero(memory, (size_t)(next - memory));
	}
}

/* Built without the options that touch each page of an array. */
#ifdef __clang__
__attribute__((noinline))
#else
__attribute__((noinline, optimize("no-stack-clash-protection", "no-stack-protector")))
#endif
void secret_wipe_stack(void)
{
	unsigned char below[STACK_WIPE_SIZE] UNINITIALIZED;

	wipe_touched(below, sizeof(below));
	wipe_registers();
}

void secret_protect_process(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
