// SPDX-License-Identifier: GPL-2.0

//! What many figures say together.

/// The figure in the middle; with an even number of them, the upper of two. None: 0.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// The smallest of the figures that so many percent of them do not exceed. None: 0.
pub fn percentile(figures: &mut [u64], percent: usize) -> u64 {
    figures.sort_unstable();
    let rank = (figures.len() * percent).div_ceil(100);
    let at = rank.saturating_sub(1);
    figures.get(at).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_figure_does_not_move_the_median() {
        assert_eq!(median(vec![3.0, 1e9, 1.0, 2.0, 4.0]), 3.0);
    }

    #[test]
    fn the_median_of_two_is_the_upper() {
        assert_eq!(median(vec![2.0, 1.0]), 2.0);
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn percentiles_are_figures_that_were_there() {
        let mut figures: Vec<u64> = (1..=200).rev().collect();
        assert_eq!(percentile(&mut figures, 50), 100);
        assert_eq!(percentile(&mut figures, 99), 198);
        assert_eq!(percentile(&mut figures, 100), 200);
        assert_eq!(percentile(&mut figures, 0), 1);
    }

    #[test]
    fn of_one_figure_every_percentile_is_that() {
        for percent in [0, 50, 99, 100] {
            assert_eq!(percentile(&mut [7], percent), 7);
        }
        assert_eq!(percentile(&mut [], 50), 0);
    }
}
