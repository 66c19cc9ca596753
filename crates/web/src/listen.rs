//! The two sockets of a service, bound before anything else so that a taken port is found at once.

use std::io;
use std::net::{SocketAddr, TcpListener};

use crate::config::ServerConfig;

/// The two bound sockets; management and health never share the public one (decision D15).
#[derive(Debug)]
pub struct Listeners {
    /// The socket for wallets and other services.
    pub public: TcpListener,
    /// The socket for operators and the agency's own systems.
    pub management: TcpListener,
}

impl Listeners {
    /// Binds both addresses of the configuration; port 0 takes a free one.
    ///
    /// # Errors
    /// The operating system's error when an address is taken or not ours.
    pub fn bind(config: &ServerConfig) -> io::Result<Self> {
        Self::bind_addresses(config.public.address, config.management.address)
    }

    /// Binds two addresses; port 0 takes a free one.
    ///
    /// # Errors
    /// The operating system's error when an address is taken or not ours.
    pub fn bind_addresses(public: SocketAddr, management: SocketAddr) -> io::Result<Self> {
        Ok(Self {
            public: TcpListener::bind(public)?,
            management: TcpListener::bind(management)?,
        })
    }

    /// Returns the bound addresses, public first.
    ///
    /// # Errors
    /// The operating system's error when a socket is gone.
    pub fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.public.local_addr()?, self.management.local_addr()?))
    }
}
