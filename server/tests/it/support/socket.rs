//! A browser's end of the websocket.

use std::net::TcpStream;

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::http::HeaderValue;
use tungstenite::{Error, Message, WebSocket};

use super::Server;
use super::wait::CEILING;

/// An open socket.
pub(crate) struct Socket {
    inner: WebSocket<TcpStream>,
}

impl Socket {
    /// Opens it as one of the server's own pages does.
    pub(crate) fn open(server: &Server) -> Self {
        let (cookie, origin) = (server.cookie(), server.origin());
        let headers = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
        Self::try_open(server, &headers).unwrap()
    }

    /// Opens it with these headers besides the protocol's own; the status of a refusal.
    pub(crate) fn try_open(server: &Server, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let url = format!("ws://{}/api/v1/ws", server.host());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: tungstenite::http::HeaderName = name.parse().unwrap();
            request
                .headers_mut()
                .append(name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.set_read_timeout(Some(CEILING)).unwrap();
        match tungstenite::client(request, stream) {
            Ok((inner, _)) => Ok(Self { inner }),
            Err(HandshakeError::Failure(Error::Http(answer))) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        self.inner.send(Message::text(text)).unwrap();
    }

    /// Listens to all tasks under number 1.
    pub(crate) fn subscribe_tasks(&mut self) {
        self.send(&json!({ "type": "subscribe", "sub": 1, "topic": { "kind": "tasks" } }));
    }

    /// Listens to a log under number 2.
    pub(crate) fn subscribe_log(&mut self, run: (&str, &str, u32), from: Option<u64>) {
        let task = json!({ "experiment": run.0, "task": run.1 });
        let topic = json!({ "kind": "log", "run": { "task": task, "number": run.2 } });
        let mut message = json!({ "type": "subscribe", "sub": 2, "topic": topic });
        if let Some(from) = from {
            message["from"] = from.into();
        }
        self.send(&message);
    }

    /// The next message; `None` when the server has closed the socket.
    pub(crate) fn next(&mut self) -> Option<Value> {
        loop {
            match self.inner.read() {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_))
                | Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)) => {
                    return None;
                }
                Ok(_) => {}
                Err(Error::Io(error))
                    if error.kind() == std::io::ErrorKind::ConnectionReset
                        || error.kind() == std::io::ErrorKind::BrokenPipe
                        || error.kind() == std::io::ErrorKind::UnexpectedEof =>
                {
                    return None;
                }
                Err(error) => panic!("no message: {error}"),
            }
        }
    }

    /// The next message, of this type.
    pub(crate) fn expect(&mut self, kind: &str) -> Value {
        let message = self.next().expect("the socket is open");
        assert_eq!(message["type"], kind, "{message}");
        message
    }

    /// Reads on up to a message of this type; returns all that came, that one included.
    pub(crate) fn read_to(&mut self, kind: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let message = self.next().expect("the socket is open");
            let is_last = message["type"] == kind;
            all.push(message);
            if is_last {
                return all;
            }
        }
    }
}
