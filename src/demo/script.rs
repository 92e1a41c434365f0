//! The demo's conversations, as the files in `assets/demo/threads/` have them: a head in TOML between `+++`,
//! then the posts, each under a line `=== LOGIN AGE` that says who posted how long ago.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{DemoError, company::parse_toml};
use crate::config::duration;

const FILES: [(&str, &str); 8] = [
    ("threads/credit-2041.md", include_str!("../../assets/demo/threads/credit-2041.md")),
    ("threads/bank-reconciliation.md", include_str!("../../assets/demo/threads/bank-reconciliation.md")),
    ("threads/vat-return.md", include_str!("../../assets/demo/threads/vat-return.md")),
    ("threads/write-off-2019.md", include_str!("../../assets/demo/threads/write-off-2019.md")),
    ("threads/payroll-october.md", include_str!("../../assets/demo/threads/payroll-october.md")),
    ("threads/supplier-twice.md", include_str!("../../assets/demo/threads/supplier-twice.md")),
    ("threads/crm-export.md", include_str!("../../assets/demo/threads/crm-export.md")),
    ("threads/inventory.md", include_str!("../../assets/demo/threads/inventory.md")),
];

/// One conversation.
#[derive(Clone, Debug)]
pub struct Script {
    pub file: &'static str,
    pub head: Head,
    /// Oldest first; at least one.
    pub posts: Vec<Post>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The client account's key.
    pub account: String,
    pub subject: String,
    /// The record that it is about: its `type`, and fields that only it has.
    pub about: Option<Map<String, Value>>,
    /// Logins of those who take part before they post.
    pub participants: Vec<String>,
    /// How many of the newest posts the signed-in user has not read.
    #[serde(default)]
    pub unread: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub login: String,
    /// How long before the demo's start.
    pub age: Duration,
    pub text: String,
}

impl Script {
    pub fn read_all() -> Result<Vec<Self>, DemoError> {
        FILES.iter().map(|(file, text)| Self::read(file, text)).collect()
    }

    fn read(file: &'static str, text: &str) -> Result<Self, DemoError> {
        let wrong = |what: &str| DemoError::Data { file, what: what.to_owned() };
        let rest = text.strip_prefix("+++\n").ok_or_else(|| wrong("it has no head"))?;
        let (head, body) = rest.split_once("+++\n").ok_or_else(|| wrong("its head has no end"))?;
        let head = parse_toml(file, head)?;
        let body = format!("\n{body}");
        let posts = body.split("\n=== ").skip(1).map(|post| {
            let (by, text) = post.split_once('\n').ok_or_else(|| wrong("a post has no text"))?;
            let (login, age) = by.split_once(' ').ok_or_else(|| wrong("a post has no age"))?;
            let age = duration::parse(age).map_err(|what| wrong(&what))?;
            Ok(Post { login: login.to_owned(), age, text: text.trim_end().to_owned() })
        });
        let posts = posts.collect::<Result<Vec<_>, DemoError>>()?;
        if posts.is_empty() {
            return Err(wrong("it has no post"));
        }
        if posts.windows(2).any(|pair| pair[0].age <= pair[1].age) {
            return Err(wrong("its posts are not in the order of time"));
        }
        Ok(Self { file, head, posts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::company::Company;

    #[test]
    fn the_company_is_as_large_as_promised() {
        let company = Company::read().expect("the company");
        assert_eq!(company.accounts.len(), 3);
        assert_eq!((company.users.len(), company.users.iter().filter(|user| user.bot).count()), (6, 1));
        let records: Vec<_> =
            company.accounts.iter().flat_map(|account| account.records().expect("its records")).collect();
        let invoices = records.iter().filter(|record| record.record_type == "invoice").count();
        assert_eq!((invoices, records.len()), (30, 42));
        let scripts = Script::read_all().expect("the threads");
        assert_eq!(scripts.len(), 8);
        let text: String = scripts.iter().flat_map(|script| &script.posts).map(|post| post.text.as_str()).collect();
        for language in ["```python\n", "```sql\n", "```json\n"] {
            assert!(text.contains(language), "{language}");
        }
        for (sign, count) in [("```codeaction", 4), ("```approvecodeaction", 1), ("```rejectcodeaction", 1)] {
            assert_eq!(text.matches(sign).count(), count, "{sign}");
        }
    }

    #[test]
    fn a_broken_script_is_named() {
        for (text, what) in [
            ("=== kari 1h\nHi\n", "no head"),
            ("+++\naccount = \"a\"\n", "no end"),
            ("+++\naccount = \"a\"\nsubject = \"s\"\nparticipants = []\n+++\n", "no post"),
            ("+++\naccount = \"a\"\nsubject = \"s\"\nparticipants = []\n+++\n=== kari\nHi\n", "no age"),
            (
                "+++\naccount = \"a\"\nsubject = \"s\"\nparticipants = []\n+++\n=== a 1h\nHi\n=== b 2h\nHo\n",
                "order of time",
            ),
        ] {
            let error = Script::read("threads/x.md", text).expect_err(what).to_string();
            assert!(error.contains(what) && error.contains("threads/x.md"), "{error}");
        }
    }
}
