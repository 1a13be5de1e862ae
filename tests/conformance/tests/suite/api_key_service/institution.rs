//! Keys that are narrowed to one institution.

use std::collections::BTreeSet;

use bursar_proto::DESCRIPTOR_SET;
use bursar_proto::admin::v1::{CreateApiKeyRequest, WhoAmIRequest};
use bursar_proto::common::v1::Role;
use bursar_testkit::{Server, fault, institution, ok};
use prost_reflect::{DescriptorPool, MethodDescriptor};

fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTOR_SET).unwrap();
    let own = pool.services().filter(|service| service.full_name().starts_with("bursar."));
    own.flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// Whether the contract opens the RPC to narrowed keys, and to that role.
fn may(method: &MethodDescriptor, role: Role) -> bool {
    let extension = method.parent_pool().get_extension_by_name("bursar.options.v1.rule").unwrap();
    let options = method.options();
    let stated = options.get_extension(&extension).as_message().unwrap().clone();
    let roles = stated.get_field_by_name("roles").unwrap().into_owned();
    let numbers = roles.as_list().unwrap().iter().map(|number| number.as_enum_number().unwrap());
    stated.get_field_by_name("institution_scope").unwrap().as_bool().unwrap()
        && numbers.into_iter().any(|number| number == i32::from(role))
}

#[tokio::test]
async fn a_narrowed_key_may_call_only_what_is_open_to_it() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let own = institution(&tenant.admin, "own").await.id;
    let mut open = BTreeSet::new();
    for role in [Role::Viewer, Role::Operator, Role::Admin, Role::Auditor] {
        let request = CreateApiKeyRequest { institution_id: own.clone(), ..Default::default() };
        let made = tenant.admin.make_key(role, request.clone()).await;
        assert_eq!(made.api_key.unwrap().institution_id, request.institution_id);
        let narrowed = tenant.admin.with_key(&made.key);
        let who = ok(narrowed.server().who_am_i(WhoAmIRequest {}).await);
        assert_eq!((who.role(), who.institution_id), (role, request.institution_id));
        for method in methods() {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let refused = narrowed.call_bytes(&path, &[]).await.is_err_and(|status| {
                let fault = fault(status);
                fault.reason == "PERMISSION_MISSING"
                    && fault.meta("role") == format!("{role:?}").to_lowercase()
            });
            assert_eq!(refused, !may(&method, role), "{path} called by {role:?}");
            if !refused {
                open.insert(path);
            }
        }
    }
    // What only a whole tenant's key may do, and all of the other domains, is not open to them.
    let other = |path: &&String| {
        !["/bursar.admin.v1.ServerService/", "/bursar.escrow.v1."]
            .iter()
            .any(|o| path.starts_with(o))
    };
    assert_eq!(open.iter().find(other), None, "the default is none");
    assert!(open.contains("/bursar.admin.v1.ServerService/WhoAmI"));
    assert!(!open.contains("/bursar.escrow.v1.InstitutionService/CreateInstitution"));
}
