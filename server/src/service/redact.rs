//! Values that nobody else should read: known by a variable's name or by their own shape.

/// What stands in a secret's place.
pub const REDACTED: &str = "<redacted>";

/// Parts of names of variables whose values are secrets.
const NAMES: [&str; 14] = [
    "KEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PWDFILE",
    "CREDENTIAL",
    "AUTH",
    "COOKIE",
    "PRIVATE",
    "SIGNATURE",
    "WEBHOOK",
    "DSN",
];

/// How secrets of well-known services begin, and how many characters follow at least.
const SHAPES: [(&str, usize); 24] = [
    ("hf_", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 15),
    ("sk-", 20),
    ("sk_live_", 10),
    ("rk_live_", 10),
    ("pypi-", 30),
    ("npm_", 20),
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ya29.", 20),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xapp-", 10),
    ("eyJ", 40),
    ("dop_v1_", 20),
    ("r8_", 20),
    ("wandb_v1_", 20),
];

/// The value of a variable as it may be shown. `more` are parts of names from the settings.
pub fn variable(name: &str, value: &str, more: &[String]) -> String {
    let upper = name.to_uppercase();
    let is_secret = NAMES.iter().any(|part| upper.contains(part))
        || more
            .iter()
            .any(|part| !part.is_empty() && upper.contains(&part.to_uppercase()));
    if is_secret && !value.is_empty() {
        REDACTED.to_owned()
    } else {
        text(value)
    }
}

/// A text with every known shape of a secret replaced, and the user's part of addresses.
pub fn text(text: &str) -> String {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return REDACTED.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        out.push_str(if has_shape(word) { REDACTED } else { word });
        rest = after;
    }
    out.push_str(rest);
    without_users(&out)
}

/// A difference without the sections of files that hold secrets, and without secrets in the others.
pub fn diff(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_hidden = false;
    for line in text.split_inclusive('\n') {
        if let Some(names) = line.strip_prefix("diff --git ") {
            let name = names.trim_end().rsplit('/').next().unwrap_or_default();
            is_hidden = crate::service::source::rules::is_secret(name.trim_end_matches('"'));
        }
        if !is_hidden {
            out.push_str(&self::text(line));
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn has_shape(word: &str) -> bool {
    SHAPES.iter().any(|(start, least)| {
        word.strip_prefix(start).is_some_and(|rest| {
            rest.len() >= *least
                && rest
                    .bytes()
                    .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        })
    })
}

/// `https://user:password@host` without the user and the password.
fn without_users(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>')
            })
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((user, host)) if !user.is_empty() => {
                out.push_str(REDACTED);
                out.push('@');
                out.push_str(host);
            }
            _ => out.push_str(authority),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name_and_by_shape() {
        let more = ["licence".to_owned()];
        for (name, value) in [
            ("WANDB_API_KEY", "x"),
            ("my_token", "x"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("DB_PASSWORD", "x"),
            ("MATLAB_LICENCE", "x"),
            ("SENTRY_DSN", "x"),
            ("PLAIN", "hf_abcdefghijABCDEFGHIJ0123456789"),
            ("PLAIN", "AKIAIOSFODNN7EXAMPLE"),
            ("PLAIN", "-----BEGIN RSA PRIVATE KEY-----\nx"),
        ] {
            assert_eq!(variable(name, value, &more), REDACTED, "{name}");
        }
        assert_eq!(
            variable("ARGS", "--hub ghp_0123456789abcdefghijABCDEF -v", &[]),
            format!("--hub {REDACTED} -v")
        );
        assert_eq!(
            variable("HTTPS_PROXY", "http://me:pass@proxy:80/x", &[]),
            format!("http://{REDACTED}@proxy:80/x")
        );
    }

    #[test]
    fn ordinary_values_stay() {
        for (name, value) in [
            ("PATH", "/usr/bin:/bin"),
            ("PWD", "/home/me"),
            ("CUDA_VISIBLE_DEVICES", "0,1"),
            ("MODEL", "sk-learn-model-with-a-long-name"),
            ("URL", "https://example.org/a@b"),
            ("GIT", "0123456789abcdef0123456789abcdef01234567"),
        ] {
            assert_eq!(variable(name, value, &[]), value, "{name}");
        }
    }

    #[test]
    fn a_difference_shows_no_file_of_secrets() {
        let text = "diff --git a/.env b/.env\n+A=1\ndiff --git a/x.py b/x.py\n+t = 'hf_abcdefghijABCDEFGHIJ0123456789'\n";
        assert_eq!(
            diff(text),
            format!("diff --git a/x.py b/x.py\n+t = '{REDACTED}'\n")
        );
    }
}
