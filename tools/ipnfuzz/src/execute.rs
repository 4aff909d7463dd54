// SPDX-License-Identifier: GPL-2.0
//! Makes the calls of a program.

use crate::mapped::Mapped;
use crate::outcome::{Answer, Outcome};
use crate::program::{Argument, Call, Receiver, Sender, Slot, Space, SLOTS};
use crate::{files, filter, program, sysfs, transfer};
use ipntest::abi::{AF_IPN, IPN_NODEFLAG_GRAB, IPN_SETPERSIST, IPN_SETPERSIST_NETDEV};
use ipntest::sys::epoll::Epoll;
use ipntest::sys::memory::PAGE;
use ipntest::sys::message::Control;
use ipntest::sys::netdev::{packet_socket, Request};
use ipntest::sys::poll::poll;
use ipntest::sys::socket::{dup2, socket, socketpair, Sock};
use ipntest::sys::{bpf, mount, option, process};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The signal that wakes a thread which waits.
pub const PING: i32 = libc::SIGUSR1;

/// A descriptor in its place.
#[derive(Clone)]
enum Item {
    /// A socket of the family.
    Ours(Sock),
    /// A packet socket.
    Packet(Sock),
    /// An epoll instance.
    Epoll(Arc<Epoll>),
    /// A mapping of a socket.
    Mapped(Arc<Mapped>),
    /// A file in sysfs.
    File(Arc<File>),
}

/// Where a program's calls are made.
pub struct Machine {
    slots: [Mutex<Option<Item>>; SLOTS as usize],
    space: Space,
}

impl Machine {
    /// Nothing is open.
    pub fn new(space: Space) -> Machine {
        Machine {
            slots: [const { Mutex::new(None) }; SLOTS as usize],
            space,
        }
    }

    fn get(&self, slot: Slot) -> Option<Item> {
        self.slots[usize::from(slot % SLOTS)].lock().ok()?.clone()
    }

    /// Puts something into a place; what was there is closed once no call uses it any more.
    fn put(&self, slot: Slot, item: Option<Item>) {
        let place = &self.slots[usize::from(slot % SLOTS)];
        let old = place
            .lock()
            .map(|mut place| std::mem::replace(&mut *place, item));
        drop(old);
    }

    fn ours(&self, slot: Slot) -> Option<Sock> {
        match self.get(slot)? {
            Item::Ours(sock) => Some(sock),
            _ => None,
        }
    }

    /// A socket of any family, and whether that is ours.
    fn sock(&self, slot: Slot) -> Option<(Sock, bool)> {
        match self.get(slot)? {
            Item::Ours(sock) => Some((sock, true)),
            Item::Packet(sock) => Some((sock, false)),
            _ => None,
        }
    }

    fn mapped(&self, slot: Slot) -> Option<Arc<Mapped>> {
        match self.get(slot)? {
            Item::Mapped(area) => Some(area),
            _ => None,
        }
    }

    fn file(&self, slot: Slot) -> Option<Arc<File>> {
        match self.get(slot)? {
            Item::File(file) => Some(file),
            _ => None,
        }
    }

    fn epoll(&self, slot: Slot) -> Option<Arc<Epoll>> {
        match self.get(slot)? {
            Item::Epoll(epoll) => Some(epoll),
            _ => None,
        }
    }

    /// Closes everything.
    pub fn close_all(&self) {
        (0..SLOTS).for_each(|slot| self.put(slot, None));
    }

