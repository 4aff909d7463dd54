// SPDX-License-Identifier: GPL-2.0
/* Who calls, for rust/glue/cred.rs. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "helpers.h"

bool ipn_helper_capable_resource(void)
{
	return capable(CAP_SYS_RESOURCE);
}

unsigned int ipn_helper_current_uid(void)
{
	return from_kuid_munged(&init_user_ns, current_uid());
}

/* How many there are, from the innermost outwards; as many as there is room for. */
size_t ipn_helper_namespace_owners(u32 *owners, size_t room)
{
	struct user_namespace *ns;
	size_t count = 0;

	for (ns = current_user_ns(); ns->parent; ns = ns->parent) {
		if (count < room)
			owners[count] = from_kuid(&init_user_ns, ns->owner);
		count++;
	}
	return count;
}
