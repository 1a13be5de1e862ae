//! Calls whose messages are bytes: for RPCs by name, and for messages that no generated client would send.

use prost::bytes::{Buf, BufMut, Bytes};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Response, Status};

use crate::caller::Caller;

impl Caller {
    /// Calls the RPC at `path` with those bytes as its message.
    pub async fn call_bytes(&self, path: &str, message: &[u8]) -> Result<Bytes, Status> {
        let mut request = Request::new(Bytes::copy_from_slice(message));
        if !self.key_text.is_empty() {
            let value = format!("Bearer {}", self.key_text).parse().expect("a header value");
            request.metadata_mut().insert("authorization", value);
        }
        let mut client = tonic::client::Grpc::new(self.channel());
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        client.unary(request, path.parse().expect("a path"), Raw).await.map(Response::into_inner)
    }
}

/// Messages as bytes.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
