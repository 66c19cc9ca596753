use std::io::Write as _;
use std::time::Duration;

use flate2::write::ZlibEncoder as WriteEncoder;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../../../tests/vectors/status-list/test_vectors.json");

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = WriteEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn code(bits: u8, compressed: &[u8]) -> &'static str {
    StatusList::decode(bits, &base64url::encode(compressed), MAX_UNCOMPRESSED)
        .map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn agrees_with_the_vectors_in_both_directions() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let bits = u8::try_from(vector["bits"].as_u64().unwrap()).unwrap();
        let size = vector["size"].as_u64().unwrap();
        let lst = vector["status_list_json"]["lst"].as_str().unwrap();
        let read = StatusList::decode(bits, lst, MAX_UNCOMPRESSED).unwrap();
        let mut made = StatusList::new(bits, size).unwrap();
        assert_eq!((read.bits(), read.size()), (bits, size));
        for (index, value) in vector["statuses"].as_object().unwrap() {
            let value = u8::try_from(value.as_u64().unwrap()).unwrap();
            made.set(index.parse().unwrap(), value).unwrap();
        }
        // Equal bytes, so every index agrees, listed or not.
        assert_eq!(made, read, "{bits} bits");
        let again = StatusList::decode(bits, &made.encode(), MAX_UNCOMPRESSED).unwrap();
        assert_eq!(again, read);
        for (index, value) in vector["statuses"].as_object().unwrap() {
            assert_eq!(read.get(index.parse().unwrap()).ok().map(u64::from), value.as_u64());
        }
        for outside in [size, size + 1, u64::MAX] {
            assert_eq!(read.get(outside), Err(StatusIndexError::OutOfRange));
        }
        read.get(size - 1).unwrap();
    }
}

#[test]
fn the_first_entry_has_the_lowest_bits() {
    // The examples of §4.1: two bytes of one bit each, and three bytes of two bits each.
    let statuses = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
    let list = StatusList::decode(1, "eNrbuRgAAhcBXQ", MAX_UNCOMPRESSED).unwrap();
    let read: Vec<u8> = (0..16).map(|index| list.get(index).unwrap()).collect();
    assert_eq!(read, statuses);
    let statuses = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
    let list = StatusList::decode(2, "eNo76fITAAPfAgc", MAX_UNCOMPRESSED).unwrap();
    let read: Vec<u8> = (0..12).map(|index| list.get(index).unwrap()).collect();
    assert_eq!(read, statuses);
}

#[test]
fn refuses_values_that_do_not_fit() {
    for (bits, widest) in [(1, 1), (2, 3), (4, 15), (8, 255)] {
        let mut list = StatusList::new(bits, 8).unwrap();
        list.set(3, widest).unwrap();
        assert_eq!(list.get(3), Ok(widest));
        assert_eq!((list.get(2), list.get(4)), (Ok(0), Ok(0)));
        if widest < u8::MAX {
            assert_eq!(list.set(3, widest + 1), Err(StatusIndexError::ValueTooWide));
        }
        list.set(3, 0).unwrap();
        assert_eq!(list, StatusList::new(bits, 8).unwrap());
        assert_eq!(list.set(8, 0), Err(StatusIndexError::OutOfRange));
    }
    // Suspension is 2 and needs two bits.
    assert_eq!(
        StatusList::new(1, 8).unwrap().set(0, 2).unwrap_err().code(),
        "status_bits"
    );
}

#[test]
fn refuses_widths_that_divide_no_byte() {
    for bits in [0, 3, 5, 6, 7, 9, 16, 255] {
        assert_eq!(StatusList::new(bits, 8).unwrap_err().code(), "status_bits");
        assert_eq!(code(bits, &zlib(&[0; 8])), "status_bits");
    }
}

#[test]
fn reads_eight_mebibytes_and_not_one_byte_more() {
    assert_eq!(code(8, &zlib(&vec![0; MAX_UNCOMPRESSED])), "ok");
    assert_eq!(code(8, &zlib(&vec![0; MAX_UNCOMPRESSED + 1])), "status_too_large");
    StatusList::new(1, 1 << 26).unwrap();
    assert_eq!(
        StatusList::new(1, (1 << 26) + 1).unwrap_err().code(),
        "status_too_large"
    );
    assert_eq!(StatusList::new(8, u64::MAX).unwrap_err().code(), "status_too_large");
    let small = StatusList::decode(1, &base64url::encode(zlib(&[0; 9])), 8);
    assert_eq!(small.unwrap_err().code(), "status_too_large");
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the time that a hostile list costs is what is tested"
)]
fn a_bomb_is_refused_before_it_grows() {
    // One gibibyte of zeros in about a mebibyte.
    let mut encoder = WriteEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let start = std::time::Instant::now();
    assert_eq!(code(1, &bomb), "status_too_large");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn refuses_what_is_not_one_zlib_stream() {
    let good = zlib(&[1, 2, 3]);
    assert_eq!(code(8, &good), "ok");
    let mut checksum = good.clone();
    *checksum.last_mut().unwrap() ^= 1;
    for bad in [
        vec![],
        vec![0; 8],
        good[..good.len() - 1].to_vec(),
        checksum,
        [good.as_slice(), &[0]].concat(),
        [good.as_slice(), &good].concat(),
        good[2..good.len() - 4].to_vec(),
    ] {
        assert_eq!(code(8, &bad), "status_malformed", "{bad:?}");
    }
    let padded = format!("{}=", base64url::encode(&good));
    let refused = StatusList::decode(8, &padded, MAX_UNCOMPRESSED).unwrap_err();
    assert_eq!(refused.code(), "status_malformed");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "constant time of a lookup is what is tested")]
fn a_lookup_does_not_depend_on_the_size() {
    let list = StatusList::new(1, 1 << 26).unwrap();
    let start = std::time::Instant::now();
    let set = (0..1_000_000_u64).filter(|index| list.get(index * 67) != Ok(0)).count();
    // Far above what an unoptimised build takes, far below what decoding per lookup would.
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(set, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reads_what_was_set(width in 0_u32..4, values in prop::collection::vec(any::<u8>(), 1..200)) {
        let bits = 1 << width;
        let mask = u8::MAX >> (8 - bits);
        let mut list = StatusList::new(bits, values.len() as u64).unwrap();
        for (index, value) in (0..).zip(&values) {
            list.set(index, value & mask).unwrap();
        }
        let read = StatusList::decode(bits, &list.encode(), MAX_UNCOMPRESSED).unwrap();
        for (index, value) in (0..).zip(&values) {
            prop_assert_eq!(read.get(index), Ok(value & mask));
        }
        prop_assert!(read.size() >= values.len() as u64);
        prop_assert!(read.size() < values.len() as u64 + 8);
    }

    #[test]
    fn never_fails_badly(bits: u8, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = StatusList::decode(bits, &base64url::encode(&bytes), 1024);
    }
}
