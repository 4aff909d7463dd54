// SPDX-License-Identifier: GPL-2.0

//! Covering arrays of strength two: few rows that have between them every pair of levels of two factors
//! that some allowed row has.
//!
//! By the greedy heuristic for set covering (Chvátal, *A Greedy Heuristic for the Set-Covering Problem*,
//! Mathematics of Operations Research 4, 1979), as AETG applies it to pairs (Cohen, Dalal, Fredman,
//! Patton, IEEE TSE 23, 1997): the next row is one that has the most pairs which none before it has. Here it
//! is sought among all allowed rows, so a constraint may concern any number of factors. Of those that
//! are equally good it is the first, so the rows are the same each time.

/// A level of each factor.
pub type Row = Vec<usize>;

/// Every row there can be of factors with so many levels, the last factor changing fastest.
pub fn all(levels: &[usize]) -> impl Iterator<Item = Row> + '_ {
    let count = levels.iter().product();
    (0..count).map(|number: usize| {
        let mut rest = number;
        let mut row: Row = levels
            .iter()
            .rev()
            .map(|&count| {
                let level = rest % count;
                rest /= count;
                level
            })
            .collect();
        row.reverse();
        row
    })
}

/// The pairs of a row: two factors, the first before the second, and the level of each.
pub fn pairs(row: &[usize]) -> impl Iterator<Item = [(usize, usize); 2]> + '_ {
    row.iter().enumerate().flat_map(move |(one, &level)| {
        let behind = row.iter().enumerate().skip(one + 1);
        behind.map(move |(other, &second)| [(one, level), (other, second)])
    })
}

/// Which pairs are still to be covered.
struct Open {
    /// Where each factor's levels begin among those of all.
    first: Vec<usize>,
    /// Levels of all factors.
    count: usize,
    /// A bit for each two levels.
    pairs: Vec<bool>,
}

impl Open {
    fn of(levels: &[usize], rows: &[Row]) -> Self {
        let mut count = 0;
        let first = levels.iter().map(|levels| {
            count += levels;
            count - levels
        });
        let mut open = Self {
            first: first.collect(),
            count,
            pairs: vec![false; count * count],
        };
        rows.iter().for_each(|row| open.set(row, true));
        open
    }

    fn places<'a>(&'a self, row: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
        let level = |(factor, level): (usize, usize)| self.first[factor] + level;
        pairs(row).map(move |[one, other]| level(one) * self.count + level(other))
    }

    fn set(&mut self, row: &[usize], open: bool) {
        let places: Vec<usize> = self.places(row).collect();
        places.into_iter().for_each(|at| self.pairs[at] = open);
    }

    fn gain(&self, row: &[usize]) -> usize {
        self.places(row).filter(|&at| self.pairs[at]).count()
    }
}

/// `rows`, and more that cover with them every pair which an allowed row has, in an order that is always
/// the same.
pub fn cover(levels: &[usize], mut rows: Vec<Row>, allowed: impl Fn(&[usize]) -> bool) -> Vec<Row> {
    let candidates: Vec<Row> = all(levels).filter(|row| allowed(row)).collect();
    let mut open = Open::of(levels, &candidates);
    rows.iter().for_each(|row| open.set(row, false));
    // What each gained when it was last looked at: it never gains more afterwards.
    let mut gains = vec![usize::MAX; candidates.len()];
    loop {
        let mut best = None;
        let mut gained = 0;
        for (row, gain) in candidates.iter().zip(&mut gains) {
            if *gain > gained {
                *gain = open.gain(row);
                if *gain > gained {
                    (best, gained) = (Some(row), *gain);
                }
            }
        }
        let Some(row) = best else {
            return rows;
        };
        open.set(row, false);
        rows.push(row.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// By brute force: each pair of an allowed row is in a chosen one, and each chosen row is allowed.
    fn check(levels: &[usize], allowed: impl Fn(&[usize]) -> bool, at_most: usize) {
        let chosen = cover(levels, Vec::new(), &allowed);
        assert!(chosen.iter().all(|row| allowed(row)));
        let wanted: BTreeSet<_> = all(levels)
            .filter(|row| allowed(row))
            .flat_map(|row| pairs(&row).collect::<Vec<_>>())
            .collect();
        let covered: BTreeSet<_> = chosen
            .iter()
            .flat_map(|row| pairs(row).collect::<Vec<_>>())
            .collect();
        assert_eq!(covered, wanted);
        assert!(chosen.len() <= at_most, "{} rows", chosen.len());
        let again = cover(levels, Vec::new(), &allowed);
        assert_eq!(chosen, again, "the same each time");
    }

    #[test]
    fn two_factors_need_all_their_rows() {
        check(&[3, 4], |_| true, 12);
    }

    #[test]
    fn many_factors_need_few_rows() {
        check(&[3, 3, 3, 3], |_| true, 10);
        check(&[2; 10], |_| true, 10);
        check(&[4, 4, 4, 5, 2, 5, 4, 5], |_| true, 40);
    }

    #[test]
    fn forbidden_pairs_are_left_out_and_all_others_are_there() {
        check(&[3, 3, 3, 2], |row| row[0] != row[1], 12);
        check(&[3, 3, 3, 2], |row| row[0] == 0 || row[3] == 0, 12);
    }

    #[test]
    fn three_factors_may_be_bound_together() {
        check(&[3, 3, 3, 2], |row| row[0] + row[1] + row[2] < 5, 14);
    }

    #[test]
    fn one_row_may_be_all_there_is() {
        check(&[2, 2, 2], |row| row == [1, 0, 1], 1);
    }

    #[test]
    fn rows_that_are_there_are_gone_on_from() {
        let free = |row: &[usize]| row[0] != 0;
        let first = cover(&[3, 3, 3, 3], Vec::new(), free);
        let whole = cover(&[3, 3, 3, 3], first.clone(), |_| true);
        assert_eq!(whole[..first.len()], first);
        let covered: BTreeSet<_> = whole
            .iter()
            .flat_map(|row| pairs(row).collect::<Vec<_>>())
            .collect();
        assert_eq!(covered.len(), 6 * 9);
        // Those that are new are there for the one level that was left out.
        assert!(whole[first.len()..].iter().all(|row| row[0] == 0));
    }

    #[test]
    fn rows_are_listed_once_each() {
        let rows: BTreeSet<Row> = all(&[2, 3, 2]).collect();
        assert_eq!((rows.len(), all(&[2, 3, 2]).count()), (12, 12));
        assert!(rows
            .iter()
            .all(|row| row[0] < 2 && row[1] < 3 && row[2] < 2));
    }
}