    /// Makes a call. None: there was nothing to make it on, or it is not for this space.
    pub fn run(&self, call: &Call) -> Option<Outcome> {
        let answer = match call {
            Call::Socket { .. } | Call::Pair { .. } | Call::Epoll { .. } | Call::Packet { .. } => {
                self.open(call)?
            }
            Call::Close { sock } => {
                self.get(*sock)?;
                self.put(*sock, None);
                Ok(Answer::default())
            }
            Call::Duplicate { sock, to } => self.ours(*sock)?.dup().map(|copy| {
                self.put(*to, Some(Item::Ours(copy)));
                Answer::default()
            }),
            Call::Replace { sock, over } => nothing(dup2(&self.ours(*sock)?, &self.ours(*over)?)),
            Call::Pass { sock, to } => pass(&self.ours(*sock)?).map(|copy| {
                self.put(*to, copy.map(Item::Ours));
                Answer::default()
            }),
            Call::Send { sock, .. } | Call::Receive { sock, .. } | Call::Poll { sock, .. } => {
                let (sock, ours) = self.sock(*sock)?;
                match self.transfer(call, &sock)? {
                    // What other families answer is not the matter here.
                    Err(_) if !ours => Ok(Answer::number(-1)),
                    answer => answer,
                }
            }
            Call::Watch {
                epoll,
                sock,
                events,
            } => {
                let (epoll, (sock, _)) = (self.epoll(*epoll)?, self.sock(*sock)?);
                let added = epoll.add(&sock, *events, 1);
                nothing(added.or_else(|_| epoll.modify(&sock, *events, 2)))
            }
            Call::WaitFor { epoll, patience } => {
                let events = self.epoll(*epoll)?.wait((*patience).into());
                events.map(|events| Answer::number(events.len()))
            }
            Call::Unlink { .. }
            | Call::Rename { .. }
            | Call::HardLink { .. }
            | Call::Mode { .. }
            | Call::List => files::run(call),
            Call::Become { user } => nothing(process::act_as(id_of(*user))),
            Call::Leave => nothing(mount::own_network()),
            Call::Ip { words } => {
                if self.space == Space::Host {
                    return None;
                }
                let run = std::process::Command::new("ip")
                    .args(words.split(' '))
                    .output();
                run.map(|run| Answer::number(run.status.code().unwrap_or(-1)))
            }
            Call::Pause { ms } => {
                std::thread::sleep(Duration::from_millis((*ms).into()));
                Ok(Answer::default())
            }
            Call::Map { .. }
            | Call::MapWriter { .. }
            | Call::Publish { .. }
            | Call::Scribble { .. }
            | Call::Peek { .. }
            | Call::LookBack { .. }
            | Call::Protect { .. }
            | Call::Advise { .. }
            | Call::Resize { .. } => self.on_mapping(call)?,
            Call::Look { .. }
            | Call::Open { .. }
            | Call::ReadFile { .. }
            | Call::WriteFile { .. }
            | Call::Directories => self.on_sysfs(call)?,
            _ => self.on_socket(call)?,
        };
        Some(answer.map_err(|error| error.raw_os_error().unwrap_or(0)))
    }

    fn open(&self, call: &Call) -> Option<io::Result<Answer>> {
        Some(match call {
            Call::Socket { to, kind, protocol } => socket(AF_IPN, *kind, *protocol).map(|sock| {
                self.put(*to, Some(Item::Ours(sock)));
                Answer::default()
            }),
            Call::Pair { kind, protocol } => nothing(socketpair(AF_IPN, *kind, *protocol)),
            Call::Epoll { to } => Epoll::new().map(|epoll| {
                self.put(*to, Some(Item::Epoll(Arc::new(epoll))));
                Answer::default()
            }),
            Call::Packet { to, device } if self.space != Space::Host => {
                packet_socket(device, libc::ETH_P_ALL as u16).map(|sock| {
                    self.put(*to, Some(Item::Packet(sock)));
                    Answer::default()
                })
            }
            _ => return None,
        })
    }

    /// Messages of a socket of any family.
    fn transfer(&self, call: &Call, sock: &Sock) -> Option<io::Result<Answer>> {
        Some(match call {
            Call::Send {
                by: Sender::Mapped(area, len),
                flags,
                ..
            } => self.mapped(*area)?.send(sock, (*len).into(), *flags),
            Call::Send {
                by, data, flags, ..
            } => transfer::send(sock, by, &data.bytes(), *flags),
            Call::Receive {
                by: Receiver::Mapped(area),
                flags,
                ..
            } => self.mapped(*area)?.receive(sock, *flags),
            Call::Receive {
                by, room, flags, ..
            } => transfer::receive(sock, by, *room as usize, *flags),
            Call::Poll {
                events, patience, ..
            } => poll(sock, *events, (*patience).into()).map(Answer::number),
            _ => return None,
        })
    }

    fn on_mapping(&self, call: &Call) -> Option<io::Result<Answer>> {
        Some(match call {
            Call::Map {
                sock,
                to,
                part,
                pages,
                access,
                shared,
            } => {
                let sock = self.ours(*sock)?;
                Mapped::new(&sock, *part, *pages, *access, *shared).map(|area| {
                    self.put(*to, Some(Item::Mapped(Arc::new(area))));
                    Answer::default()
                })
            }
            Call::MapWriter { sock, to } => Mapped::to_write(&self.ours(*sock)?).map(|area| {
                self.put(*to, Some(Item::Mapped(Arc::new(area))));
                Answer::default()
            }),
            Call::Publish { area, .. }
            | Call::Scribble { area, .. }
            | Call::Peek { area, .. }
            | Call::LookBack { area, .. }
            | Call::Protect { area, .. }
            | Call::Advise { area, .. }
            | Call::Resize { area, .. } => return self.mapped(*area)?.run(call).transpose(),
            _ => return None,
        })
    }

