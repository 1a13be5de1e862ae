//! HTTP/2 frame by frame, for what no well-behaved client sends.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
/// Longest wait for a frame that must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A frame that the server sent.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// The error code of a RST_STREAM or GOAWAY.
    pub(super) fn code(&self) -> u32 {
        let code = self.payload.last_chunk().filter(|_| self.kind == RST_STREAM);
        let code = code.or_else(|| self.payload.get(4..8)?.first_chunk());
        u32::from_be_bytes(*code.expect("a frame with a code"))
    }

    /// A setting of a SETTINGS frame.
    pub(super) fn setting(&self, id: u16) -> Option<u32> {
        let mut all = self.payload.chunks(6);
        let found = all.find(|setting| setting[..2] == id.to_be_bytes())?;
        Some(u32::from_be_bytes(*found[2..].first_chunk()?))
    }
}

/// A connection that has said hello.
pub(super) struct Raw(TcpStream);

impl Raw {
    pub(super) async fn connect(port: u16) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut raw = Self(stream);
        raw.send(&frame(SETTINGS, 0, 0, &[])).await;
        raw
    }

    /// Sends whole frames; a server that has closed the connection is no reason to fail.
    pub(super) async fn send(&mut self, frames: &[u8]) {
        let _ = self.0.write_all(frames).await;
    }

    /// The next frame of that kind, answering what must be answered; `None` when the connection ends before.
    pub(super) async fn next(&mut self, kind: u8) -> Option<Frame> {
        tokio::time::timeout(PATIENCE, self.read(kind)).await.expect("a frame, or the end")
    }

    async fn read(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.ok()?;
            let [a, b, c, found, flags, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.0.read_exact(&mut payload).await.ok()?;
            if matches!(found, PING | SETTINGS) && flags & ACK == 0 {
                let echo = if found == PING { payload.as_slice() } else { &[] };
                self.send(&frame(found, ACK, 0, echo)).await;
            }
            if found == kind {
                return Some(Frame { kind, stream: u32::from_be_bytes(stream), payload });
            }
        }
    }

    /// Reads until the server closes the connection.
    pub(super) async fn end(&mut self) {
        // No frame is of this kind.
        assert!(self.next(u8::MAX).await.is_none());
    }
}

/// A frame as bytes.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The frame that begins a call and leaves its request open.
pub(super) fn call(stream: u32, path: &str) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ] {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).ok().filter(|n| *n < 127).unwrap());
            block.extend(text.bytes());
        }
    }
    frame(HEADERS, END_HEADERS, stream, &block)
}
