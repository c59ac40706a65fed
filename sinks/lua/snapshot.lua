#!lua flags=allow-oom
-- Keep a snapshot. KEYS: decisions, snapshot. ARGV: the decision that it stands at, its bytes.
-- Returns 0 if another decision was the last one meanwhile: who made that trims under its own
-- snapshots, and an older one in their place would stand before a gap.
-- Redis takes it though it has no memory left: only behind a snapshot may anything be trimmed.
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if #last == 0 or last[1][1] ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
