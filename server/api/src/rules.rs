//! What the protos' options say of each RPC: read once, from the raw descriptors, at start.

use std::collections::HashMap;
use std::sync::Arc;

use bursar_domain::op::MethodRule;
use bursar_domain::role::Role;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, Value};

const EXTENSION: &str = "bursar.options.v1.rule";
/// Full names of the services this contract owns begin so; health and reflection do not.
const OWN: &str = "bursar.";

struct Method {
    rule: Arc<MethodRule>,
    input: MessageDescriptor,
    output: MessageDescriptor,
}

/// The rules of every RPC, by path.
pub struct Rules {
    methods: HashMap<String, Method>,
    services: Vec<String>,
}

impl Rules {
    /// Reads the embedded descriptors. Fails, naming every offender, when an RPC has no complete rule.
    pub fn load() -> Result<Self, String> {
        let pool = DescriptorPool::decode(bursar_proto::DESCRIPTOR_SET).map_err(|error| {
            format!("the embedded descriptor set cannot be read: {error}; run `make proto`")
        })?;
        let mut rules = Self { methods: HashMap::new(), services: Vec::new() };
        let mut faults = Vec::new();
        for service in pool.services().filter(|service| service.full_name().starts_with(OWN)) {
            rules.services.push(service.full_name().to_owned());
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                match read(&pool, &method, &path) {
                    Ok(rule) => {
                        let method = Method {
                            rule: Arc::new(rule),
                            input: method.input(),
                            output: method.output(),
                        };
                        rules.methods.insert(path, method);
                    }
                    Err(fault) => faults.push(format!("{path}: {fault}")),
                }
            }
        }
        if faults.is_empty() { Ok(rules) } else { Err(faults.join("; ")) }
    }

    /// The rule of the RPC at `path`, such as `/bursar.ledger.v1.AccountService/CreateAccount`.
    pub fn get(&self, path: &str) -> Option<&Arc<MethodRule>> {
        self.methods.get(path).map(|method| &method.rule)
    }

    /// All rules, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<MethodRule>> {
        self.methods.values().map(|method| &method.rule)
    }

    /// Whether the RPC at `path` changes nothing, so that an answer that was lost changed nothing either.
    pub(crate) fn is_read(&self, path: &str) -> bool {
        self.get(path).is_none_or(|rule| !rule.mutates)
    }

    /// Full names of Bursar's own services.
    pub fn services(&self) -> &[String] {
        &self.services
    }

    /// The request message of the RPC at `path`.
    pub(crate) fn input(&self, path: &str) -> Option<&MessageDescriptor> {
        self.methods.get(path).map(|method| &method.input)
    }

    /// The reply message of the RPC at `path`.
    pub(crate) fn output(&self, path: &str) -> Option<&MessageDescriptor> {
        self.methods.get(path).map(|method| &method.output)
    }
}

fn read(
    pool: &DescriptorPool,
    method: &MethodDescriptor,
    path: &str,
) -> Result<MethodRule, String> {
    let extension = pool
        .get_extension_by_name(EXTENSION)
        .ok_or("the extension bursar.options.v1.rule is not there")?;
    let options = method.options();
    if !options.has_extension(&extension) {
        return Err("has no option (bursar.options.v1.rule)".into());
    }
    let value = options.get_extension(&extension);
    let rule = value.as_message().ok_or("its rule is not a message")?;
    let rule = MethodRule {
        path: path.to_owned(),
        name: method.name().to_owned(),
        permission: text(rule, "permission"),
        roles: roles(rule)?,
        action: text(rule, "action"),
        mutates: flag(rule, "mutates"),
        institution_scope: flag(rule, "institution_scope"),
    };
    check(&rule)?;
    Ok(rule)
}

fn check(rule: &MethodRule) -> Result<(), String> {
    if rule.permission.is_empty() {
        return Err("its rule has no permission".into());
    }
    if rule.roles.is_empty() {
        return Err("its rule has no roles".into());
    }
    if rule.mutates == rule.action.is_empty() {
        return Err("its rule must have an action exactly when it mutates".into());
    }
    Ok(())
}

fn text(rule: &DynamicMessage, field: &str) -> String {
    rule.get_field_by_name(field).as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn flag(rule: &DynamicMessage, field: &str) -> bool {
    rule.get_field_by_name(field).as_deref().and_then(Value::as_bool).unwrap_or_default()
}

fn roles(rule: &DynamicMessage) -> Result<Vec<Role>, String> {
    let field = rule.get_field_by_name("roles");
    let numbers = field.as_deref().and_then(Value::as_list).unwrap_or_default();
    numbers
        .iter()
        .map(|number| {
            let number = number.as_enum_number().unwrap_or_default();
            crate::convert::role::required("roles", number)
                .map_err(|_| format!("its rule names the role {number}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rpc_has_its_rule() {
        let rules = Rules::load().unwrap();
        let create = rules.get("/bursar.ledger.v1.AccountService/CreateAccount").unwrap();
        assert_eq!(create.name, "CreateAccount");
        assert_eq!(create.permission, "ledger.account.write");
        assert_eq!(create.roles, [Role::Operator, Role::Admin]);
        assert_eq!(create.action, "account.create");
        assert!(create.mutates && !create.institution_scope);
        let who = rules.get("/bursar.admin.v1.ServerService/WhoAmI").unwrap();
        assert!(!who.mutates && who.institution_scope && who.action.is_empty());
        assert_eq!(who.roles, Role::ALL);
        assert!(rules.get("/grpc.health.v1.Health/Check").is_none());
        let of = |rule: &MethodRule| rule.path.split('/').nth(1).unwrap_or_default().to_owned();
        let named: std::collections::BTreeSet<String> = rules.all().map(|rule| of(rule)).collect();
        assert!(rules.services().iter().all(|service| named.contains(service)));
        assert_eq!(rules.services().len(), named.len());
        assert!(rules.all().count() > 30);
    }

    #[test]
    fn an_incomplete_rule_is_refused() {
        let whole = MethodRule {
            path: "/a.B/C".into(),
            name: "C".into(),
            permission: "a.b".into(),
            roles: vec![Role::Admin],
            action: "b.c".into(),
            mutates: true,
            institution_scope: false,
        };
        assert!(check(&whole).is_ok());
        assert!(check(&MethodRule { permission: String::new(), ..whole.clone() }).is_err());
        assert!(check(&MethodRule { roles: vec![], ..whole.clone() }).is_err());
        assert!(check(&MethodRule { action: String::new(), ..whole.clone() }).is_err());
        assert!(check(&MethodRule { mutates: false, ..whole }).is_err());
    }

    #[test]
    fn messages_by_path() {
        let rules = Rules::load().unwrap();
        let path = "/bursar.operation.v1.OperationService/GetOperation";
        assert_eq!(
            rules.input(path).unwrap().full_name(),
            "bursar.operation.v1.GetOperationRequest"
        );
        assert_eq!(
            rules.output(path).unwrap().full_name(),
            "bursar.operation.v1.GetOperationResponse"
        );
    }
}
