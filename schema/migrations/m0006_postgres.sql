ALTER TABLE "daily_snapshots" ADD COLUMN IF NOT EXISTS "floating" NUMERIC(18, 8)
;
ALTER TABLE "daily_snapshots" ADD COLUMN IF NOT EXISTS "max_drawdown" DOUBLE PRECISION
;
ALTER TABLE "daily_snapshots" ADD COLUMN IF NOT EXISTS "fee" NUMERIC(18, 8) DEFAULT 0 NOT NULL
;
ALTER TABLE "daily_snapshots" ADD COLUMN IF NOT EXISTS "unexplained" NUMERIC(18, 8) DEFAULT 0 NOT NULL
;
ALTER TABLE "daily_snapshots" ADD COLUMN IF NOT EXISTS "operations" INTEGER DEFAULT 0 NOT NULL
;
ALTER TABLE "daily_snapshots" ADD COLUMN IF NOT EXISTS "marks" INTEGER DEFAULT 0 NOT NULL
;
ALTER TABLE "daily_snapshots" ADD COLUMN IF NOT EXISTS "marked_at" TIMESTAMPTZ
;
COMMENT ON COLUMN "daily_snapshots"."floating" IS 'Equity less balance at the end; none without marks. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."max_drawdown" IS 'Deepest fall below the day''s peak, as a share; <= 0.'
;
COMMENT ON COLUMN "daily_snapshots"."fee" IS 'Fees and charges; negative is paid. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."unexplained" IS 'Change of the balance that no deal or trade explains. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."operations" IS 'Balance operations, credits and charges.'
;
COMMENT ON COLUMN "daily_snapshots"."marks" IS 'Minutes with a mark of balance and equity.'
;
COMMENT ON COLUMN "daily_snapshots"."marked_at" IS 'Last mark up to the end; none: it was never marked.'
;
ALTER TABLE "daily_snapshots" ALTER COLUMN "equity_low" DROP DEFAULT
;
ALTER TABLE "daily_snapshots" ALTER COLUMN "equity_low" DROP NOT NULL
;
ALTER TABLE "daily_snapshots" ALTER COLUMN "equity_high" DROP DEFAULT
;
ALTER TABLE "daily_snapshots" ALTER COLUMN "equity_high" DROP NOT NULL
;
ALTER TABLE "daily_snapshots" ALTER COLUMN "margin_used" DROP DEFAULT
;
ALTER TABLE "daily_snapshots" ALTER COLUMN "margin_used" DROP NOT NULL
;
ALTER TABLE "daily_snapshots" DROP CONSTRAINT IF EXISTS "max_drawdown_finite", ADD CONSTRAINT "max_drawdown_finite" CHECK ("max_drawdown" > '-Infinity' AND "max_drawdown" < 'Infinity') NOT VALID
;
ALTER TABLE "daily_snapshots" VALIDATE CONSTRAINT "max_drawdown_finite"
;
ALTER TABLE "kpi_snapshots" ALTER COLUMN "kpis" SET DEFAULT '{}'
