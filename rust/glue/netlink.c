// SPDX-License-Identifier: GPL-2.0
/*
 * Who is on a network, and what happens to it: the generic netlink family "ipn",
 * for rust/glue/netlink.rs. What is told stands in include/uapi/linux/ipn_netlink.h.
 */
#include <linux/af_ipn.h>
#include <linux/capability.h>
#include <linux/ipn_netlink.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "helpers.h"

/* What a message is sure to have room for: a path, and what is of a fixed length. */
#define IPN_MESSAGE_MAX	(PATH_MAX + 1536)

static struct genl_family ipn_family;

/* Where the next part of a dump goes on. */
struct ipn_dump_place {
	unsigned long network;
	u32 port;
};

static int ipn_dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = IPN_MESSAGE_MAX;
	return 0;
}

/* The network that is asked for, if it is one. */
static const struct ipn_file_numbers *ipn_dump_file(struct nlattr **attrs,
						    struct ipn_file_numbers *file)
{
	if (!attrs || !attrs[IPN_A_INODE])
		return NULL;
	file->inode = nla_get_u64(attrs[IPN_A_INODE]);
	file->major = nla_get_u32_default(attrs[IPN_A_MAJOR], 0);
	file->minor = nla_get_u32_default(attrs[IPN_A_MINOR], 0);
	return file;
}

/* The caller's rights are asked for each part: the descriptor may be another's by then. */
static int ipn_dump(struct sk_buff *skb, struct netlink_callback *cb, bool of_ports)
{
	struct ipn_dump_place *place = (void *)cb->ctx;
	struct ipn_file_numbers file;
	struct ipn_dump dump = {
		.skb = skb,
		.cb = cb,
		.file = ipn_dump_file(genl_info_dump(cb)->attrs, &file),
		.network = place->network,
		.port = place->port,
		.namespace = ipn_namespace_of(sock_net(cb->skb->sk)),
		.sees_all = netlink_capable(cb->skb, CAP_NET_ADMIN),
		.sees_namespace = netlink_net_capable(cb->skb, CAP_NET_ADMIN),
		.of_ports = of_ports,
	};

	NL_ASSERT_CTX_FITS(struct ipn_dump_place);
	ipn_rust_netlink_dump(&dump);
	place->network = dump.network;
	place->port = dump.port;
	return skb->len;
}

static int ipn_dump_networks(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ipn_dump(skb, cb, false);
}

static int ipn_dump_ports(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ipn_dump(skb, cb, true);
}

static const struct nla_policy ipn_policy[] = {
	[IPN_A_MAJOR] = { .type = NLA_U32 },
	[IPN_A_MINOR] = { .type = NLA_U32 },
	[IPN_A_INODE] = { .type = NLA_U64 },
};

static const struct genl_ops ipn_ops[] = {
	{
		.cmd = IPN_CMD_NETWORK_GET,
		.start = ipn_dump_start,
		.dumpit = ipn_dump_networks,
	}, {
		.cmd = IPN_CMD_PORT_GET,
		.start = ipn_dump_start,
		.dumpit = ipn_dump_ports,
	},
};

/*
 * In a namespace events tell of all ports that its sockets have, in the initial one
 * of all: they are for those who may see these.
 */
