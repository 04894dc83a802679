//! Bins: each feature's values cut into at most `max_bin` ranges, and every value as the number of
//! its range.
// XGBoost: the cut points are those of its quantile sketch, computed here from all values.

use super::Table;
use crate::parallel;

/// The values of one feature as bins.
#[derive(Debug)]
pub(super) struct Feature {
    /// The upper bound of each bin, exclusive; ascending.
    pub(super) cuts: Vec<f32>,
    /// Less than all values.
    pub(super) below_all: f32,
    /// Whether some rows have no value.
    pub(super) has_missing: bool,
    pub(super) codes: Codes,
}

/// The bin of each row; the number of bins where there is no value.
#[derive(Debug)]
pub(super) enum Codes {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

/// Puts the values of all columns into bins.
pub(super) fn bin(table: &Table, max_bin: usize, threads: usize) -> Vec<Feature> {
    let bin_columns = |columns: std::ops::Range<usize>| {
        columns.map(|column| bin_column(table, column, max_bin)).collect::<Vec<_>>()
    };
    parallel::map_ranges(table.columns(), threads, bin_columns).into_iter().flatten().collect()
}

fn bin_column(table: &Table, column: usize, max_bin: usize) -> Feature {
    let values: Vec<f32> = (0..table.rows()).map(|row| table.row(row)[column]).collect();
    let mut known: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    known.sort_unstable_by(f32::total_cmp);
    let below = known.first().copied().unwrap_or(0.0);
    let cuts = cut_points(&known, max_bin);
    let has_missing = known.len() < values.len();
    let missing = cuts.len();
    let code = |value: f32| {
        let bin = || cuts.partition_point(|cut| *cut <= value).min(missing - 1);
        if value.is_nan() { missing } else { bin() }
    };
    // The number of bins is bounded by the greatest max_bin, 65535.
    let codes = if missing < 256 || (missing == 256 && !has_missing) {
        Codes::Narrow(values.iter().map(|value| code(*value) as u8).collect())
    } else {
        Codes::Wide(values.iter().map(|value| code(*value) as u16).collect())
    };
    Feature { cuts, below_all: below - (below.abs() + 1e-5), has_missing, codes }
}

/// The cut points of sorted values.
fn cut_points(sorted: &[f32], max_bin: usize) -> Vec<f32> {
    let Some(greatest) = sorted.last() else { return vec![1e-5] };
    let summary = prune(summarise(sorted), max_bin + 1);
    let inner = summary.iter().take(max_bin).skip(1).map(|entry| entry.value);
    // Greater than all values, also where the values are so great that adding changes nothing.
    let above_all = (greatest + (greatest.abs() + 1e-5)).min(f32::MAX).max(greatest.next_up());
    inner.chain([above_all]).collect()
}

/// One distinct value: how many values are less, and how many are not greater.
#[derive(Debug, Clone, Copy)]
struct Entry {
    value: f32,
    less: f64,
    not_greater: f64,
}

fn summarise(sorted: &[f32]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut less = 0.0;
    for same in sorted.chunk_by(|a, b| a == b) {
        let not_greater = less + same.len() as f64;
        entries.push(Entry { value: same[0], less, not_greater });
        less = not_greater;
    }
    entries
}

/// Keeps `size` entries, evenly spread by rank.
// XGBoost: WQSummary::SetPrune.
fn prune(entries: Vec<Entry>, size: usize) -> Vec<Entry> {
    let (Some(first), Some(end)) = (entries.first(), entries.last()) else { return entries };
    if entries.len() <= size {
        return entries;
    }
    let (begin, pieces) = (first.not_greater, size - 1);
    let range = end.less - begin;
    let last = entries.len() - 1;
    let (mut kept, mut kept_last, mut at) = (vec![*first], 0, 1);
    for piece in 1..pieces {
        let wanted = 2.0 * (piece as f64 * range / pieces as f64 + begin);
        while at < last && wanted >= entries[at + 1].not_greater + entries[at + 1].less {
            at += 1;
        }
        if at == last {
            break;
        }
        let nearer =
            if wanted < entries[at].not_greater + entries[at + 1].less { at } else { at + 1 };
        if nearer != kept_last {
            kept.push(entries[nearer]);
            kept_last = nearer;
        }
    }
    if kept_last != last {
        kept.push(*end);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_a_bin_each() {
        assert_eq!(cut_points(&[1.0, 1.0, 2.0, 4.0], 256), [2.0, 4.0, 8.00001]);
        assert_eq!(cut_points(&[3.0], 256), [6.00001]);
        assert_eq!(cut_points(&[], 256), [1e-5]);
    }

    #[test]
    fn many_values_share_bins_evenly() {
        let values: Vec<f32> = (0..10_000_u16).map(f32::from).collect();
        let cuts = cut_points(&values, 4);
        assert_eq!(cuts.len(), 4);
        for (cut, wanted) in cuts.iter().zip([2500.0, 5000.0, 7500.0]) {
            assert!((cut - wanted).abs() < 3.0, "{cuts:?}");
        }
    }

    #[test]
    fn the_greatest_value_is_in_the_last_bin() {
        for greatest in [f32::MAX, -f32::MAX, 1e30, -1e30, 0.0, -5.0] {
            let cuts = cut_points(&[-f32::MAX, greatest], 256);
            assert!(
                *cuts.last().unwrap() > greatest || greatest == f32::MAX,
                "{greatest}: {cuts:?}"
            );
        }
    }

    #[test]
    fn missing_values_have_a_code_of_their_own() {
        let values = vec![1.0, f32::NAN, 2.0];
        let table = Table::new(1, values, vec![0.0; 3], None).unwrap();
        let feature = &bin(&table, 256, 1)[0];
        assert!(feature.has_missing);
        assert!(matches!(&feature.codes, Codes::Narrow(codes) if *codes == [0, 2, 1]));
    }
}
