//! The statements of the hot roads find their rows by an index, on both databases, with 10,000 repositories about: one of them has 5,000 manifests and
//! tags, all of them share a blob and a manifest, as images with one base do.
//!
//! The statements are read from the sources, so that what is explained here is what runs there.

use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;
use wharf_types::id::RegistryId;

use crate::backend::{Place, Raw};
use crate::fixture::{World, id};

place_contract!(the_hot_statements_find_their_rows_by_an_index);

/// What is bound to a statement's parameters.
#[derive(Clone)]
enum Bind {
    Uuid(Uuid),
    Text(String),
    Number(i64),
    Bytes,
}

async fn the_hot_statements_find_their_rows_by_an_index(place: &Place) {
    let store = place.open().await.unwrap();
    let world = World::new(&store).await;
    let mut raw = place.raw().await;
    fill(&mut raw, world.registry.id).await;
    let text = |text: &str| Bind::Text(text.to_owned());
    let registry = Bind::Uuid(world.registry.id.0);
    let repository = Bind::Uuid(Uuid::from_u128(50));
    for (source, function, binds) in [
        (
            MANIFEST,
            "manifest_by_tag",
            vec![registry.clone(), text("r50"), text("t50")],
        ),
        (
            MANIFEST,
            "manifest_by_digest",
            vec![registry.clone(), text("r50"), text("shared")],
        ),
        (
            MANIFEST,
            "manifest_exists",
            vec![registry.clone(), repository.clone(), text("shared")],
        ),
        (BLOB, "blob_size", vec![registry.clone(), text("r50"), text("shared")]),
        (
            BLOB,
            "blob_repositories",
            vec![registry.clone(), text("shared"), Bind::Number(10)],
        ),
        (
            BLOB,
            "blob_hold",
            vec![registry.clone(), repository.clone(), text("shared"), Bind::Number(1)],
        ),
        (TAG, "tag_get", vec![registry.clone(), repository.clone(), text("t50")]),
        (
            TAG,
            "tag_list",
            vec![registry.clone(), text("r50"), text("t50"), Bind::Number(100)],
        ),
        (REPOSITORY, "repository_get", vec![registry.clone(), text("r50")]),
        (
            REPOSITORY,
            "repository_list",
            vec![registry.clone(), text("r50"), Bind::Number(100)],
        ),
        (
            UPLOAD,
            "upload_advance",
            vec![
                registry,
                text("u50"),
                Bind::Number(0),
                Bind::Number(1),
                Bind::Bytes,
                Bind::Number(1),
            ],
        ),
        (JOURNAL, "journal_newest_version", vec![]),
        (JOURNAL, "journal_head", vec![]),
    ] {
        let plan = raw.explain(&statement(source, function), &binds).await;
        let scans = if place.is_postgres() { "Seq Scan" } else { "SCAN" };
        let found = plan
            .lines()
            .filter(|line| line.contains(scans) && !reads_one_end(line))
            .collect::<Vec<_>>();
        assert!(found.is_empty(), "{function}:\n{plan}");
        assert!(!plan.contains("Rows Removed"), "{function} reads rows in vain:\n{plan}");
        assert!(
            !plan.contains("TEMP B-TREE") && !plan.contains("Sort"),
            "{function} sorts:\n{plan}"
        );
    }
    store.close().await;
}

/// SQLite calls it a scan also when it reads one end of an index and stops; that of a covering or partial index is what `LIMIT 1` wants. A `page` is what
/// a limit has cut already.
fn reads_one_end(line: &str) -> bool {
    line.contains("SCAN page") || line.contains("SCAN journal USING") || line.contains("CONSTANT ROW")
}

const MANIFEST: &str = include_str!("../../src/meta/manifest.rs");
const BLOB: &str = include_str!("../../src/meta/blob.rs");
const TAG: &str = include_str!("../../src/meta/tag.rs");
const REPOSITORY: &str = include_str!("../../src/meta/repository.rs");
const UPLOAD: &str = include_str!("../../src/meta/upload.rs");
const JOURNAL: &str = include_str!("../../src/meta/journal.rs");

/// The first SQL text of a function: `const SQL: &str = "…"`.
fn statement(source: &str, function: &str) -> String {
    let body = source.split_once(&format!("async fn {function}(")).expect(function).1;
    let body = body.split_once("const SQL: &str =").expect(function).1;
    body.split('"').nth(1).expect(function).to_owned()
}

