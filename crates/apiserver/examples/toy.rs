//! A server of toys on loopback, to try real clients on. Clients send no tokens without TLS, so whoever reaches it is
//! its administrator.
//!
//! ```text
//! cargo run -p weir-apiserver --example toy -- 127.0.0.1:8001
//! kubectl --server http://127.0.0.1:8001 get toys -A
//! ```

use std::sync::Arc;

use axum::Extension;
use weir_apiserver::UserInfo;
use weir_store::MemoryStore;

#[path = "../tests/scenarios/toy.rs"]
mod toy;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let server = toy::builder(Arc::new(MemoryStore::new())).build().await?;
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let everybody = UserInfo {
        username: "admin".to_owned(),
        ..UserInfo::default()
    };
    axum::serve(listener, server.router().layer(Extension(everybody))).await?;
    Ok(())
}
