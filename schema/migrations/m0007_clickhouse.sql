CREATE TABLE IF NOT EXISTS "kpi_states" (
  "account_id" UUID COMMENT 'The trading account.',
  "zone" LowCardinality(String) COMMENT 'IANA time zone of the day.',
  "date" Date32 COMMENT 'The last day that is in it.',
  "formulas" LowCardinality(String) COMMENT 'Which formulas and rules of a firm it was made for: their hash.',
  "numbers" String COMMENT 'Statistics of days and trades: 8 bytes each, in base64.' CODEC(ZSTD(1)),
  "more" String COMMENT 'Its groups, values that need history, and what they rest on.' CODEC(ZSTD(3)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("date")
ORDER BY ("account_id", "zone", "date")
TTL toDateTime("date") + toIntervalDay(7)
COMMENT 'What is kept of each account, so that a day is added to its KPIs over all time.'
;
CREATE OR REPLACE VIEW "kpi_states_current" AS
SELECT "account_id", "zone", "date", "formulas", "numbers", "more", "version"
FROM "kpi_states" FINAL