static const struct genl_multicast_group ipn_groups[] = {
	{ .name = IPN_GENL_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/* Networks are in no namespace, but their members' sockets are. */
static struct genl_family ipn_family __ro_after_init = {
	.name = IPN_GENL_NAME,
	.version = IPN_GENL_VERSION,
	.maxattr = ARRAY_SIZE(ipn_policy) - 1,
	.policy = ipn_policy,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ipn_ops,
	.n_ops = ARRAY_SIZE(ipn_ops),
	.mcgrps = ipn_groups,
	.n_mcgrps = ARRAY_SIZE(ipn_groups),
};

int ipn_helper_netlink_register(void)
{
	return genl_register_family(&ipn_family);
}

void ipn_helper_netlink_unregister(void)
{
	genl_unregister_family(&ipn_family);
}

/* The namespace of that number with a reference, if there are listeners in it. */
struct net *ipn_helper_netlink_listeners(u64 namespace)
{
	struct net *net, *found = NULL;

	if (!namespace)
		return genl_has_listeners(&ipn_family, &init_net, 0) ? get_net(&init_net) : NULL;
	rcu_read_lock();
	for_each_net_rcu(net) {
		if (ipn_namespace_of(net) != namespace)
			continue;
		found = maybe_get_net(net);
		break;
	}
	rcu_read_unlock();
	if (found && !genl_has_listeners(&ipn_family, found, 0)) {
		put_net(found);
		found = NULL;
	}
	return found;
}

void ipn_helper_netlink_listeners_put(struct net *net)
{
	put_net(net);
}

/*
 * In whose namespaces users and processes are told: those of who asks; for
 * listeners those of the network namespace, of which only the initial one is known
 * to have one of processes.
 */
struct ipn_reader {
	struct user_namespace *users;
	struct pid_namespace *pids;
};

static struct ipn_reader ipn_asking(void)
{
	return (struct ipn_reader){
		.users = current_user_ns(),
		.pids = task_active_pid_ns(current),
	};
}

static struct ipn_reader ipn_listening(const struct net *net)
{
	return (struct ipn_reader){
		.users = net->user_ns,
		.pids = net_eq(net, &init_net) ? &init_pid_ns : NULL,
	};
}

/* attributes */

static bool ipn_put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	return !nla_put_u64_64bit(skb, attribute, value, IPN_A_PAD);
}

static bool ipn_put_file(struct sk_buff *skb, const struct ipn_file_numbers *file)
{
	return !nla_put_u32(skb, IPN_A_MAJOR, file->major) &&
	       !nla_put_u32(skb, IPN_A_MINOR, file->minor) &&
	       ipn_put_u64(skb, IPN_A_INODE, file->inode);
}

/* One that is too long, or has no memory, is not told; nor one that a task which ends has left. */
static bool ipn_put_path(struct sk_buff *skb, const struct path *path)
{
	char *text = path ? kmalloc(PATH_MAX, GFP_KERNEL) : NULL;
	bool put = true;
	int len;

	if (!text)
		return true;
	len = ipn_helper_path_text(path, text, PATH_MAX);
	if (len >= 0) {
		text[len] = '\0';
		put = !nla_put_string(skb, IPN_A_PATH, text);
	}
	kfree(text);
	return put;
}

/* A number within is a reason, and 0 none: what is counted there is of other policies. */
static bool ipn_put_drops(struct sk_buff *skb, const u64 *drops)
{
	struct nlattr *nest = nla_nest_start(skb, IPN_A_DROPS);
	u32 reason;

	if (!nest)
		return false;
	for (reason = 0; reason < IPN_DROP_REASONS; reason++) {
		if (drops[reason] &&
		    nla_put_u64_64bit(skb, reason ?: IPN_DROP_POLICY, drops[reason], 0))
			return false;
	}
	nla_nest_end(skb, nest);
	return true;
}

static bool ipn_put_window(struct sk_buff *skb, const struct ipn_network_report *report)
{
	return !report->reliable ||
	       (!nla_put_u32(skb, IPN_A_WINDOW, report->window) &&
		!nla_put_u32(skb, IPN_A_RATE, report->rate) &&
		ipn_put_u64(skb, IPN_A_AGE, report->age) &&
		ipn_put_u64(skb, IPN_A_EVICTED, report->evicted));
}

static bool ipn_put_pace(struct sk_buff *skb, const struct ipn_port_report *report)
{
	return !report->reliable ||
	       (ipn_put_u64(skb, IPN_A_WAITED, report->waited) &&
		ipn_put_u64(skb, IPN_A_PACE, report->pace));
}

static bool ipn_put_network(struct sk_buff *skb, struct ipn_reader reader,
			    const struct ipn_network_report *report)
{
	kuid_t owner = make_kuid(&init_user_ns, report->owner);

	return ipn_put_file(skb, report->file) &&
	       ipn_put_path(skb, report->path) &&
	       !nla_put_u32(skb, IPN_A_POLICY, report->policy) &&
	       !nla_put_u32(skb, IPN_A_FLAGS, report->flags) &&
	       !nla_put_u32(skb, IPN_A_MTU, report->mtu) &&
	       !nla_put_u32(skb, IPN_A_NUMNODES, report->ports) &&
	       !nla_put_u32(skb, IPN_A_POOL, report->pool) &&
	       !nla_put_u32(skb, IPN_A_OWNER, from_kuid_munged(reader.users, owner)) &&
	       !nla_put_u32(skb, IPN_A_PORTS, report->used) &&
	       !nla_put_u32(skb, IPN_A_READERS, report->readers) &&
	       !nla_put_u32(skb, IPN_A_WRITERS, report->writers) &&
	       ipn_put_u64(skb, IPN_A_SENT, report->sent) &&
	       ipn_put_u64(skb, IPN_A_SENT_BYTES, report->sent_bytes) &&
	       ipn_put_u64(skb, IPN_A_LOST, report->lost) &&
	       ipn_put_drops(skb, report->drops) &&
	       ipn_put_window(skb, report);
}

static bool ipn_put_who(struct sk_buff *skb, struct ipn_reader reader,
			const struct ipn_identity *taken_by)
{
	struct ipn_shown_identity shown;

	ipn_identity_show(taken_by, reader.users, reader.pids, &shown);
	return !nla_put_u32(skb, IPN_A_PID, shown.pid) &&
	       !nla_put_u32(skb, IPN_A_UID, shown.uid) &&
	       !nla_put_u32(skb, IPN_A_GID, shown.gid) &&
	       !nla_put_string(skb, IPN_A_COMM, taken_by->comm) &&
	       ipn_put_u64(skb, IPN_A_SINCE, taken_by->since);
}

static bool ipn_put_device(struct sk_buff *skb, const struct ipn_port_report *report)
{
	return !report->ifindex ||
	       (!nla_put_u32(skb, IPN_A_IFINDEX, report->ifindex) &&
		!nla_put_string(skb, IPN_A_IFNAME, report->ifname));
}

static bool ipn_put_port(struct sk_buff *skb, struct ipn_reader reader,
			 const struct ipn_port_report *report)
{
	return ipn_put_file(skb, report->file) &&
	       ipn_put_path(skb, report->path) &&
	       !nla_put_u32(skb, IPN_A_PORT, report->port) &&
	       !nla_put_u32(skb, IPN_A_KIND, report->kind) &&
	       ipn_put_who(skb, reader, report->taken_by) &&
	       !nla_put_u32(skb, IPN_A_DIRECTION, report->direction) &&
	       !nla_put_string(skb, IPN_A_DESCRIPTION, report->description) &&
	       ipn_put_device(skb, report) &&
	       ipn_put_u64(skb, IPN_A_SENT, report->sent) &&
	       ipn_put_u64(skb, IPN_A_SENT_BYTES, report->sent_bytes) &&
	       ipn_put_u64(skb, IPN_A_RECEIVED, report->received) &&
	       ipn_put_u64(skb, IPN_A_RECEIVED_BYTES, report->received_bytes) &&
	       ipn_put_u64(skb, IPN_A_LOST, report->lost) &&
	       ipn_put_u64(skb, IPN_A_REFUSED, report->refused) &&
	       ipn_put_u64(skb, IPN_A_LAG, report->lag) &&
	       (report->waiting == IPN_NOT_WAITING ||
		ipn_put_u64(skb, IPN_A_WAITING, report->waiting)) &&
	       ipn_put_drops(skb, report->drops) &&
	       (!report->reason || !nla_put_u32(skb, IPN_A_REASON, report->reason)) &&
	       ipn_put_pace(skb, report);
}

/* dumps: each tells whether there was room */

static void *ipn_dump_begin(struct ipn_dump *dump, u8 command)
{
	return genlmsg_put(dump->skb, NETLINK_CB(dump->cb->skb).portid,
			   dump->cb->nlh->nlmsg_seq, &ipn_family, NLM_F_MULTI, command);
}

static bool ipn_dump_end(struct ipn_dump *dump, void *header, bool put)
{
	if (put)
		genlmsg_end(dump->skb, header);
	else
		genlmsg_cancel(dump->skb, header);
	return put;
}

bool ipn_helper_dump_network(struct ipn_dump *dump, const struct ipn_network_report *report)
{
	void *header = ipn_dump_begin(dump, IPN_CMD_NETWORK_GET);

	return header &&
	       ipn_dump_end(dump, header, ipn_put_network(dump->skb, ipn_asking(), report));
}

bool ipn_helper_dump_port(struct ipn_dump *dump, const struct ipn_port_report *report)
{
	void *header = ipn_dump_begin(dump, IPN_CMD_PORT_GET);

	return header &&
	       ipn_dump_end(dump, header, ipn_put_port(dump->skb, ipn_asking(), report));
}

/* events: one that finds no memory is not told, as one that finds no room in a listener's socket */

static void ipn_tell(struct net *net, struct sk_buff *skb, void *header, bool put, gfp_t gfp)
{
	if (!put) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast_netns(&ipn_family, net, skb, 0, 0, gfp);
}

void ipn_helper_tell_network(struct net *net, u8 event,
			     const struct ipn_network_report *report)
{
	struct sk_buff *skb = genlmsg_new(IPN_MESSAGE_MAX, GFP_KERNEL);
	void *header;

	if (!skb)
		return;
	header = genlmsg_put(skb, 0, 0, &ipn_family, 0, event);
	ipn_tell(net, skb, header, header && ipn_put_network(skb, ipn_listening(net), report),
		 GFP_KERNEL);
}

/* Who must not sleep tells no path. */
void ipn_helper_tell_port(struct net *net, u8 event, const struct ipn_port_report *report,
			  bool may_sleep)
{
	gfp_t gfp = may_sleep ? GFP_KERNEL : GFP_ATOMIC | __GFP_NOWARN;
	size_t room = report->path ? IPN_MESSAGE_MAX : NLMSG_GOODSIZE / 2;
	struct sk_buff *skb = genlmsg_new(room, gfp);
	void *header;

	if (!skb)
		return;
	header = genlmsg_put(skb, 0, 0, &ipn_family, 0, event);
	ipn_tell(net, skb, header, header && ipn_put_port(skb, ipn_listening(net), report), gfp);
}
