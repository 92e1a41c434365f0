//! `money`: decimal strings calculated exactly, since the interpreter has no decimals. It is answered in the
//! worker, knows no record, and gives the same result everywhere.

use std::{cmp::Ordering, str::FromStr};

use bigdecimal::{
    BigDecimal, RoundingMode, Signed, ToPrimitive, Zero,
    num_bigint::{BigInt, Sign},
};
use serde_json::Value;

use super::{arguments::Arguments, wire::Call, wire::Exception};
use crate::serve::strict_json::MAX_INTEGER;

/// The methods of `money`.
pub(super) const METHODS: [&str; 10] =
    ["add", "subtract", "multiply", "divide", "round", "compare", "minor", "decimal", "split", "format"];

/// The most digits of an amount, before and after the point together.
const MAX_DIGITS: usize = 60;

/// The most digits after the point that may be asked for.
const MAX_PLACES: i64 = 20;

/// The most parts that an amount is split into.
const MAX_PARTS: i64 = 10_000;

/// Digits after the point where none are asked for.
const PLACES: i64 = 2;

/// What `rounding` may be.
const ROUNDINGS: [(&str, RoundingMode); 6] = [
    ("half_up", RoundingMode::HalfUp),
    ("half_even", RoundingMode::HalfEven),
    ("half_down", RoundingMode::HalfDown),
    ("up", RoundingMode::Up),
    ("down", RoundingMode::Down),
    ("exact", RoundingMode::Down),
];

/// Answers a call of one of the [`METHODS`].
pub(super) fn call(call: Call) -> Result<Value, Exception> {
    let method = call.method.clone();
    let mut given = Arguments::new(call);
    let result = match method.as_str() {
        "add" => written(&sum(&mut given)?),
        "subtract" => {
            let (from, amount) = (amount(&mut given, "amount")?, amount(&mut given, "less")?);
            written(&plus(&from, &-amount))
        }
        "multiply" => {
            let (amount, by) = (amount(&mut given, "amount")?, factor(&mut given, "by")?);
            written(&(&amount * &by).with_scale(scale(&amount) + scale(&by)))
        }
        "divide" => {
            let (amount, by) = (amount(&mut given, "amount")?, factor(&mut given, "by")?);
            let (places, rounding) = (places(&mut given)?, rounding(&mut given)?);
            written(&rounded(&quotient(&amount, &by, places)?, places, rounding)?)
        }
        "round" => {
            let amount = amount(&mut given, "amount")?;
            let (places, rounding) = (places(&mut given)?, rounding(&mut given)?);
            written(&rounded(&amount, places, rounding)?)
        }
        "compare" => {
            let (one, other) = (amount(&mut given, "one")?, amount(&mut given, "other")?);
            Ok(match one.cmp(&other) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }
            .into())
        }
        "minor" => {
            let (amount, places) = (amount(&mut given, "amount")?, places_or(&mut given, PLACES)?);
            minor(&amount, places).map(Value::from)
        }
        "decimal" => {
            let (minor, places) = (given.integer("minor")?, places_or(&mut given, PLACES)?);
            written(&BigDecimal::new(minor.into(), places))
        }
        "split" => {
            let (amount, parts) = (amount(&mut given, "amount")?, given.integer("parts")?);
            split(&amount, parts)
        }
        "format" => {
            let amount = amount(&mut given, "amount")?;
            let thousands = separator(&mut given, "thousands", " ")?;
            let point = separator(&mut given, "point", ".")?;
            Ok(formatted(&amount, &thousands, &point).into())
        }
        _ => Err(Exception::new("AttributeError", "money has no such method")),
    }?;
    given.no_more()?;
    Ok(result)
}

/// The next argument: an amount, which is text and nothing else.
fn amount(given: &mut Arguments, name: &str) -> Result<BigDecimal, Exception> {
    let hint = "an amount is text such as '12.50'; money.decimal(1250) makes one of minor units";
    match given.parameter(name)? {
        Value::String(text) => parsed(&text),
        other => Err(given.wrong(name, &format!("a str ({hint})"), &other)),
    }
}

/// The next argument: a whole number, or text as an amount.
fn factor(given: &mut Arguments, name: &str) -> Result<BigDecimal, Exception> {
    match given.parameter(name)? {
        Value::String(text) => parsed(&text),
        Value::Number(number) if number.is_i64() => Ok(BigDecimal::from(number.as_i64().unwrap_or_default())),
        other => Err(given.wrong(name, "an int or a str such as '0.25'", &other)),
    }
}

fn places(given: &mut Arguments) -> Result<i64, Exception> {
    let places = given.integer("places")?;
    if (0..=MAX_PLACES).contains(&places) {
        Ok(places)
    } else {
        Err(Exception::value_error(format!("places must be 0 to {MAX_PLACES}")))
    }
}

fn places_or(given: &mut Arguments, absent: i64) -> Result<i64, Exception> {
    if given.has("places") { places(given) } else { Ok(absent) }
}

fn separator(given: &mut Arguments, name: &str, absent: &str) -> Result<String, Exception> {
    let text = if given.has(name) { given.text(name)? } else { absent.to_owned() };
    if text.chars().count() <= 1 { Ok(text) } else { Err(Exception::value_error(format!("{name} is one character"))) }
}

