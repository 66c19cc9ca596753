//! A service as a process of its own, and what the kernel says about it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::demo::{Demo, program};
use crate::measure::{Cost, Failure};

/// The CPU time of a process, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct CpuTime(f64);

/// Which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Issuer,
    Verifier,
}

/// A running service; it ends with this value.
pub(super) struct Server {
    service: Service,
    child: Child,
    pub(super) public_url: String,
    pub(super) management_url: String,
}

impl Server {
    /// Starts the service with the demonstration's configuration, on ports and with a store of its own.
    ///
    /// Limits by address are off, since all load comes from one; a status list is trusted for a minute, as it is unless
    /// configured otherwise.
    pub(super) fn start(service: Service, demo: &Demo) -> Result<Self, Failure> {
        let folder = demo.folder()?;
        let [public, management] = free_ports()?;
        let (public_url, management_url) = (url(public), url(management));
        let name = service.name();
        let mut command = Command::new(program()?);
        command
            .args(["serve", name, "--config"])
            .arg(folder.join(format!("{name}.toml")))
            .stderr(Stdio::null());
        let mut set = |key: &str, value: &str| {
            command.env(format!("MAHFADA_{}__{key}", name.to_ascii_uppercase()), value);
        };
        let unlimited = "{ requests = 0, per_seconds = 60 }";
        set("SERVER__PUBLIC_URL", &public_url);
        set("SERVER__PUBLIC__ADDRESS", &format!("127.0.0.1:{public}"));
        set("SERVER__MANAGEMENT__ADDRESS", &format!("127.0.0.1:{management}"));
        set("STORAGE__PATH", &show(&folder.join(format!("bench-{name}.sqlite"))));
        set("RATE_LIMITS__PUBLIC", unlimited);
        set("RATE_LIMITS__MANAGEMENT", unlimited);
        match service {
            Service::Issuer => set("CARD__ANCHORS_DIR", &show(&real_authorities(&folder)?)),
            Service::Verifier => set("STATUS__MAX_AGE_SECONDS", "60"),
        }
        Ok(Self {
            service,
            child: command.spawn()?,
            public_url,
            management_url,
        })
    }

    /// Returns the name of the service.
    pub(super) const fn name(&self) -> &'static str {
        self.service.name()
    }

    /// Returns the CPU time that the process has used so far.
    pub(super) fn cpu_time(&self) -> Result<CpuTime, Failure> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold anything; user and system time are the 12th and 13th field after it.
        let (_, fields) = text.rsplit_once(')').ok_or("not a stat file")?;
        let mut times = fields.split_whitespace().skip(11).map(str::parse::<f64>);
        let (Some(Ok(user)), Some(Ok(system))) = (times.next(), times.next()) else {
            return Err("not a stat file".into());
        };
        let ticks = rustix::param::clock_ticks_per_second();
        Ok(CpuTime((user + system) / f64::from(u32::try_from(ticks)?)))
    }

    /// Returns the resident memory in bytes.
    pub(super) fn resident_memory(&self) -> Result<u64, Failure> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = line
            .and_then(|line| line.split_whitespace().next())
            .ok_or("not a status file")?
            .parse()?;
        Ok(kib * 1024)
    }
}

impl CpuTime {
    /// Returns the time since an earlier look.
    pub(super) fn minus(self, earlier: Self) -> Self {
        Self(self.0 - earlier.0)
    }

    /// Returns the share of one of `count` things.
    pub(super) fn per(self, count: usize) -> Cost {
        Cost(self.0 / f64::from(u32::try_from(count).unwrap_or(u32::MAX)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Verifier => "verifier",
        }
    }
}

/// Only the demonstration itself may trust the test card authority.
fn real_authorities(folder: &Path) -> Result<std::path::PathBuf, Failure> {
    let real = folder.join("bench-card-authorities");
    std::fs::create_dir_all(&real)?;
    for entry in std::fs::read_dir(folder.join("card-authorities"))? {
        let entry = entry?;
        if entry.file_name() != "csca_test.cer" {
            std::fs::copy(entry.path(), real.join(entry.file_name()))?;
        }
    }
    Ok(real)
}

fn free_ports() -> Result<[u16; 2], Failure> {
    let (one, two) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok([one.local_addr()?.port(), two.local_addr()?.port()])
}

fn url(port: u16) -> String {
    format!("https://localhost:{port}")
}

fn show(path: &Path) -> String {
    path.display().to_string()
}
