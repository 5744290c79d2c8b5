-- When a directory was last asked about somebody without their password.
ALTER TABLE external_identities ADD COLUMN looked_at_us BIGINT;
