//! The one owner of the database: a thread that does what it is asked, one thing after the other.
//!
//! A lock held by another program and a full disk are waited out, for ever, and told once a minute:
//! the work stays in the queue, and files stay where they are. Verdicts that are ready together are
//! recorded in one transaction. A database that is deleted or replaced under way is let go of: what
//! was written to it from then on would be lost.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::compose::Composer;
use super::hindrance::{Hindrance, Stint};
use crate::clock;
use crate::inspect::Inspection;
use crate::store::{
    Compose, FileSeen, Inspected, NoticePolicy, Recorded, Store, StoreError, Witness,
};

/// The most verdicts in one transaction.
const TOGETHER: usize = 64;

/// Why a request was not fulfilled.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// gouji is stopping.
    #[error("the database is closed")]
    Closed,
}

/// Asks the owner of the database. Cheap to clone; when all are dropped, the database is closed.
#[derive(Clone)]
pub(super) struct Ledger {
    requests: mpsc::Sender<Request>,
    stint: Stint,
}

/// Why the thread of the database has ended although gouji goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The file was deleted, or another is in its place.
    Replaced,
}

type Work = dyn FnMut(&mut Store) -> Result<(), StoreError> + Send;

enum Request {
    /// Anything; an error: it cannot be done now, ask again.
    Call(Box<Work>),
    Record(Verdicts),
}

/// A file with its verdicts, and whoever waits for them to be recorded.
struct Verdicts {
    file: FileSeen,
    inspections: Arc<Vec<Inspection>>,
    policy: NoticePolicy,
    answer: oneshot::Sender<Result<Vec<Recorded>, StoreError>>,
}

/// Opens the database and starts its thread. Ends with an error if it cannot be opened; waits if
/// another program has it locked, or its disk is full. The receiver hears why the database is closed
/// before the last [`Ledger`] was dropped, and else nothing, and then the end.
pub(super) async fn open(
    open: impl Fn(Timestamp) -> Result<Store, StoreError> + Send + 'static,
    composer: Composer,
    witness: Arc<Mutex<Witness>>,
) -> anyhow::Result<(Ledger, oneshot::Receiver<Ending>)> {
    let (requests, queue) = mpsc::channel();
    let (opened, is_open) = oneshot::channel();
    let (closed, is_closed) = oneshot::channel();
    let stint = Stint::default();
    let own_stint = stint.clone();
    thread::Builder::new().name("database".into()).spawn(move || {
        let mut hindrance = Hindrance::new(&witness);
        match hindrance.overcome(&own_stint, || open(clock::now())) {
            Ok(store) => {
                // Nobody waits any more: the queue is closed as well.
                _ = opened.send(Ok(())).is_ok();
                let waiting = VecDeque::new();
                let stint = own_stint;
                let mut owner = Owner { store, composer, waiting, stint, witness };
                owner.tell_end(hindrance);
                if let Some(ending) = owner.serve(&queue) {
                    // The main loop may be stopping already.
                    _ = closed.send(ending).is_ok();
                }
            }
            Err(problem) => _ = opened.send(Err(problem)).is_ok(),
        }
    })?;
    is_open.await??;
    Ok((Ledger { requests, stint }, is_closed))
}

impl Ledger {
    /// Does something with the database and returns what came of it.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.request(work)?.await.map_err(|_| LedgerError::Closed)?.map_err(LedgerError::Store)
    }

    /// The same for those who do not wait for the answer. Requests are fulfilled in this order.
    pub(super) fn request<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, LedgerError> {
        let (answer, answered) = oneshot::channel();
        let mut answer = Some(answer);
        let call = move |store: &mut Store| match work(store) {
            Err(problem) if problem.is_retryable() => Err(problem),
            outcome => {
                // The one who asked may have gone.
                _ = answer.take().is_some_and(|answer| answer.send(outcome).is_ok());
                Ok(())
            }
        };
        self.requests.send(Request::Call(Box::new(call))).map_err(|_| LedgerError::Closed)?;
        Ok(answered)
    }

    /// Records the verdicts of one file, with the notices they owe.
    pub(super) async fn record(
        &self,
        file: FileSeen,
        inspections: Arc<Vec<Inspection>>,
        policy: NoticePolicy,
    ) -> Result<Vec<Recorded>, LedgerError> {
        let (answer, answered) = oneshot::channel();
        let verdicts = Verdicts { file, inspections, policy, answer };
        self.requests.send(Request::Record(verdicts)).map_err(|_| LedgerError::Closed)?;
        Ok(answered.await.map_err(|_| LedgerError::Closed)??)
    }

    /// Whether the thread has been at one and the same thing for so long that it will not come back:
    /// a disk that does not answer. Waiting for a lock or for space is not that.
    pub(super) fn stands_still(&self) -> bool {
        self.stint.stands_still(clock::instant())
    }
}

