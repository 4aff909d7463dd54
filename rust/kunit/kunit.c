// SPDX-License-Identifier: GPL-2.0
/* What only the tests of the Rust files beside this one need. */
#include <linux/fs_struct.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "helpers.h"

#if IS_BUILTIN(CONFIG_KUNIT)
bool ipn_helper_bottom_halves_off(void)
{
	return softirq_count();
}

/*
 * Since 7.3 a kernel thread, in which the tests run, has a root without names:
 * gives it that of the first process, until the second is called with the answer.
 */
void *ipn_helper_root_begin(void)
{
#ifdef scoped_with_init_fs
	return __override_init_fs();
#else
	return NULL;
#endif
}

void ipn_helper_root_end(void *before)
{
#ifdef scoped_with_init_fs
	__revert_init_fs(before);
#endif
}
#endif
