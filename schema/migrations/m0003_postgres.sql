CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF coalesce(to_jsonb(OLD) ->> 'created_at', to_jsonb(OLD) ->> 'sealed_at')::timestamptz
      < now() - interval '1096 days'
    THEN
      RETURN OLD;
    END IF;
  ELSIF TG_OP = 'UPDATE' THEN
    -- ON DELETE SET NULL of the user: a trigger's own update, of nothing else.
    IF pg_trigger_depth() > 1 AND to_jsonb(NEW) ->> 'user_id' IS NULL
      AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id'
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, lower(TG_OP)
    USING ERRCODE = 'insufficient_privilege';
END $$
;
CREATE TABLE IF NOT EXISTS "audit_seals" (
  "seal_number" BIGINT NOT NULL,
  "previous_hash" VARCHAR(64) NOT NULL,
  "hash" VARCHAR(64) NOT NULL,
  "row_count" BIGINT NOT NULL,
  "first_id" UUID,
  "last_id" UUID,
  "sealed_after" TIMESTAMPTZ NOT NULL,
  "sealed_until" TIMESTAMPTZ NOT NULL,
  "digests" JSONB NOT NULL,
  "sealed_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("seal_number"),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "version_is_one" CHECK (version = 1),
  CONSTRAINT "seal_number_positive" CHECK (seal_number >= 1),
  CONSTRAINT "times_ordered" CHECK (sealed_after <= sealed_until)
)
;
COMMENT ON TABLE "audit_seals" IS 'Seals over batches of audit_log; each holds the hash of the one before it.'
;
COMMENT ON COLUMN "audit_seals"."seal_number" IS '1, 2, 3 and so on, without a gap.'
;
COMMENT ON COLUMN "audit_seals"."previous_hash" IS 'Hash of the seal before it; 64 zeros for the first.'
;
COMMENT ON COLUMN "audit_seals"."hash" IS 'SHA-256 of all that the seal says, in hex.'
;
COMMENT ON COLUMN "audit_seals"."row_count" IS 'Rows that it seals. (rows)'
;
COMMENT ON COLUMN "audit_seals"."first_id" IS 'First of them by time; none where there is no row.'
;
COMMENT ON COLUMN "audit_seals"."last_id" IS 'Last of them by time.'
;
COMMENT ON COLUMN "audit_seals"."sealed_after" IS 'Rows written after this moment are sealed by it, ...'
;
COMMENT ON COLUMN "audit_seals"."sealed_until" IS '... up to this one, and it included.'
;
COMMENT ON COLUMN "audit_seals"."digests" IS 'Id and SHA-256 of each row, by time: which one was changed.'
;
COMMENT ON COLUMN "audit_seals"."sealed_at" IS 'When it was made.'
;
COMMENT ON COLUMN "audit_seals"."version" IS '1: a seal never changes.'
;
CREATE OR REPLACE TRIGGER "keep" BEFORE UPDATE OR DELETE ON "audit_seals" FOR EACH ROW EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "keep_all" BEFORE TRUNCATE ON "audit_seals" FOR EACH STATEMENT EXECUTE FUNCTION keep()
;
REVOKE ALL ON "audit_seals" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "audit_seals" TO service
;
GRANT INSERT ON "audit_seals" TO service
