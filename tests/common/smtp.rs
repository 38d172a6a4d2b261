//! A mail server that does what a script says, and remembers every word.
//!
//! It listens on a port of its own, speaks real TLS with certificates of an authority made for the
//! occasion, checks logins, and takes mails. Without instructions it takes everything; a script
//! replaces its answer to any command, by occurrence, with other words, silence, or a closed door.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// How the server encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// From the first byte.
    Implicit,
    /// When asked.
    StartTls,
    /// From the first byte, with a protocol nobody should speak any more.
    Obsolete,
}

/// The certificate it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// For `localhost`, issued by the authority in [`Server::ca_file`].
    Good,
    /// The same, of 2001.
    Expired,
    /// For another host.
    WrongHost,
    /// Issued by itself.
    SelfSigned,
}

/// What it does instead of answering as usual.
#[derive(Debug, Clone)]
pub enum Act {
    /// Says this, line end added.
    Say(Vec<u8>),
    /// Says this byte by byte, with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Says this, then closes.
    SayAndDrop(Vec<u8>),
    /// Says nothing and keeps the line open.
    Hang,
    /// Closes the line.
    Drop,
}

/// Says `words`.
pub fn say(words: &str) -> Act {
    Act::Say(words.as_bytes().to_vec())
}

/// What the server is and does.
#[derive(Debug, Clone)]
pub struct Script {
    pub encryption: Encryption,
    pub certificate: Certificate,
    /// Name and password; `None`: no login offered.
    pub login: Option<(String, String)>,
    /// As announced.
    pub mechanisms: &'static str,
    /// By verb and its occurrence since the start, from 1; 0 is every one. Verbs beside SMTP's own:
    /// `CONNECT` (greeting), `CONTENT` (the end of a mail), `INSIDE` (its first bytes).
    acts: BTreeMap<(String, usize), Act>,
}

impl Script {
    pub fn new(encryption: Encryption) -> Self {
        Self {
            encryption,
            certificate: Certificate::Good,
            login: None,
            mechanisms: "PLAIN LOGIN",
            acts: BTreeMap::new(),
        }
    }

    #[must_use]
    pub fn with_login(mut self, name: &str, password: &str, mechanisms: &'static str) -> Self {
        self.login = Some((name.into(), password.into()));
        self.mechanisms = mechanisms;
        self
    }

    #[must_use]
    pub fn with_certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = certificate;
        self
    }

    /// Does `act` at the `occurrence`-th `verb`.
    #[must_use]
    pub fn on(mut self, verb: &str, occurrence: usize, act: Act) -> Self {
        self.acts.insert((verb.into(), occurrence), act);
        self
    }
}

/// A mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Without the transparency dots and the final one.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Default)]
struct Record {
    mails: Vec<Received>,
    /// Content that came whole, whether it was then taken or not.
    contents: Vec<Vec<u8>>,
    transcripts: Vec<Vec<String>>,
    seen: BTreeMap<String, usize>,
}

