//! Tenants, their API keys, and sign-in.

mod api_key;
mod tenant;

pub use api_key::KeyRecord;
pub use tenant::{NewTenant, TenantChanges};

pub(crate) mod sql {
    //! Statements of the admin domain.
    crate::kernel::statements! {
        KEY_FIND = "key_find";
        KEY_COUNT = "key_count";
        KEY_INSERT = "key_insert";
        KEY_GET = "key_get";
        KEY_LOCK = "key_lock";
        KEY_LIST = "key_list";
        KEY_REVOKE = "key_revoke";
        KEY_SUCCEED = "key_succeed";
        TENANT_CREATE = "tenant_create";
        TENANT_GET = "tenant_get";
        TENANT_LOCK = "tenant_lock";
        TENANT_LIST = "tenant_list";
        TENANT_UPDATE = "tenant_update";
        TENANT_OPEN_ACCOUNTS = "tenant_open_accounts";
        TENANT_OFFBOARD = "tenant_offboard";
    }
}
