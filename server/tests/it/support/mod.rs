//! What plays the person, the browser and the attacker.

pub(crate) mod engine;
pub(crate) mod http;
pub(crate) mod processes;
pub(crate) mod scene;
pub(crate) mod scripts;
pub(crate) mod server;
pub(crate) mod socket;
pub(crate) mod supervised;
pub(crate) mod wait;

pub(crate) use http::{Answer, Ask};
pub(crate) use scene::Scene;
pub(crate) use server::Server;
pub(crate) use socket::Socket;
pub(crate) use supervised::Supervised;
pub(crate) use wait::wait_until;
