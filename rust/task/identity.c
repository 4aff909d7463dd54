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

/* In the namespaces of the caller, or in the initial ones; what is not in them is 0, or nobody. */
void ipn_helper_identity_show(const struct ipn_identity *identity, bool to_caller,
			      struct ipn_shown_identity *shown)
{
	struct user_namespace *users = to_caller ? current_user_ns() : &init_user_ns;
	struct pid_namespace *pids = to_caller ? task_active_pid_ns(current) : &init_pid_ns;

	shown->pid = pid_nr_ns(identity->pid, pids);
	shown->uid = from_kuid_munged(users, make_kuid(&init_user_ns, identity->uid));
	shown->gid = from_kgid_munged(users, make_kgid(&init_user_ns, identity->gid));
}

/* A control message: who took the port. */
void ipn_helper_put_sender(struct msghdr *msg, u32 port,
			   const struct ipn_identity *identity)
{
	struct ipn_sender sender = { .port = port, .since = identity->since };
	struct ipn_shown_identity shown;

	ipn_helper_identity_show(identity, true, &shown);
	sender.pid = shown.pid;
	sender.uid = shown.uid;
	sender.gid = shown.gid;
	put_cmsg(msg, IPN_ANY, IPN_SO_SENDER, sizeof(sender), &sender);
}
