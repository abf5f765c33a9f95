//! Walks over hundreds of places: on all cores, and over a share of what could be tried unless all of it is wanted.

use std::sync::atomic::{AtomicUsize, Ordering};

/// `WALK=all`: everything is tried, however long it takes.
pub fn all_of_it() -> bool {
    std::env::var_os("WALK").is_some_and(|walk| walk == "all")
}

/// What comes of each item, and of its number, in the order of the items.
pub fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        Some((number, work(number, items.get(number)?)))
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let start = || scope.spawn(|| std::iter::from_fn(take).collect::<Vec<_>>());
        let threads: Vec<_> = std::iter::repeat_with(start).take(cores).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
