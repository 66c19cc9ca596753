//! TV-24 and TV-25: what a fetch brings, and how long a copy is good.

use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_jose::JwsBuilder;
use mahfada_status_list::StatusListToken;
use mahfada_storage_sqlite::SqliteStorage;
use mahfada_trust::{ListBuilder, ServiceStatus, TrustRole, TrustStore};
use mahfada_web::config::OutboundConfig;
use serde_json::json;

use super::*;
use crate::tests::fixture::{CNSS, Country, DGSN, Leaf, STATUS_INDEX, STATUS_URI};

fn need() -> StatusNeed {
    StatusNeed {
        uri: STATUS_URI.to_owned(),
        organization: DGSN.to_owned(),
    }
}

async fn empty(client: OutboundClient) -> StatusLists {
    let storage = Arc::new(SqliteStorage::in_memory().unwrap());
    let seen = SeenLists::recall(storage, PROVIDER.digest).await.unwrap();
    StatusLists::new(client, 60, seen)
}

fn settled(
    store: &TrustStore,
    fetched: Result<String, &'static str>,
    kept: Option<Kept>,
    now: UnixTime,
) -> (StatusAnswer, Option<Kept>) {
    settle(
        &need(),
        fetched,
        kept,
        Judge {
            trust: store,
            newest_seen: None,
            now,
            crypto: &PROVIDER,
        },
    )
}

fn code_of(token: String) -> &'static str {
    let country = Country::new();
    let (answer, keep) = settled(&country.store(), Ok(token), None, country.now);
    assert!(keep.is_none(), "a refused list is not kept");
    answer.unwrap_err()
}

fn kept(country: &Country) -> Kept {
    let token = country.status_token(STATUS_URI, 0, &country.status_signer());
    settled(&country.store(), Ok(token), None, country.now).1.unwrap()
}

fn signed(uri: &str, exp: UnixTime, signer: &Leaf) -> String {
    let iat = Country::new().now.minus(7_200);
    StatusListToken::sign(
        uri,
        iat,
        exp,
        300,
        &Country::status_list(0),
        &signer.chain,
        &*signer.signer,
    )
    .unwrap()
}

#[test]
fn a_good_list_is_used_and_kept() {
    let country = Country::new();
    let token = country.status_token(STATUS_URI, 1, &country.status_signer());
    let (answer, keep) = settled(&country.store(), Ok(token), None, country.now);
    assert!(!answer.unwrap().stale);
    assert_eq!(keep.unwrap().fetched_at, country.now);
}

#[test]
fn tv_25_a_list_that_does_not_hold_is_refused_by_its_name() {
    let country = Country::new();
    let signer = country.status_signer();
    let later = country.now.plus(60);
    assert_eq!(
        code_of(signed("https://issuer.example/pid/status/2", later, &signer)),
        "status_sub"
    );
    assert_eq!(
        code_of(signed(STATUS_URI, country.now.minus(61), &signer)),
        "status_exp"
    );
    let claims = json!({"sub": STATUS_URI, "iat": country.now, "exp": later, "status_list": {"bits": 1, "lst": ""}});
    let other_type = JwsBuilder::new("jwt")
        .x5c(&signer.chain)
        .sign(&claims, &*signer.signer)
        .unwrap();
    assert_eq!(code_of(other_type), "status_typ");
    // Signers of other issuers, and the issuer's own key for credentials.
    assert_eq!(
        code_of(signed(STATUS_URI, later, &country.other_status_signer())),
        "status_key"
    );
    assert_eq!(code_of(signed(STATUS_URI, later, &country.issuer())), "status_key");
    let stolen = Leaf {
        chain: signer.chain,
        signer: country.issuer().signer,
    };
    assert_eq!(code_of(signed(STATUS_URI, later, &stolen)), "status_sig");
    assert_eq!(code_of("not a token".to_owned()), "status_malformed");
}

#[test]
fn the_list_of_one_issuer_says_nothing_about_another_s_credentials() {
    let country = Country::new();
    let token = country.status_token(STATUS_URI, 0, &country.status_signer());
    let need = StatusNeed {
        organization: CNSS.to_owned(),
        ..need()
    };
    let judge = Judge {
        trust: &country.store(),
        newest_seen: None,
        now: country.now,
        crypto: &PROVIDER,
    };
    assert_eq!(settle(&need, Ok(token), None, judge).0.unwrap_err(), "status_key");
}

