// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters of af_ipn.ko and its version. Those that the kernel crate's
 * module! makes do not appear in /sys/module; these do, and root changes the
 * parameters at any time.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "helpers.h"

MODULE_VERSION(IPN_VERSION);

/* The highest number of ports that can be allowed. */
#define IPN_PORTS_MAX	65535

static unsigned int max_ports = 4096;
static unsigned long long max_network_bytes = 64ULL << 20;
static unsigned int max_user_networks = 4096;
static unsigned long long max_user_bytes = 1ULL << 30;

static int ipn_set_ports(const char *text, const struct kernel_param *param)
{
	return param_set_uint_minmax(text, param, 1, IPN_PORTS_MAX);
}

static const struct kernel_param_ops ipn_ports_ops = {
	.set = ipn_set_ports,
	.get = param_get_uint,
};

module_param_cb(max_ports, &ipn_ports_ops, &max_ports, 0644);
__MODULE_PARM_TYPE(max_ports, "uint");
MODULE_PARM_DESC(max_ports, "Most ports of a network, 1 to 65535");

module_param(max_network_bytes, ullong, 0644);
MODULE_PARM_DESC(max_network_bytes,
		 "Most bytes of a network, for users without CAP_SYS_RESOURCE");

module_param(max_user_networks, uint, 0644);
MODULE_PARM_DESC(max_user_networks,
		 "Most networks of a user without CAP_SYS_RESOURCE");

module_param(max_user_bytes, ullong, 0644);
MODULE_PARM_DESC(max_user_bytes,
		 "Most bytes of all networks of a user without CAP_SYS_RESOURCE");

u32 ipn_helper_max_ports(void)
{
	return READ_ONCE(max_ports);
}

u64 ipn_helper_max_network_bytes(void)
{
	return READ_ONCE(max_network_bytes);
}

u32 ipn_helper_max_user_networks(void)
{
	return READ_ONCE(max_user_networks);
}

u64 ipn_helper_max_user_bytes(void)
{
	return READ_ONCE(max_user_bytes);
}
