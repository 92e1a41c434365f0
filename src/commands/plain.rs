//! `countersign --plain`: the client line by line, for screen readers and pipes. A prompt, a word, an answer in
//! the order in which it is to be read: no boxes, no colours, nothing moves. The words are those of the
//! commands, and do what they do.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Parser;

use super::{Failure, Output, decide, patience::patiently, target, words};
use crate::{
    api::Id,
    cli::{ActionArgs, ApproveArgs, Cli, Command, InviteArgs, NewArgs, RejectArgs, SendArgs, ThreadsArgs},
    net::{Client, MessageWindow},
    safe_text::SafeText,
};

/// Messages, and threads, that are read at a time.
const MESSAGES: u32 = 20;
const THREADS: u32 = 20;

const HELP: &str = "\
Words, each followed by Enter:
threads: lists the threads; options as for the command, such as --unread or --awaiting-approval.
search TEXT: lists the threads with that text. more: goes on with the list, twenty threads at a time.
open ID: opens a thread and reads its newest messages. The words below are about the open thread.
read: reads them again. older: reads the messages before those.
people: says who takes part. invite NAME: adds somebody.
send TEXT: posts a message of one line. write: takes a message of several lines, up to a line with a full stop alone.
review: reads what an action would change, from beginning to end. It decides nothing.
approve: reads it again and asks; only the word approve, typed then, approves exactly what was read.
reject REASON: rejects it.
Where several actions wait, all three take --message and its number, such as review --message 105.
new SUBJECT: starts a thread and opens it.
quit: leaves. So does the end of the input, and nothing is decided by it.
Any other command of the program works as well, such as wait 12 or export 12.";

/// What the session knows: which thread is open, and how far back it was read.
#[derive(Default)]
struct Session {
    thread: Option<Id>,
    oldest: Option<Id>,
    /// What `more` goes on with: the page after what was listed last.
    next: Option<ThreadsArgs>,
}

/// What a line asked for.
enum Next {
    GoOn,
    Leave,
}

/// Reads lines until the input ends or somebody leaves.
///
/// # Errors
/// Input or output fails; what a single word comes to is said and goes no further.
pub async fn run(client: &Client) -> Result<(), Failure> {
    let mut session = Session::default();
    say("Countersign, line by line. help says what there is, quit leaves.")?;
    report(session.greet(client).await)?;
    loop {
        let Some(line) = ask(&session.prompt())? else { return Ok(()) };
        match session.heed(client, line.trim()).await {
            Ok(Next::Leave) => return Ok(()),
            Ok(Next::GoOn) => {}
            Err(failure) if failure.is_closed_pipe() => return Err(failure),
            Err(failure) => report(Err(failure))?,
        }
    }
}

impl Session {
    /// Who one is, and the threads.
    async fn greet(&mut self, client: &Client) -> Result<(), Failure> {
        if let Ok(me) = client.me().await {
            say(&format!("You are {}.", me.name))?;
        }
        self.list(client, ThreadsArgs::default()).await
    }

    /// As many threads as one listens to, and how to get more.
    async fn list(&mut self, client: &Client, arguments: ThreadsArgs) -> Result<(), Failure> {
        let arguments = ThreadsArgs { per_page: arguments.per_page.or(Some(THREADS)), ..arguments };
        let page = super::threads::page(&arguments, client).await?;
        for thread in &page.items {
            say(&super::threads::line(thread))?;
        }
        self.next = page.has_next.then(|| ThreadsArgs { page: Some(arguments.page.unwrap_or(1) + 1), ..arguments });
        match (&self.next, page.items.is_empty()) {
            (Some(_), _) => say("There are more threads: more goes on."),
            (None, true) => say("No thread matches."),
            (None, false) => Ok(()),
        }
    }

    async fn more(&mut self, client: &Client) -> Result<(), Failure> {
        match self.next.take() {
            Some(arguments) => self.list(client, arguments).await,
            None => say("There are no more threads in the list."),
        }
    }

    fn prompt(&self) -> String {
        self.thread.map_or_else(|| "> ".to_owned(), |thread| format!("thread {thread}> "))
    }

