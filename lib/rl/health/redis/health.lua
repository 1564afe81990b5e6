#!lua flags=allow-oom
-- Keeps the one health of a fleet: a version that only rises, and a message to all for every change. Is let in when the
-- memory is full, as that is when somebody may want to cut the limits; it holds one record and a short list.
--
-- KEYS: the record, which is also the name of the channel; the list of the latest records.
-- ARGV: mode, and but for get: version, state, source, reason, by, since (µs), remaining (µs; empty: no end)
--   get     what is stored
--   set     a change: stored as the version after that which is stored, and not below the one given
--   offer   what an instance holds: stored as it is if what is stored is older
--   settle  an instance holds something else in the same version: what is stored counts, in a later version
-- Reply: the text of what is stored then, a JSON object of strings, its remaining time by this server's clock; nothing
-- when nothing is stored. The same text is published for every change.

local RECORD, HISTORY = KEYS[1], KEYS[2]
local KEPT = 100
local FIELDS = {'version', 'state', 'source', 'reason', 'by', 'since', 'ends'}

local function number(value)
  return string.format('%.0f', value)
end

local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local now = now_us()

local function load()
  local values = redis.call('HMGET', RECORD, unpack(FIELDS))
  if not values[1] then
    return nil
  end
  local record = {}
  for i, field in ipairs(FIELDS) do
    record[field] = values[i] or ''
  end
  return record
end

local function text_of(record)
  local told = {remaining = ''}
  for i = 1, #FIELDS - 1 do
    told[FIELDS[i]] = record[FIELDS[i]]
  end
  if record.ends ~= '' then
    told.remaining = number(tonumber(record.ends) - now)
  end
  return cjson.encode(told)
end

local function store(record)
  local words = {}
  for _, field in ipairs(FIELDS) do
    words[#words + 1] = field
    words[#words + 1] = record[field]
  end
  redis.call('HSET', RECORD, unpack(words))
  local text = text_of(record)
  redis.call('LPUSH', HISTORY, text)
  redis.call('LTRIM', HISTORY, 0, KEPT - 1)
  redis.call('PUBLISH', RECORD, text)
  return text
end

-- The end of a state that has one has the next version to itself.
local function version_after(record)
  if not record then
    return 1
  end
  return tonumber(record.version) + (record.ends == '' and 1 or 2)
end

local mode = ARGV[1]
local stored = load()
if mode ~= 'get' then
  local given = {}
  for i = 1, #FIELDS - 1 do
    given[FIELDS[i]] = ARGV[i + 1]
  end
  local remaining = ARGV[#FIELDS + 1]
  given.ends = remaining == '' and '' or number(now + tonumber(remaining))
  local version = tonumber(given.version)
  local held = stored and tonumber(stored.version) or 0
  if mode == 'set' then
    given.version = number(math.max(version, version_after(stored)))
    return store(given)
  elseif mode == 'offer' and held < version then
    return store(given)
  elseif mode == 'settle' and held == version then
    stored.version = number(version_after(stored))
    return store(stored)
  end
end
return stored and text_of(stored) or false
