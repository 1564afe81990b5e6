
-- Between directory.lua and transfer.lua: who used how much in which minute.
--
--   usage:OWNER:HOUR     hash: of each minute of that hour (since 1970) MINUTE:a and MINUTE:d, admitted and denied; OWNER
--                        is kID or uID
--   usage:owners:HOUR    how many owners that hour has
-- Both leave by themselves seven days and an hour after they were last added to. The field `used` of key:ID is its last use in µs.

local MOST_OWNERS = 20000      -- of an hour; further ones are not counted
local KEPT = (7 * 24 + 1) * 3600  -- seconds

local function add_minute(owner, minute, allowed, denied)
  local hour = math.floor(minute / 60)
  local key = at('usage:' .. owner .. ':' .. hour)
  if redis.call('EXISTS', key) == 0 then
    local owners = at('usage:owners:' .. hour)
    if redis.call('INCR', owners) > MOST_OWNERS then
      redis.call('DECR', owners)
      return
    end
    redis.call('EXPIRE', owners, KEPT)
  end
  redis.call('HINCRBY', key, minute % 60 .. ':a', allowed)
  redis.call('HINCRBY', key, minute % 60 .. ':d', denied)
  redis.call('EXPIRE', key, KEPT)
end

-- For each owner and minute: the owner, the minute since 1970, admitted, denied, and the last use in µs.
function operations.add_usage()
  for position = FIRST, #ARGV, 5 do
    local owner, minute, allowed, denied, last = unpack(ARGV, position, position + 4)
    add_minute(owner, tonumber(minute), allowed, denied)
    local key = at('key:' .. string.sub(owner, 2))
    if string.sub(owner, 1, 1) == 'k' and redis.call('EXISTS', key) == 1 then
      local before = redis.call('HGET', key, 'used') or '0'
      if tonumber(last) > tonumber(before) then
        redis.call('HSET', key, 'used', last)
      end
    end
  end
  return {'ok'}
end

-- The minutes of those hours: minute, admitted, denied.
function operations.usage(owner, first_hour, last_hour)
  local reply = {'ok'}
  for hour = tonumber(first_hour), tonumber(last_hour) do
    local key = at('usage:' .. owner .. ':' .. hour)
    if redis.call('EXISTS', key) == 1 then
      for minute = 0, 59 do
        local counts = redis.call('HMGET', key, minute .. ':a', minute .. ':d')
        if counts[1] then
          reply[#reply + 1] = text_of(hour * 60 + minute)
          reply[#reply + 1] = counts[1]
          reply[#reply + 1] = counts[2]
        end
      end
    end
  end
  return reply
end

function operations.last_use(key_id)
  return {'ok', redis.call('HGET', at('key:' .. key_id), 'used') or ''}
end
