// SPDX-License-Identifier: GPL-2.0

//! Network devices that are ports: taps, which we make, and devices that we grab.
//!
//! What the kernel wants in C is in `netdev.c`, `tap.c` and `grab.c`.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

use crate::rust::{
    bindings,
    fs::path::FileNumbers,
    glue::ring_memory::RingMemory,
    net::{
        family::Family,
        namespace::Namespace,
        socket::{Sock, SockRef},
    },
};
use core::{mem::ManuallyDrop, ptr::NonNull};
use kernel::{error::to_result, prelude::*};

/// Bytes of a device's name, its NUL included (`IFNAMSIZ`).
pub(crate) const NAME_LEN: usize = 16;

/// The name of a device. Empty: one is chosen.
///
/// # Invariants
///
/// The last byte is NUL.
pub(crate) struct DeviceName([u8; NAME_LEN]);

impl DeviceName {
    /// Takes `ifr_name`, up to its first NUL. None: `EINVAL`.
    pub(crate) fn parse(given: &[u8]) -> Result<Self> {
        let given = given.get(..NAME_LEN).ok_or(EINVAL)?;
        let len = given.iter().position(|&b| b == 0).ok_or(EINVAL)?;
        Self::of(given.get(..len).ok_or(EINVAL)?)
    }

    /// Takes a word. Too long, or with a NUL in it: `EINVAL`.
    pub(crate) fn of(word: &[u8]) -> Result<Self> {
        if word.len() >= NAME_LEN || word.contains(&0) {
            return Err(EINVAL);
        }
        let mut name = [0; NAME_LEN];
        name.iter_mut().zip(word).for_each(|(to, from)| *to = *from);
        // INVARIANT: The word is shorter than the name.
        Ok(Self(name))
    }

    fn as_ptr(&self) -> *const u8 {
        self.0.as_ptr()
    }
}

/// What a tap is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// To be a member.
    Member,
    /// To show what passes, which are frames.
    Observer,
    /// To show what passes, whatever it is.
    RawObserver,
}

impl Use {
    /// Its number.
    fn number(self) -> u32 {
        match self {
            Self::Member => bindings::IPN_TAP_MEMBER,
            Self::Observer => bindings::IPN_TAP_OBSERVES,
            Self::RawObserver => bindings::IPN_TAP_OBSERVES_RAW,
        }
    }
}

/// A device in a network namespace: its number there, and its name.
#[derive(Clone, Copy)]
pub(crate) struct ShownDevice {
    /// Its number, not 0.
    pub(crate) index: u32,
    /// Its name, which ends with a NUL.
    pub(crate) name: [u8; NAME_LEN],
}

/// A device that is a port.
///
/// # Invariants
///
/// `device` is valid and a reference to it is held.
pub(crate) struct NetDevice {
    device: NonNull<bindings::ipn_device>,
}

// SAFETY: References to devices belong to no thread.
unsafe impl Send for NetDevice {}

impl NetDevice {
    /// Makes an interface in the socket's network namespace, for messages of up to `frame_max` bytes.
    /// `file` is that of the socket's network.
    pub(crate) fn tap<T: Family>(
        sock: &Sock<T>,
        name: &DeviceName,
        file: &FileNumbers,
        frame_max: u32,
        purpose: Use,
    ) -> Result<Self> {
        let mut device = core::ptr::null_mut();
        // SAFETY: The socket is valid, the name is a string, and `device` has room for the result.
        to_result(unsafe {
            let net = bindings::ipn_helper_sock_net(sock.as_ptr());
            let name = name.as_ptr().cast();
            let (sk, file, kind) = (sock.as_ptr(), file.as_raw(), purpose.number());
            bindings::ipn_helper_tap_create(net, name, sk, file, frame_max, kind, &mut device)
        })?;
        // INVARIANT: It took a reference for us.
        Ok(Self {
            device: NonNull::new(device).ok_or(ENODEV)?,
        })
    }

    /// Takes an interface of the socket's network namespace for the socket's network, whose file this
    /// is.
    ///
    /// None: `ENODEV`; not Ethernet: `EINVAL`; it has a master or another's receive handler: `EBUSY`;
    /// a bridge, or it would stand on itself by way of networks: `ELOOP`; its driver cannot send
    /// others' frames: `EOPNOTSUPP`.
    pub(crate) fn grab<T: Family>(
        sock: &Sock<T>,
        name: &DeviceName,
        file: &FileNumbers,
    ) -> Result<Self> {
        let mut device = core::ptr::null_mut();
        // SAFETY: The socket is valid, the name is a string, and `device` has room for the result.
        to_result(unsafe {
            let net = bindings::ipn_helper_sock_net(sock.as_ptr());
            let name = name.as_ptr().cast();
            bindings::ipn_helper_grab(net, name, sock.as_ptr(), file.as_raw(), &mut device)
        })?;
        // INVARIANT: It took a reference for us.
        Ok(Self {
            device: NonNull::new(device).ok_or(ENODEV)?,
        })
    }

