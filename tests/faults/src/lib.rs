//! What Bursar does when things break: see `tests/faults`.
