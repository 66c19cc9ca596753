//! What the registry knows and what it makes of it, without HTTP.

pub mod edition;
pub mod entity;
pub mod publish;
pub mod registration;
pub mod root;

mod status;

pub use edition::{ListMaker, ListOperator, MakeListError};
pub use entity::{EntityEntry, EntityError, EntityRegister};
pub use publish::{PublishError, Publisher};
pub use registration::{Registrar, RegistrationRefusal, RegistrationRequest};
pub use root::{RootPublishError, publish_root};
pub use status::{StatusChangeError, StatusOverride};