    async fn heed(&mut self, client: &Client, line: &str) -> Result<Next, Failure> {
        let (word, rest) = first_word(line);
        match word {
            "" => {}
            "help" | "?" => say(HELP)?,
            "quit" | "exit" | "q" => return Ok(Next::Leave),
            "search" => {
                let free_text = Some(rest.to_owned()).filter(|text| !text.is_empty());
                self.list(client, ThreadsArgs { free_text, ..ThreadsArgs::default() }).await?;
            }
            "more" => self.more(client).await?,
            "open" | "show" if !rest.is_empty() => self.open(client, number(rest)?).await?,
            "open" | "show" | "read" => {
                let thread = self.open_thread()?;
                self.open(client, thread).await?;
            }
            "older" => self.older(client).await?,
            "people" => people(client, self.open_thread()?).await?,
            "invite" => {
                let user = rest.to_owned();
                carry_out(client, Command::Invite(InviteArgs { thread: self.open_thread()?, user })).await?;
            }
            "send" | "write" => self.write(client, word, rest).await?,
            "new" => self.start(client, rest).await?,
            "review" => decide::read_aloud(&self.action(rest)?.0, client).await?,
            "approve" | "reject" => self.decide(client, word, rest).await?,
            _ => match parsed(line)? {
                Command::Threads(arguments) => self.list(client, arguments).await?,
                command => carry_out(client, command).await?,
            },
        }
        Ok(Next::GoOn)
    }

    fn open_thread(&self) -> Result<Id, Failure> {
        self.thread.ok_or_else(|| Failure::Usage("no thread is open: open one with open and its number".to_owned()))
    }

    /// The action in the open thread that is meant, by name where options say which; and what else was said.
    fn action<'a>(&self, said: &'a str) -> Result<(ActionArgs, &'a str), Failure> {
        let mut action = ActionArgs { thread: self.open_thread()?, message: None, block: None };
        let mut rest = said;
        loop {
            let (option, value) = first_word(rest);
            let (value, after) = first_word(value);
            match option {
                "--message" | "--block" if value.is_empty() => return Err(lacks_number(option)),
                "--message" => action.message = Some(number(value)?),
                "--block" => action.block = Some(value.parse().map_err(|_| no_number(value))?),
                _ => return Ok((action, rest)),
            }
            rest = after;
        }
    }

    async fn open(&mut self, client: &Client, thread: Id) -> Result<(), Failure> {
        self.show(client, thread, None).await?;
        self.thread = Some(thread);
        Ok(())
    }

    async fn older(&mut self, client: &Client) -> Result<(), Failure> {
        let thread = self.open_thread()?;
        self.show(client, thread, self.oldest).await
    }

    async fn show(&mut self, client: &Client, thread: Id, before: Option<Id>) -> Result<(), Failure> {
        let window = MessageWindow { before, limit: before.and(Some(MESSAGES)), ..MessageWindow::default() };
        let window = if before.is_none() { MessageWindow { per_page: Some(MESSAGES), ..window } } else { window };
        let mut detail = patiently(async || client.thread(thread, &window).await).await?;
        super::show::hide_code(&mut detail);
        if before.is_some() && detail.messages.is_empty() {
            return say("There is nothing older.");
        }
        self.oldest = detail.messages.first().map(|message| message.id);
        for line in super::show::lines(&detail) {
            say(&line)?;
        }
        if detail_waits(&detail) { say_what_waits(client, thread).await } else { Ok(()) }
    }

    async fn write(&mut self, client: &Client, word: &str, rest: &str) -> Result<(), Failure> {
        let thread = self.open_thread()?;
        let text = if word == "send" && !rest.is_empty() { rest.to_owned() } else { lines()? };
        if text.trim().is_empty() {
            return say("Nothing was sent.");
        }
        if text.trim() == "-" {
            return Err(Failure::Usage("a lone - is no message here".to_owned()));
        }
        carry_out(client, Command::Send(SendArgs { thread, text: Some(text), idempotency_key: None })).await
    }

    async fn start(&mut self, client: &Client, subject: &str) -> Result<(), Failure> {
        if subject.is_empty() {
            return Err(Failure::Usage("say what the thread is about: new SUBJECT".to_owned()));
        }
        if subject.starts_with("--") {
            return carry_out(client, parsed(&format!("new {subject}"))?).await;
        }
        let new = NewArgs { subject: Some(subject.to_owned()), ..NewArgs::default() };
        let thread = super::new::create(new, client).await?;
        say(&format!("Thread {} is open.", thread.thread.id))?;
        (self.thread, self.oldest) = (Some(thread.thread.id), None);
        Ok(())
    }

    /// On the open thread, or on what options name.
    async fn decide(&self, client: &Client, word: &str, rest: &str) -> Result<(), Failure> {
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return carry_out(client, parsed(&format!("{word} {rest}"))?).await;
        }
        let (action, rest) = self.action(rest)?;
        if word == "reject" {
            let reason = Some(rest.to_owned()).filter(|reason| !reason.is_empty() && reason != "-");
            return carry_out(client, Command::Reject(RejectArgs { action, reason })).await;
        }
        let digest = rest.strip_prefix("--digest").map(|digest| digest.trim_start_matches('=').trim().to_owned());
        match digest {
            None if !rest.is_empty() => {
                Err(Failure::Usage("approve takes nothing but --digest and a digest".to_owned()))
            }
            digest => {
                let arguments = ApproveArgs { action, digest };
                decide::approve_with(arguments, client, Output { json: false }, "approve").await.map(|_| ())
            }
        }
    }
}

