//! Spans of the calls that are traced. A call that is not traced makes none, which costs it one look at its own thread.

use tracing::Dispatch;

/// Target of every span that is exported. Nothing else has it, so that one static filter tells them from the log's.
pub const TARGET: &str = "bursar::trace";

/// Whether what runs now belongs to a traced call: the spans of a traced call stand directly within each other.
pub fn traced() -> bool {
    let is_traced = |dispatch: &Dispatch| {
        dispatch.current_span().metadata().is_some_and(|span| span.target() == TARGET)
    };
    tracing::dispatcher::get_default(is_traced)
}

/// A span within the current one when that is traced, else none.
#[macro_export]
macro_rules! child_span {
    ($($fields:tt)*) => {
        if $crate::spans::traced() {
            tracing::debug_span!(target: $crate::spans::TARGET, $($fields)*)
        } else {
            tracing::Span::none()
        }
    };
}
pub(crate) use child_span;
