-- Take or renew a lease. KEYS: lease, term counter. ARGV: owner (hex), milliseconds.
-- Returns the term, or 0 while another owner holds it. A lease that is still this owner's
-- keeps its term; one that ran out gets a new one.
local held = redis.call('GET', KEYS[1])
local owner = ARGV[1] .. ':'
if held then
  if string.sub(held, 1, #owner) ~= owner then return 0 end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(string.sub(held, #owner + 1))
end
local term = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], owner .. term, 'PX', ARGV[2])
return term