fn detail_waits(detail: &crate::api::ThreadDetail) -> bool {
    let actions = detail.messages.iter().flat_map(|message| message.actions.iter().flatten());
    detail.thread.awaiting_approval == Some(true) || actions.into_iter().any(|action| action.status.waits())
}

/// How many actions await approval in a thread, and which word reads them.
async fn say_what_waits(client: &Client, thread: Id) -> Result<(), Failure> {
    match target::waiting(client, thread).await.unwrap_or_default().as_slice() {
        several @ [_, _, ..] => {
            let named: Vec<String> =
                target::as_options(several).iter().map(|options| format!("review {options}")).collect();
            say(&format!("{} actions await approval here: {} reads one.", several.len(), named.join(" or ")))
        }
        _ => say("An action awaits approval here: review reads it."),
    }
}

/// Who takes part.
async fn people(client: &Client, thread: Id) -> Result<(), Failure> {
    let everybody = patiently(async || client.participants(thread).await).await?;
    let names = words::Names::of(&everybody);
    for one in &everybody {
        say(&names.name(Some(one.user_id)))?;
    }
    Ok(())
}

/// A command as the shell would take it, words in quotes held together.
fn parsed(line: &str) -> Result<Command, Failure> {
    let arguments = std::iter::once("countersign".to_owned()).chain(split(line));
    let cli = Cli::try_parse_from(arguments).map_err(|error| {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Failure::Usage(format!("{first}; help says what there is"))
    })?;
    cli.command.ok_or_else(|| Failure::Usage("that is no word of mine; help says what there is".to_owned()))
}

fn split(line: &str) -> Vec<String> {
    let mut words = vec![];
    for (at, piece) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(piece.to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words
}

async fn carry_out(client: &Client, command: Command) -> Result<(), Failure> {
    // `wait` and the like say by their exit status what became of things; here the words have said it.
    super::run(command, client, Output { json: false }).await.map(|_| ())
}

/// What went wrong, said in its place.
fn report(outcome: Result<(), Failure>) -> Result<(), Failure> {
    match outcome {
        Ok(()) => Ok(()),
        Err(failure) if failure.is_closed_pipe() => Err(failure),
        Err(failure) => say(&format!("Not done: {failure}")),
    }
}

fn number(text: &str) -> Result<Id, Failure> {
    text.trim_start_matches('#').parse().ok().filter(|id| *id > 0).ok_or_else(|| no_number(text))
}

fn lacks_number(option: &str) -> Failure {
    Failure::Usage(format!("{option} needs a number after it, such as {option} 1"))
}

fn no_number(text: &str) -> Failure {
    Failure::Usage(format!("`{text}` is no number"))
}

/// The first word of a line, and what comes after it.
fn first_word(line: &str) -> (&str, &str) {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (word, rest.trim_start())
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{}", SafeText::message(text))?)
}

/// A line of the input, after a prompt; `None` at its end.
fn ask(prompt: &str) -> Result<Option<String>, Failure> {
    let mut to = io::stdout().lock();
    write!(to, "{prompt}")?;
    to.flush()?;
    drop(to);
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    if !io::stdin().is_terminal() || read == 0 {
        // Nobody's Enter has moved on to the next line.
        say("")?;
    }
    Ok((read > 0).then_some(line))
}

/// Lines up to one with a full stop alone; the end of the input forgets them.
fn lines() -> Result<String, Failure> {
    say("Write; a full stop alone on a line sends it.")?;
    let mut text = Vec::new();
    loop {
        match ask("")? {
            None => return Ok(String::new()),
            Some(line) if line.trim_end() == "." => return Ok(text.join("\n")),
            Some(line) => text.push(line.trim_end_matches(['\r', '\n']).to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_shell_would() {
        assert_eq!(split("show  12 \"two words\" x"), ["show", "12", "two words", "x"]);
        assert!(matches!(parsed("wait 12 --timeout 5s").expect("a command"), Command::Wait(_)));
        for wrong in ["frobnicate", "wait", "show x"] {
            let words = parsed(wrong).expect_err(wrong).to_string();
            assert!(!words.contains('\n') && words.contains("help"), "{words}");
        }
    }
}
