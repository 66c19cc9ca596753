//! Keeps a trust store in step with the trust registry, and remembers what it saw across restarts (decision D8).

use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};

use mahfada_base::{Report, UnixTime, json};
use mahfada_crypto::CryptoProvider;
use mahfada_trust::{ListMemory, PinnedRoot, RootError, TrustRole, TrustStore, UnverifiedRoot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::client::{OutboundClient, OutboundError, OutboundResponse};
use crate::config::PublicUrl;

/// The key under which a service keeps [`Refreshed::memory`] in the trust memory of its store.
pub const TRUST_MEMORY_KEY: &str = "trust";

/// The most bytes of a root document or a list.
const MAX_DOCUMENT: usize = 1024 * 1024;
/// The most root versions that one refresh walks through.
const MAX_ROOT_STEPS: usize = 64;

/// Where trust material comes from and what it must descend from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustSource {
    /// The trust registry.
    pub registry_url: PublicUrl,
    /// The pinned root document; everything fetched must descend from it.
    pub pinned_root_file: PathBuf,
    /// The seconds between two refreshes; suspensions are seen within them (decision D10).
    #[serde(default = "default_refresh_seconds")]
    pub refresh_seconds: u64,
}

const fn default_refresh_seconds() -> u64 {
    45
}

/// Why there is no trust store to begin with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustSourceError {
    /// The pinned root document cannot be read.
    #[error("cannot read the pinned root document {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The pinned root document does not hold.
    #[error("the pinned root document does not hold")]
    Root(#[from] RootError),
    /// The remembered root documents do not descend from the pinned one: the memory is another registry's or forged.
    #[error("the remembered root documents do not descend from the pinned one in {path}")]
    Descent {
        /// The file that pins the root document.
        path: PathBuf,
        /// What does not hold.
        #[source]
        source: RootError,
    },
    /// The remembered state is none that [`Refreshed::memory`] gave.
    #[error("the remembered trust state cannot be read")]
    Memory,
}

/// What a refresh brought.
#[derive(Clone, Debug)]
pub struct Refreshed {
    /// JSON to be persisted under [`TRUST_MEMORY_KEY`] and handed to [`TrustSource::load`] at the next start.
    pub memory: String,
    /// One check per root step and list; a failed one leaves the former document in force.
    pub report: Report,
}

#[derive(Default, Serialize, Deserialize)]
struct Memory {
    /// The envelopes of the root documents after the pinned one, each as its JSON text.
    #[serde(default)]
    roots: Vec<String>,
    #[serde(default)]
    lists: ListMemory,
}

impl TrustSource {
    /// Makes the trust store of this source, without lists yet: under the pinned root, or under the newest remembered one,
    /// once every step from the pinned one to it has been verified again.
    ///
    /// # Errors
    /// [`TrustSourceError`] when the pinned root or the remembered state does not hold, or when the latter does not
    /// descend from the former.
    pub fn load(&self, memory: Option<&str>, provider: &CryptoProvider) -> Result<TrustStore, TrustSourceError> {
        let bytes = std::fs::read(&self.pinned_root_file).map_err(|source| TrustSourceError::Unreadable {
            path: self.pinned_root_file.clone(),
            source,
        })?;
        let memory: Memory = memory
            .map_or_else(|| Ok(Memory::default()), |text| json::from_slice(text.as_bytes()))
            .map_err(|_| TrustSourceError::Memory)?;
        let root = PinnedRoot::restore(&bytes, &memory.roots, provider).map_err(|error| match error {
            RootError::Descent(_) => TrustSourceError::Descent {
                path: self.pinned_root_file.clone(),
                source: error,
            },
            other => TrustSourceError::Root(other),
        })?;
        Ok(TrustStore::new(root, memory.lists))
    }

