//! The way in for a machine without a keyboard: a ticket in a code that its camera reads.

use domain::protocol::settings::{PhoneLink, PostPhoneResponse};
use domain::time::Timestamp;
use qrcode::{Color, EcLevel, QrCode};

use super::access::{Access, TICKET_LIFE_MS};

/// Light modules around a code, as its standard asks for.
const MARGIN: usize = 4;

/// Addresses with a new ticket each; those made before stop working. `None` if no other machine reaches this server.
pub(super) fn links(access: &Access, now: Timestamp) -> Option<PostPhoneResponse> {
    let origins = access.remote_origins();
    if origins.is_empty() {
        return None;
    }
    access.forget_tickets();
    let links = origins.into_iter().map(|origin| {
        let url = format!("{origin}/?ticket={}", access.new_ticket(now));
        PhoneLink {
            modules: modules(&url),
            url,
        }
    });
    Some(PostPhoneResponse {
        links: links.collect(),
        expires_at_ms: Timestamp(now.as_ms() + TICKET_LIFE_MS),
    })
}

/// The modules of a text's QR code, row by row, `1` for dark; empty if the text is too long for one.
pub fn modules(text: &str) -> Vec<String> {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else {
        return Vec::new();
    };
    let digit = |color: &Color| if *color == Color::Dark { '1' } else { '0' };
    code.to_colors()
        .chunks(code.width())
        .map(|row| row.iter().map(digit).collect())
        .collect()
}

/// A code for a terminal: two modules above each other in one character, light on dark whatever the terminal's colours are.
pub fn for_terminal(text: &str) -> String {
    let rows = modules(text);
    let width = rows.len();
    let is_light = |row: usize, column: usize| {
        let module = row.checked_sub(MARGIN).and_then(|row| rows.get(row));
        let module = module.and_then(|row| row.as_bytes().get(column.checked_sub(MARGIN)?));
        module != Some(&b'1')
    };
    let line = |pair: usize| -> String {
        (0..width + 2 * MARGIN)
            .map(
                |column| match (is_light(2 * pair, column), is_light(2 * pair + 1, column)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                },
            )
            .collect()
    };
    let lines: Vec<String> = (0..(width + 2 * MARGIN).div_ceil(2))
        .map(|pair| format!("\x1b[97;40m{}\x1b[0m", line(pair)))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_square_with_its_three_finders() {
        let rows = modules("http://192.168.1.5:8099/?ticket=abc");
        assert!(rows.len() >= 21 && rows.iter().all(|row| row.len() == rows.len()));
        let last = rows.len() - 1;
        for (row, column) in [(0, 0), (0, last - 6), (last - 6, 0)] {
            assert_eq!(&rows[row][column..column + 7], "1111111");
            assert_eq!(&rows[row + 1][column..column + 7], "1000001");
        }
        assert!(modules(&"x".repeat(5_000)).is_empty());
    }

    #[test]
    fn the_terminals_code_has_the_same_modules_and_a_light_margin() {
        let text = for_terminal("http://10.0.0.2:1/");
        let rows = modules("http://10.0.0.2:1/");
        let plain: Vec<String> = text
            .lines()
            .map(|line| {
                line.trim_start_matches("\x1b[97;40m")
                    .trim_end_matches("\x1b[0m")
                    .to_owned()
            })
            .collect();
        assert!(plain[0].chars().all(|c| c == '█'));
        let dark = |row: usize, column: usize| {
            let line = row + MARGIN;
            let cell = plain[line / 2].chars().nth(column + MARGIN).unwrap();
            let is_upper = line.is_multiple_of(2);
            match cell {
                ' ' => true,
                '▀' => !is_upper,
                '▄' => is_upper,
                _ => false,
            }
        };
        for (row, modules) in rows.iter().enumerate() {
            for (column, module) in modules.bytes().enumerate() {
                assert_eq!(dark(row, column), module == b'1', "{row} {column}");
            }
        }
    }
}
