//! `GET /chat/events`: what happens on the server, as it happens. It reads one stream until that ends; when to
//! open the next, and what an event means, is for the caller to say.

use reqwest::Response;

use super::{Error, transport::Broken};

/// One event of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// Where a later stream goes on from, so that nothing is lost or repeated.
    pub id: Option<String>,
    /// Such as `message.created`.
    pub kind: String,
    /// JSON: the object as a `GET` gives it.
    pub data: String,
}

/// An open stream of events. Silence for longer than [`super::Options::read_timeout`] ends it with an error:
/// the server says something every 15 seconds.
pub struct EventStream {
    response: Response,
    broken: Broken,
    parser: Parser,
    ready: std::vec::IntoIter<ServerEvent>,
}

impl EventStream {
    pub(super) fn new(response: Response, broken: Broken, limit: usize) -> Self {
        Self { response, broken, parser: Parser::new(limit), ready: Vec::new().into_iter() }
    }

    /// What comes next, whole events only: none, where the server only says that it is still there. `None` when
    /// it has ended the stream.
    ///
    /// # Errors
    /// As for [`Self::next`].
    pub async fn next_piece(&mut self) -> Result<Option<Vec<ServerEvent>>, Error> {
        match self.response.chunk().await {
            Ok(Some(bytes)) => Ok(Some(self.parser.push(&bytes)?)),
            Ok(None) => Ok(None),
            Err(error) => Err(self.broken.error(&error)),
        }
    }

    /// The next event; `None` when the server has ended the stream.
    ///
    /// # Errors
    /// The connection broke or fell silent, or an event is longer than any answer may be.
    pub async fn next(&mut self) -> Result<Option<ServerEvent>, Error> {
        loop {
            if let Some(event) = self.ready.next() {
                return Ok(Some(event));
            }
            let Some(events) = self.next_piece().await? else { return Ok(None) };
            self.ready = events.into_iter();
        }
    }
}

/// Reads the format of server-sent events (WHATWG HTML, "Interpreting an event stream"), in pieces as they come.
struct Parser {
    /// A line that has not ended yet.
    line: Vec<u8>,
    /// The last line ended in a carriage return, to which a line feed may still belong.
    after_return: bool,
    /// Nothing has been read yet, so that a byte order mark may come.
    at_start: bool,
    kind: String,
    data: Option<String>,
    id: Option<String>,
    limit: usize,
}

impl Parser {
    fn new(limit: usize) -> Self {
        Self { line: Vec::new(), after_return: false, at_start: true, kind: String::new(), data: None, id: None, limit }
    }

    /// The events that are complete with these bytes.
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<ServerEvent>, Error> {
        let mut events = Vec::new();
        for &byte in bytes {
            let follows_return = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    events.extend(self.end_line());
                }
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > self.limit {
                return Err(Error::TooLarge { limit: self.limit });
            }
        }
        Ok(events)
    }

    /// Takes in a line; a blank one completes an event.
    fn end_line(&mut self) -> Option<ServerEvent> {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = if std::mem::take(&mut self.at_start) { text.trim_start_matches('\u{feff}') } else { &text };
        if text.is_empty() {
            let kind = std::mem::take(&mut self.kind);
            let data = self.data.take()?;
            let kind = if kind.is_empty() { "message".to_owned() } else { kind };
            return Some(ServerEvent { id: self.id.clone(), kind, data });
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            // A comment (an empty field name), `retry`, or something unknown.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<ServerEvent> {
        let mut parser = Parser::new(1 << 20);
        pieces.iter().flat_map(|piece| parser.push(piece).expect("short events")).collect()
    }

    fn event(id: Option<&str>, kind: &str, data: &str) -> ServerEvent {
        ServerEvent { id: id.map(str::to_owned), kind: kind.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn reads_fields_comments_and_blank_lines() {
        let stream = "\u{feff}id: 7\nevent: ready\ndata: {}\n\n: a comment\n\ndata:one\ndata: two\nwhatever: x\n\nevent: lost\n\ndata\r\n\r\nid\rdata: å\r\r";
        assert_eq!(
            read(&[stream.as_bytes()]),
            [
                event(Some("7"), "ready", "{}"),
                event(Some("7"), "message", "one\ntwo"),
                event(Some("7"), "message", ""),
                event(Some(""), "message", "å"),
            ]
        );
    }

    #[test]
    fn an_event_that_is_not_complete_is_none() {
        assert_eq!(read(&[b"data: half"]), []);
        assert_eq!(read(&[b"data: half\n"]), []);
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut parser = Parser::new(100);
        assert!(parser.push(&[b'x'; 90]).is_ok());
        assert_eq!(parser.push(&[b'x'; 90]), Err(Error::TooLarge { limit: 100 }));
        let mut parser = Parser::new(100);
        let many = "data: 0123456789\n".repeat(20);
        assert_eq!(parser.push(many.as_bytes()), Err(Error::TooLarge { limit: 100 }));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_it_comes(
            stream in "((data|event|id)?:? ?[a-zå]{0,3}(\n|\r\n|\r)){0,12}",
            cuts in prop::collection::vec(0_usize..200, 0..6),
        ) {
            let bytes = stream.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts {
                pieces.push(&bytes[start..cut]);
                start = cut;
            }
            pieces.push(&bytes[start..]);
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }
    }
}
