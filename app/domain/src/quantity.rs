//! Durations, amounts of memory and points in time as people type them.

use crate::time::Timestamp;

/// A text that is no such quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not a duration.
    #[error("`{0}` is not a duration")]
    Duration(String),
    /// Not an amount of memory.
    #[error("`{0}` is not an amount of memory")]
    Memory(String),
    /// Not a point in time.
    #[error("`{0}` is not a time")]
    Moment(String),
}

impl QuantityError {
    /// What would be one.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Duration(_) => "write `90`, `90s`, `1h30m`, `1.5h`, `2d` or `250ms`",
            Self::Memory(_) => "write `512M`, `16G` or `1.5T`; a bare number counts MiB",
            Self::Moment(_) => {
                "write `18:00`, `2026-11-21 18:00` or `2026-11-21T18:00:00+08:00`; without an offset it is local time"
            }
        }
    }
}

/// Milliseconds of a duration: `90` and `90s` are 90 seconds; parts add up, `1h30m`.
///
/// # Errors
/// [`QuantityError::Duration`] for anything else, and for what is negative or beyond 10,000 years.
pub fn parse_duration_ms(text: &str) -> Result<u64, QuantityError> {
    let error = || QuantityError::Duration(text.to_owned());
    let trimmed = text.trim();
    if let Some(seconds) = plain_number(trimmed) {
        return to_ms(seconds * 1000.0).ok_or_else(error);
    }
    let (mut rest, mut total, mut smallest) = (trimmed, 0.0, f64::INFINITY);
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(error)?;
        let number = plain_number(rest.get(..digits).unwrap_or_default()).ok_or_else(error)?;
        let tail = rest.get(digits..).unwrap_or_default();
        let letters = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let unit = match tail.get(..letters).unwrap_or_default() {
            "ms" => 1.0,
            "s" | "sec" => 1_000.0,
            "m" | "min" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return Err(error()),
        };
        // `1h1h` and `1m1h` are slips of the finger.
        if unit >= smallest {
            return Err(error());
        }
        smallest = unit;
        total += number * unit;
        rest = tail.get(letters..).unwrap_or_default().trim_start();
    }
    if smallest.is_infinite() {
        return Err(error());
    }
    to_ms(total).ok_or_else(error)
}

/// A duration in the fewest words: `1h30m`, `250ms`; what [`parse_duration_ms`] reads back to the same.
pub fn duration_text(ms: u64) -> String {
    let mut rest = ms;
    let mut text = String::new();
    for (unit, name) in [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
        (1, "ms"),
    ] {
        if rest >= unit {
            text += &format!("{}{name}", rest / unit);
            rest %= unit;
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

/// MiB of an amount of memory: `512`, `512M`, `512MiB` and `0.5G` are the same. Units are powers of 1024.
///
/// # Errors
/// [`QuantityError::Memory`] for anything else, and for what is no whole MiB or beyond 2^40 of them.
pub fn parse_memory_mb(text: &str) -> Result<u64, QuantityError> {
    let error = || QuantityError::Memory(text.to_owned());
    let trimmed = text.trim();
    let end = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(trimmed.len());
    let number = plain_number(trimmed.get(..end).unwrap_or_default()).ok_or_else(error)?;
    let unit = trimmed.get(end..).unwrap_or_default().trim_start();
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "m" | "mb" | "mib" => 1.0,
        "g" | "gb" | "gib" => 1024.0,
        "t" | "tb" | "tib" => 1024.0 * 1024.0,
        _ => return Err(error()),
    };
    let mb = (number * factor).round();
    if mb < 1.0 && number > 0.0 || mb > 1024_f64.powi(4) {
        return Err(error());
    }
    whole(mb).ok_or_else(error)
}

/// Digits with at most one point; neither signs nor exponents.
fn plain_number(text: &str) -> Option<f64> {
    let is_plain = text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_plain.then(|| text.parse().ok()).flatten()
}

fn to_ms(ms: f64) -> Option<u64> {
    const LONGEST: f64 = 10_000.0 * 366.0 * 86_400_000.0;
    (ms <= LONGEST).then(|| whole(ms.round())).flatten()
}

/// A finite whole number that is not negative and far below 2^53.
fn whole(number: f64) -> Option<u64> {
    format!("{number:.0}").parse().ok()
}

/// A point in time as it is typed: a day may be left out, and so may the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Year, month, day; absent: the next time that clocks show it.
    pub date: Option<(i64, u32, u32)>,
    /// Hour, minute, second.
    pub time: (u32, u32, u32),
    /// Minutes east of Greenwich; absent: local time.
    pub offset_minutes: Option<i32>,
}

impl Moment {
    /// Reads `18:00`, `18:00:30`, `2026-11-21 18:00` with `T` or a space, each with `Z` or an offset `+08:00` behind it.
    ///
    /// # Errors
    /// [`QuantityError::Moment`] for anything else, days that do not exist included.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        Self::read(text.trim()).ok_or_else(|| QuantityError::Moment(text.to_owned()))
    }

    fn read(text: &str) -> Option<Self> {
        let (date, rest) = match text.split_once(['T', ' ']) {
            Some((date, rest)) => (Some(read_date(date)?), rest),
            None => (None, text),
        };
        let (clock, offset_minutes) = read_offset(rest)?;
        let parts: Vec<u32> = clock.split(':').map(two_digits).collect::<Option<_>>()?;
        let time = match parts.as_slice() {
            [hour, minute] => (*hour, *minute, 0),
            [hour, minute, second] => (*hour, *minute, *second),
            _ => return None,
        };
        let is_time = time.0 < 24 && time.1 < 60 && time.2 < 60;
        is_time.then_some(Self {
            date,
            time,
            offset_minutes,
        })
    }

    /// When it is. `offset_at` says how many minutes local time is before UTC at a time.
    pub fn resolve(&self, now: Timestamp, offset_at: impl Fn(Timestamp) -> i32) -> Timestamp {
        let of_day = i64::from(self.time.0) * 3600 + i64::from(self.time.1) * 60;
        let of_day = of_day + i64::from(self.time.2);
        let minutes_ms = |minutes: i32| i64::from(minutes) * 60_000;
        let at = |date: (i64, u32, u32)| {
            let as_utc = Timestamp::of_date(date).as_ms() + of_day * 1000;
            let offset = self.offset_minutes.unwrap_or_else(|| {
                // The offset that holds then, not now: a change of the clocks may lie between.
                let guess = offset_at(Timestamp(as_utc));
                offset_at(Timestamp(as_utc - minutes_ms(guess)))
            });
            Timestamp(as_utc - minutes_ms(offset))
        };
        if let Some(date) = self.date {
            return at(date);
        }
        let here = minutes_ms(self.offset_minutes.unwrap_or_else(|| offset_at(now)));
        let day = |ahead: i64| {
            let (year, month, day, ..) = Timestamp(now.as_ms() + here + ahead * 86_400_000).civil();
            at((year, month, day))
        };
        let today = day(0);
        if today >= now { today } else { day(1) }
    }
}

