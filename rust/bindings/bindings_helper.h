/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Input of bindgen: the kernel headers whose types and functions rust/ wraps,
 * and the shims for what is inline or a macro. rust/bindings/bindgen_parameters picks.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <linux/un.h>
#include <linux/vmalloc.h>
#include <net/sock.h>

#include <linux/af_ipn.h>
#include <linux/ipn_netlink.h>
#include <linux/ipn_policy.h>

#include "helpers.h"

/* Macros that bindgen does not see as numbers. */
const u32 IPN_CONST_FAMILY = AF_IPN;
const u32 IPN_CONST_EPOLLIN = (__force u32)(EPOLLIN | EPOLLRDNORM);
const u32 IPN_CONST_EPOLLOUT = (__force u32)(EPOLLOUT | EPOLLWRNORM);
const u32 IPN_CONST_EPOLLPRI = (__force u32)EPOLLPRI;
const u32 IPN_CONST_EPOLLRDHUP = (__force u32)EPOLLRDHUP;
const u32 IPN_CONST_EPOLLHUP = (__force u32)EPOLLHUP;
const u32 IPN_CONST_SHARED_INFO = sizeof(struct skb_shared_info);
