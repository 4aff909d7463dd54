// SPDX-License-Identifier: GPL-2.0

//! Two processes, each bound to a processor, that do for a short time what they are told.

use super::lane::{Lane, DEPTH};
use crate::clock::now;
use crate::sys::process::Child;
use crate::sys::shared::Shared;
use rustix::thread::{sched_setaffinity, CpuSet};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

/// Of them.
pub const WORKERS: usize = 2;

/// How long they do it.
const TIME: Duration = Duration::from_millis(40);
/// How long a cache line goes to and fro, and how often: the quickest counts, as the others had to wait for one that
/// did not run.
const TRANSFER_TIME: Duration = Duration::from_millis(3);
const TRANSFERS: usize = 5;
/// How long they may take to begin, in nanoseconds.
const PATIENCE: u64 = 30_000_000_000;

/// What they share, in words of cache lines of their own: how many have come, whether they are to end, and a number
/// that goes to and fro.
const ARRIVED: usize = 0;
const END: usize = 64;
const BALL: usize = 128;

/// What a worker is to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    /// Messages of so many bytes.
    Send { lane: usize, bytes: usize },
    /// To make a number even, or odd, each time the other has made it odd, or even.
    Play { odd: bool },
}

/// The first of a task's words that is no number of a lane.
const PLAY: u64 = u64::MAX;

impl Task {
    fn words(self) -> [u64; 2] {
        match self {
            Self::Send { lane, bytes } => [lane as u64, bytes as u64],
            Self::Play { odd } => [PLAY, odd.into()],
        }
    }

    fn from_words(words: [u64; 2]) -> Self {
        match words {
            [PLAY, odd] => Self::Play { odd: odd != 0 },
            [lane, bytes] => Self::Send {
                lane: lane as usize,
                bytes: bytes as usize,
            },
        }
    }
}

/// The processes; they end with this.
pub struct Workers {
    shared: Shared,
    links: Vec<UnixStream>,
    children: Vec<Child>,
}

impl Workers {
    /// Begins them. Each has all lanes.
    pub fn start(mut lanes: Vec<Box<dyn Lane>>) -> io::Result<Self> {
        let shared = Shared::new(BALL + 64)?;
        let (mut links, mut children) = (Vec::new(), Vec::new());
        for number in 0..WORKERS {
            let (link, mut other) = UnixStream::pair()?;
            children.push(Child::start(|| {
                let mut processor = CpuSet::new();
                processor.set(number);
                sched_setaffinity(None, &processor)?;
                serve(&shared, &mut lanes, &mut other)
            })?);
            links.push(link);
        }
        Ok(Self {
            shared,
            links,
            children,
        })
    }

    /// What the tasks achieve together, in messages a second.
    pub fn run(&mut self, tasks: [Option<Task>; WORKERS]) -> io::Result<f64> {
        self.run_for(tasks, TIME)
    }

    /// How many nanoseconds a cache line takes from one to the other.
    pub fn transfer(&mut self) -> io::Result<f64> {
        let tasks = [false, true].map(|odd| Some(Task::Play { odd }));
        let mut most: f64 = 1.0;
        for _ in 0..TRANSFERS {
            most = most.max(self.run_for(tasks, TRANSFER_TIME)?);
        }
        Ok(1e9 / most)
    }

    fn run_for(&mut self, tasks: [Option<Task>; WORKERS], time: Duration) -> io::Result<f64> {
        let busy = tasks.iter().flatten().count() as u64;
        self.shared.word(END).store(0, Relaxed);
        self.shared.word(ARRIVED).store(0, Release);
        for (link, task) in self.links.iter_mut().zip(tasks) {
            if let Some(task) = task {
                let [first, second] = task.words();
                link.write_all([first, second, busy].map(u64::to_ne_bytes).as_flattened())?;
            }
        }
        let begin = now();
        while self.shared.word(ARRIVED).load(Acquire) < busy {
            if now() - begin > PATIENCE {
                return Err(io::Error::other("a sender does not begin"));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(time);
        self.shared.word(END).store(1, Release);
        let mut sum = 0.0;
        for (link, _) in (self.links.iter_mut().zip(tasks)).filter(|(_, task)| task.is_some()) {
            sum += f64::from_bits(read_words::<1>(link)?[0]);
        }
        Ok(sum)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.children.iter().for_each(Child::kill);
    }
}

fn read_words<const N: usize>(link: &mut UnixStream) -> io::Result<[u64; N]> {
    let mut words = [[0; 8]; N];
    link.read_exact(words.as_flattened_mut())?;
    Ok(words.map(u64::from_ne_bytes))
}

/// What a worker does: one task after the other, until it is ended.
fn serve(shared: &Shared, lanes: &mut [Box<dyn Lane>], link: &mut UnixStream) -> io::Result<()> {
    loop {
        let [first, second, busy] = read_words(link)?;
        let mut done = 0_u64;
        let task = Task::from_words([first, second]);
        if let Task::Send { lane, bytes } = task {
            lanes[lane].prepare(bytes)?;
        }
        shared.word(ARRIVED).fetch_add(1, Release);
        while shared.word(ARRIVED).load(Acquire) < busy {
            std::thread::yield_now();
        }
        let begin = now();
        while shared.word(END).load(Relaxed) == 0 {
            match task {
                Task::Send { lane, .. } => {
                    lanes[lane].turn()?;
                    done += DEPTH as u64;
                }
                Task::Play { odd } => done += u64::from(play(shared, odd)),
            }
        }
        let rate = done as f64 * 1e9 / (now() - begin).max(1) as f64;
        link.write_all(&rate.to_bits().to_ne_bytes())?;
    }
}

/// Hands the number back if it has come.
fn play(shared: &Shared, odd: bool) -> bool {
    let ball = shared.word(BALL);
    let number = ball.load(Acquire);
    let is_here = (number % 2 == 1) != odd;
    if is_here {
        ball.store(number.wrapping_add(1), Release);
    } else {
        std::hint::spin_loop();
    }
    is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_comes_through_as_it_was() {
        for task in [
            Task::Send {
                lane: 3,
                bytes: 1500,
            },
            Task::Play { odd: false },
            Task::Play { odd: true },
        ] {
            assert_eq!(Task::from_words(task.words()), task);
        }
    }

    #[test]
    fn the_number_goes_to_and_fro() {
        let shared = Shared::new(BALL + 64).unwrap();
        assert!(!play(&shared, false));
        assert!(play(&shared, true));
        assert!(!play(&shared, true));
        assert!(play(&shared, false));
        assert_eq!(shared.word(BALL).load(Relaxed), 2);
    }
}
