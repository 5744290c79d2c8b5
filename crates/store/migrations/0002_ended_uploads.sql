-- A session that holds no bytes has no row, so that of one that was cancelled it has to be kept that it has ended, for as long as its id would be good.
ALTER TABLE uploads ADD COLUMN ended_at_us BIGINT;
CREATE INDEX uploads_ended ON uploads (created_at_us) WHERE ended_at_us IS NOT NULL;
