//! Runs the services inside this process, each on a thread and ports of its own, over real TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use mahfada_web::listen::Listeners;
use tokio::sync::oneshot;

use super::DemoError;

/// The two free ports of a service, taken before it starts so that its configuration can name them.
#[derive(Debug)]
pub(super) struct Ports {
    listeners: Listeners,
    /// Where wallets and other services reach it.
    pub(super) public: SocketAddr,
    /// Where operators reach it.
    pub(super) management: SocketAddr,
}

/// A service that runs until it is dropped.
#[derive(Debug)]
pub(super) struct RunningService {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ports {
    /// Takes two free ports of the loopback interface.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn take() -> Result<Self, DemoError> {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listeners = Listeners::bind_addresses(free, free)?;
        let (public, management) = listeners.addresses()?;
        Ok(Self {
            listeners,
            public,
            management,
        })
    }

    /// Returns the base of every identifier of the service.
    #[must_use]
    pub(super) fn public_url(&self) -> String {
        format!("https://localhost:{}", self.public.port())
    }

    /// Returns the base of the management API.
    #[must_use]
    pub(super) fn management_url(&self) -> String {
        format!("https://localhost:{}", self.management.port())
    }

    /// Writes the `server` section of a configuration.
    #[must_use]
    pub(super) fn to_toml(&self, tls: &str) -> String {
        format!(
            "[server]\npublic_url = {:?}\nworkers = 1\n\n[server.public]\naddress = {:?}\ntls = {tls}\n\n[server.management]\naddress = {:?}\ntls = {tls}\n",
            self.public_url(),
            self.public.to_string(),
            self.management.to_string(),
        )
    }

    /// Starts a service on these ports; it runs until the value is dropped.
    pub(super) fn start<R, F, E>(self, name: &'static str, run: R) -> RunningService
    where
        R: FnOnce(Listeners, Shutdown) -> F + Send + 'static,
        F: Future<Output = Result<(), E>>,
        E: std::error::Error,
    {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return tracing::error!(name, %error, "no runtime"),
            };
            if let Err(error) = runtime.block_on(run(self.listeners, Shutdown(stopped))) {
                let cause = error.source().map(ToString::to_string);
                tracing::error!(name, %error, cause, "the service does not run");
            }
        });
        RunningService {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

/// Becomes ready when the demonstration ends.
#[derive(Debug)]
pub(super) struct Shutdown(oneshot::Receiver<()>);

impl Shutdown {
    /// Waits for the end.
    pub(super) async fn wait(self) {
        let _ = self.0.await;
    }
}

impl RunningService {
    /// Tells whether the service has ended by itself, which it does only when it cannot run.
    #[must_use]
    pub(super) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for RunningService {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
