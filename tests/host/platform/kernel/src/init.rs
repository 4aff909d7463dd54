// SPDX-License-Identifier: GPL-2.0

//! The crate pin-init: a value is made where it stays. Here it is made, and moved.

use core::convert::Infallible;

/// How a `T` is made.
pub trait PinInit<T, E = Infallible> {
    /// Makes it.
    fn make(self) -> Result<T, E>;
}

/// How a `T` is made that may be moved.
pub use PinInit as Init;

/// A closure that makes it.
pub struct By<F>(pub F);

impl<T, E, F: FnOnce() -> Result<T, E>> PinInit<T, E> for By<F> {
    fn make(self) -> Result<T, E> {
        (self.0)()
    }
}

/// Makes a field with an initialiser that cannot fail.
pub fn field<T>(init: impl PinInit<T>) -> T {
    match init.make() {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// `pin_init!(Self { field: value, field, field <- initialiser })`.
#[macro_export]
macro_rules! pin_init {
    ($type:ident { $($fields:tt)* }) => {
        $crate::init::By(move || {
            Ok::<_, core::convert::Infallible>($crate::fields!($type [] $($fields)*))
        })
    };
}

/// The same, where an initialiser may fail.
#[macro_export]
macro_rules! try_pin_init {
    ($type:ident { $($fields:tt)* }) => {
        $crate::init::By(move || {
            Ok::<_, $crate::error::Error>($crate::fields!($type [] $($fields)*))
        })
    };
}

/// The fields of [`pin_init!`], one after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! fields {
    ($type:ident [$($done:tt)*]) => { $type { $($done)* } };
    ($type:ident [$($done:tt)*] $name:ident <- $value:expr, $($rest:tt)*) => {
        $crate::fields!($type [$($done)* $name: $crate::init::field($value),] $($rest)*)
    };
    ($type:ident [$($done:tt)*] $name:ident <- $value:expr) => {
        $crate::fields!($type [$($done)* $name: $crate::init::field($value),])
    };
    ($type:ident [$($done:tt)*] $name:ident: $value:expr, $($rest:tt)*) => {
        $crate::fields!($type [$($done)* $name: $value,] $($rest)*)
    };
    ($type:ident [$($done:tt)*] $name:ident, $($rest:tt)*) => {
        $crate::fields!($type [$($done)* $name,] $($rest)*)
    };
}
