-- A blob that was found damaged is as good as absent until it is pushed again.
ALTER TABLE blobs ADD COLUMN damaged_at_us BIGINT;

-- How far the look at all that is stored has come: after `digest` of `registry_id`, among blobs or manifests. `done` and `total` count bytes and a little
-- for each thing; whoever is at it says until when.
CREATE TABLE scrub (
    singleton      BIGINT PRIMARY KEY CHECK (singleton = 1),
    kind           {text} NOT NULL CHECK (kind IN ('blob', 'manifest', 'done')),
    registry_id    {uuid} NOT NULL,
    digest         {text} NOT NULL,
    total          BIGINT NOT NULL,
    done           BIGINT NOT NULL,
    started_at_us  BIGINT NOT NULL,
    busy_until_us  BIGINT NOT NULL
);
