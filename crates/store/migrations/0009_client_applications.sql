-- Applications that act for people: where their answers may be sent and what they say they need (JSON), and what people, or an owner for all, agreed to.
ALTER TABLE applications ADD COLUMN client {text} NOT NULL DEFAULT '{}';

-- What was granted with the first token, which a request without a scope asks for again; and the kind of address that the code was sent to, which decides
-- whether the client has to say who it is. Families from before are the command line's.
ALTER TABLE refresh_families ADD COLUMN scope {text} NOT NULL DEFAULT 'openid';
ALTER TABLE refresh_families ADD COLUMN client_kind {text} NOT NULL DEFAULT 'native' CHECK (client_kind IN ('web', 'spa', 'native'));

-- One row for each client, person and resource. Without a person it is for everybody of the directory.
CREATE TABLE consents (
    id             {uuid} PRIMARY KEY,
    tenant_id      {uuid} NOT NULL REFERENCES tenants (id),
    app_id         {uuid} NOT NULL REFERENCES applications (app_id),
    user_id        {uuid} REFERENCES users (id) ON DELETE CASCADE,
    resource       {text} NOT NULL CHECK (resource IN ('graph', 'manager', 'registry')),
    scope          {text} NOT NULL,
    created_at_us  BIGINT NOT NULL,
    version        BIGINT NOT NULL
);
CREATE UNIQUE INDEX consents_of_everybody ON consents (app_id, resource) WHERE user_id IS NULL;
CREATE UNIQUE INDEX consents_of_one ON consents (app_id, user_id, resource) WHERE user_id IS NOT NULL;
CREATE INDEX consents_by_user ON consents (user_id);
CREATE INDEX refresh_families_by_client ON refresh_families (client_id);
