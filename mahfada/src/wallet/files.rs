//! The wallet's folder: keys, the key of the store and the counter, each in a file of its owner alone.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mahfada_base::{Secret, base64url};
use mahfada_crypto::aws_lc::SystemRandom;
use mahfada_crypto::{PublicKey, Random as _, RandomError, Signer, pure};
use mahfada_wallet_core::{KeyId, StoreKey};

use crate::phone::{Hardware, PhoneError};
use crate::private_file;

const STORE: &str = "wallet.sealed";
const STORE_KEY: &str = "store.key";
const COUNTER: &str = "counter";
const LOCK: &str = "lock";

/// Why the wallet's folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(PathBuf, #[source] io::Error),
    /// Another process uses the wallet.
    #[error("another process is using {0}")]
    Busy(PathBuf),
    /// Others than the owner may read a key.
    #[error("others may read {0}; its mode must be 0600")]
    Exposed(PathBuf),
    /// The key of the store or the counter has another form.
    #[error("{0} has been changed")]
    Malformed(PathBuf),
    /// The sealed store, its key or its counter is gone while the others are there.
    #[error("{0} is missing; the wallet cannot be opened without it")]
    Missing(PathBuf),
    /// No random bytes are to be had.
    #[error("no random bytes")]
    Random(#[from] RandomError),
}

/// Software keys in a folder, in place of a phone's hardware.
#[derive(Debug)]
pub(super) struct KeyFiles {
    folder: PathBuf,
    store_key: StoreKey,
    counter: u64,
    // Two processes would show one copy of a credential twice.
    _lock: File,
}

impl KeyFiles {
    /// Opens the folder, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self, FilesError> {
        let keys = folder.join("keys");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&keys)
            .map_err(at(&keys))?;
        let lock = lock(&folder.join(LOCK))?;
        let counter = read_counter(&folder.join(COUNTER))?;
        let key_file = folder.join(STORE_KEY);
        if !exists(&key_file)? {
            if counter > 0 || exists(&folder.join(STORE))? {
                return Err(FilesError::Missing(key_file));
            }
            let mut key = [0; 32];
            SystemRandom.fill(&mut key)?;
            private_file::create(&key_file, Secret::new(key).expose()).map_err(at(&key_file))?;
        }
        Ok(Self {
            store_key: read_store_key(&key_file)?,
            folder: folder.to_owned(),
            counter,
            _lock: lock,
        })
    }

    /// Returns the file of the sealed store.
    pub(super) fn store_file(&self) -> PathBuf {
        self.folder.join(STORE)
    }

    /// Tells whether there never was a store: only then a wallet starts from a pinned root document.
    pub(super) fn is_new(&self) -> Result<bool, FilesError> {
        let file = self.store_file();
        match (exists(&file)?, self.counter) {
            (true, _) => Ok(false),
            (false, 0) => Ok(true),
            (false, _) => Err(FilesError::Missing(file)),
        }
    }

    fn key_file(&self, key: &KeyId) -> Option<PathBuf> {
        let is_name = base64url::decode(key.as_str()).is_ok_and(|bytes| bytes.len() == 16);
        is_name.then(|| self.folder.join("keys").join(format!("{key}.p8")))
    }
}

impl Hardware for KeyFiles {
    fn create_key(&mut self) -> Result<(KeyId, PublicKey), PhoneError> {
        let mut name = [0; 16];
        SystemRandom.fill(&mut name)?;
        let id = KeyId::new(base64url::encode(name));
        let pkcs8 = pure::PROVIDER.keys.generate_es256_pkcs8(&SystemRandom)?;
        let signer = pure::PROVIDER.keys.es256_from_pkcs8(pkcs8.expose())?;
        let file = self.key_file(&id).ok_or(PhoneError::UnknownKey)?;
        private_file::create(&file, pkcs8.expose())?;
        Ok((id, signer.public_key().clone()))
    }

    fn signer(&self, key: &KeyId) -> Result<Arc<dyn Signer>, PhoneError> {
        let file = self.key_file(key).ok_or(PhoneError::UnknownKey)?;
        if !private_file::is_private(&file)? {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may read a key").into());
        }
        let pkcs8 = Secret::new(std::fs::read(&file)?);
        Ok(pure::PROVIDER.keys.es256_from_pkcs8(pkcs8.expose())?)
    }

    fn store_key(&self) -> &StoreKey {
        &self.store_key
    }

    fn counter(&self) -> u64 {
        self.counter
    }

    fn raise_counter(&mut self, generation: u64) -> Result<(), PhoneError> {
        private_file::replace(&self.folder.join(COUNTER), generation.to_string().as_bytes())?;
        self.counter = generation;
        Ok(())
    }
}

fn lock(path: &Path) -> Result<File, FilesError> {
    let file = File::create(path).map_err(at(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FilesError::Busy(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(FilesError::Io(path.to_owned(), error)),
    }
}

fn read_counter(path: &Path) -> Result<u64, FilesError> {
    if !exists(path)? {
        return Ok(0);
    }
    let text = std::fs::read_to_string(path).map_err(at(path))?;
    text.trim().parse().map_err(|_| FilesError::Malformed(path.to_owned()))
}

fn read_store_key(path: &Path) -> Result<StoreKey, FilesError> {
    if !private_file::is_private(path).map_err(at(path))? {
        return Err(FilesError::Exposed(path.to_owned()));
    }
    let bytes = Secret::new(std::fs::read(path).map_err(at(path))?);
    let key = <[u8; 32]>::try_from(bytes.expose().as_slice());
    let key = key.map_err(|_| FilesError::Malformed(path.to_owned()))?;
    Ok(StoreKey::new(Secret::new(key)))
}

fn exists(path: &Path) -> Result<bool, FilesError> {
    path.try_exists().map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FilesError {
    let path = path.to_owned();
    move |error| FilesError::Io(path, error)
}
