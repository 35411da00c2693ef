//! Points in time. The domain never reads a clock: times are arguments.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds since the epoch.
    pub fn as_ms(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to `self`; 0 if the clock went back.
    pub fn since_ms(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// UTC calendar fields `(year, month, day, hour, minute, second)` of the proleptic Gregorian calendar.
    ///
    /// Days to civil date after Howard Hinnant's "chrono-compatible low-level date algorithms".
    pub fn civil(self) -> (i64, u32, u32, u32, u32, u32) {
        let seconds = self.0.div_euclid(1000);
        let days = seconds.div_euclid(86_400);
        let of_day = u32::try_from(seconds.rem_euclid(86_400)).unwrap_or(0);
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = u32::try_from(day_of_year - (153 * shifted_month + 2) / 5 + 1).unwrap_or(1);
        let month = u32::try_from(if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        })
        .unwrap_or(1);
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (
            year,
            month,
            day,
            of_day / 3600,
            of_day / 60 % 60,
            of_day % 60,
        )
    }

    /// Midnight UTC of a calendar day `(year, month, day)`; the inverse of [`Timestamp::civil`].
    pub fn of_date((year, month, day): (i64, u32, u32)) -> Self {
        let year = year - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year - era * 400;
        let shifted_month = (i64::from(month) + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self((era * 146_097 + day_of_era - 719_468) * 86_400_000)
    }

    /// `YYYYMMDD-HHMMSS` in UTC: the stamp inside task names.
    pub fn stamp(self) -> String {
        let (year, month, day, hour, minute, second) = self.civil();
        format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_lead_back_to_themselves() {
        for day in -200_000..200_000 {
            let at = Timestamp(day * 86_400_000);
            let (year, month, of_month, ..) = at.civil();
            assert_eq!(Timestamp::of_date((year, month, of_month)), at);
        }
    }

    #[test]
    fn stamps_are_utc_calendar_fields() {
        assert_eq!(Timestamp(0).stamp(), "19700101-000000");
        assert_eq!(Timestamp(951_827_696_000).stamp(), "20000229-123456");
        assert_eq!(Timestamp(1_795_245_872_500).stamp(), "20261121-072432");
        assert_eq!(Timestamp(-1).stamp(), "19691231-235959");
    }
}
