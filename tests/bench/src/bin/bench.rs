//! `bench`: measures Bursar beside what one would write by hand; see docs/performance.md.

use std::process::ExitCode;

fn main() -> ExitCode {
    bursar_bench::main()
}
