#!lua flags=allow-oom
-- Take or renew a lease. KEYS: lease, term counter, how far the owner's journal has come.
-- ARGV: owner (hex), milliseconds, sendings in the owner's journal, milliseconds to remember them.
-- Returns the term, 0 while another owner holds it, or -1 if the journal had come further before.
-- A lease that is still this owner's keeps its term; one that ran out gets a new one.
local known = tonumber(redis.call('GET', KEYS[3]) or '0')
if known > tonumber(ARGV[3]) then return -1 end
local held = redis.call('GET', KEYS[1])
local owner = ARGV[1] .. ':'
if held and string.sub(held, 1, #owner) ~= owner then return 0 end
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
if held then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(string.sub(held, #owner + 1))
end
local term = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], owner .. term, 'PX', ARGV[2])
return term
