// SPDX-License-Identifier: GPL-2.0

//! A value that is set once: the very file of `rust/`.

use crate::rust::sync::set_once::SetOnce;
use std::{
    sync::{Arc, Barrier},
    thread,
};

#[test]
fn the_first_value_stays() {
    let value = SetOnce::new();
    assert!(value.as_ref().is_none());
    assert!(value.populate(1));
    assert!(!value.populate(2));
    assert_eq!(value.as_ref(), Some(&1));
}

#[test]
fn each_value_is_dropped_once() {
    let (first, second) = (Arc::new(()), Arc::new(()));
    let value = SetOnce::new();
    assert!(value.populate(first.clone()));
    assert!(!value.populate(second.clone()));
    assert_eq!(Arc::strong_count(&second), 1, "it was refused");
    assert_eq!(Arc::strong_count(&first), 2);
    drop(value);
    assert_eq!(Arc::strong_count(&first), 1);
    drop(SetOnce::<Arc<()>>::new());
}

#[test]
fn of_several_threads_one_sets_it_and_all_see_its_value_whole() {
    const THREADS: u64 = 4;
    for _ in 0..1000 {
        let (value, begin) = (SetOnce::new(), Barrier::new(THREADS as usize));
        let by = |number: u64| {
            begin.wait();
            let first = value.populate([number; 16]);
            while value.as_ref().is_none() {
                thread::yield_now();
            }
            (first, *value.as_ref().unwrap())
        };
        let seen: Vec<_> = thread::scope(|threads| {
            let all: Vec<_> = (0..THREADS)
                .map(|number| threads.spawn(move || by(number)))
                .collect();
            all.into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let winner = seen.iter().position(|(first, _)| *first).unwrap();
        assert_eq!(seen.iter().filter(|(first, _)| *first).count(), 1);
        assert!(seen.iter().all(|(_, value)| *value == [winner as u64; 16]));
    }
}
