// SPDX-License-Identifier: GPL-2.0

//! Socket families: `struct sock` with a Rust value in it, and the family's registration.

use crate::{
    bindings,
    message::{Incoming, Outgoing},
    sockopt::{OptionReader, OptionWriter},
};
use core::{marker::PhantomData, mem::size_of, ops::Deref, ptr::NonNull};
use kernel::{
    error::{from_result, to_result},
    ffi::{c_int, c_long, c_uint, c_ulong, c_void},
    prelude::*,
    sync::{
        aref::{ARef, AlwaysRefCounted},
        atomic::{
            ordering::{Acquire, Release},
            Atomic,
        },
    },
    types::Opaque,
    ThisModule,
};

/// Number of the family.
pub(crate) const FAMILY: u16 = bindings::IPN_CONST_FAMILY as u16;

/// Longest address that `getsockname` gives.
pub(crate) const ADDRESS_LEN: usize = size_of::<bindings::sockaddr_un>();

/// Whether a type of socket is made of messages without a connection of two: `SOCK_RAW`, `SOCK_DGRAM`
/// and `SOCK_SEQPACKET`.
pub(crate) fn is_message_type(kind: u32) -> bool {
    [
        bindings::sock_type_SOCK_RAW,
        bindings::sock_type_SOCK_DGRAM,
        bindings::sock_type_SOCK_SEQPACKET,
    ]
    .contains(&kind)
}

/// What `poll(2)` tells.
pub(crate) mod events {
    use crate::bindings;

    /// A message, or the end, can be read.
    pub(crate) const IN: u32 = bindings::IPN_CONST_EPOLLIN;
    /// A message can be sent.
    pub(crate) const OUT: u32 = bindings::IPN_CONST_EPOLLOUT;
    /// An out-of-band message can be read.
    pub(crate) const PRI: u32 = bindings::IPN_CONST_EPOLLPRI;
    /// Nothing more will come.
    pub(crate) const RDHUP: u32 = bindings::IPN_CONST_EPOLLRDHUP;
    /// Nothing will go either way.
    pub(crate) const HUP: u32 = bindings::IPN_CONST_EPOLLHUP;
}