#[test]
fn tv_24_nothing_fetched_and_nothing_kept_is_unavailable() {
    let country = Country::new();
    for code in [UNAVAILABLE, "status_uri", "status_too_large"] {
        assert_eq!(
            settled(&country.store(), Err(code), None, country.now).0.unwrap_err(),
            code
        );
    }
}

#[test]
fn an_earlier_copy_bridges_an_outage_until_it_expires() {
    let country = Country::new();
    let store = country.store();
    let at = |later| settled(&store, Err(UNAVAILABLE), Some(kept(&country)), country.now.plus(later)).0;
    assert!(at(3_000).unwrap().stale);
    assert!(at(3_659).unwrap().stale);
    assert_eq!(at(3_660).unwrap_err(), UNAVAILABLE);
}

#[test]
fn an_earlier_copy_does_not_cover_a_bad_list_or_a_suspended_signer() {
    let country = Country::new();
    let bad = signed(STATUS_URI, country.now.plus(60), &country.issuer());
    let (answer, _) = settled(&country.store(), Ok(bad), Some(kept(&country)), country.now);
    assert_eq!(answer.unwrap_err(), "status_key");
    let suspended = country.store_with(|list: &mut ListBuilder| {
        if list.role == TrustRole::StatusSigners {
            list.entities[0].services[0].status = ServiceStatus::Suspended;
        }
    });
    let (answer, _) = settled(&suspended, Err(UNAVAILABLE), Some(kept(&country)), country.now);
    assert_eq!(answer.unwrap_err(), "status_key");
}

#[test]
fn a_copy_is_fresh_for_the_shorter_of_ttl_and_max_age() {
    let country = Country::new();
    let kept = kept(&country);
    let fresh = |max_age, later| kept.is_fresh(max_age, country.now.plus(later));
    assert!(fresh(60, 59) && !fresh(60, 60));
    // The list says 300 s.
    assert!(fresh(10_000, 299) && !fresh(10_000, 300));
    assert!(!fresh(0, 0), "0 fetches every time");
    assert!(!fresh(60, -1), "a clock that went back proves nothing");
}

#[tokio::test]
async fn a_list_that_cannot_be_fetched_fails_closed_and_its_address_is_judged() {
    let country = Country::new();
    let trust = LiveTrust::new(country.store(), None);
    let client = OutboundClient::new(&OutboundConfig::default()).unwrap();
    let lists = empty(client).await;
    for uri in [
        "http://issuer.example/1",
        "file:///etc/passwd",
        "https://127.0.0.1/1",
        "https://169.254.169.254/1",
    ] {
        let need = StatusNeed {
            uri: uri.to_owned(),
            ..need()
        };
        let answers = lists
            .answer(BTreeSet::from([need.clone()]), &trust, country.now, &PROVIDER)
            .await;
        assert_eq!(*answers[&need].as_ref().unwrap_err(), "status_uri", "{uri}");
    }
    let client = OutboundClient::new(&OutboundConfig {
        allow_loopback: true,
        ..OutboundConfig::default()
    })
    .unwrap();
    let lists = empty(client).await;
    // Port 1 of this machine answers nobody.
    let need = StatusNeed {
        uri: "https://127.0.0.1:1/status".to_owned(),
        ..need()
    };
    let answers = lists
        .answer(BTreeSet::from([need.clone()]), &trust, country.now, &PROVIDER)
        .await;
    assert_eq!(*answers[&need].as_ref().unwrap_err(), UNAVAILABLE);
}

#[tokio::test]
async fn a_fresh_copy_is_not_fetched_again_and_the_store_of_copies_is_bounded() {
    let country = Country::new();
    let trust = LiveTrust::new(country.store(), None);
    let lists = empty(OutboundClient::new(&OutboundConfig::default()).unwrap()).await;
    lists.keep(need(), kept(&country));
    // `issuer.example` resolves to nothing, so an answer proves that nobody was asked.
    let answers = lists
        .answer(BTreeSet::from([need()]), &trust, country.now, &PROVIDER)
        .await;
    assert!(!answers[&need()].as_ref().unwrap().stale);
    for number in 0..2 * MAX_LISTS {
        let later = country.now.plus(1 + i64::try_from(number).unwrap());
        let need = StatusNeed {
            uri: format!("{STATUS_URI}{number}"),
            ..need()
        };
        lists.keep(
            need,
            Kept {
                fetched_at: later,
                ..kept(&country)
            },
        );
    }
    assert_eq!(lists.kept.lock().unwrap().len(), MAX_LISTS);
    assert!(lists.recall(&need()).is_none(), "the oldest goes first");
}

