// SPDX-License-Identifier: GPL-2.0

use super::*;
use proptest::prelude::*;

/// One that has had the batches up to 10.
fn order() -> Order<u64> {
    let mut order = Order::default();
    for number in 5..=10 {
        assert_eq!(take(&mut order, number, 1), [number]);
    }
    order
}

fn take(order: &mut Order<u64>, number: u64, oldest: u64) -> Vec<u64> {
    let mut out = Vec::new();
    let label = Label { number, oldest };
    order.take(label, number, true, Instant::now(), |batch| out.push(batch));
    out
}

#[test]
fn what_is_missing_holds_up_the_rest_until_it_comes() {
    let mut order = order();
    assert_eq!(order.missing(), None);
    assert!(take(&mut order, 13, 1).is_empty());
    assert!(take(&mut order, 15, 1).is_empty());
    assert_eq!(order.missing(), Some(11..=12));
    assert!(take(&mut order, 12, 1).is_empty());
    assert_eq!(take(&mut order, 11, 1), [11, 12, 13]);
    assert_eq!(order.missing(), Some(14..=14));
    assert_eq!(take(&mut order, 14, 1), [14, 15]);
    assert_eq!(order.missing(), None);
}

#[test]
fn what_comes_twice_is_known() {
    let mut order = order();
    assert!(take(&mut order, 10, 1).is_empty());
    assert!(take(&mut order, 12, 1).is_empty());
    assert!(take(&mut order, 12, 1).is_empty());
    assert_eq!(take(&mut order, 11, 1), [11, 12]);
}

#[test]
fn what_the_other_has_no_more_is_given_up() {
    let mut order = order();
    assert!(take(&mut order, 13, 1).is_empty());
    assert_eq!(take(&mut order, 20, 18), [13]);
    assert_eq!(order.missing(), Some(18..=19));
    assert_eq!(take(&mut order, 30, 30), [20, 30]);
    assert_eq!(order.missing(), None);
}

#[test]
fn what_has_no_room_is_asked_for() {
    let mut order = order();
    let label = Label {
        number: 14,
        oldest: 1,
    };
    let taken = order.take(label, 14, false, Instant::now(), |_| unreachable!());
    assert_eq!(taken, Taken::Refused);
    assert_eq!(order.missing(), Some(11..=14));
}

#[test]
fn after_too_long_it_goes_on() {
    let mut order = order();
    let begin = Instant::now();
    let patience = Duration::from_secs(5);
    let label = |number| Label { number, oldest: 1 };
    let held = order.take(label(13), 13, true, begin, |_| unreachable!());
    assert_eq!(held, Taken::Held);
    let soon = begin + Duration::from_secs(4);
    assert_eq!(order.give_up_after(patience, soon, |_| unreachable!()), 0);
    let mut out = Vec::new();
    let late = begin + Duration::from_secs(6);
    assert_eq!(
        order.give_up_after(patience, late, |batch| out.push(batch)),
        2
    );
    assert_eq!(out, [13]);
    assert_eq!(order.missing(), None);
}

proptest! {
    #[test]
    fn in_whatever_order_batches_come_they_are_handed_out_in_theirs(
        mut numbers in prop::collection::vec(1..60_u64, 1..200),
        oldest in prop::collection::vec(1..60_u64, 200),
    ) {
        numbers.insert(0, 1);
        let mut order = Order::default();
        let (mut out, mut gone) = (Vec::new(), 1);
        for (number, oldest) in numbers.iter().zip(oldest) {
            if oldest % 7 == 0 {
                gone = gone.max(oldest.min(*number));
            }
            let label = Label { number: *number, oldest: gone.min(*number) };
            order.take(label, *number, true, Instant::now(), |batch| out.push(batch));
        }
        prop_assert!(out.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", out);
        // All that came and was not given up before is out or held.
        for number in numbers.iter().filter(|number| **number >= gone) {
            let is_held = order.held.contains_key(number);
            prop_assert!(out.contains(number) != is_held, "{}", number);
        }
    }
}
