use serde_json::json;

use super::*;

fn sample() -> ChipAuthenticationCommands {
    commands(
        &[1, 2],
        false,
        &[4, 5, 6],
        Some(&[1]),
        vec![0x0C, 0xB0, 0x81, 0x00, 0x00],
    )
}

#[test]
fn aes_takes_two_commands_and_triple_des_one() {
    let opening: Vec<_> = sample().opening().map(<[u8]>::to_vec).collect();
    assert_eq!(
        opening,
        [
            vec![0x00, 0x22, 0x41, 0xA4, 0x07, 0x80, 0x02, 1, 2, 0x84, 0x01, 1],
            vec![0x00, 0x86, 0x00, 0x00, 0x07, 0x7C, 0x05, 0x80, 0x03, 4, 5, 6, 0x00],
        ]
    );
    let legacy = commands(&[1, 2], true, &[4, 5, 6], None, Vec::new());
    let opening: Vec<_> = legacy.opening().collect();
    assert_eq!(opening, [[0x00, 0x22, 0x41, 0xA6, 0x05, 0x91, 0x03, 4, 5, 6]]);
}

#[test]
fn a_point_of_the_longest_curve_takes_a_longer_length() {
    let long = commands(&[1], false, &[4; 133], None, Vec::new());
    let general_authenticate = long.opening().nth(1).unwrap();
    assert_eq!(
        general_authenticate[..11],
        [0x00, 0x86, 0x00, 0x00, 0x8B, 0x7C, 0x81, 0x88, 0x80, 0x81, 0x85]
    );
    assert_eq!(general_authenticate.len(), 4 + 1 + 0x8B + 1);
}

#[test]
fn commands_and_response_travel_as_json() {
    let text = serde_json::to_value(sample()).unwrap();
    assert_eq!(text["protected"], "DLCBAAA");
    let read: ChipAuthenticationCommands = serde_json::from_value(text).unwrap();
    assert_eq!(read, sample());
    let response = UnverifiedChipResponse::new(vec![0x90, 0x00]);
    assert_eq!(serde_json::to_value(&response).unwrap(), json!("kAA"));
    assert_eq!(
        serde_json::from_value::<UnverifiedChipResponse>(json!("kAA")).unwrap(),
        response
    );
    let long = base64url::encode([0; 1025]);
    serde_json::from_value::<UnverifiedChipResponse>(json!(long)).unwrap_err();
}

#[test]
fn the_session_relays_in_order() {
    let mut session = ChipAuthenticationSession::new(&sample()).unwrap();
    let ok = [0x90, 0x00];
    assert!(matches!(session.next(None), Ok(ChipStep::Transmit(command)) if command[1] == 0x22));
    assert!(matches!(session.next(Some(&ok)), Ok(ChipStep::Transmit(command)) if command[1] == 0x86));
    let step = session.next(Some(&[0x7C, 0x00, 0x90, 0x00])).unwrap();
    assert_eq!(step, ChipStep::TransmitUnchanged(sample().protected().to_vec()));
    let done = session.next(Some(&[0x87, 0x90, 0x00])).unwrap();
    assert_eq!(
        done,
        ChipStep::Done(UnverifiedChipResponse::new(vec![0x87, 0x90, 0x00]))
    );
    assert_eq!(session.next(Some(&ok)), Err(CardError::OutOfOrder));
}

#[test]
fn the_session_ends_when_the_chip_refuses() {
    let start = || {
        let mut session = ChipAuthenticationSession::new(&sample()).unwrap();
        session.next(None).unwrap();
        session
    };
    assert_eq!(start().next(Some(&[0x6A, 0x80])), Err(CardError::Status(0x6A80)));
    assert_eq!(start().next(Some(&[0x90])), Err(CardError::NoStatus));
    assert_eq!(start().next(None), Err(CardError::OutOfOrder));
}

// A server that could have the phone send anything could have the card sign or erase.
#[test]
fn the_wallet_relays_nothing_but_chip_authentication() {
    let changed = |opening: Vec<Vec<u8>>, protected: Vec<u8>| {
        ChipAuthenticationSession::new(&ChipAuthenticationCommands { opening, protected }).map(|_| ())
    };
    let genuine = sample();
    let (opening, protected) = (genuine.opening.clone(), genuine.protected);
    assert_eq!(changed(opening.clone(), protected.clone()), Ok(()));
    for (opening, protected) in [
        (Vec::new(), protected.clone()),
        (vec![opening[0].clone(); 3], protected.clone()),
        (vec![vec![0x00, 0x88, 0x00, 0x00]], protected.clone()),
        (vec![[&[0x00, 0x22][..], &[0; 300]].concat()], protected),
        (opening.clone(), vec![0x0C, 0xB0, 0x82, 0x00]),
        (opening, vec![0x00, 0xB0, 0x81, 0x00]),
    ] {
        assert_eq!(changed(opening, protected), Err(CardError::OutOfOrder));
    }
}

#[test]
fn debug_shows_no_response() {
    let response = UnverifiedChipResponse::new(vec![0xAB; 4]);
    assert_eq!(format!("{response:?}"), "UnverifiedChipResponse(…)");
}
