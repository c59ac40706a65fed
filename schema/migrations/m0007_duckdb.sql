CREATE TABLE IF NOT EXISTS "kpi_states_versions" (
  "account_id" UUID NOT NULL,
  "zone" VARCHAR NOT NULL,
  "date" DATE NOT NULL,
  "formulas" VARCHAR NOT NULL,
  "numbers" VARCHAR NOT NULL,
  "more" JSON NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "kpi_states" AS
SELECT "account_id", "zone", "date", "formulas", "numbers", "more", "version"
FROM "kpi_states_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "zone", "date" ORDER BY "version" DESC) = 1
