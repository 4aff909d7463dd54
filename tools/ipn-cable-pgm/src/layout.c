// SPDX-License-Identifier: GPL-2.0
/* Whether sys.rs has OpenPGM's interface as the headers have it; compiled, never run. */
#include <poll.h>
#include <stddef.h>
#include <pgm/pgm.h>

#define SAME(a, b) _Static_assert((a) == (b), #a)

SAME(IPPROTO_PGM, 113);
SAME(sizeof(bool), 1);
SAME(sizeof(struct pgm_tsi_t), 8);
SAME(offsetof(struct pgm_tsi_t, sport), 6);
SAME(sizeof(struct pgm_sockaddr_t), 10);
SAME(offsetof(struct pgm_sockaddr_t, sa_addr), 2);
SAME(sizeof(struct pgm_interface_req_t), 8 + sizeof(struct sockaddr_storage));
SAME(offsetof(struct pgm_interface_req_t, ir_scope_id), 4);
SAME(offsetof(struct pgm_interface_req_t, ir_address), 8);
SAME(sizeof(struct pgm_group_source_req), 8 + 3 * sizeof(struct sockaddr_storage));
SAME(offsetof(struct pgm_group_source_req, gsr_group), 8);
SAME(offsetof(struct pgm_group_source_req, gsr_source), 8 + sizeof(struct sockaddr_storage));
SAME(offsetof(struct pgm_group_source_req, gsr_addr), 8 + 2 * sizeof(struct sockaddr_storage));
SAME(offsetof(struct pgm_error_t, message), 8);

SAME(PGM_IO_STATUS_ERROR, 0);
SAME(PGM_IO_STATUS_NORMAL, 1);
SAME(PGM_IO_STATUS_RESET, 2);
SAME(PGM_IO_STATUS_EOF, 4);
SAME(PGM_IO_STATUS_RATE_LIMITED, 6);

SAME(PGM_TIME_REMAIN, 0x2005);
SAME(PGM_MTU, 0x2008);
SAME(PGM_MULTICAST_LOOP, 0x200c);
SAME(PGM_MULTICAST_HOPS, 0x200d);
SAME(PGM_AMBIENT_SPM, 0x200f);
SAME(PGM_HEARTBEAT_SPM, 0x2010);
SAME(PGM_TXW_SQNS, 0x2012);
SAME(PGM_TXW_MAX_RTE, 0x2014);
SAME(PGM_PEER_EXPIRY, 0x2015);
SAME(PGM_SPMR_EXPIRY, 0x2016);
SAME(PGM_RXW_SQNS, 0x2018);
SAME(PGM_NAK_BO_IVL, 0x201b);
SAME(PGM_NAK_RPT_IVL, 0x201c);
SAME(PGM_NAK_RDATA_IVL, 0x201d);
SAME(PGM_NAK_DATA_RETRIES, 0x201e);
SAME(PGM_NAK_NCF_RETRIES, 0x201f);
SAME(PGM_NOBLOCK, 0x2027);
SAME(PGM_SEND_GROUP, 0x2028);
SAME(PGM_JOIN_GROUP, 0x2029);
SAME(PGM_UDP_ENCAP_UCAST_PORT, 0x2030);
SAME(PGM_UDP_ENCAP_MCAST_PORT, 0x2031);
SAME(PGM_RDATA_MAX_RTE, 0x2035);
