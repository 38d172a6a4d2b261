//! One reader process for each file. Documents are hostile: a stack overflow or an abort in a parser
//! cannot be caught, so it must happen elsewhere. In go the name and the bytes of a file, out comes a
//! [`Reading`]; whatever the file does to its reader costs this one file its verdict and nothing else.
//!
//! The program starts itself as `gouji worker`. The process confines itself ([`confine`]) before
//! it reads the first byte, takes one file from stdin, writes one JSON answer to stdout, and ends.
//! [`Workers`] keeps a spare process started, so that no file waits for one.
//!
//! Facts the code cannot show: a worker dies with the *thread* that started it (`PR_SET_PDEATHSIG`),
//! so processes are started from async code, whose threads live as long as the runtime, and never
//! from `spawn_blocking`. The environment is not passed on: it names credentials.

pub mod confine;
mod fate;
mod misbehave;
mod protocol;
pub mod recognition;
mod serve;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::{debug, error, warn};

use confine::Confinement;
pub use recognition::{Lacking, Recognition};

use crate::document::{Document, Refusal};
use crate::inspect::{Lost, Reading};
pub use misbehave::Misbehaviour;
pub use serve::{misbehave, recognise, serve, tell_confinement};

/// The longest a file may keep its reader, by the clock on the wall.
pub const WALL_TIME: Duration = Duration::from_secs(10);
/// The same where characters have to be recognised: the service stands back behind everything else on
/// its machine.
pub const RECOGNITION_WALL_TIME: Duration = Duration::from_secs(180);
/// The most a reader may answer.
pub const ANSWER_BYTES: u64 = 16 << 20;
/// How much of what a reader says on stderr is kept.
const COMPLAINT_BYTES: u64 = 4096;

/// Why no reader could be had. Nothing is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The system starts no more processes, or the program is gone.
    #[error("cannot start {} as a worker: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No more files are read.
    #[error("gouji is stopping")]
    Closed,
    /// The process started and could not limit itself, or was not one of ours.
    #[error("the worker ended before it read anything ({status}): {complaint}")]
    Unfit {
        /// How it ended.
        status: ExitStatus,
        /// What it said on stderr.
        complaint: String,
    },
}

/// Reader processes: how many at once, and a spare one.
#[derive(Debug, Clone)]
pub struct Workers {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    program: PathBuf,
    arguments: Vec<String>,
    /// How many files may be with a reader at once.
    slots: Semaphore,
    /// How many may be with the program that recognises characters. It takes seconds for a page, and
    /// may hang: other files have readers meanwhile.
    recognitions: Semaphore,
    spare: Mutex<VecDeque<Worker>>,
    /// What recognises characters, by path or name; `None`: nothing does.
    recogniser: Option<PathBuf>,
    /// The same once it was found: then it is not looked for again.
    recognition: OnceLock<Recognition>,
}

/// A reader that is free for one file.
#[derive(Debug)]
pub struct Slot<'a> {
    workers: &'a Workers,
    permit: SemaphorePermit<'a>,
}

impl Slot<'_> {
    /// Reads one file. The reader is free for others while the characters of a scan are recognised.
    ///
    /// # Errors
    /// No reader could be started; the file has not been looked at.
    pub async fn read(self, name: &str, bytes: &[u8]) -> Result<Reading, WorkerError> {
        let Self { workers, permit } = self;
        let worker = match workers.shared.take_spare() {
            Some(spare) => spare,
            None => workers.shared.start()?,
        };
        workers.refill();
        let reading = worker.read(name, bytes, WALL_TIME).await?;
        drop(permit);
        workers.recognised(name, bytes, reading).await
    }
}

/// Reads one file in a process of its own. For many files, [`Workers`] is faster.
pub async fn read(name: &str, bytes: &[u8]) -> Reading {
    match Workers::new(1).read(name, bytes).await {
        Ok(reading) => reading,
        Err(problem) => {
            error!("{problem}");
            Reading::Lost(Lost::Crashed)
        }
    }
}

impl Workers {
    /// At most `count` readers at once, of the running program itself.
    pub fn new(count: usize) -> Self {
        Self::of(program(), &[], count)
    }

