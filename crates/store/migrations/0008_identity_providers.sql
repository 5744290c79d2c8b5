-- Where people sign in beside the accounts of their own: OpenID Connect providers, LDAP directories.

-- `settings` is JSON by kind. `secret` is what we sign in there with, under the master key. `domains` is a JSON list of what may follow the `@` of
-- the names of those who come from there.
CREATE TABLE identity_providers (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    kind           {text} NOT NULL CHECK (kind IN ('oidc', 'ldap')),
    display_name   {text} NOT NULL,
    enabled        BOOLEAN NOT NULL,
    domains        {text} NOT NULL,
    second_factor  {text} NOT NULL CHECK (second_factor IN ('here', 'trusted')),
    create_users   BOOLEAN NOT NULL,
    settings       {text} NOT NULL,
    secret         {bytes},
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL
);
CREATE INDEX identity_providers_by_tenant ON identity_providers (tenant_id, id);

-- Who is a member of which of our groups because of what the provider says of them.
CREATE TABLE identity_provider_groups (
    provider_id    {uuid} NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    value          {text} NOT NULL,
    group_id       {uuid} NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    version        BIGINT NOT NULL,
    PRIMARY KEY (provider_id, value, group_id)
);
CREATE INDEX identity_provider_groups_by_group ON identity_provider_groups (group_id);

-- Which account a provider's subject is. Without a subject it waits for the first sign-in under the account's name.
CREATE TABLE external_identities (
    provider_id    {uuid} NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    user_id        {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    subject        {text},
    created_at_us  BIGINT NOT NULL,
    last_used_at_us BIGINT,
    version        BIGINT NOT NULL,
    PRIMARY KEY (provider_id, user_id),
    UNIQUE (provider_id, subject)
);
CREATE INDEX external_identities_by_user ON external_identities (user_id);

-- Sign-ins that are under way at a provider: each answer is taken once, from the browser that began. `sealed` is what has to match then, under the master key.
CREATE TABLE upstream_attempts (
    state_hash     {bytes} PRIMARY KEY,
    provider_id    {uuid} NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    browser        {bytes} NOT NULL,
    sealed         {bytes} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    expires_at_us  BIGINT NOT NULL
);
CREATE INDEX upstream_attempts_by_end ON upstream_attempts (expires_at_us);

-- Set for memberships that a provider gave, which it takes away again; not for those that somebody gave.
ALTER TABLE group_members ADD COLUMN provider_id {uuid};
CREATE INDEX group_members_by_provider ON group_members (provider_id, member_id);

-- Where the user of a session proved who they are; none for an account of our own.
ALTER TABLE web_sessions ADD COLUMN provider_id {uuid};
