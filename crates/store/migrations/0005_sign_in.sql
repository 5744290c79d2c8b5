-- How people prove who they are, and what clients were given on their behalf. Whatever opens something is stored as its hash, or under the master key.

CREATE TABLE user_passwords (
    user_id        {uuid} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash           {text} NOT NULL,
    changed_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL
);

-- `last_step` is the last time step of which a code was accepted: each is good once.
CREATE TABLE user_factors (
    user_id        {uuid} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    ciphertext     {bytes} NOT NULL,
    last_step      BIGINT NOT NULL,
    enrolled_at_us BIGINT NOT NULL,
    version        BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    user_id        {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash      {bytes} NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE invitations (
    token_hash     {bytes} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    user_id        {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at_us  BIGINT NOT NULL,
    expires_at_us  BIGINT NOT NULL
);
CREATE INDEX invitations_by_user ON invitations (user_id);

-- A browser. `stage` says how far its user has come; only `complete` has rights. What was chosen while enrolling waits here until a code confirms it.
CREATE TABLE web_sessions (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    user_id        {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash     {bytes} NOT NULL UNIQUE,
    stage          {text} NOT NULL CHECK (stage IN ('password', 'enrolling', 'complete')),
    invitation_hash {bytes},
    new_password   {text},
    new_seed       {bytes},
    created_at_us  BIGINT NOT NULL,
    seen_at_us     BIGINT NOT NULL,
    expires_at_us  BIGINT NOT NULL,
    authenticated_at_us BIGINT,
    factor_at_us   BIGINT,
    user_agent     {text} NOT NULL,
    address        {text} NOT NULL
);
CREATE INDEX web_sessions_by_user ON web_sessions (user_id);

-- A client's continued access on behalf of a person: a chain of refresh tokens, of which the one of `generation` is the latest. The tokens are derived of
-- `salt` under the master key, so that nothing here opens anything.
CREATE TABLE refresh_families (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    user_id        {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id      {uuid} NOT NULL,
    salt           {bytes} NOT NULL,
    generation     BIGINT NOT NULL,
    rotated_at_us  BIGINT NOT NULL,
    authenticated_at_us BIGINT NOT NULL,
    created_at_us  BIGINT NOT NULL,
    expires_at_us  BIGINT NOT NULL,
    user_agent     {text} NOT NULL,
    address        {text} NOT NULL,
    version        BIGINT NOT NULL
);
CREATE INDEX refresh_families_by_user ON refresh_families (user_id);

-- `family_id` is the family that a redeemed code became: it ends when somebody brings the code again.
CREATE TABLE authorization_codes (
    code_hash      {bytes} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    user_id        {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id     {uuid} NOT NULL,
    client_id      {uuid} NOT NULL,
    redirect_uri   {text} NOT NULL,
    challenge      {text} NOT NULL,
    nonce          {text},
    scope          {text} NOT NULL,
    authenticated_at_us BIGINT NOT NULL,
    expires_at_us  BIGINT NOT NULL,
    family_id      {uuid}
);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at_us);

CREATE TABLE device_codes (
    code_hash      {bytes} PRIMARY KEY,
    user_code      {text} NOT NULL UNIQUE,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    client_id      {uuid} NOT NULL,
    scope          {text} NOT NULL,
    state          {text} NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'redeemed')),
    user_id        {uuid} REFERENCES users (id) ON DELETE CASCADE,
    authenticated_at_us BIGINT,
    interval_s     BIGINT NOT NULL,
    polled_at_us   BIGINT,
    user_agent     {text} NOT NULL,
    address        {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    expires_at_us  BIGINT NOT NULL,
    CHECK (state NOT IN ('approved', 'redeemed') OR user_id IS NOT NULL)
);
CREATE INDEX device_codes_by_expiry ON device_codes (expires_at_us);