    /// Walks to the newest root document, then fetches the list of every role that the root names signers for.
    ///
    /// No lock is held while a request is under way. What cannot be fetched or does not hold is reported and changes
    /// nothing; whether a list is still current is decided at each use of the store, not here.
    pub async fn refresh(
        &self,
        client: &OutboundClient,
        store: &RwLock<TrustStore>,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Refreshed {
        let mut report = Report::new();
        self.walk_root(client, store, now, provider, &mut report).await;
        for role in TrustRole::ALL {
            if !read(store, |store| store.root().document().list_signers(role).is_empty()) {
                self.fetch_list(role, client, store, now, provider, &mut report).await;
            }
        }
        Refreshed {
            memory: read(store, memory_of),
            report,
        }
    }

    async fn walk_root(
        &self,
        client: &OutboundClient,
        store: &RwLock<TrustStore>,
        now: UnixTime,
        provider: &CryptoProvider,
        report: &mut Report,
    ) {
        for _ in 0..MAX_ROOT_STEPS {
            let next = read(store, |store| store.root().document().version).saturating_add(1);
            let fetched = self
                .fetch(client, &format!("/root/{next}.json"), "application/json")
                .await;
            let accepted = match fetched {
                Ok(None) => return report.passed("root_current"),
                Ok(Some(body)) => UnverifiedRoot::parse(&body)
                    .and_then(|root| write(store, |store| store.accept_root(root, now, provider))),
                Err(error) => return report.failed(error.code(), format!("root document {next}")),
            };
            match accepted {
                Ok(()) => report.passed("root_accepted"),
                Err(error) => return report.failed(error.code(), format!("root document {next}")),
            }
        }
    }

    async fn fetch_list(
        &self,
        role: TrustRole,
        client: &OutboundClient,
        store: &RwLock<TrustStore>,
        now: UnixTime,
        provider: &CryptoProvider,
        report: &mut Report,
    ) {
        let slug = role.slug();
        let fetched = self
            .fetch(client, &format!("/lists/{slug}.jwt"), "application/jose")
            .await;
        let code = match fetched.map(|body| body.and_then(|body| String::from_utf8(body).ok())) {
            Ok(Some(jws)) => match write(store, |store| store.accept_list(role, &jws, now, provider)) {
                Ok(()) => {
                    return report.record(
                        "list_accepted",
                        mahfada_base::CheckStatus::Passed,
                        Some(slug.to_owned()),
                    );
                }
                Err(error) => error.code(),
            },
            Ok(None) => "list_unavailable",
            Err(error) => error.code(),
        };
        tracing::warn!(list = slug, code, "a list of trusted entities was not accepted");
        report.failed(code, slug);
    }

    /// Fetches a document; `None` says that the registry does not have it.
    async fn fetch(&self, client: &OutboundClient, path: &str, accept: &str) -> Result<Option<Vec<u8>>, FetchError> {
        let OutboundResponse { status, body, .. } =
            client.get(&self.registry_url.join(path), accept, MAX_DOCUMENT).await?;
        match status {
            200 => Ok(Some(body)),
            404 => Ok(None),
            _ => Err(FetchError::Status),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error("the trust registry answered with an error")]
    Status,
}

impl FetchError {
    const fn code(&self) -> &'static str {
        match self {
            Self::Outbound(error) => error.code(),
            Self::Status => "registry_status",
        }
    }
}

/// Writes what [`TrustSource::load`] reads.
fn memory_of(store: &TrustStore) -> String {
    let envelopes = store.root().envelopes().unwrap_or_default();
    let roots = envelopes.into_iter().flat_map(String::from_utf8).collect();
    serde_json::to_string(&Memory {
        roots,
        lists: store.memory(),
    })
    .unwrap_or_default()
}

// A store is changed by one call that ends before the lock does, so a poisoned one is whole.
fn read<T>(store: &RwLock<TrustStore>, look: impl FnOnce(&TrustStore) -> T) -> T {
    look(&store.read().unwrap_or_else(PoisonError::into_inner))
}

fn write<T>(store: &RwLock<TrustStore>, change: impl FnOnce(&mut TrustStore) -> T) -> T {
    change(&mut store.write().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use actix_web::HttpResponse;
    use actix_web::web::{self, Path, ServiceConfig};
    use mahfada_crypto::aws_lc::PROVIDER;
    use mahfada_jose::Jwk;
    use mahfada_trust::{ListBuilder, ListSigner, LocalizedText, RootDocument};
    use mahfada_x509::{CertificateKind, eku};

    use super::*;
    use crate::fixture::{Authority, Key, TestServer, key, now, scratch_file};

    const ROLE: TrustRole = TrustRole::PidIssuers;

    /// A registry that serves whatever stands in its map.
    struct Scene {
        officer: Key,
        lists: Authority,
        documents: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
        server: TestServer,
        client: OutboundClient,
        pinned: PathBuf,
    }

    impl Scene {
        fn new() -> Self {
            let tls = Authority::new("TLS");
            let documents: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
            let map = Arc::clone(&documents);
            let routes = move |config: &mut ServiceConfig| {
                let map = Arc::clone(&map);
                let serve = web::get().to(move |path: Path<String>| {
                    let found = map.lock().unwrap().get(path.as_str()).cloned();
                    async move {
                        found.map_or_else(
                            || HttpResponse::NotFound().finish(),
                            |body| HttpResponse::Ok().body(body),
                        )
                    }
                });
                config.service(web::resource("/{path:.*}").route(serve));
            };
            let server = TestServer::start(Some(&tls.localhost()), routes);
            let client = OutboundClient::new(&tls.outbound()).unwrap();
            let (officer, lists) = (key(), Authority::new("Operator"));
            let pinned = scratch_file("root.json", &root(&officer, &lists, 1));
            Self {
                officer,
                lists,
                documents,
                server,
                client,
                pinned,
            }
        }

        fn source(&self) -> TrustSource {
            TrustSource {
                registry_url: PublicUrl::parse(&self.server.url("")).unwrap(),
                pinned_root_file: self.pinned.clone(),
                refresh_seconds: 45,
            }
        }

        fn serve(&self, path: &str, body: impl Into<Vec<u8>>) {
            self.documents.lock().unwrap().insert(path.to_owned(), body.into());
        }

        fn serve_list(&self, sequence: u64) {
            let key = key();
            let kind = CertificateKind::Leaf {
                extended_key_usage: eku::LIST_SIGNING,
                dns_names: Vec::new(),
            };
            let leaf = self.lists.issue("Operator", kind, &key);
            let list = ListBuilder {
                role: ROLE,
                sequence,
                operator_name: LocalizedText::new("en", "Operator"),
                territory: "MA".to_owned(),
                issued_at: now(),
                next_update: now().plus(3_600),
                entities: Vec::new(),
            };
            self.serve(
                "lists/pid-issuers.jwt",
                list.sign(&[leaf], key.signer.as_ref(), &PROVIDER).unwrap(),
            );
        }

        async fn refresh(&self, store: &RwLock<TrustStore>) -> Refreshed {
            self.source().refresh(&self.client, store, now(), &PROVIDER).await
        }
    }

    fn root(officer: &Key, lists: &Authority, version: u64) -> Vec<u8> {
        let signer = ListSigner {
            organization: "Operator".to_owned(),
            authority: lists.certificate.clone(),
        };
        let document = RootDocument {
            version,
            issued_at: now().minus(60),
            expires: now().plus(86_400),
            threshold: 1,
            officers: vec![Jwk::from_public_key(officer.signer.public_key())],
            list_signers: BTreeMap::from([(ROLE, vec![signer])]),
            least_sequence: BTreeMap::new(),
            registry_base_url: "https://registry.example".to_owned(),
        };
        document.sign(&[officer.signer.as_ref()], PROVIDER.digest).unwrap()
    }

    fn failure(refreshed: &Refreshed) -> String {
        refreshed.report.first_failure().unwrap().code.clone().into_owned()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn walks_the_roots_and_takes_the_lists() {
        let scene = Scene::new();
        for version in [2, 3] {
            scene.serve(
                &format!("root/{version}.json"),
                root(&scene.officer, &scene.lists, version),
            );
        }
        scene.serve_list(4);
        let store = RwLock::new(scene.source().load(None, &PROVIDER).unwrap());
        let refreshed = scene.refresh(&store).await;
        assert!(refreshed.report.accepts(), "{:?}", refreshed.report);
        let store = store.into_inner().unwrap();
        assert_eq!(store.root().document().version, 3);
        assert_eq!(store.list(ROLE).unwrap().sequence(), 4);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_older_list_is_refused_after_a_restart() {
        let scene = Scene::new();
        scene.serve_list(4);
        let store = RwLock::new(scene.source().load(None, &PROVIDER).unwrap());
        let memory = scene.refresh(&store).await.memory;

        scene.serve_list(3);
        let restarted = RwLock::new(scene.source().load(Some(&memory), &PROVIDER).unwrap());
        assert_eq!(failure(&scene.refresh(&restarted).await), "list_rollback");
        assert!(restarted.into_inner().unwrap().list(ROLE).is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_root_once_accepted_is_in_force_after_a_restart() {
        let scene = Scene::new();
        scene.serve("root/2.json", root(&scene.officer, &scene.lists, 2));
        let store = RwLock::new(scene.source().load(None, &PROVIDER).unwrap());
        let memory = scene.refresh(&store).await.memory;
        assert_eq!(
            scene
                .source()
                .load(Some(&memory), &PROVIDER)
                .unwrap()
                .root()
                .document()
                .version,
            2
        );
        assert_eq!(
            scene.source().load(None, &PROVIDER).unwrap().root().document().version,
            1
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_memory_is_walked_again_from_the_pinned_root() {
        let scene = Scene::new();
        for version in [2, 3] {
            let document = root(&scene.officer, &scene.lists, version);
            scene.serve(&format!("root/{version}.json"), document);
        }
        let store = RwLock::new(scene.source().load(None, &PROVIDER).unwrap());
        let memory = scene.refresh(&store).await.memory;
        let load = |pinned: &[u8], memory: &str| {
            let mut source = scene.source();
            source.pinned_root_file = scratch_file("root.json", pinned);
            let loaded = source.load(Some(memory), &PROVIDER);
            loaded.map(|store| (store.root().document().version, memory_of(&store)))
        };
        let pinned = root(&scene.officer, &scene.lists, 1);
        assert_eq!(load(&pinned, &memory).unwrap(), (3, memory.clone()));
        // Another registry's officers sign a root of their own; by itself it holds.
        let (stranger, lists) = (key(), Authority::new("Operator"));
        let refused = load(&root(&stranger, &lists, 1), &memory).unwrap_err();
        assert!(matches!(refused, TrustSourceError::Descent { .. }), "{refused}");
        let rogue = String::from_utf8(root(&stranger, &lists, 2)).unwrap();
        let forged = serde_json::to_string(&Memory {
            roots: vec![rogue],
            lists: ListMemory::default(),
        });
        let refused = load(&pinned, &forged.unwrap()).unwrap_err();
        assert!(matches!(refused, TrustSourceError::Descent { .. }), "{refused}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_lone_root_in_a_memory_of_old_is_no_ground_for_trust() {
        let scene = Scene::new();
        let rogue = root(&key(), &Authority::new("Operator"), 9);
        let memory = format!(
            r#"{{"root":"{}","lists":{{}}}}"#,
            mahfada_base::base64url::encode(rogue)
        );
        let store = scene.source().load(Some(&memory), &PROVIDER).unwrap();
        assert_eq!(store.root().document().version, 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_root_of_other_officers_changes_nothing_and_lists_are_still_fetched() {
        let scene = Scene::new();
        scene.serve("root/2.json", root(&key(), &Authority::new("Operator"), 2));
        scene.serve_list(1);
        let store = RwLock::new(scene.source().load(None, &PROVIDER).unwrap());
        assert_eq!(failure(&scene.refresh(&store).await), "root_threshold");
        let store = store.into_inner().unwrap();
        assert_eq!(store.root().document().version, 1);
        assert_eq!(store.list(ROLE).unwrap().sequence(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_missing_list_is_reported() {
        let scene = Scene::new();
        let store = RwLock::new(scene.source().load(None, &PROVIDER).unwrap());
        assert_eq!(failure(&scene.refresh(&store).await), "list_unavailable");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn there_is_no_store_without_a_pinned_root_or_with_a_spoilt_memory() {
        let scene = Scene::new();
        assert!(matches!(
            scene.source().load(Some("{"), &PROVIDER),
            Err(TrustSourceError::Memory)
        ));
        let mut source = scene.source();
        source.pinned_root_file = "/nonexistent/root.json".into();
        assert!(matches!(
            source.load(None, &PROVIDER),
            Err(TrustSourceError::Unreadable { .. })
        ));
    }
}
