#!lua flags=allow-oom
-- Keeps who is there: a hash of instances, each with the time at which it was heard last, by this server's clock.
--
-- KEYS: the hash.
-- ARGV: mode (announce | leave | list), and but for list: id, text
-- Reply: the texts of all that were heard within the last PRESENT µs; the others are forgotten.

local PRESENT = 2000000
local KEPT_MS = 60000  -- when nobody is left
local MOST = 10000     -- instances; more are not let in

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local function put(id, text)
  redis.call('HSET', KEYS[1], id, string.format('%.0f', now) .. ' ' .. text)
end

local mode, id, text = unpack(ARGV)
if mode == 'announce' then
  if redis.call('HEXISTS', KEYS[1], id) == 1 or redis.call('HLEN', KEYS[1]) < MOST then
    put(id, text)
  end
elseif mode == 'leave' then
  redis.call('HDEL', KEYS[1], id)
end

local present = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local heard, told = string.match(all[i + 1], '^(%d+) (.*)$')
  heard = tonumber(heard)
  if heard and now - heard <= PRESENT then
    present[#present + 1] = told
    if heard > now then
      put(all[i], told)  -- this server's clock went back
    end
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
if #present > 0 then
  redis.call('PEXPIRE', KEYS[1], KEPT_MS)
end
return present
