-- Registry refresh tokens that ended before their time. A row is needed no longer than the last token that came of it lives.
CREATE TABLE revoked_tokens (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    kept_until_us  BIGINT NOT NULL,
    revoked_at_us  BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (kept_until_us);

-- Certificates that applications sign in with: the DER of each, which is public.
CREATE TABLE key_credentials (
    key_id         {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    app_id         {uuid} NOT NULL REFERENCES applications (app_id),
    display_name   {text},
    certificate    {bytes} NOT NULL,
    starts_at_us   BIGINT NOT NULL,
    ends_at_us     BIGINT NOT NULL,
    created_at_us  BIGINT NOT NULL,
    last_used_at_us BIGINT,
    last_used_from {text},
    version        BIGINT NOT NULL
);
CREATE INDEX key_credentials_by_app ON key_credentials (app_id, created_at_us);

-- Whose tokens an application accepts in the place of a secret.
CREATE TABLE federated_credentials (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    app_id         {uuid} NOT NULL REFERENCES applications (app_id),
    name           {text} NOT NULL,
    issuer         {text} NOT NULL,
    subject        {text} NOT NULL,
    audience       {text} NOT NULL,
    description    {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    last_used_at_us BIGINT,
    last_used_from {text},
    version        BIGINT NOT NULL,
    UNIQUE (app_id, name),
    UNIQUE (app_id, issuer, subject)
);

-- Assertions that were used: each gets one token for one resource.
CREATE TABLE used_assertions (
    id             {bytes} PRIMARY KEY,
    kept_until_us  BIGINT NOT NULL
);
CREATE INDEX used_assertions_by_end ON used_assertions (kept_until_us);
