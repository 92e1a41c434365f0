//! From bytes to [`Input`]: keeps what is unfinished, tells held keys from fresh ones, and learns from what
//! arrives what the terminal reports. No I/O, no clock. How single sequences read is for `incoming`.

use super::{
    Capabilities, Input, Key, KeyCode, Press,
    incoming::{Motion, Sequence, Stroke, read},
};

const PASTE_END: &[u8] = b"\x1b[201~";
/// A paste longer than this arrives as several, so that a lost end cannot fill the memory.
const LONGEST_PASTE: usize = 16 * 1024 * 1024;

/// Turns what the terminal sends into [`Input`]s, however it is cut into pieces.
pub struct Decoder {
    pub capabilities: Capabilities,
    /// The beginning of a sequence.
    unfinished: Vec<u8>,
    /// The paste that is going on.
    paste: Option<Vec<u8>>,
    /// The last key that typed text and, as far as is known, did not go up again; in lower case.
    held: Option<char>,
}

impl Decoder {
    pub fn new(capabilities: Capabilities) -> Self {
        Self { capabilities, unfinished: Vec::new(), paste: None, held: None }
    }

    /// What `bytes`, after those before, say.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        let mut unread = std::mem::take(&mut self.unfinished);
        unread.extend_from_slice(bytes);
        let mut inputs = Vec::new();
        let mut rest = unread.as_slice();
        loop {
            if self.paste.is_some() {
                rest = self.pasted(rest, &mut inputs);
            }
            let Some((sequence, length)) = read(rest) else { break };
            inputs.extend(self.heed(sequence));
            rest = rest.get(length..).unwrap_or_default();
        }
        self.unfinished = rest.to_vec();
        inputs
    }

    /// Whether a sequence has begun that only more bytes, or their absence, make clear: Escape is a key, and
    /// the beginning of many others.
    pub fn is_unclear(&self) -> bool {
        !self.unfinished.is_empty()
    }

    /// Nothing more came for a moment: what has begun is all there is.
    pub fn settle(&mut self) -> Option<Input> {
        let stroke = match std::mem::take(&mut self.unfinished).as_slice() {
            [0x1b] => Stroke::plain(KeyCode::Esc),
            [0x1b, c] => Stroke { alt: true, ..Stroke::plain(KeyCode::Char(char::from(*c))) },
            _ => return None,
        };
        self.heed(Sequence::Key(stroke))
    }

    /// Takes what belongs to the paste, and returns the rest.
    fn pasted<'a>(&mut self, bytes: &'a [u8], inputs: &mut Vec<Input>) -> &'a [u8] {
        let Some(paste) = &mut self.paste else { return bytes };
        let before = paste.len();
        paste.extend_from_slice(bytes);
        // The end may have begun in the bytes before.
        let from = before.saturating_sub(PASTE_END.len());
        let end = paste.windows(PASTE_END.len()).skip(from).position(|window| window == PASTE_END);
        let rest = match end.map(|end| from + end) {
            Some(end) => {
                paste.truncate(end);
                bytes.get(end + PASTE_END.len() - before..).unwrap_or_default()
            }
            None if paste.len() < LONGEST_PASTE => return &[],
            None => &[],
        };
        inputs.push(Input::Paste(cleaned(&String::from_utf8_lossy(paste))));
        if end.is_some() {
            self.paste = None;
        } else {
            paste.clear();
        }
        rest
    }

    fn heed(&mut self, sequence: Sequence) -> Option<Input> {
        match sequence {
            Sequence::Key(stroke) => self.key(stroke),
            Sequence::PasteBegins => {
                self.paste = Some(Vec::new());
                None
            }
            Sequence::Mouse(mouse) => Some(Input::Mouse(mouse)),
            Sequence::Focus(gained) => {
                self.capabilities.focus = true;
                // The key may go up in another window.
                self.held = None;
                Some(Input::Focus(gained))
            }
            Sequence::Background(background) => Some(Input::Background(background)),
            Sequence::Unknown => None,
        }
    }

    fn key(&mut self, stroke: Stroke) -> Option<Input> {
        self.capabilities.repeats |= stroke.motion != Motion::Down;
        if stroke.motion == Motion::Up {
            if lower(stroke) == self.held {
                self.held = None;
            }
            return Some(Input::KeyReleased);
        }
        // With the window system's own keys held it is not ours, and above all it types nothing.
        if stroke.foreign {
            return None;
        }
        let Stroke { ctrl, alt, .. } = stroke;
        let press = self.press(stroke);
        let code = match stroke.code? {
            KeyCode::Char(c) if ctrl || alt => KeyCode::Char(c.to_lowercase().next().unwrap_or(c)),
            code => code,
        };
        let shift = stroke.shift && !matches!(code, KeyCode::Char(_));
        Some(Input::Key(Key { code, ctrl, alt, shift, press }))
    }

    /// A key that types text is sent as that text each time it repeats, indistinguishable from a press; only
    /// its release is reported. So it is fresh if it went up since it last came.
    fn press(&mut self, stroke: Stroke) -> Press {
        let typed = if stroke.ctrl || stroke.alt { None } else { lower(stroke) };
        let still_held = typed.is_some() && typed == self.held;
        self.held = typed;
        match stroke.code {
            _ if !self.capabilities.repeats => Press::Unknown,
            _ if stroke.motion == Motion::Held || still_held => Press::Repeat,
            // Their releases are not reported, so that a shell stays usable after a crash.
            Some(KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace) => Press::Unknown,
            _ => Press::Fresh,
        }
    }
}

fn lower(stroke: Stroke) -> Option<char> {
    match stroke.code {
        Some(KeyCode::Char(c)) => c.to_lowercase().next(),
        _ => None,
    }
}

/// Terminals send `\r` for the line breaks of a paste.
fn cleaned(pasted: &str) -> String {
    let text = pasted.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
