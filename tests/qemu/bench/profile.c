// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU that counts the instructions which a guest executes between
 * two marks, for each piece of straight code: -plugin profile.so,out=FILE
 *
 * The marks are instructions that do nothing: "xchg %bx, %bx" begins, and
 * "xchg %cx, %cx" ends. FILE gets a line for each piece that was executed:
 * where it begins, its instructions, how often.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_plugin.h"

int qemu_plugin_version = PLUGIN_VERSION;

/* A piece of code; there are more with every translation, and none goes. */
struct piece {
	struct piece *next;
	unsigned long long address;
	unsigned long long instructions;
	unsigned long long times;
};

static struct piece *pieces;
static bool counting;
static const char *out_file;

static void executed(unsigned int cpu, void *data)
{
	struct piece *piece = data;

	(void)cpu;
	piece->times += counting;
}

static void mark(unsigned int cpu, void *data)
{
	(void)cpu;
	counting = data;
}

static void translated(unsigned long long id, struct qemu_plugin_tb *tb)
{
	static const unsigned char begin[] = { 0x66, 0x87, 0xdb }, end[] = { 0x66, 0x87, 0xc9 };
	size_t count = qemu_plugin_tb_n_insns(tb);
	struct piece *piece = calloc(1, sizeof(*piece));

	(void)id;
	if (!piece)
		abort();
	piece->next = pieces;
	pieces = piece;
	piece->address = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
	piece->instructions = count;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_CB_NO_REGS, piece);

	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		unsigned char bytes[4];

		if (qemu_plugin_insn_data(insn, bytes, sizeof(bytes)) != sizeof(begin))
			continue;
		if (memcmp(bytes, begin, sizeof(begin)) == 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark,
							       QEMU_PLUGIN_CB_NO_REGS, &counting);
		else if (memcmp(bytes, end, sizeof(end)) == 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

static void finish(unsigned long long id, void *data)
{
	FILE *out = fopen(out_file, "w");

	(void)id;
	(void)data;
	if (!out) {
		perror(out_file);
		return;
	}
	for (const struct piece *piece = pieces; piece; piece = piece->next)
		if (piece->times)
			fprintf(out, "%016llx %llu %llu\n", piece->address,
				piece->instructions, piece->times);
	fclose(out);
}

int qemu_plugin_install(unsigned long long id, const struct qemu_info_t *info, int argc,
			char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			out_file = strdup(argv[i] + 4);
	if (!out_file) {
		fputs("profile: out=FILE is missing\n", stderr);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
