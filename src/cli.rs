//! The command line: arguments in, exit status out, and the only module that prints.
//!
//! What scripts rely on: exit status 0 fine, 1 findings, 2 something could not be done, 64 wrong
//! usage. What is asked for goes to standard output, everything else to standard error.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::config::{self, Settings};
use crate::form::Forms;
use crate::notice::{Stationery, StationeryError};
use crate::worker::Workers;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

mod check;
mod doctor;
mod explain;
mod export;
mod forms;
mod generate;
mod import;
mod json;
mod mail;
mod notices;
mod rebuild;
mod recheck;
mod settings;
mod show;
mod space;
mod status;
mod table;
mod terminal;

/// Watches folders for annual reports on government information disclosure, checks their figures
/// against each other, and mails the county office when they disagree.
#[derive(Debug, Parser)]
#[command(name = "gouji", version, arg_required_else_help = true)]
#[command(after_help = "Example:\n  gouji check 青塘镇2025.docx")]
struct Arguments {
    /// The configuration file. Without: that of the environment variable `GOUJI_CONFIG`, else
    /// /etc/gouji/gouji.toml, else built-in defaults with data in ./gouji-data
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch the drop folders, record and check what is handed in, send mails
    ///
    /// Runs until it is told to stop (SIGTERM, Ctrl-C). The log goes to standard error;
    /// `GOUJI_LOG=debug` shows more of it.
    #[command(after_help = "Example:\n  gouji --config /etc/gouji/gouji.toml run")]
    Run,
    /// Read and check files and print what is wrong; nothing is recorded and nobody is mailed
    ///
    /// Exit status: 0 no error found, 1 errors found, 2 a file could not be read or is no report.
    #[command(after_help = "Examples:\n  gouji check 青塘镇2025.docx\n  \
                            gouji check --json *.docx | jq -r 'select(.verdict == \"failed\").unit'")]
    Check(CheckArguments),
    /// Show how many reports are recorded, which files wait, which mails have not gone
    #[command(after_help = "Example:\n  gouji status --json")]
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show mails that have not gone out, or send one again
    #[command(after_help = "Examples:\n  gouji notices\n  gouji notices retry 17")]
    Notices {
        #[command(subcommand)]
        action: Option<NoticesAction>,
    },
    /// Record many files at once without mailing anybody, e.g. reports of past years
    ///
    /// Folders are searched with their sub-folders. What is recorded already is left alone.
    #[command(after_help = "Example:\n  gouji import /srv/reports/2019 /srv/reports/2020")]
    Import {
        /// Files and folders
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Apply the rules of today to every report recorded already; nobody is mailed
    ///
    /// Lists the reports whose findings have changed. From then on the next version of a report is
    /// compared with what is thought of this one now.
    #[command(after_help = "Examples:\n  gouji recheck\n  gouji recheck --read")]
    Recheck {
        /// Read the files again, as far as they are still there: for a better reader
        #[arg(long)]
        read: bool,
    },
    /// Make a new database from the files in the folders; nobody is mailed
    ///
    /// `gouji run` must be stopped. Mails and notices are taken over; the old database is moved aside.
    /// Reports that were imported from elsewhere have to be imported again.
    #[command(after_help = "Example:\n  gouji rebuild")]
    Rebuild,
    /// Look at everything the service needs and say what is in its way, each with the remedy
    ///
    /// Exit status: 0 nothing is in the way, 1 something is.
    #[command(after_help = "Example:\n  gouji doctor")]
    Doctor,
    /// Write findings, figures or another view of the database into a CSV or Excel file
    #[command(
        after_help = "Examples:\n  gouji export\n  gouji export findings --year 2025 -o findings.xlsx\n  \
                            gouji export figures --unit 青塘镇 > figures.csv"
    )]
    Export(export::ExportArguments),
    /// Try whether mails go out, or look at one before it does
    #[command(after_help = "Examples:\n  gouji mail test\n  gouji mail preview 青塘镇2025.docx")]
    Mail {
        #[command(subcommand)]
        action: MailAction,
    },
    /// Settle findings of a report that should be confirmed, with an explanation
    ///
    /// It holds, over re-checks and new versions, until one of the figures concerned changes. What must
    /// be corrected cannot be explained away.
    #[command(after_help = "Example:\n  gouji explain 禾川县自然资源局2022 years-stock \
                            disclosure.normative_documents.in_force --because 2022年清理，宣布失效17件")]
    Explain {
        /// The report: unit and year, or its `report_id` in the database
        report: String,
        /// The rule, e.g. years-stock
        rule: String,
        /// The place, as in the database and in `gouji check --json`
        #[arg(value_name = "WHERE")]
        place: String,
        /// The reason
        #[arg(long, value_name = "TEXT")]
        because: String,
    },
    /// Look at the configuration
    #[command(after_help = "Example:\n  gouji --config config/gouji.toml config check")]
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// List the forms in use, or check a form file
    #[command(after_help = "Examples:\n  gouji forms\n  gouji forms check config/forms/2021.toml")]
    Forms {
        #[command(subcommand)]
        action: Option<FormsAction>,
    },
    /// Print the completions for a shell
    #[command(after_help = "Example:\n  gouji completions bash > /etc/bash_completion.d/gouji")]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a folder
    #[command(after_help = "Example:\n  gouji man /usr/local/share/man/man1")]
    Man {
        /// The folder; made if it is not there
        folder: PathBuf,
    },
    /// Read one file for another gouji: bytes on standard input, JSON on standard output
    #[command(hide = true)]
    Worker {
        /// Go wrong in this way instead, to show that the limits hold
        #[arg(long, value_name = "HOW")]
        misbehave: Option<crate::worker::Misbehaviour>,
        /// Recognise the characters of images with this program
        #[arg(long, value_name = "PROGRAM", conflicts_with = "misbehave")]
        recognise: Option<PathBuf>,
        /// Only tell which walls of the kernel stand around a reader, as JSON
        #[arg(long, conflicts_with = "misbehave")]
        confinement: bool,
    },
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// Reports in any format gouji reads; what they are is told by their content
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object a line for each report
    #[arg(long)]
    json: bool,
    /// Show every cell with its text, unit and place, and rows that the form does not know
    #[arg(long)]
    raw: bool,
    /// List every check with its outcome, also those that passed or were undecided
    #[arg(long)]
    all: bool,
    /// Draw all tables, not only those with something wrong in them
    #[arg(long, conflicts_with = "json")]
    tables: bool,
}

