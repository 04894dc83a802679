//! Items of a run, out of S3: a listing, one object, or many.

use super::Fault;
use super::bytes::{Bytes, Place};
use super::json::Found;
use super::s3::S3;
use super::table::Table;
use super::text::Text;
use asl::program::InputType;
use driver::{Items, MapRunRequest, TaskFailure};
use engine::{MapItem, ReaderSpec};
use serde_json::{Map, Value, json};
use service::{Kit, Objects};
use std::collections::VecDeque;
use std::sync::Arc;

/// Most bytes of a manifest.
const MAX_MANIFEST_BYTES: usize = 16 << 20;

/// Reads items.
struct Reader {
    s3: S3,
    spec: ReaderSpec,
    bucket: String,
    /// Objects still to be read.
    places: VecDeque<Place>,
    /// The listing that is still to be gone on with.
    listing: Option<Listing>,
    current: Option<Open>,
    /// Header of rows without one of their own.
    header: Option<Vec<String>>,
    format: InputType,
    /// How many more items may be read.
    left: u64,
}

struct Listing {
    prefix: Option<String>,
    token: Option<String>,
}

/// An object on its way to items.
struct Open {
    content: Content,
    source: Arc<str>,
}

enum Content {
    /// Read from the first byte to the last.
    Stream(Box<Bytes>, Text),
    /// Read here and there.
    Table(Box<Table>),
}

pub(super) async fn open(
    kit: &Arc<Kit>,
    objects: &Arc<dyn Objects>,
    request: &MapRunRequest,
) -> Result<Box<dyn Items>, Fault> {
    let Some(spec) = request.run.reader.clone() else {
        return Err(Fault::content("There is no ItemReader"));
    };
    let text =
        |name: &str| spec.arguments.value().get(name).and_then(Value::as_str).map(str::to_owned);
    let required = |name: &str| {
        // UNVERIFIED: AWS's words.
        text(name).ok_or_else(|| {
            Fault::content(format!("The field \"{name}\" is required but was missing"))
        })
    };
    let bucket = required("Bucket")?;
    let place = if spec.lists {
        None
    } else {
        let (key, version_id) = (required("Key")?, text("VersionId"));
        Some(Place { bucket: bucket.clone(), key, version_id })
    };
    let listing = spec.lists.then(|| Listing { prefix: text("Prefix"), token: None });
    let format = spec.input_type.as_deref().and_then(InputType::of).unwrap_or(InputType::Json);
    let mut reader = Reader {
        s3: S3::new(kit, objects, request).await?,
        bucket,
        places: VecDeque::new(),
        listing,
        current: None,
        header: spec.csv_headers.clone(),
        format,
        left: spec.max_items.unwrap_or(u64::MAX),
        spec,
    };
    match place {
        None => {}
        Some(place) if format == InputType::Manifest => reader.read_inventory(place).await?,
        Some(place) if reader.spec.athena => reader.read_list(place).await?,
        Some(place) => reader.places.push_back(place),
    }
    Ok(Box::new(reader))
}

impl Reader {
    /// An S3 inventory: the manifest names files of rows.
    // AWS: S3 user guide: inventory manifest.
    async fn read_inventory(&mut self, place: Place) -> Result<(), Fault> {
        let manifest = self.whole(place).await?;
        let manifest: Value = serde_json::from_slice(&manifest)
            .map_err(|error| Fault::content(format!("The manifest is not valid JSON: {error}")))?;
        let text = |name: &str| manifest.get(name).and_then(Value::as_str);
        self.format = match text("fileFormat") {
            Some("CSV") => InputType::Csv,
            Some("Parquet") => InputType::Parquet,
            _ => {
                let message = "refit reads S3 inventories whose files are CSV or Parquet files";
                return Err(Fault::content(message));
            }
        };
        let schema = text("fileSchema").unwrap_or_default();
        self.header = Some(schema.split(',').map(|name| name.trim().to_owned()).collect());
        let bucket = text("destinationBucket").unwrap_or(&self.bucket);
        let bucket = bucket.rsplit(":::").next().unwrap_or(bucket).to_owned();
        let files = manifest.get("files").and_then(Value::as_array);
        let keys = files.into_iter().flatten().filter_map(|file| file.get("key")?.as_str());
        self.places.extend(keys.map(|key| Place::new(&bucket, key)));
        Ok(())
    }

    /// A manifest of Athena's: one S3 URI per line.
    async fn read_list(&mut self, place: Place) -> Result<(), Fault> {
        let list = self.whole(place).await?;
        for line in String::from_utf8_lossy(&list).lines() {
            let uri = line.trim().trim_matches('"');
            if uri.is_empty() {
                continue;
            }
            let found = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
            let Some((bucket, key)) = found else {
                return Err(Fault::content(format!(
                    "The manifest has a line that is no S3 URI: {uri}"
                )));
            };
            self.places.push_back(Place::new(bucket, key));
        }
        Ok(())
    }

    async fn whole(&self, place: Place) -> Result<Vec<u8>, Fault> {
        let mut bytes = Bytes::open(&self.s3, &place).await?;
        let mut whole = Vec::new();
        while let Some(piece) = bytes.next().await? {
            whole.extend(piece);
            if whole.len() > MAX_MANIFEST_BYTES {
                return Err(Fault::content("The manifest is too long"));
            }
        }
        Ok(whole)
    }

