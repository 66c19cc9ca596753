//! This test binary as another process: started again for one ignored test, talking over its pipes.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const DATABASE: &str = "MAHFADA_STORAGE_TEST_DATABASE";

/// Returns the database a child works on, or none when the test was started by hand.
pub(super) fn database() -> Option<PathBuf> {
    std::env::var_os(DATABASE).map(PathBuf::from)
}

/// Says a line to the parent.
pub(super) fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "@{line}").unwrap();
    output.flush().unwrap();
}

/// A running child; killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts the ignored test `name` of this binary on a database.
    pub(super) fn start(name: &str, database: &Path) -> Self {
        Self::spawn(&mut Command::new(std::env::current_exe().unwrap()), name, database)
    }

    /// Starts it with files limited to so many blocks of 512 bytes.
    #[cfg(target_os = "linux")]
    pub(super) fn start_with_file_limit(name: &str, database: &Path, blocks: u32) -> Self {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""));
        shell.arg(std::env::current_exe().unwrap());
        Self::spawn(&mut shell, name, database)
    }

    fn spawn(command: &mut Command, name: &str, database: &Path) -> Self {
        let mut child = command
            .args([OsStr::new("--exact"), OsStr::new(name), OsStr::new("--ignored")])
            .args(["--nocapture", "--test-threads=1"])
            .env(DATABASE, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, input, output }
    }

    /// Sends a line to the child.
    pub(super) fn send(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
        self.input.flush().unwrap();
    }

    /// Reads the next line the child said, passing over the test harness; none at its end.
    pub(super) fn hear(&mut self) -> Option<String> {
        loop {
            let line = self.output.next()?.ok()?;
            // The harness begins a line with the test's name and leaves it open.
            if let Some((_, said)) = line.split_once('@') {
                return Some(said.to_owned());
            }
        }
    }

    /// Kills the child with SIGKILL and returns everything it had said.
    pub(super) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.hear()).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
