// SPDX-License-Identifier: GPL-2.0

//! The networks that are in use, by the file that names them.
//!
//! A network is found by the inode behind the path, so a file that is renamed, linked or mounted
//! elsewhere still names it. The network holds the inode, so no other gets its identity meanwhile.

pub(crate) mod accounts;
pub(crate) mod names;

use crate::{
    abi::errno::{Errno, Result},
    membership,
    network::shape::Quota,
    registry::{
        accounts::{Accounts, Means, Payers, Usage, NESTING_MAX},
        names::{Entry, NewUser, User},
    },
    rust::{
        glue::{global::registry, netlink::Event, parameters, sysfs::Directory},
        net::namespace::Namespace,
        task::cred::{current_uid, may_exceed_limits, namespace_owners},
    },
    socket::{report, Network},
};
use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode, RBTreeNodeReservation},
    sync::Arc,
};

/// What users have, and room for accounts to be.
struct Ledger<'a> {
    accounts: &'a mut RBTree<u32, Usage>,
    room: KVec<RBTreeNodeReservation<u32, Usage>>,
}

impl<'a> Ledger<'a> {
    /// Of users who have accounts.
    fn of(accounts: &'a mut RBTree<u32, Usage>) -> Self {
        let room = KVec::new();
        Self { accounts, room }
    }
}

impl Accounts for Ledger<'_> {
    fn usage(&self, user: u32) -> Usage {
        self.accounts.get(&user).copied().unwrap_or_default()
    }

    fn set(&mut self, user: u32, usage: Usage) {
        if usage == Usage::default() {
            self.accounts.remove(&user);
        } else if let Some(known) = self.accounts.get_mut(&user) {
            *known = usage;
        } else if let Some(room) = self.room.pop() {
            self.accounts.insert(room.into_node(user, usage));
        }
    }
}

/// Whom a network of the caller's counts for: the caller's real user, and the owners of the user
/// namespaces that the caller is in, as the initial one knows them.
pub(crate) fn payers() -> Result<Payers> {
    let mut owners = [0; NESTING_MAX];
    let count = namespace_owners(&mut owners);
    Payers::new(current_uid(), owners.get(..count).ok_or(Errno::NOBUFS)?)
}

/// What the caller may have in all networks together; `None` without a bound.
pub(crate) fn quota() -> Option<Quota> {
    (!may_exceed_limits()).then(parameters::quota)
}

/// Memory for accounts to be, one for each payer.
fn room(payers: &Payers) -> kernel::error::Result<KVec<RBTreeNodeReservation<u32, Usage>>> {
    let mut room = KVec::with_capacity(payers.users().len(), GFP_KERNEL_ACCOUNT)?;
    for _ in payers.users() {
        let reserved = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        room.push_within_capacity(reserved).map_err(|_| ENOMEM)?;
    }
    Ok(room)
}

/// The caller as the user of a network by a socket of a namespace, which `who` tells from others, and which may
/// manage it. No memory: `ENOMEM`.
pub(crate) fn user(
    who: usize,
    namespace: Namespace,
    manages: bool,
) -> kernel::error::Result<NewUser> {
    let payers = payers()?;
    let room = room(&payers)?;
    let user = User {
        who,
        manages,
        namespace,
        payers,
        room,
    };
    RBTreeNode::new(who, user, GFP_KERNEL_ACCOUNT)
}

/// The first network that is in use whose identity is not less than a number.
pub(crate) fn from(identity: usize) -> Option<Arc<Network>> {
    registry().from(identity).cloned()
}

/// Whether a socket of a network namespace uses a network.
pub(crate) fn is_used_in(network: &Network, namespace: Namespace) -> bool {
    let uses = |entry: &mut Entry, _: &mut _| {
        let mut users = entry.users.values();
        users.any(|user| user.namespace == namespace)
    };
    with_entry(network, uses).unwrap_or(false)
}

