-- The first schema. One text for both databases: {uuid}, {bytes}, {text}, {sequence} and {clustered} stand for what differs (meta/migrate.rs).
-- Times are microseconds since the Unix epoch. `version` is a hybrid logical clock, for regions that exchange rows.

CREATE TABLE installation (
    singleton      BIGINT PRIMARY KEY CHECK (singleton = 1),
    id             {uuid} NOT NULL,
    key_check      {bytes} NOT NULL,
    created_at_us  BIGINT NOT NULL
);

CREATE TABLE tenants (
    id             {uuid} PRIMARY KEY,
    display_name   {text} NOT NULL,
    created_at_us  BIGINT NOT NULL
);

CREATE TABLE subscriptions (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    alias          {text} NOT NULL,
    display_name   {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    UNIQUE (tenant_id, alias)
);

CREATE TABLE resource_groups (
    subscription_id {uuid} NOT NULL REFERENCES subscriptions (id),
    name_key       {text} NOT NULL,
    name           {text} NOT NULL,
    location       {text} NOT NULL,
    tags           {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    PRIMARY KEY (subscription_id, name_key)
);

-- A deleted registry keeps its row: its name is held back for its subscription, and its content is found by its id.
CREATE TABLE registries (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    subscription_id {uuid} NOT NULL REFERENCES subscriptions (id),
    group_key      {text} NOT NULL,
    group_name     {text} NOT NULL,
    name           {text} NOT NULL,
    location       {text} NOT NULL,
    sku            {text} NOT NULL,
    admin_enabled  BOOLEAN NOT NULL,
    anonymous_pull BOOLEAN NOT NULL,
    tags           {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    updated_at_us  BIGINT NOT NULL,
    deleted_at_us  BIGINT,
    version        BIGINT NOT NULL
);
CREATE UNIQUE INDEX registries_by_name ON registries (name) WHERE deleted_at_us IS NULL;
CREATE INDEX registries_by_group ON registries (subscription_id, group_key, name) WHERE deleted_at_us IS NULL;
CREATE INDEX registries_deleted ON registries (name, deleted_at_us) WHERE deleted_at_us IS NOT NULL;

CREATE TABLE admin_passwords (
    registry_id    {uuid} NOT NULL REFERENCES registries (id),
    slot           BIGINT NOT NULL CHECK (slot IN (1, 2)),
    key_id         {uuid} NOT NULL UNIQUE,
    ciphertext     {bytes} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    last_used_at_us BIGINT,
    last_used_from {text},
    version        BIGINT NOT NULL,
    PRIMARY KEY (registry_id, slot)
);

CREATE TABLE applications (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    app_id         {uuid} NOT NULL UNIQUE,
    display_name   {text} NOT NULL,
    identifier_uris {text} NOT NULL,
    owner          {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL
);
CREATE INDEX applications_by_tenant ON applications (tenant_id, id);

CREATE TABLE service_principals (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    app_id         {uuid} NOT NULL UNIQUE REFERENCES applications (app_id),
    display_name   {text} NOT NULL,
    enabled        BOOLEAN NOT NULL,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL
);
CREATE INDEX service_principals_by_tenant ON service_principals (tenant_id, id);

-- `secret_hash` is `sha256:` and hex for a generated secret, an Argon2id PHC string for a chosen one.
CREATE TABLE credentials (
    key_id         {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    app_id         {uuid} NOT NULL REFERENCES applications (app_id),
    display_name   {text},
    hint           {text} NOT NULL,
    secret_hash    {text} NOT NULL,
    starts_at_us   BIGINT NOT NULL,
    ends_at_us     BIGINT NOT NULL,
    created_at_us  BIGINT NOT NULL,
    last_used_at_us BIGINT,
    last_used_from {text},
    version        BIGINT NOT NULL
);
CREATE INDEX credentials_by_app ON credentials (app_id, created_at_us);

CREATE TABLE role_assignments (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    principal_id   {uuid} NOT NULL,
    principal_type {text} NOT NULL,
    role_definition_id {uuid} NOT NULL,
    scope          {text} NOT NULL,
    scope_key      {text} NOT NULL,
    created_by     {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    UNIQUE (tenant_id, scope_key, principal_id, role_definition_id)
);
CREATE INDEX role_assignments_by_principal ON role_assignments (tenant_id, principal_id);

CREATE TABLE repositories (
    registry_id    {uuid} NOT NULL REFERENCES registries (id),
    name           {text} NOT NULL,
    id             {uuid} NOT NULL UNIQUE,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    PRIMARY KEY (registry_id, name)
);

CREATE TABLE blobs (
    registry_id    {uuid} NOT NULL REFERENCES registries (id),
    digest         {text} NOT NULL,
    size_bytes     BIGINT NOT NULL,
    created_at_us  BIGINT NOT NULL,
    touched_at_us  BIGINT NOT NULL,
    PRIMARY KEY (registry_id, digest)
) {clustered};

-- Which repositories a blob may be pulled from: content is shared within a registry, the right to read it is not (rule 32).
CREATE TABLE repository_blobs (
    registry_id    {uuid} NOT NULL,
    repository_id  {uuid} NOT NULL REFERENCES repositories (id),
    digest         {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    PRIMARY KEY (registry_id, repository_id, digest),
    FOREIGN KEY (registry_id, digest) REFERENCES blobs (registry_id, digest)
) {clustered};
CREATE INDEX repository_blobs_by_digest ON repository_blobs (registry_id, digest, repository_id);

CREATE TABLE manifest_contents (
    registry_id    {uuid} NOT NULL,
    digest         {text} NOT NULL,
    content        {bytes} NOT NULL,
    PRIMARY KEY (registry_id, digest)
);

CREATE TABLE manifests (
    registry_id    {uuid} NOT NULL,
    repository_id  {uuid} NOT NULL REFERENCES repositories (id),
    digest         {text} NOT NULL,
    media_type     {text} NOT NULL,
    size_bytes     BIGINT NOT NULL,
    artifact_type  {text},
    subject        {text},
    annotations    {text},
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    PRIMARY KEY (registry_id, repository_id, digest),
    FOREIGN KEY (registry_id, digest) REFERENCES manifest_contents (registry_id, digest)
);
CREATE INDEX manifests_by_subject ON manifests (registry_id, repository_id, subject, digest) WHERE subject IS NOT NULL;
CREATE INDEX manifests_by_digest ON manifests (registry_id, digest, repository_id);

-- What a manifest reaches: its blobs and, for an index, its manifests.
CREATE TABLE manifest_references (
    registry_id    {uuid} NOT NULL,
    repository_id  {uuid} NOT NULL,
    digest         {text} NOT NULL,
    target         {text} NOT NULL,
    kind           {text} NOT NULL CHECK (kind IN ('blob', 'manifest')),
    PRIMARY KEY (registry_id, repository_id, digest, target),
    FOREIGN KEY (registry_id, repository_id, digest) REFERENCES manifests (registry_id, repository_id, digest)
) {clustered};
CREATE INDEX manifest_references_by_target ON manifest_references (registry_id, target);

CREATE TABLE tags (
    registry_id    {uuid} NOT NULL,
    repository_id  {uuid} NOT NULL,
    name           {text} NOT NULL,
    digest         {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    updated_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    PRIMARY KEY (registry_id, repository_id, name),
    FOREIGN KEY (registry_id, repository_id, digest) REFERENCES manifests (registry_id, repository_id, digest)
);
CREATE INDEX tags_by_digest ON tags (registry_id, repository_id, digest);

-- `hash_state` is the running sum of the first `offset_bytes` bytes, so that no byte is hashed twice.
CREATE TABLE uploads (
    registry_id    {uuid} NOT NULL REFERENCES registries (id),
    id             {text} NOT NULL,
    repository     {text} NOT NULL,
    principal      {text} NOT NULL,
    offset_bytes   BIGINT NOT NULL,
    hash_state     {bytes} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    touched_at_us  BIGINT NOT NULL,
    PRIMARY KEY (registry_id, id)
);
CREATE INDEX uploads_by_touch ON uploads (touched_at_us);

-- Rows are only ever added. `position`, `hash` and `previous_hash` are filled in once, by the job that seals rows into the chain.
CREATE TABLE journal (
    sequence       {sequence},
    time_us        BIGINT NOT NULL,
    tenant_id      {uuid} NOT NULL,
    registry_id    {uuid},
    kind           {text} NOT NULL,
    resource       {text} NOT NULL,
    actor          {text} NOT NULL,
    address        {text},
    request_id     {uuid} NOT NULL,
    outcome        {text} NOT NULL,
    payload        {text} NOT NULL,
    version        BIGINT NOT NULL,
    position       BIGINT UNIQUE,
    hash           {bytes}
);
CREATE INDEX journal_unsealed ON journal (sequence) WHERE position IS NULL;
CREATE INDEX journal_by_version ON journal (version);
CREATE INDEX journal_by_tenant ON journal (tenant_id, sequence);
CREATE INDEX journal_by_registry ON journal (registry_id, sequence);

CREATE TABLE journal_heads (
    position       BIGINT PRIMARY KEY,
    hash           {bytes} NOT NULL,
    signed_at_us   BIGINT NOT NULL,
    key_id         {text} NOT NULL,
    signature      {text} NOT NULL
);

-- What was deleted, for regions that exchange rows.
CREATE TABLE tombstones (
    kind           {text} NOT NULL,
    object         {text} NOT NULL,
    version        BIGINT NOT NULL,
    deleted_at_us  BIGINT NOT NULL,
    PRIMARY KEY (kind, object)
);

CREATE TABLE signing_keys (
    id             {text} PRIMARY KEY,
    ciphertext     {bytes} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    signs_from_us  BIGINT NOT NULL,
    retired_at_us  BIGINT
);

CREATE TABLE sign_in_failures (
    account        {text} PRIMARY KEY,
    failures       BIGINT NOT NULL,
    last_failed_at_us BIGINT NOT NULL
);