/// What the sockets of a family do. Each socket has one value of the implementing type.
///
/// All calls but `poll` come from a process and may sleep. Several may be in progress on one socket,
/// but none is when `release` comes.
pub(crate) trait Family: Sized + Send + Sync + 'static {
    /// The family's name in `/proc/net/protocols`.
    const NAME: &'static CStr;

    /// A new socket of a type (`SOCK_RAW`, ...) and protocol.
    fn create(kind: u32, protocol: i32) -> Result<impl PinInit<Self, Error>>;

    /// The last descriptor was closed. The value itself lives on while there are references.
    fn release(sock: &Sock<Self>);

    /// `bind(2)`: `address` holds the bytes that the caller gave.
    fn bind(sock: &Sock<Self>, address: &[u8]) -> Result;

    /// `connect(2)`: `address` holds the bytes that the caller gave, none for a NULL address.
    fn connect(sock: &Sock<Self>, address: &[u8]) -> Result;

    /// `getsockname(2)`, `getpeername(2)`: the address's bytes and how many count.
    fn name(sock: &Sock<Self>, peer: bool) -> Result<([u8; ADDRESS_LEN], usize)>;

    /// `poll(2)`: the `EPOLL*` that hold now. With `sleeps` the caller waits on the socket's queue
    /// afterwards, and must be woken when one comes to hold.
    fn poll(sock: &Sock<Self>, sleeps: bool) -> u32;

    /// `ioctl(2)`.
    fn ioctl(sock: &Sock<Self>, request: u32, argument: usize) -> Result<i32>;

    /// `shutdown(2)`: `how` is what the caller gave.
    fn shutdown(sock: &Sock<Self>, how: i32) -> Result;

    /// `setsockopt(2)` beyond `SOL_SOCKET`.
    fn set_option(sock: &Sock<Self>, level: i32, option: u32, value: &OptionReader) -> Result;

    /// `getsockopt(2)` beyond `SOL_SOCKET`.
    fn get_option(
        sock: &Sock<Self>,
        level: i32,
        option: u32,
        value: &mut OptionWriter<'_>,
    ) -> Result;

    /// `sendmsg(2)`: how many bytes went.
    fn send(sock: &Sock<Self>, message: Outgoing<'_>) -> Result<usize>;

    /// `recvmsg(2)`: how many bytes came.
    fn receive(sock: &Sock<Self>, place: Incoming<'_>) -> Result<usize>;
}

/// A socket of the family: the kernel's part, then ours.
///
/// # Invariants
///
/// It lies in memory from `sk_alloc` for the family's `struct proto`, `data` is initialised, and
/// the kernel's reference count keeps both.
#[repr(C)]
pub(crate) struct Sock<T> {
    sk: Opaque<bindings::sock>,
    data: T,
}

// SAFETY: `struct sock` may be used from any thread by the functions below; `T` is `Send` and `Sync`.
unsafe impl<T: Send + Sync> Send for Sock<T> {}

// SAFETY: As above.
unsafe impl<T: Send + Sync> Sync for Sock<T> {}

// SAFETY: The kernel frees a socket with its last reference; `sk_refcnt` counts them.
unsafe impl<T> AlwaysRefCounted for Sock<T> {
    fn inc_ref(&self) {
        // SAFETY: The shared reference shows that the count is not zero.
        unsafe { bindings::ipn_helper_sock_hold(self.as_ptr()) }
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: The caller gives up a reference.
        unsafe { bindings::ipn_helper_sock_put(obj.as_ptr().cast()) }
    }
}

impl<T> Deref for Sock<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> Sock<T> {
    /// The kernel's part.
    pub(crate) fn as_ptr(&self) -> *mut bindings::sock {
        self.sk.get()
    }

    /// Sleeps until `ready`, a signal, or the end of `timeout` (jiffies; what is left stays in it).
    ///
    /// `ready` is asked once more after every wake-up of the socket's queue. A signal:
    /// `ERESTARTSYS`, or `EINTR` with a finite timeout.
    pub(crate) fn wait<F: FnMut() -> bool>(&self, timeout: &mut c_long, mut ready: F) -> Result {
        unsafe extern "C" fn ask<F: FnMut() -> bool>(ready: *mut c_void) -> bool {
            // SAFETY: `wait` passes its own `F`, which it does not touch meanwhile.
            unsafe { (*ready.cast::<F>())() }
        }
        // SAFETY: The socket is valid, and `ready` outlives the call.
        let left = unsafe {
            bindings::ipn_helper_sk_wait(
                self.as_ptr(),
                *timeout,
                Some(ask::<F>),
                (&raw mut ready).cast(),
            )
        };
        if left < 0 {
            // SAFETY: It computes a number.
            return to_result(unsafe { bindings::ipn_helper_intr_errno(*timeout) });
        }
        *timeout = left;
        Ok(())
    }

    /// How long a receive may sleep, in jiffies: `SO_RCVTIMEO`, 0 when it must not.
    pub(crate) fn receive_timeout(&self, dont_wait: bool) -> c_long {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_rcvtimeo(self.as_ptr(), dont_wait) }
    }

    /// How long a send may sleep, in jiffies: `SO_SNDTIMEO`, 0 when it must not.
    pub(crate) fn send_timeout(&self, dont_wait: bool) -> c_long {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_sndtimeo(self.as_ptr(), dont_wait) }
    }

    /// Whether anybody sleeps on the socket, or wants its signal (`SIGIO`).
    ///
    /// What was written before is seen by whoever comes to sleep after.
    pub(crate) fn has_sleeper(&self) -> bool {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_has_sleeper(self.as_ptr()) }
    }

    /// Wakes those who wait for a message.
    pub(crate) fn wake_receivers(&self) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_data_ready(self.as_ptr()) }
    }

    /// Wakes those who wait for room.
    pub(crate) fn wake_senders(&self) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_write_space(self.as_ptr()) }
    }

    /// Wakes all who sleep on the socket.
    pub(crate) fn wake_all(&self) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_wake_all(self.as_ptr()) }
    }

    /// Shows the kernel's generic code which directions are shut (`RCV_SHUTDOWN`, `SEND_SHUTDOWN`).
    pub(crate) fn show_shutdown(&self, bits: u32) {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_set_shutdown(self.as_ptr(), bits as c_int) }
    }

    /// Counts lost messages where the kernel shows them (`SO_MEMINFO`).
    pub(crate) fn add_drops(&self, count: u64) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_add_drops(self.as_ptr(), count) }
    }

    /// Lost messages, modulo 2^32 as `SO_RXQ_OVFL` has it.
    pub(crate) fn drops(&self) -> u32 {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_drops(self.as_ptr()) }
    }

    /// Whether messages' arrival times are wanted (`SO_TIMESTAMP` and its kin).
    pub(crate) fn wants_stamp(&self) -> bool {
        // SAFETY: The socket is valid.
        unsafe { bindings::ipn_helper_sk_wants_stamp(self.as_ptr()) }
    }
}

