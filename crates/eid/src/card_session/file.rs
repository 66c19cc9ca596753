//! Reading one file: its header first, then exactly as many bytes as the header announces.

use super::CardError;
use super::apdu::{self, Response};
use crate::tlv;

// A response under secure messaging fits in 256 bytes with this much data.
const CHUNK: usize = 0xDF;
const HEADER: u8 = 6;
const SHORT_OFFSETS: usize = 0x8000;

/// The state of reading one selected file.
pub(super) struct FileRead {
    limit: usize,
    bytes: Vec<u8>,
    state: ReadState,
    corrected: bool,
}

enum ReadState {
    Selecting,
    Header,
    Body { total: usize },
}

pub(super) enum FileStep {
    Transmit(Vec<u8>),
    Missing,
    Done(Vec<u8>),
}

impl FileRead {
    /// Starts after SELECT has been sent.
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            bytes: Vec::new(),
            state: ReadState::Selecting,
            corrected: false,
        }
    }

    pub(super) fn next(&mut self, response: &Response<'_>) -> Result<FileStep, CardError> {
        match self.state {
            ReadState::Selecting if response.not_found() => Ok(FileStep::Missing),
            ReadState::Selecting => {
                response.success()?;
                self.state = ReadState::Header;
                Ok(FileStep::Transmit(apdu::read_binary(0, HEADER)))
            }
            ReadState::Header => self.header(response),
            ReadState::Body { total } => self.body(total, response),
        }
    }

    fn header(&mut self, response: &Response<'_>) -> Result<FileStep, CardError> {
        if let Some(length) = response.other_length() {
            self.correct()?;
            return Ok(FileStep::Transmit(apdu::read_binary(0, length)));
        }
        self.bytes.extend_from_slice(response.success()?);
        let total = announced(&self.bytes).ok_or(CardError::File)?;
        if total > self.limit {
            return Err(CardError::File);
        }
        self.state = ReadState::Body { total };
        self.corrected = false;
        self.continue_body(total)
    }

    fn body(&mut self, total: usize, response: &Response<'_>) -> Result<FileStep, CardError> {
        if let Some(length) = response.other_length() {
            self.correct()?;
            return Ok(FileStep::Transmit(self.command(length)?));
        }
        let mut data = response.success()?;
        if self.bytes.len() >= SHORT_OFFSETS {
            data = discretionary(data).ok_or(CardError::File)?;
        }
        if data.is_empty() {
            return Err(CardError::File);
        }
        self.corrected = false;
        self.bytes.extend_from_slice(data);
        self.continue_body(total)
    }

    // A chip that corrects every length would otherwise hold the session for ever.
    fn correct(&mut self) -> Result<(), CardError> {
        if std::mem::replace(&mut self.corrected, true) {
            Err(CardError::File)
        } else {
            Ok(())
        }
    }

    fn continue_body(&mut self, total: usize) -> Result<FileStep, CardError> {
        let remaining = total.saturating_sub(self.bytes.len());
        if remaining == 0 {
            self.bytes.truncate(total);
            return Ok(FileStep::Done(std::mem::take(&mut self.bytes)));
        }
        let length = u8::try_from(remaining.min(CHUNK)).map_err(|_| CardError::File)?;
        Ok(FileStep::Transmit(self.command(length)?))
    }

    fn command(&self, length: u8) -> Result<Vec<u8>, CardError> {
        let offset = u32::try_from(self.bytes.len()).map_err(|_| CardError::File)?;
        match u16::try_from(offset) {
            Ok(short) if self.bytes.len() < SHORT_OFFSETS => Ok(apdu::read_binary(short, length)),
            // The wrapping tag 53 and its length come on top of the data.
            _ => Ok(apdu::read_binary_extended(offset, length.saturating_add(3))),
        }
    }
}

