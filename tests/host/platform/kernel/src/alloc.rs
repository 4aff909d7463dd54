// SPDX-License-Identifier: GPL-2.0

//! `rust/kernel/alloc.rs`: memory that may not be had.

use core::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};
use std::cell::Cell;

/// Flags of an allocation.
pub mod flags {
    /// `GFP_*`: all alike here.
    #[derive(Clone, Copy)]
    pub struct Flags;

    /// May sleep.
    pub const GFP_KERNEL: Flags = Flags;
    /// May sleep; the caller's control group pays.
    pub const GFP_KERNEL_ACCOUNT: Flags = Flags;
    /// Must not sleep.
    pub const GFP_ATOMIC: Flags = Flags;
}
use flags::Flags;

/// There was no memory.
#[derive(Clone, Copy, Debug)]
pub struct AllocError;

thread_local! {
    static FAILS: Cell<fn() -> bool> = const { Cell::new(|| false) };
}

/// From now on an allocation on this thread fails when `fails` says so.
pub fn fail_when(fails: fn() -> bool) {
    FAILS.set(fails);
}

/// Whether there is memory just now.
pub fn attempt() -> Result<(), AllocError> {
    match FAILS.get()() {
        true => Err(AllocError),
        false => Ok(()),
    }
}

/// Where memory is from.
pub trait Allocator {}

/// `kmalloc`.
pub struct Kmalloc;
/// `kvmalloc`.
pub struct KVmalloc;
impl Allocator for Kmalloc {}
impl Allocator for KVmalloc {}

/// A vector that is told when there is no memory.
pub struct Vec<T, A: Allocator>(std::vec::Vec<T>, PhantomData<A>);
/// A vector in memory from `kmalloc`.
pub type KVec<T> = Vec<T, Kmalloc>;
/// A vector in memory from `kvmalloc`.
pub type KVVec<T> = Vec<T, KVmalloc>;

/// There was no capacity left for an element, which comes back.
pub struct PushError<T>(pub T);

impl<T> From<PushError<T>> for crate::error::Error {
    fn from(_: PushError<T>) -> Self {
        crate::error::code::EINVAL
    }
}

impl<T, A: Allocator> Vec<T, A> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(std::vec::Vec::new(), PhantomData)
    }

    /// An empty one with room for `capacity`.
    pub fn with_capacity(capacity: usize, _: Flags) -> Result<Self, AllocError> {
        attempt()?;
        Ok(Self(std::vec::Vec::with_capacity(capacity), PhantomData))
    }

    /// `len` times `value`.
    pub fn from_elem(value: T, len: usize, _: Flags) -> Result<Self, AllocError>
    where
        T: Clone,
    {
        attempt()?;
        Ok(Self(vec![value; len], PhantomData))
    }

    /// Changes the length, with `value` for what is new.
    pub fn resize(&mut self, len: usize, value: T, _: Flags) -> Result<(), AllocError>
    where
        T: Clone,
    {
        attempt()?;
        self.0.resize(len, value);
        Ok(())
    }

    /// Adds an element.
    pub fn push(&mut self, value: T, _: Flags) -> Result<(), AllocError> {
        attempt()?;
        self.0.push(value);
        Ok(())
    }

    /// Adds an element if there is room for it.
    pub fn push_within_capacity(&mut self, value: T) -> Result<(), PushError<T>> {
        if self.0.len() == self.0.capacity() {
            return Err(PushError(value));
        }
        self.0.push(value);
        Ok(())
    }

    /// Takes all elements away; the room stays.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the last element.
    pub fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    /// Room without another allocation.
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<T, A: Allocator> Default for Vec<T, A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, A: Allocator> Deref for Vec<T, A> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, A: Allocator> DerefMut for Vec<T, A> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: fmt::Debug, A: Allocator> fmt::Debug for Vec<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T, A: Allocator> IntoIterator for Vec<T, A> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T, A: Allocator> AsRef<[T]> for Vec<T, A> {
    fn as_ref(&self) -> &[T] {
        &self.0
    }
}

impl<T, A: Allocator> AsMut<[T]> for Vec<T, A> {
    fn as_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

/// A value in memory of its own.
pub struct KBox<T: ?Sized>(std::boxed::Box<T>);

impl<T> KBox<T> {
    /// Puts `value` there.
    pub fn new(value: T, _: Flags) -> Result<Self, AllocError> {
        attempt()?;
        Ok(Self(std::boxed::Box::new(value)))
    }
}

impl<T: ?Sized> Deref for KBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for KBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
