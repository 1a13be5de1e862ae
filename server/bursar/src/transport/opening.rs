//! A stream whose first bytes must come in time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Length of the preface of HTTP/2, which tells it from HTTP/1.1: hyper waits for it without a limit of its own.
const PREFACE_BYTES: usize = 24;

/// Fails a read when the preface, or as much of a request, is not there in time; afterwards it does nothing.
pub(super) struct Opening<I> {
    stream: I,
    missing: usize,
    late: Option<Pin<Box<Sleep>>>,
}

impl<I> Opening<I> {
    pub(super) fn new(stream: I, limit: Duration) -> Self {
        Self { stream, missing: PREFACE_BYTES, late: Some(Box::pin(sleep(limit))) }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Opening<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let Some(late) = &mut self.late else { return polled };
        if polled.is_pending() {
            ready!(late.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.missing = self.missing.saturating_sub(buf.filled().len() - before);
        if self.missing == 0 {
            self.late = None;
        }
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Opening<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const LIMIT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_part_of_the_preface_is_not_enough() {
        let (mut client, server) = duplex(64);
        let mut opening = Opening::new(server, LIMIT);
        client.write_all(b"PRI * HTTP").await.unwrap();
        let mut read = vec![0; PREFACE_BYTES];
        let late = opening.read_exact(&mut read).await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn afterwards_silence_is_allowed() {
        let (mut client, server) = duplex(64);
        let mut opening = Opening::new(server, LIMIT);
        client.write_all(&[b'x'; PREFACE_BYTES]).await.unwrap();
        let mut read = vec![0; PREFACE_BYTES];
        opening.read_exact(&mut read).await.unwrap();
        let waited = tokio::time::timeout(LIMIT * 3, opening.read_u8()).await;
        assert!(waited.is_err(), "it still waits");
    }
}
