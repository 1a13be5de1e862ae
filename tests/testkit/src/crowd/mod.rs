//! A crowd of callers that play a random script against a server, and the proof that all they were told is true: what
//! was accepted is in the books once and is what the naive model makes of it, and what was refused could be refused.

mod books;
mod draft;
mod draw;
mod drive;
mod play;
mod proof;
mod refusals;
mod replay;
mod script;
mod totals;
mod wire;

pub use books::Books;
pub use drive::{Crowd, Outcome, Reply, Told, send};
pub use play::Town;
pub use proof::{Proof, Tally};
pub use refusals::same_fault;
pub use script::{Call, Plan, Script, Spec};
pub use wire::transfer as wire_transfer;
