//! The steps before money moves: the server answers, the key is known, accounts are there.

use super::world::new_id;
use super::{Outcome, World, Wrong, expecting};
use crate::cli::{Exit, reason_of};
use bursar_domain::ids::KeyId;
use bursar_domain::key::ApiKeyText;
use bursar_proto::admin::v1::{GetServerInfoRequest, WhoAmIRequest};
use bursar_proto::common::v1::Role;
use bursar_proto::ledger::v1::{
    AssetKind, BalanceRule, BatchCreateAccountsRequest, CreateAccountRequest, CreateAssetRequest,
    CreateTransferRequest, GetAccountRequest, GetTransferRequest, NewAccount,
};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// Code of the asset of a tenant of its own.
const ASSET: &str = "SMOKE";
/// A service that every server has.
const SERVICE: &str = "bursar.ledger.v1.TransferService";

pub(super) async fn health(world: &mut World) -> Result<Outcome, Wrong> {
    let expected = "the health service says SERVING";
    let reply = world.given.health().check(HealthCheckRequest { service: String::new() }).await;
    let status = reply.map_err(expecting(expected))?.into_inner().status();
    if status == ServingStatus::Serving {
        return Ok(Outcome::Fine("serving".into()));
    }
    let wrong = Wrong::new(expected, format!("{status:?}"));
    Err(Wrong {
        exit: Exit::Unavailable,
        ..wrong.advise("ask /readyz what the server waits for (`bursar health` on its machine)")
    })
}

pub(super) async fn reflection(world: &mut World) -> Result<Outcome, Wrong> {
    let expected = "reflection lists the services";
    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = world.given.reflection();
    let answers = client.server_reflection_info(tokio_stream::once(question)).await;
    let mut answers = answers.map_err(expecting(expected))?.into_inner();
    let answer = answers.message().await.map_err(expecting(expected))?;
    let Some(MessageResponse::ListServicesResponse(list)) = answer.and_then(|a| a.message_response)
    else {
        return Err(Wrong::new(expected, "another answer"));
    };
    if list.service.iter().any(|service| service.name == SERVICE) {
        return Ok(Outcome::Fine(format!("{} services", list.service.len())));
    }
    Err(Wrong::new(expected, format!("a list without {SERVICE}"))
        .advise("is it Bursar that answers at BURSAR_URL?"))
}

pub(super) async fn key(world: &mut World) -> Result<Outcome, Wrong> {
    let reply = world.given.server().who_am_i(WhoAmIRequest {}).await;
    world.who = reply.map_err(expecting("the key is known"))?.into_inner();
    let role = world.who.role();
    if !matches!(role, Role::Platform | Role::Admin | Role::Operator) {
        return Err(Wrong::new("a key that may move money", format!("a key of {role:?}"))
            .advise("present a key of role platform, admin or operator"));
    }
    if !world.who.institution_id.is_empty() {
        return Err(Wrong::new("a key of a whole tenant", "a key narrowed to one institution")
            .advise("present a key that is not narrowed"));
    }
    Ok(Outcome::Fine(format!("{role:?} of {}", world.who.tenant_name)))
}

pub(super) async fn wrong_key(world: &mut World) -> Result<Outcome, Wrong> {
    let reply = world.given.server().get_server_info(GetServerInfoRequest {}).await;
    let info = reply.map_err(expecting("the server's versions"))?.into_inner();
    let expected = "a key that nobody made is refused with KEY_INVALID";
    // Well-formed, so that it is looked up and not only read.
    let random = crate::files::random().map_err(|e| Wrong::new(expected, e.to_string()))?;
    let forged = ApiKeyText::new(KeyId::generate(), random).text(&info.environment);
    let caller = world.given.with_key(&forged).map_err(|e| Wrong::new(expected, e.message))?;
    match caller.server().who_am_i(WhoAmIRequest {}).await {
        Ok(_) => Err(Wrong::new(expected, "an answer")
            .advise("stop the server: it lets anybody in; then report it")),
        Err(status) if reason_of(&status) == "KEY_INVALID" => Ok(Outcome::Fine("refused".into())),
        Err(status) => Err(Wrong::call(expected, status)),
    }
}

pub(super) async fn tenant(world: &mut World) -> Result<Outcome, Wrong> {
    if world.who.role() != Role::Platform {
        return Ok(Outcome::Fine(format!("accounts of its own in {}", world.who.tenant_name)));
    }
    world.make_tenant("test").await?;
    let Some(made) = world.made.first() else { return Ok(Outcome::Skipped(String::new())) };
    world.client = made.client.clone();
    Ok(Outcome::Fine(format!("made {}", made.id)))
}

