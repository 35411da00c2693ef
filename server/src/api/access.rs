//! Who may come in: the token, and the names this server answers to.

use std::fmt;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use domain::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::storage::{Layout, StorageError, atomic};

/// How long a ticket can be exchanged, milliseconds.
pub const TICKET_LIFE_MS: i64 = 10 * 60 * 1_000;
/// The most tickets at a time; the oldest goes first.
const MAX_TICKETS: usize = 32;

/// What a request must show. `Debug` hides the token.
#[derive(Clone)]
pub struct Access {
    token: String,
    cookie_name: String,
    port: u16,
    remote: Vec<IpAddr>,
    tickets: Arc<Mutex<Vec<Ticket>>>,
}

/// Lets one browser in, once.
struct Ticket {
    digest: [u8; 32],
    expires_at: Timestamp,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("cookie_name", &self.cookie_name)
            .field("port", &self.port)
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// The access of a project served on this port. The token is made once and kept in a file that only its owner can
    /// read, so that an open page survives a restart; deleting the file ends every session.
    pub fn open(layout: &Layout, port: u16) -> Result<Self, StorageError> {
        let path = layout.token();
        let known = fs::read_to_string(&path)
            .ok()
            .map(|text| text.trim().to_owned())
            .filter(|token| token.len() == 64);
        let token = if let Some(token) = known {
            token
        } else {
            let token = random_hex();
            atomic::write_private(&path, token.as_bytes())?;
            token
        };
        Ok(Self::new(token, &layout.root().to_string_lossy(), port))
    }

    /// The access with this token; `project` tells the cookies of several servers on one machine apart.
    pub fn new(token: String, project: &str, port: u16) -> Self {
        let digest = hex(&Sha256::digest(project.as_bytes()));
        let short = digest.get(..8).unwrap_or_default();
        Self {
            token,
            cookie_name: format!("runyard_{short}"),
            port,
            remote: Vec::new(),
            tickets: Arc::default(),
        }
    }

    /// The same for a server that answers at these addresses too.
    #[must_use]
    pub fn with_remote(self, remote: Vec<IpAddr>) -> Self {
        Self { remote, ..self }
    }

    /// Where other machines reach this server; empty if they do not.
    pub fn remote_origins(&self) -> Vec<String> {
        let origin = |address: &IpAddr| format!("http://{}", SocketAddr::new(*address, self.port));
        let reachable = self.remote.iter().filter(|address| !address.is_loopback());
        reachable.map(origin).collect()
    }

    /// The URLs with the token for other machines.
    pub fn remote_urls(&self) -> Vec<String> {
        let url = |origin: String| format!("{origin}/?token={}", self.token);
        self.remote_origins().into_iter().map(url).collect()
    }

    /// A ticket that is as good as the token, once, for a while.
    pub fn new_ticket(&self, now: Timestamp) -> String {
        let ticket = random_hex();
        let mut tickets = self.tickets();
        if tickets.len() >= MAX_TICKETS {
            tickets.remove(0);
        }
        tickets.push(Ticket {
            digest: Sha256::digest(ticket.as_bytes()).into(),
            expires_at: Timestamp(now.as_ms() + TICKET_LIFE_MS),
        });
        ticket
    }

    /// Tickets made so far are worth nothing any more.
    pub fn forget_tickets(&self) {
        self.tickets().clear();
    }

    /// True if this is a ticket that is good at `now`; it is not any more from then on.
    pub fn redeem(&self, candidate: &str, now: Timestamp) -> bool {
        let digest: [u8; 32] = Sha256::digest(candidate.as_bytes()).into();
        let mut tickets = self.tickets();
        tickets.retain(|ticket| now < ticket.expires_at);
        let found = tickets.iter().position(|ticket| ticket.digest == digest);
        found.map(|at| tickets.remove(at)).is_some()
    }

    fn tickets(&self) -> std::sync::MutexGuard<'_, Vec<Ticket>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URL a person opens.
    pub fn url(&self) -> String {
        self.url_of("")
    }

    /// The URL of a page, without its leading slash.
    pub fn url_of(&self, page: &str) -> String {
        format!("http://127.0.0.1:{}/{page}?token={}", self.port, self.token)
    }

    /// The token, for the command line's own requests.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Compares without telling by the time taken how much was right.
    pub fn is_token(&self, candidate: &str) -> bool {
        // Equal-length digests: neither length nor prefix of the token shows.
        let (ours, theirs) = (
            Sha256::digest(self.token.as_bytes()),
            Sha256::digest(candidate.as_bytes()),
        );
        ours.iter()
            .zip(theirs.iter())
            .fold(0, |different, (a, b)| different | (a ^ b))
            == 0
    }

    /// The `Set-Cookie` value that replaces the token in the URL.
    pub fn set_cookie(&self) -> String {
        format!(
            "{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000",
            self.cookie_name, self.token
        )
    }

