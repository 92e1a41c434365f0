//! Points in time as people write them, in the reader's time zone.

use jiff::{Zoned, tz::TimeZone};

use crate::api::Time;

/// Writes times for one time zone.
#[derive(Clone, Debug)]
pub struct Days {
    zone: TimeZone,
}

impl Days {
    /// In the zone that the machine is set to.
    #[must_use]
    pub fn of_system() -> Self {
        Self { zone: TimeZone::system() }
    }

    /// In UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self { zone: TimeZone::UTC }
    }

    fn zoned(&self, time: Time) -> Zoned {
        time.timestamp().to_zoned(self.zone.clone())
    }

    /// `09:31`.
    #[must_use]
    pub fn clock(&self, time: Time) -> String {
        self.zoned(time).strftime("%H:%M").to_string()
    }

    /// `Sunday 22 November`, with the year where it is not the current one.
    #[must_use]
    pub fn day(&self, time: Time, now: Time) -> String {
        let (day, today) = (self.zoned(time), self.zoned(now));
        let form = if day.year() == today.year() { "%A %-d %B" } else { "%A %-d %B %Y" };
        day.strftime(form).to_string()
    }

    /// Whether both are on one day.
    #[must_use]
    pub fn same_day(&self, one: Time, other: Time) -> bool {
        self.zoned(one).date() == self.zoned(other).date()
    }

    /// `29 Nov 09:34`.
    #[must_use]
    pub fn stamp(&self, time: Time) -> String {
        self.zoned(time).strftime("%-d %b %H:%M").to_string()
    }

    /// How long ago, for a list: `now`, `5m`, `3h`, `2d`, then the date.
    #[must_use]
    pub fn ago(&self, time: Time, now: Time) -> String {
        let seconds = (now.as_microseconds() - time.as_microseconds()) / 1_000_000;
        match seconds {
            ..60 => "now".to_owned(),
            60..3_600 => format!("{}m", seconds / 60),
            3_600..86_400 => format!("{}h", seconds / 3_600),
            86_400..604_800 => format!("{}d", seconds / 86_400),
            _ if self.zoned(time).year() == self.zoned(now).year() => self.zoned(time).strftime("%-d %b").to_string(),
            _ => self.zoned(time).strftime("%b %Y").to_string(),
        }
    }

    /// How long until then: `6 days`, `3 hours`, `5 minutes`.
    #[must_use]
    pub fn left(&self, time: Time, now: Time) -> String {
        let minutes = (time.as_microseconds() - now.as_microseconds()) / 60_000_000;
        let counted = |count: i64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
        match minutes {
            ..=0 => "no time".to_owned(),
            1..120 => counted(minutes, "minute"),
            120..2_880 => counted(minutes / 60, "hour"),
            _ => counted(minutes / 1_440, "day"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        text.parse().expect(text)
    }

    #[test]
    fn ages_and_dates_read_as_people_write_them() {
        let days = Days::utc();
        let now = time("2026-11-22T09:34:00Z");
        for (then, ago) in [
            ("2026-11-22T09:33:30Z", "now"),
            ("2026-11-22T09:35:30Z", "now"),
            ("2026-11-22T09:29:00Z", "5m"),
            ("2026-11-22T06:00:00Z", "3h"),
            ("2026-11-20T06:00:00Z", "2d"),
            ("2026-03-02T06:00:00Z", "2 Mar"),
            ("2025-03-02T06:00:00Z", "Mar 2025"),
        ] {
            assert_eq!(days.ago(time(then), now), ago, "{then}");
        }
        assert_eq!(days.day(time("2026-11-22T00:00:00Z"), now), "Sunday 22 November");
        assert_eq!(days.day(time("2025-11-22T00:00:00Z"), now), "Saturday 22 November 2025");
        assert_eq!(days.left(time("2026-11-29T09:33:00Z"), now), "6 days");
        assert_eq!(days.left(time("2026-11-22T09:35:00Z"), now), "1 minute");
        assert_eq!(days.left(time("2026-11-22T09:00:00Z"), now), "no time");
        assert_eq!((days.clock(now), days.stamp(now)), ("09:34".to_owned(), "22 Nov 09:34".to_owned()));
    }
}
