//! What the harness tells a driver, and the clients made of it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use bursar_client::{Client, Error, Options};
use prost_reflect::DescriptorPool;
use serde::Deserialize;

#[derive(Deserialize)]
struct Told {
    urls: HashMap<String, String>,
    keys: HashMap<String, String>,
    tenant: String,
    ca_file: String,
    client_cert_file: String,
    client_key_file: String,
}

/// Who calls, where, and whether it tries again.
type Which = (String, String, bool);

pub(crate) struct Setup {
    file: Told,
    pub(crate) tenant: String,
    pub(crate) pool: DescriptorPool,
    clients: Mutex<HashMap<Which, Client>>,
}

impl Setup {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a setup that can be read");
        let file: Told = serde_json::from_str(&text).expect("a setup");
        let pool = DescriptorPool::decode(bursar_client::proto::DESCRIPTOR_SET);
        Self {
            tenant: file.tenant.clone(),
            file,
            pool: pool.expect("the client's descriptors"),
            clients: Mutex::default(),
        }
    }

    /// The address of the plain server, and a key.
    pub(crate) fn address(&self, key: &str) -> (String, String) {
        (self.file.urls["plain"].clone(), self.file.keys[key].clone())
    }

    /// The client of that key at that place: the same one each time.
    pub(crate) fn client(
        &self,
        key: Option<&str>,
        at: Option<&str>,
        retries: bool,
    ) -> Result<Client, Error> {
        let (key, at) = (key.unwrap_or("admin"), at.unwrap_or("plain"));
        let which = (key.to_owned(), at.to_owned(), retries);
        let mut clients = self.clients.lock().expect("no panic");
        if let Some(client) = clients.get(&which) {
            return Ok(client.clone());
        }
        let (url, key) = (&self.file.urls[at], &self.file.keys[key]);
        let mut options = Options::new(url, key);
        if !retries {
            options = options.attempts(1);
        }
        if ["tls", "mtls", "mtls_no_cert", "tls_to_plain"].contains(&at) {
            options = options.ca_file(&self.file.ca_file);
        }
        if at == "mtls" {
            options = options.client_cert(&self.file.client_cert_file, &self.file.client_key_file);
        }
        let client = Client::new(&options)?;
        clients.insert(which, client.clone());
        Ok(client)
    }
}