#[derive(Debug, Subcommand)]
enum NoticesAction {
    /// Send a mail again that was given up or waits for its next attempt
    #[command(after_help = "Example:\n  gouji notices retry 17")]
    Retry {
        /// The number that `gouji notices` shows
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
enum MailAction {
    /// Send a test mail and show what the mail server says to each step
    ///
    /// It goes to `[mail] admin`; for the addresses in `to` the server is only asked. Passwords are
    /// left out of what is shown. Exit status: 0 all went well, 1 something was refused or the server could
    /// not be reached, 2 the configuration is wrong.
    #[command(after_help = "Examples:\n  gouji --config /etc/gouji/gouji.toml mail test\n  \
                            gouji mail test --to it@example.gov.cn")]
    Test {
        /// Send it to this address instead; may be given several times
        #[arg(long, value_name = "ADDRESS")]
        to: Vec<String>,
        /// Go through all steps but send nothing
        #[arg(long)]
        no_mail: bool,
    },
    /// Write the mail about a report as .eml and .html, and send nothing
    ///
    /// The report is a file, or one of the database: its number or its unit.
    #[command(after_help = "Examples:\n  gouji mail preview 青塘镇2025.docx\n  \
                            gouji mail preview 青塘镇人民政府 --year 2025 --into /tmp")]
    Preview {
        /// File, number or unit
        report: PathBuf,
        /// Of a unit: the report of this year (without: the latest)
        #[arg(long)]
        year: Option<i16>,
        /// Folder to write into
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        into: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigAction {
    /// Check the configuration and the forms and print what they come to
    #[command(after_help = "Example:\n  gouji --config /etc/gouji/gouji.toml config check")]
    Check,
}

#[derive(Debug, Subcommand)]
enum FormsAction {
    /// Check one form file by itself; every error is told with its line
    #[command(after_help = "Example:\n  gouji forms check /etc/gouji/forms/2026.toml")]
    Check {
        /// The form file
        file: PathBuf,
    },
}

/// How a command ended; the worse one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// Nothing to complain about.
    Fine,
    /// Error-level findings.
    Found,
    /// Something could not be read, checked or done.
    CouldNotCheck,
    /// The arguments make no sense.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Found => 1,
            Exit::CouldNotCheck => 2,
            Exit::Usage => 64,
        })
    }
}

