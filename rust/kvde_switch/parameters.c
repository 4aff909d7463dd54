// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters of kvde_switch.ko and its version, in C for the reason of
 * rust/glue/parameters.c. The parameters count for networks that are made from
 * then on.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "parameters.h"

MODULE_VERSION(IPN_VERSION);

/* The largest table that can be allowed. */
#define IPN_ADDRESSES_MAX	1048576

static unsigned int max_addresses = 4096;
static unsigned int max_port_addresses = 1024;

static int ipn_set_addresses(const char *text, const struct kernel_param *param)
{
	return param_set_uint_minmax(text, param, 0, IPN_ADDRESSES_MAX);
}

static const struct kernel_param_ops ipn_addresses_ops = {
	.set = ipn_set_addresses,
	.get = param_get_uint,
};

module_param_cb(max_addresses, &ipn_addresses_ops, &max_addresses, 0644);
__MODULE_PARM_TYPE(max_addresses, "uint");
MODULE_PARM_DESC(max_addresses,
		 "Room for MAC addresses in a network, at most 1048576");

module_param(max_port_addresses, uint, 0644);
MODULE_PARM_DESC(max_port_addresses,
		 "MAC addresses learned at a port, unless a manager sets another limit");

u32 kvde_switch_max_addresses(void)
{
	return READ_ONCE(max_addresses);
}

u32 kvde_switch_max_port_addresses(void)
{
	return READ_ONCE(max_port_addresses);
}
