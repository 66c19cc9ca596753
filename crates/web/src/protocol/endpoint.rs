//! A path with its methods, which knows what to answer to the others.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{AppService, HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Bytes;
use actix_web::{FromRequest, Handler, Resource, Responder, Route, guard, web};

use crate::problem::{Problem, ProblemCode};

/// The handlers of one path. Another method gets 405 with `Allow` (RFC 9110 §15.5.6); HEAD is answered where GET is
/// (RFC 9110 §9.1).
///
/// ```
/// use actix_web::web::ServiceConfig;
/// use mahfada_web::protocol::Endpoint;
///
/// fn routes(config: &mut ServiceConfig) {
///     config.service(Endpoint::at("/v1/offers").get(async || "all offers").post(async || "a new offer"));
/// }
/// # actix_web::App::new().configure(routes);
/// ```
pub struct Endpoint {
    resource: Resource,
    methods: Vec<Method>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Starts an endpoint at a path pattern.
    #[must_use]
    pub fn at(path: &str) -> Self {
        Self {
            resource: web::resource(path.to_owned()),
            methods: Vec::new(),
        }
    }

    /// Answers GET, and HEAD with the same head and no body: the handler runs for both.
    #[must_use]
    pub fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let either = guard::Any(guard::Get()).or(guard::Head());
        let mut endpoint = self.route(Method::GET, web::route().guard(either).to(handler));
        endpoint.methods.push(Method::HEAD);
        endpoint
    }

    /// Answers GET and not HEAD: what the handler does, it does once, and a look ahead must not spend it.
    #[must_use]
    pub fn get_once<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(Method::GET, web::get().to(handler))
    }

    /// Answers POST.
    #[must_use]
    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(Method::POST, web::post().to(handler))
    }

    /// Answers PUT.
    #[must_use]
    pub fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(Method::PUT, web::put().to(handler))
    }

    /// Answers DELETE.
    #[must_use]
    pub fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.route(Method::DELETE, web::delete().to(handler))
    }

    fn route(mut self, method: Method, route: Route) -> Self {
        self.methods.push(method);
        self.resource = self.resource.route(route);
        self
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let names: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        let allow = HeaderValue::from_str(&names.join(", ")).unwrap_or_else(|_| HeaderValue::from_static(""));
        let refuse = move || {
            let mut answer = Problem::of(ProblemCode::MethodNotAllowed).to_response();
            answer.headers_mut().insert(ALLOW, allow.clone());
            async move { answer }
        };
        let resource = self.resource.default_service(web::to(refuse));
        resource.wrap(from_fn(without_body_for_head)).register(config);
    }
}

/// Lets go of the body of an answer to HEAD, which might never end, and keeps its length (RFC 9110 §9.3.2).
async fn without_body_for_head(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_head = request.method() == Method::HEAD;
    let answer = next.call(request).await?;
    Ok(if is_head {
        answer.map_body(|_, body| BoxBody::new(LengthOnly(body.size())))
    } else {
        answer.map_into_boxed_body()
    })
}

/// The length of a body that is not sent.
struct LengthOnly(BodySize);

impl MessageBody for LengthOnly {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    #[actix_web::test]
    async fn another_method_hears_which_ones_are_allowed() {
        let endpoint = || {
            Endpoint::at("/things/{id}")
                .get(async || "shown")
                .post(async || "made")
                .put(async || "put")
                .delete(async || "gone")
        };
        let app = init_service(App::new().configure(move |config| {
            config
                .service(endpoint())
                .service(Endpoint::at("/token").post(async || "token"))
                .service(Endpoint::at("/spend").get_once(async || "spent"));
        }))
        .await;
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE] {
            let request = TestRequest::with_uri("/things/1").method(method).to_request();
            assert_eq!(call_service(&app, request).await.status(), 200);
        }
        for (path, method, allow) in [
            ("/things/1", Method::PATCH, "GET, HEAD, POST, PUT, DELETE"),
            ("/token", Method::GET, "POST"),
            ("/token", Method::HEAD, "POST"),
            ("/spend", Method::HEAD, "GET"),
        ] {
            let request = TestRequest::with_uri(path).method(method).to_request();
            let answer = call_service(&app, request).await;
            assert_eq!(answer.status(), 405);
            assert_eq!(answer.headers().get("allow").unwrap(), allow);
            assert_eq!(
                answer.headers().get("content-type").unwrap(),
                "application/problem+json"
            );
        }
    }

    #[actix_web::test]
    async fn head_is_answered_as_get_without_the_body() {
        let endless = async || actix_web::HttpResponse::Ok().body(Endless);
        let app = init_service(App::new().configure(move |config| {
            config
                .service(Endpoint::at("/hello").get(async || "hello"))
                .service(Endpoint::at("/endless").get(endless));
        }))
        .await;
        for (path, size) in [("/hello", BodySize::Sized(5)), ("/endless", BodySize::Stream)] {
            let request = TestRequest::with_uri(path).method(Method::HEAD).to_request();
            let answer = call_service(&app, request).await;
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.response().body().size(), size);
            assert_eq!(actix_web::test::read_body(answer).await, "");
        }
    }

    struct Endless;

    impl MessageBody for Endless {
        type Error = std::convert::Infallible;

        fn size(&self) -> BodySize {
            BodySize::Stream
        }

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
            Poll::Pending
        }
    }
}
