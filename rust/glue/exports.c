// SPDX-License-Identifier: GPL-2.0
/*
 * What policy modules call (include/linux/ipn_policy.h). rustc has no
 * EXPORT_SYMBOL for modules, so these stand before the Rust functions of
 * rust/glue/policy_module.rs.
 */
#include <linux/export.h>

#include <linux/ipn_policy.h>

#include "helpers.h"

int ipn_policy_register(const struct ipn_policy_ops *ops)
{
	return ipn_rust_policy_register(ops);
}
EXPORT_SYMBOL_GPL(ipn_policy_register);

void ipn_policy_unregister(const struct ipn_policy_ops *ops)
{
	ipn_rust_policy_unregister(ops);
}
EXPORT_SYMBOL_GPL(ipn_policy_unregister);

void ipn_deliver(struct ipn_targets *to, u32 port, const void *prefix,
		 u32 prefix_len, u32 skip)
{
	ipn_rust_deliver(to, port, prefix, prefix_len, skip);
}
EXPORT_SYMBOL_GPL(ipn_deliver);

void ipn_drop(struct ipn_targets *to, u32 reason)
{
	ipn_rust_drop(to, reason);
}
EXPORT_SYMBOL_GPL(ipn_drop);

void ipn_remember(struct ipn_targets *to, u32 len)
{
	ipn_rust_remember(to, len);
}
EXPORT_SYMBOL_GPL(ipn_remember);

void ipn_forget(struct ipn_targets *to)
{
	ipn_rust_forget(to);
}
EXPORT_SYMBOL_GPL(ipn_forget);

u64 ipn_allocated(const void *memory, size_t size)
{
	return ipn_helper_allocated(memory, size);
}
EXPORT_SYMBOL_GPL(ipn_allocated);

u64 ipn_now_ms(void)
{
	return ipn_helper_now_ms();
}
EXPORT_SYMBOL_GPL(ipn_now_ms);