/// Sends the caller the signal of a write that nobody can read.
pub(crate) fn raise_sigpipe() {
    // SAFETY: A process calls.
    unsafe { bindings::ipn_helper_sigpipe() }
}

/// Writes an int to user space. Not writable: `EFAULT`.
pub(crate) fn put_user_int(address: usize, value: i32) -> Result {
    // SAFETY: It checks the address.
    to_result(unsafe { bindings::ipn_helper_put_user_int(address as c_ulong, value) })
}

/// The tables that the kernel has of the family.
struct Tables {
    ops: bindings::proto_ops,
    proto: Opaque<bindings::proto>,
    family: bindings::net_proto_family,
}

/// The tables of the one registration; `net_proto_family.create` has no other way to them.
static TABLES: Atomic<*mut Tables> = Atomic::new(core::ptr::null_mut());

/// The family's registration, undone when dropped.
///
/// # Invariants
///
/// `tables` is registered with the kernel and stands in [`TABLES`].
pub(crate) struct Registration<T> {
    tables: NonNull<Tables>,
    _family: PhantomData<T>,
}

// SAFETY: Registering and undoing it belong to no thread.
unsafe impl<T: Family> Send for Registration<T> {}

// SAFETY: A shared registration does nothing.
unsafe impl<T: Family> Sync for Registration<T> {}

impl<T: Family> Registration<T> {
    /// Registers the family. Taken: `EEXIST`. There is one registration at a time.
    pub(crate) fn new(module: &'static ThisModule) -> Result<Self> {
        let owner = module.as_ptr().cast::<bindings::module>();
        let tables = KBox::new(
            Tables {
                ops: Callbacks::<T>::ops(owner),
                proto: Opaque::new(Callbacks::<T>::proto(owner)),
                family: bindings::net_proto_family {
                    family: c_int::from(FAMILY),
                    create: Some(Callbacks::<T>::create),
                    owner,
                },
            },
            GFP_KERNEL,
        )?;
        let tables = KBox::into_raw(tables);
        // SAFETY: The tables live until `drop`, or are freed below when this fails.
        let result = unsafe {
            to_result(bindings::proto_register((*tables).proto.get(), 1)).and_then(|()| {
                TABLES.store(tables, Release);
                to_result(bindings::sock_register(&raw const (*tables).family))
                    .inspect_err(|_| bindings::proto_unregister((*tables).proto.get()))
            })
        };
        if let Err(error) = result {
            TABLES.store(core::ptr::null_mut(), Release);
            // SAFETY: It came from `KBox::into_raw`, and the kernel has it no more.
            drop(unsafe { KBox::from_raw(tables) });
            return Err(error);
        }
        let tables = NonNull::new(tables).ok_or(ENOMEM)?;
        // INVARIANT: both calls succeeded, and `TABLES` was set.
        Ok(Self {
            tables,
            _family: PhantomData,
        })
    }
}

impl<T> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: By the invariants it is registered. Sockets hold the module, so none is left, and
        // `sock_unregister` waits for those who are just making one.
        unsafe {
            bindings::sock_unregister(c_int::from(FAMILY));
            bindings::proto_unregister((*self.tables.as_ptr()).proto.get());
            TABLES.store(core::ptr::null_mut(), Release);
            drop(KBox::from_raw(self.tables.as_ptr()));
        }
    }
}

/// The C functions of a family: they convert, call, and convert back.
struct Callbacks<T>(PhantomData<T>);

