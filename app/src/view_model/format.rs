//! Numbers, durations, sizes and times as people read them. The same in both languages.

use domain::time::Timestamp;

/// Digits in groups of three with thin spaces: `1 000 000`.
pub(crate) fn group_digits(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// `0.4 s`, `12 s`, `3 min 05 s`, `2 h 04 min`, `3 d 02 h`.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// A running duration, which must not flicker: whole seconds.
pub(crate) fn running_duration(ms: u64) -> String {
    if ms < 10_000 {
        format!("{} s", ms / 1000)
    } else {
        duration(ms)
    }
}

/// `512 B`, `1.5 kB`, `3.2 MB`: powers of 1000.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// The wall clock: `12:34:56` on the day of `now`, `11-21 12:34` in its year, else `2025-11-21 12:34`.
pub(crate) fn moment(at: Timestamp, now: Timestamp, utc_offset_minutes: i64) -> String {
    let local = |time: Timestamp| Timestamp(time.as_ms() + utc_offset_minutes * 60_000).civil();
    let (year, month, day, hour, minute, second) = local(at);
    let (this_year, this_month, today, ..) = local(now);
    if (year, month, day) == (this_year, this_month, today) {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else if year == this_year {
        format!("{month:02}-{day:02} {hour:02}:{minute:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
    }
}

/// A command as a person would type it into a POSIX shell.
pub(crate) fn shell_line(words: &[String]) -> String {
    words
        .iter()
        .map(|word| shell_word(word))
        .collect::<Vec<_>>()
        .join(" ")
}

/// One word, in single quotes where the shell would take it for more than a word.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!(group_digits(18), "18");
        assert_eq!(
            group_digits(1_000_000_000).replace('\u{202f}', " "),
            "1 000 000 000"
        );
    }

    #[test]
    fn durations_keep_two_units_at_most() {
        let cases = [
            (0, "0.0 s"),
            (9_940, "9.9 s"),
            (59_999, "59 s"),
            (185_000, "3 min 05 s"),
            (7_440_000, "2 h 04 min"),
            (266_400_000, "3 d 02 h"),
        ];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn sizes_step_by_a_thousand() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_500), "1.5 kB");
        assert_eq!(bytes(999_960), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn a_moment_says_no_more_than_is_needed() {
        let now = Timestamp(1_795_245_872_500);
        assert_eq!(moment(now, now, 60), "08:24:32");
        assert_eq!(
            moment(Timestamp(now.as_ms() - 86_400_000), now, 0),
            "11-20 07:24"
        );
        assert_eq!(
            moment(Timestamp(951_827_696_000), now, 0),
            "2000-02-29 12:34"
        );
    }

    #[test]
    fn words_survive_a_shell() {
        let words = [
            "python".to_owned(),
            "a b".to_owned(),
            "it's".to_owned(),
            String::new(),
            "$HOME".to_owned(),
        ];
        assert_eq!(shell_line(&words), r"python 'a b' 'it'\''s' '' '$HOME'");
    }
}
