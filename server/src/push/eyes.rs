//! Which devices have their person's eyes on them: an open socket of a page that is seen. Those need no push.

use std::collections::HashMap;
use std::sync::Arc;

use migrations_free_store::Id;
use parking_lot::Mutex;

/// Sockets of pages that are seen, by device.
#[derive(Clone, Default)]
pub struct Eyes(Arc<Mutex<HashMap<Id, usize>>>);

/// One of them; dropping it closes the eye.
pub struct Watching {
    eyes: Eyes,
    device: Id,
}

impl Eyes {
    pub fn open(&self, device: Id) -> Watching {
        *self.0.lock().entry(device).or_default() += 1;
        Watching {
            eyes: self.clone(),
            device,
        }
    }

    pub fn are_on(&self, device: Id) -> bool {
        self.0.lock().contains_key(&device)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut all = self.eyes.0.lock();
        if let Some(count) = all.get_mut(&self.device) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.device);
            }
        }
    }
}
