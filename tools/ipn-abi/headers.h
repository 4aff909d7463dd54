/* SPDX-License-Identifier: GPL-2.0 */
/* What generate.py has bindgen read; requests have the size of a struct ifreq in their number. */
#include <linux/if.h>
#include <linux/af_ipn.h>
#include <linux/ipn_netlink.h>
#include <linux/ipn_switch.h>
