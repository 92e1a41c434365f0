//! The records that actions change.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Id;

/// A typed JSON document of one client account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Record {
    pub id: Id,
    #[serde(rename = "type")]
    pub record_type: String,
    pub client_account_id: Id,
    pub fields: Map<String, Value>,
}
