// SPDX-License-Identifier: GPL-2.0

//! The registration of a socket family, and the C functions that the kernel calls.

use crate::rust::{
    bindings,
    mm::mmap::NewMapping,
    net::{
        family::Family,
        fdinfo::FdInfo,
        message::{Incoming, Outgoing},
        socket::{Sock, FAMILY},
        sockopt::{OptionReader, OptionWriter},
    },
    task::after_call::AfterCall,
};
use core::{
    marker::PhantomData,
    mem::size_of,
    ptr::{self, NonNull},
};
use kernel::{
    error::{from_result, to_result},
    ffi::{c_int, c_uint, c_ulong, c_void},
    prelude::*,
    seq_file::SeqFile,
    sync::atomic::{
        ordering::{Acquire, Full, Release},
        Atomic,
    },
    types::Opaque,
    ThisModule,
};

/// The tables that the kernel has of the family.
struct Tables {
    ops: bindings::proto_ops,
    proto: Opaque<bindings::proto>,
    family: bindings::net_proto_family,
}

/// The tables of the one registration; `net_proto_family.create` has no other way to them.
static TABLES: Atomic<*mut Tables> = Atomic::new(ptr::null_mut());

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
    /// Registers the family. Its number is taken, or there is a registration already: `EEXIST`.
    ///
    /// C header: [`include/linux/net.h`](srctree/include/linux/net.h),
    /// [`include/net/sock.h`](srctree/include/net/sock.h)
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
        // Another registration's tables stay where they are.
        if TABLES.cmpxchg(ptr::null_mut(), tables, Full).is_err() {
            // SAFETY: It came from `KBox::into_raw`, and was given to nobody.
            drop(unsafe { KBox::from_raw(tables) });
            return Err(EEXIST);
        }
        // SAFETY: The tables live until `drop`, or are freed below when this fails.
        let result = unsafe {
            to_result(bindings::proto_register((*tables).proto.get(), 1)).and_then(|()| {
                to_result(bindings::sock_register(&raw const (*tables).family))
                    .inspect_err(|_| bindings::proto_unregister((*tables).proto.get()))
            })
        };
        if let Err(error) = result {
            TABLES.store(ptr::null_mut(), Release);
            // SAFETY: It came from `KBox::into_raw`, and the kernel has it no more.
            drop(unsafe { KBox::from_raw(tables) });
            return Err(error);
        }
        let tables = NonNull::new(tables).ok_or(ENOMEM)?;
        // INVARIANT: both calls succeeded, and `TABLES` was set before.
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
            bindings::ipn_helper_await_ends_of_calls();
            bindings::proto_unregister((*self.tables.as_ptr()).proto.get());
            TABLES.store(ptr::null_mut(), Release);
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
            compat_ioctl: Some(Self::compat_ioctl),
            gettstamp: Some(bindings::sock_gettstamp),
            listen: Some(bindings::sock_no_listen),
            shutdown: Some(Self::shutdown),
            setsockopt: Some(Self::setsockopt),
            getsockopt_iter: Some(Self::getsockopt),
            sendmsg: Some(Self::sendmsg),
            recvmsg: Some(Self::recvmsg),
            mmap: Some(Self::mmap),
            #[cfg(CONFIG_PROC_FS)]
            show_fdinfo: Some(Self::show_fdinfo),
            ..Default::default()
        }
    }

    fn proto(owner: *mut bindings::module) -> bindings::proto {
        let mut proto = bindings::proto {
            owner,
            obj_size: size_of::<Sock<T>>() as c_uint,
            release_cb: Some(Self::unlocked),
            ..Default::default()
        };
        let room = proto.name.len().saturating_sub(1);
        for (to, from) in proto.name.iter_mut().take(room).zip(T::NAME.to_bytes()) {
            *to = *from;
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

    /// `proto.release_cb`: a task has held the socket's lock, and may have asked for its signal, or
    /// attached a filter.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
    unsafe extern "C" fn unlocked(sk: *mut bindings::sock) {
        // SAFETY: The kernel gives a socket of ours, which has its `data` since it was made.
        unsafe {
            if bindings::ipn_helper_sk_wants_signal(sk) {
                T::wants_signal(&*sk.cast::<Sock<T>>());
            }
            if bindings::ipn_helper_sk_has_filter(sk) {
                T::has_filter(&*sk.cast::<Sock<T>>());
            }
        }
    }

    /// `net_proto_family.create`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
    unsafe extern "C" fn create(
        net: *mut bindings::net,
        sock: *mut bindings::socket,
        protocol: c_int,
        kern: c_int,
    ) -> c_int {
        from_result(|| {
            // SAFETY: The kernel gives a new socket.
            let kind = unsafe { (*sock).type_ } as u32;
            let data = T::create(kind, protocol, kern != 0)?;
            let tables = TABLES.load(Acquire);
            // SAFETY: A registered family has tables until nobody makes sockets any more.
            let proto = unsafe { (*tables).proto.get() };
            // SAFETY: `net` and `proto` are valid.
            let sk = unsafe { bindings::ipn_helper_sk_alloc(net, proto, kern) };
            if sk.is_null() {
                return Err(ENOMEM);
            }
            // SAFETY: `proto.obj_size` has room for a `Sock<T>`, which nobody sees yet.
            let place = unsafe {
                let sock = sk.cast::<Sock<T>>();
                (&raw mut (*sock).after_call).write(AfterCall::new());
                &raw mut (*sock).data
            };
            #[cfg(since_7_3)]
            // SAFETY: `place` is for a `T`, and a socket does not move.
            let initialised = unsafe { pin_init::raw_try_init(place, data) };
            #[cfg(not(since_7_3))]
            // SAFETY: As above.
            let initialised = unsafe { data.__pinned_init(place) };
            if let Err(error) = initialised {
                // SAFETY: Nobody has seen the socket; without a destructor `data` is left alone.
                unsafe { bindings::ipn_helper_sk_free(sk) };
                return Err(error);
            }
            // SAFETY: Both are valid; from here on the kernel frees the socket through `destruct`.
            unsafe {
                (*sock).ops = &raw const (*tables).ops;
                bindings::ipn_helper_sk_init(sock, sk, protocol, Some(Self::destruct));
            }
            Ok(0)
        })
    }

    /// `sock.sk_destruct`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
    unsafe extern "C" fn destruct(sk: *mut bindings::sock) {
        // SAFETY: The last reference is gone, so `data` is dropped once and used by nobody, and nobody uses
        // the socket's queue.
        unsafe {
            core::ptr::drop_in_place(&raw mut (*sk.cast::<Sock<T>>()).data);
            bindings::ipn_helper_sk_purge(sk);
        }
    }

    /// `proto_ops.release`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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

    /// `proto_ops.bind`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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

    /// `proto_ops.connect`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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

    /// `proto_ops.getname`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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

    /// `proto_ops.mmap`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
    unsafe extern "C" fn mmap(
        _file: *mut bindings::file,
        sock: *mut bindings::socket,
        area: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        // SAFETY: The kernel gives an area that is being set up, ours until we return.
        let mapping = unsafe { NewMapping::from_raw(area.cast()) };
        from_result(|| T::map(sock, &mapping).map(|()| 0))
    }

    /// `proto_ops.show_fdinfo`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
    #[cfg(CONFIG_PROC_FS)]
    unsafe extern "C" fn show_fdinfo(file: *mut bindings::seq_file, sock: *mut bindings::socket) {
        // SAFETY: The kernel gives a file that is being read, and a socket of ours that is open.
        let (file, sock) = unsafe { (SeqFile::from_raw(file.cast()), Self::from_socket(sock)) };
        T::show(sock, &FdInfo::new(file));
    }

    /// `proto_ops.poll`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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

    /// `proto_ops.ioctl`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
    unsafe extern "C" fn ioctl(
        sock: *mut bindings::socket,
        request: c_uint,
        argument: c_ulong,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        from_result(|| T::ioctl(sock, request, argument))
    }

    /// `proto_ops.compat_ioctl`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
    #[cfg(CONFIG_COMPAT)]
    unsafe extern "C" fn compat_ioctl(
        sock: *mut bindings::socket,
        request: c_uint,
        argument: c_ulong,
    ) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        from_result(|| T::compat_ioctl(sock, request, argument))
    }

    /// `proto_ops.shutdown`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
    unsafe extern "C" fn shutdown(sock: *mut bindings::socket, how: c_int) -> c_int {
        // SAFETY: The kernel gives a socket of ours.
        let sock = unsafe { Self::from_socket(sock) };
        from_result(|| T::shutdown(sock, how).map(|()| 0))
    }

    /// `proto_ops.setsockopt`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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

    /// `proto_ops.getsockopt_iter`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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

    /// `proto_ops.sendmsg`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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

    /// `proto_ops.recvmsg`.
    ///
    /// # Safety
    ///
    /// The kernel calls it, with what that member is given.
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
