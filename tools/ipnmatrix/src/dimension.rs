// SPDX-License-Identifier: GPL-2.0

//! What a setting is made of. The first value of each dimension is the usual one.

/// A dimension whose values are those of an enumeration.
macro_rules! dimension {
    ($(#[$doc:meta])* $name:ident: $($(#[$value_doc:meta])* $value:ident),* $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$value_doc])* $value),*
        }

        impl $name {
            /// Its values, in their order.
            pub const ALL: &'static [$name] = &[$($name::$value),*];
        }
    };
}

dimension! {
    /// How much there is of something that is counted.
    Amount:
    /// What there is unless told.
    Default,
    /// The least there can be.
    Least,
    /// The most that an ordinary user may have beside what else is set.
    Users,
    /// The most there can be.
    Most,
}

dimension! {
    /// `IPN_SO_FLAGS`: each alone, and all of them.
    Flags:
    /// None.
    None,
    /// `IPN_FLAG_LOSSLESS`.
    Lossless,
    /// `IPN_FLAG_EXCL`.
    Excl,
    /// `IPN_FLAG_FLEXMTU`.
    FlexMtu,
    /// All three.
    All,
}

dimension! {
    /// Who gets what is sent.
    Policy:
    /// All.
    Hub,
    /// The Ethernet switch.
    Switch,
}

dimension! {
    /// The socket filter of the receiver.
    Filter:
    /// It has none.
    None,
    /// One that takes all.
    Takes,
    /// One that refuses all.
    Refuses,
    /// One that cuts.
    Cuts,
    /// One that takes all after as many instructions as there can be.
    Longest,
}

dimension! {
    /// What the receiver's port is.
    Kind:
    /// A socket that calls `recv`.
    Socket,
    /// A socket that reads the network's memory.
    Mapped,
    /// An interface that the network makes.
    Tap,
    /// A device that the network takes.
    Grab,
}

dimension! {
    /// Who the receiver is. The network is the owner's, root's, or that of the root of a user namespace;
    /// its group may receive and send, others may receive.
    User:
    /// The network's owner, an ordinary user.
    Owner,
    /// One of its group.
    Group,
    /// Another.
    Other,
    /// Root.
    Root,
    /// The root of a user namespace, an ordinary user outside.
    NamespaceRoot,
}

impl Flags {
    /// The value of the option.
    pub fn value(self) -> i32 {
        match self {
            Flags::None => 0,
            Flags::Lossless => 1,
            Flags::Excl => 2,
            Flags::FlexMtu => 4,
            Flags::All => 7,
        }
    }

    /// Whether a sender waits.
    pub fn lossless(self) -> bool {
        self.value() & 1 != 0
    }

    /// Whether there is one manager.
    pub fn exclusive(self) -> bool {
        self.value() & 2 != 0
    }
}

impl Kind {
    /// Whether it is a network device.
    pub fn is_device(self) -> bool {
        matches!(self, Kind::Tap | Kind::Grab)
    }
}

impl User {
    /// Whether bounds hold for the user who makes the network.
    pub fn is_bounded(self) -> bool {
        self != User::Root
    }
}
