-- People and groups. How people prove who they are has tables of its own.

-- `name_key` is the user principal name in small letters: no two people of the installation bear one name, whatever its case.
CREATE TABLE users (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    user_principal_name {text} NOT NULL,
    name_key       {text} NOT NULL UNIQUE,
    display_name   {text} NOT NULL,
    mail           {text},
    enabled        BOOLEAN NOT NULL,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL
);
CREATE INDEX users_by_tenant ON users (tenant_id, id);

CREATE TABLE groups (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    display_name   {text} NOT NULL,
    mail_nickname  {text} NOT NULL,
    description    {text},
    owner          {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL
);
CREATE INDEX groups_by_tenant ON groups (tenant_id, id);

CREATE TABLE group_members (
    group_id       {uuid} NOT NULL REFERENCES groups (id),
    member_id      {uuid} NOT NULL,
    member_type    {text} NOT NULL CHECK (member_type IN ('user', 'group', 'servicePrincipal')),
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL,
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX group_members_by_member ON group_members (member_id, group_id);
