//! Records with every field filled, told apart by a number.

use mahfada_base::UnixTime;

use crate::{
    AccessToken, AuditRecord, AuthorizationCode, CardSession, CardSessionState, ClientId, CodeState, ConfigurationId,
    Digest32, EventId, Issuance, IssuanceId, IssuanceState, IssuerId, NewEvent, OfferId, PreAuthorizedCode,
    Presentation, PresentationFlow, PresentationId, PresentationState, RequestId, Sealed, SessionId, StatusIndex,
    StatusListRecord, StatusListUri, TenantId, TokenHash, WebhookEndpointId,
};

/// A time after which the samples are over.
pub const LATER: UnixTime = UnixTime::new(1_795_348_800);

/// Returns a digest that differs for each number.
#[must_use]
pub fn digest(number: u32) -> Digest32 {
    let mut digest = [0x5a; 32];
    for (byte, value) in digest.iter_mut().zip(number.to_be_bytes()) {
        *byte = value;
    }
    digest
}

/// Returns a token hash that differs for each number.
#[must_use]
pub fn hash(number: u32) -> TokenHash {
    TokenHash::new(digest(number))
}

/// Returns the issuer of all samples.
#[must_use]
pub fn issuer() -> IssuerId {
    IssuerId::new("https://issuer.example/pid")
}

fn configuration_id() -> ConfigurationId {
    ConfigurationId::new("pid_sd_jwt")
}

fn client_id() -> ClientId {
    ClientId::new("https://wallet.example")
}

/// Returns an open code with a transaction code.
#[must_use]
pub fn pre_authorized_code(number: u32) -> PreAuthorizedCode {
    PreAuthorizedCode {
        hash: hash(number),
        issuer: issuer(),
        configuration_id: configuration_id(),
        offer_id: OfferId::new(format!("offer-{number}")),
        subject: Sealed::new(vec![1, 2, 3]),
        tx_code: Some(digest(7)),
        wrong_tx_codes: 0,
        state: CodeState::Open,
        expires_at: LATER,
    }
}

/// Returns an open card session.
#[must_use]
pub fn card_session(number: u32) -> CardSession {
    CardSession {
        hash: hash(number),
        issuer: issuer(),
        configuration_id: configuration_id(),
        client_id: client_id(),
        wallet_jkt: digest(11),
        key_commitment: digest(12),
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
        session_id: SessionId::new(format!("session-{number}")),
        nonce: "n-0S6_WzA2Mj".to_owned(),
        expires_at: LATER,
        state: CardSessionState::Open,
    }
}

/// Returns a code that has not been redeemed.
#[must_use]
pub fn authorization_code(number: u32) -> AuthorizationCode {
    AuthorizationCode {
        hash: hash(number),
        issuer: issuer(),
        configuration_id: configuration_id(),
        client_id: client_id(),
        wallet_jkt: digest(11),
        key_commitment: digest(12),
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
        subject: Sealed::new(vec![4, 5, 6]),
        person_ref: Some(digest(13)),
        card_ref: Some(digest(14)),
        expires_at: LATER,
        redeemed_for: None,
    }
}

/// Returns a live token that nothing was issued for.
#[must_use]
pub fn access_token(number: u32) -> AccessToken {
    AccessToken {
        hash: hash(number),
        issuer: issuer(),
        configuration_id: configuration_id(),
        client_id: Some(client_id()),
        wallet_jkt: Some(digest(11)),
        key_commitment: Some(digest(12)),
        subject: Sealed::new(vec![7, 8, 9]),
        person_ref: Some(digest(13)),
        card_ref: Some(digest(14)),
        issuance: None,
        expires_at: LATER,
        revoked: false,
    }
}

/// Returns the URI of a status list.
#[must_use]
pub fn list_uri(number: u32) -> StatusListUri {
    StatusListUri::new(format!("https://issuer.example/pid/status/{number}"))
}

/// Returns a status list of two bits and 1000 entries.
#[must_use]
pub fn status_list(number: u32) -> StatusListRecord {
    StatusListRecord {
        uri: list_uri(number),
        issuer: issuer(),
        bits: 2,
        size: 1_000,
    }
}

/// Returns a valid issuance whose copies stand on these indexes of list 1.
#[must_use]
pub fn issuance(number: u32, indexes: &[u32]) -> Issuance {
    Issuance {
        id: issuance_id(number),
        issuer: issuer(),
        configuration_id: configuration_id(),
        card_ref: Some(digest(14)),
        person_ref: Some(digest(13)),
        issued_on: LATER,
        state: IssuanceState::Valid,
        copies: indexes
            .iter()
            .map(|idx| StatusIndex {
                uri: list_uri(1),
                idx: *idx,
            })
            .collect(),
    }
}

/// Returns the id of an issuance.
#[must_use]
pub fn issuance_id(number: u32) -> IssuanceId {
    IssuanceId::new(format!("issuance-{number}"))
}

/// Returns an open same-device presentation.
#[must_use]
pub fn presentation(number: u32) -> Presentation {
    Presentation {
        id: presentation_id(number),
        tenant: TenantId::new("commune-rabat"),
        request_id: RequestId::new(format!("request-{number}")),
        flow: PresentationFlow::SameDevice,
        browser_session: Some(digest(21)),
        response_code: None,
        nonce: "n-0S6_WzA2Mj".to_owned(),
        state_param: "af0ifjsldkj".to_owned(),
        encryption_key: Sealed::new(vec![10, 11]),
        query: r#"{"credentials":[]}"#.to_owned(),
        purpose: "residence".to_owned(),
        expires_at: LATER,
        state: PresentationState::Open,
        verdict: None,
    }
}

/// Returns the agency's id of a presentation.
#[must_use]
pub fn presentation_id(number: u32) -> PresentationId {
    PresentationId::new(format!("presentation-{number}"))
}

/// Returns a tenant.
#[must_use]
pub fn tenant(number: u32) -> TenantId {
    TenantId::new(format!("tenant-{number}"))
}

/// Returns an event of a tenant.
#[must_use]
pub fn event(number: u32, owner: u32) -> NewEvent {
    NewEvent {
        id: EventId::new(format!("event-{number}")),
        tenant: tenant(owner),
        kind: "presentation.refused".to_owned(),
        object_id: format!("presentation-{number}"),
        outcome: Some("kb_nonce".to_owned()),
        at: LATER,
    }
}

/// Returns the name of a webhook endpoint.
#[must_use]
pub fn endpoint(number: u32) -> WebhookEndpointId {
    WebhookEndpointId::new(format!("endpoint-{number}"))
}

/// Returns an audit record about an object.
#[must_use]
pub fn audit_record(object_id: &str) -> AuditRecord {
    AuditRecord {
        at: LATER,
        actor: "operator-7".to_owned(),
        action: "issuance.revoke".to_owned(),
        object_id: object_id.to_owned(),
        outcome: "revoked".to_owned(),
        detail: "card reported lost".to_owned(),
    }
}