fn read_date(text: &str) -> Option<(i64, u32, u32)> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_year = year.len() == 4 && year.chars().all(|c| c.is_ascii_digit());
    let date = (year.parse().ok()?, two_digits(month)?, two_digits(day)?);
    // A day that does not exist comes back as another one.
    let (y, m, d, ..) = Timestamp::of_date(date).civil();
    (is_year && parts.next().is_none() && (y, m, d) == date).then_some(date)
}

fn read_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(0)));
    }
    let Some(place) = text.find(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, offset) = text.split_at_checked(place)?;
    let (sign, digits) = offset.split_at_checked(1)?;
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
    let minutes = i32::try_from(two_digits(hours)? * 60 + two_digits(minutes)?).ok()?;
    let minutes = if sign == "-" { -minutes } else { minutes };
    (minutes.abs() <= 14 * 60).then_some((clock, Some(minutes)))
}

fn two_digits(text: &str) -> Option<u32> {
    let is_number = (1..=2).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_a_bare_number_counts_seconds() {
        for (text, ms) in [
            ("90", 90_000),
            ("0.5", 500),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("2d", 172_800_000),
            ("250ms", 250),
            ("1m5s3ms", 65_003),
            ("0", 0),
        ] {
            assert_eq!(parse_duration_ms(text), Ok(ms), "{text}");
            assert_eq!(parse_duration_ms(&duration_text(ms)), Ok(ms), "{text}");
        }
        for text in [
            "",
            " ",
            "-1",
            "1x",
            "h",
            "1h1h",
            "1m1h",
            "1e9",
            "nan",
            "1h30",
            "99999999999d",
        ] {
            assert!(parse_duration_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn memory_counts_mib_in_powers_of_1024() {
        for (text, mb) in [
            ("512", 512),
            ("512M", 512),
            ("512 MiB", 512),
            ("0.5G", 512),
            ("16gb", 16_384),
            ("1T", 1_048_576),
            ("0", 0),
        ] {
            assert_eq!(parse_memory_mb(text), Ok(mb), "{text}");
        }
        for text in ["", "M", "1K", "-1", "0.1", "1e3", "9999999999999T"] {
            assert!(parse_memory_mb(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_without_a_day_is_the_next_one_and_without_an_offset_local() {
        // 2026-11-21 07:24:32 UTC; the clocks here are one hour ahead.
        let now = Timestamp(1_795_245_872_000);
        let at = |text: &str| Moment::parse(text).unwrap().resolve(now, |_| 60).stamp();
        for (text, stamp) in [
            ("18:00", "20261121-170000"),
            ("08:00", "20261122-070000"),
            ("08:25", "20261121-072500"),
            ("08:00Z", "20261121-080000"),
            ("2026-11-22 00:30", "20261121-233000"),
            ("2026-11-21T18:00:05+08:00", "20261121-100005"),
            ("2024-02-29 12:00-0330", "20240229-120000"),
        ] {
            if text.ends_with("0330") {
                assert!(Moment::parse(text).is_err(), "offsets have a colon");
                continue;
            }
            assert_eq!(at(text), stamp, "{text}");
        }
        for text in [
            "",
            "25:00",
            "12",
            "12:60",
            "2026-02-29 12:00",
            "26-01-01 12:00",
            "noon",
            "12:00+15:00",
        ] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_offset_is_that_of_the_day_meant() {
        let change = Timestamp::of_date((2026, 11, 25)).as_ms();
        let offset = |at: Timestamp| if at.as_ms() < change { 60 } else { 0 };
        let now = Timestamp(1_795_245_872_000);
        let at = |text: &str| Moment::parse(text).unwrap().resolve(now, offset).stamp();
        assert_eq!(at("2026-11-24 12:00"), "20261124-110000");
        assert_eq!(at("2026-11-26 12:00"), "20261126-120000");
    }
}