    fn on_sysfs(&self, call: &Call) -> Option<io::Result<Answer>> {
        Some(match call {
            Call::Look { name, file } => {
                sysfs::open(*name, file).and_then(|file| sysfs::read(&file, PAGE))
            }
            Call::Open { to, name, file } => sysfs::open(*name, file).map(|file| {
                self.put(*to, Some(Item::File(Arc::new(file))));
                Answer::default()
            }),
            Call::ReadFile { file, room } => sysfs::read(&*self.file(*file)?, (*room).into()),
            // What is made there stays, so it is done where that goes with the namespace.
            Call::WriteFile { .. } if self.space == Space::Host => return None,
            Call::WriteFile { file, words } => sysfs::write(&*self.file(*file)?, words),
            _ => sysfs::directories(),
        })
    }

    /// Calls on one socket of the family.
    fn on_socket(&self, call: &Call) -> Option<io::Result<Answer>> {
        Some(match call {
            Call::Bind { sock, address } => nothing(self.ours(*sock)?.bind(&address.to_addr())),
            Call::Connect { sock, address } => {
                nothing(self.ours(*sock)?.connect(&address.to_addr()))
            }
            Call::Listen { sock } => nothing(self.ours(*sock)?.listen()),
            Call::Accept { sock } => nothing(self.ours(*sock)?.accept()),
            Call::Shutdown { sock, how } => nothing(self.ours(*sock)?.shutdown(*how)),
            Call::Name { sock, peer, room } => {
                let sock = self.ours(*sock)?;
                let name = if *peer {
                    sock.peer_name(*room)
                } else {
                    sock.name(*room)
                };
                name.map(|name| Answer::stored(name.len, name.path))
            }
            Call::Set {
                sock,
                level,
                option,
                value,
                len,
            } => {
                let len = len.unwrap_or(value.len() as u32);
                let sock = self.ours(*sock)?;
                nothing(sock.setsockopt_at(*level, *option, value.as_ptr() as usize, len))
            }
            Call::Get {
                sock,
                level,
                option,
                asked,
                room,
            } => {
                let mut place = asked.clone();
                place.resize((*room).min(1 << 17) as usize, 0);
                let got = option::ask(&self.ours(*sock)?, *level, *option, place);
                got.map(|bytes| Answer::stored(bytes.len(), bytes))
            }
            Call::Request {
                sock,
                request,
                argument,
            } => self.request(&self.ours(*sock)?, *request, argument)?,
            Call::Nonblock { sock, on } => {
                nothing(self.ours(*sock)?.set_status_flag(libc::O_NONBLOCK, *on))
            }
            Call::Async { sock, on } => {
                let sock = self.ours(*sock)?;
                let owned = sock.fcntl(libc::F_SETOWN, process::process_id());
                nothing(owned.and_then(|_| sock.set_status_flag(libc::O_ASYNC, *on)))
            }
            Call::Own { sock, user } => {
                let id = id_of(*user);
                nothing(self.ours(*sock)?.fchown(id, id))
            }
            Call::Filter { sock, filter } => {
                nothing(bpf::attach(&self.ours(*sock)?, &filter::code(*filter)))
            }
            _ => return None,
        })
    }

    fn request(&self, sock: &Sock, number: u64, argument: &Argument) -> Option<io::Result<Answer>> {
        // Nothing would end a device of the host that stays.
        if self.space == Space::Host && [IPN_SETPERSIST, IPN_SETPERSIST_NETDEV].contains(&number) {
            return None;
        }
        let mut device = match argument {
            Argument::Room => return Some(sock.ioctl_int(number).map(Answer::number)),
            Argument::Number(value) => {
                return Some(nothing(sock.ioctl_number(number, *value as usize)))
            }
            // The host's own devices are left alone.
            Argument::Device(_, flags)
                if self.space == Space::Host && flags & IPN_NODEFLAG_GRAB != 0 =>
            {
                return None;
            }
            Argument::Device(name, flags) => named(name).with_flags(*flags),
            Argument::Hardware(name, number) => named(name).with_address(program::station(*number)),
        };
        Some(nothing(sock.request(number, &mut device)))
    }
}

fn nothing<T>(result: io::Result<T>) -> io::Result<Answer> {
    result.map(|_| Answer::default())
}

/// A request about a device; a name that is too long fills its field, without a NUL.
fn named(name: &str) -> Request {
    let mut request = Request::default();
    request
        .name
        .iter_mut()
        .zip(name.bytes())
        .for_each(|(to, from)| *to = from);
    request
}

/// The id of user number `user`.
pub fn id_of(user: u8) -> u32 {
    match user {
        0 => 0,
        other => 1000 + u32::from(other),
    }
}

/// The descriptor as it comes out of an AF_UNIX socket.
fn pass(sock: &Sock) -> io::Result<Option<Sock>> {
    let (near, far) = socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0)?;
    near.sendmsg(&[b"fd"], &[Control::rights(sock.as_raw_fd())], None, 0)?;
    let got = far.recvmsg(8, libc::MSG_DONTWAIT)?;
    Ok(got.rights().into_iter().next().map(Sock::from))
}
