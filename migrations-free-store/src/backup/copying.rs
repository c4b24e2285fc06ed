//! Does one thing to each of many files, a few at a time, behind everybody else. It knows nothing of what is done.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::error::Error;
use crate::{Progress, files};

/// Files under way at once: while one is synced another is read.
const COPIERS: usize = 3;

/// What `act` gives for each item, in their order. The first error ends it.
pub(super) fn each<T: Sync, R: Send>(
    items: &[T],
    what: &str,
    progress: &mut (dyn FnMut(Progress) + Send),
    act: &(dyn Fn(usize, &T) -> Result<R, Error> + Sync),
) -> Result<Vec<R>, Error> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let failed: Mutex<Option<Error>> = Mutex::default();
    let progress = Mutex::new(progress);
    let copier = |copier: usize| {
        // Whoever waits for an answer goes first.
        files::step_back();
        while failed.lock().is_none() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(number) else {
                return;
            };
            match act(copier, item) {
                Ok(result) => results.lock().push((number, result)),
                Err(error) => {
                    failed.lock().get_or_insert(error);
                    return;
                }
            }
            if number.is_multiple_of(64) {
                let (done, total) = (number as u64 + 1, items.len() as u64);
                let what = what.to_owned();
                (progress.lock())(Progress::Step { what, done, total });
            }
        }
    };
    std::thread::scope(|scope| {
        for number in 0..COPIERS.min(items.len()) {
            let copier = &copier;
            scope.spawn(move || copier(number));
        }
    });
    if let Some(error) = failed.into_inner() {
        return Err(error);
    }
    let mut results = results.into_inner();
    results.sort_unstable_by_key(|(number, _)| *number);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
