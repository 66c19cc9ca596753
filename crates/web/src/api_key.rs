//! API keys of the management port: who calls, decided without a hint of how close a guess was.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use mahfada_crypto::aws_lc::PROVIDER;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::config::ApiKey;
use crate::problem::Problem;

/// The keys that open the management port, by hash.
#[derive(Clone, Debug, Default)]
pub struct ApiKeys(Vec<(String, [u8; 32])>);

impl ApiKeys {
    /// Takes pairs of tenant and SHA-256 of the key text. Without any, nobody gets in.
    #[must_use]
    pub const fn new(keys: Vec<(String, [u8; 32])>) -> Self {
        Self(keys)
    }

    /// Takes the keys of a configuration.
    #[must_use]
    pub fn from_config(keys: &[ApiKey]) -> Self {
        Self(keys.iter().map(|key| (key.tenant.clone(), key.sha256)).collect())
    }

    /// Returns the tenant whose key the one `Authorization: Bearer` header carries. It does not check what the tenant may
    /// do.
    ///
    /// # Errors
    /// [`Problem`] with status 401, the same for every reason.
    pub fn tenant(&self, request: &HttpRequest) -> Result<&str, Problem> {
        let key = bearer(request).ok_or_else(Problem::unauthorized)?;
        let presented = PROVIDER.digest.sha256(key.as_bytes());
        let mut found = u64::MAX;
        // Every key is compared, so that time does not tell which one was near.
        for (index, (_, known)) in (0_u64..).zip(&self.0) {
            let equal: Choice = known.ct_eq(&presented);
            found.conditional_assign(&index, equal);
        }
        let (tenant, _) = usize::try_from(found)
            .ok()
            .and_then(|index| self.0.get(index))
            .ok_or_else(Problem::unauthorized)?;
        Ok(tenant)
    }
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return None;
    };
    let (scheme, key) = header.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn keys() -> ApiKeys {
        let hash = |text: &str| PROVIDER.digest.sha256(text.as_bytes());
        ApiKeys::new(vec![
            ("cnss".to_owned(), hash("key of cnss")),
            ("dgsn".to_owned(), hash("key of dgsn")),
        ])
    }

    #[test]
    fn a_key_tells_its_tenant() {
        for tenant in ["cnss", "dgsn"] {
            let request = TestRequest::default()
                .insert_header(("authorization", format!("Bearer key of {tenant}")))
                .to_http_request();
            assert_eq!(keys().tenant(&request).unwrap(), tenant);
        }
    }

    #[test]
    fn refuses_an_unknown_a_missing_and_a_second_key() {
        let with = |values: &[&str]| {
            let mut request = TestRequest::default();
            for value in values {
                request = request.append_header(("authorization", *value));
            }
            keys().tenant(&request.to_http_request()).map(str::to_owned)
        };
        for values in [
            &[][..],
            &["Bearer "],
            &["Bearer key of dgs"],
            &["Basic key of dgsn"],
            &["key of dgsn"],
            &["Bearer key of dgsn", "Bearer key of dgsn"],
        ] {
            assert_eq!(with(values).unwrap_err().status, 401, "{values:?}");
        }
        let request = TestRequest::default()
            .insert_header(("authorization", "Bearer key of dgsn"))
            .to_http_request();
        assert_eq!(ApiKeys::default().tenant(&request).unwrap_err().status, 401);
    }
}
