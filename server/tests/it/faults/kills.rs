//! Servers, supervisors and tasks killed at random instants.

use std::time::Duration;

use rustix::process::Signal;

use super::chance::Chance;
use super::field::Field;
use super::truth::{self, Deeds};
use crate::support::{Server, processes};

/// Projects, if `RUNYARD_FAULT_ROUNDS` does not say otherwise.
const ROUNDS: u64 = 6;
/// Deaths in a project.
const DEATHS: u64 = 8;

fn rounds() -> u64 {
    let given = std::env::var("RUNYARD_FAULT_ROUNDS").ok();
    given.map_or(ROUNDS, |text| text.parse().expect("a whole number"))
}

struct Story {
    field: Field,
    chance: Chance,
    deeds: Deeds,
    next: u64,
}

impl Story {
    fn new(which: u64) -> Self {
        let mut chance = Chance::new(which);
        let slots = 1 + u32::try_from(chance.below(4)).unwrap();
        Self {
            field: Field::new(slots),
            chance,
            deeds: Deeds::default(),
            next: 1,
        }
    }

    /// Some more tasks; what was confirmed must be there in the end.
    fn submit(&mut self, server: &Server) {
        let (from, count) = (self.next, 3 + self.chance.below(10));
        let (ms, code) = (self.chance.below(120), self.chance.below(2) * 3);
        self.next += count;
        let body = self.field.body(from, from + count - 1, ms, code);
        let ask = server
            .ask("POST", "/api/v1/experiments/train/sweeps")
            .json(&body);
        if ask
            .try_send(server.port)
            .is_some_and(|answer| answer.status == 201)
        {
            self.deeds.confirmed.extend(from..from + count);
        }
    }

    /// A person cancels or repeats something.
    fn act(&mut self, server: &Server) {
        let tasks = Field::tasks(server);
        let Some(task) = self.chance.pick(&tasks) else {
            return;
        };
        if self.chance.below(2) == 0 {
            self.deeds.cancelled = true;
            Field::act(server, "cancel", task);
        } else {
            Field::act(server, "rerun", task);
        }
    }

    fn kill_a_supervisor(&mut self) {
        if let Some(pid) = self.chance.pick(&self.field.supervisors()).copied() {
            self.deeds.supervisors.insert(u64::from(pid));
            processes::signal(pid, Signal::KILL);
        }
    }

    /// One death of the server, with or without somebody else's.
    fn live(&mut self, server: Server, with_supervisors: bool) {
        self.submit(&server);
        for _ in 0..self.chance.below(3) {
            self.chance.let_pass(Duration::from_millis(40));
            self.act(&server);
        }
        self.chance.let_pass(Duration::from_millis(250));
        if with_supervisors {
            self.kill_a_supervisor();
            self.chance.let_pass(Duration::from_millis(20));
        }
        match self.chance.below(4) {
            0 => server.stop(),
            _ => server.kill(),
        }
        if with_supervisors && self.chance.below(3) == 0 {
            self.kill_a_supervisor();
        }
        self.chance.let_pass(Duration::from_millis(60));
    }

    fn tell(mut self, with_supervisors: bool) {
        for _ in 0..DEATHS {
            let server = self.field.serve();
            self.live(server, with_supervisors);
        }
        let server = self.field.serve();
        let tasks = truth::check(&self.field, &server, &self.deeds);
        println!(
            "{} tasks, {} traces",
            tasks.len(),
            self.field.traces().len()
        );
        truth::check_again(&self.field, server, &tasks);
    }
}

#[test]
fn servers_killed_at_random_instants_lose_nothing_and_repeat_nothing() {
    for which in 0..rounds() {
        Story::new(which).tell(false);
    }
}

#[test]
fn supervisors_killed_at_random_instants_are_told_truthfully() {
    for which in 0..rounds() {
        Story::new(1_000 + which).tell(true);
    }
}
