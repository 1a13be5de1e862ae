//! Escrow: positions, their life and the money that moves with it.

mod life;
mod position;
mod state;
mod step;

pub use life::{Conditions, Life, LifeError, TRANSITIONS};
pub use position::{
    EventFilter, Holding, LedgerEvent, LedgerEventKind, NewPosition, Position, PositionEvent,
    PositionEventKind, PositionFilter, Proposal,
};
pub use state::PositionState;
pub use step::{Leg, Step, Transition, as_of, event_time, step};
