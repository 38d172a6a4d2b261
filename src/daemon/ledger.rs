//! The one owner of the database: a thread that does what it is asked, one thing after the other.
//!
//! A lock held by another program is waited out, for ever, and told once a minute: the work stays in
//! the queue, and files stay where they are. Verdicts that are ready together are recorded in one
//! transaction.

use std::collections::VecDeque;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::compose::Composer;
use crate::clock;
use crate::inspect::Inspection;
use crate::store::{Compose, FileSeen, Inspected, NoticePolicy, Recorded, Store, StoreError};

/// How soon a locked database is tried again; the attempt itself waits some seconds as well.
const LOCKED: Duration = Duration::from_millis(500);
/// How often it is told that the database stays locked.
const TELL: Duration = Duration::from_secs(60);
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
}

enum Request {
    /// Anything; `false`: the database is locked, ask again.
    Call(Box<dyn FnMut(&mut Store) -> bool + Send>),
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
/// another program has it locked. The receiver hears nothing, and then the end, when the database is
/// closed after the last [`Ledger`] was dropped.
pub(super) async fn open(
    open: impl Fn(Timestamp) -> Result<Store, StoreError> + Send + 'static,
    composer: Composer,
) -> anyhow::Result<(Ledger, oneshot::Receiver<()>)> {
    let (requests, queue) = mpsc::channel();
    let (opened, is_open) = oneshot::channel();
    let (closed, is_closed) = oneshot::channel::<()>();
    thread::Builder::new().name("database".into()).spawn(move || {
        match patiently(|| open(clock::now())) {
            Ok(store) => {
                // Nobody waits any more: the queue is closed as well.
                _ = opened.send(Ok(())).is_ok();
                Owner { store, composer, waiting: VecDeque::new() }.serve(&queue);
            }
            Err(problem) => _ = opened.send(Err(problem)).is_ok(),
        }
        drop(closed);
    })?;
    is_open.await??;
    Ok((Ledger { requests }, is_closed))
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
            Err(problem) if problem.is_busy() => false,
            outcome => {
                // The one who asked may have gone.
                _ = answer.take().is_some_and(|answer| answer.send(outcome).is_ok());
                true
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
}

struct Owner {
    store: Store,
    composer: Composer,
    waiting: VecDeque<Request>,
}

impl Owner {
    fn serve(mut self, queue: &mpsc::Receiver<Request>) {
        while let Some(request) = self.next(queue) {
            match request {
                Request::Call(mut call) => {
                    let mut lock = Lock::new();
                    while !call(&mut self.store) {
                        lock.wait();
                    }
                    lock.tell_end();
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
    }

    /// The next request; everything that has arrived is taken in, so that verdicts can be gathered.
    fn next(&mut self, queue: &mpsc::Receiver<Request>) -> Option<Request> {
        if self.waiting.is_empty() {
            self.waiting.push_back(queue.recv().ok()?);
        }
        self.waiting.extend(queue.try_iter());
        self.waiting.pop_front()
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
        let (store, composer) = (&mut self.store, &self.composer);
        patiently(|| {
            let now = clock::now();
            let mut compose = |notices: &[_]| composer.compose(notices, now);
            let compose: &mut Compose<'_> = &mut compose;
            let at_once = composer.is_at_once().then_some(compose);
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

/// Does something until the database is not locked.
fn patiently<T>(mut work: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let mut lock = Lock::new();
    loop {
        match work() {
            Err(problem) if problem.is_busy() => lock.wait(),
            done => {
                lock.tell_end();
                return done;
            }
        }
    }
}

/// Someone else's lock on the database, being waited for.
struct Lock {
    begun: Instant,
    told: Option<Instant>,
}

impl Lock {
    fn new() -> Self {
        Self { begun: clock::instant(), told: None }
    }

    /// Waits a little, saying now and then that it takes long.
    fn wait(&mut self) {
        let now = clock::instant();
        if now.duration_since(self.told.unwrap_or(self.begun)) >= TELL {
            self.told = Some(now);
            let seconds = now.duration_since(self.begun).as_secs();
            warn!(
                "another program has had the database locked for {seconds} s (unsaved changes in \
                 a database editor?); nothing is lost, gouji goes on trying"
            );
        }
        thread::sleep(LOCKED);
    }

    fn tell_end(&self) {
        if self.told.is_some() {
            info!("The database is not locked any more");
        }
    }
}
