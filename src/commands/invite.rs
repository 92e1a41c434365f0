//! `countersign invite`: adds somebody to a thread, by id or by name.

use super::{Exit, Failure, Output, patience::patiently};
use crate::{
    api::{Id, Person},
    cli::InviteArgs,
    net::Client,
    safe_text::SafeText,
};

pub(super) async fn run(arguments: InviteArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    let user_id = match arguments.user.parse::<Id>() {
        Ok(id) => id,
        Err(_) => named(&arguments.user, &patiently(async || client.users(None).await).await?)?,
    };
    let participant = client.add_participant(arguments.thread, user_id).await?;
    if output.json {
        output.object(&participant)?;
    } else {
        let name = participant.user.as_ref().map_or_else(|| format!("User {user_id}"), |user| user.name.clone());
        let line = format!("{} takes part in thread {}", SafeText::line(&name), arguments.thread);
        output.text(&SafeText::line(&line))?;
    }
    Ok(Exit::Done)
}

/// The one person of that name: all of it, or else a part of it, upper or lower case.
fn named(name: &str, people: &[Person]) -> Result<Id, Failure> {
    let wanted = name.to_lowercase();
    let whole: Vec<&Person> = people.iter().filter(|person| person.name.to_lowercase() == wanted).collect();
    let part: Vec<&Person> = people.iter().filter(|person| person.name.to_lowercase().contains(&wanted)).collect();
    match (whole.as_slice(), part.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one.id),
        ([], []) => {
            Err(Failure::NotFound(format!("nobody called `{name}` shares an account with you: give the user's id")))
        }
        _ => {
            let several: Vec<String> = part.iter().map(|person| format!("{} ({})", person.name, person.id)).collect();
            Err(Failure::Usage(format!("several people are called `{name}`: give an id of {}", several.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::UserKind;

    #[test]
    fn a_name_has_to_mean_one_person() {
        let person = |id, name: &str| Person { id, name: name.to_owned(), kind: UserKind::Human };
        let people = [person(1, "Kari Nordmann"), person(2, "Kari"), person(3, "Ola Nordmann")];
        assert_eq!(named("kari", &people).expect("the whole name"), 2);
        assert_eq!(named("ola", &people).expect("a part of the name"), 3);
        assert_eq!(named("nordmann", &people).expect_err("two").exit_code(), 2);
        assert_eq!(named("bot", &people).expect_err("nobody").exit_code(), 4);
    }
}
