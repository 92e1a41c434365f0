//! Conversations made up for the benches: Norwegian and English, names, amounts, code blocks. The same number
//! always makes the same message.

/// Stands in every tenth message or so.
pub const COMMON: &str = "faktura";
/// Stands in every tenth message of the first hundred thousand, and in none after.
pub const OLD: &str = "havbris";
/// Stands in one message of a hundred thousand.
pub const RARE: &str = "kvekar";
/// Stands in none.
pub const ABSENT: &str = "quokka";
/// Two letters that stand in many.
pub const TWO_LETTERS: &str = "æø";

const WORDS: [&str; 64] = [
    "the",
    "invoice",
    "from",
    "Nordlys",
    "is",
    "paid",
    "twice",
    "and",
    "should",
    "stand",
    "as",
    "a",
    "credit",
    "until",
    "next",
    "month",
    "vi",
    "har",
    "ikke",
    "mottatt",
    "kreditnota",
    "på",
    "varene",
    "som",
    "ble",
    "sendt",
    "tilbake",
    "i",
    "forrige",
    "uke",
    "bilaget",
    "mangler",
    "mva",
    "kode",
    "customer",
    "ledger",
    "balance",
    "does",
    "not",
    "match",
    "the",
    "bank",
    "statement",
    "kan",
    "du",
    "sjekke",
    "dette",
    "før",
    "lunsj",
    "avstemming",
    "av",
    "konto",
    "reconcile",
    "payment",
    "supplier",
    "reminder",
    "sent",
    "yesterday",
    "purregebyr",
    "overskuddet",
    "årsoppgjør",
    "lønn",
    "payroll",
    "booking",
];
const NAMES: [&str; 16] = [
    "Kari", "Ola", "Ingrid", "Bjørn", "Åse", "Sigrid", "Tomasz", "Fatima", "Liam", "Nora", "Øyvind", "Anne", "Per",
    "Mette", "Hakon", "Eva",
];
const CODE: [&str; 3] = [
    "```sql\nselect number, amount from invoices where customer = 'Nordlys' and paid is null\n```",
    "```python\ntotal = sum(line['amount'] for line in lines if line['account'] == 1500)\nprint(total)\n```",
    "```json\n{\"account\": 2400, \"amount\": \"-1299.00\", \"text\": \"Innbetaling\"}\n```",
];

/// A number that looks random, from one that does not.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick<'a>(words: &[&'a str], at: u64) -> &'a str {
    words[usize::try_from(at % words.len() as u64).unwrap_or(0)]
}

/// The text of a message.
pub fn message(number: u64) -> String {
    let mut state = mixed(number);
    let mut next = || {
        state = mixed(state);
        state
    };
    let mut text = format!("{}: ", pick(&NAMES, next()));
    for _ in 0..8 + next() % 24 {
        text.push_str(pick(&WORDS, next()));
        text.push(' ');
    }
    if next() % 10 == 0 {
        text.push_str(COMMON);
        text.push_str(" #");
        text.push_str(&(next() % 100_000).to_string());
    }
    if next() % 12 == 0 {
        text.push('\n');
        text.push_str(pick(&CODE, next()));
    }
    if number < 100_000 && number % 10 == 3 {
        text.push(' ');
        text.push_str(OLD);
    }
    if number % 100_000 == 77_777 {
        text.push_str(" — ");
        text.push_str(RARE);
    }
    text
}

/// The subject of a thread.
pub fn subject(number: u64) -> String {
    let at = mixed(number ^ 0x5eed);
    format!("{} {} {}", pick(&NAMES, at), pick(&WORDS, at >> 8), at % 10_000)
}
