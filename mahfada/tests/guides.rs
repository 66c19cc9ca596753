//! The pages that take a newcomer by the hand, walked: every command is run and what it prints is compared.
//!
//! They need what a plain Debian has: bash, curl and python3. `guides/page.rs` says how a page is written.
#![forbid(unsafe_code)]

#[cfg(test)]
mod guides {
    mod page;

    use std::io::{BufRead as _, BufReader, Write as _};
    use std::os::unix::process::CommandExt as _;
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use page::{blocks, fits, read};

    /// Stands behind the output of every block, with the number of what failed in it.
    const END: &str = "\u{1}end of block ";
    /// More than any block takes on a busy machine; one that waits for what never comes ends here.
    const PATIENCE: Duration = Duration::from_mins(2);

    /// A shell in a folder of its own, with `mahfada` in its path.
    struct Shell {
        bash: Child,
        lines: Receiver<String>,
        folder: PathBuf,
    }

    impl Shell {
        fn start(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("mahfada-guide-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let binary = PathBuf::from(env!("CARGO_BIN_EXE_mahfada"));
            let mut bash = Command::new("bash")
                .args(["--noprofile", "--norc"])
                .current_dir(&folder)
                .env("PYTHONUNBUFFERED", "1")
                .env("no_proxy", "*")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                // What a page starts in the background ends with the group, whatever happens.
                .process_group(0)
                .spawn()
                .expect("the pages need bash");
            let stdout = bash.stdout.take().unwrap();
            let (sender, lines) = channel();
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
            let mut shell = Self { bash, lines, folder };
            shell.write(&format!("PATH='{}':$PATH", binary.parent().unwrap().display()));
            shell.write("exec 2>&1; set -o errtrace -o pipefail; failed=0; trap 'failed=$?' ERR");
            shell
        }

        fn write(&mut self, line: &str) {
            writeln!(self.bash.stdin.as_mut().unwrap(), "{line}").unwrap();
        }

        /// Runs a block and returns what it printed; a command that fails unasked fails the test.
        fn run(&mut self, number: usize, commands: &str) -> String {
            let file = self.folder.join(format!(".block-{number}"));
            std::fs::write(&file, commands).unwrap();
            self.write(&format!(
                "failed=0; source {} </dev/null; printf '\\n{END}%s\\n' \"$failed\"",
                file.display()
            ));
            let mut output = String::new();
            loop {
                let line = match self.lines.recv_timeout(PATIENCE) {
                    Ok(line) => line,
                    Err(error) => panic!("{error} in block {number}:\n{commands}\nprinted so far:\n{output}"),
                };
                if let Some(failed) = line.strip_prefix(END) {
                    assert_eq!(failed, "0", "block {number} failed:\n{commands}\nprinted:\n{output}");
                    return output;
                }
                output.push_str(&line);
                output.push('\n');
            }
        }
    }

    impl Drop for Shell {
        fn drop(&mut self) {
            let group = format!("-{}", self.bash.id());
            drop(Command::new("kill").args(["-TERM", "--", &group]).status());
            drop(self.bash.wait());
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }

    fn walk(name: &str) {
        let mut shell = Shell::start(name);
        let blocks = blocks(&read(name));
        assert!(blocks.len() > 5, "{name} has hardly any commands");
        for (number, block) in blocks.iter().enumerate() {
            let output = shell.run(number, &block.commands);
            if let Some(expected) = &block.prints {
                assert!(
                    fits(expected, &output),
                    "{name}, block {number}:\n{}\nis to print\n{expected}\nand printed\n{output}",
                    block.commands
                );
            }
        }
    }

    #[test]
    fn an_agency_asks_and_gets_a_verdict_in_ten_minutes() {
        walk("guide-agency.md");
    }

    #[test]
    fn an_issuer_issues_and_revokes_in_ten_minutes() {
        walk("guide-issuer.md");
    }
}
