//! Links, handed to the desktop that the person sits at, where there is one.

use std::{
    io,
    process::{Command, Stdio},
};

/// Whether a browser would open before the eyes of whoever reads this: there is a display, and it is here.
pub fn can_be_opened(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let remote = is_set("SSH_TTY") || is_set("SSH_CONNECTION");
    !remote && (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || cfg!(target_os = "macos"))
}

/// Opens `address`; it begins with a scheme, so it is no option of the program.
pub fn open(address: &str, failed: impl Fn(String) + Send + 'static) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let run = move || {
        // Waited for, so that nothing of it is left behind.
        if let Some(words) = outcome(program, command.status()) {
            failed(words);
        }
    };
    let _ = std::thread::Builder::new().name("link".to_owned()).spawn(run);
}

fn outcome(program: &str, status: io::Result<std::process::ExitStatus>) -> Option<String> {
    match status {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("The link could not be opened: {program} ended with {status}.")),
        Err(error) => Some(format!("The link could not be opened: {program}: {error}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(names: &[&str]) -> bool {
        can_be_opened(|name| names.contains(&name).then(|| "x".to_owned()))
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn a_browser_opens_only_before_ones_eyes() {
        assert!(with(&["DISPLAY"]) && with(&["WAYLAND_DISPLAY"]));
        assert!(!with(&[]) && !with(&["DISPLAY", "SSH_TTY"]) && !with(&["WAYLAND_DISPLAY", "SSH_CONNECTION"]));
        assert!(!can_be_opened(|_| Some(String::new())));
    }
}
