//! The one owner of the database: a thread that does what it is asked, one thing after the other.
//!
//! A lock held by another program and a full disk are waited out, for ever, and told once a minute:
//! the work stays in the queue, and files stay where they are. In a backlog attempts and verdicts of
//! many files are one transaction (`gathering`). A database that is deleted or replaced under way is
//! let go of: what was written to it from then on would be lost.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::compose::Composer;
use super::gathering::{Gathering, Ticket};
use super::hindrance::{Hindrance, Stint};
use crate::clock;
use crate::inspect::Inspection;
use crate::store::{
    Compose, FileSeen, Inspected, NoticePolicy, Recorded, Store, StoreError, Witness,
};

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
    tickets: Arc<AtomicU64>,
    stint: Stint,
}

/// A reading that has been noted, and whose verdict is awaited until this is dropped.
pub(super) struct Attempt {
    /// How many there were since the last verdict, this one included.
    pub(super) number: u32,
    ticket: Ticket,
    requests: mpsc::Sender<Request>,
}

impl Attempt {
    /// The file is with its reader now.
    pub(super) fn read(&self) {
        // Nobody waits for it when gouji is stopping.
        _ = self.requests.send(Request::Read(self.ticket)).is_ok();
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        // Nobody waits for it when gouji is stopping.
        _ = self.requests.send(Request::Over(self.ticket)).is_ok();
    }
}

/// Why the thread of the database has ended although gouji goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The file was deleted, or another is in its place.
    Replaced,
}

type Work = dyn FnMut(&mut Store) -> Result<(), StoreError> + Send;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Request {
    /// Anything; an error: it cannot be done now, ask again.
    Call(Box<Work>),
    /// Note an attempt.
    Begin(Beginning),
    /// A file whose attempt is noted is with its reader.
    Read(Ticket),
    /// Record a verdict.
    Record(Ticket, Verdicts),
    /// An attempt is over, with a verdict or without.
    Over(Ticket),
    /// gouji is stopping.
    Hurry,
}

/// A file about to be read, and whoever waits for that to be noted.
struct Beginning {
    file: FileSeen,
    ticket: Ticket,
    answer: Answer<u32>,
}

/// A file with its verdicts, and whoever waits for them to be recorded.
struct Verdicts {
    file: FileSeen,
    inspections: Arc<Vec<Inspection>>,
    policy: NoticePolicy,
    answer: Answer<Vec<Recorded>>,
}

/// What the thread does next.
enum Step {
    Call(Box<Work>),
    Commit,
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
                let (calls, gathering) = (VecDeque::new(), Gathering::new());
                let stint = own_stint;
                let mut owner = Owner { store, composer, calls, gathering, stint, witness };
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
    Ok((Ledger { requests, tickets: Arc::default(), stint }, is_closed))
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
        self.send(Request::Call(Box::new(call)))?;
        Ok(answered)
    }

    /// Notes that a file is about to be read.
    pub(super) async fn begin(&self, file: FileSeen) -> Result<Attempt, LedgerError> {
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let mut attempt = Attempt { number: 0, ticket, requests: self.requests.clone() };
        let (answer, answered) = oneshot::channel();
        self.send(Request::Begin(Beginning { file, ticket, answer }))?;
        attempt.number = answered.await.map_err(|_| LedgerError::Closed)??;
        Ok(attempt)
    }

    /// Records the verdicts of one file, with the notices they owe.
    pub(super) async fn record(
        &self,
        attempt: &Attempt,
        file: FileSeen,
        inspections: Arc<Vec<Inspection>>,
        policy: NoticePolicy,
    ) -> Result<Vec<Recorded>, LedgerError> {
        let (answer, answered) = oneshot::channel();
        let verdicts = Verdicts { file, inspections, policy, answer };
        self.send(Request::Record(attempt.ticket, verdicts))?;
        Ok(answered.await.map_err(|_| LedgerError::Closed)??)
    }

    /// gouji is stopping: whatever comes is committed at once from now on.
    pub(super) fn hurry(&self) {
        // A thread that has ended has committed everything.
        _ = self.send(Request::Hurry).is_ok();
    }

    fn send(&self, request: Request) -> Result<(), LedgerError> {
        self.requests.send(request).map_err(|_| LedgerError::Closed)
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
    calls: VecDeque<Box<Work>>,
    gathering: Gathering<Beginning, Verdicts>,
    stint: Stint,
    witness: Arc<Mutex<Witness>>,
}

