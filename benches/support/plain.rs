//! A plain HTTP/1 server on the same axum and hyper as the product's, for what a bench measures beside it.

use super::load::Failure;

/// Says on which address it listens, as the product's server does, and serves until it is killed.
pub async fn serve_plain(router: axum::Router) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        let io = hyper_util::rt::TokioIo::new(stream);
        tokio::spawn(async move { hyper::server::conn::http1::Builder::new().serve_connection(io, service).await });
    }
}
