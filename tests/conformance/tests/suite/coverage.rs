//! What the descriptor demands of every RPC: options, cases, and refusal of whoever may not call it.

use std::collections::BTreeSet;
use std::process::Command;

use bursar_proto::DESCRIPTOR_SET;
use bursar_testkit::{Caller, Server, fault};
use prost::bytes::Bytes;
use prost_reflect::{
    DescriptorPool, DynamicMessage, MethodDescriptor, ReflectMessage as _, ServiceDescriptor,
};
use tonic::{Code, Status};

fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let methods: Vec<_> = pool
        .services()
        .filter(|service| service.full_name().starts_with("bursar."))
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect();
    assert!(methods.len() > 30, "the descriptor set holds the services");
    methods
}

fn rule(method: &MethodDescriptor) -> DynamicMessage {
    let extension = method.parent_pool().get_extension_by_name("bursar.options.v1.rule").unwrap();
    let options = method.options();
    assert!(options.has_extension(&extension), "{} has no rule", method.full_name());
    options.get_extension(&extension).as_message().unwrap().clone()
}

fn roles(method: &MethodDescriptor) -> Vec<i32> {
    let rule = rule(method);
    let field = rule.descriptor().get_field_by_name("roles").unwrap();
    rule.get_field(&field)
        .as_list()
        .unwrap()
        .iter()
        .filter_map(prost_reflect::Value::as_enum_number)
        .collect()
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The module of a service's cases: with its domain before it where two domains have a service of that name.
fn module_of(service: &ServiceDescriptor) -> String {
    let pool = service.parent_pool();
    let alike = pool.services().filter(|other| other.name() == service.name()).count();
    let domain = service.package_name().split('.').nth(1).unwrap();
    let name = snake(service.name());
    if alike == 1 { name } else { format!("{domain}_{name}") }
}

#[test]
fn every_rpc_states_permission_and_audit() {
    for method in methods() {
        let rule = rule(&method);
        let text = |name: &str| rule.get_field_by_name(name).unwrap().as_str().unwrap().to_owned();
        let mutates = rule.get_field_by_name("mutates").unwrap().as_bool().unwrap();
        assert!(!text("permission").is_empty(), "{} states no permission", method.full_name());
        assert!(!roles(&method).is_empty(), "{} states no roles", method.full_name());
        assert_eq!(
            mutates,
            !text("action").is_empty(),
            "{}: action and mutates disagree",
            method.full_name()
        );
    }
}

/// Reads the list of this very binary's tests. By the link of the kernel: the file may have been built anew since.
#[test]
fn every_rpc_has_its_cases() {
    let list =
        Command::new("/proc/self/exe").args(["--list", "--format", "terse"]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let known: BTreeSet<&str> =
        list.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let mut missing = Vec::new();
    for method in methods() {
        let module = format!("{}::{}", module_of(method.parent_service()), snake(method.name()));
        for case in ["works", "other_tenant", "bad_input"] {
            let name = format!("{module}::{case}");
            if !known.contains(name.as_str()) {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "write these cases:\n{}", missing.join("\n"));
}

#[tokio::test]
async fn every_rpc_refuses_strangers() {
    let server = Server::start_with(&[("BURSAR_AUTH_FAILURES_PER_MINUTE", "0")]).await;
    let nobody = server.platform.with_key("");
    let garbage = server.platform.with_key("bsr_test_garbage");
    let unknown = server.platform.with_key(&unknown_key());
    for method in methods() {
        for (caller, reason) in
            [(&nobody, "KEY_MISSING"), (&garbage, "KEY_INVALID"), (&unknown, "KEY_INVALID")]
        {
            let fault = fault(call_empty(caller, &method).await.unwrap_err());
            assert_eq!(
                (fault.code, fault.reason.as_str()),
                (Code::Unauthenticated, reason),
                "{}",
                method.full_name()
            );
        }
    }
}

/// Permission is checked before anything is looked at: an empty request tells who may call.
#[tokio::test]
async fn every_rpc_refuses_other_roles() {
    use bursar_proto::common::v1::Role;
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let callers = [
        (Role::Viewer, &tenant.viewer),
        (Role::Operator, &tenant.operator),
        (Role::Admin, &tenant.admin),
        (Role::Auditor, &tenant.auditor),
        (Role::Platform, &server.platform),
    ];
    for method in methods() {
        let allowed = roles(&method);
        for (role, caller) in callers {
            let outcome = call_empty(caller, &method).await;
            let refused = outcome.is_err_and(|status| fault(status).reason == "PERMISSION_MISSING");
            let may = allowed.contains(&i32::from(role));
            assert_eq!(refused, !may, "{} called by {role:?}", method.full_name());
        }
    }
}

/// A key of the right form that nobody made.
fn unknown_key() -> String {
    use bursar_domain::ids::KeyId;
    use bursar_domain::key::ApiKeyText;
    use secrecy::ExposeSecret as _;
    ApiKeyText::new(KeyId::generate(), [1; 32]).text("test").expose_secret().to_owned()
}

/// Calls an RPC with an empty message, whatever its types.
async fn call_empty(caller: &Caller, method: &MethodDescriptor) -> Result<Bytes, Status> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    caller.call_bytes(&path, &[]).await
}
