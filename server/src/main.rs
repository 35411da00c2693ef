//! The `runyard` binary: command line and server.

fn main() -> std::process::ExitCode {
    runyard::cli::main()
}