    /// True if a `Cookie` header holds our cookie.
    pub fn is_in_cookies(&self, header: &str) -> bool {
        header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == self.cookie_name && self.is_token(value))
    }

    /// True if a `Host` header names this server: a loopback name or a named address with our port, spelled exactly.
    ///
    /// Anything else may be another site's name that resolves to this machine (DNS rebinding).
    pub fn is_our_host(&self, host: &str) -> bool {
        self.hosts()
            .iter()
            .any(|ours| ours.eq_ignore_ascii_case(host))
    }

    /// True if an `Origin` header is one of this server's own pages.
    pub fn is_our_origin(&self, origin: &str) -> bool {
        self.hosts()
            .iter()
            .any(|host| origin == format!("http://{host}"))
    }

    /// Loopback always, and the addresses that a person has named. Never a name that others could point here.
    fn hosts(&self) -> Vec<String> {
        let port = self.port;
        let remote = |address: &IpAddr| SocketAddr::new(*address, port).to_string();
        [
            format!("127.0.0.1:{port}"),
            format!("localhost:{port}"),
            format!("[::1]:{port}"),
        ]
        .into_iter()
        .chain(self.remote.iter().map(remote))
        .collect()
    }
}

/// 32 random bytes of the system, as 64 hexadecimal digits.
pub fn random_hex() -> String {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    hex(&bytes)
}

/// Lowercase hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        Access::new("a".repeat(64), "/p", 8099)
    }

    #[test]
    fn only_our_own_names_are_our_host() {
        for host in [
            "127.0.0.1:8099",
            "localhost:8099",
            "LOCALHOST:8099",
            "[::1]:8099",
        ] {
            assert!(access().is_our_host(host), "{host}");
        }
        let evil = [
            "",
            "localhost",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:80990",
            "localhost.:8099",
            "localhost.evil.com:8099",
            "evil.com",
            "evil.com:8099",
            "0.0.0.0:8099",
            "2130706433:8099",
            "0177.0.0.1:8099",
            "127.1:8099",
            "[::]:8099",
            "user@127.0.0.1:8099",
            "127.0.0.1:8099 ",
            "127.0.0.1:8099,evil.com",
            "[::ffff:127.0.0.1]:8099",
        ];
        for host in evil {
            assert!(!access().is_our_host(host), "{host}");
        }
    }

    #[test]
    fn only_our_own_pages_are_our_origin() {
        for origin in [
            "http://127.0.0.1:8099",
            "http://localhost:8099",
            "http://[::1]:8099",
        ] {
            assert!(access().is_our_origin(origin), "{origin}");
        }
        let evil = [
            "",
            "null",
            "http://127.0.0.1",
            "https://127.0.0.1:8099",
            "http://127.0.0.1:8098",
            "http://127.0.0.1:80991",
            "http://127.0.0.1:8099.evil.com",
            "http://evil.com",
            "http://evil127.0.0.1:8099",
            "http://a@127.0.0.1:8099",
            "HTTP://127.0.0.1:8099",
            "http://127.0.0.1:8099/",
            "http://localhost.evil.com:8099",
            "file://",
            "http://xn--lcalhost-54a:8099",
        ];
        for origin in evil {
            assert!(!access().is_our_origin(origin), "{origin}");
        }
    }

    #[test]
    fn an_address_is_ours_only_if_it_was_named() {
        let lan = access().with_remote(vec![
            "192.168.1.5".parse().unwrap(),
            "2001:db8::1".parse().unwrap(),
        ]);
        for host in ["192.168.1.5:8099", "[2001:db8::1]:8099", "localhost:8099"] {
            assert!(lan.is_our_host(host), "{host}");
            assert!(lan.is_our_origin(&format!("http://{host}")), "{host}");
        }
        for host in [
            "192.168.1.6:8099",
            "192.168.1.5",
            "192.168.1.5:80",
            "192.168.1.5.evil.com:8099",
        ] {
            assert!(!lan.is_our_host(host), "{host}");
            assert!(!lan.is_our_origin(&format!("http://{host}")), "{host}");
        }
        assert!(!access().is_our_host("192.168.1.5:8099"));
        assert_eq!(
            lan.remote_origins(),
            ["http://192.168.1.5:8099", "http://[2001:db8::1]:8099"]
        );
    }

    #[test]
    fn a_ticket_works_once_and_for_a_while_only() {
        let access = access();
        let ticket = access.new_ticket(Timestamp(0));
        assert!(!access.redeem(&"0".repeat(64), Timestamp(1)));
        assert!(access.redeem(&ticket, Timestamp(1)));
        assert!(!access.redeem(&ticket, Timestamp(2)));
        let old = access.new_ticket(Timestamp(0));
        assert!(!access.redeem(&old, Timestamp(TICKET_LIFE_MS)));
        let forgotten = access.new_ticket(Timestamp(0));
        access.forget_tickets();
        assert!(!access.redeem(&forgotten, Timestamp(1)));
        let first = access.new_ticket(Timestamp(0));
        for _ in 0..MAX_TICKETS {
            access.new_ticket(Timestamp(0));
        }
        assert!(!access.redeem(&first, Timestamp(1)), "tickets are bounded");
        assert!(!access.is_token(&ticket));
    }

    #[test]
    fn the_token_is_not_in_debug_output_and_a_prefix_is_not_the_token() {
        assert!(!format!("{:?}", access()).contains("aaaa"));
        assert!(access().is_token(&"a".repeat(64)));
        assert!(!access().is_token(&"a".repeat(63)) && !access().is_token(""));
        let cookie = format!("x=1; {}={}", access().cookie_name, "a".repeat(64));
        assert!(access().is_in_cookies(&cookie));
        assert!(!access().is_in_cookies(&cookie.replace("runyard_", "other_")));
    }
}
