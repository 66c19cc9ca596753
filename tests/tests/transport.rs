//! The services as the network sees them: TLS only, limits, headers, ports apart (decisions D1, D15).
#![forbid(unsafe_code)]

#[cfg(test)]
mod transport {
    use mahfada::demo::World;

    fn with_world(test: impl AsyncFnOnce(&World)) {
        mahfada_web::tls::install_provider();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let world = World::start().await.unwrap();
            test(&world).await;
        });
    }

    #[test]
    fn every_port_speaks_tls_and_nothing_else() {
        with_world(async |world| {
            for place in [&world.registry, &world.dgsn, &world.narsa] {
                for url in [&place.public_url, &place.management_url] {
                    let plain = url.replace("https://", "http://");
                    let answer = reqwest::Client::new().get(format!("{plain}/livez")).send().await;
                    assert!(answer.is_err(), "{plain} answered without TLS");
                    let stranger = reqwest::Client::new().get(format!("{url}/livez")).send().await;
                    assert!(stranger.is_err(), "{url} has a certificate that the whole world trusts");
                }
            }
        });
    }

    #[test]
    fn management_never_answers_on_the_public_port() {
        with_world(async |world| {
            for place in [&world.registry, &world.dgsn, &world.narsa] {
                for path in [
                    "/livez",
                    "/readyz",
                    "/v1/offers",
                    "/v1/issuances",
                    "/v1/presentations",
                    "/v1/registrations",
                ] {
                    let url = format!("{}{path}", place.public_url);
                    let answer = world.https.get(&url, &place.api_key).await.unwrap();
                    assert_eq!(answer.status, 404, "{url}");
                }
            }
        });
    }

    #[test]
    fn management_asks_for_a_key_everywhere() {
        with_world(async |world| {
            for (place, path) in [
                (&world.registry, "/v1/registrations"),
                (&world.registry, "/v1/lists/publish"),
                (&world.dgsn, "/v1/offers"),
                (&world.dgsn, "/v1/issuances/x/revoke"),
                (&world.narsa, "/v1/presentations"),
            ] {
                let url = format!("{}{path}", place.management_url);
                let answer = world.https.post(&url, "wrong", &serde_json::json!({})).await.unwrap();
                assert_eq!(answer.status, 401, "{url}: {}", answer.body);
            }
        });
    }

    #[test]
    fn a_body_over_the_limit_is_refused_before_it_is_read() {
        with_world(async |world| {
            let client = world.https.client();
            for (url, media_type) in [
                (
                    format!("{}/pid/token", world.dgsn.public_url),
                    "application/x-www-form-urlencoded",
                ),
                (
                    format!("{}/pid/authorization-challenge", world.dgsn.public_url),
                    "application/x-www-form-urlencoded",
                ),
                (
                    format!("{}/responses/x", world.narsa.public_url),
                    "application/x-www-form-urlencoded",
                ),
            ] {
                let request = client
                    .post(&url)
                    .header("content-type", media_type)
                    .body(vec![b'a'; 8 << 20]);
                // The server may close the connection before it has taken everything; both are a refusal.
                if let Ok(answer) = request.send().await {
                    assert!(answer.status().is_client_error(), "{url}: {}", answer.status());
                }
            }
        });
    }
}