/// A running server; it stops when dropped.
pub struct Server {
    pub port: u16,
    ca_file: PathBuf,
    record: Arc<Mutex<Record>>,
    task: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Server {
    pub async fn start(script: Script) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        let acceptor = acceptor(script.certificate, &ca_file);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let record = Arc::new(Mutex::new(Record::default()));
        let shared = Arc::clone(&record);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let session = Session::new(script.clone(), Arc::clone(&shared));
                tokio::spawn(session.serve(stream, acceptor.clone()));
            }
        });
        Self { port, ca_file, record, task, _folder: folder }
    }

    /// The authority that issued the certificate (PEM).
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// Mails taken over, in order.
    pub fn mails(&self) -> Vec<Received> {
        self.record.lock().unwrap().mails.clone()
    }

    /// Contents that came whole, taken over or not.
    pub fn contents(&self) -> Vec<Vec<u8>> {
        self.record.lock().unwrap().contents.clone()
    }

    /// What was said on each connection: `C: …` by the client, `S: …` by the server.
    pub fn transcripts(&self) -> Vec<Vec<String>> {
        self.record.lock().unwrap().transcripts.clone()
    }

    /// How often the verb was heard.
    pub fn heard(&self, verb: &str) -> usize {
        self.record.lock().unwrap().seen.get(verb).copied().unwrap_or(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn acceptor(certificate: Certificate, ca_file: &Path) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2001, 1, 1);
    match certificate {
        Certificate::Good | Certificate::SelfSigned => {}
        Certificate::Expired => params.not_after = date_time_ymd(2002, 1, 1),
        Certificate::WrongHost => {
            params = CertificateParams::new(["mail.example.org".to_owned()]).unwrap();
        }
    }
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "authority of this test");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate().unwrap();
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    std::fs::write(ca_file, authority_certificate.pem()).unwrap();
    let shown = match certificate {
        Certificate::SelfSigned => params.self_signed(&key).unwrap(),
        _ => params.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap(),
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![shown.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// The end of a connection.
struct Closed;

trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

struct Session {
    script: Script,
    record: Arc<Mutex<Record>>,
    /// Which transcript of the record is this session's.
    number: usize,
    buffer: Vec<u8>,
    encrypted: bool,
    from: String,
    to: Vec<String>,
}

impl Session {
    fn new(script: Script, record: Arc<Mutex<Record>>) -> Self {
        let number = {
            let mut record = record.lock().unwrap();
            record.transcripts.push(Vec::new());
            record.transcripts.len() - 1
        };
        let (buffer, from, to) = (Vec::new(), String::new(), Vec::new());
        Self { script, record, number, buffer, encrypted: false, from, to }
    }

    async fn serve(mut self, mut stream: TcpStream, acceptor: TlsAcceptor) {
        match self.script.encryption {
            Encryption::Implicit => {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    self.encrypted = true;
                    self.greet_and_talk(&mut stream).await.ok();
                }
            }
            Encryption::Obsolete => {
                // Alert: fatal, protocol_version.
                let mut hello = [0; 64];
                let _hello = stream.read(&mut hello).await;
                stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]).await.ok();
                stream.shutdown().await.ok();
            }
            Encryption::None => {
                self.greet_and_talk(&mut stream).await.ok();
            }
            Encryption::StartTls => {
                if let Ok(true) = self.greet_and_talk(&mut stream).await
                    && let Ok(mut stream) = acceptor.accept(stream).await
                {
                    self.encrypted = true;
                    self.talk(&mut stream).await.ok();
                }
            }
        }
    }

    async fn greet_and_talk(&mut self, line: &mut impl Line) -> Result<bool, Closed> {
        self.answer(line, "CONNECT", "220 localhost ready").await?;
        self.talk(line).await
    }

    /// `true`: the client asked for encryption and is waiting for it.
    async fn talk(&mut self, line: &mut impl Line) -> Result<bool, Closed> {
        loop {
            let command = self.hear(line).await?;
            let verb = command.split([' ', ':']).next().unwrap().to_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let offer = self.offer();
                    self.answer(line, "EHLO", &offer).await?;
                }
                "STARTTLS" => {
                    if self.answer(line, "STARTTLS", "220 go ahead").await? {
                        return Ok(true);
                    }
                }
                "AUTH" => self.login(line, &command).await?,
                "MAIL" => {
                    self.from = address(&command);
                    self.to.clear();
                    self.answer(line, "MAIL", "250 ok").await?;
                }
                "RCPT" => {
                    if self.answer(line, "RCPT", "250 ok").await? {
                        self.to.push(address(&command));
                    }
                }
                "DATA" => {
                    if self.answer(line, "DATA", "354 go ahead").await? {
                        self.content(line).await?;
                    }
                }
                "QUIT" => {
                    self.answer(line, "QUIT", "221 bye").await?;
                    return Err(Closed);
                }
                other => {
                    let other = other.to_owned();
                    self.answer(line, &other, "250 ok").await?;
                }
            }
        }
    }

    fn offer(&self) -> String {
        let mut lines = vec!["250-localhost".to_owned()];
        if self.script.encryption == Encryption::StartTls && !self.encrypted {
            lines.push("250-STARTTLS".into());
        }
        if self.script.login.is_some() {
            lines.push(format!("250-AUTH {}", self.script.mechanisms));
        }
        lines.push("250 SIZE 10000000".into());
        lines.join("\r\n")
    }

    async fn login(&mut self, line: &mut impl Line, command: &str) -> Result<(), Closed> {
        let given = match command.split(' ').collect::<Vec<_>>().as_slice() {
            [_, "PLAIN", response] => {
                let response = decode(response);
                let mut parts = response.split('\0').skip(1);
                (parts.next().unwrap().to_owned(), parts.next().unwrap().to_owned())
            }
            [_, "LOGIN"] => {
                self.write(line, b"334 VXNlcm5hbWU6\r\n").await?;
                let name = decode(&self.hear(line).await?);
                self.write(line, b"334 UGFzc3dvcmQ6\r\n").await?;
                (name, decode(&self.hear(line).await?))
            }
            other => panic!("unexpected {other:?}"),
        };
        let usual = if self.script.login == Some(given) {
            "235 welcome"
        } else {
            "535 5.7.8 authentication failed"
        };
        self.answer(line, "AUTH", usual).await.map(drop)
    }

    async fn content(&mut self, line: &mut impl Line) -> Result<(), Closed> {
        if self.act("INSIDE").is_some() {
            return Err(Closed);
        }
        let mut bytes = Vec::new();
        loop {
            let part = self.read_line(line).await?;
            match part.as_slice() {
                b".\r\n" => break,
                [b'.', rest @ ..] => bytes.extend_from_slice(rest),
                whole => bytes.extend_from_slice(whole),
            }
        }
        let mail = Received { from: self.from.clone(), to: self.to.clone(), bytes };
        self.record.lock().unwrap().contents.push(mail.bytes.clone());
        if self.answer(line, "CONTENT", "250 taken").await? {
            self.record.lock().unwrap().mails.push(mail);
        }
        Ok(())
    }

    /// Counts the verb and looks into the script.
    fn act(&mut self, verb: &str) -> Option<Act> {
        let occurrence = {
            let mut record = self.record.lock().unwrap();
            let seen = record.seen.entry(verb.to_owned()).or_default();
            *seen += 1;
            *seen
        };
        let acts = &self.script.acts;
        acts.get(&(verb.to_owned(), occurrence))
            .or_else(|| acts.get(&(verb.to_owned(), 0)))
            .cloned()
    }

    /// Answers as usual or as the script says; tells whether the answer was positive.
    async fn answer(
        &mut self,
        line: &mut impl Line,
        verb: &str,
        usual: &str,
    ) -> Result<bool, Closed> {
        let reply = match self.act(verb) {
            None => usual.as_bytes().to_vec(),
            Some(Act::Say(reply)) => reply,
            Some(Act::Drip(reply, pause)) => {
                for byte in reply.iter().chain(b"\r\n") {
                    tokio::time::sleep(pause).await;
                    self.write(line, &[*byte]).await?;
                }
                return Ok(reply.first() < Some(&b'4'));
            }
            Some(Act::SayAndDrop(reply)) => {
                self.write(line, &[&reply[..], b"\r\n"].concat()).await?;
                line.shutdown().await.ok();
                return Err(Closed);
            }
            Some(Act::Hang) => std::future::pending().await,
            Some(Act::Drop) => return Err(Closed),
        };
        self.write(line, &[&reply[..], b"\r\n"].concat()).await?;
        Ok(reply.first() < Some(&b'4'))
    }

    async fn write(&mut self, line: &mut impl Line, bytes: &[u8]) -> Result<(), Closed> {
        self.note("S: ", bytes);
        line.write_all(bytes).await.map_err(|_| Closed)?;
        line.flush().await.map_err(|_| Closed)
    }

    async fn hear(&mut self, line: &mut impl Line) -> Result<String, Closed> {
        let bytes = self.read_line(line).await?;
        self.note("C: ", &bytes);
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    async fn read_line(&mut self, line: &mut impl Line) -> Result<Vec<u8>, Closed> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                return Ok(self.buffer.drain(..end + 2).collect());
            }
            let mut part = [0; 4096];
            match line.read(&mut part).await {
                Ok(0) | Err(_) => return Err(Closed),
                Ok(read) => self.buffer.extend_from_slice(&part[..read]),
            }
        }
    }

    fn note(&self, who: &str, bytes: &[u8]) {
        let said = format!("{who}{}", String::from_utf8_lossy(bytes).trim_end());
        self.record.lock().unwrap().transcripts[self.number].push(said);
    }
}

fn address(command: &str) -> String {
    command.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// Base64, for logins.
fn decode(text: &str) -> String {
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for c in text.bytes().filter(|c| *c != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff).try_into().unwrap());
        }
    }
    String::from_utf8(bytes).unwrap()
}