struct Owner {
    store: Store,
    composer: Composer,
    waiting: VecDeque<Request>,
    stint: Stint,
    witness: Arc<Mutex<Witness>>,
}

impl Owner {
    /// Fulfils requests until nobody asks any more; returns why it ended before.
    fn serve(mut self, queue: &mpsc::Receiver<Request>) -> Option<Ending> {
        while let Some(request) = self.next(queue) {
            if !self.store.is_in_place() {
                if let Err(problem) = self.store.leave() {
                    warn!("cannot take away the log of the database that was here: {problem}");
                }
                return Some(Ending::Replaced);
            }
            match request {
                Request::Call(mut call) => {
                    // What failed for good was told to the one who asked.
                    _ = self.patiently(|store, _| call(store)).is_ok();
                }
                Request::Record(verdicts) => {
                    let batch = self.batch(verdicts);
                    self.record(batch);
                }
            }
        }
        match self.store.checkpoint_and_close() {
            Ok(()) => info!("Closed the database"),
            // Nothing is lost: the next start picks up the write-ahead log.
            Err(problem) => warn!("the database was not closed properly: {problem}"),
        }
        None
    }

    /// The next request; everything that has arrived is taken in, so that verdicts can be gathered.
    fn next(&mut self, queue: &mpsc::Receiver<Request>) -> Option<Request> {
        if self.waiting.is_empty() {
            self.stint.rest();
            self.waiting.push_back(queue.recv().ok()?);
        }
        self.stint.begin(clock::instant());
        self.waiting.extend(queue.try_iter());
        self.waiting.pop_front()
    }

    /// Does something until nothing hinders it any more.
    fn patiently<T>(
        &mut self,
        mut work: impl FnMut(&mut Store, &Composer) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut hindrance = Hindrance::new(&self.witness);
        let (store, composer) = (&mut self.store, &self.composer);
        let done = hindrance.overcome(&self.stint, || work(store, composer));
        self.tell_end(hindrance);
        done
    }

    /// The administrator hears of a disk that was full, when there is space to write it down.
    fn tell_end(&mut self, hindrance: Hindrance) {
        if let Some(condition) = hindrance.end()
            && let Err(problem) = self.store.raise(&condition, clock::now())
        {
            warn!("cannot record that the disk was full: {problem}");
        }
    }

    /// The verdicts that follow one another in the queue and are told in the same way.
    fn batch(&mut self, first: Verdicts) -> Vec<Verdicts> {
        let policy = first.policy;
        let mut batch = vec![first];
        while batch.len() < TOGETHER {
            let fits = |request: &mut Request| matches!(request, Request::Record(verdicts) if verdicts.policy == policy);
            let Some(Request::Record(verdicts)) = self.waiting.pop_front_if(fits) else { break };
            batch.push(verdicts);
        }
        batch
    }

    fn record(&mut self, batch: Vec<Verdicts>) {
        let outcome = self.record_together(&batch);
        match (outcome, <[Verdicts; 1]>::try_from(batch)) {
            (Ok(recorded), Err(batch)) => {
                for (verdicts, recorded) in batch.into_iter().zip(recorded) {
                    verdicts.tell(Ok(recorded));
                }
            }
            (Ok(recorded), Ok([one])) => one.tell(Ok(recorded.into_iter().flatten().collect())),
            (Err(problem), Ok([one])) => one.tell(Err(problem)),
            // One of them is to blame; the others need not suffer for it.
            (Err(_), Err(batch)) => batch.into_iter().for_each(|one| self.record(vec![one])),
        }
    }

    fn record_together(&mut self, batch: &[Verdicts]) -> Result<Vec<Vec<Recorded>>, StoreError> {
        let files: Vec<_> = batch
            .iter()
            .map(|verdicts| Inspected { file: &verdicts.file, inspections: &verdicts.inspections })
            .collect();
        let policy = batch.first().map(|verdicts| verdicts.policy).unwrap_or_default();
        self.patiently(|store, composer| {
            let now = clock::now();
            let mut compose = |notices: &[_]| composer.compose(notices, now);
            let compose: &mut Compose<'_> = &mut compose;
            let window = composer.at_once();
            let at_once = window.as_ref().map(|window| (window, compose));
            store.record_all(&files, &policy, at_once, now)
        })
    }
}

impl Verdicts {
    /// The one who asked may have gone; what is recorded is recorded.
    fn tell(self, outcome: Result<Vec<Recorded>, StoreError>) {
        _ = self.answer.send(outcome).is_ok();
    }
}
