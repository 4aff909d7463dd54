// SPDX-License-Identifier: GPL-2.0

//! Whether two senders on two processors are twice as quick as one: on a medium each, and on the same one. Each of
//! them also takes as many messages as it has sent, where somebody has to.
//!
//! The rounds are short, and each has all media, all sizes and all of these questions: a machine that wavers does so
//! for all alike. A figure is that of the round in the middle; so is a ratio, of two figures of one round.

mod lane;
mod objects;
mod workers;

use crate::media::Setting;
use crate::record::Measure;
use crate::run::{tell_of, Run};
use crate::statistics::median;
use lane::Lane;
use objects::KINDS;
use std::any::Any;
use std::io;
use workers::{Task, Workers, WORKERS};

/// How often each question is asked.
const ROUNDS: usize = 15;

/// What is asked of a medium: how quick one sender is, two are on one of them, and two are on one each.
#[derive(Clone, Copy, PartialEq)]
enum Question {
    Alone,
    Together,
    Apart,
}
use Question::{Alone, Apart, Together};

/// In a round, and in the next one.
const ORDERS: [[Question; 3]; 2] = [[Alone, Together, Apart], [Apart, Together, Alone]];

/// Messages of a size on a medium of which there are two.
struct Course {
    medium: &'static str,
    setting: Setting,
    /// The lanes of either.
    lanes: [Vec<usize>; WORKERS],
    /// Messages a second in each round, by question.
    rates: [Vec<f64>; 3],
}

/// Measures each medium.
pub fn measure(run: &Run) -> io::Result<()> {
    if !run.has_processors(WORKERS)? {
        return Ok(());
    }
    let settings = run.settings(&[60, 1500], &[1]);
    let mut kept: Vec<Box<dyn Any>> = Vec::new();
    let mut lanes: Vec<Box<dyn Lane>> = Vec::new();
    let mut courses = Vec::new();
    for kind in KINDS.iter().filter(|kind| run.wants(kind.name)) {
        let mut numbers = [const { Vec::new() }; WORKERS];
        for (number, of_object) in numbers.iter_mut().enumerate() {
            let mut object = (kind.open)(number).map_err(|error| {
                let text = format!("senders: {}: {error}", kind.name);
                io::Error::new(error.kind(), text)
            })?;
            of_object.extend(lanes.len()..lanes.len() + object.lanes.len());
            lanes.append(&mut object.lanes);
            kept.push(object.kept);
        }
        courses.extend(settings.iter().map(|&setting| Course {
            medium: kind.name,
            setting,
            lanes: numbers.clone(),
            rates: [const { Vec::new() }; 3],
        }));
    }
    let mut workers = Workers::start(lanes)?;
    let mut transfers = vec![workers.transfer()?];
    for round in 0..ROUNDS {
        for course in &mut courses {
            course.measure(&mut workers, round)?;
        }
        transfers.push(workers.transfer()?);
    }
    courses.iter().try_for_each(Course::tell)?;
    tell_transfers(&transfers)
}

impl Course {
    /// A round.
    fn measure(&mut self, workers: &mut Workers, round: usize) -> io::Result<()> {
        for question in ORDERS[round % ORDERS.len()] {
            let lanes = self.lanes_of(question, round);
            let bytes = self.setting.bytes;
            let tasks = lanes.map(|lane| lane.map(|lane| Task::Send { lane, bytes }));
            if question != Alone && tasks.contains(&None) {
                continue;
            }
            let rate = workers.run(tasks)?;
            self.rates[question as usize].push(rate);
        }
        Ok(())
    }

    /// The lane of each worker.
    fn lanes_of(&self, question: Question, round: usize) -> [Option<usize>; WORKERS] {
        std::array::from_fn(|worker| match question {
            // They take turns at being the one.
            Alone if round % WORKERS != worker => None,
            Alone | Apart => self.lanes[worker].first().copied(),
            Together => self.lanes[0].get(worker).copied(),
        })
    }

    /// Prints its figures.
    fn tell(&self) -> io::Result<()> {
        let tell = |measure, count, figures: Vec<f64>| match figures[..] {
            [] => Ok(()),
            _ => tell_of(measure, self.medium, self.setting, count, median(figures)),
        };
        let rates = |question: Question| self.rates[question as usize].clone();
        tell(Measure::Senders, 1, rates(Alone))?;
        tell(Measure::Senders, WORKERS, rates(Apart))?;
        tell(Measure::Together, WORKERS, rates(Together))?;
        let ratios = |beside| {
            let pairs = rates(Together).into_iter().zip(rates(beside));
            pairs.map(|(rate, beside)| rate / beside).collect()
        };
        tell(Measure::TogetherToAlone, WORKERS, ratios(Alone))?;
        tell(Measure::TogetherToApart, WORKERS, ratios(Apart))
    }
}

/// When a cache line was handed over, in the records' names.
pub const BEFORE: &str = "before";
/// See [`BEFORE`].
pub const QUICKEST: &str = "quickest";
/// See [`BEFORE`].
pub const SLOWEST: &str = "slowest";
/// See [`BEFORE`].
pub const AFTER: &str = "after";

/// Prints what a cache line took, in nanoseconds, one time after the other.
fn tell_transfers(times: &[f64]) -> io::Result<()> {
    let none = Setting {
        bytes: 64,
        receivers: 1,
        sleep: false,
    };
    for (name, time) in [
        (BEFORE, times.first().copied()),
        (QUICKEST, times.iter().copied().min_by(f64::total_cmp)),
        (SLOWEST, times.iter().copied().max_by(f64::total_cmp)),
        (AFTER, times.last().copied()),
    ] {
        tell_of(Measure::CacheLine, name, none, 0, time.unwrap_or(0.0))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(lanes: [Vec<usize>; WORKERS]) -> Course {
        Course {
            medium: "hub",
            setting: Setting {
                bytes: 60,
                receivers: 1,
                sleep: false,
            },
            lanes,
            rates: [const { Vec::new() }; 3],
        }
    }

    #[test]
    fn two_are_on_one_object_or_on_one_each() {
        let course = course([vec![0, 1], vec![2, 3]]);
        assert_eq!(course.lanes_of(Together, 0), [Some(0), Some(1)]);
        assert_eq!(course.lanes_of(Apart, 0), [Some(0), Some(2)]);
    }

    #[test]
    fn both_processors_have_their_turn_alone() {
        let course = course([vec![0, 1], vec![2, 3]]);
        assert_eq!(course.lanes_of(Alone, 0), [Some(0), None]);
        assert_eq!(course.lanes_of(Alone, 1), [None, Some(2)]);
    }

    #[test]
    fn where_one_can_send_two_do_not() {
        let course = course([vec![0], vec![1]]);
        assert_eq!(course.lanes_of(Together, 0), [Some(0), None]);
        assert_eq!(course.lanes_of(Apart, 0), [Some(0), Some(1)]);
    }
}
