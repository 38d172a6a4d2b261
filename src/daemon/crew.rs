//! A few threads of their own for work that takes long or may hang with a share. tokio's threads for
//! such work grow to dozens in a backlog, and every thread that checks a report fills caches of its
//! own (regular expressions, the allocator).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::{io, thread};

use tokio::sync::{Semaphore, oneshot};

type Job = Box<dyn FnOnce() + Send>;

/// Threads that do one thing after the other. They end when this is dropped and their work is done.
pub(super) struct Crew {
    /// One for each thread, so that no more is given to them than they can do at once.
    places: Semaphore,
    jobs: mpsc::Sender<Job>,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undone {
    #[error("BUG: the work on it panicked")]
    Panicked,
    #[error("gouji is stopping")]
    Stopping,
}

impl Crew {
    /// # Errors
    /// The system gives no more threads.
    pub(super) fn new(name: &str, hands: usize) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..hands {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(name.into()).spawn(move || work_off(&queue))?;
        }
        Ok(Self { places: Semaphore::new(hands), jobs })
    }

    /// Does something as soon as a thread is free, and returns what came of it.
    pub(super) async fn perform<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Undone> {
        let _place = self.places.acquire().await.map_err(|_| Undone::Stopping)?;
        let (answer, answered) = oneshot::channel();
        let job = move || {
            if let Ok(done) = catch_unwind(AssertUnwindSafe(work)) {
                // The one who asked may have gone.
                _ = answer.send(done).is_ok();
            }
        };
        self.jobs.send(Box::new(job)).map_err(|_| Undone::Stopping)?;
        answered.await.map_err(|_| Undone::Panicked)
    }

    /// Takes nothing more: what has not been begun is answered with [`Undone::Stopping`].
    pub(super) fn close(&self) {
        self.places.close();
    }
}

fn work_off(queue: &Mutex<mpsc::Receiver<Job>>) {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(job) = next() {
        job();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn all_is_done_by_as_many_threads_as_there_are_hands_and_a_panic_costs_none_of_them() {
        let crew = Crew::new("hand", 2).unwrap();
        let panicked = crew.perform(|| -> u8 { panic!("on purpose") }).await;
        assert!(matches!(panicked, Err(Undone::Panicked)), "{panicked:?}");
        let mut threads = BTreeSet::new();
        for _ in 0..20 {
            let one = crew.perform(|| thread::current().name().map(str::to_owned));
            let other = crew.perform(|| format!("{:?}", thread::current().id()));
            let (name, id) = tokio::join!(one, other);
            assert_eq!(name.unwrap().as_deref(), Some("hand"));
            threads.insert(id.unwrap());
        }
        assert!(threads.len() <= 2, "{threads:?}");
    }

    #[tokio::test]
    async fn what_has_begun_is_done_after_closing_and_nothing_else() {
        let crew = Arc::new(Crew::new("hand", 1).unwrap());
        let (release, held) = mpsc::channel::<()>();
        let own = Arc::clone(&crew);
        let begun = tokio::spawn(async move { own.perform(move || held.recv().is_ok()).await });
        while crew.places.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let own = Arc::clone(&crew);
        let waiting = tokio::spawn(async move { own.perform(|| ()).await });
        tokio::task::yield_now().await;
        crew.close();
        assert!(matches!(waiting.await.unwrap(), Err(Undone::Stopping)));
        release.send(()).unwrap();
        assert!(begun.await.unwrap().unwrap());
    }
}
