// SPDX-License-Identifier: GPL-2.0
//! A page that comes, but only a while after somebody waits for it.

use super::absent::Absent;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it is looked whether somebody waits.
const GLANCE: Duration = Duration::from_millis(1);

/// Such a page, and the thread that brings it.
pub struct Late {
    page: Arc<Absent>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Late {
    /// A new one, of this process. Who may not have the kernel's own accesses wait: `EPERM`.
    pub fn page() -> io::Result<Late> {
        let page = Arc::new(Absent::page()?);
        let is_over = Arc::new(AtomicBool::new(false));
        let (brought, over) = (page.clone(), is_over.clone());
        let bring = move || {
            while !over.load(Ordering::Relaxed) {
                if brought.is_awaited() {
                    // Who waits would do so for ever.
                    return brought.comes().expect("UFFDIO_ZEROPAGE");
                }
                thread::sleep(GLANCE);
            }
        };
        Ok(Late {
            page,
            is_over,
            thread: Some(thread::spawn(bring)),
        })
    }

    /// The page.
    pub fn absent(&self) -> &Absent {
        &self.page
    }
}

impl Drop for Late {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
