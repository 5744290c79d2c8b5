-- By which program a credential was last used, beside when and from where.
ALTER TABLE credentials ADD COLUMN last_used_by {text};
ALTER TABLE key_credentials ADD COLUMN last_used_by {text};
ALTER TABLE federated_credentials ADD COLUMN last_used_by {text};
ALTER TABLE admin_passwords ADD COLUMN last_used_by {text};
