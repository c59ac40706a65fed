-- Make a version of the configuration the one in force, unless a newer one is.
-- KEYS: version, then one for each table.
-- ARGV: a version that does not count, the version, then the rows of each table.
-- Returns the version that is in force then. Equal ones are written again: it is the same one,
-- and Redis may have lost a table of it.
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
local wanted = tonumber(ARGV[2])
if held > wanted and held ~= tonumber(ARGV[1]) then return held end
for i = 2, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1]) end
redis.call('SET', KEYS[1], ARGV[2])
return wanted