/// How to round is always said: there is no way that is right everywhere.
fn rounding(given: &mut Arguments) -> Result<Option<RoundingMode>, Exception> {
    let word = given.text("rounding")?;
    let known = ROUNDINGS.into_iter().find(|(known, _)| *known == word);
    let (name, mode) = known.ok_or_else(|| {
        let words = ROUNDINGS.map(|(known, _)| format!("'{known}'")).join(", ");
        Exception::value_error(format!("rounding must be one of {words}"))
    })?;
    Ok((name != "exact").then_some(mode))
}

/// An amount as it is written: digits, perhaps a sign before them, perhaps a point and digits after them.
fn parsed(text: &str) -> Result<BigDecimal, Exception> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let are_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        let shown: String = text.chars().take(MAX_DIGITS).collect();
        return Err(Exception::value_error(format!("not an amount such as '-1234.50': '{shown}'")));
    }
    if whole.len() + fraction.len() > MAX_DIGITS {
        return Err(too_long());
    }
    BigDecimal::from_str(text).map_err(|_| Exception::value_error("not an amount"))
}

fn too_long() -> Exception {
    Exception::new("OverflowError", format!("an amount has at most {MAX_DIGITS} digits"))
}

/// An amount as text, with as many digits after the point as it was calculated with.
fn written(amount: &BigDecimal) -> Result<Value, Exception> {
    let text = amount.to_plain_string();
    if text.bytes().filter(u8::is_ascii_digit).count() > MAX_DIGITS { Err(too_long()) } else { Ok(text.into()) }
}

fn scale(amount: &BigDecimal) -> i64 {
    amount.fractional_digit_count().max(0)
}

/// The sum, with the digits of whichever has more after the point.
fn plus(one: &BigDecimal, other: &BigDecimal) -> BigDecimal {
    (one + other).with_scale(scale(one).max(scale(other)))
}

/// The sum of all positional arguments.
fn sum(given: &mut Arguments) -> Result<BigDecimal, Exception> {
    let mut total = amount(given, "amount")?;
    while given.has_positional() {
        total = plus(&total, &amount(given, "amount")?);
    }
    Ok(total)
}

/// As exact as rounding to `places` needs: what lies beyond is one digit that is on the same side of a half.
fn quotient(amount: &BigDecimal, by: &BigDecimal, places: i64) -> Result<BigDecimal, Exception> {
    if by.is_zero() {
        return Err(Exception::new("ZeroDivisionError", "an amount cannot be divided by zero"));
    }
    let exponent = places + scale(by) - scale(amount);
    let power = |exponent: i64| BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0));
    let numerator = amount.as_bigint_and_scale().0.as_ref() * power(exponent);
    let denominator = by.as_bigint_and_scale().0.as_ref() * power(-exponent);
    let (whole, rest) = (&numerator / &denominator, &numerator % &denominator);
    let beyond = match (rest.is_zero(), (BigInt::from(2) * rest).abs().cmp(&denominator.abs())) {
        (true, _) => 0,
        (false, Ordering::Less) => 1,
        (false, Ordering::Equal) => 5,
        (false, Ordering::Greater) => 9,
    };
    let is_negative = (numerator.sign() == Sign::Minus) != (denominator.sign() == Sign::Minus);
    let beyond = if is_negative { -beyond } else { beyond };
    Ok(BigDecimal::new(whole * 10 + beyond, places + 1))
}

/// `None`: nothing may be lost.
fn rounded(amount: &BigDecimal, places: i64, rounding: Option<RoundingMode>) -> Result<BigDecimal, Exception> {
    let rounded = amount.with_scale_round(places, rounding.unwrap_or(RoundingMode::Down));
    if rounding.is_none() && rounded != *amount {
        return Err(Exception::value_error(format!("the amount has more than {places} decimals: say how to round")));
    }
    Ok(rounded)
}

fn minor(amount: &BigDecimal, places: i64) -> Result<i64, Exception> {
    let exact = rounded(amount, places, None)?;
    exact
        .as_bigint_and_scale()
        .0
        .to_i64()
        .filter(|minor| (-MAX_INTEGER..=MAX_INTEGER).contains(minor))
        .ok_or_else(|| Exception::new("OverflowError", "more minor units than 2**53 - 1"))
}

/// Equal parts that add up to the amount; what does not divide goes to the first ones.
fn split(amount: &BigDecimal, parts: i64) -> Result<Value, Exception> {
    if !(1..=MAX_PARTS).contains(&parts) {
        return Err(Exception::value_error(format!("parts must be 1 to {MAX_PARTS}")));
    }
    let scale = scale(amount);
    let digits = amount.as_bigint_and_scale().0.into_owned();
    let (each, rest) = (&digits / parts, (&digits % parts).to_i64().unwrap_or_default());
    (0..parts)
        .map(|part| {
            written(&BigDecimal::new(if part < rest.abs() { &each + rest.signum() } else { each.clone() }, scale))
        })
        .collect()
}

fn formatted(amount: &BigDecimal, thousands: &str, point: &str) -> String {
    let text = amount.to_plain_string();
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text.as_str()), |unsigned| ("-", unsigned));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let first = (whole.len() - 1) % 3 + 1;
    let (head, tail) = whole.split_at(first);
    let groups: Vec<&str> = std::iter::once(head)
        .chain(tail.as_bytes().chunks(3).filter_map(|group| std::str::from_utf8(group).ok()))
        .collect();
    let point = if fraction.is_empty() { "" } else { point };
    format!("{sign}{}{point}{fraction}", groups.join(thousands))
}

#[cfg(test)]
#[path = "money_tests.rs"]
mod tests;