    async fn more(&mut self) -> Result<Vec<MapItem>, Fault> {
        while self.left > 0 {
            if let Some(items) = self.of_current().await? {
                if !items.is_empty() {
                    return Ok(items);
                }
                continue;
            }
            if let Some(place) = self.places.pop_front() {
                self.current = Some(self.opened(place).await?);
                continue;
            }
            if self.listing.is_none() {
                break;
            }
            let items = self.list().await?;
            if !items.is_empty() {
                return Ok(items);
            }
        }
        Ok(Vec::new())
    }

    async fn opened(&self, place: Place) -> Result<Open, Fault> {
        let source = place.uri().into();
        let pointer = self.spec.items_pointer.as_deref().unwrap_or_default();
        let format = match self.format {
            InputType::Parquet => {
                let table = Table::open(&self.s3, &place).await?;
                return Ok(Open { content: Content::Table(Box::new(table)), source });
            }
            InputType::Csv => {
                let delimiter = self.spec.csv_delimiter.unwrap_or(b',');
                Text::csv(self.header.clone(), delimiter)
            }
            InputType::Jsonl => Text::lines(),
            _ => Text::json(pointer),
        };
        let bytes = Box::new(Bytes::open(&self.s3, &place).await?);
        Ok(Open { content: Content::Stream(bytes, format), source })
    }

    /// Some items of the object being read; none when it has no more.
    async fn of_current(&mut self) -> Result<Option<Vec<MapItem>>, Fault> {
        let Some(open) = &mut self.current else { return Ok(None) };
        let (found, ended) = open.content.next().await?;
        let source = open.source.clone();
        if ended {
            self.current = None;
        }
        Ok(Some(self.taken(found, &source)))
    }

    fn taken(&mut self, mut found: Vec<Found>, source: &Arc<str>) -> Vec<MapItem> {
        found.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= found.len() as u64;
        let item = |(key, value): Found| MapItem {
            index: 0,
            key: key.map(Into::into),
            value,
            source: source.clone(),
        };
        found.into_iter().map(item).collect()
    }

    /// A page of the listing: items, or objects to read.
    async fn list(&mut self) -> Result<Vec<MapItem>, Fault> {
        let Some(listing) = self.listing.take() else { return Ok(Vec::new()) };
        let mut input = Map::new();
        input.insert("Bucket".to_owned(), self.bucket.clone().into());
        let prefix = listing.prefix.clone().map(Value::String);
        input.extend(prefix.map(|prefix| ("Prefix".to_owned(), prefix)));
        let token = listing.token.map(Value::String);
        input.extend(token.map(|token| ("ContinuationToken".to_owned(), token)));
        let answer = self.s3.call("ListObjectsV2", Value::Object(input)).await?;
        let token = answer.get("NextContinuationToken").and_then(Value::as_str);
        self.listing =
            token.map(|token| Listing { prefix: listing.prefix, token: Some(token.to_owned()) });
        let contents = answer.get("Contents").and_then(Value::as_array).cloned();
        let contents = contents.unwrap_or_default();
        if self.spec.flatten {
            let keys = contents.iter().filter_map(|object| object.get("Key")?.as_str());
            // Folders are shown as objects without content.
            let keys = keys.filter(|key| !key.ends_with('/'));
            self.places.extend(keys.map(|key| Place::new(&self.bucket, key)));
            return Ok(Vec::new());
        }
        // AWS: context object page: the source of a listing is its bucket.
        let source: Arc<str> = format!("S3://{}", self.bucket).into();
        let found = contents.iter().map(|object| (None, listed(object))).collect();
        Ok(self.taken(found, &source))
    }
}

/// An object as an item.
// AWS: ItemReader page: names of the members, which are not S3's own.
fn listed(object: &Value) -> Value {
    let member = |name: &str| object.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "Etag": member("ETag"),
        "Key": member("Key"),
        "LastModified": member("LastModified").as_f64(),
        "Size": member("Size"),
        "StorageClass": member("StorageClass"),
    })
}

impl Content {
    /// Some more of what is there, and whether that was all.
    async fn next(&mut self) -> Result<(Vec<Found>, bool), Fault> {
        let mut found = Vec::new();
        let ended = match self {
            Self::Stream(bytes, text) => {
                let piece = bytes.next().await?;
                let ended = piece.is_none();
                match piece {
                    // Of a packed object a piece may hold nothing yet.
                    Some(piece) if piece.is_empty() => {}
                    piece => text.push(&piece.unwrap_or_default(), &mut found)?,
                }
                ended
            }
            Self::Table(table) => {
                let rows = table.next().await?;
                let ended = rows.is_none();
                found.extend(rows.into_iter().flatten().map(|row| (None, row)));
                ended
            }
        };
        Ok((found, ended))
    }
}

#[async_trait::async_trait]
impl Items for Reader {
    async fn next(&mut self) -> Result<Vec<MapItem>, TaskFailure> {
        self.more().await.map_err(|fault| fault.of(engine::ITEM_READER_FAILED))
    }
}
