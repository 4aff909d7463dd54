// SPDX-License-Identifier: GPL-2.0
/* Who a task is, kept beyond its end, for rust/task/identity.rs. */
#include <linux/af_ipn.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>

#include "helpers.h"

/* Members, and macros. As of SO_PASSCRED: the process, and its real user and group. */
void ipn_helper_identity_of_current(struct ipn_identity *identity)
{
	identity->pid = get_pid(task_tgid(current));
	identity->since = ktime_get_boottime_ns();
	identity->uid = from_kuid(&init_user_ns, current_uid());
	identity->gid = from_kgid(&init_user_ns, current_gid());
	get_task_comm(identity->comm, current->group_leader);
}

void ipn_helper_identity_put(struct ipn_identity *identity)
{
	put_pid(identity->pid);
}

/*
 * In these namespaces; what is not in them is 0, or nobody. Without one of
 * processes, the number is that which the process itself has.
 */
void ipn_identity_show(const struct ipn_identity *identity, struct user_namespace *users,
		       struct pid_namespace *pids, struct ipn_shown_identity *shown)
{
	shown->pid = pid_nr_ns(identity->pid, pids ? pids : ns_of_pid(identity->pid));
	shown->uid = from_kuid_munged(users, make_kuid(&init_user_ns, identity->uid));
	shown->gid = from_kgid_munged(users, make_kgid(&init_user_ns, identity->gid));
}

/* A control message: who took the port. */
void ipn_helper_put_sender(struct msghdr *msg, u32 port,
			   const struct ipn_identity *identity)
{
	struct ipn_sender sender = { .port = port, .since = identity->since };
	struct ipn_shown_identity shown;

	ipn_identity_show(identity, current_user_ns(), task_active_pid_ns(current), &shown);
	sender.pid = shown.pid;
	sender.uid = shown.uid;
	sender.gid = shown.gid;
	put_cmsg(msg, IPN_ANY, IPN_SO_SENDER, sizeof(sender), &sender);
}
