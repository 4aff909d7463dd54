// SPDX-License-Identifier: GPL-2.0

//! All that was measured.

use crate::clock::Clock;
use crate::record::{Conditions, Line, Measure, Record};
use serde::Serialize;
use std::io;

/// What one guest has measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Guest {
    /// How.
    pub conditions: Conditions,
    /// What.
    pub records: Vec<Record>,
}

/// What all guests have.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Results {
    /// One after the other.
    pub guests: Vec<Guest>,
}

impl Results {
    /// Reads what the guests printed; what is no record is a message to a person. Records come after
    /// their guest's conditions.
    pub fn read(text: &str) -> io::Result<Self> {
        let mut guests: Vec<Guest> = Vec::new();
        for line in text.lines().filter(|line| line.starts_with('{')) {
            match (serde_json::from_str(line)?, guests.last_mut()) {
                (Line::Conditions(conditions), _) => guests.push(Guest {
                    conditions,
                    records: Vec::new(),
                }),
                (Line::Record(record), Some(guest)) => guest.records.push(record),
                (Line::Record(_), None) => {
                    return Err(io::Error::other("records before their conditions"))
                }
            }
        }
        match guests.is_empty() {
            true => Err(io::Error::other("nothing was measured")),
            false => Ok(Self { guests }),
        }
    }

    /// What was measured by this clock, of a measure.
    pub fn of(&self, clock: Clock, measure: Measure) -> Vec<&Record> {
        self.guests
            .iter()
            .filter(|guest| guest.conditions.clock == clock)
            .flat_map(|guest| &guest.records)
            .filter(|record| record.measure == measure)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONDITIONS: &str =
        r#"{"clock":"counted","kernel":"7.2","processors":1,"accelerator":"tcg"}"#;
    const RECORD: &str =
        r#"{"measure":"message","medium":"hub","bytes":12,"receivers":1,"value":2000.5}"#;

    #[test]
    fn lines_that_are_no_records_are_passed_over() {
        let text = format!("hello\n{CONDITIONS}\nipnbench: Cost\n{RECORD}\n");
        let results = Results::read(&text).unwrap();
        let records = results.of(Clock::Counted, Measure::Message);
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].value, records[0].count), (2000.5, 0));
        assert!(results.of(Clock::Wall, Measure::Message).is_empty());
        assert!(results.of(Clock::Counted, Measure::Send).is_empty());
    }

    #[test]
    fn records_belong_to_the_conditions_before_them() {
        let wall = CONDITIONS.replace("counted", "wall");
        let text = format!("{CONDITIONS}\n{RECORD}\n{wall}\n{RECORD}\n{RECORD}\n");
        let results = Results::read(&text).unwrap();
        assert_eq!(results.of(Clock::Counted, Measure::Message).len(), 1);
        assert_eq!(results.of(Clock::Wall, Measure::Message).len(), 2);
    }

    #[test]
    fn what_cannot_be_understood_is_an_error() {
        for text in ["", "hello", RECORD, "{\"measure\":\"warmth\"}"] {
            assert!(Results::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_record_comes_through_as_it_was() {
        let record: Line = serde_json::from_str(RECORD).unwrap();
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), record);
    }
}