impl<T: Family> Callbacks<T> {
    fn ops(owner: *mut bindings::module) -> bindings::proto_ops {
        bindings::proto_ops {
            family: c_int::from(FAMILY),
            owner,
            release: Some(Self::release),
            bind: Some(Self::bind),
            connect: Some(Self::connect),
            socketpair: Some(bindings::sock_no_socketpair),
            accept: Some(bindings::sock_no_accept),
            getname: Some(Self::getname),
            poll: Some(Self::poll),
            ioctl: Some(Self::ioctl),
            #[cfg(CONFIG_COMPAT)]
            compat_ioctl: Some(Self::ioctl),
            gettstamp: Some(bindings::sock_gettstamp),
            listen: Some(bindings::sock_no_listen),
            shutdown: Some(Self::shutdown),
            setsockopt: Some(Self::setsockopt),
            getsockopt_iter: Some(Self::getsockopt),
            sendmsg: Some(Self::sendmsg),
            recvmsg: Some(Self::recvmsg),
            mmap: Some(bindings::sock_no_mmap),
            ..Default::default()
        }
    }

    fn proto(owner: *mut bindings::module) -> bindings::proto {
        let mut proto = bindings::proto {
            owner,
            obj_size: size_of::<Sock<T>>() as c_uint,
            ..Default::default()
        };
        let room = proto.name.len().saturating_sub(1);
        for (to, from) in proto.name.iter_mut().take(room).zip(T::NAME.to_bytes()) {
            *to = *from as _;
        }
        proto
    }

    /// The socket behind `sock`.
    ///
    /// # Safety
    ///
    /// `sock` must be one of this family's on which a call is in progress.
    unsafe fn from_socket<'a>(sock: *mut bindings::socket) -> &'a Sock<T> {
        // SAFETY: While a call is in progress `sk` is set and holds a reference; `create` put a
        // `Sock<T>` there.
        unsafe { &*(*sock).sk.cast::<Sock<T>>() }
    }

    unsafe extern "C" fn create(
        net: *mut bindings::net,
        sock: *mut bindings::socket,
        protocol: c_int,
        kern: c_int,
    ) -> c_int {
        from_result(|| {
            // SAFETY: The kernel gives a new socket.
            let kind = unsafe { (*sock).type_ } as u32;
            let data = T::create(kind, protocol)?;
            let tables = TABLES.load(Acquire);
            // SAFETY: A registered family has tables until nobody makes sockets any more.
            let proto = unsafe { (*tables).proto.get() };
            // SAFETY: `net` and `proto` are valid.
            let sk = unsafe { bindings::ipn_helper_sk_alloc(net, proto, kern) };
            if sk.is_null() {
                return Err(ENOMEM);
            }
            // SAFETY: `proto.obj_size` has room for a `Sock<T>`, which nobody sees yet.
            let place = unsafe { &raw mut (*sk.cast::<Sock<T>>()).data };
            // SAFETY: `place` is for a `T`, and a socket does not move.
            if let Err(error) = unsafe { data.__pinned_init(place) } {
                // SAFETY: Nobody has seen the socket; without a destructor `data` is left alone.
                unsafe { bindings::ipn_helper_sk_free(sk) };
                return Err(error);
            }
            // SAFETY: Both are valid; from here on the kernel frees the socket through `destruct`.
            unsafe {
                (*sock).ops = &raw const (*tables).ops;
                bindings::ipn_helper_sk_init(sock, sk, Some(Self::destruct));
            }
            Ok(0)
        })
    }

    unsafe extern "C" fn destruct(sk: *mut bindings::sock) {
        // SAFETY: The last reference is gone, so `data` is dropped once and used by nobody.
        unsafe { core::ptr::drop_in_place(&raw mut (*sk.cast::<Sock<T>>()).data) }
    }

    unsafe extern "C" fn release(sock: *mut bindings::socket) -> c_int {
        // SAFETY: The kernel gives a socket; `sk` is NULL when `create` failed or it was released.
        unsafe {
            if !(*sock).sk.is_null() {
                T::release(Self::from_socket(sock));
                bindings::ipn_helper_sk_release(sock);
            }
        }
        0
    }

