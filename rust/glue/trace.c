// SPDX-License-Identifier: GPL-2.0
/*
 * Trace points. A static key can not be asked from Rust outside the kernel's own
 * tree, and to call C for it would cost each message more than it does: so a word
 * says which of them somebody listens to (rust/glue/trace.rs).
 */
#include <linux/compiler.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

u32 ipn_traced;

/* The kernel calls these one at a time: for the first listener, and after the last. */
#define IPN_TRACE_ON(event, bit)					\
	int ipn_trace_##event##_on(void)				\
	{								\
		WRITE_ONCE(ipn_traced, ipn_traced | (bit));		\
		return 0;						\
	}

#define IPN_TRACE_OFF(event, bit)					\
	void ipn_trace_##event##_off(void)				\
	{								\
		WRITE_ONCE(ipn_traced, ipn_traced & ~(bit));		\
	}

IPN_TRACE_ON(send, IPN_TRACE_SEND)
IPN_TRACE_OFF(send, IPN_TRACE_SEND)
IPN_TRACE_ON(recv, IPN_TRACE_RECV)
IPN_TRACE_OFF(recv, IPN_TRACE_RECV)
IPN_TRACE_ON(drop, IPN_TRACE_DROP)
IPN_TRACE_OFF(drop, IPN_TRACE_DROP)
IPN_TRACE_ON(wait, IPN_TRACE_WAIT)
IPN_TRACE_OFF(wait, IPN_TRACE_WAIT)
IPN_TRACE_ON(join, IPN_TRACE_JOIN)
IPN_TRACE_OFF(join, IPN_TRACE_JOIN)
IPN_TRACE_ON(leave, IPN_TRACE_LEAVE)
IPN_TRACE_OFF(leave, IPN_TRACE_LEAVE)

void ipn_helper_trace_send(const struct ipn_file_numbers *network, u32 port, u32 len)
{
	trace_ipn_send(network, port, len);
}

void ipn_helper_trace_recv(const struct ipn_file_numbers *network, u32 port, u32 from,
			   u32 len)
{
	trace_ipn_recv(network, port, from, len);
}

void ipn_helper_trace_drop(const struct ipn_file_numbers *network, u32 port, u64 count,
			   u32 reason)
{
	trace_ipn_drop(network, port, count, reason);
}

void ipn_helper_trace_wait(const struct ipn_file_numbers *network, u32 port, bool room)
{
	trace_ipn_wait(network, port, room);
}

void ipn_helper_trace_join(const struct ipn_file_numbers *network, u32 port, u32 can)
{
	trace_ipn_join(network, port, can);
}

void ipn_helper_trace_leave(const struct ipn_file_numbers *network, u32 port)
{
	trace_ipn_leave(network, port);
}