// Cards in the field write lengths in longer forms than needed, so any definite form counts here.
fn announced(header: &[u8]) -> Option<usize> {
    let (_, tag_len) = tlv::tag(header).ok()?;
    let (length, length_len) = tlv::length(header.get(tag_len..)?).ok()?;
    tag_len.checked_add(length_len)?.checked_add(length)
}

fn discretionary(data: &[u8]) -> Option<&[u8]> {
    let content = data.strip_prefix(&[0x53])?;
    let (length, taken) = tlv::length(content).ok()?;
    content.get(taken..)?.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(file: &[u8], limit: usize) -> Result<(Vec<u8>, usize), CardError> {
        let mut read = FileRead::new(limit);
        let mut response = vec![0x90, 0x00];
        let mut commands = 0;
        loop {
            match read.next(&Response::parse(&response)?)? {
                FileStep::Done(bytes) => return Ok((bytes, commands)),
                FileStep::Missing => return Err(CardError::NoSecurityObject),
                FileStep::Transmit(command) => response = answer(file, &command),
            }
            commands += 1;
        }
    }

    fn answer(file: &[u8], command: &[u8]) -> Vec<u8> {
        let length = usize::from(*command.last().unwrap());
        let chunk = |offset: usize, length: usize| &file[offset.min(file.len())..(offset + length).min(file.len())];
        let data = if command[1] == 0xB1 {
            let offset = usize::from(command[7]) << 16 | usize::from(command[8]) << 8 | usize::from(command[9]);
            let chunk = chunk(offset, length - 3);
            let header = match chunk.len() {
                0..0x80 => vec![0x53, u8::try_from(chunk.len()).unwrap()],
                _ => vec![0x53, 0x81, u8::try_from(chunk.len()).unwrap()],
            };
            [&header[..], chunk].concat()
        } else {
            chunk(usize::from(command[2]) << 8 | usize::from(command[3]), length).to_vec()
        };
        [&data[..], &[0x90, 0x00]].concat()
    }

    fn file(length: usize) -> Vec<u8> {
        let [_, high, middle, low] = u32::try_from(length).unwrap().to_be_bytes();
        let body = (0..length).map(|i| u8::try_from(i % 251).unwrap());
        [0x75, 0x83, high, middle, low].into_iter().chain(body).collect()
    }

    #[test]
    fn reads_short_and_long_files_whole() {
        for length in [1, 2, 218, 223, 300, 0x7FF0, 0x8000, 0x8100, 100_000] {
            let file = file(length);
            assert_eq!(drive(&file, MAX).unwrap().0, file, "{length}");
        }
    }

    const MAX: usize = 256 * 1024;

    #[test]
    fn takes_no_padding_after_the_file() {
        let mut padded = file(40);
        padded.extend([0; 500]);
        assert_eq!(drive(&padded, MAX).unwrap().0, file(40));
    }

    #[test]
    fn refuses_a_file_over_its_limit_before_reading_it() {
        assert_eq!(drive(&file(1000), 900), Err(CardError::File));
    }

    #[test]
    fn a_chip_may_correct_a_length_once() {
        let mut read = FileRead::new(MAX);
        let mut next = |response: &[u8]| match read.next(&Response::parse(response)?)? {
            FileStep::Transmit(command) => Ok(command),
            _ => Err(CardError::File),
        };
        next(&[0x90, 0x00]).unwrap();
        assert_eq!(next(&[0x6C, 0x04]).unwrap(), apdu::read_binary(0, 4));
        assert_eq!(next(&[0x75, 0x05, 1, 2, 0x90, 0x00]).unwrap(), apdu::read_binary(4, 3));
        assert_eq!(next(&[0x6C, 0x01]), Ok(apdu::read_binary(4, 1)));
        assert_eq!(next(&[0x6C, 0x01]), Err(CardError::File));
    }

    #[test]
    fn refuses_a_file_that_ends_early() {
        assert_eq!(drive(&file(1000)[..600], MAX), Err(CardError::File));
    }
}