/// Does what the arguments of this process say.
pub fn main() -> ExitCode {
    // Started for every file that is read: what it takes to understand all other commands is spared.
    if std::env::args_os().skip(1).eq(["worker"]) {
        return crate::worker::serve();
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return answered(&answer).into(),
    };
    if let Command::Worker { recognise: Some(program), .. } = &arguments.command {
        return crate::worker::recognise(program);
    }
    if let Command::Worker { misbehave, confinement, .. } = arguments.command {
        return match misbehave {
            Some(how) => crate::worker::misbehave(how),
            None if confinement => crate::worker::tell_confinement(),
            None => crate::worker::serve(),
        };
    }
    match execute(arguments) {
        Ok(exit) => exit.into(),
        // Whoever reads our output has enough of it: `gouji check … | head`.
        Err(error) if is_broken_pipe(&error) => Exit::Fine.into(),
        Err(error) => {
            complain(&with_causes(&error));
            Exit::CouldNotCheck.into()
        }
    }
}

/// Prints help, the version, or what is wrong with the arguments.
fn answered(answer: &clap::Error) -> Exit {
    let asked_for = !answer.use_stderr();
    match answer.print() {
        Ok(()) if asked_for => Exit::Fine,
        Ok(()) => Exit::Usage,
        Err(_) => Exit::CouldNotCheck,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == broken)
    })
}

/// An error with its causes; a cause that the message before it has told already is not told again.
fn with_causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| {
        if told.is_empty() {
            cause
        } else if told.contains(&cause) {
            told
        } else {
            format!("{told}: {cause}")
        }
    })
}

/// To standard error; when even that is gone there is nobody left to tell.
fn complain(what: &str) {
    let mut err = std::io::stderr();
    for line in what.lines() {
        drop(writeln!(err, "gouji: {line}"));
    }
}

