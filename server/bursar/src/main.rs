//! The `bursar` program: see `bursar --help`.

fn main() -> std::process::ExitCode {
    bursar::cli::main()
}
