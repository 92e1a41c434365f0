//! Points in time as the wire writes them: RFC 3339, UTC, exactly six fractional digits.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, microsecond precision. Compares and sorts as time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Timestamp);

impl Time {
    /// The clock's time. Only outermost layers call it; everything below is handed a `Time`.
    #[must_use]
    pub fn now() -> Self {
        Self::from(Timestamp::now())
    }

    /// Microseconds since the Unix epoch, as the store keeps it.
    #[must_use]
    pub fn as_microseconds(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The time that many microseconds after the Unix epoch; clamped to the years jiff knows.
    #[must_use]
    pub fn from_microseconds(microseconds: i64) -> Self {
        let clamped = microseconds.clamp(Timestamp::MIN.as_microsecond(), Timestamp::MAX.as_microsecond());
        let edge = if clamped < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Self(Timestamp::from_microsecond(clamped).unwrap_or(edge))
    }

    /// This time plus `duration`; stays at the end of time where that would pass it.
    #[must_use]
    pub fn plus(self, duration: std::time::Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_microseconds(self.as_microseconds().saturating_add(microseconds))
    }

    /// This time less `duration`; stays at the beginning of time where that would pass it.
    #[must_use]
    pub fn minus(self, duration: std::time::Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_microseconds(self.as_microseconds().saturating_sub(microseconds))
    }

    /// For conversion to a civil date in the reader's time zone.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Time {
    /// Cuts to microseconds, so that a value survives a trip over the wire unchanged.
    fn from(timestamp: Timestamp) -> Self {
        Self::from_microseconds(timestamp.as_microsecond())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}

impl std::str::FromStr for Time {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Timestamp>().map(Self::from)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_six_digits_and_survives_the_trip() {
        let time: Time = "2026-11-22T10:34:00.1234567+01:00".parse().expect("a time");
        assert_eq!(time.to_string(), "2026-11-22T09:34:00.123456Z");
        let back: Time = serde_json::from_str(&serde_json::to_string(&time).expect("json")).expect("a time");
        assert_eq!(back, time);
        assert_eq!(Time::from_microseconds(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert!(Time::from_microseconds(i64::MAX) > Time::now() && Time::from_microseconds(i64::MIN) < Time::now());
    }
}