/// The next network namespace after another of which a socket uses a network.
pub(crate) fn next_namespace(network: &Network, after: Namespace) -> Option<Namespace> {
    let next = |entry: &mut Entry, _: &mut _| {
        let namespaces = entry.users.values().map(|user| user.namespace);
        namespaces.filter(|namespace| *namespace > after).min()
    };
    with_entry(network, next).flatten()
}

/// Whether a user, as the initial user namespace knows it, manages a network: it made that, or a socket of its
/// is bound to it. Outside the initial network namespace that is one of the same.
pub(crate) fn is_managed_by(network: &Network, user: u32, namespace: Namespace) -> bool {
    let is_one = |used: &User| {
        used.manages
            && used.payers.users().first() == Some(&user)
            && (namespace.is_initial() || used.namespace == namespace)
    };
    let manages = |entry: &mut Entry, _: &mut _| entry.users.values().any(is_one);
    network.maker == user || with_entry(network, manages).unwrap_or(false)
}

/// Changes the number of a network's ports, and what its payers are charged, by the owner's right. Over
/// a used port: `EADDRINUSE`; over a bound: `ENOBUFS`; larger than the owner made it, and the caller is
/// another: `EPERM`.
pub(crate) fn resize(network: &Network, ports: u32) -> kernel::error::Result {
    let means = means(network);
    let quota = means.most.map(|_| parameters::quota());
    membership::resize(
        network,
        ports,
        |bytes| means.allow(bytes),
        |bytes, within_quota| recharge(network, bytes, quota.filter(|_| within_quota)),
    )?;
    if means.granted.is_none() {
        with_entry(network, |entry, _| entry.granted = entry.charge.bytes);
    }
    Ok(())
}

/// What the caller may make a network cost its owner.
fn means(network: &Network) -> Means {
    let caller = current_uid();
    let may_all = may_exceed_limits();
    let most = parameters::limits().bytes;
    with_entry(network, |entry, _| {
        let is_owner = entry.payers.users().first() == Some(&caller);
        Means {
            most: (!entry.unbounded).then_some(most),
            granted: (!is_owner && !may_all).then_some(entry.granted),
        }
    })
    .unwrap_or(Means {
        most: Some(most),
        granted: None,
    })
}

/// Adds a new network of `bytes`, which its maker uses, and makes its directory in `/sys/kernel/ipn`.
///
/// More than the quota of any of the payers: `ENOBUFS`. Its file has the numbers of another
/// network's: `EADDRINUSE`. No memory: `ENOMEM`.
pub(crate) fn add(
    network: Arc<Network>,
    maker: NewUser,
    payers: Payers,
    bytes: u64,
    quota: Option<Quota>,
) -> kernel::error::Result {
    let identity = network.identity;
    let charge = Usage { networks: 1, bytes };
    let _directory = Directory::new(network.clone(), &network.file)?;
    let mut users = RBTree::new();
    users.insert(maker);
    let entry = Entry {
        network,
        users,
        payers,
        unbounded: quota.is_none(),
        charge,
        granted: bytes,
        _directory,
    };
    let entry = RBTreeNode::new(identity, entry, GFP_KERNEL_ACCOUNT)?;
    let room = room(&payers)?;
    let mut guard = registry();
    let names = guard.names();
    let accounts = &mut names.accounts;
    let mut ledger = Ledger { accounts, room };
    accounts::charge(&mut ledger, &payers, Usage::default(), charge, quota)?;
    // The caller has just made the inode, and holds it: no network has its identity.
    names.networks.insert(entry);
    Ok(())
}

/// Does something with the entry of a network that is in use, and with the accounts.
fn with_entry<R>(
    network: &Network,
    act: impl FnOnce(&mut Entry, &mut RBTree<u32, Usage>) -> R,
) -> Option<R> {
    let mut guard = registry();
    let names = guard.names();
    let entry = names.networks.get_mut(&network.identity);
    // Once it is not in use any more, another may have its identity.
    let entry = entry.filter(|entry| core::ptr::eq(&*entry.network, network))?;
    Some(act(entry, &mut names.accounts))
}

