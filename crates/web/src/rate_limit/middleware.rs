//! The limit of a port, before any handler runs.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use governor::clock::{Clock, DefaultClock};

use super::{ClientNetwork, KeyedLimit, ProxyNetwork, RateLimited, RateLimitsConfig};
use crate::api_key::ApiKeys;

/// What one port counts, and in whose words it refuses.
#[derive(Debug)]
pub(crate) struct PortLimit<C: Clock = DefaultClock> {
    proxies: Vec<ProxyNetwork>,
    by_network: KeyedLimit<ClientNetwork, C>,
    tenants: Option<TenantLimit<C>>,
}

#[derive(Debug)]
struct TenantLimit<C: Clock> {
    keys: ApiKeys,
    by_tenant: KeyedLimit<String, C>,
}

impl<C: Clock + Clone> PortLimit<C> {
    /// Counts each client address, and refuses as an OAuth endpoint does, or with a page whoever asks for one.
    pub(crate) fn public(config: &RateLimitsConfig, proxies: Vec<ProxyNetwork>, clock: C) -> Self {
        Self {
            proxies,
            by_network: KeyedLimit::with_clock(&config.public, clock),
            tenants: None,
        }
    }

    /// Counts each tenant, and everybody else by address; it refuses with a problem.
    pub(crate) fn management(config: &RateLimitsConfig, proxies: Vec<ProxyNetwork>, keys: ApiKeys, clock: C) -> Self {
        Self {
            proxies,
            by_network: KeyedLimit::with_clock(&config.management_without_key, clock.clone()),
            tenants: Some(TenantLimit {
                keys,
                by_tenant: KeyedLimit::with_clock(&config.management, clock),
            }),
        }
    }

    fn check(&self, request: &ServiceRequest) -> Result<(), RateLimited> {
        // Handlers count by it too, so it is found for every request.
        let network = ClientNetwork::find(request, &self.proxies);
        let tenant = self.tenants.as_ref().and_then(|limit| {
            let tenant = limit.keys.tenant(request.request()).ok()?;
            Some((limit, tenant.to_owned()))
        });
        match tenant {
            Some((limit, tenant)) => limit.by_tenant.check(&tenant),
            None => self.by_network.check(&network),
        }
    }

    fn refuse(&self, request: &ServiceRequest, limited: RateLimited) -> HttpResponse {
        if self.tenants.is_some() {
            limited.to_problem_response()
        } else {
            limited.to_public_response(request.request())
        }
    }
}

/// Middleware: refuses with 429 what is over the limit of the port (RFC 6585 §4). It looks at no body.
pub(crate) async fn limit<C: Clock + Clone>(
    limits: Arc<PortLimit<C>>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match limits.check(&request) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(limited) => {
            let refusal = limits.refuse(&request, limited);
            Ok(request.into_response(refusal))
        }
    }
}
