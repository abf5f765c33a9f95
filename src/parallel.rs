//! The same work for many things, on all cores, with the results in the order of the things.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// More threads than this wait for memory, not for each other.
const MOST: usize = 8;

/// `work` on every item. With fewer than `worthwhile` items a thread costs more than it saves.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], worthwhile: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(MOST);
    if cores < 2 || items.len() < worthwhile.max(2) {
        return items.iter().map(work).collect();
    }
    // Small chunks, for some items are much more work than others.
    let size = items.len().div_ceil(cores * 16);
    let chunks: Vec<&[T]> = items.chunks(size).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        while let Some((at, chunk)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, *chunks.get(at)?)))
        {
            done.push((at, chunk.iter().map(&work).collect()));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for other in others {
            match other.join() {
                Ok(theirs) => done.extend(theirs),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        for worthwhile in [0, 2000] {
            let doubled = super::map(&items, worthwhile, |item| item * 2);
            assert!(doubled.iter().enumerate().all(|(at, value)| *value == at * 2));
        }
    }
}
