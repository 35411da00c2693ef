//! Addresses: the one function through which every path of this server goes.

use std::fmt::Write as _;

/// The address of a path of this server, e.g. `/api/v1/project`. In the browser it honours `<base href>`.
pub(crate) fn url(path: &str) -> String {
    if cfg!(feature = "hydrate") {
        format!("{}{path}", crate::browser::base_prefix())
    } else {
        path.to_owned()
    }
}

/// A text as one segment of a path or one value of a query: everything but RFC 3986's unreserved characters escaped.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string succeeds");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(encode("a/b?c#d %"), "a%2Fb%3Fc%23d%20%25");
        assert_eq!(encode("扫描_1-of-2.x~"), "%E6%89%AB%E6%8F%8F_1-of-2.x~");
    }
}
