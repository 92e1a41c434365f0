use proptest::prelude::*;
use serde_json::json;

use super::*;

fn asked(method: &str, positional: Value) -> Result<Value, Exception> {
    let Value::Array(positional) = positional else { panic!("a list of arguments") };
    call(Call { method: method.to_owned(), positional, named: serde_json::Map::new() })
}

fn text(method: &str, positional: Value) -> String {
    asked(method, positional).expect("a result").as_str().expect("text").to_owned()
}

#[allow(clippy::needless_pass_by_value)] // so that calls read like the code's
fn class(method: &str, positional: Value) -> String {
    asked(method, positional.clone()).expect_err(&positional.to_string()).class
}

/// What a naive reader of decimals makes of minor units.
fn decimal(minor: i128, places: usize) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// `numerator / denominator`, rounded as the word says.
fn divided(numerator: i128, denominator: i128, rounding: &str) -> i128 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let away = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    let half = (2 * rest.abs()).cmp(&denominator.abs());
    let goes_up = match rounding {
        "up" => rest != 0,
        "half_up" => half.is_ge(),
        "half_down" => half.is_gt(),
        "half_even" => half.is_gt() || (half.is_eq() && whole % 2 != 0),
        _ => false,
    };
    if goes_up { whole + away } else { whole }
}

const WORDS: [&str; 5] = ["half_up", "half_even", "half_down", "up", "down"];

proptest! {
    #[test]
    fn sums_and_differences_are_those_of_whole_numbers(one in any::<i64>(), other in any::<i64>(), places in 0_usize..12) {
        let (a, b) = (decimal(one.into(), places), decimal(other.into(), places));
        let (one, other) = (i128::from(one), i128::from(other));
        prop_assert_eq!(text("add", json!([a, b])), decimal(one + other, places));
        prop_assert_eq!(text("subtract", json!([a, b])), decimal(one - other, places));
        prop_assert_eq!(asked("compare", json!([a, b])), Ok(json!(one.cmp(&other) as i8)));
    }

    #[test]
    fn digits_after_the_point_may_differ(one in any::<i64>(), other in any::<i32>(), few in 0_usize..4, more in 0_usize..5) {
        let (a, b) = (decimal(one.into(), few), decimal(other.into(), few + more));
        let scaled = i128::from(one) * 10_i128.pow(u32::try_from(more).expect("small"));
        prop_assert_eq!(text("add", json!([a, b])), decimal(scaled + i128::from(other), few + more));
        prop_assert_eq!(asked("compare", json!([a, b])), Ok(json!(scaled.cmp(&other.into()) as i8)));
    }

    #[test]
    fn products_are_exact(amount in any::<i64>(), by in any::<i32>(), places in 0_usize..6, scale in 0_usize..6) {
        let product = i128::from(amount) * i128::from(by);
        let (a, b) = (decimal(amount.into(), places), decimal(by.into(), scale));
        prop_assert_eq!(text("multiply", json!([a, b])), decimal(product, places + scale));
        prop_assert_eq!(text("multiply", json!([a, by])), decimal(i128::from(amount) * i128::from(by), places));
    }

    #[test]
    fn quotients_are_rounded_once(amount in any::<i64>(), by in any::<i32>(), places in 0_u32..6, word in 0_usize..5) {
        let given = json!([decimal(amount.into(), 2), decimal(by.into(), 2), places, WORDS[word]]);
        if by == 0 {
            prop_assert_eq!(class("divide", given), "ZeroDivisionError");
        } else {
            let wanted = divided(i128::from(amount) * 10_i128.pow(places), by.into(), WORDS[word]);
            prop_assert_eq!(text("divide", given), decimal(wanted, places as usize));
        }
    }

    #[test]
    fn rounding_is_a_division_by_a_power_of_ten(amount in any::<i64>(), places in 0_u32..5, fewer in 0_u32..5, word in 0_usize..5) {
        let given = json!([decimal(amount.into(), (places + fewer) as usize), places, WORDS[word]]);
        let wanted = divided(amount.into(), 10_i128.pow(fewer), WORDS[word]);
        prop_assert_eq!(text("round", given), decimal(wanted, places as usize));
    }

    #[test]
    fn parts_add_up(amount in any::<i64>(), parts in 1_i64..200, places in 0_usize..4) {
        let whole = decimal(amount.into(), places);
        let split = asked("split", json!([whole, parts])).expect("parts");
        prop_assert_eq!(split.as_array().map(Vec::len), usize::try_from(parts).ok());
        let ends = json!([split[0], split[split.as_array().map_or(0, Vec::len) - 1]]);
        let apart = asked("minor", json!([text("subtract", ends), places])).expect("units");
        prop_assert!((-1..=1).contains(&apart.as_i64().expect("an int")));
        prop_assert_eq!(text("add", split), whole);
    }

    #[test]
    fn minor_units_and_back(minor in -MAX_INTEGER..=MAX_INTEGER, places in 0_i64..=MAX_PLACES) {
        let written = text("decimal", json!([minor, places]));
        prop_assert_eq!(&written, &decimal(minor.into(), usize::try_from(places).expect("small")));
        prop_assert_eq!(asked("minor", json!([written, places])), Ok(json!(minor)));
    }

    #[test]
    fn formatting_only_puts_separators_in(minor in any::<i64>(), places in 0_usize..4) {
        let amount = decimal(minor.into(), places);
        prop_assert_eq!(text("format", json!([amount, " ", ","])).replace(' ', "").replace(',', "."), amount);
    }

    #[test]
    fn whatever_is_given_is_answered_or_refused(method in 0_usize..METHODS.len(), one in ".{0,70}", other in "[-0-9.]{0,70}", n in any::<i64>()) {
        for given in [json!([one, other]), json!([other, n]), json!([other, other, n, "up"]), json!([n, n]), json!([other, 3, "up"])] {
            let _ = asked(METHODS[method], given);
        }
    }
}

