//! A server killed at each kind of file operation, one after the other: at every step from one state to the next.
//!
//! strace(1) delivers SIGKILL at the n-th call of a kind, before the call has happened; supervisors are let go when they are
//! executed, so that only the server dies.

use std::process::Command;

use rustix::process::Signal;

use super::chance::Chance;
use super::field::Field;
use super::truth::{self, Deeds};
use crate::support::{Server, processes, wait_until};

/// What a server does to its files: makes folders, writes, makes durable, renames, links, removes; and starts processes.
const CALLS: [&str; 7] = [
    "mkdir",
    "rename",
    "fdatasync,fsync,syncfs",
    "linkat,link",
    "unlink,unlinkat",
    "openat",
    "execve,vfork,clone3,clone",
];

/// How many instants of each kind are tried.
const TRIED: u64 = 8;

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("-V").output().is_ok()
}

/// Runs the binary and kills it at the `nth` of these calls.
fn dying(field: &Field, calls: &str, nth: u64) -> Command {
    let mut command = Command::new("strace");
    command
        .current_dir(field.scene.root())
        .env("NO_COLOR", "1")
        .args(["-f", "-qq", "-b", "execve", "-o", "/dev/null"])
        .arg("-e")
        .arg(format!("trace={calls}"))
        .arg("-e")
        .arg(format!("inject={calls}:signal=SIGKILL:when={nth}"))
        .arg(env!("CARGO_BIN_EXE_runyard"));
    command
}

/// A server that may die at any moment; some tasks, and what becomes of them.
fn live_and_die(field: &Field, calls: &str, nth: u64, deeds: &mut Deeds) -> bool {
    let words = ["train.py", "--port", "0"];
    let Ok(mut server) = Server::try_start_through(dying(field, calls, nth), &field.job(), &words)
    else {
        return true;
    };
    let schema_is_there = server
        .ask("GET", "/api/v1/experiments/train")
        .try_send(server.port)
        .is_some_and(|answer| answer.status == 200);
    if schema_is_there {
        let body = field.body(1, 4, 5, 0);
        let ask = server
            .ask("POST", "/api/v1/experiments/train/sweeps")
            .json(&body);
        if ask
            .try_send(server.port)
            .is_some_and(|answer| answer.status == 201)
        {
            deeds.confirmed.extend(1..=4);
        }
    }
    let is_idle = |server: &Server| {
        let answer = server.ask("GET", "/api/v1/project").try_send(server.port);
        answer.is_some_and(|answer| {
            let counts = &answer.json()["counts"];
            counts["queued"] == 0 && counts["running"] == 0
        })
    };
    wait_until("it has died, or has nothing to do any more", || {
        server.is_over() || is_idle(&server)
    });
    let died = server.is_over();
    if !died {
        // strace lets go of it when it is killed itself.
        let pid = field.scene.json("_runyard_/.server.json")["pid"].as_u64();
        processes::signal(u32::try_from(pid.unwrap()).unwrap(), Signal::KILL);
        wait_until("it has ended", || server.is_over());
    }
    died
}

#[test]
fn a_server_killed_at_any_file_operation_leaves_the_truth_behind() {
    if !is_installed("strace") {
        println!("strace is not installed: not tried");
        return;
    }
    let mut chance = Chance::new(2_000);
    for calls in CALLS {
        let mut nth = 1;
        for _ in 0..TRIED {
            let field = Field::new(2);
            let mut deeds = Deeds::default();
            let died = live_and_die(&field, calls, nth, &mut deeds);
            println!(
                "{calls} {nth}: died {died}, confirmed {}",
                deeds.confirmed.len()
            );
            let server = field.serve();
            let tasks = truth::check(&field, &server, &deeds);
            truth::check_again(&field, server, &tasks);
            if !died {
                break;
            }
            nth += 1 + chance.below(3 * nth);
        }
    }
}
