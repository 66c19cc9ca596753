//! `docs/operations.md` held against the running services: the names of the metrics, and the samples for webhooks.
#![forbid(unsafe_code)]

#[cfg(test)]
#[path = "../../mahfada/tests/guides/page.rs"]
mod page;

#[cfg(test)]
mod operations {
    mod webhooks;

    use std::collections::{BTreeMap, BTreeSet};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener};
    use std::thread::JoinHandle;

    use mahfada::demo::{Answer, Hands, Language, PID, Place, Sabotage, StepName, Story, World};
    use mahfada_verifier::RegistrationCheck;
    use mahfada_wallet_core::ConsentChoice;
    use mahfada_web::listen::Listeners;
    use serde_json::json;
    use tokio::sync::oneshot;

    use super::page::read;

    const PAGE: &str = "operations.md";
    const ISSUER: &str = "issuer";
    const VERIFIER: &str = "verifier";
    const REGISTRY: &str = "registry";

    /// Every name of a metric in a text, without what a histogram appends.
    fn names(text: &str) -> BTreeSet<String> {
        let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        let starts = text.match_indices("mahfada_").map(|(at, _)| &text[at..]);
        let names = starts.map(|rest| rest.split(|letter| !is_part(letter)).next().unwrap_or_default());
        let plain = |name: &str| {
            let suffix = ["_bucket", "_sum", "_count"]
                .into_iter()
                .find_map(|end| name.strip_suffix(end));
            suffix.unwrap_or(name).to_owned()
        };
        names.map(plain).collect()
    }

    /// The services that the table of the page names for each metric.
    fn table(page: &str) -> BTreeMap<String, BTreeSet<String>> {
        let rows = page.lines().filter(|line| line.starts_with("| `mahfada_"));
        rows.map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let services = cells[2].replace("all", "issuer, verifier, registry");
            let services = services.split(", ").map(str::to_owned).collect();
            (cells[1].trim_matches('`').to_owned(), services)
        })
        .collect()
    }

    /// What a service exposes; comments are not samples.
    async fn scrape(world: &World, place: &Place) -> BTreeSet<String> {
        let url = format!("{}/metrics", place.management_url);
        let answer = world.https.client().get(&url).send().await.unwrap();
        let bytes = answer.bytes().await.unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        names(
            &text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect::<Vec<_>>()
                .join("\n"),
        )
    }

    /// A second verifier of the same agency, with a webhook that nobody answers.
    struct Forsaken {
        place: Place,
        endpoint: TcpListener,
        stop: Option<oneshot::Sender<()>>,
        thread: Option<JoinHandle<()>>,
    }

    impl Forsaken {
        fn start(world: &World) -> Self {
            let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let listeners = Listeners::bind_addresses(free, free).unwrap();
            let (public, management) = listeners.addresses().unwrap();
            let url = |address: SocketAddr| format!("https://localhost:{}", address.port());
            let endpoint = TcpListener::bind(free).unwrap();
            let hook = url(endpoint.local_addr().unwrap());
            let secret = world.folder().join("forsaken.secret");
            std::fs::write(&secret, [7; 32]).unwrap();
            let place = Place {
                public_url: url(public),
                management_url: url(management),
                api_key: world.narsa.api_key.clone(),
            };
            let text = std::fs::read_to_string(world.folder().join("verifier.toml"))
                .unwrap()
                .replace(&world.narsa.public_url, &place.public_url)
                .replace("/verifier.sqlite", "/forsaken.sqlite");
            let webhook = format!(
                "[[webhooks]]\ntenant = \"narsa\"\nname = \"nobody\"\nurl = {hook:?}\nsecret_file = {secret:?}\n"
            );
            let path = world.folder().join("forsaken.toml");
            std::fs::write(&path, format!("{text}\n{webhook}")).unwrap();
            let config = mahfada_web::config::load(VERIFIER, Some(&path), std::iter::empty()).unwrap();
            let (stop, stopped) = oneshot::channel::<()>();
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let end = async { drop(stopped.await) };
                let check = RegistrationCheck::Enforced;
                runtime
                    .block_on(mahfada_verifier::run(config, check, listeners, end))
                    .unwrap();
            });
            Self {
                place,
                endpoint,
                stop: Some(stop),
                thread: Some(thread),
            }
        }
    }

    impl Drop for Forsaken {
        fn drop(&mut self) {
            drop(self.stop.take());
            drop(self.thread.take().map(JoinHandle::join));
        }
    }

    async fn ask(world: &World, place: &Place) -> Answer {
        let query = json!({"credentials": [{
            "id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]}, "claims": [{"path": ["family_name"]}],
        }]});
        let url = format!("{}/v1/presentations", place.management_url);
        let body = json!({"query": query, "flow": "cross_device"});
        world.https.post(&url, &place.api_key, &body).await.unwrap()
    }

    /// The wallet's last token request comes a second time.
    async fn replay_a_token_request(story: &Story) {
        let token = story
            .phone
            .traffic
            .iter()
            .rev()
            .find(|exchange| exchange.request.uri().path().ends_with("/token"));
        let request = reqwest::Request::try_from(token.unwrap().request.clone()).unwrap();
        let answer = story.world.https.client().execute(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), 400);
    }

    /// Makes everything happen that is counted, and returns what each service exposes then.
    async fn everything_happens() -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut story = Story::begin(Language::En).await.unwrap();
        for step in StepName::ALL {
            assert_eq!(story.step(step, Sabotage::None).await.unwrap().failure, None);
        }
        replay_a_token_request(&story).await;
        let forsaken = Forsaken::start(&story.world);
        let asked = ask(&story.world, &forsaken.place).await;
        let no = Hands {
            choice: ConsentChoice::Refuse,
            ..Hands::agreeing()
        };
        story
            .phone
            .present(&asked.text("deep_link").unwrap(), no)
            .await
            .unwrap();
        let world = &story.world;
        let mut verifier = scrape(world, &world.narsa).await;
        // Whoever hangs up has let a delivery fail; the sender counts it within the next few requests.
        drop(forsaken.endpoint.accept().unwrap());
        for _ in 0..200 {
            verifier.extend(scrape(world, &forsaken.place).await);
            if verifier.contains("mahfada_webhook_failures_total") {
                break;
            }
        }
        [
            (ISSUER, scrape(world, &world.dgsn).await),
            (VERIFIER, verifier),
            (REGISTRY, scrape(world, &world.registry).await),
        ]
        .into()
    }

    #[test]
    fn the_page_names_the_metrics_that_the_services_expose() {
        mahfada_web::tls::install_provider();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let exposed = runtime.block_on(everything_happens());
        let page = read(PAGE);
        let table = table(&page);
        let listed: BTreeSet<String> = table.keys().cloned().collect();
        let all: BTreeSet<String> = exposed.values().flatten().cloned().collect();
        assert_eq!(all, listed, "left: what services expose; right: what the table lists");
        assert_eq!(
            names(&page),
            listed,
            "left: the whole page with its alerts; right: its table"
        );
        for (service, names) in exposed {
            for name in names {
                assert!(table[&name].contains(service), "{name} is exposed by the {service} too");
            }
        }
    }
}
