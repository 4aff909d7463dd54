// SPDX-License-Identifier: GPL-2.0

//! Changes of which all are made or none.

use crate::failure::Failure;

/// A change, or how it is undone.
type Deed<'a> = Box<dyn Fn() -> Result<(), ipn::Error> + 'a>;

/// Changes in order, each with how it is undone.
pub struct Steps<'a>(Vec<(Deed<'a>, Deed<'a>)>);

impl<'a> Steps<'a> {
    /// None yet.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// One more. Nothing is done yet.
    pub fn add(
        &mut self,
        change: impl Fn() -> Result<(), ipn::Error> + 'a,
        undo: impl Fn() -> Result<(), ipn::Error> + 'a,
    ) {
        self.0.push((Box::new(change), Box::new(undo)));
    }

    /// Makes the changes. When one fails, those before it are undone, the last first.
    pub fn take(&self) -> Result<(), Failure> {
        for (index, (change, _)) in self.0.iter().enumerate() {
            let Err(error) = change() else { continue };
            let mut failure = Failure::from(error);
            for (_, undo) in self.0[..index].iter().rev() {
                if let Err(error) = undo() {
                    failure = failure.and_also("it could not all be undone", &error.into());
                }
            }
            return Err(failure);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn what_fails_leaves_all_as_it_was() {
        let done = RefCell::new(Vec::new());
        let note = |what: &'static str| {
            done.borrow_mut().push(what);
            Ok(())
        };
        let mut steps = Steps::new();
        steps.add(|| note("one"), || note("not one"));
        steps.add(|| note("two"), || note("not two"));
        assert!(steps.take().is_ok());
        assert_eq!(done.take(), ["one", "two"]);
        let missing = || ipn::release_device("x".parse().expect("a name"));
        steps.add(missing, || note("not three"));
        steps.add(|| note("four"), || Ok(()));
        assert!(steps.take().is_err());
        assert_eq!(done.take(), ["one", "two", "not two", "not one"]);
    }
}
