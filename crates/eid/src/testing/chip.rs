//! A chip in software: it answers the commands of a card session.

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_crypto::Signer;

use super::chip_key::ChipKey;
use super::der::tlv;
use super::pki::{key, sign};

const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
const OK: [u8; 2] = [0x90, 0x00];
const NOT_FOUND: [u8; 2] = [0x6A, 0x82];
const WRONG_OFFSET: [u8; 2] = [0x6B, 0x00];
const NOT_SUPPORTED: [u8; 2] = [0x6D, 0x00];

/// A chip that holds files and, when it is genuine, the key that belongs to DG15.
#[derive(Clone, Debug)]
pub struct VirtualChip {
    files: BTreeMap<u16, Vec<u8>>,
    key: Option<Arc<dyn Signer>>,
    chip_key: Option<ChipKey>,
    application: bool,
    selected: Option<u16>,
}

impl VirtualChip {
    /// Makes a chip from files by identifier (EF.SOD is 011D, data group n is 0100 + n) and its P-256 key, if it has one.
    #[must_use]
    pub fn genuine(files: BTreeMap<u16, Vec<u8>>, key: Option<Arc<dyn Signer>>) -> Self {
        Self {
            files,
            key,
            chip_key: None,
            application: false,
            selected: None,
        }
    }

    /// Makes the copy of a card: all of its files, and a key of the forger's instead of the one that never left it.
    #[must_use]
    pub fn without_key(files: BTreeMap<u16, Vec<u8>>) -> Self {
        Self::genuine(files, Some(key("forger", 0)))
    }

    /// Gives the chip a key of Chip Authentication.
    pub(super) fn with_chip_key(mut self, chip_key: Option<ChipKey>) -> Self {
        self.chip_key = chip_key;
        self
    }

    /// Replaces a file by its identifier.
    #[must_use]
    pub fn with_file(mut self, identifier: u16, file: Vec<u8>) -> Self {
        self.files.insert(identifier, file);
        self
    }

    /// Answers one command; the answer ends with the status word.
    pub fn transmit(&mut self, apdu: &[u8]) -> Vec<u8> {
        match apdu {
            [0x00, 0xA4, 0x04, 0x0C, 0x07, name @ ..] if *name == APPLICATION => {
                self.application = true;
                OK.to_vec()
            }
            [0x00, 0xA4, 0x02, 0x0C, 0x02, high, low] if self.application => {
                self.select(u16::from_be_bytes([*high, *low]))
            }
            [0x00, 0xB0, high, low, length] => {
                self.read(usize::from(u16::from_be_bytes([*high, *low])), *length, false)
            }
            [0x00, 0xB1, 0x00, 0x00, 0x05, 0x54, 0x03, high, middle, low, length] => {
                let offset = u32::from_be_bytes([0, *high, *middle, *low]);
                self.read(
                    usize::try_from(offset).unwrap_or(usize::MAX),
                    length.saturating_sub(3),
                    true,
                )
            }
            [0x00, 0x88, 0x00, 0x00, 0x08, challenge @ .., 0x00] if self.application && challenge.len() == 8 => {
                self.authenticate(challenge)
            }
            [0x00, first @ (0x22 | 0x86), second, third, _, data @ ..] if self.application => {
                match &mut self.chip_key {
                    Some(chip_key) => chip_key.open([*first, *second, *third], data),
                    None => NOT_SUPPORTED.to_vec(),
                }
            }
            [0x0C, ..] => self.read_protected(apdu),
            [0x00, 0xA4, ..] => NOT_FOUND.to_vec(),
            _ => NOT_SUPPORTED.to_vec(),
        }
    }

    fn read_protected(&mut self, command: &[u8]) -> Vec<u8> {
        let files = &self.files;
        let file = |short: u8| files.get(&0x0100_u16.saturating_add(short.into())).cloned();
        match &mut self.chip_key {
            Some(chip_key) => chip_key.read(command, file),
            None => NOT_SUPPORTED.to_vec(),
        }
    }

    fn select(&mut self, identifier: u16) -> Vec<u8> {
        let found = self.files.contains_key(&identifier);
        self.selected = found.then_some(identifier);
        if found { OK.to_vec() } else { NOT_FOUND.to_vec() }
    }

    fn read(&self, offset: usize, length: u8, wrapped: bool) -> Vec<u8> {
        let Some(rest) = self
            .selected
            .and_then(|id| self.files.get(&id))
            .and_then(|file| file.get(offset..))
        else {
            return WRONG_OFFSET.to_vec();
        };
        let data = rest.get(..usize::from(length)).unwrap_or(rest);
        let data = if wrapped { tlv(0x53, data) } else { data.to_vec() };
        [&data[..], &OK].concat()
    }

    fn authenticate(&self, challenge: &[u8]) -> Vec<u8> {
        match &self.key {
            Some(key) => [&sign(key.as_ref(), challenge)[..], &OK].concat(),
            None => NOT_SUPPORTED.to_vec(),
        }
    }
}
