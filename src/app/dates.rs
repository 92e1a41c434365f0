//! Days as people type them: `2026-11-03`, `3 nov`, `3.11.`, `yesterday`, `monday`. Always the latest such day
//! that is not after today.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The day that `text` names, seen from `today`.
#[must_use]
pub fn read(text: &str, today: Date) -> Option<Date> {
    let text = text.trim().to_lowercase();
    match text.as_str() {
        "today" => return Some(today),
        "yesterday" => return today.checked_sub(1.day()).ok(),
        _ => {}
    }
    if let Some(weekday) = begun(&text, &WEEKDAYS) {
        return today.nth_weekday(-1, weekday).ok();
    }
    if let Some(days) = text.strip_suffix("days ago").or_else(|| text.strip_suffix("day ago")) {
        let days: i32 = days.trim().parse().ok().filter(|days| *days >= 0)?;
        return today.checked_sub(days.days()).ok();
    }
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    let parts: Vec<&str> = text.split([' ', '.', '/', '-', ',']).filter(|part| !part.is_empty()).collect();
    let (day, month, year) = match *parts.as_slice() {
        [one, two] => (one, two, None),
        [one, two, year] => (one, two, Some(year)),
        [month] => ("1", month, None),
        _ => return None,
    };
    // `nov 3` is as good as `3 nov`.
    let (day, month) = if day.parse::<i8>().is_ok() { (day, month) } else { (month, day) };
    let (day, month) = (day.parse().ok()?, month_named(month).filter(|_| parts.len() > 1 || !is_number(month))?);
    match year {
        Some(year) => {
            let year: i16 = year.parse().ok()?;
            Date::new(if year < 100 { year + 2000 } else { year }, month, day).ok()
        }
        None => latest(day, month, today),
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The latest such day that is not after today; the 29th of February may lie years back.
fn latest(day: i8, month: i8, today: Date) -> Option<Date> {
    let years = (0..8).filter_map(|back| Date::new(today.year() - back, month, day).ok());
    years.into_iter().find(|found| *found <= today)
}

fn month_named(text: &str) -> Option<i8> {
    if is_number(text) {
        return text.parse().ok().filter(|month| (1..=12).contains(month));
    }
    let at = MONTHS.iter().position(|name| text.len() >= 3 && name.starts_with(text))?;
    i8::try_from(at + 1).ok()
}

/// The one whose name begins with at least three letters of `text`.
fn begun(text: &str, names: &[(&str, Weekday)]) -> Option<Weekday> {
    names.iter().find(|(name, _)| text.len() >= 3 && name.starts_with(text)).map(|(_, weekday)| *weekday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let today = date(2026, 11, 22);
        for (text, day) in [
            ("2026-11-03", date(2026, 11, 3)),
            ("3 nov", date(2026, 11, 3)),
            ("Nov 3", date(2026, 11, 3)),
            ("3.11.", date(2026, 11, 3)),
            ("3/11", date(2026, 11, 3)),
            ("3 december", date(2025, 12, 3)),
            ("3 dec 2024", date(2024, 12, 3)),
            ("3.12.24", date(2024, 12, 3)),
            ("29 feb", date(2024, 2, 29)),
            ("oct", date(2026, 10, 1)),
            ("today", today),
            ("Yesterday", date(2026, 11, 21)),
            ("5 days ago", date(2026, 11, 17)),
            ("mon", date(2026, 11, 16)),
            ("sunday", date(2026, 11, 15)),
        ] {
            assert_eq!(read(text, today), Some(day), "{text}");
        }
        for text in ["", "soon", "32 nov", "3 foo", "7", "-1 days ago", "2026-13-40", "1 2 3 4"] {
            assert_eq!(read(text, today), None, "{text}");
        }
    }
}