    /// The bytes of an address.
    ///
    /// # Safety
    ///
    /// `address` must have `len` bytes for `'a`, unless `len` is not positive.
    unsafe fn address<'a>(address: *const c_void, len: c_int) -> &'a [u8] {
        match usize::try_from(len) {
            // SAFETY: By this function's requirements.
            Ok(len) if len > 0 => unsafe { core::slice::from_raw_parts(address.cast(), len) },
            _ => &[],
        }
    }

    unsafe extern "C" fn bind(
        sock: *mut bindings::socket,
        address: *mut bindings::sockaddr_unsized,
        len: c_int,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours and an address of `len` bytes.
        let (sock, address) =
            unsafe { (Self::from_socket(sock), Self::address(address.cast(), len)) };
        from_result(|| T::bind(sock, address).map(|()| 0))
    }

    unsafe extern "C" fn connect(
        sock: *mut bindings::socket,
        address: *mut bindings::sockaddr_unsized,
        len: c_int,
        _flags: c_int,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours and an address of `len` bytes.
        let (this, address) =
            unsafe { (Self::from_socket(sock), Self::address(address.cast(), len)) };
        from_result(|| {
            T::connect(this, address)?;
            // SAFETY: As above.
            unsafe { bindings::ipn_helper_sk_set_state(sock, true) };
            Ok(0)
        })
    }

    unsafe extern "C" fn getname(
        sock: *mut bindings::socket,
        address: *mut bindings::sockaddr,
        peer: c_int,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        from_result(|| {
            let (bytes, len) = T::name(sock, peer != 0)?;
            // SAFETY: The kernel gives room for a `struct sockaddr_storage`, which is longer.
            unsafe {
                core::ptr::copy_nonoverlapping(bytes.as_ptr(), address.cast(), bytes.len());
            }
            Ok(len as c_int)
        })
    }

    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        sock: *mut bindings::socket,
        table: *mut bindings::poll_table_struct,
    ) -> bindings::__poll_t {
        // SAFETY: The kernel gives an open file of a socket of ours, and a poll table or NULL.
        let this = unsafe {
            bindings::ipn_helper_sock_poll_wait(file, sock, table);
            Self::from_socket(sock)
        };
        // SAFETY: As above.
        T::poll(this, unsafe { bindings::ipn_helper_poll_sleeps(table) })
    }

    unsafe extern "C" fn ioctl(
        sock: *mut bindings::socket,
        request: c_uint,
        argument: c_ulong,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        from_result(|| T::ioctl(sock, request, argument as usize))
    }

    unsafe extern "C" fn shutdown(sock: *mut bindings::socket, how: c_int) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        from_result(|| T::shutdown(sock, how).map(|()| 0))
    }

    unsafe extern "C" fn setsockopt(
        sock: *mut bindings::socket,
        level: c_int,
        option: c_int,
        value: bindings::sockptr_t,
        len: c_uint,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        // SAFETY: The kernel gives a pointer to `len` bytes, of its own or of the caller.
        let value = unsafe { OptionReader::from_raw(value, len) };
        from_result(|| T::set_option(sock, level, option as u32, &value).map(|()| 0))
    }

    unsafe extern "C" fn getsockopt(
        sock: *mut bindings::socket,
        level: c_int,
        option: c_int,
        value: *mut bindings::sockopt_t,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        // SAFETY: The kernel gives a place for the value, ours until we return.
        let mut value = unsafe { OptionWriter::from_raw(value) };
        from_result(|| T::get_option(sock, level, option as u32, &mut value).map(|()| 0))
    }

    unsafe extern "C" fn sendmsg(
        sock: *mut bindings::socket,
        msg: *mut bindings::msghdr,
        len: usize,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        // SAFETY: The kernel gives a message of `len` bytes, ours until we return.
        let message = unsafe { Outgoing::from_raw(msg, len) };
        from_result(|| T::send(sock, message).map(|len| len as c_int))
    }

    unsafe extern "C" fn recvmsg(
        sock: *mut bindings::socket,
        msg: *mut bindings::msghdr,
        room: usize,
        flags: c_int,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        // SAFETY: The kernel gives room for `room` bytes, ours until we return.
        let place = unsafe { Incoming::from_raw(msg, room, flags) };
        from_result(|| T::receive(sock, place).map(|len| len as c_int))
    }
}

/// A counted reference to a socket.
pub(crate) type SockRef<T> = ARef<Sock<T>>;