    /// The same of another program, with further arguments: for tests.
    pub fn of(program: PathBuf, arguments: &[&str], count: usize) -> Self {
        let arguments =
            std::iter::once("worker").chain(arguments.iter().copied()).map(str::to_owned).collect();
        let shared = Shared {
            program,
            arguments,
            slots: Semaphore::new(count.max(1)),
            recognitions: Semaphore::new(count.max(1)),
            spare: Mutex::default(),
            recogniser: None,
            recognition: OnceLock::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The same, with a program that recognises characters: `tesseract`, by its path or its name.
    /// It need not be there: files that take it are refused then.
    pub fn recognising_by(self, program: Option<&Path>) -> Self {
        let recogniser = program.map(Path::to_owned);
        let shared = match Arc::try_unwrap(self.shared) {
            Ok(shared) => Shared { recogniser, ..shared },
            // Nobody shares it before it is made.
            Err(shared) => return Self { shared },
        };
        Self { shared: Arc::new(shared) }
    }

    /// What recognises characters. As long as it is missing, every call looks for it.
    ///
    /// # Errors
    /// What is missing.
    pub fn recognition(&self) -> Result<Recognition, Lacking> {
        if let Some(found) = self.shared.recognition.get() {
            return Ok(found.clone());
        }
        let found = recognition::find(self.shared.recogniser.as_deref())?;
        Ok(self.shared.recognition.get_or_init(|| found).clone())
    }

    /// Starts a spare process, so that the first file does not wait either.
    ///
    /// # Errors
    /// No process could be started; [`Workers::read`] would fail as well.
    pub async fn warm_up(&self) -> Result<(), WorkerError> {
        let worker = self.shared.start()?;
        self.shared.keep(worker);
        Ok(())
    }

    /// Reads one file. Waits for a free slot first.
    ///
    /// # Errors
    /// No reader could be started; the file has not been looked at.
    pub async fn read(&self, name: &str, bytes: &[u8]) -> Result<Reading, WorkerError> {
        self.slot().await?.read(name, bytes).await
    }

    /// Waits until a reader is free.
    ///
    /// # Errors
    /// [`Workers::close`] was called.
    pub async fn slot(&self) -> Result<Slot<'_>, WorkerError> {
        let permit = self.shared.slots.acquire().await.map_err(|_| WorkerError::Closed)?;
        Ok(Slot { workers: self, permit })
    }

    /// Begins no further reading; those under way go on.
    pub fn close(&self) {
        self.shared.slots.close();
        self.shared.recognitions.close();
    }

    /// A reading with the documents in it that are images recognised, where that can be done.
    async fn recognised(
        &self,
        name: &str,
        bytes: &[u8],
        reading: Reading,
    ) -> Result<Reading, WorkerError> {
        let mut documents = match reading {
            Reading::Documents(documents) => documents,
            Reading::Refused(refusal @ Refusal::Unrecognised(_)) => {
                vec![(String::new(), Err(refusal))]
            }
            other => return Ok(other),
        };
        if !documents.iter().any(|(_, document)| is_pictured(document)) {
            return Ok(Reading::Documents(documents));
        }
        let recognition = match self.recognition() {
            Ok(recognition) => recognition,
            Err(lacking) => {
                debug!("{name} is not recognised: {lacking}");
                return Ok(Reading::Documents(documents));
            }
        };
        let _place = self.shared.recognitions.acquire().await.map_err(|_| WorkerError::Closed)?;
        let is_single = documents.len() == 1;
        for (member, document) in documents.iter_mut().filter(|(_, d)| is_pictured(d)) {
            let worker = self.shared.start_recognition(&recognition.program)?;
            let found = match worker.read(member, bytes, RECOGNITION_WALL_TIME).await? {
                Reading::Documents(found) => found.into_iter().next().map(|(_, found)| found),
                Reading::Refused(refusal) => Some(Err(refusal)),
                Reading::Lost(lost) => {
                    debug!("recognition of {name} was lost: {}", lost.detail());
                    if is_single && document.is_err() {
                        return Ok(Reading::Lost(Lost::Recognising));
                    }
                    Some(Err(Refusal::Recognition(lost.detail().into())))
                }
            };
            // What could be read without recognition is worth more than a refusal.
            match found {
                Some(Err(refusal)) if document.is_ok() => {
                    warn!("the pages of {name} that are images are not recognised: {refusal}");
                }
                Some(found) => *document = found,
                None => {}
            }
        }
        Ok(Reading::Documents(documents))
    }

    /// Which walls the kernel puts up around a reader: a process that confines itself tells.
    ///
    /// # Errors
    /// It could not be started, or could not confine itself; neither could a reader.
    pub async fn confinement(&self) -> Result<Confinement, WorkerError> {
        let output = self.shared.command().arg("--confinement").output();
        let output = output.await.map_err(|source| self.shared.not_started(source))?;
        serde_json::from_slice(&output.stdout).map_err(|_| WorkerError::Unfit {
            status: output.status,
            complaint: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }

    /// Starts the next spare process while the file is being read.
    fn refill(&self) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            if shared.has_spare() {
                return;
            }
            match shared.start() {
                Ok(worker) => shared.keep(worker),
                Err(problem) => debug!("no spare worker: {problem}"),
            }
        });
    }
}

impl Shared {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    fn not_started(&self, source: std::io::Error) -> WorkerError {
        WorkerError::Start { program: self.program.clone(), source }
    }

    fn start(&self) -> Result<Worker, WorkerError> {
        self.spawn(self.command(), false)
    }

