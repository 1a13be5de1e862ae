//! Keyset pages: how many, and from where.

use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::limits::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Key of the last item, when more may follow.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page of at most `size` from up to `size + 1` rows: the extra one tells that more follow.
    pub fn cut(mut rows: Vec<T>, size: usize, cursor: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next }
    }

    /// The same page with other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// The sort key of the last item of a page, in text parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub Vec<String>);

/// What a list call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most this many, within 1 and [`MAX_PAGE_SIZE`].
    pub size: usize,
    /// After this item.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// Rows to read: one more than the page, to know whether more follow.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.size).unwrap_or(i64::MAX - 1) + 1
    }

    /// A part of the cursor; `None` on the first page.
    pub fn cursor_part<T: FromStr>(&self, index: usize) -> Result<Option<T>> {
        let Some(part) = self.after.as_ref().and_then(|cursor| cursor.0.get(index)) else {
            return Ok(None);
        };
        part.parse().map(Some).map_err(|_| bad_token())
    }

    /// A part of the cursor that is a time; `None` on the first page.
    pub fn cursor_time(&self, index: usize) -> Result<Option<Timestamp>> {
        let micros: Option<i64> = self.cursor_part(index)?;
        micros.map(|m| Timestamp::from_microsecond(m).map_err(|_| bad_token())).transpose()
    }
}

impl Cursor {
    /// The cursor of a list ordered by a time and then an id.
    pub fn at(time: Timestamp, id: impl std::fmt::Display) -> Self {
        Self(vec![time.as_microsecond().to_string(), id.to_string()])
    }
}

pub(crate) fn bad_token() -> Error {
    Error::invalid(
        "page_token",
        "is not a token of this list; send the next_page_token of the page before, with the same filter",
    )
}

/// Binds a token to the tenant, the RPC and the filter it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// Of a tenant, an RPC's path and the canonical bytes of the filter.
    pub fn of(tenant: TenantId, path: &str, filter: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(tenant.0.as_bytes());
        hash.update(path.as_bytes());
        hash.update([0]);
        hash.update(filter);
        let mut out = [0; 8];
        out.copy_from_slice(&hash.finalize()[..8]);
        Self(out)
    }
}

/// Writes the opaque token of the page after `cursor`.
pub fn token_write(fingerprint: Fingerprint, cursor: &Cursor) -> String {
    let mut bytes = fingerprint.0.to_vec();
    // Parts never hold a NUL: PostgreSQL's text cannot.
    bytes.extend_from_slice(cursor.0.join("\0").as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

/// Reads `page_size` and `page_token` of a list request whose cursors have `parts` parts.
pub fn request_read(
    fingerprint: Fingerprint,
    page_size: i32,
    page_token: &str,
    parts: usize,
) -> Result<PageRequest> {
    let size = match usize::try_from(page_size) {
        Ok(0) => DEFAULT_PAGE_SIZE,
        Ok(n) => n.min(MAX_PAGE_SIZE),
        Err(_) => {
            return Err(Error::invalid(
                "page_size",
                "is negative; give 0 for the default or 1 to 1000",
            ));
        }
    };
    if page_token.is_empty() {
        return Ok(PageRequest { size, after: None });
    }
    let bytes = BASE64URL_NOPAD.decode(page_token.as_bytes()).map_err(|_| bad_token())?;
    let cursor = bytes.strip_prefix(&fingerprint.0).ok_or_else(bad_token)?;
    let cursor = std::str::from_utf8(cursor).map_err(|_| bad_token())?;
    let cursor: Vec<String> = cursor.split('\0').map(str::to_owned).collect();
    if cursor.len() != parts {
        return Err(bad_token());
    }
    Ok(PageRequest { size, after: Some(Cursor(cursor)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_bound() {
        let tenant = TenantId::generate();
        let print = Fingerprint::of(tenant, "/a/B", b"f");
        let cursor = Cursor(vec!["x".into(), "ÿ".into()]);
        let token = token_write(print, &cursor);
        assert_eq!(
            request_read(print, 7, &token, 2),
            Ok(PageRequest { size: 7, after: Some(cursor) })
        );
        for other in [
            Fingerprint::of(TenantId::generate(), "/a/B", b"f"),
            Fingerprint::of(tenant, "/a/C", b"f"),
            Fingerprint::of(tenant, "/a/B", b"g"),
        ] {
            assert!(request_read(other, 7, &token, 2).is_err());
        }
        assert!(request_read(print, 7, &token, 3).is_err());
        for garbage in ["x", "AAAA", "ééé", &token[1..]] {
            assert!(request_read(print, 7, garbage, 2).is_err(), "{garbage}");
        }
    }

    #[test]
    fn sizes() {
        let print = Fingerprint::of(TenantId::PLATFORM, "", b"");
        let size = |n| request_read(print, n, "", 1).map(|r| r.size);
        assert_eq!(size(0), Ok(50));
        assert_eq!(size(i32::MAX), Ok(1000));
        assert!(size(-1).is_err());
    }
}
