-- Passkeys (WebAuthn): public keys whose private halves people hold. No two accounts have one credential.
-- `sign_count` repeats what `credential` says, so that one statement sees whether it goes back.
CREATE TABLE passkeys (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    user_id        {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id  {bytes} NOT NULL UNIQUE,
    credential     {text} NOT NULL,
    sign_count     BIGINT NOT NULL,
    name           {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    last_used_at_us BIGINT,
    version        BIGINT NOT NULL
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at_us);
