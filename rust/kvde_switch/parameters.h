/* SPDX-License-Identifier: GPL-2.0 */
/* The parameters of kvde_switch.ko: rust/kvde_switch/parameters.rs */
#ifndef _KVDE_SWITCH_PARAMETERS_H
#define _KVDE_SWITCH_PARAMETERS_H

#include <linux/types.h>

u32 kvde_switch_max_addresses(void);
u32 kvde_switch_max_port_addresses(void);

#endif /* _KVDE_SWITCH_PARAMETERS_H */
