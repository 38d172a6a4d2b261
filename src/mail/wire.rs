//! The line to the mail server: TCP, TLS over it, and replies made readable.
//!
//! lettre could open the connection itself, but not so that an office in China is served: it reads
//! replies as UTF-8 and reports anything else as a broken connection, code and words lost, while
//! providers there answer a wrong password in GBK. It also waits for a handshake or a reply without
//! limit. So the line is opened here, and lettre speaks SMTP over it.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use encoding_rs::GB18030;
use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::transcript::Transcript;

/// No reply line of a sane server is longer; beyond it the line is handed on as it stands, and
/// lettre refuses it.
const LONGEST_LINE: usize = 4096;

/// Why there is no line to the server.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    /// Name not found, connection refused, network gone.
    #[error("cannot connect to {host}:{port}: {source}")]
    Connect {
        /// As configured.
        host: String,
        /// As configured.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// The handshake failed: certificate, protocol version, or no TLS on that port.
    #[error("TLS with {host} failed: {source}")]
    Tls {
        /// As configured.
        host: String,
        /// What rustls says.
        source: io::Error,
    },
    /// The host is neither a DNS name nor an address.
    #[error("`{0}` is no host name")]
    HostName(String),
    /// The file of the office's own certificate authority.
    #[error("cannot use ca_file {path}: {why}")]
    CaFile {
        /// As configured.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// rustls refuses its own parameters.
    #[error("BUG: TLS set-up: {0}")]
    SetUp(#[from] rustls::Error),
}

/// Opens the TCP connection.
pub(super) async fn connect(host: &str, port: u16) -> Result<TcpStream, WireError> {
    TcpStream::connect((host, port)).await.map_err(|source| WireError::Connect {
        host: host.to_owned(),
        port,
        source,
    })
}

/// A second handle on the same connection, for the time after STARTTLS: whatever stands unread
/// behind the first one, which a man in the middle may have put there, is dropped with it.
pub(super) fn second_handle(stream: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let first = stream.into_std()?;
    let second = first.try_clone()?;
    Ok((TcpStream::from_std(first)?, TcpStream::from_std(second)?))
}

/// Encrypts the line. The certificate must be issued, for this host, by an authority Mozilla trusts
/// or by the one in `ca_file`.
pub(super) async fn encrypt(
    stream: TcpStream,
    host: &str,
    ca_file: Option<&Path>,
) -> Result<TlsStream<TcpStream>, WireError> {
    let name =
        ServerName::try_from(host.to_owned()).map_err(|_| WireError::HostName(host.to_owned()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(ca_file)?)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|source| WireError::Tls { host: host.to_owned(), source })
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, WireError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let refused = |why: String| WireError::CaFile { path: path.display().to_string(), why };
        let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| refused(error.to_string()))?;
        if certificates.is_empty() {
            return Err(refused("no certificate in it (PEM expected)".into()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| refused(error.to_string()))?;
        }
    }
    Ok(roots)
}

/// What lettre speaks over: the socket, its replies turned into UTF-8 line by line.
#[derive(Debug)]
pub(super) struct Wire {
    socket: Socket,
    /// Bytes of a reply line whose end has not come.
    line: Vec<u8>,
    /// Decoded, not yet handed to lettre.
    ready: VecDeque<u8>,
    /// Where to write down what is said.
    transcript: Transcript,
}

#[derive(Debug)]
enum Socket {
    Clear(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    fn over(socket: Socket, transcript: &Transcript) -> Self {
        let transcript = transcript.clone();
        Self { socket, line: Vec::new(), ready: VecDeque::new(), transcript }
    }

    /// A line in clear text.
    pub(super) fn clear(stream: TcpStream, transcript: &Transcript) -> Self {
        Self::over(Socket::Clear(stream), transcript)
    }

    /// A line encrypted from its first byte on.
    pub(super) fn tls(stream: TlsStream<TcpStream>, transcript: &Transcript) -> Self {
        Self::over(Socket::Tls(Box::new(stream)), transcript)
    }

    /// A line that was encrypted by STARTTLS. The server greets only once, in clear text, but lettre
    /// waits for a greeting on every line it is given: it gets this one.
    pub(super) fn tls_after_greeting(
        stream: TlsStream<TcpStream>,
        transcript: &Transcript,
    ) -> Self {
        let mut wire = Self::tls(stream, transcript);
        wire.ready.extend(b"220 encrypted\r\n");
        wire
    }

    fn take_in(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.line.push(byte);
            if byte == b'\n' || self.line.len() >= LONGEST_LINE {
                self.finish_line();
            }
        }
    }

    fn finish_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return;
        }
        let line = readable(&line);
        self.transcript.received(&line);
        self.ready.extend(line.as_bytes());
    }
}

/// A reply line as text: UTF-8, else GB18030, which any bytes are.
fn readable(line: &[u8]) -> String {
    match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        Err(_) => GB18030.decode_without_bom_handling(line).0.into_owned(),
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut space = [0_u8; 1024];
        while this.ready.is_empty() {
            let mut buffer = ReadBuf::new(&mut space);
            match &mut this.socket {
                Socket::Clear(stream) => ready!(Pin::new(stream).poll_read(cx, &mut buffer))?,
                Socket::Tls(stream) => ready!(Pin::new(stream).poll_read(cx, &mut buffer))?,
            }
            if buffer.filled().is_empty() {
                this.finish_line();
                break;
            }
            this.take_in(buffer.filled());
        }
        let (front, _) = this.ready.as_slices();
        let taken = front.len().min(out.remaining());
        out.put_slice(front.get(..taken).unwrap_or_default());
        this.ready.drain(..taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(match &mut this.socket {
            Socket::Clear(stream) => Pin::new(stream).poll_write(cx, bytes),
            Socket::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        })?;
        this.transcript.sent(bytes.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Socket::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Socket::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.socket {
            Socket::Clear(stream) => stream.peer_addr(),
            Socket::Tls(stream) => stream.get_ref().0.peer_addr(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_in_gbk_is_read_as_chinese() {
        let line =
            b"535 Error: \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb\xb5\xc7\xc2\xbc\r\n";
        assert_eq!(readable(line), "535 Error: 请使用授权码登录\r\n");
    }

    #[test]
    fn a_reply_in_utf8_stays_as_it_is() {
        assert_eq!(readable("550 用户不存在\r\n".as_bytes()), "550 用户不存在\r\n");
    }
}
