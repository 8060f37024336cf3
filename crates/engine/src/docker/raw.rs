use bytes::Bytes;
use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::Endpoint;
use super::errors::by_status;
use crate::EngineError;

/// Largest answer that is taken; a list of ten thousand containers is smaller.
const MAX_ANSWER: usize = 64 << 20;

/// `GET` as plain JSON. The client library refuses words that it does not know, and engines have more of them than it
/// has: Podman's containers are `stopped` for a moment before they are `exited`.
pub(super) async fn get(endpoint: &Endpoint, path: &str) -> Result<Value, EngineError> {
    let broken = |error: &dyn std::fmt::Display| EngineError::unavailable(error.to_string());
    match endpoint {
        Endpoint::Unix(socket) => {
            exchange(UnixStream::connect(socket).await.map_err(|error| broken(&error))?, path).await
        }
        Endpoint::Tcp(address) => {
            exchange(TcpStream::connect(address).await.map_err(|error| broken(&error))?, path).await
        }
    }
}

async fn exchange<S>(stream: S, path: &str) -> Result<Value, EngineError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |error: hyper::Error| EngineError::unavailable(error.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let request = Request::get(path).header(HOST, "engine").body(Empty::<Bytes>::new());
    let request = request.map_err(|error| EngineError::refused(format!("{path} is no path: {error}")))?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body
            .map_err(|error| EngineError::unavailable(error.to_string()))?
            .to_bytes();
        decode(status, &body)
    };
    tokio::pin!(answer);
    // The connection does its work only while somebody waits for it.
    tokio::select! {
        outcome = &mut answer => outcome,
        ended = connection => {
            ended.map_err(broken)?;
            answer.await
        }
    }
}

fn decode(status: StatusCode, body: &[u8]) -> Result<Value, EngineError> {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    if !status.is_success() {
        let message = value
            .as_ref()
            .and_then(|value| value["message"].as_str())
            .unwrap_or_default();
        return Err(by_status(status.as_u16(), message.to_owned()));
    }
    value.ok_or_else(|| EngineError::unavailable("the engine's answer is cut off or no JSON"))
}

/// One segment of a path.
pub(super) fn segment(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_their_segment() {
        assert_eq!(segment("weir_c-1.x"), "weir_c-1.x");
        assert_eq!(segment("a/../b?c=d"), "a%2F..%2Fb%3Fc%3Dd");
        assert_eq!(segment("{\"a\":1}"), "%7B%22a%22%3A1%7D");
    }

    #[test]
    fn answers_are_decoded_or_explained() {
        assert_eq!(decode(StatusCode::OK, b"{\"a\":1}").unwrap()["a"], 1);
        assert!(
            decode(StatusCode::NOT_FOUND, b"{\"message\":\"no such container\"}")
                .unwrap_err()
                .is_not_found()
        );
        assert!(decode(StatusCode::OK, b"{\"a\":").unwrap_err().is_unavailable());
    }
}
