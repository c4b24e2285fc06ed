//! Signs requests to S3-compatible stores: AWS Signature Version 4, in the header.
//!
//! Every header that is given is signed, those that lock an object among them.

use hkdf::hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::export::line::hex;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "s3";

pub struct Keys {
    pub access: String,
    pub secret: String,
    pub region: String,
}

/// What is signed of a request. Header names are in small letters.
pub struct Request<'r> {
    pub method: &'r str,
    /// From the first slash, as it goes over the wire.
    pub path: &'r str,
    /// Sorted and encoded, without the question mark.
    pub query: &'r str,
    pub headers: &'r [(&'static str, String)],
    pub body_hash: &'r str,
    /// As `20130524T000000Z`.
    pub at: &'r str,
}

/// The value of `authorization`.
pub fn authorization(keys: &Keys, request: &Request<'_>) -> String {
    let mut headers: Vec<_> = request.headers.iter().collect();
    headers.sort_unstable();
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        request.method, request.path, request.query, request.body_hash
    );
    let day = request.at.get(..8).unwrap_or_default();
    let scope = format!("{day}/{}/{SERVICE}/aws4_request", keys.region);
    let text = format!(
        "{ALGORITHM}\n{}\n{scope}\n{}",
        request.at,
        hex(&Sha256::digest(canonical))
    );
    let mut key = mac(format!("AWS4{}", keys.secret).as_bytes(), day);
    for part in [keys.region.as_str(), SERVICE, "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &text));
    format!(
        "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        keys.access
    )
}

fn mac(key: &[u8], text: &str) -> [u8; 32] {
    // Keys of any length are taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Amazon's own documentation ("Signature Calculations for the Authorization Header").
    #[test]
    fn requests_are_signed_as_the_published_examples_are() {
        let keys = Keys {
            access: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            region: "us-east-1".into(),
        };
        let at = "20130524T000000Z";
        let empty = hex(&Sha256::digest(""));
        let body = hex(&Sha256::digest("Welcome to Amazon S3."));
        let host = ("host", "examplebucket.s3.amazonaws.com".to_owned());
        let date = ("x-amz-date", at.to_owned());
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT".to_owned()),
            host.clone(),
            ("x-amz-content-sha256", body.clone()),
            date.clone(),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY".to_owned()),
        ];
        let get = [host, ("x-amz-content-sha256", empty.clone()), date];
        let cases = [
            (
                "PUT",
                "/test%24file.text",
                "",
                &put[..],
                &body,
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                "GET",
                "/",
                "lifecycle=",
                &get[..],
                &empty,
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
        ];
        for (method, path, query, headers, body_hash, signature) in cases {
            let request = Request {
                method,
                path,
                query,
                headers,
                body_hash,
                at,
            };
            let signed = authorization(&keys, &request);
            assert!(signed.ends_with(signature), "{method}: {signed}");
        }
    }
}
