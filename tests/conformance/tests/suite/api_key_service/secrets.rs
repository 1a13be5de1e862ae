//! A secret is shown once and kept nowhere.

use bursar_proto::admin::v1::{CreateTenantRequest, RotateApiKeyRequest};
use bursar_testkit::{Database, Server, id, ok};

use super::new_key;

/// Tables in which a text, or the hexadecimal form of its bytes, occurs in any column of any row.
async fn tables_with(database: &Database, text: &str) -> Vec<String> {
    let hex = hex(text.as_bytes());
    let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                  WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
    let mut found = Vec::new();
    for row in database.rows(tables).await {
        let table: String = row.get(0);
        let hit = format!(
            "SELECT EXISTS (SELECT FROM {table} t WHERE strpos(lower(t::text), lower('{text}')) > 0
                                                     OR strpos(lower(t::text), '{hex}') > 0)"
        );
        if database.rows(&hit).await[0].get(0) {
            found.push(table);
        }
    }
    found
}

#[tokio::test]
async fn no_secret_is_in_the_database() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let created = ok(tenant.admin.keys().create_api_key(new_key()).await);
    let rotation = RotateApiKeyRequest {
        request_id: id(),
        id: created.api_key.clone().unwrap().id,
        ..Default::default()
    };
    let rotated = ok(tenant.admin.keys().rotate_api_key(rotation).await);
    let request =
        CreateTenantRequest { request_id: id(), name: "second".into(), ..Default::default() };
    let onboarded = ok(server.platform.tenants().create_tenant(request).await);

    for key in [&created.key, &rotated.key, &onboarded.key, &server.platform.key_text] {
        let parts: Vec<&str> = key.split('_').collect();
        let [_, _, _, secret, checksum] = parts[..] else { panic!("the form of a key") };
        assert_eq!(secret.len(), 52, "32 bytes in base 32");
        let none: [String; 0] = [];
        for text in [key.as_str(), secret, checksum] {
            assert_eq!(tables_with(&server.database, text).await, none);
        }
        let bare = hex(&decode_base32(secret));
        assert_eq!(tables_with(&server.database, &bare).await, none, "nor its bare bytes");
    }
    // The search finds what is there: ids as text, and a label inside the bytes of requests and replies.
    let key_id = created.api_key.unwrap().id;
    assert_eq!(
        tables_with(&server.database, &key_id).await,
        ["bursar.admin_api_key", "bursar.audit_event", "bursar.operation_record"]
    );
    assert!(
        tables_with(&server.database, "reports").await.contains(&"bursar.operation_record".into())
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}

fn decode_base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for c in text.bytes() {
        let value = match c {
            b'a'..=b'z' => c - b'a',
            b'2'..=b'7' => c - b'2' + 26,
            other => panic!("{other} is not base 32"),
        };
        held = (held << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).unwrap());
        }
    }
    bytes
}
