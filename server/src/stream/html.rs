//! One row from coloured text to escaped HTML.
//!
//! The input comes from the terminal model: printable characters and `ESC [ … m`, nothing else.

use ansi_to_html::{Converter, Esc};

use super::filter::{EMOJI_STAND_IN, REPLACEMENT_STAND_IN};

/// A row with more changes of colour than this is a painting or an attack on the page: it is shown without colour.
const MAX_CHANGES: usize = 1024;

/// The prefix of the page's CSS variables for the sixteen named colours: `--ansi-red`.
const VARIABLE_PREFIX: &str = "ansi-";

/// The colours in force at some place of a text, as the parameters that set them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style<'a> {
    foreground: &'a str,
    background: &'a str,
    intensity: &'a str,
    italic: bool,
    underline: bool,
    inverse: bool,
}

impl<'a> Style<'a> {
    /// Applies the parameters of one `ESC [ … m`.
    fn apply(&mut self, parameters: &'a str) {
        let mut rest = parameters;
        loop {
            let (parameter, after) = rest.split_once(';').unwrap_or((rest, ""));
            let mut next = after;
            match parameter {
                "" | "0" => *self = Self::default(),
                "1" | "2" => self.intensity = parameter,
                "22" => self.intensity = "",
                "3" | "23" => self.italic = parameter == "3",
                "4" | "24" => self.underline = parameter == "4",
                "7" | "27" => self.inverse = parameter == "7",
                "38" => (self.foreground, next) = split_colour(rest),
                "48" => (self.background, next) = split_colour(rest),
                "39" => self.foreground = "",
                "49" => self.background = "",
                _ => match parameter.parse() {
                    Ok(30..=37 | 90..=97) => self.foreground = parameter,
                    Ok(40..=47 | 100..=107_u8) => self.background = parameter,
                    _ => {}
                },
            }
            if next.is_empty() {
                return;
            }
            rest = next;
        }
    }

    /// Appends the one sequence that sets this style from any other, so that spans never nest in each other.
    fn write(&self, out: &mut String) {
        out.push_str("\x1b[0");
        let flag = |set: bool, parameter: &'static str| if set { parameter } else { "" };
        for parameter in [
            self.foreground,
            self.background,
            self.intensity,
            flag(self.italic, "3"),
            flag(self.underline, "4"),
            flag(self.inverse, "7"),
        ] {
            if !parameter.is_empty() {
                out.push(';');
                out.push_str(parameter);
            }
        }
        out.push('m');
    }
}

/// Splits `38;5;N…` or `38;2;R;G;B…` behind its last number.
fn split_colour(parameters: &str) -> (&str, &str) {
    let count = if parameters[2..].starts_with(";2;") {
        5
    } else {
        3
    };
    match parameters.match_indices(';').nth(count - 1) {
        Some((end, _)) => (&parameters[..end], &parameters[end + 1..]),
        None => (parameters, ""),
    }
}

/// One row as escaped HTML: text, and elements that carry a style. Spaces at the end are dropped.
pub(super) fn row_html(row: &str) -> String {
    continued_row_html(row, &mut Style::default())
}

/// Like [`row_html`] for a row that starts in `style`, which becomes the style behind it.
pub(super) fn continued_row_html<'a>(row: &'a str, style: &mut Style<'a>) -> String {
    let row = row.trim_end_matches(' ');
    let mut normal = String::with_capacity(row.len() + 16);
    let mut plain = String::with_capacity(row.len());
    let mut written = Style::default();
    let mut changes = 0;
    let mut rest = row;
    while !rest.is_empty() {
        let (text, after) = rest.split_once("\x1b[").unwrap_or((rest, ""));
        if !text.is_empty() {
            if written != *style {
                style.write(&mut normal);
                written = *style;
                changes += 1;
            }
            normal.push_str(text);
            plain.push_str(text);
        }
        if text.len() == rest.len() {
            break;
        }
        let (parameters, after) = after.split_once('m').unwrap_or((after, ""));
        style.apply(parameters);
        rest = after;
    }
    let html = if changes == 0 || changes > MAX_CHANGES {
        Esc(&plain).to_string()
    } else {
        Converter::new()
            .four_bit_var_prefix(Some(VARIABLE_PREFIX.to_owned()))
            .convert(&normal)
            .unwrap_or_else(|_| Esc(&plain).to_string())
    };
    if html.is_ascii() {
        return html;
    }
    html.replace(REPLACEMENT_STAND_IN, "\u{fffd}")
        .replace(EMOJI_STAND_IN, "\u{fe0f}")
}
