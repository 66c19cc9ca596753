//! Configuration: one TOML file, then the environment, checked before anything listens.
//!
//! `MAHFADA_<SERVICE>__<SECTION>__<KEY>` overrides the file. Secrets come as `…_file` paths only (decision D15).

mod load;
mod secret_file;
mod sections;

/// The exit code for bad configuration (`sysexits.h`).
pub const EX_CONFIG: i32 = 78;

pub use load::{ConfigError, load, process_environment};
pub use secret_file::{SecretFile, SecretFileError};
pub use sections::{
    ApiKey, ListenConfig, OutboundConfig, PublicUrl, PublicUrlError, SealingConfig, ServerConfig, StorageConfig,
    TlsFiles,
};