/// 10,000 repositories; the fiftieth has 5,000 manifests, each with a tag.
async fn fill(raw: &mut Raw, registry: RegistryId) {
    let registry = raw.uuid(registry.0);
    let (numbers, uuid, bytes) = match raw {
        Raw::Sqlite(_) => (
            "(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000) SELECT n FROM numbers)",
            "unhex(printf('%032x', n))",
            "x'00'",
        ),
        Raw::Postgres(_) => (
            "(SELECT n FROM generate_series(1, 10000) AS s (n)) AS numbers",
            "CAST(lpad(to_hex(n), 32, '0') AS uuid)",
            "'\\x00'",
        ),
    };
    let sole = uuid
        .replace("%032x', n", "%032x', 50")
        .replace("to_hex(n)", "to_hex(50)");
    let other = raw.uuid(id());
    let rest = "'m', 1, NULL, NULL, NULL, 0, 0";
    for insert in [
        format!("INSERT INTO repositories SELECT {registry}, 'r' || n, {uuid}, 0, 0 FROM {numbers}"),
        format!("INSERT INTO blobs SELECT {registry}, 'd' || n, 1, 0, 0, NULL FROM {numbers}"),
        format!("INSERT INTO blobs VALUES ({registry}, 'shared', 1, 0, 0, NULL)"),
        format!("INSERT INTO repository_blobs SELECT {registry}, {uuid}, 'd' || n, 0 FROM {numbers}"),
        format!("INSERT INTO repository_blobs SELECT {registry}, {uuid}, 'shared', 0 FROM {numbers}"),
        format!("INSERT INTO manifest_contents SELECT {registry}, 'd' || n, {bytes} FROM {numbers}"),
        format!("INSERT INTO manifest_contents VALUES ({registry}, 'shared', {bytes})"),
        format!("INSERT INTO manifests SELECT {registry}, {sole}, 'd' || n, {rest} FROM {numbers} WHERE n <= 5000"),
        format!("INSERT INTO manifests SELECT {registry}, {uuid}, 'shared', {rest} FROM {numbers}"),
        format!("INSERT INTO tags SELECT {registry}, {sole}, 't' || n, 'd' || n, 0, 0, 0 FROM {numbers} WHERE n <= 5000"),
        format!("INSERT INTO tags SELECT {registry}, {uuid}, 'latest', 'shared', 0, 0, 0 FROM {numbers}"),
        format!("INSERT INTO uploads (registry_id, id, repository, principal, offset_bytes, hash_state, created_at_us, touched_at_us)
            SELECT {registry}, 'u' || n, 'r', 'p', 0, {bytes}, 0, 0 FROM {numbers}"),
        format!(
            "INSERT INTO journal (time_us, tenant_id, kind, resource, actor, request_id, outcome, payload, version, position, hash)
             SELECT 0, {other}, 'k', 'r', 'a', {other}, 'o', '{{}}', n, n, {bytes} FROM {numbers}"
        ),
    ] {
        raw.execute(&insert).await;
    }
    if let Raw::Postgres(_) = raw {
        raw.execute("ANALYZE").await;
    }
}

macro_rules! bound {
    ($sql:expr, $binds:expr) => {{
        let mut query = sqlx::query(AssertSqlSafe($sql));
        for bind in $binds.iter().cloned() {
            query = match bind {
                Bind::Uuid(id) => query.bind(id),
                Bind::Text(text) => query.bind(text),
                Bind::Number(number) => query.bind(number),
                Bind::Bytes => query.bind(Vec::<u8>::new()),
            };
        }
        query
    }};
}

impl Raw {
    /// The plan of a statement, a step on each line.
    async fn explain(&mut self, sql: &str, binds: &[Bind]) -> String {
        let rows: Vec<String> = match self {
            Self::Sqlite(connection) => {
                let rows = bound!(format!("EXPLAIN QUERY PLAN {sql}"), binds)
                    .fetch_all(connection)
                    .await
                    .unwrap();
                rows.iter().map(|row| row.get::<String, _>("detail")).collect()
            }
            Self::Postgres(connection) => {
                let rows = bound!(format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}"), binds)
                    .fetch_all(connection)
                    .await
                    .unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }
        };
        rows.join("\n")
    }
}