fn made_at(iat: UnixTime, value: u8) -> String {
    let (list, signer) = (Country::status_list(value), Country::new().status_signer());
    StatusListToken::sign(
        STATUS_URI,
        iat,
        iat.plus(86_400),
        300,
        &list,
        &signer.chain,
        &*signer.signer,
    )
    .unwrap()
}

#[test]
fn an_older_list_does_not_undo_a_revocation() {
    let country = Country::new();
    let store = country.store();
    let (_, kept) = settled(&store, Ok(made_at(country.now.minus(10), 1)), None, country.now);
    let (answer, keep) = settled(&store, Ok(made_at(country.now.minus(11), 0)), kept.clone(), country.now);
    let copy = answer.unwrap();
    assert!(copy.stale && keep.is_none());
    assert_eq!(copy.list.status(STATUS_INDEX).unwrap().value(), 1);
    // A newer one does reinstate what was suspended.
    let (answer, keep) = settled(&store, Ok(made_at(country.now.minus(9), 0)), kept, country.now);
    let copy = answer.unwrap();
    assert!(!copy.stale && keep.is_some());
    assert_eq!(copy.list.status(STATUS_INDEX).unwrap().value(), 0);
}

#[test]
fn a_list_older_than_one_seen_in_an_earlier_run_is_not_relied_on() {
    let country = Country::new();
    let store = country.store();
    let seen_at = |seen| Judge {
        trust: &store,
        newest_seen: Some(seen),
        now: country.now,
        crypto: &PROVIDER,
    };
    let token = || Ok(made_at(country.now.minus(10), 0));
    let (answer, keep) = settle(&need(), token(), None, seen_at(country.now.minus(9)));
    assert_eq!(answer.unwrap_err(), UNAVAILABLE);
    assert!(keep.is_none());
    let (answer, _) = settle(&need(), token(), None, seen_at(country.now.minus(10)));
    assert!(!answer.unwrap().stale);
}

#[tokio::test]
async fn of_two_fetches_at_once_the_newer_list_is_kept() {
    let country = Country::new();
    let lists = empty(OutboundClient::new(&OutboundConfig::default()).unwrap()).await;
    let copy_of = |token| settled(&country.store(), Ok(token), None, country.now).1.unwrap();
    lists.keep(need(), copy_of(made_at(country.now.minus(10), 1)));
    lists.keep(need(), copy_of(made_at(country.now.minus(11), 0)));
    assert_eq!(
        lists
            .recall(&need())
            .unwrap()
            .list
            .status(STATUS_INDEX)
            .unwrap()
            .value(),
        1
    );
}

#[tokio::test]
async fn the_newest_list_of_an_organization_is_measured_even_when_it_is_no_longer_kept() {
    let country = Country::new();
    let lists = empty(OutboundClient::new(&OutboundConfig::default()).unwrap()).await;
    let of = |organization: &str, number: usize| StatusNeed {
        uri: format!("{STATUS_URI}{number}"),
        organization: organization.to_owned(),
    };
    let made = |age| {
        let token = made_at(country.now.minus(age), 0);
        settled(&country.store(), Ok(token), None, country.now).1.unwrap()
    };
    lists.keep(of(DGSN, 0), made(10));
    lists.keep(of(DGSN, 1), made(20));
    let list = made(30);
    for number in 0..=MAX_LISTS {
        let fetched_at = country.now.plus(1);
        lists.keep(
            of(CNSS, number),
            Kept {
                fetched_at,
                ..list.clone()
            },
        );
    }
    assert!(lists.recall(&of(DGSN, 0)).is_none() && lists.recall(&of(DGSN, 1)).is_none());
    let expected = [(CNSS, country.now.minus(30)), (DGSN, country.now.minus(10))];
    assert_eq!(
        lists.issue_times(),
        BTreeMap::from(expected.map(|(name, time)| (name.to_owned(), time)))
    );
}