pub(super) async fn asset(world: &mut World) -> Result<Outcome, Wrong> {
    if !world.admin() {
        return Ok(Outcome::Skipped("only an admin's key makes assets".into()));
    }
    // Assets stay for ever, so that somebody else's tenant gets none.
    let validate_only = !world.own();
    let code = if validate_only { format!("{ASSET}-{}", short(world)) } else { ASSET.to_owned() };
    let request = CreateAssetRequest {
        request_id: new_id(),
        code: code.clone(),
        name: "bursar smoke".into(),
        scale: 2,
        kind: AssetKind::Other.into(),
        metadata: None,
        validate_only,
    };
    let reply = world.client.assets().create_asset(request).await;
    let made = reply.map_err(expecting("a new asset"))?.into_inner().asset.unwrap_or_default();
    if made.code != code || made.scale != 2 {
        return Err(Wrong::new(
            &format!("the asset {code} with 2 decimal places"),
            format!("{} with {}", made.code, made.scale),
        ));
    }
    if validate_only {
        return Ok(Outcome::Fine("could be made; assets stay, so that none was".into()));
    }
    world.asset = code;
    Ok(Outcome::Fine(format!("made {ASSET}")))
}

pub(super) async fn accounts(world: &mut World) -> Result<Outcome, Wrong> {
    let (bank, customer) = (new_id(), new_id());
    let rules = [BalanceRule::Unlimited, BalanceRule::DebitsMustNotExceedCredits];
    let new = [&bank, &customer].into_iter().zip(rules);
    let accounts = new.map(|(id, rule)| new_account(world, id, rule)).collect();
    let request =
        BatchCreateAccountsRequest { request_id: new_id(), accounts, validate_only: false };
    // Known before the call, whose answer may be lost: cleaning up finds out.
    (world.bank, world.customer) = (bank, customer);
    let reply = world.client.accounts().batch_create_accounts(request).await;
    let made = reply.map_err(expecting("two new accounts"))?.into_inner().accounts;
    let ids: Vec<_> = made.iter().map(|account| account.id.as_str()).collect();
    if ids != [&world.bank, &world.customer] {
        return Err(Wrong::new("the two accounts in the order asked for", format!("{ids:?}")));
    }
    Ok(Outcome::Fine(format!("a bank's and a customer's, in {}", world.asset)))
}

pub(super) async fn validate_only(world: &mut World) -> Result<Outcome, Wrong> {
    let expected = "validate_only changes nothing";
    let account = new_account(world, &new_id(), BalanceRule::Unlimited);
    let id = account.id.clone();
    let request =
        CreateAccountRequest { request_id: new_id(), account: Some(account), validate_only: true };
    let mut accounts = world.client.accounts();
    accounts.create_account(request).await.map_err(expecting("a checked account"))?;
    absent(accounts.get_account(GetAccountRequest { id }).await, expected)?;
    let transfer = world.transfer(&world.bank, &world.customer, "1");
    let id = transfer.id.clone();
    let request = CreateTransferRequest { transfer: Some(transfer), validate_only: true };
    let mut transfers = world.client.transfers();
    transfers.create_transfer(request).await.map_err(expecting("a checked transfer"))?;
    absent(transfers.get_transfer(GetTransferRequest { id }).await, expected)?;
    let balance = world.customer_balance().await?;
    if balance.posted != "0" || balance.version != 0 {
        return Err(Wrong::new(expected, format!("a balance of {}", balance.posted)));
    }
    Ok(Outcome::Fine("an account and a transfer were checked and not made".into()))
}

/// Whether the answer says that there is no such thing.
pub(super) fn absent<T>(
    reply: Result<tonic::Response<T>, tonic::Status>,
    expected: &str,
) -> Result<(), Wrong> {
    match reply {
        Err(status) if status.code() == Code::NotFound => Ok(()),
        Err(status) => Err(Wrong::call(expected, status)),
        Ok(_) => Err(Wrong::new(expected, "it is there")),
    }
}

/// An account to be; its code tells others what it is.
pub(super) fn new_account(world: &World, id: &str, rule: BalanceRule) -> NewAccount {
    NewAccount {
        id: id.into(),
        asset: world.asset.clone(),
        code: "smoke".into(),
        external_reference: format!("smoke:{id}"),
        balance_rule: rule.into(),
        ..Default::default()
    }
}

/// The part of the run's mark that fits into the code of an asset.
fn short(world: &World) -> String {
    let text = world.run.simple().to_string().to_uppercase();
    text.chars().skip(text.len() - 8).collect()
}
