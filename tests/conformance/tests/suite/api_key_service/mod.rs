//! API keys of a tenant.

mod create_api_key;
mod get_api_key;
mod list_api_keys;
mod revoke_api_key;
mod rotate_api_key;

mod institution;
mod secrets;

use bursar_proto::admin::v1::{
    ApiKey, CreateApiKeyRequest, GetApiKeyRequest, ListApiKeysRequest, RevokeApiKeyRequest,
    WhoAmIRequest,
};
use bursar_proto::common::v1::Role;
use bursar_testkit::{Caller, fault, id, ok};
use prost_types::Timestamp;

/// A request for a viewer's key.
fn new_key() -> CreateApiKeyRequest {
    CreateApiKeyRequest {
        request_id: id(),
        label: "reports".into(),
        role: Role::Viewer.into(),
        ..Default::default()
    }
}

async fn get(caller: &Caller, id: &str) -> ApiKey {
    ok(caller.keys().get_api_key(GetApiKeyRequest { id: id.into() }).await).api_key.unwrap()
}

async fn list(caller: &Caller) -> Vec<ApiKey> {
    let request = ListApiKeysRequest { page_size: 1_000, ..Default::default() };
    ok(caller.keys().list_api_keys(request).await).api_keys
}

async fn revoke(caller: &Caller, key_id: &str) -> ApiKey {
    let request = RevokeApiKeyRequest { request_id: id(), id: key_id.into() };
    ok(caller.keys().revoke_api_key(request).await).api_key.unwrap()
}

/// Why the server does not know the caller; empty when it does.
async fn unknown(caller: &Caller) -> String {
    match caller.server().who_am_i(WhoAmIRequest {}).await {
        Ok(_) => String::new(),
        Err(status) => {
            let fault = fault(status);
            fault.is("WhoAmI", tonic::Code::Unauthenticated, &fault.reason);
            fault.reason
        }
    }
}

/// The time that many milliseconds from now.
fn from_now(millis: i64) -> Timestamp {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(millis);
    let micros = time.as_microsecond();
    Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000)).unwrap() * 1_000,
    }
}

/// Seconds between two times.
fn seconds_between(from: &Timestamp, to: &Timestamp) -> f64 {
    let time = |time: &Timestamp| jiff::Timestamp::new(time.seconds, time.nanos).unwrap();
    (time(to) - time(from)).total(jiff::Unit::Second).unwrap()
}
