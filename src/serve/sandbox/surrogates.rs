//! Finds escapes of half a character (`"\ud800"`) in an action's code. Python keeps them; here text is Unicode, and
//! the parser would put U+FFFD in their place without a word.

/// The line, from 1, of the first string in which half a character is escaped.
pub(super) fn first_line(code: &str) -> Option<u32> {
    let mut at = 0;
    while let Some(found) = code[at..].find(['#', '\'', '"']) {
        let start = at + found;
        at = if code[start..].starts_with('#') {
            code[start..].find('\n').map_or(code.len(), |line| start + line)
        } else {
            let end = end_of_string(code, start);
            if reads_escapes(&code[..start])
                && let Some(escape) = escaped(&code[start..end])
            {
                let lines = code[..start + escape].matches('\n').count() + 1;
                return Some(u32::try_from(lines).unwrap_or(u32::MAX));
            }
            end
        };
    }
    None
}

/// Whether what stands before a quote leaves `\u` an escape: neither raw nor bytes.
fn reads_escapes(before: &str) -> bool {
    let prefix = before.bytes().rev().take_while(u8::is_ascii_alphabetic);
    !prefix.map(|letter| letter.to_ascii_lowercase()).any(|letter| matches!(letter, b'r' | b'b'))
}

/// Where the string whose opening quote stands at `start` ends; one that is never closed ends with the code.
fn end_of_string(code: &str, start: usize) -> usize {
    let quote = &code[start..=start];
    let triple = quote.repeat(3);
    let delimiter = if code[start..].starts_with(&triple) { &triple } else { quote };
    let body = start + delimiter.len();
    let mut skip = false;
    for (offset, byte) in code[body..].bytes().enumerate() {
        if skip {
            skip = false;
        } else if byte == b'\\' {
            skip = true;
        } else if byte == b'\n' && delimiter.len() == 1 {
            return body + offset;
        } else if code.as_bytes()[body + offset..].starts_with(delimiter.as_bytes()) {
            return body + offset + delimiter.len();
        }
    }
    code.len()
}

/// Where `\uD800` to `\uDFFF`, or the same with `\U`, stands in a string.
fn escaped(string: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = string[at..].find('\\') {
        let backslash = at + found;
        let rest = &string[backslash + 1..];
        let digits = match rest.bytes().next()? {
            b'u' => rest.get(1..5),
            b'U' => rest.get(1..9),
            _ => None,
        };
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if number.is_some_and(|number| (0xD800..=0xDFFF).contains(&number)) {
            return Some(backslash);
        }
        // Past what is escaped, which may be a backslash itself.
        at = backslash + 1 + rest.chars().next().map_or(0, char::len_utf8);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_is_found_where_it_is_an_escape() {
        for (code, line) in [
            (r#"x = "\ud800""#, Some(1)),
            ("x = 1\ny = '\\uDFFF'", Some(2)),
            ("x = '''\n\n\\U0000d9aB'''", Some(3)),
            (r#"f"{x}\udc00""#, Some(1)),
            (r#"x = "\\\ud800""#, Some(1)),
            (r"x = '\'\ud800'", Some(1)),
            ("x = 'a' # it's\ny = '\\ud800'", Some(2)),
            ("x = 'open\ny = '\\ud800'", Some(2)),
            (r#"x = "\\ud800""#, None),
            (r#"x = r"\ud800" + Rb"\udfff" + b'\ud800'"#, None),
            (r#"x = "\ud7ff\ue000\U0001f600\ud8""#, None),
            ("# '\\ud800'", None),
            ("x = '' + '''''' # \\ud800", None),
            ("x = 'æ\\", None),
            ("\\ud800", None),
        ] {
            assert_eq!(first_line(code), line, "{code}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_code_is_too_strange(code in r#"[rb'"\\\n#uUd8æ0]{0,60}"#) {
            let _ = first_line(&code);
        }
    }
}
