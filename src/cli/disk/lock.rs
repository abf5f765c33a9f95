//! One run at a time writes at a place. The lock is on the folder itself, so that nothing of it stays behind.

use std::fs::{File, TryLockError};
use std::time::Duration;

use anyhow::{Result, bail};

use super::place::Place;

const PAUSE: Duration = Duration::from_millis(20);
/// A run writes for seconds at most.
const ATTEMPTS: u32 = 3000;

/// Held until it is dropped; the system lets go of it when the run is killed.
pub(super) struct Lock(Option<File>);

impl Lock {
    /// Waits until no other run writes in the folder. Where the system has no locks there is none.
    pub(super) fn on(folder: &Place) -> Result<Self> {
        let Ok(file) = File::open(folder) else { return Ok(Self(None)) };
        for _ in 0..ATTEMPTS {
            match file.try_lock() {
                Ok(()) => return Ok(Self(Some(file))),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(_)) => return Ok(Self(None)),
            }
        }
        bail!(
            "another run is writing in {}, and has not ended for {} s: try again when it has",
            folder.display(),
            (PAUSE * ATTEMPTS).as_secs()
        )
    }

    /// Is nobody else at work here?
    pub(super) fn is_held(&self) -> bool {
        self.0.is_some()
    }
}
