//! Tests of the conversions of streams.

use bursar_domain::transfer::TransferKind;
use prost::Message as _;
use tonic_types::pb::ErrorInfo;

use super::super::convert_command::tests::new_request;
use super::super::convert_transfer::tests::some_transfer;
use super::super::tests::fields;
use super::*;

fn message(transfers: Vec<pb::NewTransfer>) -> pb::StreamTransfersRequest {
    pb::StreamTransfersRequest { transfers }
}

fn member(group: &str) -> pb::NewTransfer {
    pb::NewTransfer { group_id: group.into(), ..new_request() }
}

/// What each item is refused for; empty for one that can be posted.
fn problems(transfers: Vec<pb::NewTransfer>) -> Vec<String> {
    let items = items(&message(transfers)).unwrap();
    items
        .into_iter()
        .map(|item| match item {
            Ok(_) => String::new(),
            Err(Unread { error: Error::GroupRefused { index }, .. }) => {
                format!("refused by {index}")
            }
            Err(Unread { error, .. }) => fields::<()>(Err(error)).join(","),
        })
        .collect()
}

#[test]
fn what_is_wrong_is_the_transfers_own_matter() {
    let bad = || pb::NewTransfer { amount: None, code: "?".into(), ..new_request() };
    let nameless = pb::NewTransfer { id: "x".into(), ..new_request() };
    assert_eq!(
        problems(vec![new_request(), bad(), nameless, new_request()]),
        ["", "amount,code", "id", ""]
    );
    assert_eq!(fields(items(&message(vec![]))), ["transfers"]);
    let many = vec![new_request(); MAX_BATCH_TRANSFERS + 1];
    assert_eq!(fields(items(&message(many))), ["transfers"]);
}

#[test]
fn what_is_wrong_is_its_groups_matter() {
    let (a, b) = (GroupId::generate().to_string(), GroupId::generate().to_string());
    let bad = pb::NewTransfer { amount: None, ..member(&a) };
    assert_eq!(
        problems(vec![member(&a), bad, member(&a), member(&b), member(""), member("?")]),
        ["refused by 1", "amount", "refused by 1", "", "", "group_id"]
    );
    assert_eq!(
        problems(vec![member(&a), member(&b), member(&a), member(&a), member(&b)]),
        ["refused by 2", "refused by 4", "group_id", "refused by 2", "group_id"]
    );
}

#[test]
fn groups_of_two_messages_are_not_posted_together() {
    let (a, b) = (GroupId::generate().to_string(), GroupId::generate().to_string());
    let read = |groups: &[&str]| {
        items(&message(groups.iter().map(|group| member(group)).collect())).unwrap()
    };
    let mut gathered = Gathered::default();
    gathered.add(read(&["", &a, &a]));
    assert!(gathered.takes(&read(&["", &b])));
    assert!(!gathered.takes(&read(&["", &a])));
    gathered.add(read(&[&b]));
    assert!(!gathered.takes(&read(&[&b])));
    assert!(gathered.takes(&read(&["", ""])));
}

#[test]
fn a_submit_is_bounded() {
    let read = |count| items(&message(vec![new_request(); count])).unwrap();
    let mut gathered = Gathered::default();
    gathered.add(read(MAX_BATCH_TRANSFERS - 1));
    assert!(gathered.takes(&read(1)));
    assert!(!gathered.takes(&read(2)));
}

#[test]
fn results_name_places_in_their_own_message() {
    let group = GroupId::generate().to_string();
    let nameless = pb::NewTransfer { id: "x".into(), ..new_request() };
    let mut gathered = Gathered::default();
    gathered.add(items(&message(vec![new_request(), nameless])).unwrap());
    let last = items(&message(vec![new_request(), member(&group), member(&group)])).unwrap();
    gathered.add(last);
    let ids: Vec<String> = gathered.commands.iter().map(|c| c.id().to_string()).collect();
    let done = Done { transfer: some_transfer(TransferKind::Direct), replayed: false };
    // As the machine numbers them: by command, of which the malformed transfer is none.
    let outcomes = vec![
        Ok(done.clone()),
        Ok(done),
        Err(Error::GroupRefused { index: 3 }),
        Err(Error::invalid("amount.amount", "x")),
    ];
    assert_eq!(gathered.len(), 5);
    let results = gathered.results(outcomes);
    let named: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
    assert_eq!(named, [&ids[0], "", &ids[1], &ids[2], &ids[3]]);
    let told = |at: usize| {
        let Some(error) = &results[at].error else { return String::new() };
        let info = error.details.iter().find(|detail| detail.type_url.ends_with("ErrorInfo"));
        let info = ErrorInfo::decode(info.unwrap().value.as_slice()).unwrap();
        let index = info.metadata.get("index").map_or("", String::as_str);
        format!("{} {index}", info.reason)
    };
    let told: Vec<_> = (0..5).map(told).collect();
    assert_eq!(told, ["", "INVALID_FIELD ", "", "GROUP_REFUSED 2", "INVALID_FIELD "]);
}