    fn spawn(&self, mut command: Command, is_group: bool) -> Result<Worker, WorkerError> {
        let mut child = command.spawn().map_err(|error| self.not_started(error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(self.not_started(std::io::Error::other("BUG: a pipe is missing")));
        };
        let group = if is_group { child.id() } else { None };
        Ok(Worker { child, stdin, stdout, stderr, _group: Group(group) })
    }

    /// A process that may start the program that recognises characters. Both are a group of their own.
    fn start_recognition(&self, recogniser: &Path) -> Result<Worker, WorkerError> {
        let mut command = self.command();
        command.arg("--recognise").arg(recogniser).process_group(0);
        self.spawn(command, true)
    }

    /// A spare process that is still alive.
    fn take_spare(&self) -> Option<Worker> {
        let mut spare = self.spare.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while let Some(mut worker) = spare.pop_front() {
            match worker.child.try_wait() {
                Ok(None) => return Some(worker),
                ended => debug!("a spare worker is no more: {ended:?}"),
            }
        }
        None
    }

    fn has_spare(&self) -> bool {
        !self.spare.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_empty()
    }

    fn keep(&self, worker: Worker) {
        self.spare.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_back(worker);
    }
}

/// One process, good for one file. Dropping it kills it.
#[derive(Debug)]
struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    _group: Group,
}

/// A group of processes, by its number. Dropping it kills them all: the program a worker has started
/// must not outlive it.
#[derive(Debug)]
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let leader = self.0.and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(leader) = leader
            && let Err(problem) = kill_process_group(leader, Signal::KILL)
            && problem != rustix::io::Errno::SRCH
        {
            debug!("cannot stop what a worker has started: {problem}");
        }
    }
}

impl Worker {
    async fn read(
        mut self,
        name: &str,
        bytes: &[u8],
        wall_time: Duration,
    ) -> Result<Reading, WorkerError> {
        let Ok(exchange) = tokio::time::timeout(wall_time, self.exchange(name, bytes)).await else {
            if let Err(problem) = self.child.kill().await {
                warn!("cannot stop a worker that overran: {problem}");
            }
            return Ok(Reading::Lost(Lost::Overran));
        };
        match exchange {
            Exchange::Answered(reading) => Ok(*reading),
            Exchange::TooMuch => {
                debug!("reader of {name} answered more than {ANSWER_BYTES} bytes");
                Ok(Reading::Refused(Refusal::TooLarge("the text is too long".into())))
            }
            Exchange::Ended { status, complaint } => match fate::lost(status, &complaint) {
                Some(lost) => {
                    debug!("reader of {name} ended without an answer ({status}): {complaint}");
                    Ok(Reading::Lost(lost))
                }
                None => Err(WorkerError::Unfit { status, complaint }),
            },
        }
    }

    /// Hands the file over and takes the answer. All three pipes move at once: the process may
    /// complain or answer before it has read everything, and end at any moment.
    async fn exchange(&mut self, name: &str, bytes: &[u8]) -> Exchange {
        let stdin = &mut self.stdin;
        let give = async {
            let header = protocol::header(name, bytes.len());
            // A process that has ended does not read on; how it ended says why.
            if stdin.write_all(&header).await.is_ok() && stdin.write_all(bytes).await.is_ok() {
                _ = stdin.flush().await.is_ok();
            }
            Ok(())
        };
        let answer = answer(&mut self.stdout);
        let complaint = complaint(&mut self.stderr);
        let Ok(((), answer, complaint)) = tokio::try_join!(give, answer, complaint) else {
            return Exchange::TooMuch;
        };
        if let Ok(reading) = serde_json::from_slice(&answer) {
            return Exchange::Answered(Box::new(reading));
        }
        match self.child.wait().await {
            Ok(status) => Exchange::Ended {
                status,
                complaint: String::from_utf8_lossy(&complaint).trim().to_owned(),
            },
            Err(problem) => {
                Exchange::Ended { status: ExitStatus::default(), complaint: problem.to_string() }
            }
        }
    }
}

/// Whether there are images of pages that recognition may read.
fn is_pictured(document: &Result<Document, Refusal>) -> bool {
    match document {
        Ok(document) => document.has_pictured_pages(),
        Err(refusal) => matches!(refusal, Refusal::Unrecognised(_)),
    }
}

/// What came of handing a file over.
enum Exchange {
    Answered(Box<Reading>),
    TooMuch,
    Ended { status: ExitStatus, complaint: String },
}

/// More than a reader may answer.
struct TooMuch;

/// The answer. An error on the pipe means that the process has ended: what has come is all there is.
async fn answer(pipe: &mut ChildStdout) -> Result<Vec<u8>, TooMuch> {
    let mut answer = Vec::new();
    _ = pipe.take(ANSWER_BYTES + 1).read_to_end(&mut answer).await.is_ok();
    match u64::try_from(answer.len()).is_ok_and(|length| length <= ANSWER_BYTES) {
        true => Ok(answer),
        false => Err(TooMuch),
    }
}

/// The beginning of what the process says on stderr. The rest is read as well, so that it does not
/// wait for a listener.
async fn complaint(pipe: &mut ChildStderr) -> Result<Vec<u8>, TooMuch> {
    let mut kept = Vec::new();
    _ = pipe.take(COMPLAINT_BYTES).read_to_end(&mut kept).await.is_ok();
    _ = tokio::io::copy(pipe, &mut tokio::io::sink()).await.is_ok();
    Ok(kept)
}

/// The running program: by `/proc/self/exe`, which stays the same when an update replaces the file.
fn program() -> PathBuf {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() {
        return link;
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("gouji"))
}
