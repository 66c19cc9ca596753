//! The samples that check a webhook, run on the vector of Standard Webhooks.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::PAGE;
use crate::page::{fences, read};

/// Judges the vector, the same with another body, too late, and under another secret beside the right signature.
const PYTHON: &str = r#"
import sys
secret, id, at, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
good = {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
both = {**good, "webhook-signature": "v1,AAAA " + good["webhook-signature"]}
print(verify(secret, good, body, at), verify(secret, both, body, at), verify(secret, good, body + b" ", at),
      verify(secret, good, body, at + 301), verify(secret, {**good, "webhook-id": "x"}, body, at))
"#;
const NODE: &str = r#"
const [secret, id, at, body] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'];
const good = {"webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="};
const both = {...good, "webhook-signature": "v1,AAAA " + good["webhook-signature"]};
const said = [verify(secret, good, body, at), verify(secret, both, body, at), verify(secret, good, body + " ", at),
  verify(secret, good, body, at + 301), verify(secret, {...good, "webhook-id": "x"}, body, at)];
console.log(said.map((one) => (one ? "True" : "False")).join(" "));
"#;

/// Runs the sample of a language with what judges it; `None` when the program is not installed.
fn run(language: &str, program: &str, judge: &str) -> Option<String> {
    let fences = fences(&read(PAGE));
    let sample = fences
        .iter()
        .find(|fence| fence.language == language)
        .expect("a sample");
    let mut command = Command::new(program);
    let mut child = command
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let script = format!("{}{judge}", sample.text);
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} failed");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[test]
fn the_python_sample_takes_what_is_signed_and_nothing_else() {
    let said = run("python", "python3", PYTHON).expect("the pages need python3");
    assert_eq!(said, "True True False False False");
}

#[test]
fn the_node_sample_takes_what_is_signed_and_nothing_else() {
    // The pages do without Node; where it is, the sample is run.
    if let Some(said) = run("js", "node", NODE) {
        assert_eq!(said, "True True False False False");
    }
}