    /// Ends it: a tap is gone, a grabbed device is free. Sleeps.
    pub(crate) fn release(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: The device is valid by the invariants, and the call gives our reference back.
        unsafe { bindings::ipn_helper_device_release(this.device.as_ptr()) }
    }

    /// Has its NAPI read the port's messages soon.
    pub(crate) fn schedule(&self) {
        // SAFETY: The device is valid by the invariants.
        unsafe { bindings::ipn_helper_device_schedule(self.device.as_ptr()) }
    }

    /// Whether it takes one more packet now. If not, it is scheduled once it does.
    pub(crate) fn has_room(&self) -> bool {
        // SAFETY: The device is valid by the invariants.
        unsafe { bindings::ipn_helper_device_has_room(self.device.as_ptr()) }
    }

    /// A packet of `len` bytes, ready to be sent once `fill` has added them; they may be torn. No memory: none,
    /// and counted.
    pub(crate) fn packet(
        &self,
        len: usize,
        fill: impl FnOnce(&mut Packet) -> bool,
    ) -> Option<Packet> {
        // SAFETY: The device is valid by the invariants.
        let skb = unsafe { bindings::ipn_helper_skb_new(self.device.as_ptr(), len as u32) };
        // INVARIANT: just made.
        let mut packet = Packet(NonNull::new(skb)?);
        // What is short of its length is not all there any more, and not sent.
        fill(&mut packet);
        Some(packet)
    }

    /// Hands a packet to the device; tells whether it took it. The device's reader calls it.
    pub(crate) fn send(&self, packet: Packet) -> bool {
        let packet = ManuallyDrop::new(packet);
        // SAFETY: Both are valid by their invariants, and the packet is given away.
        unsafe { bindings::ipn_helper_device_send(self.device.as_ptr(), packet.0.as_ptr()) }
    }

    /// Counts `count` messages that did not reach it, in one step. The device's reader calls it.
    pub(crate) fn count_drops(&self, count: u64) {
        if count != 0 {
            // SAFETY: The device is valid by the invariants.
            unsafe { bindings::ipn_helper_device_drop(self.device.as_ptr(), count as usize) }
        }
    }

    /// Counts a packet that it sent and that did not enter the network.
    pub(crate) fn count_unsent(&self) {
        // SAFETY: The device is valid by the invariants.
        unsafe { bindings::ipn_helper_device_count_unsent(self.device.as_ptr()) }
    }

    /// Lets a tap go on sending.
    pub(crate) fn wake(&self) {
        // SAFETY: The device is valid by the invariants.
        unsafe { bindings::ipn_helper_device_wake(self.device.as_ptr()) }
    }

    /// Shows that the network is gone.
    pub(crate) fn carrier_off(&self) {
        // SAFETY: The device is valid by the invariants.
        unsafe { bindings::ipn_helper_device_carrier_off(self.device.as_ptr()) }
    }

    /// Has it tell the number of its port.
    pub(crate) fn set_port(&self, number: u32) {
        // SAFETY: The device is valid by the invariants.
        unsafe { bindings::ipn_helper_device_set_port(self.device.as_ptr(), number) }
    }

    /// Its name now.
    pub(crate) fn name(&self) -> [u8; NAME_LEN] {
        let mut name = [0; NAME_LEN];
        // SAFETY: The device is valid by the invariants, and `name` is long enough.
        unsafe { bindings::ipn_helper_device_name(self.device.as_ptr(), name.as_mut_ptr().cast()) };
        name
    }

    /// Its number and name now, if it is in that network namespace.
    pub(crate) fn shown(&self, to: Namespace) -> Option<ShownDevice> {
        let mut name = [0; NAME_LEN];
        // SAFETY: The device is valid by the invariants, and `name` is long enough.
        let index = unsafe {
            bindings::ipn_helper_device_shown(
                self.device.as_ptr(),
                to.as_raw(),
                name.as_mut_ptr().cast(),
            )
        };
        (index != 0).then_some(ShownDevice { index, name })
    }

    /// The interface, if it is a tap.
    pub(crate) fn interface(&self) -> Option<Interface> {
        // SAFETY: The device is valid by the invariants.
        let dev = unsafe { bindings::ipn_helper_device_hold_tap(self.device.as_ptr()) };
        // INVARIANT: just taken.
        NonNull::new(dev).map(Interface)
    }
}

impl Drop for NetDevice {
    fn drop(&mut self) {
        // SAFETY: By the invariants there is a reference to give back.
        unsafe { bindings::ipn_helper_device_put(self.device.as_ptr()) }
    }
}

