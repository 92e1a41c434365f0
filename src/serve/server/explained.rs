//! What the HTTP library refuses by itself, before any route sees it (a request line that is none, a target
//! or headers that are too long), it answers with a bare status. On its way out that answer is given the
//! problem that every other error has. What is read is not looked at.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use crate::serve::http::App;

/// A bare answer is shorter than this.
const LONGEST_BARE: usize = 256;
/// How long what is left of a refused request is read away: a connection that is closed on unread bytes is
/// reset, and the client would never see its answer.
const DISCARD_FOR: Duration = Duration::from_secs(5);

/// A client's connection.
pub struct Explained {
    stream: TcpStream,
    app: App,
    /// What is still to be written of an explained answer.
    answer: Bytes,
    /// After a refusal: when to give up reading the rest of the request.
    patience: Option<Pin<Box<Sleep>>>,
}

impl Explained {
    pub fn new(stream: TcpStream, app: App) -> Self {
        Self { stream, app, answer: Bytes::new(), patience: None }
    }

    /// The whole answer to what was refused, where `written` is such a refusal.
    fn explain(&self, written: &[u8]) -> Option<Bytes> {
        let (status, head) = bare_refusal(written)?;
        let (headers, body) = self.app.refusal(status)?;
        Some(Bytes::from(format!("{head}{headers}content-length: {}\r\n\r\n{body}", body.len())))
    }

    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.answer.has_remaining() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.answer))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.answer.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(patience) = &mut self.patience else { return Poll::Ready(()) };
        let mut unread = [0; 4096];
        while patience.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut unread);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(())
    }
}

/// The status and head of an answer that the HTTP library gave by itself: those of the router have a request
/// id, and text that a client sent never stands at the start of a line.
fn bare_refusal(written: &[u8]) -> Option<(u16, String)> {
    if written.len() > LONGEST_BARE || !written.starts_with(b"HTTP/1.1 4") {
        return None;
    }
    let head = std::str::from_utf8(written).ok()?.strip_suffix("\r\n\r\n")?;
    let (bare, others): (Vec<&str>, Vec<&str>) = head.split("\r\n").partition(|line| *line == "content-length: 0");
    let is_routers = others.iter().any(|line| line.is_empty() || line.starts_with("x-request-id: "));
    if bare.len() != 1 || is_routers {
        return None;
    }
    let status = others.first()?.split(' ').nth(1)?.parse().ok()?;
    Some((status, others.iter().flat_map(|line| [*line, "\r\n"]).collect()))
}

impl AsyncRead for Explained {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Explained {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_answer(context))?;
        if let Some(answer) = self.explain(bytes) {
            self.answer = answer;
            self.patience = Some(Box::pin(sleep(DISCARD_FOR)));
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = parts {
            return self.poll_write(context, only);
        }
        ready!(self.poll_answer(context))?;
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_answer(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_answer(context))?;
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        ready!(self.poll_discard(context));
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: Sun, 22 Nov 2026 09:34:00 GMT\r\n\r\n";

    #[test]
    fn a_bare_refusal_keeps_its_head_less_the_length() {
        let (status, head) = bare_refusal(BARE.as_bytes()).expect("a refusal");
        assert_eq!(status, 431);
        assert_eq!(head, BARE.replace("content-length: 0\r\n", "").strip_suffix("\r\n").expect("an end"));
    }

    #[test]
    fn nothing_else_is_touched() {
        for other in [
            BARE.replace("connection: close", "x-request-id: 1"),
            BARE.replace("length: 0", "length: 10"),
            BARE.replace("431", "200"),
            format!("{BARE}more"),
            format!("{BARE}{BARE}"),
            BARE.replace("\r\ndate", "\r\n\r\ndate"),
            format!("x{BARE}"),
            BARE.replace("\r\n", "\\r\\n"),
            String::new(),
        ] {
            assert_eq!(bare_refusal(other.as_bytes()), None, "{other}");
        }
    }
}
