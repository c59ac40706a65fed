CREATE TABLE IF NOT EXISTS "audit_seals" (
  "seal_number" BIGINT NOT NULL,
  "previous_hash" VARCHAR NOT NULL,
  "hash" VARCHAR NOT NULL,
  "row_count" BIGINT NOT NULL,
  "first_id" UUID,
  "last_id" UUID,
  "sealed_after" TIMESTAMPTZ NOT NULL,
  "sealed_until" TIMESTAMPTZ NOT NULL,
  "digests" JSON NOT NULL,
  "sealed_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("seal_number"),
  CHECK (version = 1),
  CHECK (seal_number >= 1),
  CHECK (sealed_after <= sealed_until),
  CHECK (length("previous_hash") <= 64),
  CHECK (length("hash") <= 64)
)