#[test]
fn amounts_are_text_in_one_form() {
    for amount in
        ["", "-", ".", "1.", ".5", "1,5", "--1", "+1", "1e3", " 1", "1 ", "1.-5", "1_000", "0x1", "NaN", "١", "1.5.2"]
    {
        assert_eq!(class("add", json!([amount])), "ValueError", "{amount}");
    }
    for amount in [json!(1), json!(1.5), json!(true), json!(null), json!(["1"])] {
        assert_eq!(class("add", json!([amount])), "TypeError", "{amount}");
    }
    assert_eq!(text("add", json!(["-0.00", "007.5"])), "7.50");
    assert_eq!(text("subtract", json!(["0.10", "0.10"])), "0.00");
}

#[test]
fn what_cannot_be_exact_or_is_too_much_is_refused() {
    assert_eq!(class("round", json!(["1.005", 2, "exact"])), "ValueError");
    assert_eq!(text("round", json!(["1.5", 2, "exact"])), "1.50");
    assert_eq!(class("round", json!(["1.005", 2, "nearest"])), "ValueError");
    assert_eq!(class("round", json!(["1.005", 2])), "TypeError");
    assert_eq!(class("minor", json!(["1.005"])), "ValueError");
    assert_eq!(class("minor", json!(["90071992547409.92"])), "OverflowError");
    assert_eq!(class("add", json!(["9".repeat(61)])), "OverflowError");
    assert_eq!(class("multiply", json!(["9".repeat(40), "9".repeat(40)])), "OverflowError");
    assert_eq!(class("multiply", json!(["1.00", 0.25])), "TypeError");
    assert_eq!(class("split", json!(["1.00", 0])), "ValueError");
    assert_eq!(class("split", json!(["1.00", 10_001])), "ValueError");
    assert_eq!(class("round", json!(["1", 21, "up"])), "ValueError");
    assert_eq!(class("format", json!(["1", "abc"])), "ValueError");
    assert_eq!(class("compare", json!(["1", "2", "3"])), "TypeError");
}

#[test]
fn thousands_are_grouped() {
    for (amount, formatted) in
        [("0.5", "0.5"), ("123", "123"), ("1234", "1 234"), ("-123456.78", "-123 456.78"), ("1234567", "1 234 567")]
    {
        assert_eq!(text("format", json!([amount])), formatted);
    }
    assert_eq!(text("format", json!(["1234.50", ".", ","])), "1.234,50");
}
