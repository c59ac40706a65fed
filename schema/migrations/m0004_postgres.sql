CREATE OR REPLACE TRIGGER "keep" BEFORE UPDATE OR DELETE ON "login_audit" FOR EACH ROW EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "keep_all" BEFORE TRUNCATE ON "login_audit" FOR EACH STATEMENT EXECUTE FUNCTION keep()
;
REVOKE ALL ON "login_audit" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "login_audit" TO service
;
GRANT INSERT ON "login_audit" TO service
;
GRANT DELETE ON "login_audit" TO service
;
GRANT SELECT ON "login_audit" TO app
;
ALTER TABLE "login_audit" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "login_audit" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "login_audit"
;
CREATE POLICY read_own ON "login_audit" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "login_audit"
;
CREATE POLICY serve_all ON "login_audit" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "market_data" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "market_data" TO service
;
GRANT INSERT ON "market_data" TO service
;
GRANT UPDATE ON "market_data" TO service
;
GRANT DELETE ON "market_data" TO service
;
GRANT SELECT ON "market_data" TO app
;
GRANT SELECT ON "market_data" TO reporting
;
REVOKE ALL ON FUNCTION make_partitions(text, timestamptz, timestamptz) FROM PUBLIC
;
GRANT EXECUTE ON FUNCTION make_partitions(text, timestamptz, timestamptz) TO service
;
CREATE OR REPLACE TRIGGER "keep" BEFORE UPDATE OR DELETE ON "audit_log" FOR EACH ROW EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "keep_all" BEFORE TRUNCATE ON "audit_log" FOR EACH STATEMENT EXECUTE FUNCTION keep()
;
REVOKE ALL ON "audit_log" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "audit_log" TO service
;
GRANT INSERT ON "audit_log" TO service
;
GRANT DELETE ON "audit_log" TO service
;
GRANT SELECT ON "audit_log" TO app
;
GRANT SELECT ON "audit_log" TO reporting
;
ALTER TABLE "audit_log" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "audit_log" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "audit_log"
;
CREATE POLICY read_own ON "audit_log" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "audit_log"
;
CREATE POLICY serve_all ON "audit_log" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS written_by_trigger ON "audit_log"
;
CREATE POLICY written_by_trigger ON "audit_log" FOR INSERT TO CURRENT_USER WITH CHECK (true)
