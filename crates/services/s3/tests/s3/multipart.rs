//! Uploads in parts.

use crate::world::World;
use bytes::Bytes;

const MIB: usize = 1 << 20;

async fn begin(world: &World, headers: &[(&str, &str)]) -> String {
    let begun = world.send("POST /data/k?uploads", headers, "").await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    begun.element("UploadId")
}

fn complete(parts: &[(u32, &str)]) -> String {
    let parts: String = parts
        .iter()
        .map(|(number, etag)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        })
        .collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

#[tokio::test]
async fn parts_become_an_object() {
    let world = World::new();
    world.bucket("data", &["source"]).await;
    let id = begin(&world, &[("content-type", "text/csv"), ("x-amz-meta-a", "1")]).await;
    let part = |number: u32| format!("/data/k?partNumber={number}&uploadId={id}");
    let first = Bytes::from(vec![b'a'; 5 * MIB]);
    let one = world.send(&format!("PUT {}", part(1)), &[], first.clone()).await;
    let again = world.send(&format!("PUT {}", part(1)), &[], first).await;
    assert_eq!(one.header("etag"), again.header("etag"));
    let copied = world
        .send(
            &format!("PUT {}", part(2)),
            &[("x-amz-copy-source", "data/source"), ("x-amz-copy-source-range", "bytes=1-3")],
            "",
        )
        .await;
    let two = copied.element("ETag").replace("&quot;", "\"");
    let listed = world.send(&format!("GET /data/k?uploadId={id}"), &[], "").await;
    assert_eq!(listed.text().matches("<Part>").count(), 2, "{}", listed.text());
    assert!(world.send("GET /data?uploads", &[], "").await.text().contains(&id));
    assert_eq!(world.contents(), 3);

    let end = format!("POST /data/k?uploadId={id}");
    let one = one.header("etag").to_owned();
    for (parts, code) in [
        (vec![(2, two.as_str()), (1, one.as_str())], "InvalidPartOrder"),
        (vec![(1, "\"nonsense\"")], "InvalidPart"),
        (vec![(3, one.as_str())], "InvalidPart"),
        (vec![], "MalformedXML"),
    ] {
        let refused = world.send(&end, &[], complete(&parts)).await;
        assert_eq!(refused.element("Code"), code, "{}", refused.text());
    }
    let done = world.send(&end, &[], complete(&[(1, &one), (2, &two)])).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.element("ETag").contains("-2"), "{}", done.text());
    assert_eq!(world.contents(), 2);
    let whole = world.send("GET /data/k", &[("range", "bytes=-5")], "").await;
    assert_eq!((whole.text().as_str(), whole.header("content-type")), ("aaour", "text/csv"));
    let second = world.send("GET /data/k?partNumber=2", &[], "").await;
    assert_eq!((second.text().as_str(), second.status.as_u16()), ("our", 206));
    assert_eq!(second.header("x-amz-mp-parts-count"), "2");
    assert_eq!(world.send("GET /data/k?partNumber=3", &[], "").await.status, 416);
    assert_eq!(world.send(&end, &[], complete(&[(1, &one)])).await.element("Code"), "NoSuchUpload");
}

#[tokio::test]
async fn small_parts_and_aborted_uploads() {
    let world = World::new();
    world.bucket("data", &[]).await;
    let id = begin(&world, &[("x-amz-checksum-algorithm", "CRC32")]).await;
    let mut etags = Vec::new();
    for number in 1..=2 {
        let path = format!("PUT /data/k?partNumber={number}&uploadId={id}");
        let sent = world.send(&path, &[], "hello").await;
        assert_eq!(sent.header("x-amz-checksum-crc32"), "NhCmhg==");
        etags.push(sent.header("etag").to_owned());
    }
    let end = format!("POST /data/k?uploadId={id}");
    let small = world.send(&end, &[], complete(&[(1, &etags[0]), (2, &etags[1])])).await;
    assert_eq!(small.element("Code"), "EntityTooSmall");
    let done = world.send(&end, &[], complete(&[(2, &etags[1])])).await;
    assert!(done.element("ChecksumCRC32").ends_with("-1"), "{}", done.text());
    assert_eq!(world.contents(), 1);

    let id = begin(&world, &[]).await;
    world.send(&format!("PUT /data/k?partNumber=1&uploadId={id}"), &[], "x").await;
    assert_eq!(world.contents(), 2);
    assert_eq!(world.send(&format!("DELETE /data/k?uploadId={id}"), &[], "").await.status, 204);
    assert_eq!(world.contents(), 1);
    let late = world.send(&format!("PUT /data/k?partNumber=1&uploadId={id}"), &[], "x").await;
    assert_eq!((late.element("Code").as_str(), world.contents()), ("NoSuchUpload", 1));
    for number in ["0", "10001", "x", "-1"] {
        let path = format!("PUT /data/k?partNumber={number}&uploadId={id}");
        assert_eq!(world.send(&path, &[], "x").await.status, 400, "{number}");
    }
}
