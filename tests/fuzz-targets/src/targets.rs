//! The targets by what they read, and the table of all of them.

mod card_files;
mod card_proof;
mod credentials;
mod messages;
mod openid;
mod tokens;
mod trust;

use crate::Reached::{Parsed, Verified};
use crate::Target;

pub use card_files::{dg1, dg11, dg12, dg14, dg15, tlv};
pub use card_proof::{aa, card_anchors, card_session, evidence, sod};
pub use credentials::{credential, kb_jwt, sd_jwt, status_list};
pub use messages::{form, metadata, offer, request_uri};
pub use openid::{dcql, dpop, proof, request_object, response};
pub use tokens::{jwe, jwk, jws};
pub use trust::{lote, registration, root, x5c};

macro_rules! targets {
    ($($module:ident::$name:ident => $highest:ident,)*) => {
        &[$(Target {
            name: stringify!($name),
            run: $name,
            seeds: $module::seeds::$name,
            highest: $highest,
        }),*]
    };
}

pub(crate) const ALL: &[Target] = targets![
    tokens::jws => Verified,
    tokens::jwe => Verified,
    tokens::jwk => Verified,
    credentials::sd_jwt => Verified,
    credentials::kb_jwt => Verified,
    credentials::credential => Verified,
    credentials::status_list => Verified,
    openid::dcql => Verified,
    openid::request_object => Verified,
    openid::response => Verified,
    openid::proof => Verified,
    openid::dpop => Verified,
    messages::offer => Parsed,
    messages::request_uri => Parsed,
    messages::metadata => Parsed,
    messages::form => Parsed,
    trust::lote => Verified,
    trust::root => Verified,
    trust::registration => Verified,
    trust::x5c => Verified,
    card_files::tlv => Parsed,
    card_files::dg1 => Verified,
    card_files::dg11 => Verified,
    card_files::dg12 => Verified,
    card_files::dg14 => Verified,
    card_files::dg15 => Verified,
    card_proof::sod => Verified,
    card_proof::aa => Verified,
    card_proof::evidence => Verified,
    card_proof::card_session => Verified,
    card_proof::card_anchors => Parsed,
];
