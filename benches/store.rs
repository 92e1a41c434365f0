//! What the store makes of SQLite: reads, searches and durable posts on a generated company, each figure
//! beside one from the same run that nothing could beat.
//!
//! `cargo bench --features serve --bench store -- [MESSAGES]` (100,000 without a number; 1,000,000 takes minutes)

#![allow(clippy::cast_precision_loss)] // figures for people

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use countersign::{
    api::{Id, Time, UserKind},
    config::server::Supersede,
    serve::{
        model::{Commit, MessageDraft, Post, ThreadDraft, ThreadTarget, Viewer, Work, token_hash},
        store::{
            Role, Store,
            query::{Lookup, MessageListing, MessagePage, Paging, ThreadQuery, TokenDraft, UserDraft},
        },
    },
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Messages in a thread, on average.
const A_THREAD: u64 = 100;
/// Requests at one time, where there are several.
const AT_ONCE: usize = 16;
const ROUND: Duration = Duration::from_secs(3);

fn main() -> Result<(), Failure> {
    let messages = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(100_000);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(messages))
}

async fn measure(messages: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.db");
    let store = Store::open(&path.to_string_lossy(), Role::Server)?;
    let company = Company::found(store, messages / A_THREAD).await?;

    let begun = Instant::now();
    company.fill(messages).await?;
    let took = begun.elapsed();
    let indexing = Instant::now();
    company.store.tend().await?;
    println!("{messages} messages in {} threads", company.threads.len());
    println!("  filled, 256 at a time       {:>10.0} posts/s", messages as f64 / took.as_secs_f64());
    println!("  all of it indexed after     {:>10.1} s more", indexing.elapsed().as_secs_f64());
    println!("  size of the database        {:>10.0} MB", size(&path) as f64 / 1e6);

    println!("{:<30}{:>10}{:>10}{:>10}{:>12}", "", "p50 ms", "p99 ms", "1 at once", "16 at once");
    for (name, read) in reads() {
        let alone = load(&company, read, 1).await?;
        let many = load(&company, read, AT_ONCE).await?;
        println!(
            "  {name:<28}{:>10.2}{:>10.2}{:>8.0}/s{:>10.0}/s",
            alone.quantile(50),
            alone.quantile(99),
            alone.rate(),
            many.rate()
        );
    }

    let bare = bare_group_commit(folder.path())?;
    let posts = load(&company, Read::Post, AT_ONCE).await?;
    println!("durable, {AT_ONCE} at a time:");
    println!("  a bare row, {AT_ONCE} a commit     {bare:>10.0} rows/s");
    println!(
        "  a post                      {:>10.0} posts/s, {:.0} % of it",
        posts.rate(),
        100.0 * posts.rate() / bare
    );
    println!("  p50 {:.2} ms, p99 {:.2} ms", posts.quantile(50), posts.quantile(99));
    company.store.close().await;
    Ok(())
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Read {
    List(u64),
    Newest,
    Middle,
    Search(&'static str),
    Post,
}

fn reads() -> [(&'static str, Read); 11] {
    [
        ("list, page 1", Read::List(1)),
        ("list, page 50 or the last", Read::List(50)),
        ("thread, newest 100", Read::Newest),
        ("100 from the middle", Read::Middle),
        ("search: common word", Read::Search("invoice")),
        ("search: word in some threads", Read::Search("Kråkstad")),
        ("search: rare word", Read::Search("needle")),
        ("search: absent word", Read::Search("zeppelin")),
        ("search: two common letters", Read::Search("er")),
        ("search: two rare letters", Read::Search("zq")),
        ("search: two absent letters", Read::Search("ж7")),
    ]
}

/// A client account with a person in it, and the ids of its threads.
struct Company {
    store: Store,
    viewer: Viewer,
    threads: Vec<Id>,
}

impl Company {
    async fn found(store: Store, threads: u64) -> Result<Self, Failure> {
        let now = Time::from_microseconds(0);
        let user = UserDraft { login: "ada".into(), name: "Ada".into(), kind: UserKind::Human };
        let token = TokenDraft { hash: token_hash("ada"), scopes: None, expires_at: None };
        let made = store.init("Acme", user, token, now).await?;
        let viewer = store.viewer(token_hash("ada"), now).await?.ok_or("no viewer")?;
        let mut ids = Vec::new();
        for number in 0..threads.max(1) {
            let draft = ThreadDraft {
                client_account_id: made.account_id,
                subject: Some(format!("{} {number}", sentence(number, 3))),
                ..ThreadDraft::default()
            };
            let answer = store.commit(post(&viewer, ThreadTarget::New(draft), None, now)).await?;
            ids.push(serde_json::from_str::<serde_json::Value>(&answer.body)?["id"].as_i64().ok_or("no id")?);
        }
        Ok(Self { store, viewer, threads: ids })
    }

    /// Posts so many messages, in threads of unequal length, many at a time.
    async fn fill(&self, messages: u64) -> Result<(), Failure> {
        let mut running = tokio::task::JoinSet::new();
        for number in 0..messages {
            if running.len() == 256 {
                running.join_next().await.ok_or("nothing runs")???;
            }
            let (store, commit) = (self.store.clone(), self.say(number, messages));
            running.spawn(async move { store.commit(commit).await });
        }
        while let Some(done) = running.join_next().await {
            done??;
        }
        Ok(())
    }

    fn say(&self, number: u64, of: u64) -> Commit {
        let random = scramble(number);
        let place = usize::try_from(random % self.threads.len() as u64).unwrap_or_default();
        let mut text = sentence(random, 12 + random % 40);
        if random.is_multiple_of(20) {
            text.push_str(
                "\n```rust\nfn total(rows: &[Row]) -> i64 {\n    rows.iter().map(|row| row.amount).sum()\n}\n```\n",
            );
        }
        // A village that only every hundredth thread talks about, but that one often.
        if place % 100 == 7 && random.is_multiple_of(3) {
            text.push_str(" i Kråkstad");
        }
        if number == of / 3 {
            text.push_str(" a needle, zq");
        }
        let now = Time::from_microseconds(i64::try_from(number).unwrap_or_default());
        post(&self.viewer, ThreadTarget::Existing(self.threads[place]), Some(text), now)
    }

    async fn ask(&self, read: Read, number: u64) -> Result<usize, Failure> {
        let now = Time::from_microseconds(i64::MAX);
        let place = usize::try_from(scramble(number) % self.threads.len() as u64).unwrap_or_default();
        let thread = self.threads[place];
        let newest = MessagePage::Page(Paging::default());
        Ok(match read {
            Read::List(page) => {
                let page = page.min((self.threads.len() as u64).div_ceil(100));
                let query = ThreadQuery { paging: Paging { page, per_page: 100 }, ..ThreadQuery::default() };
                self.store.threads(&self.viewer, &query, now).await?.body.len()
            }
            Read::Newest => size_of_page(&self.store.thread(&self.viewer, thread, newest, now).await?),
            Read::Middle => {
                let middle = MessagePage::Page(Paging { page: 6, per_page: 10 });
                size_of_page(&self.store.messages(&self.viewer, thread, middle, now).await?)
            }
            Read::Search(text) => {
                let query = ThreadQuery { free_text: Some(text.into()), ..ThreadQuery::default() };
                self.store.threads(&self.viewer, &query, now).await?.body.len()
            }
            Read::Post => self.store.commit(self.say(number, u64::MAX)).await?.body.len(),
        })
    }
}

fn size_of_page(found: &Lookup<MessageListing>) -> usize {
    if let Lookup::Found(listing) = found { listing.body.to_text().len() } else { 0 }
}

fn post(viewer: &Viewer, thread: ThreadTarget, text: Option<String>, now: Time) -> Commit {
    let post = Post {
        thread,
        author_id: viewer.user_id,
        message: text.map(|raw| MessageDraft { raw, runs: Vec::new() }),
        decision: None,
        supersede: Supersede::Overlap,
    };
    Commit { now, actor: None, expect: Vec::new(), work: Work::Post(post), key: None, audit: Vec::new() }
}

/// How long each of many requests took.
struct Times {
    sorted: Vec<Duration>,
    whole: Duration,
}

impl Times {
    /// In milliseconds.
    fn quantile(&self, percent: usize) -> f64 {
        let place = (self.sorted.len() * percent / 100).min(self.sorted.len().saturating_sub(1));
        self.sorted.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }

    fn rate(&self) -> f64 {
        self.sorted.len() as f64 / self.whole.as_secs_f64()
    }
}

/// Asks for a while, so many at a time.
async fn load(company: &Company, read: Read, at_once: usize) -> Result<Times, Failure> {
    let next = Arc::new(std::sync::atomic::AtomicU64::new(1));
    let begun = Instant::now();
    let ask = async || -> Result<Vec<Duration>, Failure> {
        let mut times = Vec::new();
        while begun.elapsed() < ROUND {
            let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let start = Instant::now();
            company.ask(read, number).await?;
            times.push(start.elapsed());
        }
        Ok(times)
    };
    let all = futures_util::future::try_join_all((0..at_once).map(|_| ask())).await?;
    let mut sorted: Vec<Duration> = all.into_iter().flatten().collect();
    sorted.sort_unstable();
    Ok(Times { sorted, whole: begun.elapsed() })
}

/// Rows a second that SQLite itself writes durably, sixteen a commit.
fn bare_group_commit(folder: &Path) -> Result<f64, Failure> {
    let db = rusqlite::Connection::open(folder.join("bare.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, text)",
    )?;
    let text = sentence(1, 30);
    let (begun, mut rows) = (Instant::now(), 0);
    while begun.elapsed() < ROUND {
        db.execute_batch("BEGIN IMMEDIATE")?;
        for _ in 0..AT_ONCE {
            db.prepare_cached("INSERT INTO rows (text) VALUES (?1)")?.execute([&text])?;
            rows += 1;
        }
        db.execute_batch("COMMIT")?;
    }
    Ok(f64::from(rows) / begun.elapsed().as_secs_f64())
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |file| file.len())
}

/// A number that looks random and is the same in every run.
fn scramble(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) >> 1
}

/// Words in a row, Norwegian and English as they come in such a company.
fn sentence(seed: u64, words: u64) -> String {
    const WORDS: [&str; 64] = [
        "invoice",
        "faktura",
        "overdue",
        "forfalt",
        "please",
        "vennligst",
        "paid",
        "betalt",
        "the",
        "den",
        "of",
        "av",
        "and",
        "og",
        "account",
        "konto",
        "amount",
        "beløp",
        "customer",
        "kunde",
        "send",
        "reminder",
        "purring",
        "before",
        "før",
        "Friday",
        "fredag",
        "VAT",
        "mva",
        "ledger",
        "hovedbok",
        "posting",
        "bilag",
        "is",
        "er",
        "not",
        "ikke",
        "Ola",
        "Kari",
        "Nordmann",
        "Ærlig",
        "Øst",
        "Ålesund",
        "bank",
        "transfer",
        "overføring",
        "credit",
        "kreditnota",
        "note",
        "year",
        "årsregnskap",
        "report",
        "rapport",
        "check",
        "sjekk",
        "this",
        "dette",
        "month",
        "måned",
        "again",
        "igjen",
        "thanks",
        "takk",
        "tomorrow",
    ];
    let mut text = String::new();
    for place in 0..words {
        let random = scramble(seed.wrapping_mul(131).wrapping_add(place));
        if place > 0 {
            text.push(' ');
        }
        if random.is_multiple_of(11) {
            text.push_str(&(random % 100_000).to_string());
        } else {
            text.push_str(WORDS[usize::try_from(random % 64).unwrap_or_default()]);
        }
    }
    text
}
