-- Registry refresh tokens that ended before their time. A row is needed no longer than the last token that came of it lives.
CREATE TABLE revoked_tokens (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    kept_until_us  BIGINT NOT NULL,
    revoked_at_us  BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (kept_until_us);
