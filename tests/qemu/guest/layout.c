// SPDX-License-Identifier: GPL-2.0
/*
 * The structures of the interface have one layout for programs of 32 and of 64
 * bits. A __u64 need not lie at a multiple of 8 in the former: it does here by
 * what is before it, and no structure ends in padding.
 */
#include <assert.h>
#include <linux/af_ipn.h>
#include <linux/ipn_netlink.h>
#include <linux/ipn_switch.h>
#include <stddef.h>

#define SIZE(name, bytes) \
	static_assert(sizeof(struct name) == (bytes), "size of " #name)
#define AT(name, member, bytes) \
	static_assert(offsetof(struct name, member) == (bytes), #name "." #member)

SIZE(numnode_oob, 16);
SIZE(ipn_file, 16);
AT(ipn_file, inode, 8);
SIZE(chrdevreq, 76);
SIZE(ipn_ring, 192);
AT(ipn_ring, oldest, 64);
AT(ipn_ring, head, 80);
AT(ipn_ring, awaiting_room, 128);
SIZE(ipn_descriptor, 32);
AT(ipn_descriptor, stamp, 8);
AT(ipn_descriptor, at, 24);
SIZE(ipn_cursor, 32);
SIZE(ipn_statistics, 12 * 8);
SIZE(ipn_origin, 24);
SIZE(ipn_sequence, 48);
SIZE(ipn_gap, 16);
SIZE(ipn_sequenced_record, 32);
SIZE(ipn_sender, 24);
AT(ipn_sender, since, 16);
SIZE(ipn_switch_limits, 8);
SIZE(ipn_switch_port, 16);
SIZE(ipn_switch_fdb, 24);
AT(ipn_switch_fdb, age, 16);
SIZE(ipn_switch_fdb_chunk, 8);
AT(ipn_switch_fdb_chunk, entries, 8);
SIZE(ipn_switch_flush, 16);
SIZE(ipn_switch_vlan, 8);
SIZE(ipn_switch_vlan_chunk, 16);
AT(ipn_switch_vlan_chunk, entries, 16);
SIZE(ipn_switch_stats, 23 * 8);
