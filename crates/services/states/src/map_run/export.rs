//! Results of a run, into S3: one file per way to end, and a manifest that names them.

use super::Fault;
use super::s3::S3;
use driver::{MapRunRequest, Results, TaskFailure};
use engine::{Data, Status};
use serde_json::{Value, json};
use service::{Kit, Objects};
use std::sync::Arc;

/// Bytes of a part. Parts are 5 MiB or more.
const PART_BYTES: usize = 8 << 20;
/// Most bytes of a file.
// AWS: ResultWriter page: 5 GB.
const MOST_BYTES: u64 = 5_000_000_000;

/// How results are sorted into files, and how the files are called.
const SORTS: [&str; 3] = ["FAILED", "PENDING", "SUCCEEDED"];

struct Export {
    s3: S3,
    bucket: String,
    /// What keys of files begin with.
    folder: String,
    map_run_arn: Arc<str>,
    lines: bool,
    files: [Sort; 3],
}

/// The files of one sort.
#[derive(Default)]
struct Sort {
    done: Vec<(String, u64)>,
    open: Option<File>,
}

/// A file being written.
struct File {
    key: String,
    buffer: Vec<u8>,
    bytes: u64,
    empty: bool,
    upload: Option<Upload>,
}

struct Upload {
    id: String,
    etags: Vec<String>,
}

pub(super) async fn open(
    kit: &Arc<Kit>,
    objects: &Arc<dyn Objects>,
    request: &MapRunRequest,
) -> Result<Box<dyn Results>, Fault> {
    let run = &request.run;
    let arguments = run.export().map(|arguments| arguments.value().clone()).unwrap_or_default();
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let Some(bucket) = text("Bucket") else {
        // UNVERIFIED: AWS's words.
        return Err(Fault::content("The field \"Bucket\" is required but was missing"));
    };
    let prefix = text("Prefix").unwrap_or_default().trim_end_matches('/');
    let folder =
        if prefix.is_empty() { run.uuid().to_owned() } else { format!("{prefix}/{}", run.uuid()) };
    let export = Export {
        s3: S3::new(kit, objects, request).await?,
        bucket: bucket.to_owned(),
        folder,
        map_run_arn: run.map_run_arn.clone(),
        lines: run.writer.as_ref().is_some_and(|writer| writer.lines),
        files: Default::default(),
    };
    Ok(Box::new(export))
}

impl Export {
    async fn write(&mut self, status: Status, result: &[u8]) -> Result<(), Fault> {
        let sort = match status {
            Status::Succeeded => 2,
            Status::Running => 1,
            _ => 0,
        };
        let (name, files) = (SORTS[sort], &mut self.files[sort]);
        let number = files.done.len();
        let ending = if self.lines { "jsonl" } else { "json" };
        let file = files
            .open
            .get_or_insert_with(|| File::new(format!("{}/{name}_{number}.{ending}", self.folder)));
        file.add(result, self.lines);
        if file.buffer.len() >= PART_BYTES {
            file.send_part(&self.s3, &self.bucket).await?;
        }
        if file.bytes >= MOST_BYTES
            && let Some(file) = files.open.take()
        {
            files.done.push(file.close(&self.s3, &self.bucket, self.lines).await?);
        }
        Ok(())
    }

    async fn close(mut self) -> Result<Data, Fault> {
        let mut files = serde_json::Map::new();
        for (name, sort) in SORTS.iter().zip(&mut self.files) {
            if let Some(file) = sort.open.take() {
                sort.done.push(file.close(&self.s3, &self.bucket, self.lines).await?);
            }
            let shown = sort.done.iter().map(|(key, bytes)| json!({"Key": key, "Size": bytes}));
            files.insert((*name).to_owned(), shown.collect());
        }
        // AWS: ResultWriter page: the members.
        let manifest = json!({
            "DestinationBucket": self.bucket,
            "MapRunArn": &*self.map_run_arn,
            "ResultFiles": files,
        });
        let key = format!("{}/manifest.json", self.folder);
        put(&self.s3, &self.bucket, &key, manifest.to_string().as_bytes()).await?;
        Ok(Data::new(json!({
            "MapRunArn": &*self.map_run_arn,
            "ResultWriterDetails": {"Bucket": self.bucket, "Key": key},
        })))
    }
}

impl File {
    fn new(key: String) -> Self {
        Self { key, buffer: Vec::new(), bytes: 0, empty: true, upload: None }
    }

    fn add(&mut self, result: &[u8], lines: bool) {
        let before = self.buffer.len();
        if !lines {
            self.buffer.push(if self.empty { b'[' } else { b',' });
        }
        self.buffer.extend_from_slice(result);
        if lines {
            self.buffer.push(b'\n');
        }
        self.empty = false;
        self.bytes += (self.buffer.len() - before) as u64;
    }

    async fn send_part(&mut self, s3: &S3, bucket: &str) -> Result<(), Fault> {
        let upload = if let Some(upload) = &mut self.upload {
            upload
        } else {
            let input = json!({
                "Bucket": bucket, "Key": self.key, "ContentType": "application/json",
            });
            let answer = s3.call("CreateMultipartUpload", input).await?;
            let id = answer.get("UploadId").and_then(Value::as_str).unwrap_or_default().to_owned();
            self.upload.insert(Upload { id, etags: Vec::new() })
        };
        let input = json!({
            "Bucket": bucket,
            "Key": self.key,
            "UploadId": upload.id,
            "PartNumber": upload.etags.len() + 1,
            "Body": &*String::from_utf8_lossy(&self.buffer),
        });
        let answer = s3.call("UploadPart", input).await?;
        upload
            .etags
            .push(answer.get("ETag").and_then(Value::as_str).unwrap_or_default().to_owned());
        self.buffer.clear();
        Ok(())
    }

    async fn close(mut self, s3: &S3, bucket: &str, lines: bool) -> Result<(String, u64), Fault> {
        if !lines {
            self.buffer.push(b']');
            self.bytes += 1;
        }
        if self.upload.is_none() {
            put(s3, bucket, &self.key, &self.buffer).await?;
            return Ok((self.key, self.bytes));
        }
        if !self.buffer.is_empty() {
            self.send_part(s3, bucket).await?;
        }
        let upload = self.upload.take();
        let upload = upload.unwrap_or(Upload { id: String::new(), etags: Vec::new() });
        let part = |(at, etag): (usize, &String)| json!({"PartNumber": at + 1, "ETag": etag});
        let parts: Value = upload.etags.iter().enumerate().map(part).collect();
        let input = json!({
            "Bucket": bucket,
            "Key": self.key,
            "UploadId": upload.id,
            "MultipartUpload": {"Parts": parts},
        });
        s3.call("CompleteMultipartUpload", input).await?;
        Ok((self.key, self.bytes))
    }
}

async fn put(s3: &S3, bucket: &str, key: &str, bytes: &[u8]) -> Result<(), Fault> {
    let input = json!({
        "Bucket": bucket,
        "Key": key,
        "Body": &*String::from_utf8_lossy(bytes),
        "ContentType": "application/json",
    });
    s3.call("PutObject", input).await?;
    Ok(())
}

#[async_trait::async_trait]
impl Results for Export {
    async fn add(&mut self, status: Status, result: &[u8]) -> Result<(), TaskFailure> {
        let written = self.write(status, result).await;
        written.map_err(|fault| fault.of(engine::RESULT_WRITER_FAILED))
    }

    async fn finish(self: Box<Self>) -> Result<Data, TaskFailure> {
        self.close().await.map_err(|fault| fault.of(engine::RESULT_WRITER_FAILED))
    }
}
