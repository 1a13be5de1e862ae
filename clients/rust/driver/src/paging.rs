//! `pages`: the client's iterators, by the names of their methods.

use bursar_client::{Client, Error, List, proto};
use prost_reflect::{DynamicMessage, MethodDescriptor};
use serde_json::{Value, json};

use crate::messages::typed_to_json;

/// The items of a list, at most so many.
pub(crate) async fn pages(
    client: &Client,
    method: &MethodDescriptor,
    request: DynamicMessage,
    at_most: Option<usize>,
) -> Result<Result<Value, Error>, String> {
    macro_rules! by_path {
        ($($package:ident $module:ident::$client:ident $request:ident $reply:ident $method:ident $items:ident $item:ident
            $path:literal;)*) => {
            match format!("{}/{}", method.parent_service().full_name(), method.name()).as_str() {
                $($path => {
                    let kind = concat!("bursar.", stringify!($package), ".v1.", stringify!($item));
                    let request = request.transcode_to::<proto::$package::v1::$request>();
                    items(client, kind, method, request.map_err(|e| e.to_string())?, at_most).await
                })*
                other => Err(format!("{other} has no pages")),
            }
        };
    }
    bursar_client::for_each_list!(by_path)
}

async fn items<L: List>(
    client: &Client,
    kind: &str,
    method: &MethodDescriptor,
    request: L,
    at_most: Option<usize>,
) -> Result<Result<Value, Error>, String>
where
    L::Item: prost::Message,
{
    let kind = method.parent_pool().get_message_by_name(kind).ok_or("an item without a type")?;
    let mut pages = client.list(request);
    let mut items = Vec::new();
    while at_most.is_none_or(|most| items.len() < most) {
        match pages.next().await {
            Ok(Some(item)) => items.push(typed_to_json(kind.clone(), &item)?),
            Ok(None) => break,
            Err(error) => return Ok(Err(error)),
        }
    }
    let (count, read) = (items.len().to_string(), pages.pages_read().to_string());
    Ok(Ok(json!({"items": items, "count": count, "pages_read": read})))
}