/// A turn of a device's NAPI: until it ends, there is no other.
///
/// # Invariants
///
/// `sock` is the socket of the port that `device` is, and the caller is in the poll of its NAPI.
pub(crate) struct Turn<'a, T: Family> {
    sock: &'a Sock<T>,
    /// The reference is not given back.
    device: ManuallyDrop<NetDevice>,
}

impl<'a, T: Family> Turn<'a, T> {
    /// A turn that has begun. No device: none.
    ///
    /// # Safety
    ///
    /// `device` must be that of the port of `sock`, and the caller in the poll of its NAPI for `'a`.
    pub(crate) unsafe fn begin(
        sock: &'a Sock<T>,
        device: *mut bindings::ipn_device,
    ) -> Option<Self> {
        let device = NonNull::new(device)?;
        // INVARIANT: The device is valid during the poll; the reference is not given back.
        let device = ManuallyDrop::new(NetDevice { device });
        // INVARIANT: By this function's requirements.
        Some(Self { sock, device })
    }

    /// The port's socket.
    pub(crate) fn sock(&self) -> &'a Sock<T> {
        self.sock
    }

    /// The device.
    pub(crate) fn device(&self) -> &NetDevice {
        &self.device
    }
}

/// Waits for the turns of devices that have begun. Sleeps.
pub(crate) fn await_turns() {
    // SAFETY: It waits, which the caller may.
    unsafe { bindings::ipn_helper_device_await_polls() }
}

/// The interface that a tap is.
///
/// # Invariants
///
/// It is valid and a reference to it is held.
pub(crate) struct Interface(NonNull<bindings::net_device>);

impl Interface {
    /// Sets its hardware address from a `struct sockaddr`. Gone: `ENODEV`. Sleeps.
    pub(crate) fn set_address(&self, address: &[u8; 16]) -> Result {
        // SAFETY: The interface is valid by the invariants, and the address is as long as it reads.
        to_result(unsafe {
            bindings::ipn_helper_tap_set_address(self.0.as_ptr(), address.as_ptr().cast())
        })
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        // SAFETY: By the invariants there is a reference to give back.
        unsafe { bindings::ipn_helper_tap_put(self.0.as_ptr()) }
    }
}

/// The port whose device has a name, in the network namespace of `sock`.
pub(crate) fn find<T: Family>(sock: &Sock<T>, name: &DeviceName) -> Option<SockRef<T>> {
    // SAFETY: The socket is valid and the name is a string. What is found is a socket of the same
    // family, with a reference for us.
    unsafe {
        let net = bindings::ipn_helper_sock_net(sock.as_ptr());
        let found = bindings::ipn_helper_device_find(net, name.as_ptr().cast());
        NonNull::new(found).map(|found| SockRef::from_raw(found.cast::<Sock<T>>()))
    }
}

/// Has the device of that name, if it is the socket's port, show its network and port. Sleeps.
pub(crate) fn show<T: Family>(sock: &Sock<T>, name: &DeviceName) {
    // SAFETY: The socket is valid and the name is a string.
    unsafe {
        let net = bindings::ipn_helper_sock_net(sock.as_ptr());
        bindings::ipn_helper_device_show(net, name.as_ptr().cast(), sock.as_ptr());
    }
}

/// Whether the caller, and the one that opened the socket, may change network devices (`CAP_NET_ADMIN`).
pub(crate) fn may_change_devices<T: Family>(sock: &Sock<T>) -> bool {
    // SAFETY: The socket is valid.
    unsafe { bindings::ipn_helper_net_admin(sock.as_ptr()) }
}

/// A packet that no queue has yet.
///
/// # Invariants
///
/// It is a valid `sk_buff` of ours.
pub(crate) struct Packet(NonNull<bindings::sk_buff>);

impl Packet {
    /// Adds the `len` bytes at `at`, which may be torn; tells whether they had room.
    pub(crate) fn add(&mut self, memory: &RingMemory, at: u32, len: usize) -> bool {
        memory.inspect(at, len, |bytes, len| {
            // SAFETY: The packet is ours by the invariants, and `bytes` has `len` bytes.
            unsafe { bindings::ipn_helper_skb_add(self.0.as_ptr(), bytes.cast(), len as u32) }
        })
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: By the invariants it is ours.
        unsafe { bindings::ipn_helper_skb_free(self.0.as_ptr()) }
    }
}

/// That there can be devices; undone when dropped.
///
/// # Invariants
///
/// The notifier and the kind of link are registered.
pub(crate) struct DeviceSupport(());

impl DeviceSupport {
    /// Registers what devices need.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: It is undone before the module goes.
        to_result(unsafe { bindings::ipn_helper_devices_register() })?;
        // INVARIANT: just registered.
        Ok(Self(()))
    }
}

impl Drop for DeviceSupport {
    fn drop(&mut self) {
        // SAFETY: By the invariants it is registered. Devices hold their sockets and those the
        // module, so none is left.
        unsafe { bindings::ipn_helper_devices_unregister() }
    }
}
