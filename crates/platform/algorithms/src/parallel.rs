//! Work spread over threads, with results that do not depend on how many there are.

use std::num::NonZeroUsize;
use std::ops::Range;

/// How many threads to use when the user does not say.
pub(crate) fn threads(asked: usize) -> usize {
    let available = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    if asked == 0 { available } else { asked.min(available) }
}

/// Does some work for each range of a partition of `0..count`, on at most `threads` threads, and
/// gives the results in order.
pub(crate) fn map_ranges<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(Range<usize>) -> T + Sync,
) -> Vec<T> {
    let pieces = threads.clamp(1, count.max(1));
    if pieces == 1 {
        return vec![work(0..count)];
    }
    let size = count.div_ceil(pieces);
    let range = |piece: usize| (piece * size).min(count)..((piece + 1) * size).min(count);
    std::thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> =
            (1..pieces).map(|piece| scope.spawn(move || work(range(piece)))).collect();
        let mut results = vec![work(range(0))];
        // A panic of the work is ours to pass on.
        results.extend(others.into_iter().map(|it| it.join().expect("the work does not panic")));
        results
    })
}

/// Does some work for each piece of a slice that is cut at multiples of `unit`, on at most
/// `threads` threads; the work is told where its piece begins.
pub(crate) fn for_pieces<T: Send>(
    items: &mut [T],
    unit: usize,
    threads: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    let units = items.len().div_ceil(unit.max(1));
    let size = units.div_ceil(threads.max(1)).max(1) * unit.max(1);
    if items.len() <= size {
        return work(0, items);
    }
    std::thread::scope(|scope| {
        let (own, others) = items.split_at_mut(size);
        for (piece, items) in others.chunks_mut(size).enumerate() {
            let work = &work;
            scope.spawn(move || work((piece + 1) * size, items));
        }
        work(0, own);
    });
}

/// Does some work for each part of a slice, on at most `threads` threads; part `i` ends at
/// `ends[i]`, where part `i + 1` begins.
pub(crate) fn for_parts<T: Send>(
    items: &mut [T],
    ends: &[usize],
    threads: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    let do_parts = |first: usize, ends: &[usize], mut begin: usize, mut items: &mut [T]| {
        for (index, end) in ends.iter().enumerate() {
            let (part, rest) = items.split_at_mut(end - begin);
            work(first + index, part);
            (items, begin) = (rest, *end);
        }
    };
    let size = ends.len().div_ceil(threads.max(1)).max(1);
    if ends.len() <= size {
        return do_parts(0, ends, 0, items);
    }
    std::thread::scope(|scope| {
        let (own_ends, other_ends) = ends.split_at(size);
        let mut begin = own_ends.last().copied().unwrap_or(0);
        let (own, mut items) = items.split_at_mut(begin);
        for (piece, ends) in other_ends.chunks(size).enumerate() {
            let end = ends.last().copied().unwrap_or(begin);
            let (part, rest) = items.split_at_mut(end - begin);
            let do_parts = &do_parts;
            scope.spawn(move || do_parts((piece + 1) * size, ends, begin, part));
            (items, begin) = (rest, end);
        }
        do_parts(0, own_ends, 0, own);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_everything_once_and_in_order() {
        for (count, threads) in [(0, 4), (1, 4), (7, 3), (8, 1), (3, 100)] {
            let ranges = map_ranges(count, threads, |range| range);
            let flat: Vec<usize> = ranges.into_iter().flatten().collect();
            assert_eq!(flat, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn pieces_know_where_they_begin() {
        let mut items = [0; 10];
        for_pieces(&mut items, 1, 3, |begin, piece| {
            for (index, item) in piece.iter_mut().enumerate() {
                *item = begin + index;
            }
        });
        assert_eq!(items, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn parts_are_cut_at_their_ends() {
        for threads in [1, 2, 3, 9] {
            let mut items = [9; 6];
            for_parts(&mut items, &[1, 1, 4, 6], threads, |part, items| items.fill(part));
            assert_eq!(items, [0, 2, 2, 2, 3, 3]);
        }
    }
}