fn execute(arguments: Arguments) -> anyhow::Result<Exit> {
    let explicit = arguments.config.as_deref();
    // These need no configuration, or tell what is wrong in it themselves.
    match &arguments.command {
        Command::Forms { action: Some(FormsAction::Check { file }) } => return forms::check(file),
        Command::Config { action: ConfigAction::Check } => return settings::check(explicit),
        Command::Completions { shell } => return generate::completions(*shell),
        Command::Man { folder } => return generate::man(folder),
        Command::Doctor => return runtime()?.block_on(doctor::doctor(explicit)),
        _ => {}
    }
    let settings = config::load(explicit)?;
    match arguments.command {
        Command::Run => run(settings),
        Command::Check(arguments) => {
            let forms = usable_forms(&settings)?;
            runtime()?.block_on(check::check(arguments, settings, forms))
        }
        Command::Status { json } => status::show(&settings, json),
        Command::Notices { action: None } => notices::list(&settings),
        Command::Notices { action: Some(NoticesAction::Retry { id }) } => {
            notices::retry(&settings, &usable_forms(&settings)?, id)
        }
        Command::Explain { report, rule, place, because } => {
            let explanation = crate::store::Explanation { report, rule, place, because };
            explain::explain(&settings, &usable_forms(&settings)?, &explanation)
        }
        Command::Import { paths } => {
            let forms = usable_forms(&settings)?;
            runtime()?.block_on(import::import(paths, &settings, &forms))
        }
        Command::Export(arguments) => export::export(&arguments, &settings),
        Command::Recheck { read } => {
            let forms = usable_forms(&settings)?;
            match read {
                true => runtime()?.block_on(recheck::read_again(&settings, &forms)),
                false => recheck::recheck(&settings, &forms),
            }
        }
        Command::Rebuild => {
            let forms = usable_forms(&settings)?;
            runtime()?.block_on(rebuild::rebuild(&settings, &forms))
        }
        Command::Mail { action } => {
            let forms = usable_forms(&settings)?;
            let stationery = stationery(&settings, &forms)?;
            runtime()?.block_on(mail(action, settings, &forms, &stationery))
        }
        Command::Forms { .. } => forms::list(&settings),
        Command::Config { .. }
        | Command::Completions { .. }
        | Command::Doctor
        | Command::Man { .. }
        | Command::Worker { .. } => Ok(Exit::Usage),
    }
}

async fn mail(
    action: MailAction,
    settings: Settings,
    forms: &Forms,
    stationery: &Stationery,
) -> anyhow::Result<Exit> {
    match action {
        MailAction::Test { to, no_mail } => {
            mail::test(mail::Trial { to, no_mail }, settings, stationery).await
        }
        MailAction::Preview { report, year, into } => {
            let preview = mail::Preview { report, year, into };
            mail::preview(preview, &settings, forms, stationery).await
        }
    }
}

/// The forms, if the configuration fits them.
fn usable_forms(settings: &Settings) -> anyhow::Result<Forms> {
    let forms = Forms::load(settings.forms_folder.as_deref())?;
    let misfits = settings.misfits(&forms);
    anyhow::ensure!(misfits.is_empty(), "{}", misfits.join("\n"));
    Ok(forms)
}

/// The templates of mails, the office's own among them tried.
fn stationery(settings: &Settings, forms: &Forms) -> Result<Stationery, StationeryError> {
    Stationery::load(settings.templates_folder.as_deref(), forms)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Reader processes, as many as there are processors.
fn readers(settings: &Settings) -> Workers {
    Workers::new(processors()).recognising_by(settings.recogniser.as_deref())
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads that work needs")
}

fn run(settings: Settings) -> anyhow::Result<Exit> {
    let forms = usable_forms(&settings)?;
    let stationery = stationery(&settings, &forms)?;
    start_logging();
    for line in settings::summary(&settings, &forms) {
        tracing::info!("{line}");
    }
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = runtime()?;
    let ended = runtime.block_on(crate::daemon::run(settings, forms, stationery));
    // A thread that hangs with a share, or is in the middle of a check, is not waited for.
    runtime.shutdown_background();
    ended.map(|()| Exit::Fine)
}

/// The log goes to standard error, or, where that is the system's journal, into the journal itself:
/// then each field can be asked for (`journalctl GOUJI_REPORT_ID=17`).
fn start_logging() {
    let to_journal = config::logs_to_journal();
    let filter = tracing_subscriber::EnvFilter::new(config::log_filter());
    if to_journal && let Ok(journal) = tracing_journald::layer() {
        let journal = journal
            .with_syslog_identifier("gouji".to_owned())
            .with_field_prefix(Some("GOUJI".to_owned()));
        tracing_subscriber::registry().with(filter).with(journal).init();
        return;
    }
    let colour =
        !to_journal && !config::no_color() && std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_target(false);
    match to_journal {
        true => log.without_time().init(),
        false => log.init(),
    }
}