impl Owner {
    /// Fulfils requests until nobody asks any more; returns why it ended before.
    fn serve(mut self, queue: &mpsc::Receiver<Request>) -> Option<Ending> {
        while let Some(step) = self.next(queue) {
            if !self.store.is_in_place() {
                if let Err(problem) = self.store.leave() {
                    warn!("cannot take away the log of the database that was here: {problem}");
                }
                return Some(Ending::Replaced);
            }
            match step {
                // What failed for good was told to the one who asked.
                Step::Call(mut call) => _ = self.patiently(|store, _| call(store)).is_ok(),
                Step::Commit => self.commit(),
            }
        }
        match self.store.checkpoint_and_close() {
            Ok(()) => info!("Closed the database"),
            // Nothing is lost: the next start picks up the write-ahead log.
            Err(problem) => warn!("the database was not closed properly: {problem}"),
        }
        None
    }

    /// What to do next; everything that has arrived is taken in first, so that it can go together.
    fn next(&mut self, queue: &mpsc::Receiver<Request>) -> Option<Step> {
        loop {
            queue.try_iter().for_each(|request| self.take_in(request));
            let patience = self.gathering.patience(clock::instant());
            let step = match (patience, self.calls.pop_front()) {
                (Some(patience), call) if patience.is_zero() => {
                    self.calls.extend(call);
                    Some(Step::Commit)
                }
                (_, call) => call.map(Step::Call),
            };
            if step.is_some() {
                self.stint.begin(clock::instant());
                return step;
            }
            self.stint.rest();
            let arrived = match patience {
                Some(patience) => queue.recv_timeout(patience),
                None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match arrived {
                Ok(request) => self.take_in(request),
                Err(RecvTimeoutError::Timeout) => {}
                // What was gathered is kept, whether anybody waits for it or not.
                Err(RecvTimeoutError::Disconnected) if patience.is_some() => self.gathering.hurry(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn take_in(&mut self, request: Request) {
        let now = clock::instant();
        match request {
            Request::Call(call) => self.calls.push_back(call),
            Request::Begin(beginning) => self.gathering.begin(beginning),
            Request::Read(ticket) => self.gathering.read(ticket, now),
            Request::Record(ticket, verdicts) => self.gathering.finish(ticket, verdicts, now),
            Request::Over(ticket) => self.gathering.let_go(ticket),
            Request::Hurry => self.gathering.hurry(),
        }
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

    /// Commits what was gathered; verdicts that are told in another way are a transaction of their own.
    fn commit(&mut self) {
        let (mut begun, mut verdicts) = self.gathering.take();
        loop {
            let policy = verdicts.first().map(|one| one.policy).unwrap_or_default();
            let alike = verdicts.iter().take_while(|one| one.policy == policy).count();
            let others = verdicts.split_off(alike);
            self.together(std::mem::take(&mut begun), verdicts, policy);
            verdicts = others;
            if verdicts.is_empty() {
                return;
            }
        }
    }

    fn together(&mut self, begun: Vec<Beginning>, read: Vec<Verdicts>, policy: NoticePolicy) {
        match self.transaction(&begun, &read, policy) {
            Ok((attempts, recorded)) => {
                let now = clock::instant();
                begun.iter().for_each(|beginning| self.gathering.note(beginning.ticket, now));
                // Those who asked may have gone; what is recorded is recorded.
                for (beginning, number) in begun.into_iter().zip(attempts) {
                    _ = beginning.answer.send(Ok(number)).is_ok();
                }
                for (verdicts, recorded) in read.into_iter().zip(recorded) {
                    _ = verdicts.answer.send(Ok(recorded)).is_ok();
                }
            }
            // One of them is to blame; the others need not suffer for it.
            Err(_) if begun.len() + read.len() > 1 => {
                begun.into_iter().for_each(|one| self.together(vec![one], Vec::new(), policy));
                read.into_iter().for_each(|one| self.together(Vec::new(), vec![one], policy));
            }
            Err(problem) => {
                if let Some(beginning) = begun.into_iter().next() {
                    _ = beginning.answer.send(Err(problem)).is_ok();
                } else if let Some(verdicts) = read.into_iter().next() {
                    _ = verdicts.answer.send(Err(problem)).is_ok();
                }
            }
        }
    }

    fn transaction(
        &mut self,
        begun: &[Beginning],
        read: &[Verdicts],
        policy: NoticePolicy,
    ) -> Result<(Vec<u32>, Vec<Vec<Recorded>>), StoreError> {
        let begun: Vec<_> = begun.iter().map(|beginning| &beginning.file).collect();
        let read: Vec<_> = read
            .iter()
            .map(|verdicts| Inspected { file: &verdicts.file, inspections: &verdicts.inspections })
            .collect();
        self.patiently(|store, composer| {
            let now = clock::now();
            let mut compose = |notices: &[_]| composer.compose(notices, now);
            let compose: &mut Compose<'_> = &mut compose;
            let window = composer.at_once();
            let at_once = window.as_ref().map(|window| (window, compose));
            store.begin_and_record(&begun, &read, &policy, at_once, now)
        })
    }
}