/// Charges a network's payers with `bytes` from now on. More than the quota of any: `ENOBUFS`.
pub(crate) fn recharge(network: &Network, bytes: u64, quota: Option<Quota>) -> Result {
    with_entry(network, |entry, accounts| {
        let charge = Usage {
            bytes,
            ..entry.charge
        };
        let mut ledger = Ledger::of(accounts);
        accounts::charge(&mut ledger, &entry.payers, entry.charge, charge, quota)?;
        entry.charge = charge;
        Ok(())
    })
    .unwrap_or(Ok(()))
}

/// Once a network has ended, it counts for those who still use it: its owner gets its account back.
pub(crate) fn pass_on(network: &Network) {
    with_entry(network, pass_on_entry);
}

fn pass_on_entry(entry: &mut Entry, accounts: &mut RBTree<u32, Usage>) {
    if !entry.network.is_terminated() {
        return;
    }
    let users = entry.users.values().map(|user| (user.who, &user.payers));
    let heir = accounts::heir(&entry.payers, users);
    let Some(heir) = heir.and_then(|who| entry.users.get_mut(&who)) else {
        return;
    };
    let room = core::mem::take(&mut heir.room);
    let mut ledger = Ledger { accounts, room };
    // Without a quota nothing is refused.
    let _ = accounts::charge(
        &mut ledger,
        &entry.payers,
        entry.charge,
        Usage::default(),
        None,
    );
    let _ = accounts::charge(
        &mut ledger,
        &heir.payers,
        Usage::default(),
        entry.charge,
        None,
    );
    entry.payers = heir.payers;
    entry.unbounded = false;
    entry.granted = entry.charge.bytes;
}

/// Finds the network of a file, which has one user more from now on.
///
/// None, or one that has ended: `ECONNREFUSED`.
pub(crate) fn enter_by_file(identity: usize, user: NewUser) -> Result<Arc<Network>> {
    let mut guard = registry();
    let registry = guard.names();
    let entry = registry
        .networks
        .get_mut(&identity)
        .ok_or(Errno::CONNREFUSED)?;
    if entry.network.is_terminated() {
        return Err(Errno::CONNREFUSED);
    }
    entry.users.insert(user);
    Ok(entry.network.clone())
}

/// One user more of a network that has its directory. Whether it is in use at all.
pub(crate) fn enter(network: &Network, user: NewUser) -> bool {
    with_entry(network, |entry, _| drop(entry.users.insert(user))).is_some()
}

/// One user less, by the socket that `who` tells from others. The last one ends the hold on the name,
/// and removes the directory.
pub(crate) fn leave(network: &Network, who: usize) {
    let mut guard = registry();
    let registry = guard.names();
    let Some(entry) = registry.networks.get_mut(&network.identity) else {
        return;
    };
    let namespace = entry.users.get(&who).map(|user| user.namespace);
    let user = entry.users.remove_node(&who);
    if entry.users.values().next().is_some() {
        pass_on_entry(entry, &mut registry.accounts);
        drop(guard);
        // Freed where no lock is held.
        return drop(user);
    }
    let (payers, charge) = (entry.payers, entry.charge);
    let gone = registry.networks.remove_node(&network.identity);
    let mut ledger = Ledger::of(&mut registry.accounts);
    // Without a quota nothing is refused.
    let _ = accounts::charge(&mut ledger, &payers, charge, Usage::default(), None);
    drop(guard);
    // What is left of it is freed here, where no lock is held. The directory goes first: until then
    // it is read.
    drop(gone);
    drop(user);
    if !network.is_terminated() {
        let namespace = namespace.unwrap_or(Namespace::INITIAL);
        report::tell_network(Event::NetworkEnded, network, namespace);
    }
    network.retire();
    let path = network.path.lock().take();
    drop(path);
}
